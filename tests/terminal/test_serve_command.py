"""`dragoman serve`: the command around the API."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import platformdirs
import pytest

from index_data.errors import UsageError
from terminal.cli import main
from terminal.service.http_jobs import IngestRules
from terminal.service.http_opening import HttpWish, opened_http
from terminal.service.http_token import kept_token, new_token, runtime_file
from terminal.service.openapi import openapi

COMMAND = [sys.executable, "-c", "import sys; from terminal.cli import main; sys.exit(main())", "serve"]


@contextmanager
def serving(library: Any) -> Iterator[tuple[str, str]]:
    """Serve the library as a user would; hand out the address and the token that were told."""
    command = [*COMMAND, "--http", "0", "--index", str(library.index_folder)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        try:
            told = process.stderr.readline()
            token = process.stderr.readline().split()[1]
            assert process.stderr.readline().startswith("serving the index in ")
            address = re.match(r"HTTP on (http://127\.0\.0\.1:\d+);", told)
            assert address, told
            yield address[1], token
        finally:
            process.send_signal(signal.SIGTERM)
            assert process.wait(60) == 0
            # Of the encoder, which is none: the library was made by the tests' own.
            assert "Traceback" not in process.stderr.read()


def ask(url: str, token: str) -> int:
    with httpx2.Client(trust_env=False, timeout=60) as client:
        answer = client.get(
            f"{url}/v1/search?q=bread&mode=lexical", headers={"Authorization": f"Bearer {token}"}
        )
    return answer.status_code


def test_it_serves_until_it_is_told_to_end(
    library: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    with serving(library) as (url, token):
        [file] = (tmp_path / "dragoman").glob("http-*.token")
        assert file.read_text() == f"{token}\n"
        assert oct(file.stat().st_mode)[-3:] == "600"
        assert oct(file.parent.stat().st_mode)[-3:] == "700"
        assert (ask(url, token), ask(url, token[:-1])) == (200, 401)
    assert not file.exists()


def test_without_a_session_the_token_is_kept_among_the_states(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert runtime_file(1) == platformdirs.user_state_path("dragoman") / "run" / "http-1.token"
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    assert runtime_file(1) == tmp_path / "dragoman" / "http-1.token"


def test_a_token_can_be_kept(tmp_path: Path) -> None:
    file = tmp_path / "token"
    tokens = []
    for _ in range(2):
        with opened_http(wish("0", file), str) as (_, options):
            tokens.append(options.policy.token)
    assert file.read_text().split() == [tokens[0]] == [tokens[1]]
    assert oct(file.stat().st_mode)[-3:] == "600"


def test_the_description_is_printed(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    assert main(["serve", "--openapi"]) == 0
    assert json.loads(capsysbinary.readouterr().out) == json.loads(json.dumps(openapi()))


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--allow-host", "x"], "these options are for --http"),
        (["--http", "x"], "x is no address"),
        (["--http", "70000"], "70000 is no address"),
        (["--http", "127.0.0.1:"], "is no address"),
        (["--http", "0.0.0.0:0"], "other machines could reach 0.0.0.0"),
        (["--http", "[::]:0"], "other machines could reach ::"),
        (["--http", "0", "--allow-ingest", "/there/is/nothing"], "does not exist"),
        (["--http", "192.0.2.1:0", "--token-file", "token"], "cannot listen on 192.0.2.1"),
    ],
)
def test_what_cannot_be_served_is_told(
    options: list[str],
    says: str,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["serve", *options]) == 2
    message, remedy = capsys.readouterr().err.splitlines()
    assert says in message
    assert remedy.strip()


def wish(address: str, token_file: Path | None, *hosts: str) -> HttpWish:
    return HttpWish(address, token_file, hosts, IngestRules(Path("/index")))


def test_other_machines_are_let_in_only_with_a_kept_token_and_it_is_told(tmp_path: Path) -> None:
    told: list[str] = []
    with opened_http(wish("0.0.0.0:0", tmp_path / "token", "Search.Example"), told.append) as (_, options):
        assert "not encrypted" in told[-1]
        assert {"0.0.0.0", "search.example", "localhost"} <= options.policy.hosts
        assert not any(options.policy.token in line for line in told)
    told.clear()
    with opened_http(wish("localhost:0", None), told.append) as (_, options):
        assert told[1] == f"token: {options.policy.token}"
        assert "not encrypted" not in " ".join(told)
        assert options.policy.hosts == {"127.0.0.1", "localhost", "[::1]"}


def test_each_start_has_a_token_of_its_own() -> None:
    tokens = []
    for _ in range(2):
        with opened_http(wish("0", None), str) as (_, options):
            tokens.append(options.policy.token)
    assert len(set(tokens)) == 2
    assert min(map(len, tokens)) >= 32


def test_a_token_that_others_can_read_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "token"
    token = new_token(file)
    assert kept_token(file) == token
    for mode in (0o640, 0o604, 0o620):
        file.chmod(mode)
        with pytest.raises(UsageError, match="others may read or write"):
            kept_token(file)


@pytest.mark.parametrize("content", ["", "short", "two words in one token", "t\u00f6ken-of-umlauts-is-none"])
def test_a_file_without_a_token_is_refused(content: str, tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.touch(mode=0o600)
    file.write_text(content, encoding="utf-8")
    with pytest.raises(UsageError, match="no token"):
        kept_token(file)


def test_what_is_no_file_is_no_token(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        kept_token(tmp_path)
