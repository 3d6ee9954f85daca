"""Scans: recognised where Tesseract is there, accounted for where it is not."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import pypdfium2
import pytest

from index_data.errors import UnreadableFile, UsageError
from index_data.index import Index
from index_data.observations import Verdict
from ingest.ingester import Ingester
from ingest.parser import Parser
from ingest.progress import Skipped
from ingest.recognition import Ocr, examine_recognition, find_recognition
from tests.ingest.conftest import with_parts

MakePdf = Callable[[Sequence[str]], bytes]
STAND_IN = """#!{python}
import sys, time
if sys.argv[1] == "--version":
    print("tesseract 9.9\\n leptonica")
elif sys.argv[1] == "--list-langs":
    print("List of available languages (3):\\n{languages}")
else:
    picture = sys.stdin.buffer.read()
    kind, width, height, depth = picture.split(maxsplit=4)[:4]
    pixels = picture.split(b"255\\n", 1)[1]
    assert kind == b"P5" and len(pixels) == int(width) * int(height)
    {deed}
"""


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Put a program in Tesseract's place that does what a test says."""

    def put(deed: str = "print('Read by', *sys.argv[3:5])", languages: str = "eng\\nosd") -> None:
        folder = tmp_path / "programs"
        folder.mkdir(exist_ok=True)
        program = folder / "tesseract"
        program.write_text(
            STAND_IN.format(python=sys.executable, deed=deed, languages=languages), encoding="utf-8"
        )
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")

    return put


@pytest.fixture
def nothing_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))


@contextmanager
def _recognising(ocr: Ocr = Ocr.AUTO, seconds: float = 20.0) -> Iterator[Parser]:
    with Parser(seconds=seconds, recognition=find_recognition(ocr, None)) as parser:
        yield parser


def _scan(make_pdf: MakePdf, folder: Path, *pages: str) -> Path:
    path = folder / "scan.pdf"
    path.write_bytes(make_pdf(pages))
    return path


def test_pages_without_text_are_recognised(
    install: Callable[..., None], make_pdf: MakePdf, folder: Path
) -> None:
    install()
    with _recognising() as parser:
        parsed = parser.parse(_scan(make_pdf, folder, "Printed.", "", "Printed too.", ""))
    assert parsed.text.split("\n") == ["Printed.", "Read by -l eng", "Printed too.", "Read by -l eng"]
    assert (parsed.recognised_pages, parsed.textless_pages, parsed.notes) == ((2, 4), (), ())
    assert [parsed.text[start] for start in parsed.pages] == ["P", "R", "P", "R"]


def test_all_pages_are_recognised_where_that_is_asked_for(
    install: Callable[..., None], make_pdf: MakePdf, folder: Path
) -> None:
    install()
    with _recognising(Ocr.FORCE) as parser:
        parsed = parser.parse(_scan(make_pdf, folder, "Printed.", ""))
    assert parsed.recognised_pages == (1, 2)


@pytest.mark.parametrize(
    "deed", ["sys.exit(1)", "pass", "print('  \\n ')", "sys.stdout.buffer.write(b'\\x0c')"]
)
def test_a_page_on_which_nothing_is_found_stays_without_text(
    install: Callable[..., None], make_pdf: MakePdf, folder: Path, deed: str
) -> None:
    install(deed)
    with _recognising() as parser:
        parsed = parser.parse(_scan(make_pdf, folder, "Printed.", ""))
        assert (parsed.recognised_pages, parsed.textless_pages) == ((), (2,))
        with pytest.raises(UnreadableFile, match=r"^no text on its page \(even by recognition\)$"):
            parser.parse(_scan(make_pdf, folder, ""))


def test_recognition_may_take_its_time_page_by_page(
    install: Callable[..., None], make_pdf: MakePdf, folder: Path
) -> None:
    install("time.sleep(1.2); print('Slow')")
    with _recognising(seconds=6) as parser:
        parsed = parser.parse(_scan(make_pdf, folder, *[""] * 6))
    assert parsed.recognised_pages == (1, 2, 3, 4, 5, 6)


def test_off_means_off(install: Callable[..., None]) -> None:
    install()
    assert find_recognition(Ocr.OFF, None) is None


@pytest.mark.usefixtures("nothing_installed")
def test_without_tesseract_scans_are_told_with_what_helps(
    make_pdf: MakePdf, folder: Path, ingester: Ingester
) -> None:
    with pytest.raises(UsageError) as missing:
        find_recognition(Ocr.FORCE, None)
    assert "Install Tesseract" in missing.value.remedy
    assert find_recognition(Ocr.AUTO, "deu") is None
    path = _scan(make_pdf, folder, "", "")
    assert Skipped(path, "no text on its 2 pages (a scan? Tesseract would recognise it)") in list(
        ingester.ingest([folder])
    )


