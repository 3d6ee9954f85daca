"""Catalogues of gettext."""

from __future__ import annotations

import pytest

from index_data.errors import UnreadableFile
from ingest.readers.po import read_po

HEADER = (
    'msgid ""\nmsgstr ""\n"Project-Id-Version: dpkg 1.22\\n"\n"Language: pl\\n"\n'
    '"Content-Type: text/plain; charset={}\\n"\n\n'
)


def test_messages_stand_above_their_translations() -> None:
    source = HEADER.format("ISO-8859-2") + (
        '#: src/main.c:7\nmsgctxt "hush"\nmsgid "Open \\"%s\\"\\n"\nmsgstr ""\n"Otwórz "\n"„%s”\\n"\n\n'
        'msgid "one"\nmsgid_plural "many"\nmsgstr[0] "jeden"\nmsgstr[1] "wiele"\n'
        'msgid "not yet"\nmsgstr ""\n#~ msgid "old"\n#~ msgstr "stary"\n'
    )
    parsed = read_po(source.replace("„", '\\"').replace("”", '\\"').encode("iso8859-2"))
    assert parsed.text == 'Open "%s"\npl: Otwórz "%s"\n\none\nmany\npl: jeden\npl: wiele\n\nnot yet'
    assert parsed.title == "dpkg 1.22"
    assert parsed.encoding == "iso8859-2"


def test_a_fuzzy_translation_is_noted() -> None:
    parsed = read_po(b'#, fuzzy, c-format\nmsgid "a"\nmsgstr "guess"\n\nmsgid "b"\nmsgstr "sure"\n')
    assert parsed.text == "a\n\nb\nsure"
    assert parsed.notes == ("translations that are only a guess and were not read: 1",)


def test_a_template_names_no_project() -> None:
    assert read_po(b'msgid ""\nmsgstr "Project-Id-Version: PACKAGE VERSION\\n"\n\nmsgid "a"\n').title is None


@pytest.mark.parametrize(
    "data", [b"words", b'msgid ""\nmsgstr ""\n', b'"' * 100_000, b'msgid "' + b"\\" * 100_001]
)
def test_other_files_are_refused(data: bytes) -> None:
    with pytest.raises(UnreadableFile, match=r"^no messages in it$"):
        read_po(data)
