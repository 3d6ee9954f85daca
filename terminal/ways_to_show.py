"""The ways in which a long command shows how far it is."""

from __future__ import annotations

import sys
from enum import StrEnum
from typing import TypeVar

_Way = TypeVar("_Way")


class Show(StrEnum):
    """Ways to show how far a command is."""

    AUTO = "auto"
    PLAIN = "plain"
    JSON = "json"
    OFF = "off"


def way_to_show(progress: str | None, *, silent: bool) -> Show:
    """Choose what was asked for, else nothing where silence was, else what suits."""
    return Show(progress) if progress else Show.OFF if silent else Show.AUTO


def way(show: Show, *, live: _Way, lines: _Way, json: _Way) -> _Way | None:
    """Pick what shows it: by itself something live on a terminal, else lines; None shows nothing."""
    match show:
        case Show.AUTO:
            return live if sys.stderr.isatty() else lines
        case Show.PLAIN:
            return lines
        case Show.JSON:
            return json
        case Show.OFF:
            return None
