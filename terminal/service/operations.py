"""What other programs may ask: each operation once, for HTTP and for MCP, with the schema of what it takes.

Passages are named by their ids, never by paths, and nothing here changes anything.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Annotated, Any, Generic, Literal, TypeVar

import msgspec
from msgspec import Meta

from index_data.errors import NotThere, UsageError
from search.query import Mode, Query
from search.query_line import read_query
from terminal.commands.get import passages_fields
from terminal.commands.status import status_fields
from terminal.json_output import answer_fields
from terminal.passage_names import id_of, read_name
from terminal.safe_text import safe_text

if TYPE_CHECKING:
    from index_data.records import StoredPassage
    from terminal.engine.opening import NearestEngine

MOST_HITS = 100
MOST_PASSAGES = 50
MOST_NEIGHBOURS = 20
LONGEST_QUESTION = 4_096
"""Characters."""

Id = (
    Annotated[int, Meta(ge=1, le=10**18 - 1, description="Number of a passage, a hit's `passage_id`.")]
    | Annotated[
        str,
        Meta(
            pattern="^([^:#\\s]{1,64}:)?[1-9][0-9]{0,17}$",
            max_length=90,
            description="The same as text; where several collections are searched, with its `collection` "
            "before it: `papers:12`.",
        ),
    ]
)
Limit = Annotated[int, Meta(ge=1, le=MOST_HITS, description="Hits at most.")]
Score = Annotated[float, Meta(ge=0, le=1, description="Hits below it are left out.")]
Question = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=LONGEST_QUESTION,
        description='A question in any language, or words. It may hold "exact phrases", -words to leave out, '
        "beginnings* and the fields lang:de type:pdf path:reports/** title:budget after:2024-01 before:7d.",
    ),
]
Way = Annotated[
    Literal["hybrid", "dense", "lexical"], Meta(description="By meaning (dense), by words, or by both.")
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """A question, and how its hits are to be chosen."""

    query: Question
    limit: Limit = 10
    mode: Way = "hybrid"
    min_score: Annotated[
        Score | None, Meta(description="Null: all are left out, if the best is no more than chance gives.")
    ] = None
    rerank: Annotated[bool, Meta(description="Compare the best hits once more.")] = True
    budget_ms: Annotated[
        Annotated[int, Meta(ge=0, le=600_000)] | None,
        Meta(description="Milliseconds after which no passage more is read, to re-rank or to explain it."),
    ] = None
    evidence: Annotated[bool, Meta(description="With the share of each word of a passage in its cosine.")] = (
        False
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Get:
    """Passages, and how many of their neighbours are wanted with each."""

    ids: Annotated[list[Id], Meta(min_length=1, max_length=MOST_PASSAGES, description="Numbers of passages.")]
    before: Annotated[int, Meta(ge=0, le=MOST_NEIGHBOURS, description="Passages before each.")] = 0
    after: Annotated[int, Meta(ge=0, le=MOST_NEIGHBOURS, description="Passages after each.")] = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Similar:
    """A passage of which others are wanted that are like it."""

    id: Id
    limit: Limit = 10
    min_score: Score = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Explain:
    """A question of whose search is told, and perhaps a passage of which it is asked why it is no hit."""

    query: Question
    id: Id | None = None
    limit: Limit = 10
    mode: Way = "hybrid"


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """Nothing: the index is described as it is."""

    files: Annotated[bool, Meta(description="With an account of every file.")] = False


Wanted = TypeVar("Wanted")


@dataclass(frozen=True, slots=True)
class Operation(Generic[Wanted]):
    """One thing that may be asked."""

    name: str
    summary: str
    """For people and for language models."""
    takes: type[Wanted]
    gives: str
    """The `schema` of the object that it gives."""
    answer: Callable[[NearestEngine, Wanted], dict[str, Any]]
    encodes: Callable[[Wanted], bool] = lambda _: False
    """Whether the encoder is needed, which does one thing after the other."""

    def __call__(self, engine: NearestEngine, wanted: Mapping[str, Any]) -> dict[str, Any]:
        """Answer what arrived as JSON.

        Raises:
            UsageError: it is not what this operation takes.
            NotThere: a passage that it names does not exist.
            DragomanError: the index or the encoder cannot be used.
        """
        return self.answer(engine, read_request(wanted, self.takes))


def read_request(wanted: Mapping[str, Any], takes: type[Wanted], *, as_text: bool = False) -> Wanted:
    """Make a dataclass of what arrived as JSON, or with `as_text` as words, in which numbers are digits.

    Raises:
        UsageError: it does not fit, or holds something else besides.
    """
    known = [field.name for field in fields(takes)]  # type: ignore[arg-type]  # each is a dataclass
    if unknown := sorted(wanted.keys() - set(known)):
        raise UsageError(
            f"{safe_text(unknown[0], limit=100)} is not known here", remedy=f"Known are {', '.join(known)}."
        )
    try:
        return msgspec.convert(wanted, takes, strict=not as_text)
    except msgspec.ValidationError as error:
        raise UsageError(safe_text(str(error)), remedy="See the schema of what it takes.") from error


def request_schemas(takes: Sequence[type], references: str) -> tuple[list[Any], dict[str, Any]]:
    """Describe what is taken as JSON Schemas: one for each, and those that they name by `references`."""
    schemas, named = msgspec.json.schema_components(takes, ref_template=references)
    for schema in named.values():
        schema["additionalProperties"] = False
    return list(schemas), named


def _search(engine: NearestEngine, wanted: Search) -> dict[str, Any]:
    from terminal.engine.engine import Stage

    frame = Query(
        text="",
        limit=wanted.limit,
        mode=Mode(wanted.mode),
        min_score=wanted.min_score,
        budget_ms=wanted.budget_ms,
    )
    stage = Stage.WORDS if frame.mode is Mode.LEXICAL else Stage.RANKED if wanted.rerank else Stage.FUSED
    found = engine.answer(read_query(safe_text(wanted.query).strip(), frame), stage)
    return answer_fields(found, evidence=wanted.evidence)


def _get(engine: NearestEngine, wanted: Get) -> dict[str, Any]:
    return passages_fields([stretch(engine, one, wanted.before, wanted.after) for one in wanted.ids])


def stretch(engine: NearestEngine, named: int | str, before: int = 0, after: int = 0) -> list[StoredPassage]:
    """Fetch a passage among its neighbours.

    Raises:
        UsageError: its name does not say of which collection it is.
        NotThere: it does not exist.
    """
    found = engine.passages_around(_id(engine, named), before, after)
    if not found:
        raise NotThere(
            f"there is no passage {named}",
            remedy="Its document has changed or gone since; search again for the new numbers.",
        )
    return found


def _id(engine: NearestEngine, named: int | str) -> int:
    name = read_name(str(named))
    if name is None:
        raise UsageError(f"{safe_text(str(named))} is no passage", remedy="Name it as the answer does.")
    return id_of(name, engine.several)


def _similar(engine: NearestEngine, wanted: Similar) -> dict[str, Any]:
    stretch(engine, wanted.id)
    like = (_id(engine, wanted.id),)
    query = Query(text="", limit=wanted.limit, mode=Mode.DENSE, min_score=wanted.min_score, like=like)
    return answer_fields(engine.answer(query))


def _explain(engine: NearestEngine, wanted: Explain) -> dict[str, Any]:
    passage_id = None if wanted.id is None else _id(engine, wanted.id)
    if wanted.id is not None:
        stretch(engine, wanted.id)
    frame = Query(text="", limit=wanted.limit, mode=Mode(wanted.mode))
    return engine.explanation(read_query(safe_text(wanted.query).strip(), frame), passage_id)


def _status(engine: NearestEngine, wanted: Status) -> dict[str, Any]:
    return status_fields(engine.summary(), engine.accounts() if wanted.files else None)


def _by_meaning(wanted: Search | Explain) -> bool:
    return wanted.mode != "lexical"


OPERATIONS: tuple[Operation[Any], ...] = (
    Operation(
        "search",
        "Find the passages of the user's documents that answer a question, in whatever language they are.",
        Search,
        "dragoman.search/1",
        _search,
        _by_meaning,
    ),
    Operation("get", "Read passages whole, with neighbours.", Get, "dragoman.get/1", _get),
    Operation("similar", "Find passages like one that was found.", Similar, "dragoman.search/1", _similar),
    Operation(
        "explain",
        "Say what each stage of a search said of its hits, and why a passage is none.",
        Explain,
        "dragoman.explain/1",
        _explain,
        _by_meaning,
    ),
    Operation("status", "Say what the index holds.", Status, "dragoman.status/1", _status),
)


def operation(name: str) -> Operation[Any]:
    """Find one by its name.

    Raises:
        UsageError: there is none.
    """
    for one in OPERATIONS:
        if one.name == name:
            return one
    raise UsageError(
        f"there is no operation {safe_text(name)}",
        remedy=f"Ask for one of {', '.join(known.name for known in OPERATIONS)}.",
    )
