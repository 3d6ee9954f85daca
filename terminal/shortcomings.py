"""What an answer lacks, told beside it."""

from __future__ import annotations

from search.hits import EXPLAINED, Witness
from search.query import Mode
from terminal.answer import Answer
from terminal.diagnostics import narrates, tell


def tell_shortcomings(found: Answer) -> None:
    """Tell which of several indexes took no part, whether their encoders differ, and what was not read."""
    for source in found.sources:
        if source.trouble is not None:
            tell(f"dragoman: not searched: {source.collection}: {source.trouble}")
    if not narrates():
        return
    made_by = {source.fingerprint.encoder: source for source in found.sources if source.fingerprint}
    if len(made_by) > 1:
        names = ", ".join(source.collection for source in made_by.values())
        tell(f"{names} have different encoders: their passages are ordered by what chance gives in each.")
    if unread := _unread(found):
        hits = f"{unread} of {len(found.hits)} hits"
        tell(f"--budget-ms left no time to read {hits}: what is shown of them was chosen by words.")


def _unread(found: Answer) -> int:
    if found.query.budget_ms is None or found.query.mode is Mode.LEXICAL:
        return 0
    return sum(hit.evidence.witness is Witness.WORDS for hit in found.hits[:EXPLAINED])
