"""The aligners, on samples small enough to read."""

from training.languages import short_code
from training.pairs import Pair
from training.sources import libreoffice, mallard
from training.sources.catalogs import plain_message, sign_names
from training.sources.dictionaries import base64_number, first_sense
from training.sources.sentences import pivoted
from training.sources.units import Unit, passage_pairs, query_pairs

ENGLISH = """<html><h1 id="hd_1" dir="auto">Text <b>limits</b></h1>
<p id="par_2" class="paragraph">Shows &amp; hides.</p>
<p id="par_3">Only here</p><p id="par_4">Same</p></html>"""
GERMAN = """<html><h1 id="hd_1" dir="auto">Textgrenzen</h1>
<p id="par_4">Same</p><p id="par_2" class="paragraph">Zeigt und\n verbirgt.</p></html>"""


def test_libreoffice_aligns_by_id() -> None:
    """Order is the English page's; what is missing or untranslated is left out."""
    units = libreoffice.align(libreoffice.page_units(ENGLISH), libreoffice.page_units(GERMAN))
    assert units == [
        Unit(True, "Text limits", "Textgrenzen"),
        Unit(False, "Shows & hides.", "Zeigt und verbirgt."),
    ]


def test_mallard_aligns_equal_structures_only() -> None:
    """A page with another sequence of elements gives nothing."""
    space = 'xmlns="http://projectmallard.org/1.0/"'
    english = mallard.page_blocks(f"<page {space}><title>Sound</title><p>Turn it <em>up</em>.</p></page>")
    french = mallard.page_blocks(f"<page {space}><title>Son</title><p>Monter le <em>son</em>.</p></page>")
    shorter = mallard.page_blocks(f"<page {space}><title>Son</title><p>Monter.</p></page>")
    assert mallard.align(english, french) == [
        Unit(True, "Sound", "Son"),
        Unit(False, "Turn it up.", "Monter le son."),
    ]
    assert mallard.align(english, shorter) == []
    assert mallard.page_blocks("<page>") == []


def test_pages_become_passages_and_queries() -> None:
    """Units are joined up to a length; a heading asks for the paragraph after it."""
    body = "word " * 60
    units = [
        Unit(True, "Heading", "Titre"),
        Unit(False, body, "mot"),
        Unit(False, body, "mots"),
        Unit(False, body, "x"),
    ]
    (passage,) = passage_pairs("fr", units)
    assert passage.second == "Titre mot mots x"
    assert list(query_pairs("fr", units)) == [Pair("en", "fr", body, "Titre")]


def test_a_shared_sentence_leads_to_english() -> None:
    """German-Hungarian plus English-German gives English-Hungarian."""
    english = [Pair("en", "de", "Good day.", "Guten Tag.")]
    others = [Pair("de", "hu", "Guten Tag.", "Jó napot."), Pair("de", "hu", "Nein.", "Nem.")]
    assert list(pivoted(english, others)) == [Pair("en", "hu", "Good day.", "Jó napot.")]


def test_small_readers() -> None:
    """Mark-up, accelerators, numbers in base 64, language codes."""
    assert plain_message("_Open <b>%s</b> file") == "Open file"
    assert sign_names('<annotation cp="☀" type="tts">Sonne</annotation>') == {("☀", True): "Sonne"}
    assert base64_number("BA") == 64
    assert first_sense("dog /dɒɡ/ <n>\n1. Hund <masc>\nanimal") == "Hund"
    assert [short_code(code) for code in ("zh-TW", "cmn_Hant", "pt_BR", "jbo_Latn")] == [
        "zh",
        "zh",
        "pt",
        "jbo",
    ]
