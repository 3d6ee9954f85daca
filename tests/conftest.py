"""What every test may use: an embedder small enough to understand, and a home of its own."""

from __future__ import annotations

import os
import re
import sys
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings
from numpy.typing import NDArray

from encoder.interface import TokenStates, Window
from index_data.cluster import permission
from tests.postgres_server import postgres, postgres_server

__all__ = ["postgres", "postgres_server"]

DIMENSION = 64
UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
"""Thai, Lao, Burmese, Khmer, Japanese and Chinese, as a character class."""
TOKEN = re.compile(rf"[{UNSPACED}]|[^\W_{UNSPACED}]+")

# A busy machine is slow, not wrong.
settings.register_profile("dragoman", deadline=None)
settings.load_profile("dragoman")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give tests that take minutes all the time they need; the others fail by name when they hang."""
    for item in items:
        if item.get_closest_marker("slow"):
            item.add_marker(pytest.mark.timeout(0))


class LetterEmbedder:
    """An `encoder.interface.Embedder` that counts letters: torch-free, deterministic, not without meaning.

    A token is a word, or one character where words have no spaces between them.
    """

    def __init__(self, *, max_window_tokens: int = 512) -> None:
        self.model = "letters"
        self.fingerprint = "letter-counts-1"
        self.dimension = DIMENSION
        self.max_window_tokens = max_window_tokens
        self.batch_tokens = 8_192
        self.embedded_windows = 0
        """Windows that `embed_passages` has seen so far."""

    def token_spans(self, text: str) -> NDArray[np.int32]:
        spans = [match.span() for match in TOKEN.finditer(text)]
        return np.array(spans, dtype=np.int32).reshape(-1, 2)

    def embed_passages(self, windows: Sequence[Window]) -> NDArray[np.float32]:
        self.embedded_windows += len(windows)
        vectors = [vector for window in windows for vector in self._passage_vectors(window)]
        return np.array(vectors, dtype=np.float32).reshape(-1, DIMENSION)

    def embed_queries(self, queries: Sequence[str]) -> NDArray[np.float32]:
        return np.array([_mean(_letters(query)) for query in queries], dtype=np.float32).reshape(
            -1, DIMENSION
        )

    def token_vectors(self, texts: Sequence[str], *, query: bool = False) -> list[NDArray[np.float32]]:
        return [_unit(_letters(text)) for text in texts]

    @property
    def pools_tokens(self) -> bool:
        return True

    def token_states(self, texts: Sequence[str], *, query: bool = False) -> list[TokenStates]:
        nothing = np.zeros(DIMENSION, dtype=np.float32)
        read = [(self.token_spans(text), _letters(text)) for text in texts]
        return [TokenStates(spans, letters, nothing, len(letters)) for spans, letters in read]

    def pooled_vectors(self, means: NDArray[np.float32]) -> NDArray[np.float32]:
        return _unit(means + 1e-12)

    def direction(self, query: NDArray[np.float32], mean: NDArray[np.float32]) -> NDArray[np.float32]:
        return query / np.linalg.norm(mean)

    def _passage_vectors(self, window: Window) -> list[NDArray[np.float32]]:
        starts = self.token_spans(window.text)[:, 0]
        assert len(starts) <= self.max_window_tokens, "the window holds more than the encoder sees"
        letters = _letters(window.text)
        return [_mean(letters[(starts >= start) & (starts < end)]) for start, end in window.spans]


def _letters(text: str) -> NDArray[np.float32]:
    """Letter counts of each token: float32 (T, D), never zero."""
    tokens = TOKEN.findall(text)
    counts = np.full((len(tokens), DIMENSION), 0.01, dtype=np.float32)
    for row, token in enumerate(tokens):
        for letter in token.casefold():
            counts[row, zlib.crc32(letter.encode()) % DIMENSION] += 1
    return counts


def _mean(letters: NDArray[np.float32]) -> NDArray[np.float32]:
    """One unit vector, float32 (D,), for all tokens; without any, the same one for every text."""
    return _unit(letters.sum(axis=0) if len(letters) else np.ones(DIMENSION, dtype=np.float32))


def _unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    lengths: NDArray[np.float32] = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return vectors / lengths


@pytest.fixture
def letter_embedder() -> LetterEmbedder:
    return LetterEmbedder()


@pytest.fixture
def index_folder(tmp_path: Path) -> Path:
    """Where a test may make its index; nothing is there yet."""
    return tmp_path / "index"


@pytest.fixture(autouse=True)
def _home_of_its_own(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the developer's settings and indexes out of the tests, and the tests out of them."""
    for name in list(os.environ):
        if name.startswith(("DRAGOMAN_", "XDG_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path_factory.mktemp("home")))


@pytest.fixture(autouse=True)
def _forbidden_for_one_test(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a test that keeps libraries off the network, or an index off a server, not do so for the next."""
    monkeypatch.setattr(permission, "_asked", [])
    for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"):
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    if hub := sys.modules.get("huggingface_hub.constants"):
        monkeypatch.setattr(hub, "HF_HUB_OFFLINE", False)
