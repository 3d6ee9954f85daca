"""All bad inputs in one folder."""

from __future__ import annotations

from pathlib import Path
from random import Random

from tests.bad_inputs import archives, pages, pdfs, places, texts
from tests.bad_inputs.bad_input import BadInput

BY_KIND: dict[str, tuple[BadInput, ...]] = {
    "Text": (*texts.NOTHING, *texts.LITTLE, *texts.BYTES, *texts.SIZES, *texts.SIGNS, *texts.MARKED_UP),
    "Names and places": (*places.NAMES, *places.PLACES),
    "PDF": (*pdfs.DAMAGED, *pdfs.LOOPS, *pdfs.BOMBS, *pdfs.LOCKS, *pdfs.REST),
    "Office documents, books and archives": (*archives.WORD_DOCUMENTS, *archives.BOOKS, *archives.ARCHIVES),
    "Web pages and messages": pages.PAGES,
}
INPUTS = tuple(one for kind in BY_KIND.values() for one in kind)
GOOD = ("0 first.txt", "m middle.md", "~ last.txt")
"""Files with nothing wrong about them, before, between and after the others."""

GOOD_WORD = "Leuchtturmfest"


def make(folder: Path, seed: int) -> None:
    """Make them all, the same from the same seed."""
    for name in GOOD:
        (folder / name).write_text(f"{GOOD_WORD} of {Path(name).stem}", encoding="utf-8")
    for one in INPUTS:
        one.put(folder / one.name, one.word, Random(f"{seed} {one.word}"))
