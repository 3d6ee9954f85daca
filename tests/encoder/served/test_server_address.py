"""Names of served models."""

from __future__ import annotations

import pytest

from encoder.served.server_address import is_served, server_address
from index_data.errors import UsageError


@pytest.mark.parametrize(
    ("model", "served"),
    [("openai:http://localhost/v1#a", True), ("ollama:a", True), ("builtin", False), ("./openai", False)],
)
def test_a_served_model_is_told_by_its_first_word(model: str, served: bool) -> None:
    assert is_served(model) is served


def test_an_openai_address_has_a_url_and_a_name() -> None:
    address = server_address("openai:https://example.org:8080/v1/#BAAI/bge-m3", {})
    assert (address.url, address.name) == ("https://example.org:8080/v1", "BAAI/bge-m3")
    assert address.key is None


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("", "http://127.0.0.1:11434"),
        ("0.0.0.0", "http://127.0.0.1:11434"),
        ("0.0.0.0:8000", "http://127.0.0.1:8000"),
        (":8000", "http://127.0.0.1:8000"),
        ("[::1]:8000", "http://[::1]:8000"),
        ("gpu-box", "http://gpu-box:11434"),
        ("http://gpu-box", "http://gpu-box:80"),
        ("https://gpu-box/ollama/", "https://gpu-box:443/ollama"),
    ],
)
def test_ollama_is_found_as_its_own_client_finds_it(host: str, url: str) -> None:
    address = server_address("ollama:nomic-embed-text:latest", {"OLLAMA_HOST": host})
    assert (address.url, address.name) == (url, "nomic-embed-text:latest")


@pytest.mark.parametrize(
    "model",
    [
        "openai:",
        "openai:name",
        "openai:http://localhost:8080/v1",
        "openai:http://localhost:8080/v1#",
        "openai:http://#name",
        "openai:http://localhost:port/v1#name",
        "openai:http://[::1/v1#name",
        "openai:file:///v1#name",
        "ollama:",
    ],
)
def test_a_name_without_server_or_model_is_refused(model: str) -> None:
    with pytest.raises(UsageError) as caught:
        server_address(model, {})
    assert "openai:http://127.0.0.1:8080/v1#name" in caught.value.remedy


@pytest.mark.parametrize(
    "url", ["http://me:word@localhost/v1", "https://key@a.org/v1", "https://a.org/v1?key=word"]
)
def test_a_secret_in_the_address_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(UsageError, match="a user, a password or a query") as caught:
        server_address(f"openai:{url}#name", {})
    assert "word" not in str(caught.value).replace("password", "")


@pytest.mark.parametrize(
    "url", ["http://localhost/v1", "http://127.0.0.2:80/v1", "http://[::1]/v1", "https://example.org/v1"]
)
def test_the_key_goes_to_this_machine_or_encrypted(url: str) -> None:
    assert server_address(f"openai:{url}#name", {"DRAGOMAN_API_KEY": " key\n"}).key == "key"


@pytest.mark.parametrize(
    "url", ["http://example.org/v1", "http://127.0.0.1.example.org/v1", "http://10.0.0.2/v1"]
)
def test_the_key_does_not_travel_unencrypted(url: str) -> None:
    with pytest.raises(UsageError, match="unencrypted"):
        server_address(f"openai:{url}#name", {"DRAGOMAN_API_KEY": "key"})
    assert server_address(f"openai:{url}#name", {}).key is None


def test_ollama_gets_no_key() -> None:
    environment = {"DRAGOMAN_API_KEY": "key", "OLLAMA_HOST": "gpu-box"}
    assert server_address("ollama:name", environment).key is None


@pytest.mark.parametrize("key", ["two words", "naïve", "a\nb"])
def test_a_key_that_cannot_be_sent_is_refused_and_not_repeated(key: str) -> None:
    with pytest.raises(UsageError, match="cannot be sent") as caught:
        server_address("openai:https://example.org/v1#name", {"DRAGOMAN_API_KEY": key})
    assert key not in str(caught.value) + caught.value.remedy
