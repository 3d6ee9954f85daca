"""`dragoman map`: a picture of what the index holds."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from index_data.errors import UsageError
from terminal.commands.options import index_option, quiet_option
from terminal.delivery import deliver
from terminal.diagnostics import ExitCode, tell
from terminal.settings import load_settings

_EXAMPLES = """\b
Try:
  dragoman map -o map.html
  dragoman map --documents --by folder -o folders.html
"""


@click.command(name="map", epilog=_EXAMPLES)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write the page to FILE. [default: stdout, unless that is a terminal]",
)
@click.option(
    "--by",
    type=click.Choice(["language", "folder", "type"]),
    default="language",
    show_default=True,
    help="What colours and shapes tell apart at first; the page can change it.",
)
@click.option(
    "--method",
    type=click.Choice(["auto", "pca", "tsne", "umap"]),
    default="auto",
    show_default=True,
    help="How vectors are laid out: auto takes t-SNE where scikit-learn is installed, else PCA.",
)
@click.option(
    "--limit",
    "most",
    type=click.IntRange(min=1),
    default=5_000,
    show_default=True,
    metavar="COUNT",
    help="Points at most; where there are more passages, evenly spaced ones are shown.",
)
@click.option("--documents", is_flag=True, help="A point for each document, not for each passage.")
@click.option(
    "--balance", is_flag=True, help="Take out what the encoder gives a language, whatever is said in it."
)
@index_option
@quiet_option
def map_(
    *, output: Path | None, by: str, method: str, most: int, documents: bool, balance: bool, **flags: object
) -> int:
    """Write a page that shows the index as a map.

    What means the same lies together. The page is one HTML file that works offline, and holds titles, paths
    and beginnings of passages: it is as private as the documents. No encoder is loaded.
    """
    settings = load_settings(flags)
    if output is None:
        _refuse_terminal()
    from terminal.pictures.map_page import map_page
    from terminal.pictures.points import document_points, passage_points
    from terminal.pictures.projection import Method, balanced, chosen, project
    from terminal.wiring import open_index

    with open_index(settings) as index:
        points = (document_points if documents else passage_points)(index, most)
    vectors = points.vectors
    if balance:
        vectors = balanced(vectors, [one.passage.language for one in points.stored])
    used = chosen(Method(method), len(vectors))
    what = "documents" if documents else "passages"
    if not settings.quiet:
        some = f" of {points.total:,}" if len(points.stored) < points.total else ""
        tell(f"laying out {len(points.stored):,}{some} {what} by {used}")
    places = project(vectors, used)
    deliver(map_page(points.stored, places, used, by=by, what=what, total=points.total), output)
    return ExitCode.OK


def _refuse_terminal() -> None:
    """Keep HTML off the screen.

    Raises:
        UsageError: stdout is a terminal.
    """
    if sys.stdout.isatty():
        raise UsageError("the page is not for a terminal", remedy="Name a file: dragoman map -o map.html")
