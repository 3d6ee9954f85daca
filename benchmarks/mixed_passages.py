"""Passages of which half is translated: in which languages they count, and which a filter hides.

The pages are those of the Debian Administrator's Handbook. A paragraph that is translated should be found by
a search in its language, whatever else its passage holds.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.handbook_pages import page_files, paragraphs, without_space
from benchmarks.report import Table
from benchmarks.translations import BEGINNING
from encoder.checkpoint import BUILTIN, resolve
from encoder.sequences import SequenceMaker
from index_data.records import Passage
from ingest.languages import language_of
from ingest.parser import Parser
from ingest.passages import cut

LANGUAGES = ("ar-MA", "de-DE", "es-ES", "fr-FR", "ja-JP", "ru-RU", "tr-TR", "zh-CN")
WINDOW_TOKENS, PASSAGE_TOKENS = 264, 256
REMARK = """\
Half-translated pages: of the `asked` translated paragraphs of the handbook, how many are only in passages
whose main language is another one, and how many a filter by language hides, since neither language of the
passage is theirs. `foreign`: passages that count as a language that is neither English nor the page's."""


@dataclass(frozen=True, slots=True)
class Mixed:
    """How the passages of one language's pages count."""

    asked: int
    beside: int
    """Paragraphs whose passages are mainly in another language."""
    hidden: int
    """Paragraphs that a filter by language does not find."""
    passages: int
    two_languages: int
    foreign: int


def measure(pages: Path, *, every: int) -> dict[str, Mixed]:
    """Cut the pages of each language as an ingest does, without embedding them."""
    tokens = SequenceMaker(resolve(BUILTIN)).sequencer.spans
    found = {}
    with Parser() as parser:
        for language in LANGUAGES:
            code = language.partition("-")[0]
            by_page = {}
            for page in page_files(pages, language, every=every):
                parsed = parser.submit(page).result().document
                windows = cut(
                    parsed,
                    tokens(parsed.text),
                    window_tokens=WINDOW_TOKENS,
                    passage_tokens=PASSAGE_TOKENS,
                    overlap_tokens=0,
                    language=language_of(parsed.text),
                )
                by_page[page] = [passage for window in windows for passage in window.passages]
            asked = [
                (paragraph.translation[:BEGINNING], by_page[paragraph.page])
                for paragraph in paragraphs(pages, language, every=every)
            ]
            found[code] = count(code, [passage for page in by_page.values() for passage in page], asked)
    return found


def count(code: str, passages: Sequence[Passage], asked: Sequence[tuple[str, Sequence[Passage]]]) -> Mixed:
    """Count in one language; what is asked is the beginning of a paragraph and the passages of its page."""
    holding = list(_holding(asked))
    return Mixed(
        asked=len(holding),
        beside=sum(all(passage.language != code for passage in right) for right in holding),
        hidden=sum(all(code not in passage.languages for passage in right) for right in holding),
        passages=len(passages),
        two_languages=sum(len(passage.languages) > 1 for passage in passages),
        foreign=sum(not {code, "en"}.issuperset(passage.languages) for passage in passages),
    )


def table(found: dict[str, Mixed]) -> Table:
    """Lay out one row a language."""
    columns = ("", "asked", "mainly another", "hidden", "passages", "in two languages", "foreign")
    rows = [
        (code, *map(str, (one.asked, one.beside, one.hidden, one.passages, one.two_languages, one.foreign)))
        for code, one in found.items()
    ]
    return Table("Half-translated pages", columns, tuple(rows))


def _holding(asked: Sequence[tuple[str, Sequence[Passage]]]) -> Iterator[list[Passage]]:
    """Yield for each beginning that stands whole in a passage of its page the passages that hold it."""
    for beginning, on_page in asked:
        if right := [passage for passage in on_page if beginning in without_space(passage.text)]:
            yield right
