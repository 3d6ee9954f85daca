"""Served re-rankers, against a server on a real socket that speaks both shapes and misbehaves on demand."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import numpy as np
import pytest

from encoder.served.http_connection import HttpConnection
from encoder.served.served_reranker import ServedReranker, open_reranker
from encoder.served.server_address import is_served_reranker, reranker_address
from index_data.errors import EncoderUnavailable, UsageError

KEY = "sk-secret-of-the-test"
QUERY = "why does bread rise"
PASSAGES = [f"passage {number} " + "bread " * (number % 7) for number in range(70)]
SHAPES = ("tei", "cohere")

Items = list[dict[str, Any]]


def share(text: str) -> float:
    """Count how many of the words are `bread`, as a share."""
    words = text.split()
    return words.count("bread") / len(words)


class Service(ThreadingHTTPServer):
    """Scores by shares of a word, the best first; what it was asked, and how it is to misbehave."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.host = f"http://127.0.0.1:{self.server_address[1]}"
        self.asked: list[tuple[str, dict[str, str], Any]] = []
        self.faults: list[tuple[int, str]] = []
        self.most_texts = 1_000
        self.most_characters = 1_000_000
        self.score: Callable[[str], float] = share
        self.spoil: Callable[[Items], object] = list

    @property
    def sent(self) -> list[list[str]]:
        return [body.get("texts") or body["documents"] for _, _, body in self.asked]


class Answer(BaseHTTPRequestHandler):
    server: Service
    protocol_version = "HTTP/1.1"
    # Headers and body in two packets would wait 40 ms for each other.
    wbufsize = 1 << 16

    def log_message(self, *_: object) -> None:
        pass

    def do_POST(self) -> None:
        service = self.server
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        service.asked.append((self.path, dict(self.headers), body))
        texts, named = (body["texts"], "score") if "texts" in body else (body["documents"], "relevance_score")
        if service.faults:
            status, said = service.faults.pop(0)
            self.reply(status, {"error": {"message": said}})
        elif len(texts) > service.most_texts or max(map(len, texts)) > service.most_characters:
            self.reply(413, {"error": "too large"})
        else:
            items: Items = [
                {"index": number, named: service.score(text)} for number, text in enumerate(texts)
            ]
            items.sort(key=lambda item: -float(item[named]))
            spoiled = service.spoil(items)
            self.reply(200, spoiled if named == "score" else {"results": spoiled, "id": "x"})

    def reply(self, status: int, content: object) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def service() -> Iterator[Service]:
    with Service() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def connect(service: Service, shape: str = "tei", key: str = "") -> ServedReranker:
    """Open the service without the patience of `time.sleep`."""
    named = f"tei:{service.host}" if shape == "tei" else f"cohere:{service.host}/v1#judge"
    address = reranker_address(named, {"DRAGOMAN_RERANKER_API_KEY": key})
    return ServedReranker(address, HttpConnection(address, pause=lambda _: None))


@pytest.mark.parametrize("shape", SHAPES)
def test_scores_are_those_of_the_server_in_the_order_of_the_passages(service: Service, shape: str) -> None:
    scores = connect(service, shape).scores(QUERY, PASSAGES)
    assert scores.dtype == np.float32
    assert len(service.sent) == 3
    np.testing.assert_allclose(scores, [share(passage) for passage in PASSAGES], atol=1e-6)


def test_each_shape_asks_as_it_is_documented(service: Service) -> None:
    connect(service, "tei").scores(QUERY, ["a"])
    connect(service, "cohere").scores(QUERY, ["a", "b\0"])
    assert [(path, body) for path, _, body in service.asked] == [
        ("/rerank", {"query": QUERY, "texts": ["a"]}),
        ("/v1/rerank", {"model": "judge", "query": QUERY, "documents": ["a", "b"], "top_n": 2}),
    ]


def test_nothing_to_score_is_not_sent(service: Service) -> None:
    assert connect(service).scores(QUERY, []).shape == (0,)
    assert service.asked == []


def test_a_request_that_is_too_large_goes_in_halves(service: Service) -> None:
    service.most_texts = 10
    reranker = connect(service)
    scores = reranker.scores(QUERY, PASSAGES)
    np.testing.assert_allclose(scores, [share(passage) for passage in PASSAGES], atol=1e-6)
    service.asked.clear()
    reranker.scores(QUERY, PASSAGES)
    assert max(map(len, service.sent)) <= 10


def test_a_passage_that_is_too_long_is_as_good_as_its_best_stretch(service: Service) -> None:
    service.most_characters = 400
    long = "water " * 100 + "bread " * 20
    score = connect(service).scores(QUERY, [long])[0]
    assert score > 2 * share(long)
    assert all("bread" in text or "water" in text for [text] in service.sent)


