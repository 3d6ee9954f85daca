"""LibreOffice help: HTML pages whose elements carry the same id in every language."""

import html
import re
from collections.abc import Iterator
from pathlib import Path

from training.pairs import fold_space
from training.sources.units import Unit

ELEMENT = re.compile(r'<(p|h[1-6]|td|div|span)\b[^>]*\bid="((?:par|hd)_[^"]+)"[^>]*>(.*?)</\1>', re.DOTALL)
TAG = re.compile(r"<[^>]*>")


def page_units(page: str) -> dict[str, str]:
    """Return id -> text of one page, in page order."""
    units: dict[str, str] = {}
    for _, identifier, body in ELEMENT.findall(page):
        text = fold_space(html.unescape(TAG.sub(" ", body)))
        if text:
            units.setdefault(identifier, text)
    return units


def align(english: dict[str, str], other: dict[str, str]) -> list[Unit]:
    """Return the units that both pages have, in the order of the English page; untranslated ones left out."""
    return [
        Unit(identifier.startswith("hd_"), text, other[identifier])
        for identifier, text in english.items()
        if identifier in other and other[identifier] != text
    ]


def help_pages(tree: Path) -> Iterator[tuple[str, list[Unit]]]:
    """Yield (folder name of the language, aligned units) of every page."""
    root = tree / "usr/share/libreoffice/help"
    names = sorted(path.relative_to(root / "en-US") for path in (root / "en-US/text").rglob("*.html"))
    folders = sorted(
        path.name for path in root.iterdir() if (path / "text").is_dir() and path.name != "en-US"
    )
    for name in names:
        english = page_units((root / "en-US" / name).read_text(encoding="utf-8", errors="replace"))
        for folder in folders:
            path = root / folder / name
            if english and path.exists():
                yield folder, align(english, page_units(path.read_text(encoding="utf-8", errors="replace")))
