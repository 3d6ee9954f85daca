"""Ingests as processes of their own: what they leave word of, and how they end."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from index_data.errors import NotThere
from terminal.jobs.ingest_jobs import GIVES_WAY, IngestJob, IngestJobs, JobState, _born
from terminal.jobs.job_output import job_fields
from terminal.jobs.job_progress import JobReader

LEFT = {"paths": ["/papers"], "index": "/index", "started": "2026-01-01T00:00:00+00:00"}
STEPS = ['{"type": "found", "files": 2}', '{"type": "ingested", "path": "/papers/é.txt"}']


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "jobs"


@pytest.fixture
def ended(folder: Path) -> Callable[..., IngestJob]:
    """Leave word of a job whose process is no more."""

    def leave(told: str, report: str = "", name: str = "20260101T000000-abcdef") -> IngestJob:
        (folder / name).mkdir(parents=True)
        (folder / name / "progress.jsonl").write_text(told, encoding="utf-8")
        (folder / name / "report.json").write_text(report, encoding="utf-8")
        (folder / name / "job.json").write_text(json.dumps(LEFT | {"process": 2**22 + 1, "born": 1}))
        return IngestJobs(folder).job(name)

    return leave


@pytest.fixture
def living(folder: Path) -> Iterator[tuple[IngestJob, subprocess.Popen[bytes]]]:
    """Start a process that waits for its stdin to close, and leave word of it as of a job."""
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as child:
        job_folder = folder / "20260102T000000-abcdef"
        job_folder.mkdir(parents=True)
        word = LEFT | {"process": child.pid, "born": _born(child.pid)}
        (job_folder / "job.json").write_text(json.dumps(word))
        (job_folder / "progress.jsonl").write_text(STEPS[0] + "\n")
        try:
            yield IngestJobs(folder).job(job_folder.name), child
        finally:
            if child.poll() is None:
                child.kill()


@pytest.mark.parametrize(
    ("report", "state"),
    [
        ('{"stopped": false}', JobState.DONE),
        ('{"stopped": true}', JobState.STOPPED),
        ("", JobState.FAILED),
        ("{", JobState.FAILED),
    ],
)
def test_how_a_job_ended_is_told_by_its_report(
    report: str, state: JobState, ended: Callable[..., IngestJob]
) -> None:
    job = ended("\n".join(STEPS), report)
    assert job.state is state
    assert (job.report() is None) is (state is JobState.FAILED)


@pytest.mark.parametrize(
    ("words", "state"),
    [
        ("dragoman: interrupted\n  What was finished is kept.\n", JobState.STOPPED),
        ("dragoman: the index is locked\n  Wait.\n", JobState.FAILED),
        ('{"type": "skipped", "reason": "dragoman: interrupted"}\n', JobState.FAILED),
    ],
    ids=["interrupted", "locked", "said of a file"],
)
def test_one_that_was_broken_off_has_stopped_whoever_asks(
    words: str, state: JobState, ended: Callable[..., IngestJob]
) -> None:
    job = ended("\n".join(STEPS) + "\n" + words)
    assert job.state is JobReader(job).read().standing is state
    assert (job_fields(job)["state"], job_fields(job)["report"]) == (state, None)


def test_a_job_runs_as_long_as_its_process(living: tuple[IngestJob, subprocess.Popen[bytes]]) -> None:
    job, child = living
    assert job.running
    assert child.stdin is not None
    child.stdin.close()
    # Ended, and not yet waited for.
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert job.state is JobState.FAILED
    child.wait()
    assert job.state is JobState.FAILED


def test_another_process_of_its_number_is_not_it(living: tuple[IngestJob, subprocess.Popen[bytes]]) -> None:
    job, child = living
    word = json.loads((job.folder / "job.json").read_bytes())
    (job.folder / "job.json").write_text(json.dumps(word | {"born": word["born"] - 1}))
    other = IngestJobs(job.folder.parent).job(job.job_id)
    assert not other.running
    other.stop()
    assert child.poll() is None
    job.stop()
    assert child.wait(30) == -signal.SIGINT


def test_lines_are_told_once_they_are_whole(ended: Callable[..., IngestJob]) -> None:
    job = ended("\n".join(STEPS) + "\n" + '{"type": "fin')
    told = job.told()
    assert [line.text for line in told] == STEPS
    assert [line.text for line in job.told(told[0].end)] == STEPS[1:]
    assert job.told(told[1].end) == []
    with (job.folder / "progress.jsonl").open("a", encoding="utf-8") as file:
        file.write('ished"}\n')
    assert [line.text for line in job.told(told[1].end)] == ['{"type": "finished"}']


@pytest.mark.parametrize("place", [1, 5, 10**12])
def test_where_no_line_begins_they_are_told_from_the_beginning(
    place: int, ended: Callable[..., IngestJob]
) -> None:
    told = ended("\n".join(STEPS) + "\n").told(place)
    assert [line.text for line in told] == STEPS


def test_a_long_story_is_told_in_parts(ended: Callable[..., IngestJob]) -> None:
    lines = [json.dumps({"type": "unchanged", "path": f"/papers/{number}" * 20}) for number in range(20_000)]
    job = ended("\n".join([*lines, "x" * 3_000_000]) + "\n")
    found, parts, place = [], 0, 0
    while told := job.told(place):
        found += [line.text for line in told]
        place = told[-1].end
        parts += 1
    assert found == [*lines, "x" * 3_000_000]
    assert parts > 2


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ("{}\ndragoman: no\n  Do this.\n", ["dragoman: no", "Do this."]),
        ("{}\n{}\n", []),
        ("", []),
        ("{}\n" + "x" * 10_000 + "\nlast\n", ["x" * 4_090, "last"]),
    ],
)
def test_the_reason_of_a_failure_stands_last(
    told: str, words: list[str], ended: Callable[..., IngestJob]
) -> None:
    assert ended(told).last_words() == words


@pytest.mark.parametrize("name", ["..", "../x", "", "20260101T000000-abcdef/..", "20260101T000000-ABCDEF"])
def test_only_a_job_is_a_job(name: str, folder: Path, ended: Callable[..., IngestJob]) -> None:
    ended("")
    with pytest.raises(NotThere):
        IngestJobs(folder).job(name)


def test_the_latest_comes_first_and_what_is_no_job_does_not_count(
    folder: Path, ended: Callable[..., IngestJob]
) -> None:
    first = ended("")
    second = ended("", name="20260102T000000-abcdef")
    (folder / "20260103T000000-abcdef").mkdir()
    (folder / "note.txt").write_text("")
    assert IngestJobs(folder).all() == [second, first]
    assert IngestJobs(folder / "nowhere").all() == []


def test_a_process_is_started_and_leaves_word(folder: Path, tmp_path: Path) -> None:
    jobs = IngestJobs(folder)
    job = jobs.start([tmp_path], tmp_path / "index", ["--model", "there-is-no-such-encoder"])
    assert jobs.all() == [job]
    [waiting] = [thread for thread in threading.enumerate() if job.job_id in thread.name]
    priorities = set()
    while waiting.is_alive():
        with suppress(ProcessLookupError):
            priorities.add(os.getpriority(os.PRIO_PROCESS, job.process))
        waiting.join(0.01)
    # It gives way as soon as it has begun.
    assert max(priorities) == min(os.getpriority(os.PRIO_PROCESS, 0) + GIVES_WAY, 19)
    assert jobs.job(job.job_id).state is JobState.FAILED
    assert "there-is-no-such-encoder" in job.last_words()[0]
    assert len(job.last_words()) == 2
    assert oct(job.folder.stat().st_mode)[-3:] == "700"
