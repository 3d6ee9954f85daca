"""What changes in folders, told while it happens; nothing here reads a document."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import closing
from pathlib import Path
from threading import Event
from time import monotonic

from watchfiles import Change, watch
from watchfiles.main import FileChange

from index_data.errors import UsageError
from ingest.discovery import roots_of
from ingest.ignore_rules import RULE_FILES

EVERYTHING: tuple[Path, ...] = ()
"""Instead of paths that changed: look at all there is."""
QUIET_MS = 500
"""Changes are told once there was none for so long."""
_LONGEST_WAIT_MS = 5_000
"""Or after so long, where changes do not end."""
_MOST_CHANGES = 1_000
"""More at once, and it is quicker to look at everything."""
_REMEDY = (
    "Watch fewer folders, let the system watch more (Linux: fs.inotify.max_user_watches), "
    "or run `dragoman ingest PATH` now and then."
)


def rounds(
    paths: Sequence[Path], *, leave_out: Path, seconds: float, stop: Event
) -> Generator[tuple[Path, ...], None, None]:
    """Yield `EVERYTHING` at once and again every so many seconds, and between them the paths that changed.

    What changes while the receiver is busy comes next. Changes in `leave_out` and of what is hidden do not
    count.

    Raises:
        UsageError: one of `paths` is not there, or the system cannot watch it.
    """
    while not stop.is_set():
        roots = roots_of(paths)
        due = monotonic() + seconds
        news = _Filter(roots, leave_out.resolve())
        try:
            with closing(_batches(roots, news, stop)) as batches:
                next(batches, None)
                # From here on nothing is missed, so that what is looked at now is all that came before.
                yield EVERYTHING
                for batch in batches:
                    if monotonic() >= due:
                        break
                    if batch:
                        yield _paths(batch)
        except (OSError, RuntimeError) as error:
            raise UsageError(f"cannot watch: {error}", remedy=_REMEDY) from error


class _Filter:
    """Tells which changes count."""

    def __init__(self, roots: Sequence[Path], leave_out: Path) -> None:
        self._roots = roots
        self._leave_out = leave_out

    def __call__(self, _change: Change, name: str) -> bool:
        path = Path(name)
        if path == self._leave_out or self._leave_out in path.parents:
            return False
        root = next((root for root in self._roots if root == path or root in path.parents), None)
        if root is None:
            return False
        return path.name in RULE_FILES or not any(
            part.startswith(".") for part in path.relative_to(root).parts
        )


def _batches(roots: Sequence[Path], news: _Filter, stop: Event) -> Generator[set[FileChange], None, None]:
    # A file that is written anew is another one to the system, but its folder stays.
    folders = {root if root.is_dir() else root.parent for root in roots}
    yield from watch(
        *folders,
        watch_filter=news,
        stop_event=stop,
        step=QUIET_MS,
        debounce=_LONGEST_WAIT_MS,
        rust_timeout=1_000,
        yield_on_timeout=True,
        raise_interrupt=True,
        recursive=any(root.is_dir() for root in roots),
    )


def _paths(batch: set[FileChange]) -> tuple[Path, ...]:
    paths = sorted({Path(name) for _, name in batch})
    if len(paths) > _MOST_CHANGES or any(path.name in RULE_FILES for path in paths):
        return EVERYTHING
    return tuple(paths)
