"""Explanations for people and as JSON."""

from __future__ import annotations

from typing import Any

from index_data.full_text import WordUse
from index_data.records import Filters
from search.explanation import DEEPEST, Course, Explanation, Fate, Standing
from search.query import Query
from search.query_line import written_filters
from terminal.json_output import dump, passage_fields
from terminal.passage_names import own_number, shown
from terminal.safe_text import safe_path, safe_text
from terminal.text_output import place

SCHEMA = "dragoman.explain/1"


def explanation_text(told: Explanation, absent: str | None) -> str:
    """Write a block for each hit, and why the target is none; `absent` says why it has no passage at all."""
    lines = [_asked(told)]
    for course in told.hits:
        lines += ["", *_course(course, told)]
    if absent is not None:
        lines += ["", f"Not found: {safe_text(absent)}."]
    elif told.target is not None:
        verdict = _verdict(told.target, told)
        lines += ["", verdict, *([] if told.target in told.hits else _course(told.target, told))]
    return "".join(line.rstrip() + "\n" for line in lines)


def explanation_json(told: Explanation, absent: str | None) -> str:
    """Write one object."""
    return dump(explanation_fields(told, absent), indent=2) + "\n"


def explanation_fields(told: Explanation, absent: str | None) -> dict[str, Any]:
    """Make the object that is written."""
    proposals, query = told.trace.proposals, told.query
    return {
        "schema": SCHEMA,
        "query": {"text": query.text, "mode": query.mode, "limit": query.limit, "min_score": query.min_score},
        "words": [{"word": use.word, "passages": use.passages} for use in told.words],
        "stages": {
            "depth": proposals.depth,
            "dense": len(proposals.dense),
            "lexical": len(proposals.lexical),
            "sparse": len(proposals.sparse),
            "fused": len(proposals.fused),
            "copies": sum(map(len, told.trace.copies.values())),
            "compared": len(told.trace.judged),
            "reranked": told.reranked,
            "held_back": len(told.trace.held_back),
            "hits": len(told.hits),
        },
        "hits": list(map(_fields, told.hits)),
        "target": None
        if told.target is None
        else {**_fields(told.target), "why": _verdict(told.target, told)},
        "absent": absent,
    }


def _asked(told: Explanation) -> str:
    proposals = told.trace.proposals
    counts = [f"{len(proposals.dense)} by meaning"] if proposals.dense else []
    counts += [f"{len(proposals.lexical)} by words"] if proposals.lexical else []
    counts += [f"{len(proposals.sparse)} by pieces"] if proposals.sparse else []
    folded = sum(map(len, told.trace.copies.values()))
    steps = [
        f"candidates: {', '.join(counts) or 'none'}; {len(proposals.fused)} in all",
        *([f"copies folded: {folded}"] if folded else []),
        f"{'re-ranked' if told.reranked else 'compared'}: {len(told.trace.judged)}",
        f"hits: {len(told.hits)}",
    ]
    return f"{_words(told.words)}{' -> '.join(steps)}"


def _words(uses: tuple[WordUse, ...]) -> str:
    named = ", ".join(f"{safe_text(use.word)} ({use.passages:,})" for use in uses)
    return f"words asked for, and passages that have them: {named}\n" if uses else ""


def _course(course: Course, told: Explanation) -> list[str]:
    stored, depth = course.stored, told.trace.proposals.depth
    passage = stored.passage
    rank = f"{course.final:>2}" if course.final is not None else " -"
    lines = [
        f"{rank}  {shown(stored.passage_id, stored.collection)}  {safe_text(stored.document.title)}  "
        f"{safe_text(passage.language)}",
        f"    {safe_path(stored.document.path)}, {place(passage)}",
    ]
    if told.trace.vector is not None:
        lines.append(f"    meaning   {_ranked(course.dense, 'cosine', 4, depth)}")
    if told.words:
        shared = ", ".join(f"{safe_text(use.word)} ({use.passages:,})" for use in course.words)
        ranked = _ranked(course.lexical, "BM25", 2, depth)
        lines.append(f"    words     {f'{ranked}: {shared}' if shared else 'none of them'}")
    if told.trace.proposals.sparse:
        lines.append(f"    pieces    {_ranked(course.sparse, 'product', 2, depth)}")
    if course.fused.rank is not None:
        lines.append(f"    fused     {_ranked(course.fused, 'score', 4)}")
    if course.compared.rank is not None:
        opinion = "" if course.rerank is None else f"; the re-ranker says {course.rerank:.4f}"
        lines.append(f"    compared  {_ranked(course.compared, 'score', 4)}{opinion}")
    if course.stale:
        lines.append("    The file has changed or gone since it was read.")
    lines += [f"    {safe_text(note)}" for note in stored.document.notes]
    return lines


