from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from search.query import Mode, Query
from terminal.engine.engine import Engine, Stage
from terminal.engine.engine_server import MOST_CLIENTS
from terminal.engine.frames import MOST_ASKED, framed
from terminal.engine.opening import engine_of, nearest_engine, resident
from terminal.engine.remote_engine import EngineGone, RemoteEngine
from terminal.engine.sockets import connected, is_ours
from terminal.engine.verbs import VERBS, Nothing, Request, packed
from terminal.settings import Settings

if TYPE_CHECKING:
    from tests.terminal.engine.conftest import Serving

Remote = Callable[[str], RemoteEngine]
BY_WORDS = Query("brot", mode=Mode.LEXICAL)
PATIENCE = 60.0


def hung_up(address: str, sent: bytes) -> bool:
    """Send something, and wait until the server hangs up; it may answer before."""
    connection = connected(address, PATIENCE)
    assert connection is not None
    with connection:
        try:
            connection.sendall(sent)
            connection.shutdown(socket.SHUT_WR)
            while connection.recv(1 << 16):
                pass
        except ConnectionError:
            return True
    return True


def test_a_command_finds_it_by_its_settings(
    letters_engine: Engine, serving: Serving, address: str, settings: Settings
) -> None:
    assert resident(settings) is None
    with serving(letters_engine, address):
        with nearest_engine(settings) as found:
            assert isinstance(found, RemoteEngine)
        other = Settings(settings.index, settings.models, device="cuda")
        with nearest_engine(other) as found:
            assert isinstance(found, Engine)
    assert not Path(address).exists()
    with nearest_engine(settings) as found:
        assert isinstance(found, Engine)


@hypothesis_settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(garbage=st.binary(max_size=200), whole=st.booleans())
def test_garbage_ends_its_connection_and_no_other(
    letters_engine: Engine, serving: Serving, runtime: Path, garbage: bytes, whole: bool
) -> None:
    address = str(runtime / "dragoman" / "garbage.engine")
    with serving(letters_engine, address):
        assert hung_up(address, framed(garbage) if whole else garbage)
        with RemoteEngine(address, lambda: letters_engine, lambda: False) as client:
            client.greet()


@pytest.mark.parametrize(
    "request_",
    [
        Request("no such verb", msgspec.Raw(packed(Nothing()))),
        Request("search", msgspec.Raw(packed(Nothing()))),
        Request("around", msgspec.Raw(packed({"passage_id": "one", "before": 0, "after": 0}))),
        Request("load", msgspec.Raw(b"\xc1")),
    ],
    ids=lambda request: request.verb,
)
def test_what_is_no_request_ends_its_connection(
    letters_engine: Engine, serving: Serving, address: str, remote: Remote, request_: Request
) -> None:
    with serving(letters_engine, address):
        assert hung_up(address, framed(packed(request_)))
        assert remote(address).greet().process == os.getpid()


def test_a_frame_that_is_too_long_is_not_waited_for(
    letters_engine: Engine, serving: Serving, address: str
) -> None:
    connection = None
    with serving(letters_engine, address), ExitStack() as stack:
        connection = connected(address, PATIENCE)
        assert connection is not None
        stack.enter_context(connection)
        connection.sendall((MOST_ASKED + 1).to_bytes(4, "big"))
        assert connection.recv(1) == b""


def test_one_client_more_than_there_may_be_finds_its_own_answer(
    letters_engine: Engine, serving: Serving, address: str, remote: Remote
) -> None:
    with serving(letters_engine, address), ExitStack() as stack:
        clients = [remote(address) for _ in range(MOST_CLIENTS)]
        for client in clients:
            client.greet()
        with pytest.raises(EngineGone):
            remote(address).greet()
        assert remote(address).answer(BY_WORDS, Stage.WORDS).hits
        stack.pop_all()
        clients[0].close()


