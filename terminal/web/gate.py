"""Who may come in: whoever holds the token, in a page of this server."""

from __future__ import annotations

import secrets

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

_FORBIDDEN = "This page needs the link that `dragoman tui --web` printed, with its token.\n"


class Gate:
    """Turns away other hosts' names (DNS rebinding), other sites' pages, and whoever has no token."""

    def __init__(self, port: int) -> None:
        self._hosts = {f"127.0.0.1:{port}", f"localhost:{port}"}
        self._token = secrets.token_urlsafe(32)
        self._session = secrets.token_urlsafe(32)
        # Cookies know no ports, so that of another server must not overwrite ours.
        self._cookie = f"dragoman_{port}"
        self.link = f"http://127.0.0.1:{port}/?token={self._token}"
        """What the user opens; the token is in no other answer."""

    def middleware(self) -> Middleware:
        """Return what aiohttp asks about every request."""

        @web.middleware
        async def admit(request: web.Request, handler: Handler) -> web.StreamResponse:
            if not self._is_ours(request):
                raise web.HTTPForbidden(text="This is a page of one machine, for that machine.\n")
            if request.path == "/" and self._same(request.query.get("token"), self._token):
                return self._with_cookie()
            if not self._same(request.cookies.get(self._cookie), self._session):
                raise web.HTTPForbidden(text=_FORBIDDEN)
            return await handler(request)

        return admit

    def _is_ours(self, request: web.Request) -> bool:
        """Tell whether the request names this server, and comes from one of its own pages or from none."""
        host = request.headers.get("Host", "")
        origin = request.headers.get("Origin")
        if host not in self._hosts or request.method not in {"GET", "HEAD"}:
            return False
        # A page of another site may open a websocket here, and only its origin betrays it.
        needed = request.headers.get("Upgrade", "").lower() == "websocket"
        return origin == f"http://{host}" if origin is not None else not needed

    def _with_cookie(self) -> web.Response:
        answer = web.Response(status=303, headers={"Location": "/"})
        answer.set_cookie(self._cookie, self._session, httponly=True, samesite="Strict", path="/")
        return answer

    def _same(self, given: str | None, wanted: str) -> bool:
        return given is not None and secrets.compare_digest(given.encode(), wanted.encode())


async def guard_answer(request: web.Request, answer: web.StreamResponse) -> None:
    """Forbid the browser whatever the page does not need: frames, other hosts, caches."""
    host = request.headers.get("Host", "")
    answer.headers["Content-Security-Policy"] = (
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
        f"font-src 'self'; img-src 'self' data: blob:; connect-src 'self' ws://{host}; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Referrer-Policy"] = "no-referrer"
    answer.headers["Cache-Control"] = "no-store"
