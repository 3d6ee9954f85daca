"""Commands that search several collections as one."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
from starlette.testclient import TestClient

from index_data.paths import IndexPaths
from terminal.cli import main
from terminal.collections import collection
from terminal.commands.passage_id import StretchOfPassages
from terminal.engine.opening import engine_of
from terminal.json_schemas import json_schema
from terminal.passage_names import PassageName, id_of, read_name, shown
from terminal.service.http_app import HttpOptions, http_app
from terminal.service.http_guard import Policy
from terminal.service.http_jobs import IngestRules
from terminal.service.mcp_answers import bounded, told
from terminal.settings import load_settings
from tests.terminal.conftest import WORKS, Work, fill

if TYPE_CHECKING:
    from encoder.interface import Embedder

SEARCH = ("search", "--mode", "lexical")
BOTH = ("-c", "recipes", "-c", "mails")
MAILS = (
    Work("mail.md", "en", "About bread", "The bread that you sent me was good.\n\nThanks for the yeast.\n"),
    WORKS[1],
)
"""The second is in both collections."""


@pytest.fixture(autouse=True)
def both(tmp_path: Path, letter_embedder: Embedder, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two collections, of which one document is in both."""
    monkeypatch.chdir(tmp_path)
    for name, works in (("recipes", WORKS), ("mails", MAILS)):
        folder = collection(name).folder
        folder.parent.mkdir(parents=True, exist_ok=True)
        fill(folder, tmp_path, letter_embedder, works)


