"""What an ingest tells fits its schema, step by step."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from encoder.interface import Embedder
from index_data.index import Index
from index_data.records import Fingerprint
from ingest.ingester import Ingester
from ingest.parser import Parser
from ingest.pipeline import LocalPipeline
from ingest.progress import Finished, Progress
from terminal.ingest_output import event_fields, report_fields
from terminal.json_schemas import SCHEMAS, json_schema


@pytest.fixture
def told(tmp_path: Path, index_folder: Path, letter_embedder: Embedder) -> list[Progress]:
    """Ingest a folder, change it, and ingest it again: every kind of step."""
    papers = tmp_path / "papers"
    papers.mkdir()
    for name in ("kept.txt", "moved.txt", "gone.txt"):
        (papers / name).write_text(f"Something about {name} and bread.")
    (papers / "broken.pdf").write_bytes(b"%PDF-1.7 and no more")
    (papers / "odd.xyz").write_text("of no known kind")
    made_by = Fingerprint("letters", letter_embedder.fingerprint, letter_embedder.dimension, 512, 256, 1)

    def run() -> Iterator[Progress]:
        with Index.create_or_open(index_folder, made_by) as index, Parser() as parser:
            yield from Ingester(index, LocalPipeline(letter_embedder, parser, 512, 256)).ingest([papers])

    events = list(run())
    (papers / "moved.txt").rename(papers / "moved there.txt")
    (papers / "gone.txt").unlink()
    return [*events, *run()]


def validator(part: dict[str, Any]) -> jsonschema.Draft202012Validator:
    whole = json_schema("dragoman.ingest/1")
    return jsonschema.Draft202012Validator({"$defs": whole["$defs"], **part})


def test_every_step_of_an_ingest_is_described(told: list[Progress], index_folder: Path) -> None:
    schema = json_schema("dragoman.ingest/1")
    by_type = {one["properties"]["type"]["const"]: one for one in schema["$defs"]["step"]["oneOf"]}
    step = validator({"$ref": "#/$defs/step"})
    fields = [event_fields(event, index_folder) for event in told]
    assert {one["type"] for one in fields} == set(by_type)
    for one in fields:
        step.validate(one)
        assert set(one) == set(by_type[one["type"]]["properties"])
        for name in one:
            assert not step.is_valid({key: value for key, value in one.items() if key != name})


def test_the_report_of_an_ingest_is_described(told: list[Progress], index_folder: Path) -> None:
    schema = json_schema("dragoman.ingest/1")
    reports = [event.report for event in told if isinstance(event, Finished)]
    assert len(reports) == 2
    assert reports[0].skipped
    assert reports[0].unsupported
    for report in reports:
        fields = report_fields(report, index_folder)
        jsonschema.Draft202012Validator(schema).validate(fields)
        assert set(fields) == set(schema["properties"]) == set(schema["required"])


def test_every_schema_has_a_name_and_says_what_it_is() -> None:
    for name in SCHEMAS:
        schema = json_schema(name)
        assert schema["$id"] == name
        assert schema["title"]
        assert schema["description"]
