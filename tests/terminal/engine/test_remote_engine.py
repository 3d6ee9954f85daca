from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from index_data.errors import IndexMissing, UsageError
from index_data.index import Index
from index_data.records import Filters
from search.query import Mode, Query
from terminal.answer import Answer
from terminal.engine import remote_engine
from terminal.engine.engine import Engine, Stage
from terminal.engine.frames import MOST_ASKED, receive
from terminal.engine.remote_engine import EngineGone, RemoteEngine
from terminal.json_output import dump

if TYPE_CHECKING:
    from tests.terminal.conftest import Library
    from tests.terminal.engine.conftest import Serving

Remote = Callable[[str], RemoteEngine]
BY_WORDS = Query("brot", mode=Mode.LEXICAL)


def timeless(answer: Answer) -> Answer:
    return replace(answer, search_ms=0.0, load_ms=0.0)


@pytest.mark.parametrize("stage", list(Stage))
@pytest.mark.parametrize(
    "query",
    [
        Query("how long does bread rise"),
        Query("brot", mode=Mode.LEXICAL),
        Query("面包", mode=Mode.DENSE, filters=Filters(languages=("zh", "ar")), min_score=0.0),
        Query("", like=(1, 2), min_score=0.0),
        Query("nothing of the kind", limit=3, diverse=True, preferred_languages=("de",), typed="nothing"),
    ],
    ids=lambda query: query.text or "by example",
)
def test_an_answer_is_the_same_to_the_last_bit(
    letters_engine: Engine, serving: Serving, remote: Remote, address: str, stage: Stage, query: Query
) -> None:
    with serving(letters_engine, address):
        theirs = remote(address).answer(query, stage)
        assert timeless(theirs) == timeless(letters_engine.answer(query, stage))


def test_all_else_is_the_same(
    letters_engine: Engine, serving: Serving, remote: Remote, address: str, library: Library
) -> None:
    asked = Query("bread")
    with serving(letters_engine, address):
        client = remote(address)
        assert client.passages_around(2, 1, 1) == letters_engine.passages_around(2, 1, 1) != []
        assert client.passages_around(999, 1, 1) == []
        assert client.summary() == letters_engine.summary()
        assert client.accounts() == letters_engine.accounts() != []
        assert client.generation() == letters_engine.generation()
        bread = library.files / "bread.md"
        assert client.account(bread) == letters_engine.account(bread) is not None
        assert client.account(library.files / "absent") is None
        assert client.passages_of(bread) == letters_engine.passages_of(bread) != []
        for path in (None, bread, library.files / "absent"):
            ours = letters_engine.explained(asked, Stage.FUSED, path=path)
            assert client.explained(asked, Stage.FUSED, path=path) == ours
        assert dump(client.explanation(asked, 2)) == dump(letters_engine.explanation(asked, 2))
        for query in (True, False):
            vectors = client.embed(["bread", "面包"], query=query)
            np.testing.assert_array_equal(vectors, letters_engine.embed(["bread", "面包"], query=query))
        client.load()
        assert client.loaded


def test_a_file_whose_name_is_no_text(
    letters_engine: Engine, serving: Serving, remote: Remote, address: str
) -> None:
    path = Path(os.fsdecode(b"/files/\xff\xfe.txt"))
    with serving(letters_engine, address):
        assert "no such file" in remote(address).explained(Query("bread"), Stage.WORDS, path=path).text


def test_an_error_is_raised_as_it_was(
    letters_engine: Engine, serving: Serving, remote: Remote, address: str, library: Library
) -> None:
    asked = Query("bread", filters=Filters(languages=("xx",)))
    with serving(letters_engine, address):
        client = remote(address)
        for stage in Stage:
            with pytest.raises(UsageError) as ours:
                letters_engine.answer(asked, stage)
            with pytest.raises(UsageError) as theirs:
                client.answer(asked, stage)
            assert (theirs.value.message, theirs.value.remedy) == (ours.value.message, ours.value.remedy)
        # The connection has outlived them.
        assert client.answer(BY_WORDS, Stage.WORDS).hits


def test_an_index_that_goes_and_comes_back(
    letters_engine: Engine, serving: Serving, remote: Remote, address: str, library: Library
) -> None:
    away = library.index_folder.with_name("away")
    with serving(letters_engine, address):
        client = remote(address)
        assert client.generation()
        library.index_folder.rename(away)
        with pytest.raises(IndexMissing):
            client.answer(BY_WORDS, Stage.WORDS)
        away.rename(library.index_folder)
        assert client.answer(BY_WORDS, Stage.WORDS).hits


