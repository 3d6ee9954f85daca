"""The ways in which a long command shows how far it is."""

from __future__ import annotations

from enum import StrEnum


class Show(StrEnum):
    """Ways to show how far a command is."""

    AUTO = "auto"
    PLAIN = "plain"
    JSON = "json"
    OFF = "off"


def way_to_show(progress: str | None, *, silent: bool) -> Show:
    """Choose what was asked for, else nothing where silence was, else what suits."""
    return Show(progress) if progress else Show.OFF if silent else Show.AUTO
