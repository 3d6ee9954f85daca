"""Served models, against a server on a real socket that speaks both protocols and misbehaves on demand."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
import threading
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx2
import numpy as np
import pytest
from numpy.typing import NDArray

from encoder.interface import Window
from encoder.served.embedding_servers import embedding_server
from encoder.served.http_connection import HttpConnection
from encoder.served.served_embedder import ServedEmbedder, open_server
from encoder.served.server_address import server_address
from index_data.errors import EncoderUnavailable

KEY = "sk-secret-of-the-test"
DIMENSION = 32
TEXTS = [f"text {number} about {word}" for number in range(45) for word in ("bread", "хлеб")]

Items = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Fault:
    """One answer that is given instead of vectors; status 0 drops the connection."""

    status: int
    body: str = '{"error": {"message": "as the test wants"}}'
    headers: dict[str, str] = field(default_factory=dict)


@cache
def word_vector(word: str) -> NDArray[np.float64]:
    return np.random.default_rng(zlib.crc32(word.encode())).normal(size=DIMENSION)


class Service(ThreadingHTTPServer):
    """Mean of word vectors; what it was asked, and how it is to misbehave."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.host = f"http://127.0.0.1:{self.server_address[1]}"
        self.asked: list[tuple[str, dict[str, str], Any]] = []
        self.faults: list[Fault] = []
        self.reads = 100_000
        """Words of a text."""
        self.cuts = False
        self.most_texts = 1_000
        self.weights = 1
        self.noise = 0.0
        self.spoil: Callable[[Items], Items] = list
        self.pages: dict[str, object] = {}
        self.meeting: threading.Barrier | None = None

    def vector(self, text: str) -> NDArray[np.float64]:
        """Neither of length 1 nor float32, as from a server that is trusted too much."""
        words = [f"{self.weights} {word}" for word in text.split()[: self.reads]]
        vector = 3 * np.mean([word_vector(word) for word in words], axis=0)
        noisy: NDArray[np.float64] = vector + self.noise * np.random.default_rng().normal(size=DIMENSION)
        return noisy

    def unit(self, text: str) -> NDArray[np.float64]:
        vector = self.vector(text)
        unit: NDArray[np.float64] = vector / np.linalg.norm(vector)
        return unit

    @property
    def sent(self) -> list[list[str]]:
        """The texts of each request."""
        return [body["input"] for _, _, body in self.asked if body and "input" in body]


