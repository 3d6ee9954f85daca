"""`dragoman tune` as a user types it."""

from __future__ import annotations

import json
import re
import shlex
from itertools import count
from pathlib import Path
from random import Random

import pytest
import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import BertConfig, BertModel

from encoder.tuning.progress import Finished, Report
from encoder.tuning.trials import Comparison
from index_data.index import Index
from terminal.cli import main
from terminal.tuning_output import finished_fields

TOPICS = range(12)
BODIES = [[f"BODY{topic}{letter}" for letter in "ABCDEFGH"] for topic in TOPICS]
HEADINGS = [[f"HEAD{topic}{letter}" for letter in "ABC"] for topic in TOPICS]


@pytest.fixture(scope="module")
def private_encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a tiny BERT with random weights and a vocabulary of its own."""
    folder = tmp_path_factory.mktemp("encoders") / "private"
    folder.mkdir()
    words = ["[PAD]", "[UNK]", ".", *(word for words in BODIES + HEADINGS for word in words)]
    tokenizer = Tokenizer(models.WordLevel({word: n for n, word in enumerate(words)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.save(str(folder / "tokenizer.json"))
    torch.manual_seed(5)
    config = BertConfig(
        vocab_size=len(words), hidden_size=32, intermediate_size=64, num_hidden_layers=2,
        num_attention_heads=2, max_position_embeddings=128, initializer_range=0.3,
    )  # fmt: skip
    save_file(BertModel(config, add_pooling_layer=False).state_dict(), folder / "model.safetensors")
    (folder / "config.json").write_text(json.dumps(config.to_dict()), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def documents(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write sections whose headings share no word with their texts."""
    folder = tmp_path_factory.mktemp("documents")
    random = Random(3)
    for number in range(30):
        text = ""
        for topic in random.sample(TOPICS, 4):
            sentences = [" ".join(random.choices(BODIES[topic], k=6)) + "." for _ in range(5)]
            text += f"# {' '.join(random.sample(HEADINGS[topic], 3))}\n\n{' '.join(sentences)}\n\n"
        (folder / f"{number}.md").write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def facts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a general check that only a ruined encoder fails."""
    file = tmp_path_factory.mktemp("general") / "facts.jsonl"
    passages = [{"xx": f"{one[0]} {one[1]}", "yy": f"{one[1]} {one[0]}"} for one in BODIES]
    lines = [json.dumps({"questions": {}, "passages": fact}) + "\n" for fact in passages]
    file.write_text("".join(lines), encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def private_index(private_encoder: Path, documents: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("indexes") / "index"
    asked = ["--index", str(folder), "--model", str(private_encoder), "--window-tokens", "64"]
    assert main(["ingest", "-q", *asked, "--passage-tokens", "48", str(documents)]) == 0
    return folder


def run(index: Path, *words: object) -> int:
    return main(["tune", "--index", str(index), *map(str, words)])


def test_what_there_is_to_learn_from(private_index: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(private_index, "--dry-run") == 0
    out, err = capsys.readouterr()
    assert re.fullmatch(
        r"\d+ pairs of \d+ documents to learn from; held out: \d+ queries of \d documents\n", out
    )
    assert not err


def test_a_better_encoder_is_kept_and_reads_the_documents_again(
    private_index: Path, facts: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, again = tmp_path / "tuned", tmp_path / "again"
    asked = ["--general", facts, "--out", out, "--rate", "0.003"]
    assert run(private_index, *asked, "--reingest", again) == 0
    said, told = capsys.readouterr()
    assert re.search(r"^\d+ held-out queries: passage first \d+ -> \d+, among ten \d+ -> \d+;", said)
    assert f"{out} holds the tuned encoder" in said
    assert "as it is: " in told
    assert "of what was learnt: " in told
    with Index.open(private_index) as before, Index.open(again) as after:
        assert after.fingerprint.model == str(out)
        assert after.fingerprint.encoder != before.fingerprint.encoder
        assert after.fingerprint.passage_tokens == 48
        assert after.summary().passages == before.summary().passages
    assert main(["search", "--index", str(again), "HEAD1A HEAD1B"]) == 0
    assert run(private_index, *asked) == 2
    assert "exists already" in capsys.readouterr().err


@pytest.mark.slow
def test_the_command_that_reads_the_documents_again_works(
    private_index: Path, facts: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(private_index, "-q", "--general", facts, "--rate", "0.003") == 0
    said = capsys.readouterr().out
    command = shlex.split(said.splitlines()[-1])
    assert "/models/private-tuned-1" in command[command.index("--model") + 1]
    assert command[0] == "dragoman"
    assert main(command[1:]) == 0
    assert main(["status", "--index", f"{private_index}-tuned"]) == 0
    assert "private-tuned-1" in capsys.readouterr().out


def test_what_is_not_better_is_not_kept(
    private_index: Path, facts: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "tuned"
    asked = ["--general", facts, "--out", out, "--rate", "1e-12", "--minutes", "0.02"]
    assert run(private_index, *asked) == 2
    said, told = capsys.readouterr()
    assert "general check" in said
    assert "is not better, and was not kept" in told
    assert list(tmp_path.iterdir()) == []


def test_interrupted_it_writes_nothing(
    private_index: Path,
    facts: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    steps = count()

    def interrupt(*arguments: object) -> None:
        if next(steps) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr("torch.nn.utils.clip_grad_norm_", interrupt)
    assert run(private_index, "--general", facts, "--out", tmp_path / "tuned") == 130
    assert "Nothing was written" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_lines_of_judgements_that_cannot_be_used_are_told(
    private_index: Path, documents: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "judged.jsonl"
    good = {"query": "HEAD1A HEAD1B", "relevant": [str(documents / "3.md")], "not_relevant": [1, 2]}
    rows = [good, {"query": "HEAD1A", "relevant": ["/nowhere.md"]}]
    file.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    assert run(private_index, "--dry-run", "--judgements", file) == 0
    told = capsys.readouterr().err
    assert f"{file}, line 2: /nowhere.md is none of the documents read from the index; it is left out" in told
    file.write_text("[]", encoding="utf-8")
    assert run(private_index, "--dry-run", "--judgements", file) == 2
    assert "has no line that can be used; line 1: it is no JSON object" in capsys.readouterr().err


def test_too_small_a_corpus_is_refused(
    index_folder: Path, private_encoder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "one.txt").write_text("The only document that there is.", encoding="utf-8")
    ingested = ["ingest", "-q", "--index", str(index_folder), "--model", str(private_encoder)]
    assert main([*ingested, str(tmp_path / "one.txt")]) == 0
    assert run(index_folder, "--out", tmp_path / "out") == 2
    assert "Ingest more documents" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_what_cannot_learn_is_refused(
    private_index: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(private_index, "--dtype", "int8", "--out", tmp_path / "out") == 4
    assert "nothing can be learnt" in capsys.readouterr().err
    assert run(private_index, "--model", "builtin", "--out", tmp_path / "out") == 3
    assert "the index was made by" in capsys.readouterr().err


def test_the_same_as_json(
    private_index: Path, facts: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(private_index, "--dry-run", "--json") == 0
    prepared = json.loads(capsys.readouterr().out)["prepared"]
    out = tmp_path / "tuned"
    asked = ["--general", facts, "--out", out, "--json", "--progress", "json"]
    assert run(private_index, *asked, "--rate", "1e-12", "--minutes", "0.02") == 2
    said, told = capsys.readouterr()
    steps = [json.loads(line) for line in told.splitlines()]
    assert steps[0] == {"type": "prepared", **prepared}
    assert {"measuring", "learnt", "measured"} <= {step["type"] for step in steps}
    shape = json.loads(said)
    report = shape.pop("report")
    assert steps[-1] == {"type": "finished", "report": report, "fingerprint": ""}
    assert shape == {
        "schema": "dragoman.tune/1",
        "index": {"folder": str(private_index)},
        "kept": False,
        "folder": None,
        "encoder": None,
        "ingest": None,
    }
    assert run(private_index, "--general", facts, "--json", "--reingest", tmp_path / "again") == 2
    assert "Leave out one." in capsys.readouterr().err


def test_what_is_kept_is_named_in_json(tmp_path: Path) -> None:
    better = Comparison(before=1, after=5, gained=4, queries=9)
    finished = Finished(Report(better, better, better, share=1.0), "ab12")
    shape = finished_fields(finished, tmp_path / "index", tmp_path / "tuned", ["dragoman", "ingest"])
    assert (shape["kept"], shape["folder"], shape["encoder"]) == (True, str(tmp_path / "tuned"), "ab12")
    assert shape["ingest"] == ["dragoman", "ingest"]
    assert shape["report"]["first"] == {"before": 1, "after": 5, "gained": 4, "queries": 9}
