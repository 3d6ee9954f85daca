"""The corpora: every source read and handed to the writer; what an earlier run wrote is left alone."""

import logging
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from training.clones import fetch_clones
from training.held_out import HeldOut
from training.languages import short_code
from training.packages import fetch, fetch_descriptions
from training.pairs import Pair, read_pairs
from training.sources import (
    catalogs,
    descriptions,
    dictionaries,
    lessons,
    libreoffice,
    mallard,
    prose,
    templates,
    units,
    wordnets,
)
from training.sources.sentences import pivoted, sentence_rows
from training.sources.switched import switched_pairs
from training.writer import Writer

LOG = logging.getLogger("training.corpora")
COURSES = ("edgeai-for-beginners", "AZD-for-beginners")
MIN_MESSAGE_CHARS = 12
SWITCHED_COPIES = 2
"""Languages into which the words of one English text are replaced."""


def pages(work: Path) -> Iterator[tuple[str, str, list[units.Unit]]]:
    """Yield (source, language, units) of every aligned page of help."""
    tree = work / "tree"
    for source, found in (("libreoffice", libreoffice.help_pages(tree)), ("gnome", mallard.help_pages(tree))):
        for folder, page in found:
            yield source, short_code(folder), page


def write_pages(writer: Writer, work: Path) -> None:
    """Write help and descriptions: single units, passages, and headings as queries."""
    if not writer.wants(
        "libreoffice", "gnome", "help-passages", "queries", "descriptions", "description-passages"
    ):
        return
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


def write_sentences(writer: Writer, work: Path, corpus: Path) -> None:
    """Write the sentence pairs, those found through a shared sentence, and those without English."""
    if not writer.wants("sentences", "pivoted", "other-sentences"):
        return
    rows = list(sentence_rows(corpus))
    with_english = [pair for pair in rows if pair.first_lang == "en" and pair.second_lang != "en"]
    others = [pair for pair in rows if "en" not in (pair.first_lang, pair.second_lang)]
    writer.write("sentences", with_english)
    kept = source_pairs(work, "sentences")
    known = {(pair.second_lang, pair.first, pair.second) for pair in kept}
    found = (
        pair for pair in pivoted(kept, others) if (pair.second_lang, pair.first, pair.second) not in known
    )
    writer.write("pivoted", found)
    writer.write("other-sentences", others)


def write_catalogs(writer: Writer, work: Path) -> None:
    """Write messages of programs, names of things, and the questions of installed packages."""
    tree = work / "tree"
    messages = catalogs.gettext_pairs
    writer.write("catalogs", messages(tree, "usr/share/locale/*/LC_MESSAGES/[!i]*.mo"))
    writer.write("isocodes", messages(tree, "usr/share/locale/*/LC_MESSAGES/iso*.mo"))
    writer.write("wesnoth", messages(tree, "usr/share/games/wesnoth/*/locale/*/LC_MESSAGES/*.mo"))
    writer.write("cldr", catalogs.cldr_pairs(tree))
    more = messages(tree, "more-catalogs/**/LC_MESSAGES/*.mo")
    writer.write("more-catalogs", (pair for pair in more if len(pair.first) >= MIN_MESSAGE_CHARS))
    asked = templates.template_pages(tree)
    writer.write("templates", (pair for lang, page in asked for pair in units.unit_pairs(lang, page)))


def write_english(writer: Writer, work: Path) -> None:
    """Write English prose, and definitions with the words they define."""
    tree = work / "tree"
    if writer.wants("english", "glosses"):
        glosses = [(", ".join(lemmas), gloss) for _, lemmas, gloss in wordnets.synsets(tree)]
        senses = [*dictionaries.definitions(tree, "gcide"), *dictionaries.definitions(tree, "foldoc")]
        english = [*(f"{words}: {gloss}" for words, gloss in glosses), *(text for _, text in senses)]
        english += [*prose.essay_passages(tree), *prose.sayings(tree)]
        writer.write("english", (Pair("en", "en", text, text) for text in english))
        named = (Pair("en", "en", gloss, words) for words, gloss in glosses if len(gloss) >= 30)
        writer.write("glosses", named)
    writer.write("examples", (Pair("en", "en", text, text) for text in wordnets.examples(tree)))


def write_words(writer: Writer, work: Path, wordnet_clone: Path | None) -> None:
    """Write dictionaries, and the wordnets of other languages where they could be had."""
    tree = work / "tree"
    writer.write("freedict", dictionaries.freedict_pairs(tree))
    if wordnet_clone and writer.wants("wordnets", "wordnet-glosses"):
        rows = list(wordnets.wordnet_pairs(tree, wordnet_clone))
        writer.write("wordnets", (words for words, _ in rows))
        writer.write("wordnet-glosses", (gloss for _, gloss in rows))


def write_lessons(writer: Writer, courses: list[Path]) -> None:
    """Write the courses as help is written; nothing unless all could be had."""
    if len(courses) < len(COURSES) or not writer.wants("lessons", "lesson-passages", "lesson-queries"):
        return
    rows: dict[str, list[Pair]] = defaultdict(list)
    for course in courses:
        for lang, page in lessons.lesson_pages(course):
            rows["lessons"] += units.unit_pairs(lang, page)
            rows["lesson-passages"] += units.passage_pairs(lang, page)
            rows["lesson-queries"] += units.query_pairs(lang, page)
    for source, found in rows.items():
        writer.write(source, found)


def make_corpora(work: Path, corpus: Path, held_out_folder: Path | None, seed: int) -> None:
    """Fetch and write what is missing; the counts by source and language go to `work/pairs/counts.json`."""
    fetch(work)
    fetch_descriptions(work)
    clones = fetch_clones(work)
    held_out = HeldOut.from_folder(held_out_folder)
    LOG.info("%d texts are held out", len(held_out))
    writer = Writer(work, held_out, seed)
    write_sentences(writer, work, corpus)
    write_catalogs(writer, work)
    write_english(writer, work)
    write_words(writer, work, clones.get("omw-data"))
    write_lessons(writer, [clones[name] for name in COURSES if name in clones])
    write_pages(writer, work)
    write_switched(writer, work, seed)


def write_switched(writer: Writer, work: Path, seed: int) -> None:
    """Write English with words of other languages, from the dictionaries that were written before."""
    if writer.wants("switched"):
        sources = ("freedict", "wordnets", "cldr", "isocodes")
        words = (
            pair for source in sources if not writer.wants(source) for pair in source_pairs(work, source)
        )
        prose = (pair.first for source in ("english", "examples") for pair in source_pairs(work, source))
        everyday = {pair.first for pair in source_pairs(work, "sentences")}
        texts = [*prose, *sorted(everyday)]
        writer.write("switched", switched_pairs(texts, words, SWITCHED_COPIES, seed))


def source_pairs(work: Path, source: str) -> list[Pair]:
    """Return the pairs of one source, as written."""
    return list(read_pairs(work / "pairs" / f"{source}.tsv"))
