"""Progress: a bar on stderr while somebody watches; a log that goes elsewhere gets its own lines only."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Protocol

from tqdm import tqdm
from tqdm.contrib.logging import logging_redirect_tqdm


class Bar(Protocol):
    """What a step tells of its progress."""

    def update(self, amount: float, /) -> object:
        """Add to what is done."""
        ...


@contextmanager
def bar(total: float, unit: str, label: str) -> Iterator[Bar]:
    """Show how much of `total` is done, in `unit`; silent where stderr is no terminal.

    Lines of the log are written above the bar. Fractions, as of minutes, are shown with three digits.
    """
    shown = tqdm(total=total, unit=f" {unit}", unit_scale=isinstance(total, float), desc=label, disable=None)
    with shown, nullcontext() if shown.disable else logging_redirect_tqdm():
        yield shown
