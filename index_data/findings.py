"""What a check of an index can find."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


class Invariant(StrEnum):
    """What must hold of an index at rest; `docs/index-format.md` says it in full."""

    READABLE = "I0"
    """SQLite can read every page, and its indexes agree with its tables."""
    STAMPED = "I1"
    """A document has the digest of its file, and its row is as it was written."""
    WHOLE = "I2"
    """A document has all its passages, in order, each with one vector and its words."""
    OWNED = "I3"
    """No passage, vector or words without what they belong to."""
    ONCE = "I4"
    """A path, or a place in a document, is known once."""
    GROWING = "I5"
    """Ids only grow."""
    NAMED = "I6"
    """A segment row names a file with that content, which holds the vectors of the rows."""
    TIDY = "I7"
    """No file without a row."""
    COVERED = "I8"
    """Segments and the rest have each vector once."""
    INTACT = "I9"
    """Texts and vectors are those that were stored; a vector is finite and of unit length."""
    COMPARABLE = "I10"
    """All vectors were made in the one way that the index names."""
    AGREEING = "I11"
    """Answers are those of an exact search over all rows."""
    LOGGED = "I12"
    """The one writer keeps a log, so that readers neither wait nor write."""
    EXPENDABLE = "I13"
    """Losing every segment loses no answer."""
    REFUSED = "I14"
    """A file that could not be read is known with its reason, and was not tried too often."""
    ACCOUNTED = "I15"
    """What was read of a document is what its passages have, and what was noted."""
    WINDOWED = "I16"
    """Which passages of a document the encoder saw at once is what was noted."""


class Severity(StrEnum):
    """How bad it is."""

    NOTE = "note"
    """It costs time or room."""
    COPY = "copy"
    """What is derived from the rows is wrong, and can be made anew without loss."""
    DAMAGE = "damage"
    """What was stored is not there any more."""


_REMEDIES = {
    Severity.NOTE: "Nothing is lost; the next ingest, or `dragoman gc`, sees to it.",
    Severity.COPY: "`dragoman repair` makes it anew; nothing is lost.",
    Severity.DAMAGE: "`dragoman repair` takes it out, and the next ingest of its folder reads it again.",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it should be."""

    invariant: Invariant
    severity: Severity
    what: str
    """One line for people."""
    document_id: int | None = None
    path: Path | None = None
    """The document, or file of the index, that it is about; None where it is about all of them."""

    @property
    def remedy(self) -> str:
        """What to do about it."""
        return _REMEDIES[self.severity]


def is_sound(found: Iterable[Finding]) -> bool:
    """Tell whether nothing was found but what costs time or room."""
    return all(finding.severity is Severity.NOTE for finding in found)
