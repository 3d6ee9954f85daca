"""The corpora: every source read, cleaned, held-out rows dropped, capped, written as tab-separated pairs."""

import json
import logging
import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

from training.held_out import HeldOut
from training.languages import short_code
from training.packages import fetch, fetch_descriptions
from training.pairs import Pair, read_pairs
from training.sources import catalogs, descriptions, dictionaries, libreoffice, mallard, prose, units
from training.sources.sentences import pivoted, sentence_rows

LOG = logging.getLogger("training.corpora")
MAX_CHARS = 2000
CAPS = {
    "libreoffice": 20_000, "descriptions": 12_000, "help-passages": 4_000, "description-passages": 4_000,
    "queries": 3_000, "catalogs": 6_000, "freedict": 15_000,
}  # fmt: skip
"""The most rows a language may have in a source, drawn at random."""


def clean(pairs: Iterable[Pair]) -> Iterator[Pair]:
    """Yield pairs of sensible length, each once."""
    seen: set[tuple[str, str, str]] = set()
    for pair in pairs:
        key = (pair.second_lang, pair.first, pair.second)
        if 2 <= len(pair.first) <= MAX_CHARS and 1 <= len(pair.second) <= MAX_CHARS and key not in seen:
            seen.add(key)
            yield pair


def capped(pairs: Iterable[Pair], cap: int, seed: int) -> list[Pair]:
    """Return at most `cap` pairs a language, drawn at random."""
    by_lang: dict[str, list[Pair]] = defaultdict(list)
    for pair in pairs:
        by_lang[pair.second_lang].append(pair)
    draw = random.Random(seed)
    kept: list[Pair] = []
    for lang in sorted(by_lang):
        rows = by_lang[lang]
        kept += draw.sample(rows, cap) if len(rows) > cap else rows
    return kept


class Writer:
    """Writes each source once to `work/pairs`, and counts what it wrote."""

    def __init__(self, work: Path, held_out: HeldOut, seed: int) -> None:
        """Prepare the folder."""
        self._folder = work / "pairs"
        self._folder.mkdir(parents=True, exist_ok=True)
        self._held_out = held_out
        self._seed = seed
        self.counts: dict[str, Counter[str]] = {}

    def write(self, source: str, pairs: Iterable[Pair]) -> list[Pair]:
        """Write the pairs of a source and return those that were kept."""
        before = self._held_out.dropped
        rows = capped(clean(self._held_out.keep(pairs)), CAPS.get(source, 1_000_000), self._seed)
        partial = self._folder / f"{source}.partial"
        with partial.open("w", encoding="utf-8", newline="\n") as target:
            for pair in rows:
                target.write("\t".join(pair) + "\n")
        partial.replace(self._folder / f"{source}.tsv")
        self.counts[source] = Counter(pair.second_lang for pair in rows)
        LOG.info("%s: %d pairs, %d held out", source, len(rows), self._held_out.dropped - before)
        return rows


def pages(work: Path) -> Iterator[tuple[str, str, list[units.Unit]]]:
    """Yield (source, language, units) of every aligned page of help."""
    tree = work / "tree"
    for source, found in (("libreoffice", libreoffice.help_pages(tree)), ("gnome", mallard.help_pages(tree))):
        for folder, page in found:
            yield source, short_code(folder), page


def write_pages(writer: Writer, work: Path) -> None:
    """Write help and descriptions: single units, passages, and headings as queries."""
    rows: dict[str, list[Pair]] = defaultdict(list)
    for source, lang, page in pages(work):
        rows[source] += units.unit_pairs(lang, page)
        rows["help-passages"] += units.passage_pairs(lang, page)
        rows["queries"] += units.query_pairs(lang, page)
    for lang, page in descriptions.description_pages(work / "lists"):
        if lang != "en":
            rows["descriptions"] += units.unit_pairs(lang, page)
        rows["description-passages"] += units.passage_pairs(lang, page)
        rows["queries"] += units.query_pairs(lang, page)
    for source, found in rows.items():
        writer.write(source, found)


def write_sentences(writer: Writer, corpus: Path) -> None:
    """Write the sentence pairs, those found through a shared sentence, and those without English."""
    rows = list(sentence_rows(corpus))
    with_english = [pair for pair in rows if pair.first_lang == "en" and pair.second_lang != "en"]
    others = [pair for pair in rows if "en" not in (pair.first_lang, pair.second_lang)]
    kept = writer.write("sentences", with_english)
    known = {(pair.second_lang, pair.first, pair.second) for pair in kept}
    found = (
        pair for pair in pivoted(kept, others) if (pair.second_lang, pair.first, pair.second) not in known
    )
    writer.write("pivoted", found)
    writer.write("other-sentences", others)


def write_words(writer: Writer, work: Path) -> None:
    """Write catalogues, dictionaries and English prose."""
    tree = work / "tree"
    writer.write("catalogs", catalogs.gettext_pairs(tree, "usr/share/locale/*/LC_MESSAGES/[!i]*.mo"))
    writer.write("isocodes", catalogs.gettext_pairs(tree, "usr/share/locale/*/LC_MESSAGES/iso*.mo"))
    writer.write(
        "wesnoth", catalogs.gettext_pairs(tree, "usr/share/games/wesnoth/*/locale/*/LC_MESSAGES/*.mo")
    )
    writer.write("cldr", catalogs.cldr_pairs(tree))
    writer.write("freedict", dictionaries.freedict_pairs(tree))
    glosses = list(dictionaries.wordnet_glosses(tree))
    senses = [*dictionaries.definitions(tree, "gcide"), *dictionaries.definitions(tree, "foldoc")]
    english = [*(f"{words}: {gloss}" for words, gloss in glosses), *(text for _, text in senses)]
    english += [*prose.essay_passages(tree), *prose.sayings(tree)]
    writer.write("english", (Pair("en", "en", text, text) for text in english))
    writer.write("glosses", (Pair("en", "en", gloss, words) for words, gloss in glosses if len(gloss) >= 30))


def make_corpora(work: Path, corpus: Path, held_out_folder: Path | None, seed: int) -> None:
    """Fetch and write everything; the counts by source and language go to `work/pairs/counts.json`."""
    counts_path = work / "pairs" / "counts.json"
    if counts_path.exists():
        return
    fetch(work)
    fetch_descriptions(work)
    held_out = HeldOut.from_folder(held_out_folder)
    LOG.info("%d texts are held out", len(held_out))
    writer = Writer(work, held_out, seed)
    write_sentences(writer, corpus)
    write_words(writer, work)
    write_pages(writer, work)
    counts: dict[str, object] = {source: dict(found.most_common()) for source, found in writer.counts.items()}
    counts_path.write_text(json.dumps({"held_out_rows_dropped": held_out.dropped, "pairs": counts}, indent=1))


def source_pairs(work: Path, source: str) -> list[Pair]:
    """Return the pairs of one source, as written."""
    return list(read_pairs(work / "pairs" / f"{source}.tsv"))
