"""English prose for the teacher: essays and sayings, cut into passages."""

import re
from collections.abc import Iterator
from pathlib import Path

from training.pairs import fold_space

MARKDOWN = re.compile(r"\[([^\]]*)\]\([^)]*\)|[#*_>`|]+")
PASSAGE_CHARS = 700


def essay_passages(tree: Path) -> Iterator[str]:
    """Yield passages of the Anarchist FAQ: consecutive paragraphs up to a length."""
    for path in sorted((tree / "usr/share/doc/anarchism/markdown").rglob("*.md")):
        held: list[str] = []
        for block in path.read_text(encoding="utf-8", errors="replace").split("\n\n"):
            text = fold_space(MARKDOWN.sub(r" \1 ", block))
            if len(text) >= 40:
                held.append(text)
            if sum(map(len, held)) >= PASSAGE_CHARS:
                yield " ".join(held)[:1500]
                held = []


def sayings(tree: Path) -> Iterator[str]:
    """Yield the fortunes of moderate length."""
    for path in sorted((tree / "usr/share/games/fortunes").iterdir()):
        if not path.suffix and path.is_file():
            for text in path.read_text(encoding="utf-8", errors="replace").split("\n%\n"):
                if 40 <= len(text) <= 900:
                    yield fold_space(text)
