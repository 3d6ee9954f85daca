"""What makes one number of a question and a passage that a network has read together.

Letters in shapes: B pairs, D hidden size, T tokens.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NoReturn

import numpy as np
from numpy.typing import NDArray
from safetensors import safe_open
from safetensors.torch import load_file
from torch import Tensor
from torch.nn import functional

from encoder.checkpoint import Checkpoint
from encoder.token_sequences import TokenSequencer
from index_data.errors import EncoderUnavailable

_CLASSIFIED = ("xlm-roberta", "roberta", "camembert")
_SYSTEM = (
    "Judge whether the Document meets the requirements based on the Query and the Instruct provided. "
    'Note that the answer can only be "yes" or "no".'
)
_TASK = "Given a web search query, retrieve relevant passages that answer the query"
_BEFORE = f"<|im_start|>system\n{_SYSTEM}<|im_end|>\n<|im_start|>user\n"
_BEHIND = "<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n"


@dataclass(frozen=True, slots=True)
class Frame:
    """What stands around a passage when it is read with a question."""

    before: NDArray[np.int64]
    """(T,), the question's tokens among them."""
    behind: NDArray[np.int64]
    """(T,)."""
    asked: int
    """Tokens of the question."""


class Classifier:
    """The head of a sequence classifier with one label, over a pair's first token vector, in float32."""

    lead = ""
    """Put before a passage."""
    reads_last = False

    def __init__(self, checkpoint: Checkpoint, sequencer: TokenSequencer) -> None:
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
        if checkpoint.config["model_type"] not in _CLASSIFIED or shapes != known:
            _refuse(checkpoint)
        self._tensors = {name: tensor.float() for name, tensor in tensors.items()}
        self._sequencer = sequencer
        self._specials = [np.array(ids, dtype=np.int64) for ids in sequencer.pair_specials()]

    def frame(self, query: str) -> Frame:
        """Read the question once for all passages."""
        [(asked, _)] = self._sequencer.encode([query])
        before, between, behind = self._specials
        return Frame(np.concatenate([before, asked, between]), behind, len(asked))

    def __call__(self, chosen: Tensor) -> Tensor:
        """float32 (B,), 0 to 1, from float32 (B, D)."""
        tensors = {name: tensor.to(chosen.device) for name, tensor in self._tensors.items()}
        inner = functional.linear(chosen, tensors["dense.weight"], tensors["dense.bias"]).tanh()
        logits = functional.linear(inner, tensors["out_proj.weight"], tensors["out_proj.bias"])  # (B, 1)
        return logits[:, 0].sigmoid()


class YesOrNo:
    """Whether a language model would go on with "yes" rather than "no": Qwen3-Reranker (arXiv 2506.05176).

    Its prompt is the one that its model card gives. Of the output layer two rows are needed; no text is made.
    """

    lead = " "
    """Put before a passage, which follows `<Document>:`."""
    reads_last = True

    def __init__(self, checkpoint: Checkpoint, sequencer: TokenSequencer) -> None:
        """Read the rows of both answers.

        Raises:
            EncoderUnavailable: the vocabulary or the weights lack them, or the folder is that of an encoder.
        """
        answers = [sequencer.piece_id(piece) for piece in ("yes", "no")]
        rows = [] if (checkpoint.folder / "1_Pooling").is_dir() else _rows(checkpoint, answers)
        if len(rows) != len(answers):
            _refuse(checkpoint)
        self._direction = rows[0] - rows[1]
        self._sequencer = sequencer
        self._before, self._behind = (
            np.array(sequencer.ids_of_template(part), dtype=np.int64) for part in (_BEFORE, _BEHIND)
        )

    def frame(self, query: str) -> Frame:
        """Read the question once for all passages."""
        [(asked, _)] = self._sequencer.encode([f"<Instruct>: {_TASK}\n<Query>: {query}\n<Document>:"])
        [(task, _)] = self._sequencer.encode([f"<Instruct>: {_TASK}\n<Query>: \n<Document>:"])
        return Frame(np.concatenate([self._before, asked]), self._behind, len(asked) - len(task))

    def __call__(self, chosen: Tensor) -> Tensor:
        """float32 (B,), 0 to 1, from float32 (B, D): the softmax of two logits, by their difference."""
        return (chosen @ self._direction.to(chosen.device)).sigmoid()


KINDS: dict[str, type[Classifier | YesOrNo]] = {"qwen3": YesOrNo}
"""How verdicts are made, by the kind that a checkpoint says it is; any other is taken for a classifier."""


def _rows(checkpoint: Checkpoint, ids: list[int | None]) -> list[Tensor]:
    """Rows of the output layer, float32 (D,) each, which may be the table of pieces; none where it is not."""
    tied = checkpoint.config.get("tie_word_embeddings", True)
    wanted = "model.embed_tokens.weight" if tied else "lm_head.weight"
    for file in checkpoint.weights:
        with safe_open(file, "pt") as tensors:
            if wanted in tensors.keys():  # noqa: SIM118  # not a mapping
                table = tensors.get_slice(wanted)
                return [table[number : number + 1][0].float() for number in ids if number is not None]
    return []


def _refuse(checkpoint: Checkpoint) -> NoReturn:
    raise EncoderUnavailable(
        f"{checkpoint.folder} holds no re-ranker of a known kind",
        remedy="Fetch one that is known: `dragoman models fetch bge-reranker-v2-m3`.",
    )
