"""The index as tools, asked by the official client in the same process."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import msgspec
import pytest
from mcp import Client
from mcp.shared.exceptions import MCPError
from mcp.types import CallToolResult, TextContent, TextResourceContents

from index_data.errors import EncoderUnavailable
from index_data.index import Index
from index_data.records import Candidate, Filters
from search.searcher import Searcher
from terminal.engine.engine import Engine
from terminal.jobs.ingest_jobs import IngestJobs
from terminal.json_output import schema_text
from terminal.service.ingest_tools import ingest_operations
from terminal.service.mcp_answers import LEFT_OUT, UNTRUSTED
from terminal.service.mcp_server import mcp_server
from terminal.service.operations import OPERATIONS

if TYPE_CHECKING:
    from tests.terminal.conftest import Library

BOTH_ERAS = pytest.mark.parametrize("mode", ["legacy", "auto"])
"""Ways in which a client greets: by `initialize`, and as the newest protocol has it."""
OBEYED = {*map(chr, (*range(10), *range(11, 32), *range(0x7F, 0xA0), *range(0x202A, 0x202F)))}
"""Letters that a terminal would obey."""


def engine_of(library: Library, load: threading.Event | None = None) -> Engine:
    """Answer from `library`; the encoder is loaded once `load` is set."""

    def loaded(index: Index) -> Searcher:
        if load is not None:
            assert load.wait(120)
        return Searcher(index, library.embedder)

    folder = library.index_folder
    return Engine(folder, lambda: Index.open(folder), lambda index: Searcher(index, None), loaded)


@pytest.fixture
def engine(library: Library) -> Iterator[Engine]:
    with engine_of(library) as engine:
        yield engine


@pytest.fixture
def hostile_engine(hostile_library: Library) -> Iterator[Engine]:
    with engine_of(hostile_library) as engine:
        yield engine


def text_of(result: CallToolResult) -> str:
    [content] = result.content
    assert isinstance(content, TextContent)
    return content.text


async def asked(client: Client, tool: str, **arguments: Any) -> dict[str, Any]:
    """Call a tool that has to answer, and return its structure."""
    result = await client.call_tool(tool, arguments)
    assert not result.is_error, text_of(result)
    fields: dict[str, Any] = result.structured_content
    return fields


async def refusal(client: Client, tool: str, **arguments: Any) -> str:
    """Call a tool that must refuse, and return what it says."""
    result = await client.call_tool(tool, arguments)
    assert result.is_error
    assert result.structured_content is None
    return text_of(result)


@BOTH_ERAS
async def test_every_operation_is_a_tool_that_only_reads(engine: Engine, mode: str) -> None:
    async with Client(mcp_server(engine), mode=mode) as client:
        tools = (await client.list_tools()).tools
    assert [tool.name for tool in tools] == [operation.name for operation in OPERATIONS]
    for tool, operation in zip(tools, OPERATIONS, strict=True):
        whole = msgspec.json.schema(operation.takes)["$defs"][operation.takes.__name__]
        assert tool.input_schema["type"] == "object"
        assert tool.input_schema["properties"] == whole["properties"]
        assert tool.annotations is not None
        assert tool.annotations.read_only_hint
        jsonschema.Draft202012Validator.check_schema(tool.input_schema)
    assert tools[0].output_schema == json.loads(schema_text())


@BOTH_ERAS
async def test_every_tool_answers_with_its_shape_and_a_text(engine: Engine, mode: str) -> None:
    async with Client(mcp_server(engine), mode=mode) as client:
        result = await client.call_tool("search", {"query": "knead the dough", "limit": 2})
        found = result.structured_content
        jsonschema.validate(found, json.loads(schema_text()))
        first = found["results"][0]
        assert first["title"] == "How to bake bread"
        assert f"#{first['passage_id']}, score {first['score']:.2f}" in text_of(result)
        assert "Knead the dough for ten minutes." in text_of(result)
        assert result.meta is not None
        assert result.meta[UNTRUSTED] is True

        around = await asked(client, "get", ids=[first["passage_id"]], after=1)
        assert [one["passage_id"] for one in around["passages"]] == [1, 2]
        alike = await asked(client, "similar", id=first["passage_id"], limit=3)
        assert len(alike["results"]) == 3
        told = await asked(client, "explain", query="knead the dough", id=first["passage_id"])
        assert told["target"]["why"]
        held = await asked(client, "status", files=True)
        assert (held["documents"], len(held["files"])) == (6, 6)
        shapes = [found, around, alike, told, held]
        gives = [operation.gives for operation in OPERATIONS]
        assert [shape["schema"] for shape in shapes] == gives


async def test_what_is_wrong_is_told_with_what_helps(engine: Engine) -> None:
    async with Client(mcp_server(engine)) as client:
        assert "there is no passage 999" in await refusal(client, "get", ids=[1, 999])
        assert "colour" in await refusal(client, "search", query="bread", colour="red")
        assert "`query`" in await refusal(client, "search")
        assert "$.limit" in await refusal(client, "search", query="bread", limit=100_000)
        assert "$.ids" in await refusal(client, "get", ids=["../../secret"])
        assert "xx" in await refusal(client, "search", query="bread lang:xx")
        assert len((await asked(client, "search", query="bread", limit=1))["results"]) == 1


async def test_what_does_not_exist_is_an_error_of_the_protocol(engine: Engine) -> None:
    async with Client(mcp_server(engine)) as client:
        with pytest.raises(MCPError, match="there is no tool ingest_start"):
            await client.call_tool("ingest_start", {"paths": ["."]})
        for uri in ("dragoman://passage/999", "dragoman://passage/0", "file:///etc/passwd", f"{10**30}"):
            with pytest.raises(MCPError, match="there is no"):
                await client.read_resource(uri)


async def test_a_passage_is_a_resource(engine: Engine) -> None:
    async with Client(mcp_server(engine)) as client:
        assert (await client.list_resources()).resources == []
        [template] = (await client.list_resource_templates()).resource_templates
        [passage] = (await client.read_resource(template.uri_template.format(id=1))).contents
        assert isinstance(passage, TextResourceContents)
        assert passage.text.startswith("Mix flour")
        assert passage.meta == {UNTRUSTED: True}


async def test_a_question_without_an_answer_says_what_came_nearest(engine: Engine) -> None:
    async with Client(mcp_server(engine)) as client:
        result = await client.call_tool("search", {"query": "zymurgy", "mode": "lexical"})
        assert text_of(result).startswith("No passage answers this.")
        assert result.structured_content["results"] == []


async def test_hostile_documents_are_harmless_and_stay_between_their_marks(hostile_engine: Engine) -> None:
    async with Client(mcp_server(hostile_engine)) as client:
        found = await client.call_tool("search", {"query": "pwned", "mode": "lexical"})
        held = await client.call_tool("status", {"files": True})
        passage = await client.read_resource("dragoman://passage/3")
    assert len(found.structured_content["results"]) == 7
    for answer in (found, held, passage):
        assert OBEYED & set("".join(strings(answer.model_dump()))) == set()
    text = text_of(found)
    mark = text.split("the marks <")[1].split(">")[0]
    assert text.count(f"<{mark}>") == text.count(f"</{mark}>") == 8
    again = mark_of(hostile_engine)
    assert mark != await again


def strings(value: object) -> Iterator[str]:
    match value:
        case str():
            yield value
        case dict():
            for key, inner in value.items():
                yield from (str(key), *strings(inner))
        case list():
            for inner in value:
                yield from strings(inner)


async def mark_of(engine: Engine) -> str:
    async with Client(mcp_server(engine)) as client:
        text = text_of(await client.call_tool("search", {"query": "pwned", "mode": "lexical"}))
    return text.split("the marks <")[1].split(">")[0]


async def test_while_the_encoder_loads_everything_else_answers(library: Library) -> None:
    may_load = threading.Event()
    with engine_of(library, may_load) as engine:
        try:
            async with asyncio.timeout(60), Client(mcp_server(engine)) as client:
                assert len((await client.list_tools()).tools) == 5
                assert (await asked(client, "status"))["documents"] == 6
                assert (await asked(client, "search", query="bread", mode="lexical"))["results"]
                asking = asyncio.create_task(asked(client, "search", query="bread"))
                await asked(client, "get", ids=[1])
                assert not asking.done()
                may_load.set()
                assert (await asking)["results"]
        finally:
            may_load.set()


async def test_an_encoder_that_cannot_be_loaded_is_told_to_whoever_needs_it(library: Library) -> None:
    def missing(index: Index) -> Searcher:
        raise EncoderUnavailable("it is \x1b[2Jgone", remedy="Fetch it.")

    folder = library.index_folder
    engine = Engine(folder, lambda: Index.open(folder), lambda index: Searcher(index, None), missing)
    with engine:
        async with Client(mcp_server(engine)) as client:
            assert await refusal(client, "search", query="bread") == "it is \ufffd[2Jgone\nFetch it."
            assert (await asked(client, "search", query="bread", mode="lexical"))["results"]


async def test_without_an_index_the_tools_are_there_and_say_so(tmp_path: Path) -> None:
    folder = tmp_path / "none"
    engine = Engine(
        folder,
        lambda: Index.open(folder),
        lambda index: Searcher(index, None),
        lambda index: Searcher(index, None),
    )
    with engine:
        async with Client(mcp_server(engine)) as client:
            assert "dragoman ingest" in await refusal(client, "status")


@BOTH_ERAS
async def test_a_call_that_is_cancelled_lets_the_others_go_on(library: Library, mode: str) -> None:
    begun, may_end, searches = threading.Event(), threading.Event(), []

    class Slow(Index):
        def matching(self, text: str, count: int, filters: Filters) -> list[Candidate]:
            searches.append(text)
            begun.set()
            assert may_end.wait(20)
            return super().matching(text, count, filters)

    folder = library.index_folder
    engine = Engine(
        folder,
        lambda: Slow.open(folder),
        lambda index: Searcher(index, None),
        lambda index: Searcher(index, library.embedder),
    )
    with engine:
        try:
            async with Client(mcp_server(engine), mode=mode) as client:
                under_way = asyncio.create_task(client.call_tool("search", {"query": "bread"}))
                assert await asyncio.to_thread(begun.wait, 20)
                waiting = asyncio.create_task(client.call_tool("search", {"query": "tax"}))
                await asked(client, "status")
                for call in (waiting, under_way):
                    call.cancel()
                    with pytest.raises(asyncio.CancelledError):
                        await call
                assert (await asked(client, "get", ids=[1]))["passages"]
                may_end.set()
                assert (await asked(client, "search", query="dough"))["results"]
            assert searches == ["bread", "dough"]
        finally:
            may_end.set()


async def test_many_calls_at_once_get_their_own_answers(engine: Engine) -> None:
    async with Client(mcp_server(engine)) as client:
        calls = [asked(client, "get", ids=[1 + number % 9]) for number in range(30)]
        calls += [asked(client, "search", query="bread", limit=1 + number % 5) for number in range(10)]
        answers = await asyncio.gather(*calls)
    assert [one["passages"][0]["passage_id"] for one in answers[:30]] == [1 + n % 9 for n in range(30)]
    assert [len(one["results"]) for one in answers[30:]] == [1 + number % 5 for number in range(10)]


async def test_an_answer_is_kept_short_and_says_what_it_left_out(engine: Engine) -> None:
    async with Client(mcp_server(engine)) as client:
        result = await client.call_tool("get", {"ids": [1] * 50, "after": 20})
        whole = await client.call_tool("get", {"ids": [1]})
    kept = len(result.structured_content["passages"])
    assert 0 < kept < 150
    assert len(json.dumps(result.structured_content, ensure_ascii=False)) <= 64_000
    assert result.meta is not None
    assert result.meta[LEFT_OUT] == [f"the last passages, {150 - kept} of 150"]
    assert f"the last passages, {150 - kept} of 150" in text_of(result)
    assert whole.meta is not None
    assert LEFT_OUT not in whole.meta
    assert "Left out" not in text_of(whole)


async def test_only_what_lies_below_named_folders_may_be_read(engine: Engine, tmp_path: Path) -> None:
    allowed, other = tmp_path / "allowed", tmp_path / "other"
    for folder in (allowed, other):
        folder.mkdir()
    (allowed / "way out").symlink_to(other)
    jobs = IngestJobs(tmp_path / "jobs")
    server = mcp_server(engine, ingest_operations(tmp_path / "index", [allowed], jobs))
    async with Client(server) as client:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        assert tools["ingest_start"].annotations is not None
        assert tools["ingest_start"].annotations.read_only_hint is False
        for path in (
            other,
            allowed / "way out",
            allowed / ".." / "other",
            Path("/"),
            Path("\0"),
            Path("allowed"),
        ):
            assert "may not be read" in await refusal(client, "ingest_start", paths=[str(path)])
        assert "may not be read" in await refusal(client, "ingest_start", paths=[str(allowed), str(other)])
        assert "nothing at" in await refusal(client, "ingest_start", paths=[str(allowed / "none")])
        assert "no such job" in await refusal(client, "ingest_status", id="../../secret")
    assert jobs.all() == []
