"""Who compares the best hits once more, as the settings have it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from index_data.errors import UsageError
from terminal.settings import Settings

if TYPE_CHECKING:
    from encoder.interface import Embedder, Reranker


def load_reranker(embedder: Embedder, settings: Settings) -> Reranker | None:
    """Load the one asked for, else let the encoder compare token by token if it shows them.

    Raises:
        EncoderUnavailable: it cannot be used.
        UsageError: it is behind a server, and nothing may be sent.
    """
    from encoder.interface import TokenEmbedder

    if settings.rerank is False:
        return None
    if settings.reranker:
        from encoder.served.server_address import is_served_reranker

        if is_served_reranker(settings.reranker):
            return _served_reranker(settings.reranker, settings)
        from encoder.checkpoint import resolve
        from encoder.cross_encoder import CrossEncoderReranker
        from encoder.device import NumberFormat, place

        checkpoint = resolve(settings.reranker, settings.models)
        return CrossEncoderReranker(checkpoint, place(settings.device, NumberFormat(settings.dtype)))
    if not isinstance(embedder, TokenEmbedder):
        return None
    from encoder.m3 import M3Embedder, M3Reranker
    from encoder.reranker import MaxSimReranker

    return M3Reranker(embedder) if isinstance(embedder, M3Embedder) else MaxSimReranker(embedder)


def _served_reranker(reranker: str, settings: Settings) -> Reranker:
    from encoder.served.served_reranker import open_reranker

    if settings.offline:
        raise UsageError(
            f"{reranker} is behind a server", remedy="Leave out --offline, or use another --reranker."
        )
    return open_reranker(reranker)
