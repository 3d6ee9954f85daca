"""The Debian Administrator's Handbook: the same pages in many languages, paragraph by paragraph.

A page has one file name and the same sequence of `<div class="para">` in every language; what has not been
translated stands there in English.
"""

from __future__ import annotations

import re
import subprocess
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from selectolax.lexbor import LexborHTMLParser

PACKAGE = "debian-handbook"
ENGLISH = "en-US"
MIN_CHARACTERS = 80
"""Of an English paragraph that is asked."""
MIN_TRANSLATED = 20
"""Characters of its translation, white space left out."""

_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Paragraph:
    """An English paragraph and the place of its translation."""

    english: str
    page: Path
    """The file with the translation."""
    translation: str
    """Without any white space, so that the way of folding it does not matter."""
    text: str = ""
    """The translation as it is read, white space folded."""


def fetch(work: Path) -> Path:
    """Return the absolute folder with one folder a language; a Debian package that is missing is downloaded.

    Raises:
        CalledProcessError: there is no apt-get here, or it knows no such package.
    """
    pages = work.resolve() / PACKAGE / "usr/share/doc/debian-handbook/html"
    if not pages.is_dir():
        work.mkdir(parents=True, exist_ok=True)
        if not any(work.glob(f"{PACKAGE}_*.deb")):
            subprocess.run(["apt-get", "download", PACKAGE], cwd=work, check=True, stdout=subprocess.DEVNULL)
        [archive] = work.glob(f"{PACKAGE}_*.deb")
        subprocess.run(["dpkg", "-x", archive, work / PACKAGE], check=True)
    return pages


def page_files(pages: Path, language: str, *, every: int) -> list[Path]:
    """Each `every`th page of a language, by name."""
    return sorted((pages / language).glob("*.html"))[::every]


def paragraphs(pages: Path, language: str, *, every: int) -> list[Paragraph]:
    """Return the translated paragraphs in order; what English says twice has no one place and is left out."""
    found = []
    for page in page_files(pages, language, every=every):
        english, translated = _texts(pages / ENGLISH / page.name), _texts(page)
        if len(english) != len(translated):
            continue
        found += [
            Paragraph(original, page, without_space(text), text)
            for original, text in zip(english, translated, strict=True)
            if len(original) >= MIN_CHARACTERS and is_translated(original, text)
        ]
    times = Counter(paragraph.english for paragraph in found)
    return [paragraph for paragraph in found if times[paragraph.english] == 1]


def is_translated(english: str, text: str) -> bool:
    """Whether `text` has fewer than half of the English words; English with a new link is no translation."""
    words = set(_WORD.findall(english.casefold()))
    shared = words & set(_WORD.findall(text.casefold()))
    return len(without_space(text)) >= MIN_TRANSLATED and 2 * len(shared) < len(words)


def without_space(text: str) -> str:
    """`text` without any white space."""
    return "".join(text.split())


def _texts(page: Path) -> list[str]:
    """Return the text of each paragraph, white space folded; nothing for one that holds others."""
    tree = LexborHTMLParser(page.read_text(encoding="utf-8"))
    nodes = tree.css("div.para")
    # css() also looks at the node itself, so that 1 means: none inside.
    return [" ".join(node.text().split()) if len(node.css("div.para")) == 1 else "" for node in nodes]
