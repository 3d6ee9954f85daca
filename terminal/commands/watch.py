"""`dragoman watch`: bring the index up to date, and keep it so."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, closing
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

import click

from index_data.errors import IndexLocked
from terminal.commands.options import reading_options, shared_options
from terminal.commands.progress_option import progress_option
from terminal.diagnostics import ExitCode, tell, tell_json
from terminal.json_output import dump
from terminal.safe_text import safe_path
from terminal.settings import load_settings
from terminal.ways_to_show import Show, way_to_show

if TYPE_CHECKING:
    from ingest.ingester import Ingester, Manner
    from ingest.progress import Progress

_STOPPING = "Stopping after the document under way; Ctrl-C again stops at once."
_SECONDS_BETWEEN_TRIES = 2.0
"""How long to wait while another process writes to the index."""


_EXAMPLES = """\b
Try:
  dragoman watch ~/Documents
  dragoman watch --minutes 10 --collection papers ~/papers
"""


@click.command(epilog=_EXAMPLES)
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="PATH...")
@click.option(
    "--minutes",
    type=click.FloatRange(min=0, min_open=True),
    default=30,
    show_default=True,
    help="How often to look at everything, whether or not a change was noticed.",
)
@reading_options
@progress_option
@shared_options
def watch(
    paths: tuple[Path, ...],
    *,
    minutes: float,
    ignore: bool,
    any_file_system: bool,
    progress: str | None,
    **flags: object,
) -> int:
    """Read files and folders into the index, and follow their changes until Ctrl-C.

    Each change is a line. Other commands can write to the index while nothing changes.
    """
    from ingest.discovery import roots_of
    from ingest.ingester import Manner

    roots_of(paths)
    settings = load_settings(flags)
    from ingest.watching import rounds
    from terminal.interruption import asked_to_stop
    from terminal.wiring import load_ingester

    show = way_to_show(progress, silent=settings.quiet)
    say: Callable[[str], None] = tell if show in {Show.AUTO, Show.PLAIN} else _nothing
    opened = load_ingester(settings, say, any_file_system=any_file_system)
    keeper = _Keeper(paths, opened, say, settings.index if show is Show.JSON else None)
    with (
        asked_to_stop(_STOPPING) as stop,
        closing(rounds(paths, leave_out=settings.index, seconds=60 * minutes, stop=stop)) as changes,
    ):
        for only in changes:
            keeper.bring_up(Manner(heed_ignore_files=ignore, only=only), stop)
            if not keeper.watching and not stop.is_set():
                keeper.watching = True
                say("watching; Ctrl-C ends it")
    return ExitCode.OK


def _nothing(_line: str) -> None:
    """Say nothing."""


class _Keeper:
    """Brings an index up to date, time after time; holds it only meanwhile."""

    def __init__(
        self,
        paths: tuple[Path, ...],
        opened: Callable[[], AbstractContextManager[Ingester]],
        say: Callable[[str], None],
        index_folder: Path | None,
    ) -> None:
        """With `index_folder`, each step is a line of JSON instead."""
        self._paths = paths
        self._opened = opened
        self._say = say
        self._index_folder = index_folder
        self._told: dict[Path, str] = {}
        self.watching = False

    def bring_up(self, manner: Manner, stop: Event) -> None:
        """Ingest in this manner, once no other process writes."""
        told = False
        while not stop.is_set():
            try:
                with self._opened() as ingester:
                    with closing(ingester.ingest(self._paths, manner, stop.is_set)) as events:
                        for event in events:
                            self._tell(event)
                    return
            except IndexLocked as error:
                if not told:
                    self._say(f"waiting: {error.message}")
                told = True
                stop.wait(_SECONDS_BETWEEN_TRIES)

    def _tell(self, event: Progress) -> None:
        from ingest.progress import Ingested, Moved, Removed, Skipped

        if self._index_folder is not None:
            from terminal.ingest_output import event_fields

            tell_json(dump(event_fields(event, self._index_folder)))
            return
        match event:
            case Ingested(path):
                self._told.pop(path, None)
                self._say(f"read: {safe_path(path)}")
            case Moved(path, old_path):
                self._say(f"moved: {safe_path(old_path)} to {safe_path(path)}")
            case Removed(path):
                self._told.pop(path, None)
                self._say(f"forgotten: {safe_path(path)}")
            case Skipped(path, reason) if self._told.get(path) != reason:
                self._told[path] = reason
                tell(f"unreadable: {safe_path(path)}: {reason}")
