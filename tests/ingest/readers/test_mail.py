"""Mail messages and mailboxes."""

from __future__ import annotations

import time
from collections.abc import Callable
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import PurePath

import pytest

from index_data.errors import UnreadableFile
from ingest.readers.by_suffix import read
from ingest.readers.mail import read_eml, read_mbox
from ingest.readers.parsed_document import ParsedDocument
from ingest.readers.plain import read_markdown


def _message(subject: str, body: str, sender: str = "") -> EmailMessage:
    message = EmailMessage(policy=SMTP)
    message["Subject"] = subject
    if sender:
        message["From"] = sender
    message.set_content(body)
    return message


def _part(path: PurePath, data: bytes) -> ParsedDocument:
    return read_markdown(data)


def test_a_message_is_its_subject_sender_date_and_body() -> None:
    message = _message("Grüße, 世界", "Привет,\n\nдо завтра.\n", "Łukasz <a@example.org>")
    message["Date"] = "Mon, 01 Jan 2024 10:00:00 +0000"
    parsed = read_eml(message.as_bytes(), None)
    assert parsed.text == (
        "Grüße, 世界\n\nFrom: Łukasz <a@example.org>\nDate: Mon, 01 Jan 2024 10:00:00 +0000\n\n"
        "Привет,\n\nдо завтра."
    )
    assert parsed.title == "Grüße, 世界"
    assert [heading.title for heading in parsed.headings] == ["Grüße, 世界"]


def test_plain_text_is_preferred_and_html_is_read() -> None:
    message = _message("S", "plain")
    message.add_alternative("<p>rich</p>", subtype="html")
    assert read_eml(message.as_bytes(), None).text == "S\n\nplain"
    only = _message("S", " ")
    only.add_alternative("<h2>Kopf</h2><p>rich", subtype="html")
    assert read_eml(only.as_bytes(), None).text == "S\n\nKopf\n\nrich"


def test_attachments_are_read_or_named() -> None:
    message = _message("S", "body")
    message.add_attachment(b"# Kopf\n\nText", maintype="text", subtype="markdown", filename="größe.md")
    message.add_attachment(b"\x89PNG", maintype="image", subtype="png", filename="x.png")
    message.add_attachment(b"?", maintype="application", subtype="x-odd")
    parsed = read_eml(message.as_bytes(), _part)
    assert parsed.text == "S\n\nbody\n\ngröße.md\n\n# Kopf\n\nText"
    assert [(item.level, item.title) for item in parsed.headings] == [(1, "S"), (2, "größe.md"), (3, "Kopf")]
    assert parsed.notes == (
        "'x.png' was not read: not a kind of file that is read",
        "'a part of type application/x-odd' was not read: not a kind of file that is read",
    )
    assert len(read_eml(message.as_bytes(), None).notes) == 3


def test_an_attachment_is_read_by_its_own_reader(make_zip: Callable[..., bytes]) -> None:
    message = _message("S", "body")
    message.add_attachment(b"Name,Ort\nAda,Paris\n", maintype="text", subtype="csv", filename="a.csv")
    message.add_attachment(make_zip({"a.txt": "x"}), maintype="application", subtype="zip", filename="a.zip")
    parsed = read(PurePath("a.eml"), message.as_bytes())
    assert parsed.text.endswith("a.csv\n\nName; Ort\nName: Ada; Ort: Paris")
    assert parsed.notes == ("'a.zip' was not read: an archive inside another is not opened",)


def test_a_forwarded_message_comes_below() -> None:
    message = _message("Outer", "see below")
    message.add_attachment(_message("Inner", "the news"))
    parsed = read_eml(message.as_bytes(), None)
    assert parsed.text == "Outer\n\nsee below\n\nInner\n\nthe news"
    assert [(item.level, item.title) for item in parsed.headings] == [(1, "Outer"), (2, "Inner")]


