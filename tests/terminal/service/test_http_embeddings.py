"""Vectors by the protocol of OpenAI: the shape, the numbers, and our own client against it."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np
import pytest
from starlette.testclient import TestClient

from encoder.interface import Embedder, Window
from encoder.served.served_embedder import open_server
from index_data.errors import EncoderUnavailable
from terminal.service.http_embeddings import served_name

TEXTS = ["bread in the oven", "面包", "خبز", "two\nlines"]


def vectors_of(answer: Any) -> np.ndarray[Any, np.dtype[np.float32]]:
    return np.array([item["embedding"] for item in answer.json()["data"]], dtype=np.float32)


def as_passages(embedder: Embedder, texts: list[str]) -> np.ndarray[Any, np.dtype[np.float32]]:
    return embedder.embed_passages([Window(text, ((0, len(text)),)) for text in texts])


def test_the_encoder_is_named(client: TestClient, letter_embedder: Embedder) -> None:
    told = client.get("/v1/models").json()
    assert told["object"] == "list"
    [model] = told["data"]
    assert (model["id"], model["object"]) == ("letters", "model")
    assert (model["max_model_len"], model["dimensions"]) == (512, letter_embedder.dimension)


def test_the_answer_has_the_shape_of_openai(client: TestClient, letter_embedder: Embedder) -> None:
    answer = client.post("/v1/embeddings", json={"model": "letters", "input": TEXTS, "user": "somebody"})
    told = answer.json()
    assert set(told) == {"object", "data", "model", "usage"}
    assert (told["object"], told["model"]) == ("list", "letters")
    assert [item["index"] for item in told["data"]] == [0, 1, 2, 3]
    assert {item["object"] for item in told["data"]} == {"embedding"}
    tokens = sum(len(letter_embedder.token_spans(text)) for text in TEXTS)
    assert told["usage"] == {"prompt_tokens": tokens, "total_tokens": tokens}
    np.testing.assert_array_equal(vectors_of(answer), as_passages(letter_embedder, TEXTS))


def test_one_text_need_not_be_a_list(client: TestClient, letter_embedder: Embedder) -> None:
    answer = client.post("/v1/embeddings", json={"model": "letters", "input": TEXTS[0]})
    np.testing.assert_array_equal(vectors_of(answer), as_passages(letter_embedder, TEXTS[:1]))


def test_many_texts_keep_their_order(client: TestClient, letter_embedder: Embedder) -> None:
    texts = [f"text {number} of many" for number in range(75)]
    answer = client.post("/v1/embeddings", json={"model": "letters", "input": texts})
    np.testing.assert_allclose(vectors_of(answer), as_passages(letter_embedder, texts), atol=1e-6)


def test_base64_is_little_endian_float32(client: TestClient) -> None:
    wanted = {"model": "letters", "input": TEXTS}
    floats = vectors_of(client.post("/v1/embeddings", json=wanted))
    told = client.post("/v1/embeddings", json=wanted | {"encoding_format": "base64"}).json()
    packed = [np.frombuffer(base64.b64decode(item["embedding"]), dtype="<f4") for item in told["data"]]
    np.testing.assert_array_equal(np.array(packed), floats)


class Prompting:
    """An embedder that shows which prompt it would put before a text: questions point elsewhere."""

    def __init__(self, embedder: Embedder, model: str) -> None:
        self._embedder = embedder
        self.model = model
        self.seen: list[tuple[str, str]] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._embedder, name)

    def embed_queries(self, texts: list[str]) -> Any:
        self.seen += [("query", text) for text in texts]
        return -self._embedder.embed_queries(texts)

    def embed_passages(self, windows: list[Window]) -> Any:
        self.seen += [("passage", window.text) for window in windows]
        return self._embedder.embed_passages(windows)


@pytest.mark.parametrize(
    ("model", "input_type", "seen"),
    [
        ("letters", None, "passage"),
        ("letters", "passage", "passage"),
        ("letters", "document", "passage"),
        ("letters", "query", "query"),
        ("letters:query", None, "query"),
        ("letters:passage", None, "passage"),
        ("letters:query", "passage", "passage"),
    ],
)
def test_a_text_is_what_it_is_said_to_be(
    model: str, input_type: str | None, seen: str, client: TestClient, shelf: Any, monkeypatch: Any
) -> None:
    prompting = Prompting(shelf.embedder, "letters")
    monkeypatch.setattr("terminal.engine.engine.Engine.embedder", lambda _: prompting)
    answer = client.post("/v1/embeddings", json={"model": model, "input": "bread", "input_type": input_type})
    assert answer.json()["model"] == "letters"
    assert prompting.seen == [(seen, "bread")]


def test_a_prompt_of_the_encoder_tells_a_question_and_is_put_only_once(
    client: TestClient, shelf: Any, monkeypatch: Any
) -> None:
    prompting = Prompting(shelf.embedder, "multilingual-e5-small")
    monkeypatch.setattr("terminal.engine.engine.Engine.embedder", lambda _: prompting)
    texts = ["passage: bread", "query: bread", "bread", "my query: bread"]
    told = client.post("/v1/embeddings", json={"model": "multilingual-e5-small", "input": texts})
    assert sorted(prompting.seen) == [
        ("passage", "bread"),
        ("passage", "bread"),
        ("passage", "my query: bread"),
        ("query", "bread"),
    ]
    first, second, third, _ = vectors_of(told)
    np.testing.assert_array_equal(first, third)
    np.testing.assert_array_equal(first, -second)


@pytest.mark.parametrize(
    ("changed", "status", "says"),
    [
        ({}, 200, ""),
        ({"dimensions": 64}, 200, ""),
        ({"dimensions": 32}, 400, "64"),
        ({"input": "bread " * 512}, 200, ""),
        ({"input": ["bread", "bread " * 513]}, 400, "input 1 exceeds the context length: 513 tokens, 512"),
        ({"input": ""}, 400, "length"),
        ({"input": []}, 400, "length"),
        ({"input": ["x"] * 2_049}, 400, "length"),
        ({"input": [1, 2, 3]}, 400, "token numbers"),
        ({"input": [[1, 2, 3]]}, 400, "token numbers"),
        ({"model": "text-embedding-3-small"}, 404, "letters:query"),
        ({"model": "letters:other"}, 404, "letters:query"),
        ({"model": ""}, 404, "letters:query"),
        ({"model": None}, 400, "model"),
        ({"input_type": "clustering"}, 400, "input_type"),
        ({"encoding_format": "int8"}, 400, "encoding_format"),
        ({"truncate": True}, 200, ""),
    ],
    ids=lambda value: str(value)[:50],
)
def test_what_does_not_fit_is_refused_as_openai_does(
    changed: dict[str, Any], status: int, says: str, client: TestClient
) -> None:
    answer = client.post("/v1/embeddings", json={"model": "letters", "input": "bread"} | changed)
    assert answer.status_code == status
    if status != 200:
        error = answer.json()["error"]
        assert set(error) == {"message", "type", "param", "code"}
        assert error["type"] == "invalid_request_error"
        assert says in error["message"]


def test_a_body_that_is_no_json_is_refused_as_openai_does(client: TestClient) -> None:
    assert client.post("/v1/embeddings", content=b"{").json()["error"]["message"]


@pytest.mark.parametrize(
    ("model", "name"),
    [
        ("builtin", "builtin"),
        ("/secret/place/my-model", "my-model"),
        ("openai:http://127.0.0.1:8080/v1#bge-m3", "bge-m3"),
        ("ollama:bge-m3:latest", "bge-m3:latest"),
    ],
)
def test_an_encoder_is_served_under_its_name(model: str, name: str) -> None:
    assert served_name(model) == name


def test_our_own_client_gets_the_vectors_of_the_encoder(
    serving: Any, letter_embedder: Embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving() as served:
        monkeypatch.setenv("DRAGOMAN_API_KEY", served.token)
        remote = open_server(f"openai:{served.url}/v1#letters")
        windows = [Window("bread in the oven. Two passages.", ((0, 18), (19, 32)))]
        alone = [Window("bread in the oven.", ((0, 18),)), Window("Two passages.", ((0, 13),))]
        np.testing.assert_allclose(
            remote.embed_passages(windows), letter_embedder.embed_passages(alone), atol=1e-6
        )
        np.testing.assert_allclose(
            remote.embed_queries(TEXTS[:3]), letter_embedder.embed_queries(TEXTS[:3]), atol=1e-6
        )
        # It finds out that longer texts are refused, and not cut.
        assert remote.max_window_tokens > 100
        with pytest.raises(EncoderUnavailable, match="exceeds the context length"):
            remote.embed_queries(["bread " * 600])


def test_our_own_client_needs_the_token(serving: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving() as served:
        monkeypatch.setenv("DRAGOMAN_API_KEY", "another-token-than-that")
        with pytest.raises(EncoderUnavailable, match="HTTP 401"):
            open_server(f"openai:{served.url}/v1#letters")