def test_what_changes_is_seen(
    letters_engine: Engine, serving: Serving, remote: Remote, address: str, library: Library
) -> None:
    with serving(letters_engine, address):
        client = remote(address)
        before, hits = client.generation(), len(client.answer(BY_WORDS, Stage.WORDS).hits)
        with Index.create_or_open(library.index_folder, letters_engine.index().fingerprint) as index:
            index.remove([library.files / "brot.md"])
        assert client.generation() > before
        assert len(client.answer(BY_WORDS, Stage.WORDS).hits) < hits


def test_words_never_wait_for_the_encoder(
    slow_engine: tuple[Engine, threading.Event], serving: Serving, remote: Remote, address: str
) -> None:
    engine, may_load = slow_engine
    with serving(engine, address), ThreadPoolExecutor(8) as threads:
        client = remote(address)
        slow = [threads.submit(client.answer, Query("bread"), Stage.RANKED) for _ in range(6)]
        assert client.answer(BY_WORDS, Stage.WORDS).hits
        assert client.passages_around(1, 0, 0)
        assert not client.greet().loaded
        assert not any(one.done() for one in slow)
        may_load.set()
        assert all(one.result().hits for one in slow)


def test_many_clients_at_once(letters_engine: Engine, serving: Serving, remote: Remote, address: str) -> None:
    questions = [Query(word) for word in ("bread", "brot", "面包", "tax", "yeast")] * 8
    ours = [timeless(letters_engine.answer(query, Stage.FUSED)) for query in questions]
    with serving(letters_engine, address), ThreadPoolExecutor(8) as threads:
        clients = [remote(address) for _ in range(8)]
        asked = [
            threads.submit(clients[number % 8].answer, query, Stage.FUSED)
            for number, query in enumerate(questions)
        ]
        assert [timeless(one.result()) for one in asked] == ours


def test_a_server_that_goes_while_it_is_asked(remote: Remote, address: str) -> None:
    with socket.socket(socket.AF_UNIX) as listener, ThreadPoolExecutor(1) as threads:
        listener.bind(address)
        listener.listen()

        def hang_up() -> bytes:
            connection, _ = listener.accept()
            with connection:
                return receive(connection, MOST_ASKED)

        hung_up = threads.submit(hang_up)
        assert remote(address).answer(BY_WORDS, Stage.WORDS).hits
        assert b"brot" in hung_up.result()


@pytest.mark.parametrize("reply", [b"", b"\x00", b"\xff\xff\xff\xff", b"\x00\x00\x00\x03abc"])
def test_a_server_that_talks_nonsense(remote: Remote, address: str, reply: bytes) -> None:
    with socket.socket(socket.AF_UNIX) as listener, ThreadPoolExecutor(1) as threads:
        listener.bind(address)
        listener.listen()

        def talk() -> None:
            connection, _ = listener.accept()
            with connection:
                receive(connection, MOST_ASKED)
                connection.sendall(reply)

        talked = threads.submit(talk)
        assert remote(address).answer(BY_WORDS, Stage.WORDS).hits
        talked.result()


def test_where_nobody_is(remote: Remote, address: str) -> None:
    client = remote(address)
    with pytest.raises(EngineGone):
        client.greet()
    assert client.answer(BY_WORDS, Stage.WORDS).hits


def test_more_than_a_request_may_hold_is_answered_here(
    letters_engine: Engine,
    serving: Serving,
    remote: Remote,
    address: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with serving(letters_engine, address):
        client = remote(address)
        client.greet()
        monkeypatch.setattr(remote_engine, "MOST_ASKED", 100)
        assert client.answer(BY_WORDS, Stage.WORDS).hits
        assert client._own is not None


def test_one_that_has_gone_is_looked_for_again(
    letters_engine: Engine, serving: Serving, address: str, library: Library
) -> None:
    def never() -> Engine:
        raise AssertionError("an engine of its own was not needed")

    revived: list[int] = []
    with serving(letters_engine, address) as second:

        def revive() -> bool:
            revived.append(1)
            client._address = second.address
            return True

        with RemoteEngine(f"{address}.gone", never, revive) as client:
            assert client.answer(BY_WORDS, Stage.WORDS).hits
            assert client.answer(BY_WORDS, Stage.WORDS).hits
            assert revived == [1]
