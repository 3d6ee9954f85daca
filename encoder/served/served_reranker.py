"""A cross-encoder behind a server, in the two shapes of `POST /rerank`; nothing of torch is loaded for it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from encoder.served.http_connection import HttpConnection, Refused
from encoder.served.payload import TEXTS_IN_REQUEST, in_requests, sendable_text
from encoder.served.server_address import TEI, ServerAddress, reranker_address
from index_data.errors import EncoderUnavailable

_REQUESTS_IN_FLIGHT = 4
_SHORTEST = 200
"""Characters of a passage that any server takes beside a question of usual length."""
_LARGEST = 1e9
"""What is larger is no logit; not-a-number is never smaller."""


class ServedReranker:
    """A `Reranker` that asks a server.

    A passage that the server finds too long is as good as its best stretch. Scores that reach below 0 or
    above 1 are logits, as llama-server gives them for some models, and go through a sigmoid.
    """

    def __init__(self, address: ServerAddress, connection: HttpConnection) -> None:
        self._address = address
        self._connection = connection
        self._texts_in_request = TEXTS_IN_REQUEST

    def scores(self, query: str, passages: Sequence[str]) -> NDArray[np.float32]:
        """How well each passage answers `query`: float32 (N,), 0 to 1, more is better.

        Raises:
            EncoderUnavailable: the server cannot be reached, or answers with something else than scores.
        """
        asked = sendable_text(query)
        requests = list(in_requests([sendable_text(text) for text in passages], self._texts_in_request))
        if not requests:
            return np.zeros(0, dtype=np.float32)
        with ThreadPoolExecutor(_REQUESTS_IN_FLIGHT) as pool:
            parts = list(pool.map(lambda texts: self._ask(asked, texts), requests))
        raw = np.concatenate(parts)
        are_logits = bool(((raw < 0) | (raw > 1)).any())
        return (0.5 + 0.5 * np.tanh(raw / 2) if are_logits else raw).astype(np.float32)

    def _ask(self, query: str, texts: Sequence[str]) -> NDArray[np.float64]:
        """Score `texts`: float64 (N,); what is too much at once goes in parts."""
        try:
            return self._answered(query, texts)
        except Refused as refusal:
            if not refusal.too_much or (len(texts) == 1 and len(texts[0]) < _SHORTEST):
                raise self._error(refusal) from refusal
        if len(texts) == 1:
            third = len(texts[0]) // 3
            stretches = [texts[0][: 2 * third], texts[0][third:]]
            return np.array([max(self._ask(query, [stretch])[0] for stretch in stretches)])
        half = len(texts) // 2
        self._texts_in_request = half
        return np.concatenate([self._ask(query, texts[:half]), self._ask(query, texts[half:])])

    def _answered(self, query: str, texts: Sequence[str]) -> NDArray[np.float64]:
        of_tei = self._address.dialect == TEI
        body: dict[str, Any] = {"query": query, "texts": list(texts)}
        if not of_tei:
            body = {
                "model": self._address.name,
                "query": query,
                "documents": list(texts),
                "top_n": len(texts),
            }
        answer = self._connection.post(f"{self._address.url}/rerank", body)
        items = answer if of_tei else answer.get("results") if isinstance(answer, dict) else None
        return _in_order(items, "score" if of_tei else "relevance_score", len(texts))

    def _error(self, refusal: Refused) -> EncoderUnavailable:
        said = f"{refusal.message} (HTTP {refusal.status})"
        remedies = {
            401: f"Put its key into the environment variable {self._address.key_variable}.",
            403: f"Put a key that may re-rank into the environment variable {self._address.key_variable}.",
            404: "Correct --reranker: tei:URL, or cohere:URL#name, whose URL mostly ends in /v1 or /v2.",
        }
        usual = "Look at the server's log, and whether the model there is one that re-ranks."
        if refusal.too_much:
            usual = "Ask more briefly, or raise the server's limit."
        elif 300 <= refusal.status < 400:
            usual = "Name the address that it redirects to; redirects are not followed."
        return EncoderUnavailable(
            f"the re-ranker at {self._address.url} refuses: {said}",
            remedy=remedies.get(refusal.status, usual),
        )


def open_reranker(reranker: str) -> ServedReranker:
    """Reach what `tei:URL` or `cohere:URL#model` stands for; nothing is sent yet.

    Raises:
        UsageError: the name is wrong, or the secret would be seen on its way.
    """
    address = reranker_address(reranker, os.environ)
    return ServedReranker(address, HttpConnection(address))


def _in_order(items: object, named: str, count: int) -> NDArray[np.float64]:
    """Put scores in the order of the texts, float64 (N,): servers sort them, and number them from 0."""
    scores: dict[int, float] = {}
    for item in items if isinstance(items, list) else ():
        index, score = (item.get("index"), item.get(named)) if isinstance(item, dict) else (None, None)
        if type(index) is not int or index in scores:
            _refuse_odd("it is numbered oddly")
        if isinstance(score, bool) or not isinstance(score, int | float) or not abs(score) <= _LARGEST:
            _refuse_odd("a score is no finite number")
        scores[index] = float(score)
    if sorted(scores) != list(range(count)):
        _refuse_odd(f"{count} texts were sent, and {len(scores)} other ones were scored")
    return np.array([scores[number] for number in range(count)], dtype=np.float64)


def _refuse_odd(what: str) -> NoReturn:
    raise EncoderUnavailable(
        f"the re-ranker's answer cannot be used: {what}",
        remedy="Is it of the other shape? TEI is tei:URL; Cohere, Jina and vLLM are cohere:URL#model.",
    )
