"""The whole of tuning, in one function."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

import numpy as np
from numpy.typing import NDArray

from encoder.checkpoint import Checkpoint, resolve
from encoder.embedder import TransformerEmbedder
from encoder.tuning.corpus import Corpus, Split, split
from encoder.tuning.learner import Learner, refuse_unteachable
from encoder.tuning.lessons import Miner, loss_of
from encoder.tuning.progress import Finished, Learnt, Measured, Measuring, Progress, Report
from encoder.tuning.trials import Trial, compared, ranks
from encoder.tuning.tuned_folder import card_of, write_tuned_folder

_SHARES = (1.0, 0.5, 0.25)
"""Parts of the way to what was learnt that are measured, one after the other, until one is better."""
_TOKENS = 128
"""Of each passage that is learnt from."""
_PAIRS, _PAIRS_ON_A_GPU = 16, 64
"""Pairs of a step; each query is told apart from the passages of all others."""
_PASSES = 10
"""Times that all pairs are gone through, if there is time."""
_WARM_UP = 0.1
"""Part of the way in which the rate rises; from then on it falls."""


@dataclass(frozen=True, slots=True, eq=False)
class Tuner:
    """An encoder, what it is to learn from, and what it must not forget."""

    checkpoint: Checkpoint
    embedder: TransformerEmbedder
    """Of that checkpoint."""
    corpus: Corpus
    general: tuple[Trial, ...]
    minutes: float
    """Of learning, at most; measuring takes its own time."""
    seed: int
    rate: float
    """Of learning, at its highest."""

    def tune(self, out: Path) -> Generator[Progress, None, None]:
        """Learn from the corpus, step by step, and write the encoder to `out` if it is better than it was.

        Nothing else is left on disk, nor if the iterator is closed early.

        Raises:
            EncoderUnavailable: the encoder is of a kind that cannot learn here.
            UsageError: the corpus is too small to tell what is better.
        """
        refuse_unteachable(self.checkpoint, self.embedder.placement)
        parts = split(self.corpus, Random(self.seed))
        yield parts.counted
        yield Measuring(0.0)
        before = self._ranks(self.embedder, parts)
        yield Measured(self._report(parts, before, before, 0.0))
        learner = Learner(self.checkpoint, self.embedder.placement, self.rate)
        yield from self._learn(learner, parts)
        out.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".tuning-", dir=out.parent) as scratch:
            for share in _SHARES:
                candidate = Path(scratch) / str(share)
                yield Measuring(share)
                write_tuned_folder(self.checkpoint, learner.weights(share), candidate)
                # What is measured is what would be written, loaded as it will be.
                embedder = TransformerEmbedder(resolve(str(candidate)), self.embedder.placement)
                report = self._report(parts, before, self._ranks(embedder, parts), share)
                yield Measured(report)
                if report.is_better:
                    card = card_of(self.checkpoint, parts.counted, report, self.seed)
                    (candidate / "README.md").write_text(card, encoding="utf-8")
                    candidate.rename(out)
                    yield Finished(report, embedder.fingerprint)
                    return
        yield Finished(report, "")

    def _learn(self, learner: Learner, parts: Split) -> Iterator[Learnt]:
        random = Random(self.seed)
        miner = Miner(
            self.embedder,
            tuple(self.corpus.passages[place] for place in parts.learnt),
            self.corpus.vectors[list(parts.learnt)],
        )
        size = _PAIRS if self.embedder.placement.device.type == "cpu" else _PAIRS_ON_A_GPU
        pairs = [pair for _ in range(_PASSES) for pair in random.sample(parts.pairs, len(parts.pairs))]
        started = time.monotonic()
        for step, first in enumerate(range(0, len(pairs), size), 1):
            # In whole hundredths, so that a run with time to spare repeats itself.
            spent = int(100 * (time.monotonic() - started) / (60 * self.minutes)) / 100
            done = max(first / len(pairs), spent)
            if done >= 1:
                return
            lesson = miner.lesson(pairs[first : first + size], random)
            vectors = learner.vectors(lesson.queries, learner.cropped(lesson.texts, _TOKENS))
            loss = loss_of(*vectors, lesson.excused)
            learner.learn(loss, min(done / _WARM_UP + 1 / len(pairs), (1 - done) / (1 - _WARM_UP), 1.0))
            yield Learnt(step, done, loss.item())

    def _ranks(self, embedder: TransformerEmbedder, parts: Split) -> NDArray[np.int64]:
        return ranks(embedder, [parts.held_out, *self.general])

    def _report(
        self, parts: Split, before: NDArray[np.int64], after: NDArray[np.int64], share: float
    ) -> Report:
        own = len(parts.held_out.queries)
        return Report(
            first=compared(before[:own], after[:own], 1),
            among_ten=compared(before[:own], after[:own], 10),
            general=compared(before[own:], after[own:], 1),
            share=share,
        )
