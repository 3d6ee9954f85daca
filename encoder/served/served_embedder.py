"""Texts to unit vectors, by a model behind a server; nothing of torch is loaded for it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from encoder.interface import Window
from encoder.served.embedding_servers import EmbeddingServer, embedding_server
from encoder.served.http_connection import HttpConnection, Refused
from encoder.served.payload import TEXTS_IN_REQUEST, in_requests, sendable_text
from encoder.served.reading_limit import Longer, ReadingLimit, reading_limit
from encoder.served.server_address import KEY_VARIABLE, server_address
from encoder.served.sketch import SENTENCES, same_model, sketch
from encoder.token_sequences import TokenSequencer
from index_data.errors import EncoderUnavailable

_REQUESTS_IN_FLIGHT = 4
_BATCH_TOKENS = 16_384
_SURELY_READ = 24
"""Tokens that every server reads, so that a short question needs no trial of the limit."""


class ServedEmbedder:
    """An `Embedder` that asks a server; each passage by itself, since a server pools what it is given.

    Tokens are those of the built-in encoder, as an approximation: the tokenizer of the model is not at hand.
    """

    def __init__(
        self,
        model: str,
        server: EmbeddingServer,
        *,
        query_prompt: str = "",
        passage_prompt: str = "",
        window_tokens: int = 512,
        known_fingerprint: str = "",
    ) -> None:
        self.model = model
        self.batch_tokens = _BATCH_TOKENS
        self._server = server
        self._query_prompt = query_prompt
        self._passage_prompt = passage_prompt
        self._window_tokens = window_tokens
        self._texts_in_request = TEXTS_IN_REQUEST
        self._limit = ReadingLimit(0, Longer.UNTRIED)
        vectors = self._ask(SENTENCES)
        self.dimension: int = vectors.shape[1]
        seen = sketch(vectors, query_prompt=query_prompt, passage_prompt=passage_prompt)
        self.fingerprint = known_fingerprint if same_model(seen, known_fingerprint) else seen

    @property
    def max_window_tokens(self) -> int:
        """What the server reads to the end, at most what was asked for; tried when it is first needed."""
        return min(self._window_tokens, self._limit_for(self._window_tokens).tokens)

    def token_spans(self, text: str) -> NDArray[np.int32]:
        """Where each token of `text` stands: int32 (T, 2), characters, end-exclusive, no special tokens."""
        return _builtin_tokens().spans(text)

    def embed_passages(self, windows: Sequence[Window]) -> NDArray[np.float32]:
        """Vectors of all passages of `windows` in order: float32 (N, D), unit length.

        Raises:
            EncoderUnavailable: the server cannot be reached, or does not read one of them to its end.
        """
        passages = [window.text[start:end] for window in windows for start, end in window.spans]
        return self._vectors(passages, self._passage_prompt)

    def embed_queries(self, queries: Sequence[str]) -> NDArray[np.float32]:
        """Vectors of `queries`: float32 (Q, D), unit length.

        Raises:
            EncoderUnavailable: the server cannot be reached, or does not read one of them to its end.
        """
        return self._vectors(queries, self._query_prompt)

    def _vectors(self, texts: Sequence[str], prompt: str) -> NDArray[np.float32]:
        sendable = [sendable_text(text) for text in texts]
        self._refuse_what_would_be_cut(sendable)
        requests = list(in_requests([prompt + text for text in sendable], self._texts_in_request))
        if not requests:
            return np.empty((0, self.dimension), dtype=np.float32)
        with ThreadPoolExecutor(_REQUESTS_IN_FLIGHT) as pool:
            parts = list(pool.map(self._ask, requests))
        for other in {part.shape[1] for part in parts} - {self.dimension}:
            raise EncoderUnavailable(
                f"the server now answers with {other} numbers, before with {self.dimension}",
                remedy="Another model seems to stand behind its address; start again.",
            )
        return np.concatenate(parts)

    def _refuse_what_would_be_cut(self, texts: Sequence[str]) -> None:
        tokens = max((len(self.token_spans(text)) for text in texts), default=0)
        if tokens <= _SURELY_READ:
            return
        limit = self._limit_for(tokens)
        if tokens > limit.tokens and limit.longer is Longer.CUT:
            raise EncoderUnavailable(
                f"the server may cut a text of {tokens} tokens; {limit.tokens} it surely reads",
                remedy="Ask a shorter question, or choose smaller --passage-tokens and --window-tokens.",
            )

    def _limit_for(self, tokens: int) -> ReadingLimit:
        """Find out what the server makes of `tokens`, unless it is known already."""
        if self._limit.longer is Longer.UNTRIED and tokens > self._limit.tokens:
            prompt = max(self._query_prompt, self._passage_prompt, key=len)
            try:
                self._limit = reading_limit(self._server.embed, prompt, tokens, self._server.stated_tokens())
            except Refused as refusal:
                raise self._error(refusal, [prompt]) from refusal
        return self._limit

    def _ask(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Vectors of `texts`: float32 (N, D); what is too much at once goes in halves."""
        try:
            return self._server.embed(texts)
        except Refused as refusal:
            if not refusal.too_much or len(texts) == 1:
                raise self._error(refusal, texts) from refusal
        half = len(texts) // 2
        self._texts_in_request = max(half, 1)
        return np.concatenate([self._ask(texts[:half]), self._ask(texts[half:])])

    def _error(self, refusal: Refused, texts: Sequence[str]) -> EncoderUnavailable:
        said = f"{refusal.message} (HTTP {refusal.status})"
        if refusal.too_much:
            tokens = len(self.token_spans(texts[0]))
            return EncoderUnavailable(
                f"the server does not take a text of about {tokens} tokens: {said}",
                remedy="Choose smaller --passage-tokens and --window-tokens, or raise the server's limit.",
            )
        remedies = {
            401: f"Put its key into the environment variable {KEY_VARIABLE}.",
            403: f"Put a key that may use this model into the environment variable {KEY_VARIABLE}.",
            404: "Correct the address or the name in --model; Ollama has to `ollama pull` a model first.",
        }
        usual = "Look at the server's log, and whether the model there is one for embeddings."
        if 300 <= refusal.status < 400:
            usual = "Name the address that it redirects to; redirects are not followed."
        return EncoderUnavailable(f"{self.model} refuses: {said}", remedy=remedies.get(refusal.status, usual))


def open_server(
    model: str,
    *,
    query_prompt: str = "",
    passage_prompt: str = "",
    window_tokens: int = 512,
    known_fingerprint: str = "",
) -> ServedEmbedder:
    """Reach the model that `openai:URL#name` or `ollama:name` stands for.

    `window_tokens` is what windows will hold if the server reads as much. `known_fingerprint` is that of the
    index at hand: it is taken over if the same weights answer.

    Raises:
        EncoderUnavailable: the server cannot be reached, or does not answer with vectors.
        UsageError: the name is wrong, or the secret would be seen on its way.
    """
    address = server_address(model, os.environ)
    return ServedEmbedder(
        model,
        embedding_server(address, HttpConnection(address)),
        query_prompt=query_prompt,
        passage_prompt=passage_prompt,
        window_tokens=window_tokens,
        known_fingerprint=known_fingerprint,
    )


@cache
def _builtin_tokens() -> TokenSequencer:
    return TokenSequencer(Path(__file__).parents[1] / "builtin" / "tokenizer.json")