def test_what_is_never_taken_is_told(service: Service) -> None:
    service.most_characters = 10
    with pytest.raises(EncoderUnavailable, match=r"refuses: too large \(HTTP 413\)"):
        connect(service).scores(QUERY, ["bread " * 60])
    assert len(service.asked) < 30


def test_logits_go_through_a_sigmoid_in_all_requests_alike(service: Service) -> None:
    service.score = lambda text: 8 * share(text) - 4
    scores = connect(service, "cohere").scores(QUERY, PASSAGES)
    expected = [1 / (1 + np.exp(4 - 8 * share(passage))) for passage in PASSAGES]
    np.testing.assert_allclose(scores, expected, atol=1e-6)


SPOILED: dict[str, Callable[[Items], object]] = {
    "one too few": lambda items: items[:-1],
    "one too many": lambda items: [*items, items[0] | {"index": len(items)}],
    "an index twice": lambda items: [*items[:-1], items[0]],
    "an index that is a word": lambda items: [*items[:-1], items[-1] | {"index": "1"}],
    "an index that is a switch": lambda items: [*items[:-1], items[-1] | {"index": True}],
    "no score": lambda items: [{"index": item["index"]} for item in items],
    "not a number": lambda items: [item | {"score": float("nan")} for item in items],
    "infinite": lambda items: [item | {"score": float("inf")} for item in items],
    "a huge whole number": lambda items: [item | {"score": 10**400} for item in items],
    "a word": lambda items: [item | {"score": "0.5"} for item in items],
    "the other shape": lambda items: {"results": items},
    "a list of numbers": lambda items: [item["score"] for item in items],
}


@pytest.mark.parametrize("spoiled", SPOILED)
def test_an_odd_answer_is_refused(service: Service, spoiled: str) -> None:
    reranker = connect(service)
    assert len(reranker.scores(QUERY, PASSAGES[:3])) == 3
    service.spoil = SPOILED[spoiled]
    with pytest.raises(EncoderUnavailable, match="the re-ranker's answer cannot be used"):
        reranker.scores(QUERY, PASSAGES[:3])


@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_server_is_asked_again(service: Service, status: int) -> None:
    service.faults = [(status, "busy")] * 2
    assert connect(service).scores(QUERY, ["bread"]) == [1]
    assert len(service.asked) == 3


@pytest.mark.parametrize(
    ("status", "remedy"),
    [(400, "log"), (401, "RERANKER_API_KEY"), (404, "--reranker"), (302, "redirects"), (500, "log")],
)
def test_an_error_is_one_line_and_not_repeated(service: Service, status: int, remedy: str) -> None:
    service.faults = [(status, f"as the\n test wants, {KEY}")]
    with pytest.raises(EncoderUnavailable) as caught:
        connect(service, key=KEY).scores(QUERY, ["bread"])
    assert str(caught.value).endswith(f"as the test wants, $DRAGOMAN_RERANKER_API_KEY (HTTP {status})")
    assert remedy in caught.value.remedy
    assert len(service.asked) == 1


def test_a_server_that_is_not_there_is_told(service: Service) -> None:
    service.server_close()
    with pytest.raises(EncoderUnavailable, match="does not answer") as caught:
        connect(service).scores(QUERY, ["bread"])
    assert "--reranker" in caught.value.remedy


def test_the_key_is_that_of_the_reranker(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRAGOMAN_API_KEY", "of the encoder")
    open_reranker(f"tei:{service.host}").scores(QUERY, ["bread"])
    monkeypatch.setenv("DRAGOMAN_RERANKER_API_KEY", KEY)
    open_reranker(f"cohere:{service.host}#judge").scores(QUERY, ["bread"])
    assert [headers.get("Authorization") for _, headers, _ in service.asked] == [None, f"Bearer {KEY}"]


@pytest.mark.parametrize(
    "name",
    [
        "tei:",
        "tei:http://localhost#name",
        "cohere:http://localhost/v1",
        "cohere:ftp://a#b",
        "tei:http://[::1",
    ],
)
def test_a_name_that_leads_to_no_reranker_is_refused(name: str) -> None:
    assert is_served_reranker(name)
    with pytest.raises(UsageError) as caught:
        reranker_address(name, {})
    assert "cohere:http://127.0.0.1:8080/v1#name" in caught.value.remedy


def test_the_key_does_not_travel_unencrypted_nor_in_the_address() -> None:
    with pytest.raises(UsageError, match="DRAGOMAN_RERANKER_API_KEY would go to example"):
        reranker_address("tei:http://example.org", {"DRAGOMAN_RERANKER_API_KEY": "key"})
    with pytest.raises(UsageError, match="a user, a password or a query"):
        reranker_address("tei:https://me:word@example.org", {})


def test_torch_is_not_loaded_for_it() -> None:
    program = "import sys, encoder.served.served_reranker; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    ).stdout
    assert {"torch", "transformers"} & set(loaded.split()) == set()
