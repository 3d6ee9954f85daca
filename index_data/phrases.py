"""Whether words stand side by side in a text, by the rules of the lexical channel.

A word without marks stands for those with marks, too; marks that were typed have to be there. Where words are
not spaced, and in Korean, a phrase is found inside longer stretches. Between two words may stand anything
that is no word; between two characters of one stretch, nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from index_data.records import Filters, Phrase
from index_data.words import Unit, query_words, units

_MOST_WORDS = 32
"""Words of a phrase that the full-text table is asked for."""


def fts_expression(phrase: Phrase) -> str | None:
    """Write what the full-text table has to hold of a passage with `phrase`; None if it has no words.

    Where `settled`, it holds of no other passage.
    """
    words = listed_words(phrase)
    return " AND ".join(map(_quoted, words)) + ("*" if phrase.open_ended else "") if words else None


def listed_words(phrase: Phrase) -> list[str]:
    """Return words that each passage with `phrase` has, in their order; the last one may only begin one.

    Where `settled`, no other passage has them all.
    """
    steps = units(phrase.text)
    if len(steps) == 1 and not steps[0].listed:
        return []
    return _looked_up(steps)[-_MOST_WORDS:]


def words_begun(filters: Filters) -> list[str]:
    """Write what the full-text table has to hold of passages with the last word of an open-ended phrase."""
    asked = [phrase for one in filters.chain() for phrase in one.phrases if phrase.open_ended]
    return [_quoted(words[-1]) + "*" for phrase in asked if (words := _looked_up(units(phrase.text)))]


def begun(beginning: str) -> str:
    """Return the word in one of `words_begun`."""
    return beginning.removesuffix("*")[1:-1].replace('""', '"')


def settled(phrase: Phrase) -> bool:
    """Whether the full-text table alone tells which passages have `phrase`."""
    steps = units(phrase.text)
    return len(steps) < 2 and all(step.listed for step in steps)


def stands_in(phrase: Phrase, text: str) -> bool:
    """Whether the words of `phrase` are in `text`, side by side and in this order."""
    steps = _steps(phrase.text)
    if not steps:
        return False
    first, rest, there = steps[0], steps[1:], units(text)
    begun = phrase.open_ended and not rest
    return any(
        _fits(first, step, open_ended=begun) and _follow(rest, there[place:], open_ended=phrase.open_ended)
        for place, step in enumerate(there, start=1)
    )


def _follow(wanted: Sequence[Unit], there: Sequence[Unit], *, open_ended: bool) -> bool:
    last = len(wanted) - 1
    return len(there) > last and all(
        (there[place].touching or not step.touching)
        and _fits(step, there[place], open_ended=open_ended and place == last)
        for place, step in enumerate(wanted)
    )


def _fits(wanted: Unit, there: Unit, *, open_ended: bool) -> bool:
    if not open_ended:
        return wanted.exact == there.exact or wanted.exact in there.loose
    return any(form.startswith(wanted.exact) for form in (there.exact, *there.loose))


_steps = lru_cache(maxsize=256)(units)


def _looked_up(steps: Sequence[Unit]) -> list[str]:
    """Return the words that the table has of each passage with these steps, in their order."""
    words: list[str] = []
    characters: list[str] = []
    for stretch in _stretches(steps):
        whole = "".join(step.exact for step in stretch)
        asked = query_words(whole)
        # Of part of a Korean word the table has pairs only; of a character within a stretch, perhaps nothing.
        found = characters if len(stretch) == 1 and not stretch[0].spaced else words
        found += [word for word in asked if word != whole] or asked
    return words or characters


def _stretches(steps: Sequence[Unit]) -> list[list[Unit]]:
    stretches: list[list[Unit]] = []
    for step in steps:
        if step.touching:
            stretches[-1].append(step)
        else:
            stretches.append([step])
    return stretches


def _quoted(word: str) -> str:
    return '"' + word.replace('"', '""') + '"'
