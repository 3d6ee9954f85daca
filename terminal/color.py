"""Whether text on stdout is coloured."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from terminal.setting_values import Color


def wants_color(color: Color, output: Path | None) -> bool:
    """Decide for stdout, or for a file `output`; by itself only a terminal gets colour.

    NO_COLOR takes it away, as https://no-color.org has it, and so does a terminal that is dumb.
    """
    if color is Color.AUTO:
        plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
        return output is None and sys.stdout.isatty() and not plain
    return color is Color.ALWAYS