def output(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> str:
    assert main(arguments) == code
    said, told = capsys.readouterr()
    assert told == ""
    return said


def results(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[dict[str, Any]]:
    answer = json.loads(output(capsys, *arguments, "--json"))
    jsonschema.Draft202012Validator(json_schema(answer["schema"])).validate(answer)
    found: list[dict[str, Any]] = answer["results"]
    return found


def test_hits_of_all_come_in_one_order(capsys: pytest.CaptureFixture[str]) -> None:
    found = results(capsys, *SEARCH, *BOTH, "bread")
    assert {one["collection"] for one in found} == {"recipes", "mails"}
    assert [one["rank"] for one in found] == list(range(1, len(found) + 1))
    assert [one["score"] for one in found] == sorted((one["score"] for one in found), reverse=True)


@pytest.mark.parametrize(
    "named",
    [
        ("-c", "recipes,mails"),
        ("--all-collections",),
        ("--collection", "*"),
        ("-c", "mails", "-c", "recipes"),
    ],
)
def test_they_are_named_in_several_ways(named: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    assert {one["collection"] for one in results(capsys, *SEARCH, *named, "bread")} == {"recipes", "mails"}


def test_one_is_searched_as_ever(capsys: pytest.CaptureFixture[str]) -> None:
    assert {one["collection"] for one in results(capsys, *SEARCH, "-c", "mails", "bread")} == {None}


def test_the_settings_may_name_several(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DRAGOMAN_COLLECTION", "mails,recipes")
    assert {one["collection"] for one in results(capsys, *SEARCH, "bread")} == {"recipes", "mails"}
    assert main(["status"]) == 2
    assert "one collection at a time, not with mails, recipes" in capsys.readouterr().err
    assert main(["ingest", "."]) == 2
    assert main(["status", "-c", "mails"]) == 0


def test_both_all_and_some_are_a_misuse(capsys: pytest.CaptureFixture[str]) -> None:
    for options in (("-c", "mails", "--all-collections"), ("--all-collections", "-c", "mails")):
        assert main([*SEARCH, *options, "bread"]) == 2
        assert "leaves no choice" in capsys.readouterr().err
    assert main([*SEARCH, "-c", "mails", "--index", "x", "bread"]) == 2


def test_what_is_in_both_is_one_hit(capsys: pytest.CaptureFixture[str]) -> None:
    [first, *_] = results(capsys, *SEARCH, *BOTH, "Teig Nacht")
    assert first["collection"] == "recipes"
    assert [copy["collection"] for copy in first["duplicates"]] == ["mails"]
    text = output(capsys, *SEARCH, *BOTH, "Teig Nacht")
    assert f"#recipes:{first['passage_id']}" in text
    assert f"#mails:{first['duplicates'][0]['passage_id']}" in text


@pytest.mark.parametrize("shape", ["text", "md", "csv", "jsonl"])
def test_each_shape_says_where_a_hit_is_from(shape: str, capsys: pytest.CaptureFixture[str]) -> None:
    text = output(capsys, *SEARCH, *BOTH, "--format", shape, "yeast")
    if shape == "csv":
        assert {row["collection"] for row in csv.DictReader(io.StringIO(text))} == {"recipes", "mails"}
        assert {len(row["passage_id"]) for row in csv.DictReader(io.StringIO(text))} == {1}
    elif shape == "jsonl":
        assert {json.loads(line).get("collection") for line in text.splitlines()} == {
            "recipes",
            "mails",
            None,
        }
    else:
        assert "#recipes:1" in text
        assert "#mails:2" in text


def test_a_passage_goes_by_its_collection(capsys: pytest.CaptureFixture[str]) -> None:
    text = output(capsys, "get", "mails:1:0:1", "recipes:1")
    assert "#mails:1 " in text
    assert "#mails:2 " in text
    assert "Thanks for the yeast" in text
    assert "Mix flour" in text
    assert "mail.md" in output(capsys, "open", "--print", "mails:1")
    assert "bread.md" in output(capsys, "open", "--print", "recipes:1")
    assert main(["get", "mails:99"]) == 2
    assert "no passage #99" in capsys.readouterr().err
    assert main(["get", "-c", "mails,recipes", "1"]) == 2
    assert "one collection at a time" in capsys.readouterr().err


def test_similar_passages_are_looked_for_where_it_was_asked(capsys: pytest.CaptureFixture[str]) -> None:
    assert {one["collection"] for one in results(capsys, "similar", "mails:1")} == {None}
    everywhere = results(capsys, "similar", "mails:1", *BOTH)
    assert {one["collection"] for one in everywhere} == {"recipes", "mails"}
    assert ("mails", 1) not in [(one["collection"], one["passage_id"]) for one in everywhere]
    answer = json.loads(output(capsys, "similar", "mails:1", *BOTH, "--json"))
    assert answer["query"]["like"] == ["mails:1"]
    assert [one["name"] for one in answer["collections"]] == ["recipes", "mails"]
    assert main(["similar", "1", *BOTH]) == 2
    assert "#1 may be of any of recipes, mails" in capsys.readouterr().err


def test_an_explanation_names_it(capsys: pytest.CaptureFixture[str]) -> None:
    text = output(capsys, "explain", "--mode", "lexical", *BOTH, "yeast", "mails:1")
    assert "#recipes:1  " in text
    assert "#mails:1 is not among the 100 best" in text
    asked = json.loads(
        output(capsys, "explain", "--mode", "lexical", *BOTH, "--json", "Teig Nacht", "mails:3")
    )
    jsonschema.Draft202012Validator(json_schema("dragoman.explain/1")).validate(asked)
    target = asked["target"]
    assert (target["collection"], target["fate"]) == ("mails", "copy")
    assert target["copy_of_collection"] == "recipes"
    assert main(["explain", "--mode", "lexical", "-c", "mails", "yeast", "recipes:1"]) == 2
    assert "not of the index that is searched" in capsys.readouterr().err


def test_a_broken_one_is_told_and_the_others_answer(capsys: pytest.CaptureFixture[str]) -> None:
    broken = IndexPaths(collection("broken").folder).database
    broken.parent.mkdir()
    broken.write_bytes(b"nothing of an index")
    assert main([*SEARCH, "--all-collections", "bread"]) == 5
    said, told = capsys.readouterr()
    assert "#mails:1" in said
    [line] = told.splitlines()
    assert line.startswith("dragoman: not searched: broken: ")
    assert main([*SEARCH, *BOTH, "-c", "gone", "--json", "bread"]) == 5
    answer = json.loads(capsys.readouterr().out)
    assert [one["trouble"] is None for one in answer["collections"]] == [True, True, False]
    assert main([*SEARCH, "-c", "gone", "-c", "broken", "bread"]) == 3


def test_a_batch_asks_all(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "questions").write_text("bread\nyeast\n", encoding="utf-8")
    lines = output(capsys, *SEARCH, *BOTH, "--batch", "questions").splitlines()
    found = [json.loads(line) for line in lines]
    assert {one["collection"] for one in found if one["type"] == "result"} == {"recipes", "mails"}


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    settings = load_settings({"collection": "recipes,mails"}, {}, several=True)
    options = HttpOptions(Policy("a-token-of-the-tests"), IngestRules(settings.index))
    bearer = {"Authorization": "Bearer a-token-of-the-tests"}
    with engine_of(settings) as engine:
        yield TestClient(http_app(engine, options), base_url="http://127.0.0.1", headers=bearer)


def test_other_programs_name_passages_so_too(client: TestClient) -> None:
    found = client.get("/v1/search?q=yeast&mode=lexical").json()
    names = {f"{one['collection']}:{one['passage_id']}" for one in found["results"]}
    assert names == {"recipes:1", "mails:2"}
    assert client.get("/v1/passages/mails:2").json()["passages"][0]["collection"] == "mails"
    similar = client.get("/v1/passages/mails:2/similar").json()
    assert {one["collection"] for one in similar["results"]} == {"recipes", "mails"}
    assert client.post("/v1/get", json={"ids": ["recipes:1", "mails:1"]}).status_code == 200
    assert client.get("/v1/passages/mails:99").status_code == 404
    for odd in ("/v1/passages/1", "/v1/passages/nowhere:1", "/v1/passages/mails:x"):
        assert client.get(odd).status_code == 400
    assert client.get("/v1/status").json()["documents"] == len(WORKS) + len(MAILS)
    text = told(bounded(found))
    assert "#mails:2" in text


def test_a_name_is_read_and_written() -> None:
    assert read_name("12") == read_name("#12") == PassageName(12)
    assert read_name("#papers:12") == PassageName(12, "papers")
    assert read_name("論文:12") == PassageName(12, "論文")
    for odd in ("12:1", "papers:", ":12", "a b:12", "papers:x", "../x:1", "p:1:2", "papers:١٢"):
        assert read_name(odd) is None, odd
    assert shown(id_of(PassageName(7, "b"), ["a", "b"]), "b") == "#b:7"
    stretch = StretchOfPassages().convert("12:1:2", None, None)
    assert (stretch.name, stretch.before, stretch.after) == (PassageName(12), 1, 2)
    stretch = StretchOfPassages().convert("papers:12::2", None, None)
    assert (stretch.name, stretch.before, stretch.after) == (PassageName(12, "papers"), 0, 2)
