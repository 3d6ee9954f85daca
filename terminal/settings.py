"""Every setting, documented: flag before environment, before the project's file, before the user's."""

from __future__ import annotations

import difflib
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from pathlib import Path

from index_data.errors import DragomanError, UsageError
from search.query import Mode
from terminal import setting_values as kinds
from terminal.collections import collection
from terminal.diagnostics import narrates, tell
from terminal.folders import default_index, default_models
from terminal.setting_origins import Fault, Origin, Source
from terminal.settings_files import Refusal, project_file, read_project_file, read_user_file, user_file

ENVIRONMENT_PREFIX = "DRAGOMAN_"


class Color(StrEnum):
    """When text output is coloured."""

    AUTO = "auto"
    ALWAYS = "always"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Settings:
    """How to run; `limit` is the flag `--limit`, the variable DRAGOMAN_LIMIT and the file's key `limit`."""

    index: Path
    """Folder of the index, absolute; by default `dragoman/index` among the user's data."""
    models: Path
    """Folder of fetched models, absolute; by default `dragoman/models` among the user's data."""
    collection: str | None = None
    """The index by its name among the collections, in place of its folder; None: a folder is named."""
    model: str | None = None
    """A known encoder, the path of a folder, `openai:URL#name` or `ollama:name`.

    `auto` or None: what the index was made with; for a new one bidirlm-1b where it and a GPU are here, else
    the built-in encoder.
    """
    device: str = "auto"
    """Where the encoder runs: `auto`, `cpu`, `cuda`, `cuda:1`, `mps`."""
    dtype: str = "auto"
    """What the encoder computes in: `auto`, `float32`, `bfloat16`, `int8`."""
    offline: bool | None = None
    """Stay off the network; None: yes, but for `models fetch` and servers that are named."""
    quiet: bool = False
    """Nothing on stderr but errors."""
    color: Color = Color.AUTO
    """Colour in text output; `auto`: on a terminal, unless NO_COLOR is set."""
    window_tokens: int | None = None
    """Tokens that the encoder sees at once; None: what the index was made with, else what suits it."""
    overlap_tokens: int | None = None
    """Tokens of each neighbour that a window shows as context; None: what the index was made with, else 0."""
    passage_tokens: int | None = None
    """Tokens that a passage aims at; None: what the index was made with, else 256."""
    ocr: str = "auto"
    """Which pages of PDFs are recognised: `auto`, those without text where Tesseract is; `off`; `force`."""
    ocr_languages: str | None = None
    """In which languages: `deu+eng`; None: the few that Tesseract has, or English if it has many."""
    mode: Mode = Mode.HYBRID
    """How passages are found: by meaning (`dense`), by words (`lexical`) or by both (`hybrid`)."""
    limit: int = 10
    """Hits at most."""
    min_score: float | None = None
    """Hits below it are left out, 0 to 1; None: all are, if the best is no more than chance gives."""
    per_doc: int | None = None
    """Hits of one document at most; None: five, and more only where others do not fill the page."""
    prefer_lang: tuple[str, ...] = ()
    """Languages whose passages get a bonus on their score; no other ones are hidden."""
    lang_balance: bool = False
    """Take out of the cosines what the encoder gives a language, whatever is said in it."""
    rerank: bool | None = None
    """Compare the best hits once more; None: yes, unless words alone are asked for."""
    reranker: str | None = None
    """Who compares them: a known re-ranker, the path of one, `tei:URL` or `cohere:URL#model`.

    None: the encoder itself, token by token.
    """
    budget_ms: int | None = None
    """Milliseconds from the start of a search after which nothing more is re-ranked; None: no limit."""
    viewer: str | None = None
    """What opens PDF files at a page: a viewer's name, or a command with {page} and {path}.

    None: the first of those known that is installed.
    """
    history: bool = True
    """The screen keeps the questions asked, in `dragoman/questions.jsonl` among the user's state."""
    keys: Mapping[str, str] = field(default_factory=dict)
    """Keys of the screen, where they are others than usual, by the id of their binding."""
    rtl: str | None = None
    """Who puts right-to-left text on the screen in order: `terminal`, `reorder` (the program does) or `off`.

    None: the terminal where it is known to, else the program.
    """


