"""What stands on the screen where there are no hits, and the lines above and below it."""

from __future__ import annotations

from textual.content import Content

from index_data.errors import DragomanError
from index_data.records import IndexSummary
from search.hits import Hit
from search.query import Mode, Query
from search.query_line import written_filters
from terminal.answer import Answer
from terminal.engine.engine import Stage
from terminal.passage_names import own_number
from terminal.safe_text import safe_text
from terminal.tui.progress import Progress

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
        (", ".join(named) + (f" and {more} more" if more else ""), "$text-accent"),
    )


def no_hits(nearest: Hit | None, query: Query, stage: Stage) -> Content:
    """Say that nothing was found, what came nearest, and what widens the search."""
    near = f"\n\nNearest, {nearest.score:.2f}: {safe_text(nearest.document.title)}" if nearest else ""
    within = safe_text(" ".join(written_filters(query.filters)))
    by_words = stage is Stage.WORDS
    return Content.assemble(
        ("No passage has these words." if by_words else "No passage answers this.", "bold"),
        near,
        f"\n\nWithin {within}." if within else "",
        "\n\nesc leaves the question; then m finds in another way, l in other languages.",
    )


def failure(error: DragomanError) -> Content:
    """Tell an error and what helps."""
    return Content.assemble((safe_text(error.message), "bold $text-error"), f"\n\n{safe_text(error.remedy)}")


def status(
    answer: Answer | None, progress: Progress, *, load_failure: DragomanError | None = None, marked: int = 0
) -> Content:
    """Sum up in one line what was found and how far the search is, after a hint about the line."""
    parts = [safe_text(progress.hint)] if progress.hint else []
    if answer is not None:
        found = _count(len(answer.hits), "hit")
        parts += [
            f"{found}, {marked} marked" if marked else found,
            *_examples(answer.query),
            *_not_searched(answer),
        ]
    parts += [told] if (told := _how_far(answer, progress)) else []
    if answer is not None:
        parts.append(f"generation {answer.generation}")
    if load_failure is not None:
        parts.append(f"by words only: {safe_text(load_failure.message)}")
    elif not progress.loaded:
        parts.append("loading the encoder… until then by words only")
    return Content(" · ".join(parts) or "ready")


def chips(query: Query, *, rerank: bool) -> Content:
    """Show how passages are found and within what, as the line is understood."""
    languages = ", ".join(map(safe_text, query.filters.languages)) or "all languages"
    if query.filters.not_languages:
        languages += f" but {', '.join(map(safe_text, query.filters.not_languages))}"
    named = [str(query.mode), languages]
    named += ["balanced"] if query.balance_languages else []
    named += ["not re-ranked"] if not rerank and query.mode is not Mode.LEXICAL else []
    named += [f"like {len(query.like)}"] if query.like else []
    named += [f"unlike {len(query.unlike)}"] if query.unlike else []
    # Those that the chip of the languages names need none of their own.
    pieces = [safe_text(piece) for piece in written_filters(query.filters)]
    named += [piece for piece in pieces if not piece.startswith(("lang:", "-lang:"))]
    return Content(" ").join(Content.styled(f" {name} ", "$chip on $chip-ground") for name in named)


def _how_far(answer: Answer | None, progress: Progress) -> str:
    """Name the stage that is shown, and the one that is awaited."""
    if progress.stopped:
        return "stopped: enter asks again"
    # Words take no longer than it would to read that they are awaited.
    coming = {Stage.FUSED: "meaning follows…", Stage.RANKED: "re-ranking…"}
    parts = [_shown(answer, progress.shown)] if answer is not None and progress.shown else []
    parts += [coming[progress.awaited]] if progress.awaited in coming else []
    return ", ".join(filter(None, parts))


def _shown(answer: Answer, stage: Stage) -> str:
    if answer.query.by_example:
        return ""
    if stage is Stage.WORDS:
        return "by words"
    if stage is Stage.RANKED and answer.reranked:
        return "re-ranked"
    return "by meaning" if answer.query.mode is Mode.DENSE else "by words and meaning"


def _examples(query: Query) -> list[str]:
    """Name the passages that the question was moved by, or that stand for it."""
    if query.by_example:
        return [f"similar to {_ids(query.like)}, s goes back"]
    return [f"{name} {_ids(ids)}" for name, ids in (("like", query.like), ("unlike", query.unlike)) if ids]


def _not_searched(answer: Answer) -> list[str]:
    names = [safe_text(source.collection) for source in answer.sources if source.trouble is not None]
    return [f"not searched: {', '.join(names)}"] if names else []


def _ids(passage_ids: tuple[int, ...]) -> str:
    return ", ".join(f"#{own_number(passage_id)}" for passage_id in passage_ids)


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
