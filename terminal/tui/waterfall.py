"""What each stage of a search said of one passage, as bars below one another."""

from __future__ import annotations

from typing import Any

from textual.content import Content

from search.hits import Hit
from terminal.passage_names import own_number
from terminal.safe_text import safe_text
from terminal.tui.bar import bar

_CELLS = 14


def course_of(told: dict[str, Any], hit: Hit) -> dict[str, Any] | None:
    """Find what `told`, a `dragoman.explain/1`, says of a passage; None if it says nothing."""
    known = [*told["hits"], *([told["target"]] if told["target"] else [])]
    return next((one for one in known if _is(one, hit)), None)


def waterfall(told: dict[str, Any], hit: Hit) -> Content:
    """Write how the search went, and the course of a passage through it."""
    course = course_of(told, hit)
    if course is None:
        return Content("The passage has gone from the index since it was found.")
    lines = [_stages(told["stages"]), Content(""), *_bars(course, told), Content("")]
    lines += _words(course, told)
    target = told["target"]
    if target and _is(target, hit):
        lines.append(Content(safe_text(target["why"])))
    return Content("\n").join(lines)


def _is(told: dict[str, Any], hit: Hit) -> bool:
    return (told["passage_id"], told["collection"]) == (own_number(hit.passage_id), hit.collection)


def _stages(counted: dict[str, Any]) -> Content:
    channels = {"dense": "by meaning", "lexical": "by words", "sparse": "by pieces"}
    proposed = [f"{counted[name]:,} {told}" for name, told in channels.items() if counted[name]]
    steps = [f"candidates: {', '.join(proposed) or 'none'}", f"{counted['fused']:,} in all"]
    steps += [f"{counted['copies']:,} copies folded"] if counted["copies"] else []
    compared = "re-ranked" if counted["reranked"] else "compared"
    steps += [f"{counted['compared']:,} {compared}", f"{counted['hits']:,} hits"]
    return Content.styled(" → ".join(steps), "$text-muted")


def _bars(course: dict[str, Any], told: dict[str, Any]) -> list[Content]:
    best = max((one["lexical"]["score"] or 0.0 for one in [*told["hits"], course]), default=0.0)
    rows = [
        _row("meaning", course["dense"], 1.0, "cosine", ".4f"),
        _row("words", course["lexical"], best, "BM25", ".2f"),
    ]
    rows += [_row("pieces", course["sparse"], 1.0, "product", ".2f")] if told["stages"]["sparse"] else []
    rows.append(_row("fused", course["fused"], 1.0, "score", ".4f"))
    if course["rerank"] is not None:
        says = {"rank": None, "score": course["rerank"]}
        rows.append(_row("re-ranker", says, 1.0, "says", ".4f"))
    rows.append(_row("compared", course["compared"], 1.0, "score", ".4f"))
    end = f"hit {course['final']}" if course["final"] is not None else safe_text(course["fate"])
    rows.append(Content.assemble((f"{'':<10}", ""), (f"→ {end}", "bold")))
    return rows


def _row(name: str, standing: dict[str, Any], most: float, unit: str, digits: str) -> Content:
    score, rank = standing["score"], standing["rank"]
    if score is None:
        return Content.assemble((f"{name:<10}", "bold"), (f"{'not found':>{_CELLS}}", "$text-muted"))
    ranked = "" if rank is None else f"rank {rank:,}"
    share = score / most if most else 0.0
    return Content.assemble(
        (f"{name:<10}", "bold"),
        bar(share, _CELLS),
        f" {ranked:<10} ",
        (f"{unit} {score:{digits}}", "$text-accent"),
    )


def _words(course: dict[str, Any], told: dict[str, Any]) -> list[Content]:
    """Name the words of the question, those first that the passage has."""
    if not told["words"]:
        return []
    has = set(course["words"])
    rows = [Content.styled("Words of the question, and how many passages have them:", "$text-muted")]
    for one in sorted(told["words"], key=lambda one: one["word"] not in has):
        sign = "✓" if one["word"] in has else " "
        rows.append(Content(f" {sign} {safe_text(one['word'])} ({one['passages']:,})"))
    return [*rows, Content("")]
