"""Which readers these are: what they could not read is worth another try when this changes."""

from __future__ import annotations

from importlib.metadata import version

READERS_VERSION = 2
"""Grows when the readers here take a file that they refused before."""
_LIBRARIES = ("charset-normalizer", "lxml", "pypdf", "pypdfium2", "selectolax")


def readers_version(recognition: str = "") -> str:
    """Name the readers and their libraries; `recognition` is what recognises text, if anything does."""
    libraries = [f"{name} {version(name)}" for name in _LIBRARIES]
    return ", ".join([f"readers {READERS_VERSION}", *libraries, *filter(None, [recognition])])