@dataclass(frozen=True, slots=True)
class Traced:
    """Settings, and how they came about."""

    settings: Settings
    origins: Mapping[str, Origin]
    """Of each setting, in their order."""
    user_file: Path
    project_file: Path | None
    ignored: tuple[Fault, ...]
    """What the project's file says in vain."""


def load_settings(flags: Mapping[str, object], environment: Mapping[str, str] | None = None) -> Settings:
    """Merge the sources, and tell what a project's file says in vain; a flag that is None was not given.

    Raises:
        UsageError: the user's file cannot be read, or a key or value of it, of the environment or a flag is
            wrong.
    """
    traced = trace_settings(flags, environment)
    if traced.ignored and not traced.settings.quiet and narrates():
        what = "; ".join(fault.what for fault in traced.ignored[:3])
        more = f" and {len(traced.ignored) - 3} more" if len(traced.ignored) > 3 else ""
        tell(f"ignored in {traced.project_file}: {what}{more}; see `dragoman config validate`")
    return traced.settings


def trace_settings(flags: Mapping[str, object], environment: Mapping[str, str] | None = None) -> Traced:
    """Merge the sources, and keep where each value comes from.

    Raises:
        UsageError: as `load_settings` does.
    """
    environment = os.environ if environment is None else environment
    own, project = user_file(environment), project_file(Path.cwd())
    harmless, ignored = _from_project(project) if project else ({}, [])
    values: dict[str, object] = {"index": default_index(), "collection": None, "models": default_models()}
    origins = {field.name: Origin(Source.DEFAULT, "") for field in fields(Settings)}
    for given in (
        _from_user(own, named=bool(environment.get(f"{ENVIRONMENT_PREFIX}CONFIG"))),
        {key: (value, Origin(Source.PROJECT, str(project))) for key, value in harmless.items()},
        _from_environment(environment),
        _from_flags(flags),
    ):
        values |= _placed({key: value for key, (value, _) in given.items()}, given)
        origins |= {key: origin for key, (_, origin) in given.items()}
    settings = Settings(**values)  # type: ignore[arg-type]  # each value went through the reader of its field
    if settings.collection is not None:
        origins["index"] = origins["collection"]
    return Traced(settings, origins, own, project, tuple(ignored))


_Given = Mapping[str, tuple[object, Origin]]


def _placed(values: dict[str, object], given: _Given) -> dict[str, object]:
    """Let a collection stand for its folder, and a folder for no collection.

    Raises:
        UsageError: one source names both.
    """
    if "index" in values and "collection" in values:
        source = given["collection"][1]
        raise UsageError(
            "both a folder and a collection say where the index is"
            + (f", in {source.name}" if source.source is Source.USER else ""),
            remedy="Name one of them: --index FOLDER or --collection NAME.",
        )
    if "collection" in values:
        return values | {"index": collection(str(values["collection"])).folder}
    return values | ({"collection": None} if "index" in values else {})


def _from_flags(flags: Mapping[str, object]) -> _Given:
    given = {name: flag for name, flag in flags.items() if flag is not None}
    named = {name: f"--{name.replace('_', '-')}" for name in given}
    return {
        name: (_read(name, flag, source=named[name]), Origin(Source.FLAG, named[name]))
        for name, flag in given.items()
    }


def _from_environment(environment: Mapping[str, str]) -> _Given:
    names = {field.name: ENVIRONMENT_PREFIX + field.name.upper() for field in fields(Settings)}
    given = {field: name for field, name in names.items() if environment.get(name)}
    return {
        field: (_read(field, environment[name], source=name), Origin(Source.ENVIRONMENT, name))
        for field, name in given.items()
    }


def _from_user(file: Path, *, named: bool) -> _Given:
    if not named and not file.exists():
        return {}
    return {
        key: (_read(key, value, source=f"{key} in {file}"), Origin(Source.USER, str(file)))
        for key, value in read_user_file(file).items()
    }


