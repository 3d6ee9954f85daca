"""What stands on the screen where there are no hits, and the line below it."""

from __future__ import annotations

from textual.content import Content

from index_data.errors import DragomanError
from index_data.records import Filters, IndexSummary
from search.hits import Hit
from search.query import Query
from search.query_line import written_filters
from terminal.answer import Answer
from terminal.safe_text import safe_text

_LANGUAGES_NAMED = 12


def empty(summary: IndexSummary) -> Content:
    """Say what can be asked about, before anything is asked."""
    if not summary.passages:
        return Content.assemble(("The index is empty.", "bold"), "\n\nFill it: dragoman ingest FOLDER")
    named = [safe_text(code) for code in summary.languages][:_LANGUAGES_NAMED]
    more = len(summary.languages) - len(named)
    return Content.assemble(
        ("Ask a question in your language.", "bold"),
        f"\n\n{_count(summary.documents, 'document')}, {_count(summary.passages, 'passage')}\n",
        (", ".join(named) + (f" and {more} more" if more else ""), "$accent"),
    )


def no_hits(nearest: Hit | None, filters: Filters, *, loaded: bool) -> Content:
    """Say that nothing was found, what came nearest, and what widens the search."""
    near = f"\n\nNearest, {nearest.score:.2f}: {safe_text(nearest.document.title)}" if nearest else ""
    within = _written(filters)
    return Content.assemble(
        ("No passage answers this." if loaded else "No passage has these words.", "bold"),
        near,
        f"\n\nWithin {within}." if within else "",
        "\n\nesc leaves the question; then m finds in another way, l in other languages.",
    )


def failure(error: DragomanError) -> Content:
    """Tell an error and what helps."""
    return Content.assemble((safe_text(error.message), "bold $text-error"), f"\n\n{safe_text(error.remedy)}")


def status(
    answer: Answer | None, *, loaded: bool, load_failure: DragomanError | None, hint: str | None = None
) -> Content:
    """Sum up in one line what was found and whether the encoder took part, after a hint about the line."""
    parts = [safe_text(hint)] if hint else []
    if answer is not None:
        within = _written(answer.query.filters)
        parts += [_count(len(answer.hits), "hit") + (f" within {within}" if within else "")]
        parts += [*_examples(answer.query), f"generation {answer.generation}"]
    if load_failure is not None:
        parts.append(f"by words only: {safe_text(load_failure.message)}")
    elif not loaded:
        parts.append("loading the encoder… until then by words only")
    return Content(" · ".join(parts) or "ready")


def chips(query: Query) -> Content:
    """Show how passages are found and in which languages."""
    languages = ", ".join(map(safe_text, query.filters.languages)) or "all languages"
    if query.filters.not_languages:
        languages += f" but {', '.join(map(safe_text, query.filters.not_languages))}"
    chip = "$text-primary on $primary-muted"
    return Content.assemble((f" {query.mode} ", chip), " ", (f" {languages} ", chip))


def _examples(query: Query) -> list[str]:
    """Name the passages that the question was moved by, or that stand for it."""
    if query.by_example:
        return [f"similar to {_ids(query.like)}, s goes back"]
    return [f"{name} {_ids(ids)}" for name, ids in (("like", query.like), ("unlike", query.unlike)) if ids]


def _ids(passage_ids: tuple[int, ...]) -> str:
    return ", ".join(f"#{passage_id}" for passage_id in passage_ids)


def _written(filters: Filters) -> str:
    return safe_text(" ".join(written_filters(filters)))


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
