"""What happens during tuning, as small values for whoever shows it."""

from __future__ import annotations

from dataclasses import dataclass

from encoder.tuning.trials import Comparison

MOST_LOST_POINTS = 0.5
"""By how much the general check may fall."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """The corpus is divided; comes first, once."""

    pairs: int
    """To learn from."""
    queries: int
    """To measure by."""
    documents: int
    held_out: int
    """Documents, beside the others."""


@dataclass(frozen=True, slots=True)
class Measuring:
    """The encoder is about to be measured, which takes a while."""

    share: float
    """How far it has gone from what it was to what was learnt; 0: it is as it was."""


@dataclass(frozen=True, slots=True)
class Learnt:
    """One step is done."""

    steps: int
    done: float
    """Share of the time or of the steps, whichever ends sooner."""
    loss: float


@dataclass(frozen=True, slots=True)
class Report:
    """What tuning came to."""

    first: Comparison
    """Held-out queries whose passage comes first."""
    among_ten: Comparison
    """Held-out queries whose passage is among the first ten."""
    general: Comparison
    """Everyday questions and facts in many languages whose passage comes first."""
    share: float
    """How far the encoder has gone to what was learnt."""

    @property
    def is_better(self) -> bool:
        """Whether more is found at one cut and not less at the other, and all else as well as before."""
        held_out = self.first, self.among_ten
        return (
            any(measured.rises for measured in held_out)
            and all(measured.points >= 0 for measured in held_out)
            and self.general.points >= -MOST_LOST_POINTS
        )


@dataclass(frozen=True, slots=True)
class Measured:
    """One candidate is measured."""

    report: Report


@dataclass(frozen=True, slots=True)
class Finished:
    """The better encoder is written, or none is; comes last, once."""

    report: Report
    """Of what was written, else of the last candidate."""
    fingerprint: str
    """Of what was written; empty: nothing was."""


Progress = Prepared | Measuring | Learnt | Measured | Finished
