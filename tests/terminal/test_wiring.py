"""Which parts the settings put together, and what is said of them."""

from __future__ import annotations

import gc
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from encoder.reranker import MaxSimReranker
from index_data.errors import EncoderUnavailable, IndexMismatch, UsageError
from terminal.cli import main
from terminal.settings import Settings, load_settings
from terminal.wiring import load_searcher, open_index, open_ingester
from tests.ingest.conftest import local


def settings(index_folder: Path, **given: object) -> Settings:
    return load_settings({"index": str(index_folder), **given}, {"DRAGOMAN_CONFIG": ""})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    files = tmp_path / "documents"
    files.mkdir()
    (files / "bread.txt").write_text("Let the bread rise for an hour, then bake it.\n", encoding="utf-8")
    return files


class _Embeddings(BaseHTTPRequestHandler):
    """The OpenAI protocol, with vectors that count letters."""

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        data = [
            {"index": number, "embedding": [1.0 + text.count(letter) for letter in "abcdefghijklmnop"]}
            for number, text in enumerate(asked["input"])
        ]
        answer = json.dumps({"data": data, "model": asked["model"]}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def served() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Embeddings) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"openai:http://127.0.0.1:{server.server_port}/v1#letters"
        server.shutdown()


def test_a_new_index_says_which_encoder_and_why(
    index_folder: Path, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["ingest", "--index", str(index_folder), str(folder)]) == 0
    first = capsys.readouterr().err.splitlines()[0]
    assert first.startswith("encoder: builtin, since bidirlm-1b has not been fetched; on ")
    assert main(["ingest", "--index", str(index_folder), str(folder), "--dtype", "float32"]) == 0
    again = capsys.readouterr().err.splitlines()[0]
    assert again == "encoder: builtin, with which the index was made; on cpu, float32, as asked for"
    with open_index(settings(index_folder)) as index:
        assert index.fingerprint.window_tokens == 264


def test_auto_stays_with_what_made_the_index(index_folder: Path, folder: Path) -> None:
    said: list[str] = []
    with open_ingester(settings(index_folder, model="builtin"), said.append):
        pass
    with open_ingester(settings(index_folder, model="auto"), said.append):
        pass
    assert [line.split(";")[0] for line in said] == [
        "encoder: builtin, as asked for",
        "encoder: builtin, with which the index was made",
    ]


def test_an_encoder_that_was_not_fetched_is_named_with_its_remedy(index_folder: Path) -> None:
    with (
        pytest.raises(EncoderUnavailable, match="weights of bidirlm-1b are not here") as refusal,
        open_ingester(settings(index_folder, model="bidirlm-1b")),
    ):
        pass
    assert "models fetch bidirlm-1b" in refusal.value.remedy


def test_the_encoder_compares_token_by_token_unless_told_not_to(index_folder: Path, folder: Path) -> None:
    with open_ingester(settings(index_folder)) as ingester:
        list(ingester.ingest([folder]))
    with open_index(settings(index_folder)) as index:
        assert isinstance(load_searcher(index, settings(index_folder)).reranker, MaxSimReranker)
        assert load_searcher(index, settings(index_folder, rerank=False)).reranker is None
        with pytest.raises(EncoderUnavailable, match="weights of bge-reranker-v2-m3 are not here"):
            load_searcher(index, settings(index_folder, reranker="bge-reranker-v2-m3"))


def test_an_index_may_not_choose_a_server(
    index_folder: Path, folder: Path, served: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with open_ingester(settings(index_folder, model=served)) as ingester:
        list(ingester.ingest([folder]))
    with open_index(settings(index_folder)) as index:
        assert load_searcher(index, settings(index_folder)).embedder is not None
        # Somebody else's home, where that server was never named.
        monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "another"))
        asked: list[object] = []
        monkeypatch.setattr(_Embeddings, "do_POST", asked.append)
        with pytest.raises(EncoderUnavailable, match="a server that you have not named") as refusal:
            load_searcher(index, settings(index_folder))
        assert served in refusal.value.remedy
        assert asked == []
        monkeypatch.undo()


