"""What each file of a real tree asks of each stage of an ingest, and what a stage asks besides."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class FileWork:
    """One document; all seconds are of computing, on one core, but for `store_wait`."""

    path: str
    """Relative to the tree."""
    parse: float
    """In the parse child."""
    handover: float
    """Here, to take the answer of the child."""
    cut: float
    """On the thread that cuts, with all that it does for one file more."""
    windows: tuple[tuple[int, int], ...]
    """Tokens and passages of each."""
    store: float
    store_wait: float
    """Until the disk has it."""

    @property
    def suffix(self) -> str:
        """Of its name."""
        return Path(self.path).suffix

    @property
    def passages(self) -> int:
        """Of all windows."""
        return sum(passages for _, passages in self.windows)

    @property
    def tokens(self) -> int:
        """Of all windows."""
        return sum(tokens for tokens, _ in self.windows)


@dataclass(frozen=True, slots=True)
class EncoderSpeed:
    """Seconds of one call, alone on the machine: so many a call, a window and a token."""

    a_call: float
    a_window: float
    a_token: float
    threads: float
    """Cores that it keeps busy."""

    def seconds(self, windows: int, tokens: int) -> float:
        """Of a call with so many."""
        return self.a_call + self.a_window * windows + self.a_token * tokens


@dataclass(frozen=True, slots=True)
class Trace:
    """Everything that is measured before anything is simulated."""

    files: tuple[FileWork, ...]
    encoders: dict[str, EncoderSpeed]
    """By the number of threads."""
    begin: float
    """Seconds of computing before the first file: looking at the folder, and at the index."""
    child: float
    """Seconds of computing of a parse child before it is ready."""
    kinds: dict[str, float]
    """Seconds of computing by which a child takes longer for the first file of a suffix."""
    publish: float
    """Seconds a passage."""
    keep: float
    """Seconds of computing for a passage that is kept before its document is whole."""
    keep_wait: float
    """Seconds, of each time that some are."""
    glue: float
    """Seconds of computing a passage on the thread that embeds and stores, beside that."""

    @classmethod
    def of(cls, said: dict[str, Any]) -> Self:
        """Make it of what `asdict` made of one, by way of JSON or not."""
        files = tuple(
            FileWork(**one | {"windows": tuple(map(tuple, one["windows"]))}) for one in said["files"]
        )
        encoders = {threads: EncoderSpeed(**one) for threads, one in said["encoders"].items()}
        return cls(**said | {"files": files, "encoders": encoders})

    def only(self, suffixes: Iterable[str]) -> Sequence[FileWork]:
        """Return the files with one of these suffixes, all without any."""
        wanted = frozenset(suffixes)
        return [file for file in self.files if not wanted or file.suffix in wanted]
