"""What can be done with what was found: mark, write, copy, explain, read on."""

from __future__ import annotations

import csv
import gc
import json
from collections.abc import Callable
from typing import TYPE_CHECKING

import jsonschema
import pytest
from textual.driver import Driver
from textual.geometry import Offset
from textual.pilot import Pilot
from textual.selection import Selection
from textual.strip import Strip
from textual.widgets import Input, Static

from index_data.index import Index
from search.query import Mode, Query
from terminal.json_output import schema_text
from terminal.tui import preview
from terminal.tui.app import SearchApp
from terminal.tui.asker import Asker
from terminal.tui.document_view import DocumentView
from terminal.tui.export_dialog import ExportDialog
from terminal.tui.reading_dialog import ReadingDialog
from tests.terminal.piloting import screen_of, settle, status, until

if TYPE_CHECKING:
    from pathlib import Path

    from tests.terminal.conftest import Asking, Library

SCHEMA = json.loads(schema_text())


async def export(pilot: Pilot[None], name: str) -> None:
    await pilot.press("e")
    await until(pilot, lambda: isinstance(pilot.app.screen, ExportDialog))
    pilot.app.screen.query_one(Input).value = name
    await pilot.press("enter")


async def read(pilot: Pilot[None], key: str) -> str:
    await pilot.press(key)
    await until(pilot, lambda: isinstance(pilot.app.screen, ReadingDialog))
    await pilot.pause()
    return str(pilot.app.screen.query_one("#text", Static).render())


async def test_space_marks_and_goes_on_and_only_what_is_marked_is_written(
    asker: Asker, library: Library
) -> None:
    app = SearchApp(asker, Query("bread"))
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        hits = screen_of(app).pane.hits
        await pilot.press("down", "space", "down", "space")
        await settle(pilot)
        assert hits.highlighted == 3
        assert [("✓" in str(option.prompt)) for option in hits.options][:4] == [True, False, True, False]
        assert status(app).startswith("9 hits, 2 marked · ")
        await export(pilot, "some.json")
        await until(pilot, (library.files / "some.json").exists)
        written = json.loads((library.files / "some.json").read_text(encoding="utf-8"))
        jsonschema.validate(written, SCHEMA)
        assert [result["rank"] for result in written["results"]] == [1, 3]
        await pilot.press("home", "space")
        await settle(pilot)
        assert status(app).startswith("9 hits, 1 marked · ")


async def test_a_marks_all_and_none(asker: Asker) -> None:
    app = SearchApp(asker, Query("bread"))
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        await pilot.press("down", "space", "a")
        await settle(pilot)
        assert status(app).startswith("9 hits, 9 marked · ")
        await pilot.press("a")
        await settle(pilot)
        assert "marked" not in status(app)


async def test_a_mark_stays_while_other_hits_are_shown(asker: Asker) -> None:
    app = SearchApp(asker, Query("dough"))
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        await pilot.press("down", "space")
        screen_of(app).ask("Brot lang:de")
        await settle(pilot)
        assert "marked" not in status(app)
        screen_of(app).ask("dough")
        await settle(pilot)
        assert "1 marked" in status(app)


@pytest.mark.parametrize("name", ["all.jsonl", "all.csv", "all.md"])
async def test_the_suffix_chooses_the_shape(asker: Asker, library: Library, name: str) -> None:
    app = SearchApp(asker, Query("bread"))
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        await pilot.press("down")
        await export(pilot, name)
        await until(pilot, (library.files / name).exists)
    text = (library.files / name).read_text(encoding="utf-8")
    if name.endswith("jsonl"):
        lines = [json.loads(line) for line in text.splitlines()]
        assert [line["type"] for line in lines] == ["result"] * 9 + ["summary"]
        for line in lines:
            jsonschema.validate(line, {"$ref": "#/$defs/jsonl_line", "$defs": SCHEMA["$defs"]})
    elif name.endswith("csv"):
        assert len(list(csv.DictReader(text.splitlines()))) == 9
    else:
        assert text.startswith("# bread\n")


