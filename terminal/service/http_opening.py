"""What a command line asks of the API, made ready: the socket, the token, the rules."""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from index_data.errors import UsageError
from terminal.safe_text import safe_path, safe_text
from terminal.service.http_app import HttpOptions
from terminal.service.http_guard import LOOPBACK, Policy
from terminal.service.http_jobs import IngestRules
from terminal.service.http_metrics import PATH as METRICS
from terminal.service.http_server import listen
from terminal.service.http_token import kept_token, new_token, runtime_file

_ADDRESS = re.compile(r"(?:(\[[0-9a-fA-F:.]+\]|[\w.-]+):)?(\d{1,5})")
_USUAL_HOST = "127.0.0.1"
USUAL_DRAIN = 30.0
"""Seconds from a SIGTERM to the end at most."""


@dataclass(frozen=True, slots=True)
class HttpWish:
    """Options of the command line."""

    address: str
    """`[HOST:]PORT`."""
    token_file: Path | None
    hosts: tuple[str, ...]
    """More names that requests may use."""
    ingest: IngestRules
    metrics_open: bool = False
    """Whoever can reach the server may read `/metrics` without the token."""
    drain_seconds: float = USUAL_DRAIN


@contextmanager
def opened_http(wish: HttpWish, say: Callable[[str], object]) -> Iterator[tuple[socket.socket, HttpOptions]]:
    """Take the port and have the token ready, and `say` where they are; a token of one start goes at its end.

    Raises:
        UsageError: the address, the token or the names cannot be used.
        OSError: the token cannot be kept.
    """
    host, port = _address(wish.address)
    _refuse_open_doors(host, wish.token_file)
    names = LOOPBACK | {name.lower() for name in (_shown(host), *wish.hosts)}
    with listen(host, port) as listening:
        port = listening.getsockname()[1]
        file = wish.token_file or runtime_file(port)
        token = new_token(file) if wish.token_file is None else kept_token(file)
        say(f"HTTP on http://{_shown(host)}:{port}; the token is in {safe_path(file)}")
        if wish.token_file is None:
            say(f"token: {token}")
        if not _is_loopback(host):
            say("other machines can reach it, and what is sent is not encrypted")
        policy = Policy(token, frozenset(names))
        if wish.metrics_open:
            policy = replace(policy, open_paths=policy.open_paths | {METRICS})
        try:
            yield listening, HttpOptions(policy, wish.ingest, drain_seconds=wish.drain_seconds)
        finally:
            if wish.token_file is None:
                file.unlink(missing_ok=True)


def _address(said: str) -> tuple[str, int]:
    found = _ADDRESS.fullmatch(said)
    if found is None or int(found[2]) > 65_535:
        raise UsageError(f"{safe_text(said)} is no address", remedy="Write --http 8765 or --http HOST:8765.")
    return (found[1] or _USUAL_HOST).strip("[]"), int(found[2])


def _refuse_open_doors(host: str, token_file: Path | None) -> None:
    """Let other machines in only with a token that somebody chose to keep.

    Raises:
        UsageError: it is not so.
    """
    if not _is_loopback(host) and token_file is None:
        raise UsageError(
            f"other machines could reach {safe_text(host)}",
            remedy="Leave the host out, or name a --token-file that they are to have.",
        )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _shown(host: str) -> str:
    return f"[{host}]" if ":" in host else host
