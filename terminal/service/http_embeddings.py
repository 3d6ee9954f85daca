"""The encoder by the protocol of OpenAI: `POST /v1/embeddings` and `GET /v1/models`."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec
import numpy as np
from msgspec import Meta
from numpy.typing import NDArray
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from index_data.errors import DragomanError
from terminal.safe_text import safe_text
from terminal.service.http_gate import Gates
from terminal.service.http_json import json_answer, json_body
from terminal.service.http_refusal import BadRequest, Refusal, problem, refusal_of

if TYPE_CHECKING:
    from encoder.interface import Embedder
    from terminal.engine.engine import Engine

_MOST_TEXTS = 2_048
"""As many as OpenAI takes."""
_TEXTS_AT_ONCE = 16
"""After so many, others have their turn at the encoder."""
_ROLES = {"query": True, "passage": False, "document": False}

Text = Annotated[str, Meta(min_length=1)]
Role = Literal["query", "passage", "document"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEmbeddings:
    """Texts whose vectors are wanted, as OpenAI has it, and what they are."""

    model: Annotated[
        str, Meta(description="An id of GET /v1/models; behind it may stand `:query` or `:passage`.")
    ]
    input: Annotated[
        Text | Annotated[list[Text], Meta(min_length=1, max_length=_MOST_TEXTS)],
        Meta(description="One text, or several; none longer than the model's `max_model_len` in tokens."),
    ]
    encoding_format: Annotated[
        Literal["float", "base64"], Meta(description="Numbers, or Base64 of little-endian float32.")
    ] = "float"
    dimensions: Annotated[
        Annotated[int, Meta(ge=1)] | None, Meta(description="Only as many as the encoder gives.")
    ] = None
    input_type: Annotated[
        Role | None,
        Meta(
            description="Whether texts are questions or passages; the encoder's prompt for it is put before "
            "them. Null: a text that begins with its prompt for questions is one."
        ),
    ] = None
    user: Annotated[str | None, Meta(description="Ignored.")] = None


class EmbeddingRoutes:
    """Serves the engine's encoder."""

    def __init__(self, engine: Engine, gates: Gates) -> None:
        self._engine, self._gates = engine, gates

    def routes(self) -> list[Route]:
        """Return what is served."""
        return [
            Route("/v1/models", self._models, methods=["GET"], name="models"),
            Route("/v1/embeddings", self._embeddings, methods=["POST"], name="embeddings"),
        ]

    async def _models(self, _request: Request) -> Response:
        try:
            embedder = await self._gates.encoding.run(self._engine.embedder)
        except (Refusal, DragomanError) as error:
            return _as_openai(error)
        model = {
            "id": served_name(embedder.model),
            "object": "model",
            "created": 0,
            "owned_by": "dragoman",
            "max_model_len": await self._gates.encoding.run(lambda: embedder.max_window_tokens),
            "dimensions": embedder.dimension,
        }
        return json_answer({"object": "list", "data": [model]})

    async def _embeddings(self, request: Request) -> Response:
        try:
            return json_answer(await self._answer(_read(await json_body(request))))
        except (Refusal, DragomanError) as error:
            return _as_openai(error)

    async def _answer(self, wanted: NewEmbeddings) -> dict[str, Any]:
        embedder = await self._gates.encoding.run(self._engine.embedder)
        name = served_name(embedder.model)
        role = _role(wanted, name)
        if wanted.dimensions not in {None, embedder.dimension}:
            raise BadRequest(
                f"{name} gives vectors of {embedder.dimension} numbers and no others",
                remedy="Leave out dimensions.",
            )
        texts = [wanted.input] if isinstance(wanted.input, str) else wanted.input
        tokens = await self._gates.reading.run(_count_tokens, embedder, texts)
        told = [(text, role) for text in texts] if role is not None else _by_prompts(texts, name)
        vectors = [
            vector for some in _in_turns(told) for vector in await self._gates.encoding.run(self._embed, some)
        ]
        return {
            "object": "list",
            "data": [
                {
                    "object": "embedding",
                    "index": number,
                    "embedding": _written(vector, wanted.encoding_format),
                }
                for number, vector in enumerate(vectors)
            ],
            "model": name,
            "usage": {"prompt_tokens": tokens, "total_tokens": tokens},
        }

    def _embed(self, told: list[tuple[str, bool]]) -> list[NDArray[np.float32]]:
        """Embed texts, of which some may be questions."""
        vectors: list[NDArray[np.float32]] = [np.empty(0, dtype=np.float32)] * len(told)
        for query in {is_query for _, is_query in told}:
            places = [place for place, (_, is_query) in enumerate(told) if is_query is query]
            found = self._engine.embed([told[place][0] for place in places], query=query)
            for place, vector in zip(places, found, strict=True):
                vectors[place] = vector
        return vectors