async def test_a_suffix_that_names_no_shape_is_told(asker: Asker, library: Library) -> None:
    app = SearchApp(asker, Query("bread"))
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        await pilot.press("down")
        await export(pilot, "results.xlsx")
        await pilot.pause(0.05)
        assert isinstance(app.screen, ExportDialog)
        assert "has to end in one of .json, .jsonl, .csv, .md" in str(
            app.screen.query_one("#hint", Static).render()
        )
        assert not (library.files / "results.xlsx").exists()


async def test_where_nothing_was_found_nothing_is_written(asker: Asker) -> None:
    app = SearchApp(asker, Query(""))
    async with app.run_test() as pilot:
        await settle(pilot)
        await pilot.press("escape", "e")
        await settle(pilot)
        assert [str(toast.message) for toast in app._notifications] == ["Ask something first."]


async def test_a_citation_quotes_and_names_the_place(asker: Asker) -> None:
    app = SearchApp(asker, Query("dough"))
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        await pilot.press("down", "y")
        await pilot.pause()
        assert app.clipboard == "“Knead the dough for ten minutes.” (How to bake bread, bread.md, line 1)"
        await pilot.press("Y")
        await pilot.pause()
        result = json.loads(app.clipboard)
        assert (result["rank"], result["title"]) == (1, "How to bake bread")


async def test_a_citation_of_a_page_and_a_hostile_title(hostile_asker: Asker) -> None:
    app = SearchApp(hostile_asker, Query("pwned"))
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        for _ in range(7):
            await pilot.press("down", "y")
            await pilot.pause()
            assert app.clipboard.startswith("“pwned")
            assert not set(app.clipboard) & set("\x1b\x07\x9b\u202e")


async def test_no_click_on_what_is_told_of_a_hostile_hit_runs_anything(hostile_asker: Asker) -> None:
    app = SearchApp(hostile_asker, Query("pwned"))
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("down")
        for row in range(7):
            for key in ("x", "i"):
                told = await read(pilot, key)
                assert not set(told) & set("\x1b\x07\x9b\u202e")
                for x, y in ((14, 6), (20, 6), (14, 8), (24, 8), (24, 12)):
                    await pilot.click(offset=(x, y))
                assert isinstance(app.screen, ReadingDialog)
                await pilot.press("escape")
                await settle(pilot)
            await pilot.press("down")
            await settle(pilot)
            assert app.is_running, row


async def test_x_shows_what_each_stage_said(asker: Asker) -> None:
    app = SearchApp(asker, Query("hour bread"))
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        await pilot.press("down")
        told = await read(pilot, "x")
        assert "candidates: 9 by meaning, 2 by words → 9 in all → 9 compared → 9 hits" in told
        lines = {line.split()[0]: line for line in told.splitlines() if line.strip()}
        assert lines["meaning"].split()[-2] == "cosine"
        assert lines["words"].split()[-2] == "BM25"
        assert "rank 1" in lines["compared"]
        assert "→ hit 1" in told
        assert "✓ bread (2)" in told
        await pilot.press("escape")
        await settle(pilot)
        await pilot.press("end")
        await settle(pilot)
        last = await read(pilot, "x")
        assert "→ hit 9" in last
        assert "not found" in last
        await pilot.press("j", "k", "q")
        await settle(pilot)
        assert app.screen is screen_of(app)


async def test_i_shows_the_document_and_what_of_it_can_be_found(asker: Asker) -> None:
    app = SearchApp(asker, Query("dough"))
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        await pilot.press("down")
        told = await read(pilot, "i")
    facts = dict(line.split(maxsplit=1) for line in told.splitlines())
    assert facts["file"] == "bread.md"
    assert facts["kind"] == "md, utf-8"
    assert facts["passages"] == "3"
    assert facts["language"] == "en"