@pytest.mark.parametrize(
    ("languages", "asked", "chosen"),
    [
        ("deu\\neng\\nosd", None, "deu+eng"),
        ("ara\\nchi_sim\\ndeu\\neng\\nfra\\nosd", None, "eng"),
        ("ara\\nchi_sim\\ndeu\\neng\\nfra", "fra+ara", "fra+ara"),
    ],
)
def test_languages_are_those_asked_for_or_the_few_there_are(
    install: Callable[..., None], languages: str, asked: str | None, chosen: str
) -> None:
    install(languages=languages)
    recognition = find_recognition(Ocr.AUTO, asked)
    assert recognition is not None
    assert recognition.languages == chosen
    assert str(recognition) == f"tesseract 9.9 {chosen}"


@pytest.mark.parametrize("asked", ["fra", "eng+fra", "--help", "eng+"])
def test_a_language_that_is_not_there_is_an_error(install: Callable[..., None], asked: str) -> None:
    install()
    with pytest.raises(UsageError, match=r"^Tesseract has no language called .*; it has eng$"):
        find_recognition(Ocr.AUTO, asked)


def test_what_was_read_without_recognition_is_read_again_with_it_and_then_no_more(
    install: Callable[..., None],
    make_pdf: MakePdf,
    ingester: Ingester,
    index: Index,
    folder: Path,
    letter_embedder: object,
) -> None:
    _scan(make_pdf, folder, "Printed.", "")
    (folder / "whole.pdf").write_bytes(make_pdf(["All of it.", "Is text."]))
    (folder / "pure.pdf").write_bytes(make_pdf([""]))
    list(ingester.ingest([folder]))
    assert {account.path.name: account.textless_pages for account in index.accounts()} == {
        "pure.pdf": (),
        "scan.pdf": (2,),
        "whole.pdf": (),
    }
    install()
    with _recognising() as parser:
        recognising = with_parts(ingester, parser=parser)
        list(recognising.ingest([folder]))
        assert {account.path.name: account.recognised_pages for account in index.accounts()} == {
            "pure.pdf": (1,),
            "scan.pdf": (2,),
            "whole.pdf": (),
        }
        generation = index.generation
        list(recognising.ingest([folder]))
        assert index.generation == generation


@pytest.mark.skipif(shutil.which("tesseract") is None, reason="Tesseract is not installed")
def test_a_real_scan_is_read(make_scan: Callable[[str], bytes], folder: Path) -> None:
    path = folder / "scan.pdf"
    path.write_bytes(make_scan("The notice period is three months."))
    with pytest.raises(UnreadableFile), Parser() as parser:
        parser.parse(path)
    with _recognising() as parser:
        assert parser.parse(path).text == "The notice period is three months."


@pytest.fixture
def make_scan() -> Callable[[str], bytes]:
    """Make a PDF that is a picture of a line of text."""

    def make(line: str) -> bytes:
        drawn = f"BT /F 24 Tf 40 60 Td ({line}) Tj ET"
        fonts = "/Resources<</Font<</F<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>"
        printed = _page(fonts, drawn.encode("ascii"))
        with (
            closing(pypdfium2.PdfDocument(printed)) as document,
            closing(document[0]) as page,
            closing(page.render(scale=3, grayscale=True)) as bitmap,
        ):
            width, height, stride = bitmap.width, bitmap.height, bitmap.stride
            pixels = bytes(bitmap.buffer)
        rows = b"".join(pixels[start : start + width] for start in range(0, stride * height, stride))
        picture = (
            f"/Subtype/Image/Width {width}/Height {height}/ColorSpace/DeviceGray/BitsPerComponent 8".encode()
        )
        return _page("/Resources<</XObject<</I 5 0 R>>>>", b"500 0 0 120 0 0 cm /I Do", (picture, rows))

    return make


def _page(resources: str, content: bytes, *streams: tuple[bytes, bytes]) -> bytes:
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Count 1/Kids[3 0 R]>>",
        f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 500 120]/Contents 4 0 R{resources}>>".encode("ascii"),
    ]
    for entries, data in ((b"", content), *streams):
        objects.append(b"<<%s/Length %d>>\nstream\n%s\nendstream" % (entries, len(data), data))
    body, offsets = b"%PDF-1.7\n", []
    for number, item in enumerate(objects, 1):
        offsets.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, item)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    count = len(objects) + 1
    tail = b"xref\n0 %d\n0000000000 65535 f \n%strailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n"
    return body + tail % (count, table, count, len(body))


def test_what_recognises_text_is_told(install: Callable[..., None]) -> None:
    install(languages="deu\\neng\\nosd")
    found = examine_recognition(Ocr.AUTO, None)
    assert (found.verdict, found.what) == (Verdict.OK, "tesseract 9.9 recognises text in deu+eng")
    lacking = examine_recognition(Ocr.AUTO, "fra")
    assert lacking.verdict is Verdict.FAULT
    assert "no language called fra; it has deu, eng" in lacking.what


@pytest.mark.usefixtures("nothing_installed")
@pytest.mark.parametrize(
    ("ocr", "verdict"), [(Ocr.AUTO, Verdict.WARNING), (Ocr.FORCE, Verdict.FAULT), (Ocr.OFF, Verdict.OK)]
)
def test_that_nothing_recognises_text_is_told(ocr: Ocr, verdict: Verdict) -> None:
    found = examine_recognition(ocr, None)
    assert found.verdict is verdict
    assert ("Install Tesseract" in found.remedy) is (ocr is not Ocr.OFF)
