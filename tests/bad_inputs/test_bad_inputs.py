"""One ingest of all bad inputs: each comes to what the table says, and costs nobody else anything."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

import pytest

from index_data.index import Index
from index_data.records import Fingerprint
from ingest.ingester import Ingester
from ingest.parser import ParsedFile, Parser
from ingest.passages import SPLITTER_VERSION
from ingest.pipeline import LocalPipeline
from ingest.progress import Finished, Found, Ingested, Progress, Skipped, Unchanged
from tests.bad_inputs import pdfs
from tests.bad_inputs.bad_input import BadInput, Outcome, PassedOver, Read, Refused
from tests.bad_inputs.folder import GOOD, GOOD_WORD, INPUTS, make
from tests.bad_inputs.verdict import Verdict
from tests.conftest import LetterEmbedder

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="other systems do not take all these names")
SEED = 20
SECONDS = 60.0
"""What one file may take; none comes near."""
WINDOW_TOKENS, PASSAGE_TOKENS = 256, 128
WRONG: tuple[Outcome, ...] = (
    Read("what nothing says"),
    Read(notes=("what is not noted",)),
    Refused("what is not told"),
    PassedOver("what is no rule"),
)


class CountingParser(Parser):
    """Counts the files that it opens."""

    def __init__(self) -> None:
        super().__init__(seconds=SECONDS)
        self.submitted = 0

    def submit(self, path: Path) -> Future[ParsedFile]:
        self.submitted += 1
        return super().submit(path)


@dataclass(frozen=True, slots=True)
class Run:
    """Two ingests of the same folder, and the index that they left."""

    folder: Path
    index: Index
    steps: tuple[Progress, ...]
    opened: int
    """Files in the first."""
    steps_again: tuple[Progress, ...]
    opened_again: int


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    embedder = LetterEmbedder()
    fingerprint = Fingerprint(
        embedder.model,
        embedder.fingerprint,
        embedder.dimension,
        window_tokens=WINDOW_TOKENS,
        passage_tokens=PASSAGE_TOKENS,
        splitter=SPLITTER_VERSION,
    )
    folder = tmp_path_factory.mktemp("bad") / "inputs"
    folder.mkdir()
    make(folder, SEED)
    with (
        Index.create_or_open(folder.with_name("index"), fingerprint) as index,
        CountingParser() as first,
        CountingParser() as second,
    ):
        pipeline = LocalPipeline(embedder, first, WINDOW_TOKENS, PASSAGE_TOKENS)
        ingester = Ingester(index, pipeline)
        steps = tuple(ingester.ingest([folder]))
        steps_again = tuple(Ingester(index, replace(pipeline, parser=second)).ingest([folder]))
        yield Run(folder, index, steps, first.submitted, steps_again, second.submitted)


@pytest.fixture(scope="module")
def verdict(run: Run) -> Verdict:
    return Verdict(run.folder, run.steps, run.index)


def test_each_input_comes_to_what_the_table_says(verdict: Verdict) -> None:
    assert verdict.faults(INPUTS) == []


def test_good_files_among_them_are_found(run: Run, verdict: Verdict) -> None:
    assert verdict.finds(GOOD_WORD) == {run.folder / name for name in GOOD}


def test_every_file_is_accounted_for_and_nothing_else(run: Run, verdict: Verdict) -> None:
    assert verdict.unaccounted([*GOOD, *(one.name for one in INPUTS)]) == set()
    [found] = [step for step in run.steps if isinstance(step, Found)]
    told = {step.path for step in run.steps if isinstance(step, Ingested | Skipped)}
    folders = {path for path in told if "too deep" in path.parts}
    assert found.files == len(told - folders)
    assert found.unsupported == {".xyz": 500, ".doc": 1}
    last = run.steps[-1]
    assert isinstance(last, Finished)
    assert last.report.ingested + len(last.report.skipped) == len(told)


def test_a_second_run_opens_nothing_and_says_the_same(run: Run) -> None:
    assert run.opened > 100
    assert run.opened_again == 0
    assert _refusals(run.steps_again) == _refusals(run.steps)
    assert {step.path for step in run.steps_again if isinstance(step, Unchanged)} == {
        step.path for step in run.steps if isinstance(step, Ingested)
    }


@pytest.mark.parametrize("one", INPUTS, ids=lambda one: ascii(one.name[:30]))
def test_a_wrong_row_of_the_table_would_be_noticed(verdict: Verdict, one: BadInput) -> None:
    for wrong in WRONG:
        if not isinstance(one.outcome, PassedOver) or not isinstance(wrong, PassedOver):
            assert verdict.faults([replace(one, outcome=wrong)]) != [], wrong


def test_a_silence_a_repetition_and_an_unclear_line_would_be_noticed(run: Run) -> None:
    [program] = [one for one in INPUTS if one.name == "elf.md"]
    path = run.folder / program.name
    line = Skipped(path, "not a text file")

    def faults(*steps: Progress) -> list[str]:
        return Verdict(run.folder, steps, run.index).faults([program])

    assert faults(line) == []
    for steps in ((), (line, line), (line, Ingested(path, 1, 1, 1))):
        assert faults(*steps) != [], steps
    for reason in ("", "two\nlines", "\x1b[2J", "x" * 300):
        assert len(faults(replace(line, reason=reason))) == 2, reason


def test_a_stranger_would_be_noticed(run: Run) -> None:
    stranger = Skipped(run.folder / "stranger.txt", "no reason")
    assert Verdict(run.folder, [stranger], run.index).unaccounted(["elf.md"]) == {stranger.path}


def test_the_same_seed_does_the_same_damage(tmp_path: Path) -> None:
    for one in pdfs.DAMAGED:
        made = [_made(one, tmp_path / "file", seed) for seed in (1, 1, 2)]
        assert made[0] == made[1]
        assert (made[0] == made[2]) is isinstance(one.outcome, Read)


def _refusals(steps: tuple[Progress, ...]) -> set[Skipped]:
    return {step for step in steps if isinstance(step, Skipped)}


def _made(one: BadInput, path: Path, seed: int) -> bytes:
    one.put(path, one.word, Random(seed))
    return path.read_bytes()
