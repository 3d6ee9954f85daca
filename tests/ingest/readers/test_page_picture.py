"""Pages of PDF files as pictures, whole and hostile."""

from __future__ import annotations

import io
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pypdf
import pytest

from index_data.errors import UnreadableFile
from ingest.readers.page_picture import draw_page

SAMPLES = Path(__file__).parents[3] / "samples" / "documents"
WIDTH, HEIGHT = 300, 200
MakePdf = Callable[..., bytes]


@dataclass(frozen=True, slots=True)
class Drawn:
    width: int
    height: int
    page: int
    boxes: list[tuple[int, int, int, int]]
    rgb: bytes


def pdf(*pages: str, rotate: int = 0, box: tuple[float, float] = (WIDTH, HEIGHT)) -> bytes:
    """Write pages whose text stands at (50, 100), in Helvetica 20."""
    kids = " ".join(f"{3 + 2 * number} 0 R" for number in range(len(pages)))
    font = "<< /Font << /F << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >>"
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>",
    ]
    for number, text in enumerate(pages):
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {box[0]} {box[1]}] /Rotate {rotate} "
            f"/Resources {font} /Contents {4 + 2 * number} 0 R >>"
        )
        drawn = f"BT /F 20 Tf 50 100 Td ({text}) Tj ET"
        objects.append(f"<< /Length {len(drawn)} >>\nstream\n{drawn}\nendstream")
    body = "%PDF-1.4\n" + "".join(f"{n} 0 obj\n{o}\nendobj\n" for n, o in enumerate(objects, 1))
    return f"{body}trailer << /Root 1 0 R /Size {len(objects) + 1} >>\n%%EOF\n".encode()


def drawn(data: bytes, text: str, page: int = 1) -> Drawn:
    head, rgb = draw_page(data, page, text)
    return Drawn(**head, rgb=rgb)


def colour(picture: Drawn, x: float, y: float) -> tuple[int, ...]:
    place = 3 * (int(y) * picture.width + int(x))
    return tuple(picture.rgb[place : place + 3])


def test_the_text_stands_in_its_box() -> None:
    picture = drawn(pdf("Hello treaty"), "treaty")
    (box,) = picture.boxes
    left, top, right, bottom = (edge / picture.width * WIDTH for edge in box)
    assert picture.width / picture.height == pytest.approx(WIDTH / HEIGHT, rel=0.01)
    # Helvetica sets "Hello " in some 51 points at this size, "treaty" in some 53.
    assert left == pytest.approx(102, abs=4)
    assert right == pytest.approx(155, abs=6)
    assert 80 <= top < 90 + 5 < bottom <= 110
    inside = colour(picture, box[2] + 1, (box[1] + box[3]) / 2)
    assert inside != (255, 255, 255) == colour(picture, box[2] + 20, box[1])


def test_a_turned_page_has_its_box_where_its_text_is() -> None:
    picture = drawn(pdf("Hello treaty", rotate=90), "treaty")
    ((left, top, right, bottom),) = picture.boxes
    assert picture.height > picture.width
    assert bottom - top > right - left


def test_line_ends_and_hyphens_do_not_hide_a_text() -> None:
    assert drawn(pdf("Hello treaty"), "hel-\nlo\n\nTrea ty!").boxes


def test_a_text_is_found_piece_by_piece_when_it_is_not_found_whole() -> None:
    text = "Something else. Hello treaty of all. And more."
    assert len(drawn(pdf("Hello treaty of all"), text).boxes) == 1


def test_a_text_that_is_elsewhere_has_no_box() -> None:
    assert drawn(pdf("Hello"), "treaty").boxes == []
    assert drawn(pdf("Hello"), "").boxes == []


def test_what_answers_may_stand_on_the_next_page() -> None:
    data = pdf("One", "Two", "The treaty", "The treaty")
    assert drawn(data, "the treaty").page == 3
    assert drawn(data, "nowhere").page == 1
    assert drawn(data, "The treaty", page=4).page == 4


@pytest.mark.parametrize(
    ("name", "page", "text"),
    [
        ("night-sky/中国传统星空文化.pdf", 1, "木为青，火为赤，土为黄"),
        ("how-to/instead-stead3-ru.pdf", 167, "переключить игрока"),
        ("how-to/maint-guide.vi.pdf", 60, "đóng gói một thư viện chia sẻ"),
    ],
)
def test_texts_in_other_scripts_are_found(name: str, page: int, text: str) -> None:
    picture = drawn((SAMPLES / name).read_bytes(), text, page)
    assert picture.page == page
    assert 1 <= len(picture.boxes) <= 2


@pytest.mark.parametrize(
    "box", [(14_400, 14_400), (14_400, 3), (3, 14_400), (20_000_000, 20_000_000), (2, 2)]
)
def test_no_page_is_too_large_to_draw(box: tuple[float, float]) -> None:
    with suppress(UnreadableFile):
        picture = drawn(pdf("Hello", box=box), "Hello")
        assert 0 < picture.width * picture.height <= 3_000_000


@pytest.mark.parametrize("box", [(0, 0), (-5, 100), (float("nan"), 10)])
def test_a_page_without_a_size_does_no_harm(box: tuple[float, float]) -> None:
    with suppress(UnreadableFile):
        assert drawn(pdf("Hello", box=box), "Hello").width > 0


def test_what_is_no_pdf_is_told() -> None:
    with pytest.raises(UnreadableFile, match="cannot be drawn"):
        drawn(b"nothing of the kind", "x")
    with pytest.raises(UnreadableFile, match="it has no page 2"):
        drawn(pdf("Hello"), "x", page=2)


def test_a_locked_file_is_told(make_pdf: MakePdf) -> None:
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(make_pdf(["Hello"])))
    writer.encrypt(user_password="secret", owner_password="owner", algorithm="RC4-128")
    stream = io.BytesIO()
    writer.write(stream)
    with pytest.raises(UnreadableFile, match="encrypted"):
        drawn(stream.getvalue(), "x")