async def test_brackets_read_on_in_the_document_and_back(asker: Asker) -> None:
    app = SearchApp(asker, Query("rise warm", mode=Mode.LEXICAL))
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        await pilot.press("down")
        place = screen_of(app).query_one("#place", Static)
        passage = screen_of(app).query_one(DocumentView).passage
        assert "score" in str(place.render())
        told = []
        for key in ("]", "]", "[", "[", "[", "["):
            await pilot.press({"]": "right_square_bracket", "[": "left_square_bracket"}[key])
            await settle(pilot)
            told.append((str(place.render()).split(" · ")[-1].splitlines()[0], str(passage.written())[:12]))
        assert told[0] == ("1 after hit 1", "Good bread k")
        assert told[1] == told[0]
        assert told[2][0].startswith("words ")
        assert told[2][1].lstrip("▸").startswith("Let the bread"[:11])
        assert told[3] == ("1 before hit 1", "Mix flour, w")
        assert told[5] == told[3]


async def test_what_is_scrolled_stays_while_a_later_answer_comes(long_asker: Asker) -> None:
    app = SearchApp(long_asker, Query("Marzipan", mode=Mode.LEXICAL))
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("down", "n")
        await settle(pilot)
        document = screen_of(app).query_one("#document")
        top = document.scroll_y
        assert top > 20
        await pilot.press("ctrl+r")
        await settle(pilot)
        assert document.scroll_y == top


async def test_a_long_document_is_painted_as_far_as_it_is_in_sight(
    long_asker: Asker, monkeypatch: pytest.MonkeyPatch
) -> None:
    painted: list[int] = []

    class Watched(DocumentView):
        def _paint(self, number: int) -> Strip:
            painted.append(number)
            return super()._paint(number)

    monkeypatch.setattr(preview, "DocumentView", Watched)
    app = SearchApp(long_asker, Query("Marzipan", mode=Mode.LEXICAL))
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        document = screen_of(app).query_one(DocumentView)
        assert document.virtual_size.height > 2 * document.size.height
        assert 0 < len(set(painted)) <= document.size.height
        first, second = min(painted), min(painted) + 1
        app.screen.selections = {document: Selection(Offset(2, first), Offset(3, second))}
        await pilot.pause()
        text, _ = document.get_selection(app.screen.selections[document]) or ("", "")
        top, below = text.split("\n")
        assert len(below) == 3
        shown = [strip.text for strip in document.render_lines(document.size.region)]
        assert [line for line in shown if line.rstrip().endswith(top)]
        assert [line for line in shown if below in line]


async def test_what_the_encoder_brought_is_left_out_of_collections(asker: Asker) -> None:
    gc.unfreeze()
    try:
        await asker.load()
        assert gc.get_freeze_count() > 10_000
    finally:
        gc.unfreeze()


async def test_ctrl_r_reads_what_was_added_since(
    library: Library, asking: Asking, tmp_path: Path, writer: Callable[[str, str], None]
) -> None:
    with Index.open(library.index_folder) as index, asking(index, library.embedder) as asker:
        app = SearchApp(asker, Query("sourdough", mode=Mode.LEXICAL))
        async with app.run_test(size=(120, 40)) as pilot:
            await settle(pilot)
            assert not app.screen.has_class("-hits")
            writer("sour.md", "A sourdough needs days.\n")
            await pilot.press("escape", "ctrl+r")
            await settle(pilot)
            assert status(app).startswith("1 hit ")


class Browser(Driver):
    """A terminal that is a browser's."""

    @property
    def is_web(self) -> bool:
        return True


async def test_in_the_browser_files_are_downloaded_and_none_is_opened(
    asker: Asker, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = SearchApp(asker, Query("bread"))
    delivered: list[tuple[str, str | None]] = []
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        monkeypatch.setattr(type(app._driver), "is_web", Browser.is_web)
        monkeypatch.setattr(
            app, "deliver_text", lambda file, *, save_filename: delivered.append((file.read(), save_filename))
        )
        (library.files / "results.json").write_text("precious", encoding="utf-8")
        await pilot.press("down", "o", "O")
        await export(pilot, "results.json")
        await until(pilot, lambda: bool(delivered))
        [(text, name)] = delivered
        assert len(json.loads(text)["results"]) == 9
        assert name == "results.json"
        assert (library.files / "results.json").read_text(encoding="utf-8") == "precious"
        messages = [str(toast.message) for toast in app._notifications]
        assert messages == ["Files are opened where they are, not in a browser."] * 2
