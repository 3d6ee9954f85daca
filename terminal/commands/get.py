"""`dragoman get`: the whole text of passages, and of what stands around them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import click

from index_data.records import StoredPassage
from terminal.commands.options import index_option, quiet_option
from terminal.commands.passage_id import Stretch, StretchOfPassages, found_for, settings_for
from terminal.delivery import deliver
from terminal.diagnostics import ExitCode
from terminal.json_output import dump, passage_fields
from terminal.passage_names import shown
from terminal.safe_text import safe_path, safe_text

SCHEMA = "dragoman.get/1"


_EXAMPLES = """\b
Try:
  dragoman get 12
  dragoman get 12:1:2 40
  dragoman get papers:12 mails:7:1
"""


@click.command(epilog=_EXAMPLES)
@click.argument("passages", nargs=-1, required=True, type=StretchOfPassages())
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@index_option
@quiet_option
def get(passages: tuple[Stretch, ...], *, as_json: bool, **flags: object) -> int:
    """Print passages whole, by their numbers.

    Before a number may stand its collection, after it how many of its neighbours are wanted, before and
    after it.
    """
    from terminal.engine.opening import nearest_engine

    found = []
    for one in passages:
        number = one.name.number
        with nearest_engine(settings_for(one.name, flags)) as engine:
            stretch = found_for(number, engine.passages_around(number, one.before, one.after))
        found.append([replace(stored, collection=one.name.collection) for stored in stretch])
    deliver(dump(passages_fields(found), indent=2) + "\n" if as_json else "\n".join(map(_text, found)))
    return ExitCode.OK


def passages_fields(found: Sequence[Sequence[StoredPassage]]) -> dict[str, object]:
    """Make the object that `--json` writes."""
    passages = [passage_fields(stored) for stretch in found for stored in stretch]
    return {"schema": SCHEMA, "passages": passages}


def _text(stretch: Sequence[StoredPassage]) -> str:
    from terminal.text_output import place

    document = stretch[0].document
    lines = [f"{safe_text(document.title)}  {safe_path(document.path)}"]
    for stored in stretch:
        text = safe_text(stored.passage.text, keep_newlines=True, limit=len(stored.passage.text) + 1)
        lines += [
            f"{shown(stored.passage_id, stored.collection)}  {place(stored.passage)}  "
            f"{safe_text(stored.passage.language)}",
            text.strip("\n"),
        ]
    return "\n".join(lines) + "\n"
