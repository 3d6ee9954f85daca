"""Every setting, documented; flags come before the environment, the environment before the file."""

from __future__ import annotations

import difflib
import os
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from pathlib import Path

import platformdirs

from index_data.errors import UsageError
from search.query import Mode

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


def load_settings(flags: Mapping[str, object], environment: Mapping[str, str] | None = None) -> Settings:
    """Merge the three sources; a flag that is None was not given.

    Raises:
        UsageError: the file cannot be read, or a key or value of it or of the environment is wrong.
    """
    environment = os.environ if environment is None else environment
    values: dict[str, object] = {"index": default_index(), "models": default_models()}
    values |= _from_file(environment)
    values |= _from_environment(environment)
    values |= {
        name: _read(name, flag, source=f"--{name.replace('_', '-')}")
        for name, flag in flags.items()
        if flag is not None
    }
    return Settings(**values)  # type: ignore[arg-type]  # each value went through the reader of its field


def default_index() -> Path:
    """Name the folder of the index where none is named."""
    return platformdirs.user_data_path("dragoman") / "index"


def default_models() -> Path:
    """Name the folder of fetched models where none is named."""
    return platformdirs.user_data_path("dragoman") / "models"


def _from_environment(environment: Mapping[str, str]) -> dict[str, object]:
    names = {field.name: ENVIRONMENT_PREFIX + field.name.upper() for field in fields(Settings)}
    given = {field: name for field, name in names.items() if environment.get(name)}
    return {field: _read(field, environment[name], source=name) for field, name in given.items()}


def _from_file(environment: Mapping[str, str]) -> dict[str, object]:
    named = environment.get(f"{ENVIRONMENT_PREFIX}CONFIG")
    file = Path(named).expanduser() if named else platformdirs.user_config_path("dragoman") / "config.toml"
    if not named and not file.exists():
        return {}
    try:
        parsed = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError(
            f"cannot read the settings in {file}: {error}",
            remedy=f"Correct it, or name another file in {ENVIRONMENT_PREFIX}CONFIG.",
        ) from error
    return {key: _read(key, value, source=f"{key} in {file}") for key, value in parsed.items()}


def _read(key: str, value: object, *, source: str) -> object:
    if key not in _READERS:
        known = difflib.get_close_matches(key, _READERS, n=1, cutoff=0.0)[0]
        raise UsageError(f"there is no setting called {source}", remedy=f"Did you mean {known}?")
    expected, reader = _READERS[key]
    try:
        return reader(value)
    except (TypeError, ValueError) as error:
        raise UsageError(f"{source} is {value!r}", remedy=f"It has to be {expected}.") from error


def _text(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise TypeError
    return value


def _path(value: object) -> Path:
    return Path(_text(value)).expanduser().absolute()


def _switch(value: object) -> bool:
    switches = {
        "1": True,
        "true": True,
        "yes": True,
        "on": True,
        "0": False,
        "false": False,
        "no": False,
        "off": False,
    }
    word = str(value).lower()
    if word not in switches:
        raise ValueError
    return switches[word]


def _languages(value: object) -> tuple[str, ...]:
    parts = value.split(",") if isinstance(value, str) else value
    if not isinstance(parts, list):
        raise TypeError
    codes = [_text(part).strip().lower() for part in parts]
    if not all(code.isascii() and code.isalpha() and len(code) in {2, 3} for code in codes):
        raise ValueError
    return tuple(dict.fromkeys(codes))


def _choice(*choices: str) -> Callable[[object], str]:
    def read(value: object) -> str:
        if value not in choices:
            raise ValueError
        return str(value)

    return read


def _count(value: object, least: int = 1) -> int:
    count = int(value) if isinstance(value, str) else value
    if not isinstance(count, int) or isinstance(count, bool) or count < least:
        raise ValueError
    return count


def _share(value: object) -> float:
    share = float(value) if isinstance(value, str | int | float) else -1.0
    if not 0 <= share <= 1:
        raise ValueError
    return share


_COUNT = ("a whole number above 0", _count)
_SWITCH = ("true or false", _switch)
_READERS: dict[str, tuple[str, Callable[[object], object]]] = {
    "index": ("a folder", _path),
    "models": ("a folder", _path),
    "model": ("a name or a folder", _text),
    "device": ("auto, cpu, cuda or mps", _text),
    "dtype": ("auto, float32, bfloat16 or int8", _choice("auto", "float32", "bfloat16", "int8")),
    "offline": _SWITCH,
    "quiet": _SWITCH,
    "color": ("auto, always or never", lambda value: Color(_text(value))),
    "window_tokens": _COUNT,
    "overlap_tokens": ("a whole number, 0 or more", lambda value: _count(value, least=0)),
    "passage_tokens": _COUNT,
    "ocr": ("auto, off or force", _choice("auto", "off", "force")),
    "ocr_languages": ("languages of Tesseract, as in deu+eng", _text),
    "mode": ("hybrid, dense or lexical", lambda value: Mode(_text(value))),
    "limit": _COUNT,
    "min_score": ("a number from 0 to 1", _share),
    "per_doc": _COUNT,
    "prefer_lang": ("codes of languages, as in de,fr", _languages),
    "lang_balance": _SWITCH,
    "rerank": _SWITCH,
    "reranker": ("a name, a folder or a server", _text),
    "budget_ms": ("a whole number of milliseconds, 0 or more", lambda value: _count(value, least=0)),
    "viewer": ("a program's name, or a command with {page} and {path}", _text),
}
"""Each field's reader, and what to tell who gave it something else."""
