"""What goes wrong, as HTTP says it: a status, and a problem (RFC 9457) with its remedy."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from starlette.responses import Response

from index_data.errors import (
    DragomanError,
    EncoderUnavailable,
    IndexLocked,
    IndexProblem,
    NotThere,
    UsageError,
)
from terminal.json_output import dump
from terminal.safe_text import safe_text

_LONGEST = 1_000
"""Characters of a message, and of a remedy."""


class Refusal(Exception):
    """An answer other than the one that was asked for."""

    def __init__(
        self,
        status: HTTPStatus,
        message: str,
        *,
        remedy: str,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status, self.message, self.remedy = status, message, remedy
        self.headers = dict(headers or {})


class BadRequest(Refusal):
    """The request does not fit."""

    def __init__(self, message: str, *, remedy: str) -> None:
        super().__init__(HTTPStatus.BAD_REQUEST, message, remedy=remedy)


def refusal_of(error: DragomanError) -> Refusal:
    """Give an error the status that says whose doing it is."""
    match error:
        case NotThere():
            status = HTTPStatus.NOT_FOUND
        case UsageError():
            status = HTTPStatus.BAD_REQUEST
        case IndexLocked():
            status = HTTPStatus.CONFLICT
        case IndexProblem() | EncoderUnavailable():
            status = HTTPStatus.SERVICE_UNAVAILABLE
        case _:
            status = HTTPStatus.INTERNAL_SERVER_ERROR
    return Refusal(status, error.message, remedy=error.remedy)


def unexpected() -> Refusal:
    """Say no more than that it is our fault: the words of a stray exception may be those of a document."""
    return Refusal(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "something went wrong here",
        remedy="The server's stderr says where; please report it.",
    )


def problem(refusal: Refusal, more: Mapping[str, Any] | None = None) -> Response:
    """Write it as `application/problem+json`, with `more` members."""
    said = {
        "type": "about:blank",
        "title": refusal.status.phrase,
        "status": int(refusal.status),
        "detail": safe_text(refusal.message, limit=_LONGEST),
        "remedy": safe_text(refusal.remedy, limit=_LONGEST),
        **(more or {}),
    }
    return Response(
        dump(said).encode(), int(refusal.status), refusal.headers, media_type="application/problem+json"
    )
