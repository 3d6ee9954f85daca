"""A question and a passage read together, and one number from both: bge-reranker-v2-m3 and its kin.

Letters in shapes: T tokens of a batch, B pairs in it, N passages, D hidden size.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file
from torch import Tensor
from torch.nn import functional

from encoder.checkpoint import Checkpoint
from encoder.device import Placement
from encoder.networks.loading import load_network
from encoder.runner import Runner, TokenSequence
from encoder.token_sequences import TokenSequencer
from index_data.errors import EncoderUnavailable, UsageError

_KINDS = ("xlm-roberta", "roberta", "camembert")


class CrossEncoderReranker:
    """A `Reranker` over the weights of a sequence classifier with one label.

    A passage that does not fit beside the question is as good as its best stretch; nothing of it is cut off.
    """

    def __init__(self, checkpoint: Checkpoint, placement: Placement) -> None:
        """Load `checkpoint` to where `placement` says.

        Raises:
            EncoderUnavailable: the weights do not fit the configuration, or their kind is not known.
        """
        self.model = checkpoint.model
        self._classify = _Classifier(checkpoint)
        self._sequencer = TokenSequencer(
            checkpoint.folder / "tokenizer.json", vocabulary=checkpoint.config["vocab_size"]
        )
        specials = [np.array(ids, dtype=np.int64) for ids in self._sequencer.pair_specials()]
        self._before, self._between, self._behind = specials
        self._max_pair = checkpoint.max_tokens - sum(map(len, specials))
        self._runner = Runner(
            [(device, load_network(checkpoint, placement, device)) for device in placement.devices],
            placement.max_batch_tokens,
        )

    def scores(self, query: str, passages: Sequence[str]) -> NDArray[np.float32]:
        """How well each passage answers `query`: float32 (N,), 0 to 1, more is better.

        Raises:
            UsageError: the question leaves no room for a passage beside it.
        """
        (asked, _), *answers = self._sequencer.encode([query, *passages])
        if len(asked) > self._max_pair // 2:
            raise UsageError(
                f"the question has {len(asked)} tokens; {self.model} reads {self._max_pair // 2} of one",
                remedy="Ask more briefly, or search without the re-ranker.",
            )
        room = self._max_pair - len(asked)
        pairs = [
            pair for number, (ids, _) in enumerate(answers) for pair in self._pairs(asked, ids, room, number)
        ]
        scores = np.zeros(len(passages), dtype=np.float32)
        for owners, found in self._runner.run(pairs, self._scores):
            np.maximum.at(scores, owners, found)
        return scores

    def _pairs(
        self, asked: NDArray[np.int64], ids: NDArray[np.int64], room: int, number: int
    ) -> Iterator[TokenSequence]:
        """Put the question before each stretch of a passage; each begins in the middle of the one before."""
        step = room // 2
        for start in range(0, max(len(ids) - room, 0) + step, step):
            stretch = ids[start : start + room]
            pair = np.concatenate([self._before, asked, self._between, stretch, self._behind])
            yield TokenSequence(pair, np.full(len(pair), number))

    def _scores(
        self, hidden: Tensor, pairs: Sequence[TokenSequence]
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Score pairs, whose token vectors are (T, D): their passages' numbers, (B,), and float32 (B,)."""
        firsts = np.cumsum([0, *(len(pair.ids) for pair in pairs[:-1])])
        scores = self._classify(hidden[torch.from_numpy(firsts).to(hidden.device)])
        return np.array([pair.owners[0] for pair in pairs]), scores.cpu().numpy()


class _Classifier:
    """What makes a number of a pair's first token vector, in float32."""

    def __init__(self, checkpoint: Checkpoint) -> None:
        """Read its weights.

        Raises:
            EncoderUnavailable: they are not there, or make another number of labels than one.
        """
        width = checkpoint.config["hidden_size"]
        tensors = {
            name.removeprefix("classifier."): tensor
            for file in checkpoint.weights
            for name, tensor in load_file(file).items()
            if name.startswith("classifier.")
        }
        shapes = {name: tuple(tensor.shape) for name, tensor in tensors.items()}
        known = {"dense.weight": (width, width), "dense.bias": (width,)}
        known |= {"out_proj.weight": (1, width), "out_proj.bias": (1,)}
        if checkpoint.config["model_type"] not in _KINDS or shapes != known:
            raise EncoderUnavailable(
                f"{checkpoint.folder} holds no re-ranker of a known kind",
                remedy="Fetch one that is known: `dragoman models fetch bge-reranker-v2-m3`.",
            )
        self._tensors = {name: tensor.float() for name, tensor in tensors.items()}

    def __call__(self, firsts: Tensor) -> Tensor:
        """float32 (B,), 0 to 1, from (B, D)."""
        tensors = {name: tensor.to(firsts.device) for name, tensor in self._tensors.items()}
        inner = functional.linear(firsts.float(), tensors["dense.weight"], tensors["dense.bias"]).tanh()
        logits = functional.linear(inner, tensors["out_proj.weight"], tensors["out_proj.bias"])  # (B, 1)
        return logits[:, 0].sigmoid()
