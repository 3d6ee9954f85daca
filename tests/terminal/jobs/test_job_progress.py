from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from ingest.progress import Embedded, Found, Ingested, Moved, Progress, Skipped, Unchanged
from terminal.ingest_output import event_fields
from terminal.jobs.ingest_jobs import IngestJob, JobState
from terminal.jobs.job_progress import JobReader

LeaveWord = Callable[..., IngestJob]
EVENTS: list[Progress] = [
    Found(6, 100),
    Embedded(3, 50),
    Ingested(Path("/a"), 3, 1, 50),
    Unchanged(Path("/b")),
    Moved(Path("/c"), Path("/d")),
    Skipped(Path("/e"), "broken"),
]


def told(*events: Progress) -> list[object]:
    return [event_fields(event, Path("/i")) for event in events]


def test_what_an_ingest_writes_is_counted(leave_word: LeaveWord) -> None:
    progress = JobReader(leave_word(*told(*EVENTS), runs=True)).read()
    assert (progress.standing, progress.done, progress.files) == (JobState.RUNNING, 4, 6)
    assert progress.line.startswith("4 of 6 files, 3 passages, ")
    assert progress.line.endswith(" left")
    assert progress.skipped == (Skipped(Path("/e"), "broken"),)


def test_it_reads_on_where_it_stopped_and_waits_for_whole_lines(leave_word: LeaveWord) -> None:
    job = leave_word(*told(*EVENTS[:3]), runs=True)
    reader = JobReader(job)
    assert reader.read().done == 1
    file = job.folder / "progress.jsonl"
    line = json.dumps(told(Unchanged(Path("/ü")))[0], ensure_ascii=False).encode() + b"\n"
    with file.open("ab") as words:
        words.write(line[:20])
    assert reader.read().done == 1
    with file.open("ab") as words:
        words.write(line[20:])
    assert reader.read().done == 2
    assert reader.read().done == 2


@pytest.mark.parametrize(
    ("report", "words", "standing"),
    [
        ({"stopped": False}, [], JobState.DONE),
        ({"stopped": True}, [], JobState.STOPPED),
        (None, ["dragoman: interrupted", "  run it again"], JobState.STOPPED),
        (None, ["dragoman: the index is locked", "  wait"], JobState.FAILED),
        (None, [], JobState.FAILED),
    ],
)
def test_an_end_is_told_from_another(
    leave_word: LeaveWord, report: object, words: list[str], standing: JobState
) -> None:
    progress = JobReader(leave_word(*told(*EVENTS), *words, report=report)).read()
    assert progress.standing is standing
    assert progress.words == tuple(word.strip() for word in words)
    assert "left" not in progress.line


@pytest.mark.parametrize(
    "line", ["{", "[]", "null", '{"type": 1}', '{"type": "found"}', '{"type": "skipped"}', ""]
)
def test_a_line_that_is_none_of_ours_is_passed_over(leave_word: LeaveWord, line: str) -> None:
    progress = JobReader(leave_word(line, *told(*EVENTS), runs=True)).read()
    assert progress.done == 4


def test_only_so_many_failures_are_kept(leave_word: LeaveWord) -> None:
    many = told(*(Skipped(Path(f"/{number}"), "broken") for number in range(1_500)))
    progress = JobReader(leave_word(*many, runs=True)).read()
    assert (len(progress.skipped), progress.unreadable) == (1_000, 1_500)


def test_a_job_whose_words_are_gone_has_failed(leave_word: LeaveWord) -> None:
    job = leave_word()
    (job.folder / "progress.jsonl").unlink()
    assert JobReader(job).read().standing is JobState.FAILED
