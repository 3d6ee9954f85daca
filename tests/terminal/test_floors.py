"""Versions against floors, by tables of versions that need not be installed."""

from __future__ import annotations

import re
from importlib.metadata import requires

import pytest

from index_data.observations import Observation, Verdict
from terminal.floors import FLOORS, Floor, examine_versions, installed_versions

SOUND = {floor.name: floor.least[-1] for floor in FLOORS}


def look(**versions: str) -> dict[str, Observation]:
    given = SOUND | {name.replace("_", "-"): version for name, version in versions.items()}
    return {item.subject: item for item in examine_versions(given)}


def test_a_version_at_its_floor_is_ok() -> None:
    found = look()
    assert {item.verdict for item in found.values()} == {Verdict.OK}
    assert found["pypdf"].what == "pypdf 7.0.1"
    assert {item.remedy for item in found.values()} == {""}


@pytest.mark.parametrize("floor", FLOORS, ids=lambda floor: floor.name)
def test_a_version_below_its_floor_is_found_with_its_remedy(floor: Floor) -> None:
    found = look(**{floor.name: "0.4.9"})
    low = {subject: item for subject, item in found.items() if item.verdict is not Verdict.OK}
    assert list(low) == [floor.name]
    assert low[floor.name].verdict is (Verdict.WARNING if floor.is_eased else Verdict.FAULT)
    assert f"{floor.name} 0.4.9 is older than {floor.least[0]}, and such " in low[floor.name].what
    assert floor.least[0] in low[floor.name].remedy


@pytest.mark.parametrize(
    ("version", "verdict", "least"),
    [
        ("3.10.19", Verdict.WARNING, "3.11.14"),
        ("3.11.13", Verdict.WARNING, "3.11.14"),
        ("3.11.14", Verdict.OK, ""),
        ("3.12.11", Verdict.WARNING, "3.12.12"),
        ("3.13.5", Verdict.WARNING, "3.13.6"),
        ("3.13.12", Verdict.OK, ""),
        ("3.14.0", Verdict.OK, ""),
        ("3.14.0rc2+", Verdict.OK, ""),
    ],
)
def test_each_series_of_python_has_a_floor(version: str, verdict: Verdict, least: str) -> None:
    found = look(Python=version)["Python"]
    assert found.verdict is verdict
    assert least in found.what


@pytest.mark.parametrize(
    ("version", "verdict"),
    [("2.9.1", Verdict.FAULT), ("2.10", Verdict.OK), ("2.10.0", Verdict.OK), ("2.13.0+cpu", Verdict.OK)],
)
def test_numbers_are_compared_as_numbers(version: str, verdict: Verdict) -> None:
    assert look(torch=version)["torch"].verdict is verdict


@pytest.mark.parametrize("version", ["", "unknown"])
def test_a_version_that_says_nothing_is_below_every_floor(version: str) -> None:
    assert look(lxml=version)["lxml"].verdict is Verdict.FAULT


def test_what_is_not_installed_is_a_fault() -> None:
    found = {item.subject: item for item in examine_versions({})}
    assert {item.verdict for item in found.values()} == {Verdict.FAULT}
    assert found["lxml"].what == "lxml is not installed"


def test_no_floor_is_above_what_the_package_asks_for() -> None:
    lower_bounds = (
        re.match(r"([\w-]+)>=([\d.]+)", requirement) for requirement in requires("dragoman") or ()
    )
    asked = {bound[1]: bound[2] for bound in lower_bounds if bound}
    packages = {name: least for name, least in SOUND.items() if name not in {"Python", "SQLite", "expat"}}
    assert set(packages) <= set(asked)
    found = {item.subject: item for item in examine_versions(asked)}
    assert [name for name in packages if found[name].verdict is not Verdict.OK] == []


def test_everything_with_a_floor_is_looked_up() -> None:
    assert set(installed_versions()) == set(SOUND)
