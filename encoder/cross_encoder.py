"""A question and a passage read together, and one number from both: bge-reranker-v2-m3 and its kin.

Letters in shapes: T tokens of a batch, B pairs in it, N passages, D hidden size.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from encoder.checkpoint import Checkpoint
from encoder.device import Placement
from encoder.networks.loading import load_network
from encoder.runner import Runner, TokenSequence
from encoder.token_sequences import TokenSequencer
from encoder.verdicts import KINDS, Classifier, Frame, YesOrNo
from index_data.errors import UsageError


class CrossEncoderReranker:
    """A `Reranker` over the weights of a sequence classifier with one label, or of a model that says yes.

    A passage that does not fit beside the question is as good as its best stretch; nothing of it is cut off.
    """

    def __init__(self, checkpoint: Checkpoint, placement: Placement) -> None:
        """Load `checkpoint` to where `placement` says.

        Raises:
            EncoderUnavailable: the weights do not fit the configuration, or their kind is not known.
        """
        self.model = checkpoint.model
        self._sequencer = TokenSequencer(
            checkpoint.folder / "tokenizer.json", vocabulary=checkpoint.config["vocab_size"]
        )
        kind = KINDS.get(checkpoint.config["model_type"], Classifier)
        self._verdict: Classifier | YesOrNo = kind(checkpoint, self._sequencer)
        self._runner = Runner(
            [(device, load_network(checkpoint, placement, device)) for device in placement.devices],
            placement.max_batch_tokens,
        )
        self._max_tokens = checkpoint.max_tokens

    def scores(self, query: str, passages: Sequence[str]) -> NDArray[np.float32]:
        """How well each passage answers `query`: float32 (N,), 0 to 1, more is better.

        Raises:
            UsageError: the question leaves no room for a passage beside it.
        """
        frame = self._verdict.frame(query)
        room = self._max_tokens - len(frame.before) - len(frame.behind)
        most = (room + frame.asked) // 2
        if frame.asked > most:
            raise UsageError(
                f"the question has {frame.asked} tokens; {self.model} reads {most} of one",
                remedy="Ask more briefly, or search without the re-ranker.",
            )
        answers = self._sequencer.encode([self._verdict.lead + passage for passage in passages])
        pairs = [pair for number, (ids, _) in enumerate(answers) for pair in _pairs(frame, ids, room, number)]
        scores = np.zeros(len(passages), dtype=np.float32)
        for owners, found in self._runner.run(pairs, self._scores):
            np.maximum.at(scores, owners, found)
        return scores

    def _scores(
        self, hidden: Tensor, pairs: Sequence[TokenSequence]
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Score pairs, whose token vectors are (T, D): their passages' numbers, (B,), and float32 (B,)."""
        lengths = np.array([len(pair.ids) for pair in pairs])
        behind = np.cumsum(lengths)
        places = behind - 1 if self._verdict.reads_last else behind - lengths
        scores = self._verdict(hidden[torch.from_numpy(places).to(hidden.device)].float())
        return np.array([pair.owners[0] for pair in pairs]), scores.cpu().numpy()


def _pairs(frame: Frame, ids: NDArray[np.int64], room: int, number: int) -> Iterator[TokenSequence]:
    """Put the question beside each stretch of a passage; each begins in the middle of the one before."""
    step = room // 2
    for start in range(0, max(len(ids) - room, 0) + step, step):
        pair = np.concatenate([frame.before, ids[start : start + room], frame.behind])
        yield TokenSequence(pair, np.full(len(pair), number))