@pytest.mark.parametrize(
    ("charset", "body"),
    [
        ("iso-2022-jp", "日本語の本文"),
        ("koi8-r", "Привет"),
        ("gb2312", "你好，镕"),
        ("windows-1256", "مرحبا"),
        ("unknown-8bit", "Grüße aus Köln"),
    ],
)
def test_declared_encodings(charset: str, body: str) -> None:
    encoding = {"gb2312": "gb18030", "unknown-8bit": "utf-8"}.get(charset, charset)
    data = f"Subject: x\nContent-Type: text/plain; charset={charset}\n\n".encode() + body.encode(encoding)
    assert read_eml(data, None).text == f"x\n\n{body}"


@pytest.mark.parametrize(
    ("field", "subject"),
    [
        (b"=?utf-8?B?R3LDvMOf?=\r\n =?utf-8?q?e_an?= alle", "Grüße an alle"),
        (b"=?utf-8?B?4pi?= =?utf-8?B?6?=", None),
        ("Grüße".encode(), "Grüße"),
        ("Привет".encode("koi8-r"), "Привет"),
        (b"=?nonsense?q?a=62c?=", "abc"),
        (b"=?utf-8?q?open", "=?utf-8?q?open"),
        (b"\x01\x02 \x7f", "(no subject)"),
        (b"=?utf-8?q?=00=1B?=", "(no subject)"),
    ],
)
def test_subjects_are_decoded(field: bytes, subject: str | None) -> None:
    parsed = read_eml(
        b"Subject: " + field + b"\r\nContent-Type: text/plain; charset=koi8-r\r\n\r\nbody", None
    )
    assert subject is None or parsed.title == subject


def test_the_messages_of_a_mailbox_are_told_apart() -> None:
    mailbox = (
        b"From a@b Mon Jan  1 00:00:00 2024\r\nSubject: One\r\n\r\nBody\r\n>From here on\r\n\r\n"
        b"From c@d Mon Jan  1 00:00:00 2024\nSubject: Two\n\nFrom the start:\nFrom nowhere\n"
    )
    parsed = read_mbox(mailbox, None)
    assert parsed.text == "One\n\nBody\nFrom here on\n\nTwo\n\nFrom the start:\nFrom nowhere"
    assert [heading.title for heading in parsed.headings] == ["One", "Two"]


@pytest.mark.parametrize(
    "attack", ["(" * 100_000, '"' * 100_000, "=?utf-8?q?a?= " * 7_000, ';"' * 50_000, "<" * 100_000]
)
@pytest.mark.parametrize("name", ["Subject", "From", "Content-Type", "Content-Disposition"])
def test_hostile_fields_take_no_time(name: str, attack: str) -> None:
    started = time.process_time()
    read_eml(f"To: x\n{name}: {attack}\n\nbody".encode(), None)
    assert time.process_time() - started < 1


def test_a_message_that_is_nested_too_deep_is_noted() -> None:
    parts = "".join(
        f"Content-Type: multipart/mixed; boundary=b{depth}\n\n--b{depth}\n" for depth in range(2_000)
    )
    parsed = read_eml(f"Subject: x\n{parts}".encode(), None)
    assert parsed.text == "x"
    assert len(parsed.notes) == 1


def test_a_name_with_half_a_surrogate_pair_is_told() -> None:
    fields = b"Subject: x\nContent-Type: image/png\nContent-Disposition: attachment; "
    data = fields + b"filename*=utf-7''a+2D0-.png\n\n?"
    (note,) = read_eml(data, _part).notes
    assert note.startswith("'a\ufffd.png' was not read")


def test_other_files_are_refused() -> None:
    with pytest.raises(UnreadableFile, match=r"^not a mail message$"):
        read_eml(b"just some words\n", None)
    with pytest.raises(UnreadableFile, match=r"^not a mailbox$"):
        read_mbox(b"Subject: x\n\nbody", None)