class _Scores(_Embeddings):
    """text-embeddings-inference: how often `x` stands in a text."""

    def do_POST(self) -> None:
        texts = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["texts"]
        scores = [{"index": number, "score": text.count("x") / 9} for number, text in enumerate(texts)]
        answer = json.dumps(scores).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)


@pytest.fixture
def served_scores() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Scores) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"tei:http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_a_served_reranker_moves_hits_and_is_refused_offline(
    index_folder: Path, folder: Path, served_scores: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "axe.txt").write_text("The axe is xxxxxxx.\n", encoding="utf-8")
    assert main(["ingest", "--index", str(index_folder), str(folder)]) == 0
    asked = ["search", "--index", str(index_folder), "--json", "--reranker", served_scores, "bake bread"]
    capsys.readouterr()
    assert main(asked) == 0
    out = json.loads(capsys.readouterr().out)
    scores = {Path(hit["path"]).name: hit["channels"]["rerank"] for hit in out["results"]}
    assert scores == {"axe.txt": 0.8889, "bread.txt": 0.0}
    assert out["query"]["reranked"] == {"compared": 2, "of": 2}
    assert main([*asked, "--offline"]) == 2
    assert "is behind a server" in capsys.readouterr().err


def test_a_budget_is_kept_and_what_it_allowed_is_told(
    index_folder: Path, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["ingest", "--index", str(index_folder), str(folder)]) == 0
    told = []
    for budget in ("0", "600000"):
        capsys.readouterr()
        search = ["search", "--index", str(index_folder), "--json", "--budget-ms", budget, "bake bread"]
        assert main(search) == 0
        out = json.loads(capsys.readouterr().out)
        query, [hit] = out["query"], out["results"]
        told.append((query["budget_ms"], query["reranked"], hit["evidence"]["witness"]))
    assert told == [(0, {"compared": 0, "of": 1}, "words"), (600_000, {"compared": 1, "of": 1}, "tokens")]
    for budget, said in (("0", True), ("600000", False)):
        assert main(["search", "--index", str(index_folder), "--budget-ms", budget, "bake bread"]) == 0
        assert ("left no time to read 1 of 1 hits" in capsys.readouterr().err) == said


def test_the_garbage_collector_is_back_after_loading(index_folder: Path) -> None:
    with open_ingester(settings(index_folder)):
        assert gc.isenabled()
    with pytest.raises(EncoderUnavailable), open_ingester(settings(index_folder, device="xpu")):
        pass
    assert gc.isenabled()


def test_a_served_model_makes_and_searches_an_index(
    index_folder: Path, folder: Path, served: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["ingest", "--index", str(index_folder), "--model", served, str(folder)]) == 0
    assert main(["search", "--index", str(index_folder), "--json", "bake bread"]) == 0
    out = json.loads(capsys.readouterr().out)
    assert out["results"][0]["path"].endswith("bread.txt")
    with open_index(settings(index_folder)) as index:
        assert index.fingerprint.model == served
        assert load_searcher(index, settings(index_folder)).reranker is None


def test_a_served_model_is_refused_offline(index_folder: Path, served: str) -> None:
    with (
        pytest.raises(UsageError, match="behind a server"),
        open_ingester(settings(index_folder, model=served, offline=True)),
    ):
        pass


def test_an_overlap_belongs_to_the_index(index_folder: Path) -> None:
    with open_ingester(settings(index_folder, overlap_tokens=32)) as ingester:
        assert local(ingester).overlap_tokens == 32
    with open_ingester(settings(index_folder)) as ingester:
        assert local(ingester).overlap_tokens == 32
    with (
        pytest.raises(IndexMismatch, match="overlap_tokens: 32, not 0"),
        open_ingester(settings(index_folder, overlap_tokens=0)),
    ):
        pass