def served_name(model: str) -> str:
    """Call the encoder by its name alone, whose folder or server is nobody else's business."""
    from encoder.served.server_address import is_served, server_address

    return server_address(model, {}).name if is_served(model) else Path(model).name


def _read(body: dict[str, Any]) -> NewEmbeddings:
    """Take what is known of a request; what only other servers know is no harm.

    Raises:
        BadRequest: it does not fit.
    """
    try:
        return msgspec.convert(body, NewEmbeddings)
    except msgspec.ValidationError as error:
        raise BadRequest(
            safe_text(str(error)),
            remedy="Send model, and input: a text or a list of texts, not of token numbers.",
        ) from error


def _role(wanted: NewEmbeddings, name: str) -> bool | None:
    """Tell whether texts are said to be questions; None where nothing is said.

    Raises:
        Refusal: another model is asked for.
    """
    asked, _, suffix = wanted.model.rpartition(":")
    if wanted.model == name:
        return None if wanted.input_type is None else _ROLES[wanted.input_type]
    if asked != name or suffix not in _ROLES:
        raise Refusal(
            HTTPStatus.NOT_FOUND,
            f"there is no model {safe_text(wanted.model, limit=100)} here",
            remedy=f"Ask for {name}, {name}:query or {name}:passage.",
        )
    return _ROLES[wanted.input_type or suffix]


def _by_prompts(texts: list[str], name: str) -> list[tuple[str, bool]]:
    """Take off the encoder's own prompts, which clients of servers put there, and tell questions by them."""
    from encoder.models.registry import known_models

    known = known_models().get(name.partition(":")[0])
    query_prompt, passage_prompt = (known.query_prompt, known.passage_prompt) if known else ("", "")
    return [
        (text.removeprefix(query_prompt), True)
        if query_prompt and text.startswith(query_prompt)
        else (text.removeprefix(passage_prompt), False)
        for text in texts
    ]


def _count_tokens(embedder: Embedder, texts: list[str]) -> int:
    """Count the tokens of all texts.

    Raises:
        BadRequest: one has more than the encoder sees at once.
    """
    most = embedder.max_window_tokens
    counts = [len(embedder.token_spans(text)) for text in texts]
    if (longest := max(counts)) > most:
        raise BadRequest(
            f"input {counts.index(longest)} exceeds the context length: {longest:,} tokens, {most:,} at most",
            remedy="Cut it into shorter texts; nothing is cut off here.",
        )
    return sum(counts)


def _in_turns(told: list[tuple[str, bool]]) -> list[list[tuple[str, bool]]]:
    return [told[start : start + _TEXTS_AT_ONCE] for start in range(0, len(told), _TEXTS_AT_ONCE)]


def _written(vector: NDArray[np.float32], form: str) -> list[float] | str:
    if form == "base64":
        return base64.b64encode(vector.astype("<f4").tobytes()).decode()
    numbers: list[float] = vector.tolist()
    return numbers


def _as_openai(error: Refusal | DragomanError) -> Response:
    """Write a problem that holds OpenAI's `error` too, which its clients look for."""
    refusal = error if isinstance(error, Refusal) else refusal_of(error)
    ours = refusal.status >= HTTPStatus.INTERNAL_SERVER_ERROR
    said = {
        "message": safe_text(f"{refusal.message}. {refusal.remedy}"),
        "type": "server_error" if ours else "invalid_request_error",
        "param": None,
        "code": "model_not_found" if refusal.status is HTTPStatus.NOT_FOUND else None,
    }
    return problem(refusal, {"error": said})
