"""The page of a PDF on which a hit stands, drawn as well as the terminal can."""

from __future__ import annotations

import asyncio
from functools import cache

from PIL import Image as Picture
from textual import work
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static
from textual_image._terminal import get_cell_size
from textual_image.widget._base import Image

from index_data.errors import DragomanError
from ingest.page_pictures import PagePicture, PagePictures
from search.hits import Hit
from terminal.safe_text import safe_text

_LINES_ABOVE = 3
"""Between the upper edge and the box, after scrolling to it."""


@cache
def drawing() -> type[Image]:
    """Choose the best way to draw: sixels, kitty's protocol, or half blocks, which every terminal can.

    The first call asks the terminal, so it has to come before the app reads what the terminal says.
    """
    from textual_image import renderable
    from textual_image.widget import AutoImage, HalfcellImage, SixelImage

    if renderable.Image is renderable.SixelImage:
        return SixelImage
    return AutoImage if renderable.Image is renderable.TGPImage else HalfcellImage


class PageView(VerticalScroll):
    """Takes the place of the text when it is asked to, and then follows the hits."""

    DEFAULT_CSS = """
    PageView {
        height: 1fr;
        padding: 0 1;
        scrollbar-size-vertical: 1;
        scrollbar-gutter: stable;
        #page-note {
            dock: top;
            padding: 0 1;
            color: $text-muted;
        }
    }
    """

    def __init__(self, pictures: PagePictures | None = None) -> None:
        super().__init__(id="page")
        self.display = False
        self._pictures = pictures or PagePictures()
        self._hit: Hit | None = None
        self._picture: PagePicture | None = None

    def compose(self) -> ComposeResult:
        """Place the parts."""
        yield Static(id="page-note", markup=False)

    def follow(self, hit: Hit) -> None:
        """Show the page of another hit, if pages are shown."""
        self._hit = hit
        if self.display:
            self._draw(hit)

    def toggle(self, text: Widget) -> None:
        """Take the place of `text`, or give it back."""
        self.display, text.display = not self.display, self.display
        if self.display and self._hit is not None:
            self._draw(self._hit)

    @work(exclusive=True, group="page")
    async def _draw(self, hit: Hit) -> None:
        page = hit.passage.page
        if hit.document.media_type != "pdf" or page is None:
            await self._show(None, "Only PDF files have pages to draw. p shows the text.")
            return
        start, end = hit.snippet
        text = hit.passage.text[start:end]
        try:
            picture = await asyncio.to_thread(self._pictures.picture, hit.document.path, page, text)
        except DragomanError as error:
            await self._show(None, safe_text(f"The page cannot be drawn: {error.message}. p shows the text."))
        else:
            found = "" if picture.boxes else ", and the text was not found on it"
            await self._show(picture, f"page {picture.page}{found} · p shows the text")

    def on_resize(self) -> None:
        """Draw as wide as there is room."""
        self._fit()

    async def _show(self, picture: PagePicture | None, note: str) -> None:
        self.query_one("#page-note", Static).update(Content(note))
        await self.query(".page-picture").remove()
        self._picture = picture
        if picture is None:
            return
        pixels = Picture.frombytes("RGB", (picture.width, picture.height), picture.rgb)
        await self.mount(drawing()(pixels, classes="page-picture"))
        self._fit()

    def _fit(self) -> None:
        picture = self._picture
        if picture is None:
            return
        for drawn in self.query(".page-picture"):
            cell = get_cell_size()
            width = max(self.scrollable_content_region.width, 1)
            height = round(width * cell.width / cell.height * picture.height / picture.width)
            drawn.styles.width, drawn.styles.height = width, max(height, 1)
            self.call_after_refresh(self._scroll_to_box, drawn, picture)

    def _scroll_to_box(self, drawn: Widget, picture: PagePicture) -> None:
        top = picture.boxes[0][1] / picture.height if picture.boxes else 0.0
        line = drawn.virtual_region.y + round(top * drawn.size.height)
        self.scroll_to(y=max(line - _LINES_ABOVE, 0), animate=False, force=True)