def _ranked(standing: Standing, unit: str, digits: int, depth: int | None = None) -> str:
    if standing.score is None:
        return f"not among the first {DEEPEST:,}" if depth is None else "not found"
    score = f"{unit} {standing.score:.{digits}f}"
    if standing.rank is None:
        return f"below the candidates, {score}"
    beyond = f", and {depth:,} are candidates" if depth is not None and standing.rank > depth else ""
    return f"rank {standing.rank:,}{beyond}, {score}"


def _verdict(target: Course, told: Explanation) -> str:
    """Say in one sentence what became of the passage that was asked about."""
    name, query = shown(target.stored.passage_id, target.stored.collection), told.query
    match target.fate:
        case Fate.HIT:
            return f"{name} is hit {target.final}."
        case Fate.HELD_BACK:
            return f"{name} was held back: other passages of its document are hits. --all shows it."
        case Fate.BEYOND_LIMIT:
            return f"{name} is on place {target.compared.rank}, beyond the limit of {query.limit} (-n)."
        case Fate.BELOW_MIN_SCORE:
            return f"{name} scores {target.compared.score:.4f}, below --min-score {query.min_score:g}."
        case Fate.COPY:
            return f"{name} says what {_standing_for(target)} says, which stands for it. --all shows both."
        case Fate.EXAMPLE:
            return f"{name} is what the hits should be like."
        case Fate.FILTERED:
            return f"{name} is filtered out by {', '.join(_flag(query, name) for name in target.filters)}."
        case _:
            return f"{name} {_left_out(target, told)}"


def _standing_for(target: Course) -> str:
    original = target.stands_for_it
    assert original is not None  # else it would be no copy
    return shown(original.passage_id, original.collection)


def _left_out(target: Course, told: Explanation) -> str:
    """Say why it was not even compared for the page."""
    proposals, looked_at = told.trace.proposals, len(told.trace.judged)
    match target.fate:
        case Fate.REFUSED:
            best = max(one.score for one in proposals.fused)
            return (
                f"is a candidate, but the best, {best:.4f}, is no more than chance. --min-score 0 shows it."
            )
        case Fate.NOT_COMPARED:
            place = target.fused.rank
            return f"is on place {place} of the candidates; {looked_at} were compared. -n shows more."
        case _:
            return f"is not among the {proposals.depth:,} best of any channel. -n shows more."


def _flag(query: Query, field: str) -> str:
    only = Filters(**{field: getattr(query.filters, field)})
    return safe_text(" ".join(written_filters(only)))


def _fields(course: Course) -> dict[str, Any]:
    return {
        **passage_fields(course.stored, with_text=False),
        "fate": course.fate,
        "dense": _standing(course.dense),
        "lexical": _standing(course.lexical),
        "sparse": _standing(course.sparse),
        "words": [use.word for use in course.words],
        "fused": _standing(course.fused),
        "compared": _standing(course.compared),
        "rerank": None if course.rerank is None else round(course.rerank, 4),
        "final": course.final,
        "copy_of": None if course.stands_for_it is None else own_number(course.stands_for_it.passage_id),
        "copy_of_collection": course.stands_for_it and course.stands_for_it.collection,
        "filters": course.filters,
        "stale": course.stale,
    }


def _standing(standing: Standing) -> dict[str, Any]:
    score = standing.score
    return {"rank": standing.rank, "score": None if score is None else round(score, 4)}
