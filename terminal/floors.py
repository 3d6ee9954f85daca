"""The versions below which something is known to be wrong, and those that are here; none is loaded to see."""

from __future__ import annotations

import platform
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

from index_data.observations import Observation, Verdict

_PARTS = re.compile(r"\d+(?:\.\d+)*")
_UPGRADE = "Upgrade it: pip install --upgrade '{name}>={least}'."
_REINSTALL = "Install Dragoman again, with all that it depends on."


@dataclass(frozen=True, slots=True)
class Floor:
    """The oldest version that will do."""

    name: str
    least: tuple[str, ...]
    """One, or one for each series of two numbers; a series that is older than all of them is too old."""
    flaw: str
    """What earlier ones do."""
    remedy: str = _UPGRADE
    is_eased: bool = False
    """Dragoman guards against the flaw in another way."""


FLOORS = (
    Floor(
        "Python",
        ("3.11.14", "3.12.12", "3.13.6"),
        "hang on crafted HTML and unpack crafted archives without end; readers are limited in time and size",
        remedy="Use Python {least}, or a newer one.",
        is_eased=True,
    ),
    Floor(
        "SQLite",
        ("3.51.3",),
        "can damage a database that two connections write to; Dragoman lets one write",
        remedy="Use a Python that brings SQLite {least} or a newer one.",
        is_eased=True,
    ),
    Floor(
        "expat",
        ("2.6.0",),
        "take quadratic time for crafted XML; no reader uses it",
        remedy="Use a Python that brings expat {least} or a newer one.",
        is_eased=True,
    ),
    Floor("pypdf", ("7.0.1",), "loop, or run out of memory, on crafted PDFs"),
    Floor("pypdfium2", ("5.0",), "lack what is called"),
    Floor("lxml", ("6.1.0",), "let a document name files of this machine to be read"),
    Floor("selectolax", ("1.0",), "lack what is called"),
    Floor("charset-normalizer", ("3.4",), "lack what is called"),
    Floor("faiss-cpu", ("1.15.0",), "write beyond their memory on a damaged segment"),
    Floor("torch", ("2.10",), "can be made to run code by crafted weights"),
    Floor("transformers", ("5.3.0",), "can be made to run code by a crafted model"),
    Floor("tokenizers", ("0.22",), "lack what is called"),
    Floor("safetensors", ("0.5",), "lack what is called"),
)


def installed_versions() -> dict[str, str]:
    """Look up the version of each thing that has a floor; one that is not installed is left out."""
    from pyexpat import EXPAT_VERSION

    from index_data.connection import sqlite_version

    found = {
        "Python": platform.python_version(),
        "SQLite": sqlite_version(),
        "expat": EXPAT_VERSION.removeprefix("expat_"),
    }
    for floor in FLOORS:
        if floor.name not in found:
            try:
                found[floor.name] = version(floor.name)
            except PackageNotFoundError:
                continue
    return found


def examine_versions(versions: Mapping[str, str]) -> Iterator[Observation]:
    """Hold `versions`, by name, against the floors."""
    for floor in FLOORS:
        found = versions.get(floor.name)
        if found is None:
            yield Observation(floor.name, Verdict.FAULT, f"{floor.name} is not installed", _REINSTALL)
            continue
        least = _floor_of(floor, found)
        if _numbers(found) >= _numbers(least):
            yield Observation(floor.name, Verdict.OK, f"{floor.name} {found}")
        else:
            verdict = Verdict.WARNING if floor.is_eased else Verdict.FAULT
            what = f"{floor.name} {found} is older than {least}, and such {floor.flaw}"
            yield Observation(floor.name, verdict, what, floor.remedy.format(name=floor.name, least=least))


def _floor_of(floor: Floor, found: str) -> str:
    """Choose the floor of the series of `found`; beyond the last series, that of the last."""
    same = [least for least in floor.least if _numbers(least)[:2] == _numbers(found)[:2]]
    return (same or (floor.least if _numbers(found) > _numbers(floor.least[-1]) else floor.least[:1]))[-1]


def _numbers(said: str) -> tuple[int, ...]:
    """Take the numbers at the start of a version, without zeros at their end; nothing but them counts."""
    matched = _PARTS.match(said)
    numbers = [int(number) for number in matched[0].split(".")] if matched else []
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)
