"""What the app needs besides one index: other indexes, ingests, and how text and pages are drawn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from terminal.bidi import Rtl
from terminal.jobs.ingest_jobs import IngestJobs
from terminal.tui.asker import Asker


@dataclass(frozen=True, slots=True)
class Beside:
    """Handed to the app as one."""

    index: Path
    """Folder of the index that the app begins with, absolute."""
    open_asker: Callable[[Path], Asker]
    """Asks the index of another folder; nothing is opened yet. The app closes what it opened."""
    jobs: IngestJobs = field(default_factory=IngestJobs)
    ingest_options: Sequence[str] = ()
    """Options of `dragoman ingest` that belong to every job, such as `--model`."""
    rtl: Rtl = Rtl.OFF
    several: bool = False
    """The app begins with several indexes, of which this is the first; none of them is filled from there."""
    new: bool = False
    """There is no index yet, so the app begins with filling one."""
