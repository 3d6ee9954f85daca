"""Where an index is that is not in its folder."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ServerSummary:
    """Where an index is that is not in its folder."""

    address: str
    """`milvus://host:port/name`."""
    catalogue: str | None
    """`postgresql://...`, with documents and passages; None: they are in the folder."""
    version: str
    """Of Milvus."""
    passages: int
    """That Milvus has; more than there are, where some are left over."""
