"""The code that a checkpoint brings along, run in a process of its own; nothing else here ever runs any.

That process has the rights of whoever starts it: run only what you have read, or trust.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from benchmarks.encoding.token_vectors import Ids

LONGEST = 32_768
"""Tokens at which a text is cut, whatever the checkpoint says."""


class PublishedModel:
    """A checkpoint as sentence-transformers runs it, with its own code, in float32."""

    def __init__(self, folder: Path) -> None:
        """Start the process that will load `folder`, with a place of its own for a copy of the code."""
        self._folder = str(folder)
        self._code = TemporaryDirectory()
        self._process = ProcessPoolExecutor(
            1, get_context("spawn"), initializer=_keep_to, initargs=(self._code.name,)
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.shutdown()
        self._code.cleanup()

    def ids(self, texts: Sequence[str]) -> list[list[int]]:
        """Tokens of each of `texts`, special ones included."""
        return self._process.submit(_ids, self._folder, texts).result()

    def token_vectors(self, texts: Sequence[Ids]) -> list[Tensor]:
        """Read all of `texts` in one batch, padded to the right: float32 (T, D) of each."""
        vectors = self._process.submit(_token_vectors, self._folder, texts).result()
        return list(map(torch.from_numpy, vectors))

    def embed(self, texts: Sequence[str], prompt: str) -> NDArray[np.float32]:
        """Vectors of `texts`, each behind `prompt`: float32 (N, D), unit length."""
        return self._process.submit(_embed, self._folder, [prompt + text for text in texts]).result()


def _keep_to(code: str) -> None:
    """Keep transformers off the network, and its copies of code in the folder `code`."""
    os.environ |= {"HF_HUB_OFFLINE": "1", "HF_MODULES_CACHE": code}


@cache
def _model(folder: str) -> Any:
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(
        folder,
        device="cpu",
        trust_remote_code=True,
        local_files_only=True,
        model_kwargs={"dtype": torch.float32},
    )
    model.max_seq_length = LONGEST
    return model


def _ids(folder: str, texts: Sequence[str]) -> list[list[int]]:
    return [list(_model(folder).tokenizer(text)["input_ids"]) for text in texts]


@torch.inference_mode()
def _token_vectors(folder: str, texts: Sequence[Ids]) -> list[NDArray[np.float32]]:
    rows = [torch.from_numpy(text) for text in texts]
    ids = pad_sequence(rows, batch_first=True)
    mask = pad_sequence([torch.ones_like(row) for row in rows], batch_first=True)
    hidden = _model(folder)[0].auto_model(input_ids=ids, attention_mask=mask).last_hidden_state
    return [part[: len(text)].numpy() for part, text in zip(hidden, texts, strict=True)]


def _embed(folder: str, texts: Sequence[str]) -> NDArray[np.float32]:
    vectors: NDArray[np.float32] = _model(folder).encode(list(texts), normalize_embeddings=True)
    return vectors