class Answer(BaseHTTPRequestHandler):
    server: Service
    protocol_version = "HTTP/1.1"
    # Headers and body in two packets would wait 40 ms for each other.
    wbufsize = 1 << 16

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        self.server.asked.append((self.path, dict(self.headers), None))
        self.answer(200 if self.path in self.server.pages else 404, self.server.pages.get(self.path, {}))

    def do_POST(self) -> None:
        service = self.server
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        service.asked.append((self.path, dict(self.headers), body))
        if service.faults:
            self.misbehave(service.faults.pop(0))
        elif self.path in service.pages:
            self.answer(200, service.pages[self.path])
        elif self.path not in {"/v1/embeddings", "/api/embed"}:
            self.answer(404, {"error": f"there is no {self.path}"})
        else:
            self.embed(body["input"])

    def embed(self, texts: list[str]) -> None:
        service = self.server
        if service.meeting and not self.met(service.meeting):
            self.close_connection = True
        elif len(texts) > service.most_texts:
            self.answer(413, {"error": f"batch size {len(texts)} > maximum {service.most_texts}"})
        elif not all(text.strip() for text in texts):
            self.answer(400, {"error": "'input' must not be empty"})
        elif not service.cuts and max(len(text.split()) for text in texts) > service.reads:
            self.answer(400, {"error": "the input length exceeds the context length"})
        else:
            items = [
                {"index": number, "embedding": service.vector(text).tolist()}
                for number, text in enumerate(texts)
            ]
            items = service.spoil(items)
            vectors = [item.get("embedding") for item in items]
            self.answer(200, {"data": items} if self.path.startswith("/v1") else {"embeddings": vectors})

    def met(self, meeting: threading.Barrier) -> bool:
        """Whether another request came while this one waited."""
        with suppress(threading.BrokenBarrierError):
            meeting.wait(timeout=10)
        return not meeting.broken

    def misbehave(self, fault: Fault) -> None:
        if fault.status:
            self.reply(fault.status, fault.body.encode(), fault.headers)
        else:
            self.close_connection = True

    def answer(self, status: int, content: object) -> None:
        self.reply(status, json.dumps(content).encode(), {})

    def reply(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
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


other_service = service


def connect(
    service: Service,
    *,
    dialect: str = "openai",
    key: str = "",
    waits: list[float] | None = None,
    **options: Any,
) -> ServedEmbedder:
    """Open the service without the patience of `time.sleep`."""
    model = f"openai:{service.host}/v1#tiny" if dialect == "openai" else "ollama:tiny"
    address = server_address(model, {"OLLAMA_HOST": service.host, "DRAGOMAN_API_KEY": key})
    connection = HttpConnection(address, pause=([] if waits is None else waits).append)
    return ServedEmbedder(model, embedding_server(address, connection), **options)


def window(text: str) -> Window:
    return Window(text, ((0, len(text)),))


@pytest.mark.parametrize("dialect", ["openai", "ollama"])
def test_vectors_are_those_of_the_server_in_order_and_of_length_one(service: Service, dialect: str) -> None:
    vectors = connect(service, dialect=dialect).embed_queries(TEXTS)
    assert vectors.dtype == np.float32
    assert len(service.sent) > 3
    assert np.allclose(vectors, [service.unit(text) for text in TEXTS], atol=1e-6)


def test_a_passage_is_sent_alone_with_its_prompt_and_without_context(service: Service) -> None:
    embedder = connect(service, query_prompt="query: ", passage_prompt="passage: ")
    embedder.embed_passages([Window("before one  two after", ((7, 10), (12, 15))), window("three")])
    embedder.embed_queries(["four"])
    assert service.sent[1:] == [["passage: one", "passage: two", "passage: three"], ["query: four"]]


def test_several_requests_are_in_flight(service: Service) -> None:
    embedder = connect(service)
    service.meeting = threading.Barrier(2)
    embedder.embed_queries(TEXTS[:64])
    assert not service.meeting.broken


def test_nothing_to_embed_is_not_sent(service: Service) -> None:
    embedder = connect(service)
    assert embedder.embed_passages([]).shape == embedder.embed_queries([]).shape == (0, DIMENSION)
    assert len(service.sent) == 1


def test_items_are_taken_by_their_index(service: Service) -> None:
    service.spoil = lambda items: items[::-1]
    assert np.allclose(
        connect(service).embed_queries(TEXTS[:5]), list(map(service.unit, TEXTS[:5])), atol=1e-6
    )


def test_base64_is_understood(service: Service) -> None:
    def in_base64(items: Items) -> Items:
        return [
            item | {"embedding": base64.b64encode(np.array(item["embedding"], "<f4").tobytes()).decode()}
            for item in items
        ]

    service.spoil = in_base64
    assert np.allclose(
        connect(service).embed_queries(TEXTS[:5]), list(map(service.unit, TEXTS[:5])), atol=1e-6
    )


def vectors(change: Callable[[Any], object]) -> Callable[[Items], Items]:
    return lambda items: [*items[:-1], items[-1] | {"embedding": change(items[-1]["embedding"])}]


SPOILED: dict[str, Callable[[Items], Items]] = {
    "one too few": lambda items: items[:-1],
    "one too many": lambda items: [*items, items[0] | {"index": len(items)}],
    "an index twice": lambda items: [*items[:-1], items[-1] | {"index": 0}],
    "an index that is a word": lambda items: [*items[:-1], items[-1] | {"index": "last"}],
    "no vector": lambda items: [*items[:-1], {"index": len(items) - 1}],
    "not finite": vectors(lambda vector: [float("nan"), *vector[1:]]),
    "infinite": vectors(lambda vector: [float("inf"), *vector[1:]]),
    "huge": vectors(lambda vector: [1e300] * len(vector)),
    "a huge whole number": vectors(lambda vector: [10**400, *vector[1:]]),
    "zero": vectors(lambda vector: [0.0] * len(vector)),
    "shorter": vectors(lambda vector: vector[1:]),
    "words": vectors(lambda vector: ["a"] * len(vector)),
    "bad base64": vectors(lambda vector: "%%%"),
    "vectors of tokens": lambda items: [item | {"embedding": [item["embedding"]] * 2} for item in items],
}


@pytest.mark.parametrize("spoiled", SPOILED)
def test_an_odd_answer_is_refused(service: Service, spoiled: str) -> None:
    embedder = connect(service)
    embedder.embed_queries(TEXTS[:3])
    service.spoil = SPOILED[spoiled]
    with pytest.raises(EncoderUnavailable, match="the server's answer cannot be used"):
        embedder.embed_queries(TEXTS[:3])


def test_another_dimension_is_refused(service: Service) -> None:
    embedder = connect(service)
    service.spoil = lambda items: [item | {"embedding": item["embedding"][:8]} for item in items]
    with pytest.raises(EncoderUnavailable, match="now answers with 8 numbers, before with 32"):
        embedder.embed_queries(["a"])


def test_a_page_that_is_no_api_is_refused(service: Service) -> None:
    service.faults = [Fault(200, "<html>")]
    with pytest.raises(EncoderUnavailable, match="does not answer in JSON"):
        connect(service)


@pytest.mark.parametrize("status", [429, 502, 503, 504, 0])
def test_a_busy_server_is_asked_again(service: Service, status: int) -> None:
    service.faults = [Fault(status), Fault(status)]
    waits: list[float] = []
    assert connect(service, waits=waits).dimension == DIMENSION
    assert len(service.sent) == 3
    assert 0 < waits[0] <= 0.25 < waits[1] * 2 <= 1


@pytest.mark.parametrize(
    ("retry_after", "seconds"), [("7", 7), ("86400", 60), ("Wed, 21 Oct 2115 07:28:00 GMT", 60), ("soon", 0)]
)
def test_the_server_says_when_to_come_back(service: Service, retry_after: str, seconds: float) -> None:
    service.faults = [Fault(429, headers={"Retry-After": retry_after})]
    waits: list[float] = []
    connect(service, waits=waits)
    assert waits[0] == seconds or (seconds == 0 and waits[0] <= 0.25)


def test_patience_ends(service: Service) -> None:
    service.faults = [Fault(503)] * 20
    waits: list[float] = []
    with pytest.raises(EncoderUnavailable, match=r"as the test wants \(HTTP 503\)"):
        connect(service, waits=waits)
    assert len(service.sent) == 8
    assert max(waits) <= 8


@pytest.mark.parametrize(
    ("status", "remedy"), [(400, "log"), (401, "API_KEY"), (403, "API_KEY"), (404, "--model"), (500, "log")]
)
def test_an_error_of_ours_is_not_repeated(service: Service, status: int, remedy: str) -> None:
    service.faults = [Fault(status)] * 2
    with pytest.raises(EncoderUnavailable, match=rf"as the test wants \(HTTP {status}\)") as caught:
        connect(service)
    assert remedy in caught.value.remedy
    assert len(service.sent) == 1


def test_a_server_that_is_not_there_is_told(service: Service) -> None:
    service.server_close()
    waits: list[float] = []
    with pytest.raises(EncoderUnavailable, match=r"the server at http://127\.0\.0\.1:\d+/v1 does not answer"):
        connect(service, waits=waits)
    assert len(waits) == 3


def test_a_server_that_hangs_is_not_waited_for_again(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("encoder.served.http_connection._TIMEOUT", httpx2.Timeout(0.2))
    service.meeting = threading.Barrier(2)
    with pytest.raises(EncoderUnavailable, match="does not answer: timed out"):
        connect(service)
    service.meeting.abort()
    assert len(service.sent) == 1


def test_too_many_texts_go_in_halves(service: Service) -> None:
    embedder = connect(service)
    service.most_texts = 5
    assert np.allclose(embedder.embed_queries(TEXTS), list(map(service.unit, TEXTS)), atol=1e-6)
    before = len(service.sent)
    embedder.embed_queries(TEXTS)
    assert {len(texts) for texts in service.sent[before:]} <= set(range(1, 6)), "the size was not remembered"


def test_many_characters_go_in_several_requests(service: Service) -> None:
    connect(service).embed_queries(["word " * 5_000] * 4)
    assert [len(texts) for texts in service.sent][-2:] == [2, 2]


@pytest.mark.parametrize("dialect", ["openai", "ollama"])
def test_a_text_that_is_refused_for_its_length_is_told(service: Service, dialect: str) -> None:
    service.reads = 600
    embedder = connect(service, dialect=dialect)
    assert 200 < embedder.max_window_tokens <= 300
    with pytest.raises(EncoderUnavailable, match=r"does not take a text of about \d+ tokens") as caught:
        embedder.embed_passages([window("one two"), window("word " * 700)])
    assert "--passage-tokens" in caught.value.remedy


def test_a_text_that_would_be_cut_in_silence_is_refused_before_it_is_sent(service: Service) -> None:
    service.reads, service.cuts = 600, True
    embedder = connect(service)
    assert 60 < embedder.max_window_tokens <= 120
    with pytest.raises(EncoderUnavailable, match="may cut a text of") as caught:
        embedder.embed_passages([window("unsent " * 700)])
    assert "--passage-tokens" in caught.value.remedy
    assert not any("unsent" in text for texts in service.sent for text in texts)
    service.reads = 100_000
    assert connect(service).embed_passages([window("word " * 700)]).shape == (1, DIMENSION)


def test_a_long_question_is_not_cut_either(service: Service) -> None:
    service.reads, service.cuts = 200, True
    with pytest.raises(EncoderUnavailable, match="may cut a text of"):
        connect(service).embed_queries(["why " * 300])


def test_a_short_question_costs_one_request(service: Service) -> None:
    connect(service).embed_queries(["Where is the bakery?"])
    assert len(service.asked) == 2


def test_a_window_holds_what_was_asked_for_if_the_server_reads_it(service: Service) -> None:
    assert connect(service, window_tokens=300).max_window_tokens == 300


@pytest.mark.parametrize(
    ("page", "content"),
    [
        ("/info", {"max_input_length": 600}),
        ("/props", {"default_generation_settings": {"n_ctx": 600}}),
        ("/v1/models", {"data": [{"id": "other", "max_model_len": 9}, {"id": "tiny", "max_model_len": 600}]}),
        ("/api/show", {"model_info": {"bert.context_length": 600}}),
    ],
)
def test_a_stated_limit_is_used(service: Service, page: str, content: object) -> None:
    dialect = "ollama" if page == "/api/show" else "openai"
    service.reads = 600
    for stated in (False, True):
        if stated:
            service.pages[page] = content
        before = len(service.sent)
        assert 250 < connect(service, dialect=dialect).max_window_tokens <= 300
        tried = {len(text.split()) for texts in service.sent[before:] for text in texts}
        assert (600 - 8 in tried) == stated


def test_ollama_is_told_not_to_cut(service: Service) -> None:
    connect(service, dialect="ollama")
    [(path, _, body)] = service.asked
    assert (path, body["truncate"]) == ("/api/embed", False)


@pytest.mark.parametrize(
    ("text", "arrives"),
    [
        ("", "."),
        (" \n ", "."),
        ("a\0b", "a b"),
        ("a\ud800b", "a?b"),
        ("a  \n\n b\t\tc", "a\nb c"),
        ("🏳️‍🌈 ﷽", "🏳️‍🌈 ﷽"),
    ],
)
def test_odd_texts_arrive_as_text(service: Service, text: str, arrives: str) -> None:
    embedder = connect(service)
    [query] = embedder.embed_queries([text])
    [passage] = embedder.embed_passages([Window(text + "rest", ((0, len(text)),))])
    assert service.sent[1:] == [[arrives], [arrives]]
    assert np.allclose([np.linalg.norm(query), np.linalg.norm(passage)], 1, atol=1e-5)


def test_the_secret_goes_to_the_server_and_nowhere_else(service: Service) -> None:
    embedder = connect(service, key=KEY)
    assert {headers["Authorization"] for _, headers, _ in service.asked} == {f"Bearer {KEY}"}
    service.faults = [Fault(401, json.dumps({"error": {"message": f"the key {KEY} is\nwrong\x1b[31m"}}))]
    with pytest.raises(EncoderUnavailable, match=r"the key \$DRAGOMAN_API_KEY is wrong\[31m") as caught:
        embedder.embed_queries(["a"])
    for told in (str(caught.value), caught.value.remedy, embedder.model, embedder.fingerprint):
        assert KEY not in told
    assert KEY not in repr(server_address(embedder.model, {"DRAGOMAN_API_KEY": KEY}))


def test_without_a_secret_none_is_sent(service: Service) -> None:
    connect(service)
    assert "Authorization" not in service.asked[0][1]


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_not_followed(service: Service, other_service: Service, status: int) -> None:
    service.faults = [Fault(status, headers={"Location": f"{other_service.host}/v1/embeddings"})]
    with pytest.raises(EncoderUnavailable, match=f"HTTP {status}") as caught:
        connect(service, key=KEY)
    assert "redirect" in caught.value.remedy
    assert other_service.asked == []
    assert connect(other_service, key=KEY).dimension == DIMENSION


def test_a_proxy_is_not_asked_for_this_machine(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    assert open_server(f"openai:{service.host}/v1#tiny").dimension == DIMENSION


def test_the_same_weights_keep_their_fingerprint(service: Service) -> None:
    service.noise = 0.01
    first = connect(service).fingerprint
    again = {connect(service).fingerprint for _ in range(5)}
    assert again != {first}, "the noise is too small to show anything"
    assert {connect(service, known_fingerprint=first).fingerprint for _ in range(5)} == {first}
    service.weights = 2
    assert connect(service, known_fingerprint=first).fingerprint != first


def test_prompts_belong_to_the_fingerprint(service: Service) -> None:
    plain = connect(service).fingerprint
    assert connect(service, known_fingerprint=plain, query_prompt="query: ").fingerprint != plain


def test_a_fingerprint_of_another_kind_is_not_taken_over(service: Service) -> None:
    assert connect(service, known_fingerprint="0f" * 32).fingerprint == connect(service).fingerprint


def test_tokens_are_those_of_the_builtin_encoder(service: Service) -> None:
    embedder = connect(service)
    text = "Der Bäcker öffnet. 面包师"
    spans = embedder.token_spans(text)
    assert spans.dtype == np.int32
    assert spans[0].tolist() == [0, 3]
    assert spans.max() == len(text)


def test_torch_is_not_loaded(service: Service) -> None:
    program = (
        "import sys; from encoder.served.served_embedder import open_server;"
        "from encoder.interface import Window;"
        f"embedder = open_server('openai:{service.host}/v1#tiny');"
        "embedder.embed_passages([Window('one two', ((0, 7),))]); embedder.max_window_tokens;"
        "print(embedder.dimension, 'torch' in sys.modules, 'tokenizers' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert run.stdout.split() == [str(DIMENSION), "False", "True"]
