"""Where the value of a setting comes from, and what a file says in vain."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Source(StrEnum):
    """Where a value may come from, the strongest first."""

    FLAG = "flag"
    ENVIRONMENT = "env"
    PROJECT = "project"
    USER = "user"
    DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a value comes from."""

    source: Source
    name: str
    """The flag, the variable or the file; empty for a default."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A key that a file gives in vain."""

    key: str
    """Empty: the whole file."""
    what: str
    remedy: str
