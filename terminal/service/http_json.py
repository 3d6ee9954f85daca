"""JSON that arrives in a request and leaves in an answer."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from terminal.json_output import dump
from terminal.service.http_refusal import BadRequest, Refusal

_ONE_OBJECT = "Send one JSON object, in UTF-8."


def json_answer(fields: Mapping[str, Any], status: HTTPStatus = HTTPStatus.OK) -> Response:
    """Write an object."""
    return Response(dump(fields).encode(), int(status), media_type="application/json")


async def json_body(request: Request) -> dict[str, Any]:
    """Read the object in the body.

    Raises:
        BadRequest: it is none.
        Refusal: it does not say that it is JSON, as a form of a web page cannot.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise Refusal(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            "the body is not declared as JSON",
            remedy="Send the header Content-Type: application/json, as `curl --json` does.",
        )
    try:
        found = msgspec.json.decode(await request.body())
    except (msgspec.MsgspecError, RecursionError) as error:
        raise BadRequest(f"the body is no JSON: {error}", remedy=_ONE_OBJECT) from error
    if not isinstance(found, dict):
        raise BadRequest("the body is no JSON object", remedy=_ONE_OBJECT)
    return found


def query_words(request: Request) -> dict[str, str]:
    """Read what stands after the question mark.

    Raises:
        BadRequest: something stands there twice.
    """
    pairs = request.query_params.multi_items()
    words = dict(pairs)
    if len(words) < len(pairs):
        raise BadRequest("a parameter is given twice", remedy="Give each parameter once.")
    return words
