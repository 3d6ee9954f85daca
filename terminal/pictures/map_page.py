"""A page that shows the points of an index on a plane."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index_data.records import Document, StoredPassage
from terminal.pictures.page import page, shown
from terminal.pictures.projection import Method
from terminal.safe_text import safe_text

TEXT_LIMIT = 240
"""Characters of a passage that the page holds."""
_METHODS = {Method.PCA: "PCA", Method.TSNE: "t-SNE", Method.UMAP: "UMAP"}

_BODY = """<header>
<h1>{title}</h1>
<label>Colour by <select id="by"><option>language<option>folder<option>type</select></label>
<input id="search" type="search" placeholder="Light up what has these words" aria-label="Search">
<span id="found" class="faint" role="status"></span>
<button id="theme" class="end" type="button">Light or dark</button>
</header>
<div id="field">
<canvas id="map" tabindex="0" aria-label="Map: drag to move, wheel to zoom; arrows and + - 0 too"></canvas>
<div id="zoom"><button id="in" type="button" aria-label="Nearer">+</button><button id="out" type="button"
 aria-label="Farther">−</button><button id="whole" type="button">Whole</button></div>
<div id="tip" hidden></div>
</div>
<aside>
<div id="legend"><div class="all"><button id="all" type="button">All</button><button id="none" type="button"
>None</button></div><div id="groups"></div></div>
<section id="chosen" aria-live="polite">
<p id="nothing" class="faint">Click a point to see where it stands.</p>
<div id="about"></div><p id="get" hidden><code id="command"></code>
<button id="copy" type="button">Copy</button></p></section>
</aside>
<footer class="faint">{footer}</footer>"""


def map_page(
    stored: Sequence[StoredPassage],
    places: NDArray[np.float32],
    method: Method,
    *,
    by: str,
    what: str,
    total: int,
) -> str:
    """Write the page for N passages, or first passages of documents, at `places`, float32 (N, 2)."""
    documents = list(dict.fromkeys(one.document for one in stored))
    numbers = {document: number for number, document in enumerate(documents)}
    top = _top([document.path for document in documents])
    of_documents = what == "documents"
    data = {
        "by": by,
        "x": [round(float(x), 4) for x in places[:, 0]],
        "y": [round(float(y), 4) for y in places[:, 1]],
        "id": [one.passage_id for one in stored],
        "document": [numbers[one.document] for one in stored],
        "language": [one.document.language if of_documents else one.passage.language for one in stored],
        "where": ["" if of_documents else _where(one) for one in stored],
        "text": [_text(one) for one in stored],
        "documents": [_document(document, top) for document in documents],
    }
    shown_of = f"{len(stored):,} of {total:,}" if len(stored) < total else f"{total:,}"
    footer = f"{shown_of} {what}, laid out by {_METHODS[method]}. {_MEANING[method]}"
    title = f"{shown_of} {what}"
    return page(
        f"Map of {title}", _BODY.format(title=shown(title), footer=shown(footer)), name="map", data=data
    )


_MEANING = {
    Method.PCA: "The two directions in which they differ most: what is near here may be far in others.",
    Method.TSNE: "Neighbours say similar things; how far groups lie from each other says little.",
    Method.UMAP: "Neighbours say similar things; how far groups lie from each other says little.",
}


def _document(document: Document, top: Path) -> dict[str, str]:
    below = document.path.relative_to(top).parts if document.path.is_relative_to(top) else document.path.parts
    return {
        "title": safe_text(document.title),
        "name": safe_text(document.path.name),
        "path": safe_text(str(document.path)),
        "type": safe_text(document.media_type),
        "folder": safe_text(below[0]) if len(below) > 1 else ".",
    }


def _top(paths: Sequence[Path]) -> Path:
    """Return the folder below which all of them lie."""
    return Path(os.path.commonpath([path.parent for path in paths])) if paths else Path("/")


def _where(stored: StoredPassage) -> str:
    passage = stored.passage
    return f"line {passage.line}" if passage.page is None else f"page {passage.page}"


def _text(stored: StoredPassage) -> str:
    return safe_text(" ".join(stored.passage.text[: TEXT_LIMIT * 2].split()), limit=TEXT_LIMIT)
