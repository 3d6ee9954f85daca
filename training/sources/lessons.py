"""Courses in Markdown with translations beside them: the same sequence of blocks, or the page is left out."""

import re
from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path

from training.languages import short_code
from training.pairs import fold_space
from training.sources.units import Unit

REMARK = re.compile(
    r"<!-- CO-OP TRANSLATOR (\w[\w ]*) START -->.*?<!-- CO-OP TRANSLATOR \1 END -->|<!--.*?-->", re.DOTALL
)
HEADING = re.compile(r"(#{1,6})\s+(.*)")
ITEM = re.compile(r"(?:[-*+]|\d+[.)])\s+(?:\[[ xX]\]\s+)?(.*)")
RULE = re.compile(r"[-*_=|:\s]+")
QUOTED = re.compile(r"^\s*>\s?(?:\[!\w+\]\s*)?")
PICTURE = re.compile(r"\[?!\[[^\]]*\](?:\([^)]*\)|\[[^\]]*\])(?:\]\([^)]*\))?|</?[A-Za-z][^>]*>")
LINK = re.compile(r"\[([^\]]*)\](?:\([^)]*\)|\[[^\]]*\])")
MARKS = re.compile(r"[*`]+|~~|(?<!\w)_+|_+(?!\w)|[\U0001f000-\U0001faff\u2190-\u21ff\u2300-\u2bff\ufe0f]")
UNWANTED_FOLDERS = frozenset({"pcm", "en"})


def plain_text(markdown: str) -> str:
    """Return the text of a line without pictures, addresses, emphasis and pictograms."""
    return fold_space(MARKS.sub("", LINK.sub(r"\1", PICTURE.sub("", markdown))))


def block_of(line: str) -> tuple[str, str]:
    """Return (kind, Markdown inside) of one line outside a fence; kind "" is what carries no text."""
    text = QUOTED.sub("", line).strip()
    if not text or RULE.fullmatch(text) or not fold_space(LINK.sub("", PICTURE.sub("", text)).strip("|·•- ")):
        return "", ""
    if heading := HEADING.fullmatch(text):
        return f"h{len(heading[1])}", heading[2].rstrip("# ")
    if item := ITEM.fullmatch(text):
        return "item", item[1]
    if text.startswith("|"):
        return "row", ", ".join(filter(None, (cell.strip() for cell in text.split("|"))))
    return "paragraph", text


def page_blocks(page: str) -> list[tuple[str, str]]:
    """Return (kind, text) of every heading, paragraph, list item and table row of a page."""
    blocks: list[tuple[str, str]] = []
    fence = before = ""
    for line in REMARK.sub("", page).splitlines():
        text = QUOTED.sub("", line).strip()
        marks = "".join(takewhile(lambda sign: sign in "`~", text))
        if fence:
            fence = "" if marks == text and text.startswith(fence) else fence
        elif len(marks) >= 3:
            fence, before = marks, ""
        else:
            kind, inside = block_of(line)
            if kind == "paragraph" and before in {"paragraph", "item"}:
                blocks[-1] = (blocks[-1][0], f"{blocks[-1][1]} {inside}")
            else:
                before = kind
                blocks += [(kind, inside)] if kind else []
    return [(kind, plain_text(inside)) for kind, inside in blocks]


def align(english: list[tuple[str, str]], other: list[tuple[str, str]]) -> list[Unit]:
    """Return the aligned blocks of two pages; none unless their sequences of kinds are equal.

    The translation may end with one paragraph more: the translating tool's disclaimer.
    """
    kinds, found = [kind for kind, _ in english], [kind for kind, _ in other]
    if found not in (kinds, [*kinds, "paragraph"]):
        return []
    return [
        Unit(kind.startswith("h"), text, translated)
        for (kind, text), (_, translated) in zip(english, other, strict=False)
        if text and translated and text != translated
    ]


def lesson_pages(clone: Path) -> Iterator[tuple[str, list[Unit]]]:
    """Yield (folder name of the language, aligned units) of every translated page of one course."""
    root = clone / "translations"
    folders = sorted(
        path.name for path in root.iterdir() if path.is_dir() and path.name not in UNWANTED_FOLDERS
    )
    for page in sorted(clone.rglob("*.md")):
        name = page.relative_to(clone)
        if name.parts[0] != "translations":
            english = page_blocks(page.read_text(encoding="utf-8"))
            for folder in folders:
                path = root / folder / name
                if path.exists():
                    yield short_code(folder), align(english, page_blocks(path.read_text(encoding="utf-8")))
