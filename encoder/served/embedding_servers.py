"""The two protocols in which servers hand out vectors."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from encoder.served.http_connection import HttpConnection, Refused
from encoder.served.server_address import OLLAMA, ServerAddress
from index_data.errors import EncoderUnavailable


@dataclass(frozen=True, slots=True)
class OpenAiServer:
    """`POST /embeddings`: TEI, vLLM, Infinity, llama-server and others."""

    address: ServerAddress
    connection: HttpConnection

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Vectors of `texts` in order: float32 (N, D), unit length.

        Raises:
            EncoderUnavailable: the server cannot be reached, or answers with something else.
            Refused: it answers with an error.
        """
        body = {"model": self.address.name, "input": list(texts), "encoding_format": "float"}
        answer = self.connection.post(f"{self.address.url}/embeddings", body)
        items = _entry(answer, "data")
        numbers = [_entry(item, "index") for item in items] if isinstance(items, list) else []
        if sorted(map(str, numbers)) != sorted(map(str, range(len(texts)))):
            _refuse_odd(f"{len(texts)} texts were sent, and the answer is numbered otherwise")
        in_order = dict(zip(map(int, numbers), items, strict=True))
        return _unit_vectors([_entry(in_order[number], "embedding") for number in range(len(texts))])

    def stated_tokens(self) -> int | None:
        """Tokens of its own that it says it reads of one text; as vLLM, llama-server and TEI may be asked."""
        root = self.address.url.removesuffix("/v1")
        slot = _entry(_told(self.connection, f"{root}/props"), "default_generation_settings")
        models = _entry(_told(self.connection, f"{self.address.url}/models"), "data")
        return _least(
            _entry(_told(self.connection, f"{root}/info"), "max_input_length"),
            _entry(slot, "n_ctx"),
            *(
                _entry(model, "max_model_len")
                for model in (models if isinstance(models, list) else ())
                if _entry(model, "id") == self.address.name
            ),
        )


@dataclass(frozen=True, slots=True)
class OllamaServer:
    """`POST /api/embed`, the only route of Ollama that can be told not to cut."""

    address: ServerAddress
    connection: HttpConnection

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Vectors of `texts` in order: float32 (N, D), unit length.

        Raises:
            EncoderUnavailable: the server cannot be reached, or answers with something else.
            Refused: it answers with an error.
        """
        body = {"model": self.address.name, "input": list(texts), "truncate": False}
        embeddings = _entry(self.connection.post(f"{self.address.url}/api/embed", body), "embeddings")
        if not isinstance(embeddings, list) or len(embeddings) != len(texts):
            _refuse_odd(f"{len(texts)} texts were sent, and not as many vectors came back")
        return _unit_vectors(embeddings)

    def stated_tokens(self) -> int | None:
        """Tokens of its own that it says the model reads of one text."""
        try:
            answer = self.connection.post(f"{self.address.url}/api/show", {"model": self.address.name})
        except Refused:
            return None
        info = _entry(answer, "model_info")
        stated = info.items() if isinstance(info, dict) else ()
        return _least(*(count for key, count in stated if str(key).endswith(".context_length")))


EmbeddingServer = OpenAiServer | OllamaServer


def embedding_server(address: ServerAddress, connection: HttpConnection) -> EmbeddingServer:
    """Speak to `address` in its dialect."""
    return (OllamaServer if address.dialect == OLLAMA else OpenAiServer)(address, connection)


def _told(connection: HttpConnection, url: str) -> object:
    """Return what lies at `url`; most servers have only some of these pages."""
    try:
        return connection.get(url)
    except (Refused, EncoderUnavailable):
        return {}


def _entry(mapping: object, key: str) -> Any:
    return mapping.get(key) if isinstance(mapping, dict) else None


def _least(*counts: object) -> int | None:
    return min((count for count in counts if isinstance(count, int) and count > 0), default=None)


def _unit_vectors(embeddings: Sequence[object]) -> NDArray[np.float32]:
    try:
        raw = np.array([_numbers(embedding) for embedding in embeddings], dtype=np.float64)  # (N, D)
    except (TypeError, ValueError, OverflowError) as error:
        _refuse_odd("its vectors are no rows of numbers of one length", error)
    if raw.ndim != 2 or not raw.size:
        _refuse_odd("it does not answer with one vector for each text (llama-server needs --pooling)")
    with np.errstate(all="ignore"):
        lengths = np.linalg.norm(raw, axis=1, keepdims=True)
        unit: NDArray[np.float32] = (raw / lengths).astype(np.float32)
    if not np.isfinite(lengths).all() or not np.isfinite(unit).all():
        _refuse_odd("one of its vectors is not finite, or zero")
    return unit


def _numbers(embedding: object) -> object:
    """Read base64 (little-endian float32) too, in which some servers answer whatever they are asked for."""
    if isinstance(embedding, str):
        return np.frombuffer(base64.b64decode(embedding, validate=True), dtype="<f4")
    return embedding


def _refuse_odd(what: str, cause: Exception | None = None) -> NoReturn:
    raise EncoderUnavailable(
        f"the server's answer cannot be used: {what}",
        remedy="Look at the server's log, and whether the model there is one for embeddings.",
    ) from cause
