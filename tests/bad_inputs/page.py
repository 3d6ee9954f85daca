"""The page about bad inputs, written from the tables that the tests hold the program to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from tests.bad_inputs.elsewhere import ELSEWHERE, NOT_MADE
from tests.bad_inputs.folder import BY_KIND

PAGE = Path(__file__).parents[2] / "docs" / "bad-inputs.md"
INTRODUCTION = """\
# Bad inputs

What Dragoman makes of files that are damaged, hostile or odd. Each is made from a seed by `tests/bad_inputs`.
Every run of the tests ingests them all at once: the run goes on, each file comes to what stands here, and the
good files among them are found. `scripts/bad-inputs` writes this page; a test fails where it is out of date.

What is *read* is found by its words. A line in `code` is what the report and `dragoman status` say of a file
that is not in the index, or what is noted about one that is. The numbers are those of a list of 78 cases, of
which some have several inputs here.
"""


def written() -> str:
    """Write the whole page."""
    return "\n".join([INTRODUCTION, *_sections()])


def _sections() -> Iterator[str]:
    for kind, inputs in BY_KIND.items():
        rows = sorted(
            {(one.case, one.what, str(one.outcome)): None for one in inputs}, key=lambda row: row[0]
        )
        yield f"## {kind}\n"
        yield _table(("case", "input", "what Dragoman says"), rows)
    yield "## Put in by other tests\n"
    yield _table(
        ("case", "input", "test"), ((one.case, one.what, f"`tests/{one.test}`") for one in ELSEWHERE)
    )
    yield "## Put in by no test\n"
    yield _table(("case", "input", "why"), ((one.case, one.what, one.why) for one in NOT_MADE))


def _table(head: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> str:
    lines = (head, ("---",) * len(head), *rows)
    return "".join(f"| {' | '.join(map(str, line))} |\n" for line in lines)


if __name__ == "__main__":
    PAGE.write_text(written(), encoding="utf-8")
