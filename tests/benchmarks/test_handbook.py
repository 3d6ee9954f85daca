"""The handbook's questions: which paragraphs are asked, and which passage is the answer."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.handbook import Cost, Result, tables
from benchmarks.handbook_pages import Paragraph, paragraphs
from benchmarks.metered_embedder import MeteredEmbedder
from benchmarks.quality import Quality
from benchmarks.translations import LanguageResult, find, passages_by_page
from encoder.interface import Embedder, Window
from index_data.index import Index
from index_data.records import Document, FileStamp, Fingerprint, Passage
from search.query import Mode

LONG = "The package manager keeps a list of every file that it has ever put anywhere on your disk, and why."
GERMAN = "Die Paketverwaltung führt Buch über jede Datei, die sie irgendwo abgelegt hat, und über den Grund."


def write_page(pages: Path, language: str, *blocks: str) -> Path:
    page = pages / language / "page.html"
    page.parent.mkdir(parents=True)
    page.write_text("".join(f'<div class="para">\n {block}\n</div>' for block in blocks), encoding="utf-8")
    return page


def test_asked_is_what_was_translated_and_has_one_place(tmp_path: Path) -> None:
    twice, linked, short = f"{LONG} It is said twice.", f"{LONG} See section 7.1.1.", "Too short to ask."
    nested = f'{LONG} Inside: <div class="para">{short}</div>'
    write_page(tmp_path, "en-US", f"<em>{LONG}</em>", twice, twice, linked, short, nested)
    relinked = linked.replace("section", "Kapitel")
    page = write_page(
        tmp_path, "de-DE", GERMAN, GERMAN, GERMAN, relinked, "Viel zu kurz für eine Frage.", nested
    )
    assert paragraphs(tmp_path, "de-DE", every=1) == [Paragraph(LONG, page, "".join(GERMAN.split()), GERMAN)]


def test_a_page_with_other_paragraphs_is_left_out(tmp_path: Path) -> None:
    write_page(tmp_path, "en-US", LONG, LONG)
    write_page(tmp_path, "de-DE", GERMAN)
    assert paragraphs(tmp_path, "de-DE", every=1) == []


def test_questions_are_counted_as_found_hidden_or_lost(index_folder: Path, letter_embedder: Embedder) -> None:
    fingerprint = Fingerprint("letters", letter_embedder.fingerprint, letter_embedder.dimension, 512, 256, 1)
    texts = ("Ganz etwas anderes steht hier.\n", f"{GERMAN}\n", "Eine dritte Stelle mit anderem Wortlaut.\n")
    languages = ("de", "de", "nl")
    document = Document(Path("/de/page.html"), FileStamp(1, 1, "0" * 64), "html", "page", "de")
    passages = [
        Passage(ordinal, text, 0, len(text), 1, language)
        for ordinal, (text, language) in enumerate(zip(texts, languages, strict=True))
    ]
    asked = [
        Paragraph(GERMAN, document.path, "".join(translation.split()))
        for translation in (texts[1], texts[2], "steht nirgends", texts[0])
    ]
    vectors = letter_embedder.embed_passages([Window(text, ((0, len(text)),)) for text in texts])
    with Index.create_or_open(index_folder, fingerprint) as index:
        index.replace(document, passages, vectors)
        result = find(index, letter_embedder, passages_by_page(index), asked, "de", count=10)
    assert (result.asked, result.lost, result.hidden) == (3, 1, 1)
    assert result.channels[Mode.DENSE].recall_at_1 == pytest.approx(1 / 3)
    assert result.channels[Mode.DENSE].recall_at_10 == pytest.approx(2 / 3)
    assert result.channels[Mode.DENSE].ndcg_at_10 == pytest.approx((1 + 1 / math.log2(3)) / 3)


def test_encoders_stand_side_by_side() -> None:
    cost = Cost(
        files=2,
        skipped=0,
        passages=40,
        tokens=8_000,
        seconds=4.0,
        encoder_seconds=3.0,
        encoder_alone_tokens_per_second=2_500.0,
        peak_memory_mib=900.0,
        index_mib=1.5,
    )
    channels = {mode: Quality(0.25 * place, 0.5, 0.4) for place, mode in enumerate(Mode)}
    languages = {"de-DE": LanguageResult(asked=9, lost=1, hidden=2, channels=channels)}
    better = {mode: Quality(0.9, 1.0, 0.95) for mode in Mode}
    results = {
        "old": Result("0", cost, languages),
        "new": Result("1", cost, {"de-DE": replace(languages["de-DE"], channels=better)}),
    }
    alone, old, new, spent = tables(results)
    assert alone.columns == ("", "BM25", "old", "new")
    assert alone.rows == (
        ("de-DE", "0.500 / 0.500 / 0.400", "0.250 / 0.500 / 0.400", "0.900 / 1.000 / 0.950"),
    )
    assert (old.title, new.title) == ("Channels, old", "Channels, new")
    assert old.rows[0][-3:] == ("9", "1", "2")
    assert ("tokens a second", "2,000", "2,000") in spent.rows


def test_naive_embeds_each_passage_without_its_window(letter_embedder: Embedder) -> None:
    window = Window("first passage and second", ((0, 13), (14, 24)))
    alone = [Window("first passage", ((0, 13),)), Window("and second", ((0, 10),))]
    metered = MeteredEmbedder(letter_embedder, naive=True)
    assert np.array_equal(metered.embed_passages([window]), letter_embedder.embed_passages(alone))
    assert metered.seconds > 0
    assert metered.tokens_per_second() > 0