def _from_project(file: Path) -> tuple[dict[str, object], list[Fault]]:
    """Take what is harmless from a project's file, and keep what is not from having any effect."""
    parsed = read_project_file(file)
    if isinstance(parsed, Refusal):
        return {}, [Fault("", parsed.reason, "Make it a file of your own, or remove it.")]
    found = list(faults(parsed, of_a_project=True))
    wrong = {fault.key for fault in found}
    return {key: _READERS[key][1](value) for key, value in parsed.items() if key not in wrong}, found


def faults(parsed: Mapping[str, object], *, of_a_project: bool) -> Iterator[Fault]:
    """Find each key of a file that is none, may not stand there, or has a wrong value."""
    for key, value in parsed.items():
        if of_a_project and key in _READERS and key not in IN_A_PROJECT:
            yield Fault(
                key,
                f"{key} may not be set by a project",
                "Set it in your own file, the environment or a flag.",
            )
            continue
        try:
            _read(key, value, source=key[:60])
        except DragomanError as error:
            yield Fault(key, error.message[:200], error.remedy)


def _read(key: str, value: object, *, source: str) -> object:
    if key not in _READERS:
        known = difflib.get_close_matches(key[:60], _READERS, n=1, cutoff=0.0)[0]
        raise UsageError(f"there is no setting called {source}", remedy=f"Did you mean {known}?")
    expected, reader = _READERS[key]
    try:
        return reader(value)
    except (TypeError, ValueError) as error:
        raise UsageError(f"{source} is {value!r}", remedy=f"It has to be {expected}.") from error


_COUNT = ("a whole number above 0", kinds.count)
_SWITCH = ("true or false", kinds.switch)
_READERS: dict[str, tuple[str, Callable[[object], object]]] = {
    "index": ("a folder", kinds.path),
    "models": ("a folder", kinds.path),
    "collection": ("the name of a collection", kinds.collection_name),
    "model": ("a name or a folder", kinds.text),
    "device": ("auto, cpu, cuda or mps", kinds.text),
    "dtype": ("auto, float32, bfloat16 or int8", kinds.choice("auto", "float32", "bfloat16", "int8")),
    "offline": _SWITCH,
    "quiet": _SWITCH,
    "color": ("auto, always or never", lambda value: Color(kinds.text(value))),
    "window_tokens": _COUNT,
    "overlap_tokens": ("a whole number, 0 or more", lambda value: kinds.count(value, least=0)),
    "passage_tokens": _COUNT,
    "ocr": ("auto, off or force", kinds.choice("auto", "off", "force")),
    "ocr_languages": ("languages of Tesseract, as in deu+eng", kinds.text),
    "mode": ("hybrid, dense or lexical", lambda value: Mode(kinds.text(value))),
    "limit": _COUNT,
    "min_score": ("a number from 0 to 1", kinds.share),
    "per_doc": _COUNT,
    "prefer_lang": ("codes of languages, as in de,fr", kinds.languages),
    "lang_balance": _SWITCH,
    "rerank": _SWITCH,
    "reranker": ("a name, a folder or a server", kinds.text),
    "budget_ms": ("a whole number of milliseconds, 0 or more", lambda value: kinds.count(value, least=0)),
    "viewer": ("a program's name, or a command with {page} and {path}", kinds.text),
    "history": _SWITCH,
    "keys": ('a table, as in { "search.similar" = "ctrl+s" }', kinds.table),
    "rtl": ("terminal, reorder or off", kinds.choice("terminal", "reorder", "off")),
}
"""Each field's reader, and what to tell who gave it something else."""

IN_A_PROJECT = frozenset(
    (
        "collection", "color", "mode", "limit", "min_score", "per_doc", "prefer_lang", "lang_balance",
        "rerank", "budget_ms",
    )
)  # fmt: skip
"""What the file of a project may set: nothing that runs, loads, sends or opens anything, or hides a line."""
