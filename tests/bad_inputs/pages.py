"""Web pages and messages that are meant to take their reader's time, or to fetch something."""

from __future__ import annotations

from tests.bad_inputs.bad_input import BadInput, Read, Refused, text

FETCHING = (
    '<img src="http://example.org/{}"><link rel="stylesheet" href="file:///etc/passwd">'
    '<iframe src="file:///etc/passwd"></iframe><object data="http://example.org/"></object><p>{}'
)
SILENT = "<script>let</script><style>p</style><template>t</template><p hidden>h</p><p>{} &amp; &#0; &#xd800;"
MESSAGE = """\
From: a@example.org
Subject: {}
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="b"

--b
Content-Type: text/plain

Words.
--b
Content-Type: application/octet-stream; name="setup.exe"
Content-Disposition: attachment; filename="setup.exe"

MZ
--b--
"""
PAGES = (
    BadInput(
        53,
        "attributes.html",
        "HTML: 20,000 attributes that nothing closes",
        text("<p>{}</p>" + "<a a=" * 20_000),
        Read(),
    ),
    BadInput(
        54,
        "comments.html",
        "HTML: 20,000 comments, 5,000 quotes that nothing closes",
        text("<p>{}</p>" + "<!--" * 20_000),
        Read(),
    ),
    BadInput(
        54,
        "quotes.html",
        "HTML: 20,000 comments, 5,000 quotes that nothing closes",
        text("<p>{}</p>" + '<a "' * 5_000),
        Read(),
    ),
    BadInput(
        55,
        "deep.html",
        "HTML nested 20,000 deep",
        text("<p>before" + "<div>" * 20_000 + "{}" + "</div>" * 20_000),
        Read(),
    ),
    BadInput(
        56,
        "wide.html",
        "HTML: 100,000 attributes of one element",
        text("<p>{}</p><p " + "x=1 " * 100_000),
        Read(),
    ),
    BadInput(
        56,
        "tables.html",
        "HTML: 5,000 tables that nothing closes",
        text("<p>{}</p>" + "<table><tr><td>" * 5_000),
        Read(),
    ),
    BadInput(57, "silent.html", "HTML: scripts, hidden text, characters that are none", text(SILENT), Read()),
    BadInput(
        57,
        "lying.html",
        "HTML that lies about its encoding",
        text('<meta charset="utf-16"><p>{} Größe, Füße, Öl'),
        Read(finds="Füße"),
    ),
    BadInput(
        57, "scripts.html", "HTML without any text", text("<script>{}</script>"), Refused("no text in it")
    ),
    BadInput(58, "fetching.html", "HTML that names files and addresses", text(FETCHING), Read()),
    BadInput(
        61,
        "attribute.xhtml",
        "XHTML with an attribute of 4 MB",
        text('<?xml version="1.0"?><html><p a="' + "x" * 4_000_000 + '">{}</p></html>'),
        Read(),
    ),
    BadInput(
        62,
        "attachment.eml",
        "a message with a program attached",
        text(MESSAGE),
        Read(notes=("'setup.exe' was not read: not a kind of file that is read",)),
    ),
    BadInput(
        62,
        "subject.eml",
        "a message whose subject is nothing but control characters",
        text("Subject: \0\x01\x1b\nFrom: a@example.org\n\n{}"),
        Read(),
    ),
    BadInput(
        62,
        "groups.rtf",
        "RTF whose groups nothing closes",
        text("{\\rtf1 {}" + "{" * 1_000),
        Read(notes=("the file ends too early",)),
    ),
)
