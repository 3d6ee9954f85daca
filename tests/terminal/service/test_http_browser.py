"""What a page in a real browser can do to the API: nothing, whatever name or origin it has."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

pytestmark = pytest.mark.browser

ASK = """async ({url, token, mode, type}) => {
    const body = JSON.stringify({query: "bread", mode: "lexical"});
    const headers = {"Content-Type": type};
    if (token) headers["Authorization"] = "Bearer " + token;
    try {
        const answer = await fetch(url + "/v1/search", {method: "POST", mode, headers, body});
        return answer.status;
    } catch (error) {
        return "refused";
    }
}"""


class Page(BaseHTTPRequestHandler):
    """A page of somebody else's."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<title>somebody else's</title>")

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def elsewhere() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


@pytest.fixture
def page() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    arguments = [
        *("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"),
        *("--disable-component-update", "--disable-sync", "--host-resolver-rules=MAP evil.example 127.0.0.1"),
    ]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=arguments)
        try:
            yield browser.new_page()
        finally:
            browser.close()


def test_a_name_that_leads_here_is_not_enough(serving: Any, page: Any) -> None:
    with serving() as served:
        assert page.goto(f"{served.url}/health").status == 200
        assert page.goto(f"http://evil.example:{served.port}/health").status == 421
        # The page has an origin now, and its own host: still nothing is read, not even with the token.
        for token in ("", served.token):
            asked = {"url": "", "token": token, "mode": "same-origin", "type": "application/json"}
            assert page.evaluate(ASK, asked) == 421


def test_a_page_of_another_origin_reads_nothing(serving: Any, page: Any, elsewhere: str) -> None:
    with serving() as served:
        asked = {"url": served.url, "token": served.token, "mode": "cors", "type": "application/json"}
        page.goto(f"{served.url}/health")
        assert page.evaluate(ASK, asked) == 200
        assert page.evaluate(ASK, asked | {"token": ""}) == 401
        page.goto(elsewhere)
        assert page.evaluate(ASK, asked) == "refused"
        assert page.evaluate(ASK, asked | {"token": "", "type": "text/plain"}) == "refused"
        # Not even as something that a page may load but not read.
        assert page.evaluate(ASK, asked | {"token": "", "type": "text/plain", "mode": "no-cors"}) == "refused"
        assert page.evaluate(ASK, asked | {"url": elsewhere, "type": "text/plain", "mode": "no-cors"}) == 501
