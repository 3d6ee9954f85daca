"""What may be asked of a resident engine, each thing once: what it takes, what it gives, and how."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

import msgspec

from index_data.records import FileAccount, IndexSummary, StoredPassage
from search.query import Query
from terminal.answer import Answer
from terminal.engine.engine import Engine, Stage
from terminal.engine.told import Told

Takes = TypeVar("Takes")
Gives = TypeVar("Gives")


@dataclass(frozen=True, slots=True)
class Nothing:
    """What is taken where there is nothing to say."""


@dataclass(frozen=True, slots=True)
class Question:
    """A question, and how far its search is to go."""

    query: Query
    stage: Stage


@dataclass(frozen=True, slots=True)
class Why:
    """A question, and the passage or the file of which it is asked why it is no hit."""

    query: Query
    stage: Stage
    passage_id: int | None
    path: Path | None
    """Absolute."""
    as_json: bool


@dataclass(frozen=True, slots=True)
class WhyAPassage:
    """A question, and a passage of which it is asked why it is no hit."""

    query: Query
    passage_id: int | None


@dataclass(frozen=True, slots=True)
class Around:
    """A passage, and how many of its neighbours are wanted."""

    passage_id: int
    before: int
    after: int


@dataclass(frozen=True, slots=True)
class Texts:
    """What is to be embedded."""

    texts: tuple[str, ...]
    query: bool


@dataclass(frozen=True, slots=True)
class Vectors:
    """Vectors on their way."""

    dimension: int
    floats: bytes
    """float32, one vector after the other, as this machine writes them."""


@dataclass(frozen=True, slots=True)
class Presence:
    """How a resident engine is."""

    process: int
    loaded: bool
    """The encoder is."""


@dataclass(frozen=True, slots=True)
class Verb(Generic[Takes, Gives]):
    """One thing that may be asked."""

    name: str
    takes: type[Takes]
    gives: type[Gives]
    answer: Callable[[Engine, Takes], Gives]
    encodes: Callable[[Takes], bool] = lambda _: False
    """Whether it has to wait for the encoder, and others for it."""


@dataclass(frozen=True, slots=True)
class Request:
    """What a client sends."""

    verb: str
    wanted: msgspec.Raw
    """What the verb takes."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What it gets."""

    given: msgspec.Raw
    """What the verb gives; without meaning where there is an error."""
    error: Error | None = None


@dataclass(frozen=True, slots=True)
class Error:
    """A `DragomanError` on its way."""

    kind: str
    message: str
    remedy: str


def _embed(engine: Engine, wanted: Texts) -> Vectors:
    vectors = engine.embed(wanted.texts, query=wanted.query)
    return Vectors(vectors.shape[1], vectors.tobytes())


def _encodes(wanted: Question | Why) -> bool:
    return wanted.stage is not Stage.WORDS and not wanted.query.by_example


def _always(_: object) -> bool:
    return True


SEARCH: Verb[Question, Answer] = Verb(
    "search", Question, Answer, lambda engine, wanted: engine.answer(wanted.query, wanted.stage), _encodes
)
WHY: Verb[Why, Told] = Verb(
    "why",
    Why,
    Told,
    lambda engine, wanted: engine.explained(
        wanted.query,
        wanted.stage,
        passage_id=wanted.passage_id,
        path=wanted.path,
        as_json=wanted.as_json,
    ),
    _encodes,
)
EXPLANATION: Verb[WhyAPassage, dict[str, Any]] = Verb(
    "explanation",
    WhyAPassage,
    dict[str, Any],
    lambda engine, wanted: engine.explanation(wanted.query, wanted.passage_id),
    _always,
)
AROUND: Verb[Around, list[StoredPassage]] = Verb(
    "around",
    Around,
    list[StoredPassage],
    lambda engine, wanted: engine.passages_around(wanted.passage_id, wanted.before, wanted.after),
)
PASSAGES_OF: Verb[Path, list[int]] = Verb(
    "passages of", Path, list[int], lambda engine, path: engine.passages_of(path)
)
GENERATION: Verb[Nothing, int] = Verb("generation", Nothing, int, lambda engine, _: engine.generation())
SUMMARY: Verb[Nothing, IndexSummary] = Verb(
    "summary", Nothing, IndexSummary, lambda engine, _: engine.summary()
)
ACCOUNTS: Verb[Nothing, list[FileAccount]] = Verb(
    "accounts", Nothing, list[FileAccount], lambda engine, _: engine.accounts()
)
ACCOUNT: Verb[Path, FileAccount | None] = Verb(
    "account",
    Path,
    FileAccount | None,  # type: ignore[arg-type]  # msgspec reads unions, too
    lambda engine, path: engine.account(path),
)
EMBED: Verb[Texts, Vectors] = Verb("embed", Texts, Vectors, _embed, _always)
LOAD: Verb[Nothing, None] = Verb("load", Nothing, type(None), lambda engine, _: engine.load(), _always)
PRESENCE: Verb[Nothing, Presence] = Verb(
    "presence", Nothing, Presence, lambda engine, _: Presence(os.getpid(), engine.loaded)
)
STOP: Verb[Nothing, Presence] = Verb("stop", Nothing, Presence, PRESENCE.answer)
"""The server ends when it has given this answer."""

VERBS: dict[str, Verb[Any, Any]] = {
    verb.name: verb
    for verb in (
        SEARCH, WHY, EXPLANATION, AROUND, PASSAGES_OF, GENERATION, SUMMARY, ACCOUNTS, ACCOUNT, EMBED, LOAD,
        PRESENCE, STOP,
    )
}  # fmt: skip


def prepare() -> None:
    """Resolve the types of all that is given, which the first answer of each kind would wait for."""
    for verb in VERBS.values():
        msgspec.msgpack.Decoder(verb.gives, dec_hook=_rich)


def packed(value: object) -> bytes:
    """Write a value as MessagePack, which keeps every bit of a number."""
    return msgspec.msgpack.encode(value, enc_hook=_plain)


def unpacked(message: bytes | msgspec.Raw, kind: type[Gives]) -> Gives:
    """Read a value.

    Raises:
        ValueError: the message is no value of that kind.
    """
    return msgspec.msgpack.decode(message, type=kind, dec_hook=_rich)


def _plain(value: object) -> object:
    if isinstance(value, Path):
        return os.fsencode(value)  # a file may have a name that is no text
    if hasattr(value, "item"):
        return value.item()  # a number of NumPy's
    raise NotImplementedError(type(value))


def _rich(kind: type, value: object) -> object:
    if kind is Path and isinstance(value, bytes):
        return Path(os.fsdecode(value))
    raise NotImplementedError(kind)
