from __future__ import annotations

import base64
import json
import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index_data.index import Index
from index_data.records import Document, FileStamp, Fingerprint, Passage, StoredPassage
from ingest.readers.suffixes import MEDIA_TYPES
from search.fields import filters_of
from search.hits import Channels, Copy, Evidence, Hit, Witness, WordPair, WordShare
from search.query import Mode, Query
from search.query_line import read_query
from search.searcher import Searcher
from terminal.answer import Answer, answer
from terminal.json_output import dump, json_text, jsonl_text, schema_text

if TYPE_CHECKING:
    from tests.terminal.conftest import Library

TEXT = "Käse und Brot.\n\n  \n"
HIT = Hit(
    rank=1,
    passage_id=7,
    document=Document(Path("/library/käse.txt"), FileStamp(40, 1, "ab" * 32), "txt", "Käse", "de", "utf-8"),
    passage=Passage(0, TEXT, 10, 10 + len(TEXT), 3, "de", 12, 12 + len(TEXT.encode())),
    score=0.75,
    channels=Channels(dense=0.5),
    snippet=(0, len(TEXT)),
    stale=False,
)
ANSWER = Answer(
    query=read_query(
        "Käse lang:de -Brot",
        Query("", limit=3, mode=Mode.DENSE, filters=filters_of([("after", False, ["2024"])])),
    ),
    reranked=False,
    hits=(HIT,),
    index_folder=Path("/library/index"),
    generation=4,
    fingerprint=Fingerprint("builtin", "c0ffee", 384, 512, 256, 1),
    load_ms=12.345,
    search_ms=6.789,
)


def results(found: Answer) -> list[dict[str, Any]]:
    shape = json.loads(json_text(found))
    jsonschema.validate(shape, json.loads(schema_text()))
    return list(shape["results"])


def with_document(**changes: object) -> Answer:
    return replace(ANSWER, hits=(replace(HIT, document=replace(HIT.document, **changes)),))  # type: ignore[arg-type]


def test_the_shape_is_the_documented_one() -> None:
    assert json.loads(json_text(ANSWER)) == {
        "schema": "dragoman.search/1",
        "query": {
            "text": "Käse lang:de -Brot",
            "words": "Käse",
            "phrases": [],
            "excluded": ["Brot"],
            "mode": "dense",
            "limit": 3,
            "min_score": 0.0,
            "judged": True,
            "rerank": False,
            "budget_ms": None,
            "reranked": None,
            "like": [],
            "unlike": [],
            "per_document": None,
            "collapse": True,
            "diverse": False,
            "preferred_languages": [],
            "balance_languages": False,
            "filters": {
                **{name: [] for name in ("languages", "media_types", "path_globs")},
                **{name: [] for name in ("not_languages", "not_media_types", "not_path_globs")},
                "titles": [],
                "not_titles": [],
                "modified_from": "2024-01-01",
                "modified_before": None,
                "also": None,
                "languages": ["de"],
            },
        },
        "index": {"folder": "/library/index", "generation": 4, "model": "builtin", "encoder": "c0ffee"},
        "collections": [],
        "timing_ms": {"load": 12.3, "search": 6.8},
        "nearest": None,
        "results": [
            {
                "rank": 1,
                "score": 0.75,
                "channels": {"dense": 0.5, "lexical": None, "sparse": None, "rerank": None},
                "passage_id": 7,
                "collection": None,
                "path": "/library/käse.txt",
                "path_bytes": None,
                "title": "Käse",
                "language": "de",
                "second_language": None,
                "media_type": "txt",
                "content_hash": "ab" * 32,
                "page": None,
                "line": 3,
                "heading_path": [],
                "char": [10, 24],
                "byte": [12, 27],
                "encoding": "utf-8",
                "text": "Käse und Brot.",
                "snippet": "Käse und Brot.",
                "evidence": {"span": [10, 24], "witness": "words", "pairs": []},
                "stale": False,
                "duplicates": [],
                "more_in_document": 0,
            }
        ],
    }


