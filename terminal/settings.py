"""Every setting, documented: flag before environment, before the project's file, before the user's."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING

from index_data.errors import DragomanError, UsageError
from search.query import Mode
from terminal.collections import named_collections
from terminal.diagnostics import narrates, tell
from terminal.folders import default_index, default_models
from terminal.handles import placed, settle
from terminal.setting_origins import Fault, Origin, Source
from terminal.setting_readers import IN_A_PROJECT, SETTINGS, read_setting
from terminal.setting_values import Color
from terminal.settings_files import Refusal, project_file, read_project_file, read_user_file, user_file

if TYPE_CHECKING:
    from index_data.cluster.elsewhere import Elsewhere

ENVIRONMENT_PREFIX = "DRAGOMAN_"


@dataclass(frozen=True, slots=True)
class Settings:
    """How to run; `limit` is the flag `--limit`, the variable DRAGOMAN_LIMIT and the file's key `limit`."""

    index: Path
    """Folder of the index, absolute; by default `dragoman/index` among the user's data.

    It may be given as an address, `milvus://HOST:PORT/NAME`, for which a folder among the user's data stands.
    """
    models: Path
    """Folder of fetched models, absolute; by default `dragoman/models` among the user's data."""
    collection: str | None = None
    """The index by its name among the collections, in place of its folder; None: a folder is named.

    Several, `papers,mails` or `*` for all, are searched as one.
    """
    catalogue: str | None = None
    """Where documents and passages of an index in Milvus are, `postgresql://USER@HOST/DATABASE`.

    None: where they were; for a new one in its folder, on this machine.
    """
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
    engine: str = "local"
    """Who reads and embeds for an ingest: `local`, `ray` on this machine, or the cluster at `ray://ADDRESS`."""
    ray_readers: int | None = None
    """Processes of a cluster that read files; None: what its cores allow."""
    ray_encoders: int | None = None
    """Encoders of a cluster; None: what its GPUs, or else its cores, allow."""
    ray_gpus: float | None = None
    """GPUs of each of them, or the part of one, as 0.25; None: one, where there are any."""
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

    @property
    def several(self) -> dict[str, Path]:
        """The folders of the collections that are searched as one, by name; none where one index is."""
        found = () if self.collection is None else named_collections(self.collection)
        return {one.name: one.folder for one in found} if len(found) > 1 else {}


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
    elsewhere: Elsewhere | None
    """The index, if it was named by its address."""


def load_settings(
    flags: Mapping[str, object], environment: Mapping[str, str] | None = None, *, several: bool = False
) -> Settings:
    """Merge the sources, and tell what a project's file says in vain; a flag that is None was not given.

    An index that is named by its address gets a folder that stands for it.

    Raises:
        UsageError: the user's file cannot be read, or a key or value of it, of the environment or a flag is
            wrong, or they name more than one collection to a caller that does not take `several`.
        IndexProblem: the folder stands for another index.
    """
    traced = trace_settings(flags, environment)
    settings = traced.settings
    if not several and (names := list(settings.several)):
        raise UsageError(
            f"this works with one collection at a time, not with {', '.join(names)}",
            remedy=f"Name one: --collection {names[0]}",
        )
    by_flag = traced.origins["catalogue"].source is Source.FLAG
    settle(
        settings.index,
        traced.elsewhere,
        offline=settings.offline is True,
        catalogue=settings.catalogue if by_flag else None,
    )
    if traced.ignored and not settings.quiet and narrates():
        what = "; ".join(fault.what for fault in traced.ignored[:3])
        more = f" and {len(traced.ignored) - 3} more" if len(traced.ignored) > 3 else ""
        tell(f"ignored in {traced.project_file}: {what}{more}; see `dragoman config validate`")
    return settings


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
        values |= placed({key: value for key, (value, _) in given.items()}, given)
        origins |= {key: origin for key, (_, origin) in given.items()}
    address = values.pop("address", None)
    settings = Settings(**values)  # type: ignore[arg-type]  # each value went through the reader of its field
    if settings.collection is not None:
        origins["index"] = origins["collection"]
    elsewhere = None
    if address is not None:
        from index_data.cluster.elsewhere import Elsewhere

        elsewhere = Elsewhere.parse(str(address), settings.catalogue)
    return Traced(settings, origins, own, project, tuple(ignored), elsewhere)


_Given = Mapping[str, tuple[object, Origin]]


def _from_flags(flags: Mapping[str, object]) -> _Given:
    given = {name: flag for name, flag in flags.items() if flag is not None}
    named = {name: f"--{name.replace('_', '-')}" for name in given}
    return {
        name: (read_setting(name, flag, source=named[name]), Origin(Source.FLAG, named[name]))
        for name, flag in given.items()
    }


def _from_environment(environment: Mapping[str, str]) -> _Given:
    names = {field.name: ENVIRONMENT_PREFIX + field.name.upper() for field in fields(Settings)}
    given = {field: name for field, name in names.items() if environment.get(name)}
    return {
        field: (read_setting(field, environment[name], source=name), Origin(Source.ENVIRONMENT, name))
        for field, name in given.items()
    }


def _from_user(file: Path, *, named: bool) -> _Given:
    if not named and not file.exists():
        return {}
    return {
        key: (read_setting(key, value, source=f"{key} in {file}"), Origin(Source.USER, str(file)))
        for key, value in read_user_file(file).items()
    }


def _from_project(file: Path) -> tuple[dict[str, object], list[Fault]]:
    """Take what is harmless from a project's file, and keep what is not from having any effect."""
    parsed = read_project_file(file)
    if isinstance(parsed, Refusal):
        return {}, [Fault("", parsed.reason, "Make it a file of your own, or remove it.")]
    found = list(faults(parsed, of_a_project=True))
    wrong = {fault.key for fault in found}
    return {
        key: read_setting(key, value, source=key) for key, value in parsed.items() if key not in wrong
    }, found


def faults(parsed: Mapping[str, object], *, of_a_project: bool) -> Iterator[Fault]:
    """Find each key of a file that is none, may not stand there, or has a wrong value."""
    for key, value in parsed.items():
        if of_a_project and key in SETTINGS and key not in IN_A_PROJECT:
            yield Fault(
                key,
                f"{key} may not be set by a project",
                "Set it in your own file, the environment or a flag.",
            )
            continue
        try:
            read_setting(key, value, source=key[:60])
        except DragomanError as error:
            yield Fault(key, error.message[:200], error.remedy)
