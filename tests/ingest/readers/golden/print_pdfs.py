"""Prints each text of this folder to a PDF file, in a narrow column so that lines break, with Noto fonts.

`python tests/ingest/readers/golden/print_pdfs.py`
"""

from __future__ import annotations

import subprocess
from html import escape
from pathlib import Path
from tempfile import TemporaryDirectory

HERE = Path(__file__).parent
FONTS = {
    "arabic": "Noto Naskh Arabic",
    "chinese": "Noto Serif CJK SC",
    "cyrillic": "Noto Serif",
    "greek": "Noto Serif",
    "japanese": "Noto Serif CJK JP",
    "korean": "Noto Serif CJK KR",
    "latin": "Noto Serif",
}
"""Where the font is not called after its script."""
RIGHT_TO_LEFT = {"arabic", "hebrew"}


def page(script: str, text: str) -> str:
    """Set the lines of a text as paragraphs of a page of HTML."""
    font = FONTS.get(script, f"Noto Serif {script.title()}")
    direction = "rtl" if script in RIGHT_TO_LEFT else "ltr"
    style = f"<style>body{{font:16px '{font}';width:280px}}</style>"
    paragraphs = "".join(f"<p>{escape(line)}</p>" for line in text.splitlines())
    return f'<html dir="{direction}"><meta charset="utf-8"><title>{script}</title>{style}{paragraphs}'


def main() -> None:
    """Print them all."""
    with TemporaryDirectory() as folder:
        for source in sorted(HERE.glob("*.txt")):
            made = Path(folder, f"{source.stem}.html")
            made.write_text(page(source.stem, source.read_text(encoding="utf-8")), encoding="utf-8")
            target = source.with_suffix(".pdf")
            options = ("--headless", "--disable-gpu", "--no-pdf-header-footer", f"--print-to-pdf={target}")
            subprocess.run(["chromium", *options, made], check=True, capture_output=True)


if __name__ == "__main__":
    main()
