"""Both pages in Chromium: they work, they ask for nothing, and what documents say is never run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from terminal.cli import main

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.terminal.conftest import Library
    from tests.terminal.pictures.conftest import Browser

pytestmark = pytest.mark.browser


def written(command: list[str], index: Path, file: Path) -> Path:
    assert main([*command, str(file), "--index", str(index)]) == 0
    return file


def mapped(index: Path, folder: Path) -> Path:
    return written(["map", "--method", "pca", "-o"], index, folder / "map.html")


def covered(index: Path, folder: Path) -> Path:
    return written(["status", "--html"], index, folder / "coverage.html")


def ink(page: Page) -> int:
    """Count the pixels of the map on which something is drawn."""
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    return int(
        page.evaluate(
            """() => {
            const canvas = document.getElementById("map"), brush = canvas.getContext("2d");
            const { data } = brush.getImageData(0, 0, canvas.width, canvas.height);
            let count = 0;
            for (let at = 3; at < data.length; at += 4) count += data[at] > 200;
            return count;
        }"""
        )
    )


def test_the_map_shows_hides_finds_and_tells(library: Library, browser: Browser) -> None:
    page = browser.open(mapped(library.index_folder, library.files))
    legend = page.locator("#groups .group")
    assert [text.split() for text in legend.all_inner_texts()] == [
        *[["en", "4"], ["de", "2"], ["ar", "1"], ["th", "1"], ["zh", "1"]]
    ]
    whole = ink(page)
    legend.first.click()
    assert 0 < ink(page) < whole
    page.click("#none")
    assert ink(page) == 0
    legend.nth(4).dblclick()
    assert legend.evaluate_all("rows => rows.map((row) => row.ariaPressed)") == ["false"] * 4 + ["true"]
    page.click("#all")
    assert ink(page) == whole

    page.fill("#search", "烤面包")
    assert page.inner_text("#found") == "1 of 9"
    assert ink(page) < whole
    page.press("#search", "Enter")
    about = page.inner_text("#about")
    assert "如何在家里烤面包" in about
    assert str(library.files / "面包.txt") in about
    assert page.inner_text("#command").startswith("dragoman get ")
    assert main([*page.inner_text("#command").split()[1:], "--index", str(library.index_folder)]) == 0
    page.press("#search", "Escape")
    page.select_option("#by", "type")
    assert [text.split()[0] for text in legend.all_inner_texts()] == ["md", "pdf", "txt"]
    assert browser.requests == []
    assert browser.complaints == []


def test_a_point_tells_of_itself_under_the_pointer_and_keeps_its_place_when_zoomed(
    library: Library, browser: Browser
) -> None:
    page = browser.open(mapped(library.index_folder, library.files))
    spots = page.evaluate("() => data.x.map((_, point) => place(point))")
    box = page.locator("#map").bounding_box()
    assert box is not None
    x, y = box["x"] + spots[-1][0], box["y"] + spots[-1][1]
    page.mouse.move(x, y)
    assert "Income tax guide" in page.inner_text("#tip")
    page.mouse.wheel(0, -600)
    page.mouse.move(x + 1, y)
    assert "Income tax guide" in page.inner_text("#tip")
    page.mouse.click(x, y)
    assert "Income tax guide" in page.inner_text("#about")
    page.mouse.move(x + 40, y + 40)
    page.mouse.down()
    page.mouse.move(x + 140, y + 40, steps=3)
    page.mouse.up()
    moved = page.evaluate("() => data.x.map((_, point) => place(point))")
    assert moved[-1][0] == pytest.approx(spots[-1][0] + 100, abs=2)
    page.click("#whole")
    assert page.evaluate("() => data.x.map((_, point) => place(point))") == spots
    assert browser.complaints == []


def test_the_coverage_sorts_and_filters(library: Library, browser: Browser) -> None:
    (library.files / "tax.pdf").unlink()
    page = browser.open(covered(library.index_folder, library.files))
    names = page.locator("#files tbody tr:visible td:nth-child(2)")
    assert names.first.inner_text() == "tax.pdf"
    page.click("#files th:nth-child(4) button")
    page.click("#files th:nth-child(4) button")
    assert names.first.inner_text() == "bread.md"
    page.fill("#filter", "brot md")
    assert names.all_inner_texts() == ["brot.md"]
    assert page.inner_text("#count") == "1 of 6 files"
    page.fill("#filter", "")
    page.click("[data-state=stale]")
    assert names.all_inner_texts() == ["tax.pdf"]
    background = "() => getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(background)
    page.click("#theme")
    assert page.evaluate(background) != light
    assert browser.requests == []
    assert browser.complaints == []


def test_nothing_that_a_document_says_is_run(tricky_index: Path, tmp_path: Path, browser: Browser) -> None:
    page = browser.open(mapped(tricky_index, tmp_path))
    page.select_option("#by", "folder")
    page.fill("#search", "passage")
    for _ in range(7):
        page.press("#search", "Enter")
        assert "passage" in page.inner_text("#about")
    assert "folder 0 <b>" in page.inner_text("#groups")
    for spot in page.evaluate("() => data.x.map((_, point) => place(point))"):
        page.locator("#map").hover(position={"x": spot[0], "y": spot[1]})
        assert "passage" in page.inner_text("#tip")
    assert page.title() == "Map of 7 passages"
    page = browser.open(covered(tricky_index, tmp_path))
    page.click("#files th:nth-child(9) button")
    assert page.title() == "Coverage"
    assert page.locator("#files tbody tr").count() == 9
    assert browser.requests == []
    assert browser.complaints == []


def test_a_page_that_does_run_them_is_noticed(tmp_path: Path, browser: Browser) -> None:
    careless = tmp_path / "careless.html"
    careless.write_text("<p><img src=x onerror=\"document.title='pwned'\"><script>nothing()</script>")
    page = browser.open(careless)
    page.wait_for_function("document.title === 'pwned'")
    assert len(browser.requests) == 1
    assert browser.complaints
