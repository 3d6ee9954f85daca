"""Kinds of values that a setting may have, each read from a flag, a variable or a file."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path

from terminal.collections import named_collections

_SWITCHES = {
    "1": True,
    "true": True,
    "yes": True,
    "on": True,
    "0": False,
    "false": False,
    "no": False,
    "off": False,
}


class Color(StrEnum):
    """When text output is coloured."""

    AUTO = "auto"
    ALWAYS = "always"
    NEVER = "never"


def text(value: object) -> str:
    """Read a text that is not empty.

    Raises:
        TypeError: it is something else.
    """
    if not isinstance(value, str) or not value:
        raise TypeError
    return value


def path(value: object) -> Path:
    """Read a path, made absolute."""
    return Path(text(value)).expanduser().absolute()


def place(value: object) -> Path | str:
    """Read a path, made absolute, or the address of an index in Milvus.

    Raises:
        UsageError: it is an address, and a wrong one.
    """
    from index_data.cluster.elsewhere import Elsewhere, is_address

    named = text(value)
    return Elsewhere.parse(named).address if is_address(named) else path(named)


def catalogue(value: object) -> str:
    """Read the address of a database.

    Raises:
        UsageError: it is none, or holds a password.
    """
    from index_data.cluster.elsewhere import refuse_odd_catalogue

    refuse_odd_catalogue(text(value))
    return text(value)


def collection_names(value: object) -> str:
    """Read names of collections, a list or separated by commas, `*` for all; give them with commas."""
    names = ",".join(map(text, value)) if isinstance(value, list) else text(value)
    return ",".join(one.name for one in named_collections(names))


def switch(value: object) -> bool:
    """Read true or false, also as a word.

    Raises:
        ValueError: it is neither.
    """
    word = str(value).lower()
    if word not in _SWITCHES:
        raise ValueError
    return _SWITCHES[word]


def languages(value: object) -> tuple[str, ...]:
    """Read codes of languages, a list or separated by commas.

    Raises:
        TypeError: it is neither.
        ValueError: one is no code.
    """
    parts = value.split(",") if isinstance(value, str) else value
    if not isinstance(parts, list):
        raise TypeError
    codes = [text(part).strip().lower() for part in parts]
    if not all(code.isascii() and code.isalpha() and len(code) in {2, 3} for code in codes):
        raise ValueError
    return tuple(dict.fromkeys(codes))


def table(value: object) -> dict[str, str]:
    """Read names with a text each; a dot in a name may make a table of its own, as TOML has it.

    Raises:
        TypeError: it is something else.
    """
    if isinstance(value, str):
        return table(tomllib.loads(f"table = {value}")["table"])
    if not isinstance(value, dict):
        raise TypeError
    named: dict[str, str] = {}
    for name, inner in value.items():
        parts = table(inner) if isinstance(inner, dict) else {"": text(inner)}
        named |= {f"{name}.{part}" if part else name: key for part, key in parts.items()}
    return named


def choice(*choices: str) -> Callable[[object], str]:
    """Make a reader of one of `choices`."""

    def read(value: object) -> str:
        if value not in choices:
            raise ValueError
        return str(value)

    return read


def engine(value: object) -> str:
    """Read who does the work of an ingest: `local`, `ray`, or `ray://` and an address.

    Raises:
        ValueError: it is none of them.
    """
    name = text(value)
    if name not in {"local", "ray"} and not (
        name.startswith("ray://") and name[6:].isprintable() and name[6:]
    ):
        raise ValueError
    return name


def amount(value: object) -> float:
    """Read a number above 0.

    Raises:
        ValueError: it is none.
    """
    number = float(value) if isinstance(value, str | int | float) else 0.0
    if not 0 < number < float("inf"):
        raise ValueError
    return number


def count(value: object, least: int = 1) -> int:
    """Read a whole number of at least `least`.

    Raises:
        ValueError: it is none.
    """
    number = int(value) if isinstance(value, str) else value
    if not isinstance(number, int) or isinstance(number, bool) or number < least:
        raise ValueError
    return number


def share(value: object) -> float:
    """Read a number from 0 to 1.

    Raises:
        ValueError: it is none.
    """
    number = float(value) if isinstance(value, str | int | float) else -1.0
    if not 0 <= number <= 1:
        raise ValueError
    return number
