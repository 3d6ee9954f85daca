"""A number as a bar."""

from __future__ import annotations

from textual.content import Content


def bar(share: float, cells: int) -> Content:
    """Draw `share`, 0 to 1, in `cells`, to half a cell."""
    halves = round(min(max(share, 0.0), 1.0) * cells * 2)
    full, half = divmod(halves, 2)
    return Content.assemble(
        ("━" * full + "╸" * half, "$success"), ("─" * (cells - full - half), "$foreground 20%")
    )
