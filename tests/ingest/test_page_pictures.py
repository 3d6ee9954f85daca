"""The process that draws pages: what it gives, and that it does no harm."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from index_data.errors import ReaderDied, UnreadableFile
from ingest.page_pictures import PagePictures

MakePdf = Callable[..., bytes]


@pytest.fixture
def page(make_pdf: MakePdf, tmp_path: Path) -> Path:
    path = tmp_path / "page.pdf"
    path.write_bytes(make_pdf(["Hello treaty"]))
    return path


def test_a_picture_is_kept_until_the_file_changes(page: Path, make_pdf: MakePdf) -> None:
    pictures = PagePictures()
    first = pictures.picture(page, 1, "treaty")
    assert len(first.rgb) == 3 * first.width * first.height
    assert len(first.boxes) == 1
    assert pictures.picture(page, 1, "treaty") is first
    page.write_bytes(make_pdf(["Another treaty"]))
    assert pictures.picture(page, 1, "treaty") != first


def test_what_cannot_be_drawn_is_told(page: Path) -> None:
    page.write_bytes(b"nothing of the kind")
    with pytest.raises(UnreadableFile, match="cannot be drawn"):
        PagePictures().picture(page, 1, "x")
    page.unlink()
    with pytest.raises(UnreadableFile, match="No such file"):
        PagePictures().picture(page, 1, "x")


def test_a_page_that_takes_too_long_is_given_up(page: Path) -> None:
    with pytest.raises(ReaderDied, match="too long"):
        PagePictures(seconds=0.001).picture(page, 1, "Hello")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux has what is looked for")
def test_the_process_that_draws_is_confined(tmp_path: Path, page: Path) -> None:
    """Let it start with a page that makes it try what it must not, by way of a module that it imports."""
    (tmp_path / "PIL").mkdir()
    (tmp_path / "PIL" / "__init__.py").write_text("")
    (tmp_path / "PIL" / "ImageDraw.py").write_text("")
    (tmp_path / "PIL" / "Image.py").write_text("Image = None\ndef preinit(): pass\n")
    (tmp_path / "pypdfium2.py").write_text(
        "import sys, types\n"
        "raw = types.ModuleType('pypdfium2.raw'); sys.modules['pypdfium2.raw'] = raw\n"
        "class PdfiumError(Exception): pass\n"
        "def PdfDocument(data):\n"
        "    told = []\n"
        "    for deed in (lambda: open('/dev/shm/owned', 'w'),\n"
        "                 lambda: __import__('socket').create_connection(('127.0.0.1', 9), 1)):\n"
        "        try: deed(); told.append('done')\n"
        "        except OSError as error: told.append(type(error).__name__ + str(error.errno))\n"
        "    raise PdfiumError('password ' + repr(told)) if 'done' in told else PdfiumError(repr(told))\n"
    )
    asked = json.dumps({"path": os.fsencode(page).hex(), "page": 1, "text": ""})
    ran = subprocess.run(
        [sys.executable, "-P", "-m", "ingest.readers.page_picture"], input=asked.encode(),
        capture_output=True,
        env=os.environ | {"PYTHONPATH": f"{tmp_path}:{Path(__file__).parents[2]}"}, check=False,
    )  # fmt: skip
    said = json.loads(ran.stdout.partition(b"\n")[0])
    if said["reason"] == "encrypted" and os.geteuid() != 0:
        pytest.skip("this kernel does not confine users")
    assert said["reason"] == "its page cannot be drawn"
