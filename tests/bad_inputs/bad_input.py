"""An input that could do harm: what it is, how it is made from a seed, and what must come of it."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random

_LETTERS = str.maketrans("0123456789abcdef", "bcdfghjklmnpqrst")
"""Without vowels, so that it is no word of any language."""
Put = Callable[[Path, str, Random], object]
"""Makes the input at a path; what can be read of it says a word that nothing else says."""


@dataclass(frozen=True, slots=True)
class Read:
    """It is in the index, and found by what it says."""

    finds: str = ""
    """What finds it, unless it is its own word."""
    notes: tuple[str, ...] = ()
    """What is told about it all the same."""

    def __str__(self) -> str:
        return "; ".join(["read", *(f"noted: `{note}`" for note in self.notes)])


@dataclass(frozen=True, slots=True)
class Refused:
    """It is a line of the report, and nothing of it is in the index."""

    reason: str

    def __str__(self) -> str:
        return f"`{self.reason}`"


@dataclass(frozen=True, slots=True)
class ReadOrRefused:
    """Chance has damaged it: what is left of it is read, or one of these lines is told."""

    reasons: tuple[str, ...]

    def __str__(self) -> str:
        return "read as far as it goes, or " + " or ".join(f"`{reason}`" for reason in self.reasons)


@dataclass(frozen=True, slots=True)
class PassedOver:
    """A rule leaves it out, and nothing opens it."""

    rule: str

    def __str__(self) -> str:
        return f"passed over: {self.rule}"


Outcome = Read | Refused | ReadOrRefused | PassedOver


@dataclass(frozen=True, slots=True)
class BadInput:
    """One of them."""

    case: int
    """Its number in the list of `docs/bad-inputs.md`."""
    name: str
    """Its path below the folder."""
    what: str
    put: Put
    outcome: Outcome

    @property
    def word(self) -> str:
        """What it says, if it says anything: letters, the same every time."""
        digest = f"{zlib.crc32(self.name.encode('utf-8', 'surrogateescape')):08x}"
        return digest.translate(_LETTERS)


def holding(content: bytes) -> Put:
    """Write a file of fixed content."""
    return lambda path, _word, _chance: path.write_bytes(content)


def saying(content: Callable[[str], bytes]) -> Put:
    """Write a file that says its word."""
    return lambda path, word, _chance: path.write_bytes(content(word))


def by_chance(content: Callable[[str, Random], bytes]) -> Put:
    """Write a file that says its word, if the damage that chance does lets it."""
    return lambda path, word, chance: path.write_bytes(content(word, chance))


def text(content: str, encoding: str = "utf-8") -> Put:
    """Write a text in which `{}` stands for the word."""
    return saying(lambda word: content.replace("{}", word).encode(encoding))
