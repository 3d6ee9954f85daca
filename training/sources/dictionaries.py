"""Dictionaries: FreeDict's translations, GCIDE's and FOLDOC's definitions."""

import gzip
import re
import string
from collections.abc import Iterator
from pathlib import Path

from training.languages import short_code
from training.pairs import Pair, fold_space

DIGITS = {
    sign: value for value, sign in enumerate(string.ascii_uppercase + string.ascii_lowercase + "0123456789+/")
}
NOISE = re.compile(r"<[^>]*>|\[[^\]]*\]|/[^/]*/|^\s*\d+\.\s*")
GCIDE_NOISE = re.compile(r"\[[^\]]*\]|\\[^\\]*\\,?|[{}]|--[A-Z][\w. ]*$", re.MULTILINE)


def base64_number(text: str) -> int:
    """Return the value of a number as dictd writes it: base 64, most significant digit first."""
    value = 0
    for sign in text:
        value = value * 64 + DIGITS[sign]
    return value


def entries(stem: Path) -> Iterator[tuple[str, str]]:
    """Yield (headword, entry) of one dictd dictionary."""
    data = gzip.decompress(stem.with_name(stem.name + ".dict.dz").read_bytes())
    for line in stem.with_name(stem.name + ".index").read_text(encoding="utf-8").splitlines():
        word, offset, length = line.split("\t")[:3]
        if not word.startswith("00"):
            start = base64_number(offset)
            yield word, data[start : start + base64_number(length)].decode("utf-8", "replace")


def first_sense(entry: str) -> str:
    """Return the first translation of a FreeDict entry, without grammar and pronunciation."""
    lines = entry.splitlines()
    return fold_space(NOISE.sub(" ", lines[1])).replace("~", " ") if len(lines) > 1 else ""


def freedict_pairs(tree: Path) -> Iterator[Pair]:
    """Yield headword and first sense of every English dictionary."""
    for index in sorted((tree / "usr/share/dictd").glob("freedict-eng-*.index")):
        lang = short_code(index.stem.rpartition("-")[2])
        for word, entry in entries(index.with_suffix("")):
            sense = first_sense(entry)
            if sense and len(sense) < 60 and not sense.startswith(("see:", "Syn", '"')):
                yield Pair("en", lang, word, sense)


def definitions(tree: Path, name: str) -> Iterator[tuple[str, str]]:
    """Yield (headword, definition) of an English dictionary in dictd form."""
    for word, entry in entries(tree / "usr/share/dictd" / name):
        text = fold_space(GCIDE_NOISE.sub(" ", entry))
        if len(text) >= 60:
            yield word, text[:1200]
