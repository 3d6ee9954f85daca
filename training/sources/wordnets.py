"""WordNet's synsets in other languages (Open Multilingual Wordnet), its glosses and its examples."""

import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from training.languages import short_code
from training.pairs import Pair, fold_space

FREE = (
    "als/wn-data-als", "arb/wn-data-arb", "bul/wn-data-bul", "cow/wn-data-cmn", "cwn/wn-data-qcn",
    "dan/wn-data-dan", "ell/wn-data-ell", "fin/wn-data-fin", "fra/wn-data-fra", "heb/wn-data-heb",
    "hrv/wn-data-hrv", "isl/wn-data-isl", "ita/wn-data-ita", "iwn/wn-data-ita", "jpn/wn-data-jpn",
    "mcr/wn-data-cat", "mcr/wn-data-eus", "mcr/wn-data-glg", "mcr/wn-data-spa", "msa/wn-data-ind",
    "msa/wn-data-zsm", "nld/wn-data-nld", "nor/wn-data-nno", "nor/wn-data-nob", "pol/wn-data-pol",
    "por/wn-data-por", "ron/wn-data-ron", "slk/wn-data-lit", "slk/wn-data-slk", "slv/wn-data-slv",
    "swe/wn-data-swe", "tha/wn-data-tha",
)  # fmt: skip
"""The wordnets with a licence that lets anyone use, change and pass them on."""

OWN_CODES = {"als": "sq", "qcn": "zh"}
LEMMAS = 2
POINTS = re.compile("[\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670]")
"""Vowel signs of Hebrew and Arabic, which ordinary text leaves out."""
QUOTED = re.compile(r'"([^"]+)"')


def synsets(tree: Path) -> Iterator[tuple[str, list[str], str]]:
    """Yield (key as the other wordnets write it, lemmas, gloss with its examples) of every English synset."""
    for name, kind in (("noun", "n"), ("verb", "v"), ("adj", "a"), ("adv", "r")):
        for line in (tree / "usr/share/wordnet" / f"data.{name}").read_text(encoding="utf-8").splitlines():
            head, _, gloss = line.partition(" | ")
            if gloss and not line.startswith("  "):
                fields = head.split()
                count = int(fields[3], 16)
                lemmas = [word.split("(")[0].replace("_", " ") for word in fields[4 : 4 + 2 * count : 2]]
                yield f"{fields[0]}-{kind}", lemmas, fold_space(gloss)


def definition(gloss: str) -> str:
    """Return a gloss without its examples."""
    return gloss.partition('"')[0].rstrip("; ")


def lemmas_by_synset(path: Path) -> dict[str, list[str]]:
    """Return synset -> lemmas of one wordnet, in the order of the file."""
    found: dict[str, list[str]] = defaultdict(list)
    for line in path.read_text(encoding="utf-8").splitlines():
        fields = line.split("\t")
        if len(fields) == 3 and fields[1].split(":")[-1] == "lemma":
            lemma = fold_space(POINTS.sub("", fields[2]).replace("_", " ").replace("+", ""))
            key = fields[0].replace("-s", "-a")
            if lemma and not lemma.startswith(("GAP!", "PSEUDOGAP!")) and lemma not in found[key]:
                found[key].append(lemma)
    return found


def wordnet_pairs(tree: Path, clone: Path) -> Iterator[tuple[Pair, Pair]]:
    """Yield (lemmas with lemmas, English gloss with lemmas) of every synset of every free wordnet."""
    english = {key: (lemmas, definition(gloss)) for key, lemmas, gloss in synsets(tree)}
    for name in FREE:
        path = clone / "wns" / f"{name}.tab"
        if path.exists():
            code = path.stem.rpartition("-")[2]
            lang = OWN_CODES.get(code, short_code(code))
            for key, lemmas in lemmas_by_synset(path).items():
                if key in english and lemmas:
                    words, gloss = english[key]
                    other = ", ".join(lemmas[:LEMMAS])
                    yield Pair("en", lang, ", ".join(words[:LEMMAS]), other), Pair("en", lang, gloss, other)


def examples(tree: Path) -> Iterator[str]:
    """Yield the example sentences of the glosses."""
    for _, _, gloss in synsets(tree):
        for example in QUOTED.findall(gloss):
            text = fold_space(example)
            if text.count(" ") >= 2:
                yield text
