"""What is known of a document, and how much of it can be found."""

from __future__ import annotations

from datetime import datetime

from textual.content import Content

from index_data.records import Document, FileAccount
from terminal.safe_text import safe_path, safe_text

_PAGES_NAMED = 12
_DIGITS = 16
"""Of a digest; enough to tell it from others."""


def document_facts(document: Document, account: FileAccount | None, *, stale: bool) -> Content:
    """Write a fact a line."""
    stamp = document.stamp
    facts = [
        ("file", safe_path(document.path)),
        ("kind", safe_text(document.media_type) + (f", {document.encoding}" if document.encoding else "")),
        ("language", safe_text(document.language)),
        ("size", f"{stamp.size:,} bytes"),
        ("changed", _when(stamp.modified_ns) + (", and again since it was read" if stale else "")),
        ("SHA-256", f"{stamp.content_hash[:_DIGITS]}…"),
        *(_coverage(account) if account else []),
        *(("note", safe_text(note)) for note in document.notes),
    ]
    return Content("\n").join(Content.assemble((f"{name:<10}", "bold"), told) for name, told in facts)


def _coverage(account: FileAccount) -> list[tuple[str, str]]:
    facts = [("passages", f"{account.passages:,}")]
    if account.characters is not None:
        share = account.share_embedded
        found = "" if share is None else f", {share:.0%} of them can be found"
        facts.append(("text", f"{account.characters:,} characters{found}"))
    if account.pages is not None:
        facts.append(("pages", f"{account.pages:,}"))
        facts += [("no text", f"on {_pages(account.textless_pages)}")] if account.textless_pages else []
        facts += (
            [("OCR", f"{_pages(account.recognised_pages)}, recognised")] if account.recognised_pages else []
        )
    return facts


def _pages(numbers: tuple[int, ...]) -> str:
    named = ", ".join(map(str, numbers[:_PAGES_NAMED]))
    rest = len(numbers) - _PAGES_NAMED
    return f"page{'s' if len(numbers) > 1 else ''} {named}" + (f" and {rest} more" if rest > 0 else "")


def _when(moment_ns: int) -> str:
    return f"{datetime.fromtimestamp(moment_ns / 1e9).astimezone():%Y-%m-%d %H:%M}"