def test_the_order_of_the_keys_is_that_of_the_schema() -> None:
    schema = json.loads(schema_text())
    [result] = results(ANSWER)
    written = json.loads(json_text(ANSWER))
    assert list(written) == list(schema["properties"])
    assert list(written["query"]) == list(schema["$defs"]["query"]["properties"])
    assert list(written["query"]["filters"]) == list(schema["$defs"]["filters"]["properties"])
    assert list(result) == list(schema["$defs"]["result"]["properties"])


def test_the_schema_names_every_kind_of_file() -> None:
    media_type = json.loads(schema_text())["$defs"]["result"]["properties"]["media_type"]
    assert set(media_type["enum"]) == set(MEDIA_TYPES.values())


def test_the_schema_is_itself_valid_and_refuses_what_it_should() -> None:
    schema = json.loads(schema_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    shape = json.loads(json_text(ANSWER))
    shape["results"][0]["score"] = 1.5
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(shape, schema)


def test_jsonl_is_a_line_for_each_result_and_a_summary() -> None:
    schema = json.loads(schema_text())
    lines = [json.loads(line) for line in jsonl_text(ANSWER).splitlines()]
    for line in lines:
        jsonschema.validate(line, {"$ref": "#/$defs/jsonl_line", "$defs": schema["$defs"]})
    assert [line["type"] for line in lines] == ["result", "summary"]
    assert {**lines[0]} == {"type": "result", **results(ANSWER)[0]}
    assert lines[1]["count"] == 1
    named = [json.loads(line) for line in jsonl_text(ANSWER, query_id="q7").splitlines()]
    assert [list(line.items())[1] for line in named] == [("id", "q7")] * 2
    for line in named:
        jsonschema.validate(line, {"$ref": "#/$defs/jsonl_line", "$defs": schema["$defs"]})


@pytest.mark.parametrize(
    ("encoding", "mark"),
    [
        ("utf-8", b""),
        ("utf-8-sig", b"\xef\xbb\xbf"),
        ("utf-16", b"\xff\xfe"),
        ("utf-16-be", b""),
        ("cp1252", b""),
    ],
)
def test_bytes_cut_from_the_file_are_the_text(encoding: str, mark: bytes) -> None:
    source = mark + TEXT.encode("utf-16-le" if encoding == "utf-16" else encoding.removesuffix("-sig"))
    passage = replace(HIT.passage, byte_start=len(mark), byte_end=len(source))
    document = replace(HIT.document, encoding=encoding)
    [result] = results(replace(ANSWER, hits=(replace(HIT, passage=passage, document=document),)))
    decoder = "utf-16-le" if encoding == "utf-16" else encoding
    assert source[slice(*result["byte"])].decode(decoder) == result["text"]


def test_ranges_of_a_real_index_are_those_of_its_files(library: Library) -> None:
    with Index.open(library.index_folder) as index:
        found = answer(Searcher(index, library.embedder), Query("bread", limit=20), library.index_folder)
    plain = [result for result in results(found) if result["byte"] is not None]
    assert len(plain) == 7
    assert sum(len(result["evidence"]["pairs"]) for result in plain) == 2
    for result in plain:
        source = Path(result["path"]).read_bytes()
        assert source[slice(*result["byte"])].decode() == result["text"]
        assert source.decode()[slice(*result["char"])] == result["text"]
        span = slice(*result["evidence"]["span"])
        assert " ".join(source.decode()[span].split()) == result["snippet"]
        for pair in result["evidence"]["pairs"]:
            assert "bread"[slice(*pair["query"])] == "bread"
            assert source.decode()[slice(*pair["passage"])].casefold() == "bread"


def test_without_a_plain_copy_there_are_no_bytes() -> None:
    passage = replace(HIT.passage, byte_start=None, byte_end=None)
    assert results(replace(ANSWER, hits=(replace(HIT, passage=passage),)))[0]["byte"] is None


def test_a_file_name_that_is_not_utf8_survives() -> None:
    raw = b"/library/caf\xe9.txt"
    text = json_text(with_document(path=Path(os.fsdecode(raw))))
    text.encode()
    [result] = json.loads(text)["results"]
    assert os.fsencode(result["path"]) == raw
    assert base64.b64decode(result["path_bytes"]) == raw


def test_scores_that_are_no_numbers_are_left_out() -> None:
    channels = Channels(dense=float("nan"), lexical=float("inf"))
    [result] = results(replace(ANSWER, hits=(replace(HIT, channels=channels),)))
    assert result["channels"] == {"dense": None, "lexical": None, "sparse": None, "rerank": None}
    with pytest.raises(ValueError, match="not JSON compliant"):
        dump(float("nan"))


@given(st.text(st.characters(exclude_categories=()), max_size=100))
def test_no_text_reaches_the_terminal_raw_and_none_is_lost(text: str) -> None:
    written = dump([text])
    written.encode()
    assert not {
        char for char in written if ord(char) < 0x20 or 0x7F <= ord(char) < 0xA0 or char in "\u202e\u2066"
    }
    assert json.loads(written) == json.loads(json.dumps([text]))


def test_the_example_in_the_docs_has_this_shape() -> None:
    page = (Path(__file__).parents[2] / "docs" / "json-output.md").read_text(encoding="utf-8")
    example = json.loads(page.split("```json\n")[1].split("```")[0])
    jsonschema.validate(example, json.loads(schema_text()))
    ours = json.loads(json_text(ANSWER))
    assert list(example) == list(ours)
    assert list(example["query"]) == list(ours["query"])
    assert list(example["query"]["filters"]) == list(ours["query"]["filters"])
    [result], [our_result] = example["results"], ours["results"]
    assert list(result) == list(our_result)
    assert result["char"][1] - result["char"][0] == len(result["text"])
    assert result["byte"][1] - result["byte"][0] == len(result["text"].encode())
    for field in result:
        assert f"`{field}`" in page, field


def test_copies_are_named_with_their_places() -> None:
    copy = StoredPassage(9, replace(HIT.document, path=Path("/library/copy.txt")), HIT.passage)
    [result] = results(replace(ANSWER, hits=(replace(HIT, copies=(Copy(copy, exact=False),)),)))
    [told] = result["duplicates"]
    assert (told["passage_id"], told["path"], told["exact"]) == (9, "/library/copy.txt", False)
    assert told["char"] == result["char"]
    assert "text" not in told


def test_evidence_has_places_in_the_document_and_shares_where_they_are_asked_for() -> None:
    why = Evidence(
        Witness.TOKENS,
        (WordShare(0, 4, 0.4, 3), WordShare(9, 13, -0.01, 0)),
        (WordPair((0, 4), (0, 4), 0.98765),),
        rest=0.11,
    )
    found = replace(ANSWER, hits=(replace(HIT, snippet=(0, 9), evidence=why),))
    [brief] = results(found)
    pair = {"query": [0, 4], "passage": [10, 14], "similarity": 0.9877}
    assert brief["evidence"] == {"span": [10, 18], "witness": "tokens", "pairs": [pair]}
    whole = json.loads(json_text(found, evidence=True))
    jsonschema.validate(whole, json.loads(schema_text()))
    [result] = whole["results"]
    assert result["evidence"]["words"] == [
        {"start": 10, "end": 14, "weight": 0.4},
        {"start": 19, "end": 23, "weight": -0.01},
    ]
    assert result["evidence"]["rest"] == 0.11
    assert TEXT[: 18 - 10] == result["snippet"]
    lines = jsonl_text(found, evidence=True).splitlines()
    assert json.loads(lines[0]) == {"type": "result", **result}
