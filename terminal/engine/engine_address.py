"""The address of the resident engine for certain settings: one for each index and each way to answer."""

from __future__ import annotations

import os
from hashlib import blake2b

from terminal.engine.sockets import ENGINE_SUFFIX, program_stamp, socket_folder
from terminal.settings import Settings

_VARIABLES = ("DRAGOMAN_API_KEY", "DRAGOMAN_RERANKER_API_KEY", "OLLAMA_HOST", "CUDA_VISIBLE_DEVICES")
"""What else decides where an encoder runs, and whether it may be asked."""


def engine_address(settings: Settings) -> str | None:
    """Name the socket; None where there can be none.

    Two versions of the program, and two settings that may answer otherwise, never meet.
    """
    try:
        return f"{socket_folder()}/{_digest(settings)}{ENGINE_SUFFIX}"
    except OSError:
        return None


def _digest(settings: Settings) -> str:
    told = [
        program_stamp(),
        *map(repr, deciding(settings).values()),
        *(os.environ.get(name, "") for name in _VARIABLES),
    ]
    return blake2b("\0".join(told).encode(errors="surrogateescape"), digest_size=16).hexdigest()


def deciding(settings: Settings) -> dict[str, object]:
    """List what decides how an engine answers; whether it re-ranks is said with each question."""
    return {
        **(
            {"collection": ",".join(settings.several)} if settings.several else {"index": str(settings.index)}
        ),
        "models": str(settings.models),
        "model": None if settings.model == "auto" else settings.model,
        "device": settings.device,
        "dtype": settings.dtype,
        "offline": settings.offline,
        # What is not to be asked is not to be loaded either.
        "reranker": None if settings.rerank is False else settings.reranker,
    }