def test_another_user_is_hung_up_on(
    letters_engine: Engine, serving: Serving, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(letters_engine, address):
        connection = socket.socket(socket.AF_UNIX)
        with connection:
            connection.connect(address)
            assert is_ours(connection)
            user = os.getuid()
            monkeypatch.setattr(os, "getuid", lambda: user + 1)
            assert not is_ours(connection)
            assert connected(address, PATIENCE) is None
        assert hung_up_at_once(address)


def hung_up_at_once(address: str) -> bool:
    """Ask what is always answered, and see whether it was."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(address)
        try:
            connection.sendall(framed(packed(Request("presence", msgspec.Raw(packed(Nothing()))))))
            return connection.recv(1) == b""
        except ConnectionError:
            return True


def test_a_process_in_another_view_of_the_files_is_hung_up_on(
    letters_engine: Engine, serving: Serving, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(letters_engine, address):
        assert not hung_up_at_once(address)
        monkeypatch.setattr(os, "readlink", lambda path: path)
        assert hung_up_at_once(address)


CLIENT = """
import socket, sys
import msgspec
from ingest.readers.confinement import confine
from terminal.engine.frames import framed
from terminal.engine.verbs import Nothing, Request, packed
message = framed(packed(Request("presence", msgspec.Raw(packed(Nothing())))))
def answered():
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(sys.argv[1])
        try:
            connection.sendall(message)
            return connection.recv(1) != b""
        except ConnectionError:
            return False
print(answered())
gaps = confine(may_start_programs=False)
if gaps.network and gaps.files:
    sys.exit("nothing can be taken away here")
print(answered())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux can confine")
def test_what_reads_documents_has_nobody_act_for_it(
    letters_engine: Engine, serving: Serving, address: str
) -> None:
    with serving(letters_engine, address):
        ran = subprocess.run(
            [sys.executable, "-c", CLIENT, address],
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
            capture_output=True, text=True, check=False, timeout=PATIENCE,
        )  # fmt: skip
    if "nothing can be taken away" in ran.stderr:
        pytest.skip(ran.stderr)
    assert (ran.stdout, ran.stderr, ran.returncode) == ("True\nFalse\n", "", 0)


def test_it_ends_when_it_is_idle(letters_engine: Engine, serving: Serving, address: str) -> None:
    with serving(letters_engine, address, 0.05) as served:
        assert served.ended()
        assert served.told == ["idle for long enough; the engine ends"]
        assert not Path(address).exists()


def test_it_is_not_idle_while_there_is_a_client(
    letters_engine: Engine, serving: Serving, address: str, remote: Remote
) -> None:
    with serving(letters_engine, address, 0.2) as served:
        client = remote(address)
        client.greet()
        served.thread.join(0.6)
        assert served.thread.is_alive()
        client.close()
        assert served.ended()


def test_no_question_is_lost_when_it_ends(
    letters_engine: Engine, serving: Serving, address: str, remote: Remote
) -> None:
    """Clients come and go all the time; between two of them it is idle for long enough."""
    expected = len(letters_engine.answer(BY_WORDS, Stage.WORDS).hits)
    with serving(letters_engine, address, 0.001) as served, ThreadPoolExecutor(4) as threads:

        def ask() -> bool:
            client = remote(address)
            hits = client.answer(BY_WORDS, Stage.WORDS).hits
            from_afar = client._own is None
            client.close()
            assert len(hits) == expected
            return from_afar

        while served.thread.is_alive():
            list(threads.map(lambda _: ask(), range(4)))
        assert not ask()


def answers(client: RemoteEngine) -> bool:
    try:
        client.greet()
    except EngineGone:
        return False
    return True


def test_who_waits_when_it_is_to_end_is_answered(
    slow_engine: tuple[Engine, threading.Event], serving: Serving, address: str
) -> None:
    def never() -> Engine:
        raise AssertionError("it was to be answered from afar")

    engine, may_load = slow_engine
    with (
        serving(engine, address) as served,
        RemoteEngine(address, never, lambda: False) as client,
        RemoteEngine(address, never, lambda: False) as idle,
        ThreadPoolExecutor(1) as threads,
    ):
        waiting = threads.submit(client.answer, Query("bread"), Stage.RANKED)
        while not served.server._busy:
            assert not waiting.done()
        idle.greet()
        served.end()
        while answers(idle):
            pass
        may_load.set()
        assert waiting.result().hits
        assert served.ended()


def test_an_encoder_that_cannot_be_loaded_is_told_and_words_go_on(
    settings: Settings, serving: Serving, address: str, remote: Remote
) -> None:
    with serving(engine_of(settings), address) as served:
        client = remote(address)
        assert client.answer(BY_WORDS, Stage.WORDS).hits
        assert not client.greet().loaded
    assert "letters" in served.told[0]


def test_every_verb_has_its_name() -> None:
    assert all(name == verb.name for name, verb in VERBS.items())
