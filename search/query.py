"""What a user asks."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from index_data.records import Filters


class Mode(StrEnum):
    """Which channels propose candidates."""

    HYBRID = "hybrid"
    DENSE = "dense"
    LEXICAL = "lexical"


@dataclass(frozen=True, slots=True)
class Query:
    """A question and the frame in which it is asked."""

    text: str
    """The words that are searched for; empty to ask for passages like those of `like`."""
    limit: int = 10
    """Hits at most."""
    mode: Mode = Mode.HYBRID
    filters: Filters = field(default_factory=Filters)
    min_score: float | None = None
    """Hits below it are left out, 0 to 1; None: all are, if the best is no more than chance gives."""
    budget_ms: int | None = None
    """Milliseconds from the start of the search after which nothing more is read; None: no limit."""
    like: tuple[int, ...] = ()
    """Ids of passages whose meaning is wanted, too."""
    unlike: tuple[int, ...] = ()
    """Ids of passages whose meaning is not."""
    per_document: int | None = None
    """Hits of one document at most; None: five, and more only where other documents do not fill the page."""
    collapse: bool = True
    """Fold copies into one hit, and hold back more passages of a document than `per_document` says."""
    diverse: bool = False
    """Prefer hits that say something else than those above them."""
    snippets: bool = True
    """Find the part of each hit that is worth showing; a hit that is only counted needs none."""
    preferred_languages: tuple[str, ...] = ()
    """ISO 639-1 codes whose passages get a bonus; it brings none above `min_score`."""
    balance_languages: bool = False
    """Take out of the cosines what the encoder gives a language, whatever is said in it."""
    typed: str = field(default="", compare=False)
    """The whole line, with its fields and marks; empty where nobody typed one."""

    @property
    def asked(self) -> str:
        """The question as its author wrote it."""
        return self.typed or self.text

    @property
    def judged(self) -> bool:
        """An answer that is no more than chance gives is left out."""
        return self.min_score is None and self.mode is not Mode.LEXICAL

    @property
    def most_of_one(self) -> int | None:
        """Hits of one document at most, as `per_document` has it."""
        return self.per_document if self.collapse else self.limit

    @property
    def by_example(self) -> bool:
        """It has no words of its own, and asks for passages like some others, whatever its mode."""
        return not self.text and bool(self.like)
