"""GNOME's Mallard pages: the same sequence of elements in every language, or the page is left out."""

from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

from training.pairs import fold_space
from training.sources.units import Unit

BLOCKS = frozenset({"title", "p"})


def page_blocks(page: str) -> list[tuple[str, str]]:
    """Return (element name, text) of every element of a page; empty if it is not well-formed."""
    try:
        root = ElementTree.fromstring(page)
    except ElementTree.ParseError:
        return []
    blocks = []
    for element in root.iter():
        name = str(element.tag).rpartition("}")[2]
        blocks.append((name, fold_space("".join(element.itertext())) if name in BLOCKS else ""))
    return blocks


def align(english: list[tuple[str, str]], other: list[tuple[str, str]]) -> list[Unit]:
    """Return the aligned blocks of two pages; none unless their sequences of element names are equal."""
    if [name for name, _ in english] != [name for name, _ in other]:
        return []
    return [
        Unit(name == "title", text, translated)
        for (name, text), (_, translated) in zip(english, other, strict=True)
        if text and translated and text != translated
    ]


def help_pages(tree: Path) -> Iterator[tuple[str, list[Unit]]]:
    """Yield (folder name of the language, aligned units) of every page."""
    root = tree / "usr/share/help"
    names = sorted(path.relative_to(root / "C") for path in (root / "C").rglob("*.page"))
    for name in names:
        english = page_blocks((root / "C" / name).read_text(encoding="utf-8"))
        for folder in sorted(path.name for path in root.iterdir() if path.name != "C"):
            path = root / folder / name
            if path.exists():
                yield folder, align(english, page_blocks(path.read_text(encoding="utf-8")))
