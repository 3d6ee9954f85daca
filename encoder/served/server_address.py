"""Which server a model's name stands for, and the secret that goes with it."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import SplitResult, urlsplit

from index_data.errors import UsageError

OPENAI = "openai"
OLLAMA = "ollama"
TEI = "tei"
COHERE = "cohere"
KEY_VARIABLE = "DRAGOMAN_API_KEY"
RERANKER_KEY_VARIABLE = "DRAGOMAN_RERANKER_API_KEY"
"""Another one: the server that re-ranks may be another's."""

_EXAMPLE = "Name it like openai:http://127.0.0.1:8080/v1#name or ollama:name."
_RERANKER_EXAMPLE = "Name it like tei:http://127.0.0.1:8080 or cohere:http://127.0.0.1:8080/v1#name."
_OLLAMA_PORT = 11434


@dataclass(frozen=True, slots=True)
class ServerAddress:
    """Where a served model answers."""

    dialect: str
    """`openai` or `ollama`; of a re-ranker `tei` or `cohere`."""
    url: str
    """Without a slash at its end; `/embeddings`, `/api/embed` or `/rerank` comes after it."""
    name: str
    """What the server calls the model; empty for `tei`, where it has one only."""
    key: str | None = field(default=None, repr=False)
    """Sent as a bearer token; only ever from the environment."""
    key_variable: str = KEY_VARIABLE
    """Where the key is taken from."""
    option: str = "--model"
    """Where the user named it."""

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
    key = _key(environment, KEY_VARIABLE) if dialect == OPENAI else None
    if not name:
        raise UsageError(f"{model} names no model on a server", remedy=_EXAMPLE)
    return _checked(ServerAddress(dialect, url.rstrip("/"), name, key), model, _EXAMPLE)


def is_served_reranker(reranker: str) -> bool:
    """Tell a re-ranker behind a server from one that is computed here."""
    return reranker.startswith((f"{TEI}:", f"{COHERE}:"))


def reranker_address(reranker: str, environment: Mapping[str, str]) -> ServerAddress:
    """Read `tei:URL` or `cohere:URL#model`.

    Raises:
        UsageError: it names no server, or not just one model, or the secret would be seen on its way.
    """
    dialect, _, rest = reranker.partition(":")
    url, _, name = rest.partition("#")
    if bool(name) == (dialect == TEI):
        raise UsageError(f"{reranker} names no re-ranker on a server", remedy=_RERANKER_EXAMPLE)
    key = _key(environment, RERANKER_KEY_VARIABLE)
    address = ServerAddress(dialect, url.rstrip("/"), name, key, RERANKER_KEY_VARIABLE, "--reranker")
    return _checked(address, reranker, _RERANKER_EXAMPLE)


def _checked(address: ServerAddress, said: str, example: str) -> ServerAddress:
    """Let only an address pass that leads to a server and gives no secret away.

    Raises:
        UsageError: it does not.
    """
    parts = _split(address.url, example)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise UsageError(f"{said} names no model on a server", remedy=example)
    if parts.username is not None or parts.password is not None or parts.query:
        raise UsageError(
            "the address of a server holds a user, a password or a query, which an index would keep",
            remedy=f"Leave them out; a secret goes into the environment variable {address.key_variable}.",
        )
    if address.key and parts.scheme == "http" and not address.is_loopback:
        raise UsageError(
            f"{address.key_variable} would go to {parts.hostname} unencrypted",
            remedy="Use an https address, or unset the variable if that server needs no key.",
        )
    return address


def _split(url: str, example: str = _EXAMPLE) -> SplitResult:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        raise UsageError(f"{url} is not an address: {error}", remedy=example) from error
    return parts


def _ollama_url(host: str) -> str:
    """Read OLLAMA_HOST as Ollama does: scheme and port may be missing, 0.0.0.0 is where it listens."""
    host = host.strip() or "127.0.0.1"
    parts = _split(host if "://" in host else f"http://{host}")
    name = "127.0.0.1" if parts.hostname in {None, "", "0.0.0.0", "::"} else str(parts.hostname)
    name = f"[{name}]" if ":" in name else name
    usual = {"https": 443, "http": 80}.get(parts.scheme, _OLLAMA_PORT) if "://" in host else _OLLAMA_PORT
    return f"{parts.scheme}://{name}:{parts.port or usual}{parts.path}"


def _key(environment: Mapping[str, str], variable: str) -> str | None:
    key = environment.get(variable, "").strip()
    if key and not (key.isascii() and key.isprintable() and " " not in key):
        raise UsageError(
            f"{variable} holds characters that cannot be sent", remedy="Set it to the key alone."
        )
    return key or None


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
