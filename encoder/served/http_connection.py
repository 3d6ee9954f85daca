"""JSON to and from one server, patiently: what is worth asking again is asked again."""

from __future__ import annotations

import json
import random
import re
import time
import weakref
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx2

from encoder.served.server_address import ServerAddress
from index_data.errors import EncoderUnavailable

_TIMEOUT = httpx2.Timeout(connect=5, read=300, write=60, pool=None)
"""Seconds; a big model on a CPU may take minutes for a batch."""
_BUSY = {429, 502, 503, 504}
_BUSY_TRIES = 8
_SILENT_TRIES = 4
"""Fewer than when it is busy: a server that does not answer at all is mostly not running."""
_FIRST_WAIT = 0.25
_LONGEST_WAIT = 8.0
_LONGEST_WAIT_ASKED_FOR = 60.0
_SHOWN_CHARACTERS = 200
_TOO_MUCH = re.compile(
    r"too (long|large|many)|exceed|context (length|size)|(maximum|max) .{0,40}(length|tokens|batch)"
    r"|less than \d+ tokens|batch size",
    re.IGNORECASE,
)


class Refused(Exception):
    """The server answered, but not with what was asked for."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message

    @property
    def too_much(self) -> bool:
        """Whether fewer or shorter texts might be taken."""
        return self.status == 413 or (self.status in {400, 422, 500} and bool(_TOO_MUCH.search(self.message)))


class HttpConnection:
    """A client of one server; may be used from several threads at once."""

    def __init__(self, address: ServerAddress, *, pause: Callable[[float], object] = time.sleep) -> None:
        self._address = address
        self._pause = pause
        self._client = httpx2.Client(
            headers={"Authorization": f"Bearer {address.key}"} if address.key else None,
            timeout=_TIMEOUT,
            # A redirect may lead to another host, and the secret and the texts are for this one only.
            follow_redirects=False,
            # A proxy of the environment cannot reach what listens on this machine only.
            trust_env=not address.is_loopback,
        )
        weakref.finalize(self, self._client.close)

    def get(self, url: str) -> object:
        """Fetch what lies at `url`.

        Raises:
            EncoderUnavailable: the server cannot be reached, or its answer is no JSON.
            Refused: it answered with an error.
        """
        return self._parsed(self._answer("GET", url, None))

    def post(self, url: str, body: object) -> object:
        """Send `body` to `url` and return the answer.

        Raises:
            EncoderUnavailable: the server cannot be reached, or its answer is no JSON.
            Refused: it answered with an error.
        """
        return self._parsed(self._answer("POST", url, json.dumps(body).encode()))

    def _answer(self, method: str, url: str, content: bytes | None) -> httpx2.Response:
        headers = {"Content-Type": "application/json"} if content is not None else None
        attempt = 1
        while True:
            try:
                response = self._client.request(method, url, content=content, headers=headers)
            except httpx2.RequestError as error:
                if attempt >= _SILENT_TRIES or isinstance(error, httpx2.ReadTimeout):
                    raise self._unreachable(error) from error
                asked_for = 0.0
            else:
                if response.status_code not in _BUSY or attempt >= _BUSY_TRIES:
                    return response
                asked_for = _seconds_asked_for(response.headers.get("Retry-After", ""))
            usual = min(_FIRST_WAIT * 2 ** (attempt - 1), _LONGEST_WAIT)
            # Many clients that were turned away together should not come back together.
            self._pause(max(usual * random.uniform(0.5, 1), min(asked_for, _LONGEST_WAIT_ASKED_FOR)))
            attempt += 1

    def _parsed(self, response: httpx2.Response) -> object:
        if not response.is_success:
            message = self._one_line(_error_text(response)) or response.reason_phrase
            raise Refused(response.status_code, message)
        try:
            return response.json()
        except ValueError as error:
            raise EncoderUnavailable(
                f"{response.request.url} does not answer in JSON",
                remedy=f"Is {self._address.option} the address of such a server? It often ends in /v1.",
            ) from error

    def _unreachable(self, error: httpx2.RequestError) -> EncoderUnavailable:
        reason = self._one_line(str(error)) or type(error).__name__
        return EncoderUnavailable(
            f"the server at {self._address.url} does not answer: {reason}",
            remedy=f"Start it, or correct the address in {self._address.option} (for Ollama, OLLAMA_HOST).",
        )

    def _one_line(self, text: str) -> str:
        """Make the server's words fit to show: short, printable, without the secret, which some repeat."""
        if self._address.key:
            text = text.replace(self._address.key, f"${self._address.key_variable}")
        shown = "".join(char for char in " ".join(text.split()) if char.isprintable())
        return shown if len(shown) <= _SHOWN_CHARACTERS else shown[: _SHOWN_CHARACTERS - 1] + "…"


def _error_text(response: httpx2.Response) -> str:
    """Find the words in the shapes of error that servers use, else return the body."""
    try:
        content = response.json()
    except ValueError:
        return response.text
    for key in ("error", "message", "detail"):
        if isinstance(content, dict) and content.get(key):
            content = content[key]
    return content if isinstance(content, str) else json.dumps(content)


def _seconds_asked_for(retry_after: str) -> float:
    """Read a Retry-After header: seconds or a date."""
    if retry_after.isdecimal():
        return float(retry_after)
    try:
        moment = parsedate_to_datetime(retry_after)
    except ValueError:
        return 0.0
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())
