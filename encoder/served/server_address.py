"""Which server a model's name stands for, and the secret that goes with it."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import SplitResult, urlsplit

from index_data.errors import UsageError

OPENAI = "openai"
OLLAMA = "ollama"
KEY_VARIABLE = "DRAGOMAN_API_KEY"

_EXAMPLE = "Name it like openai:http://127.0.0.1:8080/v1#name or ollama:name."
_OLLAMA_PORT = 11434


@dataclass(frozen=True, slots=True)
class ServerAddress:
    """Where a served model answers."""

    dialect: str
    """`openai` or `ollama`."""
    url: str
    """Without a slash at its end; `/embeddings` or `/api/embed` comes after it."""
    name: str
    """What the server calls the model."""
    key: str | None = field(default=None, repr=False)
    """Sent as a bearer token; only ever from the environment."""

    @property
    def is_loopback(self) -> bool:
        """Whether it is this machine."""
        return _is_loopback(urlsplit(self.url).hostname or "")


def is_served(model: str) -> bool:
    """Tell a model behind a server from one that is computed here."""
    return model.startswith((f"{OPENAI}:", f"{OLLAMA}:"))


def server_address(model: str, environment: Mapping[str, str]) -> ServerAddress:
    """Read `openai:URL#name` or `ollama:name`, the latter at OLLAMA_HOST.

    Raises:
        UsageError: it names no server or no model, or the secret would be seen on its way.
    """
    dialect, _, rest = model.partition(":")
    if dialect == OLLAMA:
        url, name = _ollama_url(environment.get("OLLAMA_HOST", "")), rest
    else:
        url, _, name = rest.partition("#")
    parts = _split(url)
    if not name or parts.scheme not in {"http", "https"} or not parts.hostname:
        raise UsageError(f"{model} names no model on a server", remedy=_EXAMPLE)
    if parts.username is not None or parts.password is not None or parts.query:
        raise UsageError(
            "the address of a server holds a user, a password or a query, which an index would keep",
            remedy=f"Leave them out; a secret goes into the environment variable {KEY_VARIABLE}.",
        )
    key = _key(environment) if dialect == OPENAI else None
    address = ServerAddress(dialect, url.rstrip("/"), name, key)
    if key and parts.scheme == "http" and not address.is_loopback:
        raise UsageError(
            f"{KEY_VARIABLE} would go to {parts.hostname} unencrypted",
            remedy="Use an https address, or unset the variable if that server needs no key.",
        )
    return address


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        raise UsageError(f"{url} is not an address: {error}", remedy=_EXAMPLE) from error
    return parts


def _ollama_url(host: str) -> str:
    """Read OLLAMA_HOST as Ollama does: scheme and port may be missing, 0.0.0.0 is where it listens."""
    host = host.strip() or "127.0.0.1"
    parts = _split(host if "://" in host else f"http://{host}")
    name = "127.0.0.1" if parts.hostname in {None, "", "0.0.0.0", "::"} else str(parts.hostname)
    name = f"[{name}]" if ":" in name else name
    usual = {"https": 443, "http": 80}.get(parts.scheme, _OLLAMA_PORT) if "://" in host else _OLLAMA_PORT
    return f"{parts.scheme}://{name}:{parts.port or usual}{parts.path}"


def _key(environment: Mapping[str, str]) -> str | None:
    key = environment.get(KEY_VARIABLE, "").strip()
    if key and not (key.isascii() and key.isprintable() and " " not in key):
        raise UsageError(
            f"{KEY_VARIABLE} holds characters that cannot be sent", remedy="Set it to the key alone."
        )
    return key or None


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
