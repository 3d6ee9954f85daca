"""An ingest on a cluster makes the index that one on this machine makes."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Sequence
from concurrent.futures import Future
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks.dump_difference import Dump
from encoder.interface import Window
from index_data.errors import EncoderUnavailable
from ingest.cluster import crew as crews
from ingest.cluster import reading_worker
from ingest.cluster.crew import Crew
from ingest.cluster.encoding_worker import EncoderFacts
from ingest.cluster.staff import Staff
from ingest.ingester import Ingester
from ingest.parser import ParsedFile, Parser
from ingest.progress import Finished, Progress, Report, Skipped
from tests.faults.oracle import dump
from tests.ingest.cluster.conftest import Letters, OpenIngester, here

POISONED_READER = """
import os, signal
import ingest.readers.by_suffix as readers

def read(path, data, *options):
    if data.startswith(b"poison"):
        os.kill(os.getpid(), signal.SIGKILL)
    return healthy(path, data, *options)

healthy, readers.read = readers.read, read
"""
"""Runs in the child that reads."""


def _dies_once(mark: Path) -> None:
    """Die as a worker that somebody kills, unless one has died of this before."""
    if not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)


class MortalEncoder(Letters):
    """Dies of its second batch."""

    def __init__(self, mark: Path) -> None:
        super().__init__()
        self._mark = mark

    def embed_passages(self, windows: Sequence[Window]) -> NDArray[np.float32]:
        if self.embedded_windows:
            _dies_once(self._mark)
        return super().embed_passages(windows)


class MortalParser(Parser):
    """Dies, worker and all, while it reads one of the files."""

    def __init__(self, mark: Path) -> None:
        super().__init__()
        self._mark = mark

    def submit(self, path: Path) -> Future[ParsedFile]:
        if path.stem == "07":
            _dies_once(self._mark)
        return super().submit(path)


class EachAnother(Letters):
    """Is not the same in any two processes."""

    def __init__(self) -> None:
        super().__init__()
        self.fingerprint += f" of {os.getpid()}"


def _poisoned_parser(modules: Path) -> Parser:
    os.environ["PYTHONPATH"] = str(modules)
    return Parser()


def _blind_parser() -> Parser:
    """Make this worker one that sees none of the files."""
    reading_worker._is_here = lambda file: False
    return Parser()


def _run(ingester: Ingester, folder: Path) -> list[Progress]:
    return list(ingester.ingest([folder]))


def _report(steps: list[Progress]) -> Report:
    assert isinstance(steps[-1], Finished)
    return steps[-1].report


@pytest.fixture
def expected(tree: Path, tmp_path: Path) -> Dump:
    """Ingest the documents on this machine."""
    with here(tmp_path / "here") as ingester:
        _run(ingester, tree)
    return dump(tmp_path / "here")


@pytest.fixture
def tree(folder: Path) -> Path:
    """Make documents of many sizes and kinds, one of which cannot be read."""
    for number in range(12):
        text = "".join(f"Sentence {n} of document {number} is about {n * number}. " for n in range(number**2))
        (folder / f"{number:02}.txt").write_text(f"# Number {number}\n\n{text}\n", encoding="utf-8")
    (folder / "page.html").write_text("<title>Web</title><p>A page.", encoding="utf-8")
    (folder / "broken.pdf").write_bytes(b"%PDF-1.7 nothing else")
    (folder / "copy.txt").write_bytes((folder / "05.txt").read_bytes())
    return folder


def test_the_index_is_the_same_and_a_second_run_reads_nothing(
    tree: Path, tmp_path: Path, on_ray: OpenIngester
) -> None:
    with here(tmp_path / "here") as ingester:
        expected = _report(_run(ingester, tree))
    with on_ray(tmp_path / "there") as ingester:
        assert _report(_run(ingester, tree)) == expected
        again = _report(_run(ingester, tree))
        assert (again.ingested, again.unchanged, again.skipped) == (0, 14, expected.skipped)
        (tree / "11.txt").write_text((tree / "11.txt").read_text() + "One more.\n", encoding="utf-8")
        changed = _report(_run(ingester, tree))
        assert (changed.ingested, changed.unchanged) == (1, 13)
        assert changed.passages - changed.reused <= 2
    with here(tmp_path / "here") as ingester:
        _run(ingester, tree)
    assert dump(tmp_path / "there") == dump(tmp_path / "here")


@pytest.mark.parametrize("dies", ["encoder", "reader"])
def test_what_a_worker_had_in_hand_when_it_was_killed_is_done_again(
    tree: Path, tmp_path: Path, expected: Dump, on_ray: OpenIngester, dies: str
) -> None:
    mark = tmp_path / "died"
    with on_ray(tmp_path / "there", **_mortal(dies, mark)) as ingester:
        _run(ingester, tree)
    assert mark.exists()
    assert dump(tmp_path / "there") == expected


def test_without_a_second_try_it_would_be_lost(
    tree: Path, tmp_path: Path, expected: Dump, on_ray: OpenIngester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crews, "MOST_DEATHS", 1)
    with on_ray(tmp_path / "there", **_mortal("reader", tmp_path / "reader died", each=1)) as ingester:
        lost = _report(_run(ingester, tree)).skipped
    assert {file.path.name for file in lost} >= {"07.txt", "broken.pdf"}
    assert dump(tmp_path / "there") != expected
    encoder = _mortal("encoder", tmp_path / "encoder died", each=1)
    with on_ray(tmp_path / "third", **encoder) as ingester, pytest.raises(EncoderUnavailable, match="died"):
        _run(ingester, tree)


def _mortal(dies: str, mark: Path, *, each: int = 2) -> dict[str, Any]:
    if dies == "encoder":
        return {"load": partial(MortalEncoder, mark), "each": each}
    return {"open_parser": partial(MortalParser, mark), "each": each}


def test_a_file_on_which_its_reader_dies_costs_itself(
    tree: Path, tmp_path: Path, on_ray: OpenIngester
) -> None:
    modules = tmp_path / "modules"
    modules.mkdir()
    (modules / "sitecustomize.py").write_text(POISONED_READER, encoding="utf-8")
    (tree / "06.txt").write_text("poison", encoding="utf-8")
    with on_ray(tmp_path / "there", open_parser=partial(_poisoned_parser, modules)) as ingester:
        assert _report(_run(ingester, tree)).skipped == (
            Skipped(tree / "06.txt", "the reader crashed on it (SIGKILL)"),
            Skipped(tree / "broken.pdf", "broken PDF: its structure cannot be read"),
        )
        [unread] = [file for file in ingester.index.summary().unread if file.path.name == "06.txt"]
        assert unread.attempts == 1


def test_a_file_that_a_node_does_not_see_is_sent_to_it(
    tree: Path, tmp_path: Path, expected: Dump, on_ray: OpenIngester
) -> None:
    with on_ray(tmp_path / "there", open_parser=_blind_parser) as ingester:
        _run(ingester, tree)
    assert dump(tmp_path / "there") == expected


@pytest.mark.usefixtures("ray_here")
def test_workers_have_the_priority_of_who_started_them() -> None:
    import ray

    # Ray's own default has them wait for everybody else, on a busy machine for ever.
    assert ray.get(ray.remote(lambda: os.nice(0)).remote()) == os.nice(0)


@pytest.mark.usefixtures("ray_here")
def test_another_encoder_on_a_node_is_refused() -> None:
    from ingest.cluster.hiring import hire_encoders

    with hire_encoders(Staff(1, 2, 0, 0, 0), EachAnother) as crew:
        with pytest.raises(EncoderUnavailable, match="unlike the others"):
            _ask_until_refused(crew)
        # Nor does it work for who asks later.
        with pytest.raises(EncoderUnavailable, match="unlike the others"):
            crew.do(())


def _ask_until_refused(crew: Crew[EncoderFacts]) -> None:
    for _ in range(600):
        crew.do(())
        time.sleep(0.1)
