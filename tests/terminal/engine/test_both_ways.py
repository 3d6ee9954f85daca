"""Commands give the same bytes and codes with a resident engine and without, run here and handed over."""

from __future__ import annotations

import json
import os
import re
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from terminal.cli import main
from terminal.engine.engine import Engine
from terminal.engine.opening import engine_beside, engine_of
from terminal.engine.remote_engine import RemoteEngine
from terminal.settings import Settings

if TYPE_CHECKING:
    from tests.terminal.conftest import Library
    from tests.terminal.engine.conftest import Serving

ROOT = Path(__file__).parents[3]
PATIENCE = 60.0
TIMES = re.compile(r'("(?:load|search)": )[0-9.]+')
LINES = (
    ("search", "--mode", "lexical", "brot"),
    ("search", "--mode", "lexical", "--json", "--evidence", "面包"),
    ("search", "--mode", "lexical", "--jsonl", "خبز"),
    ("search", "--mode", "lexical", "--format", "csv", "bread lang:en"),
    ("search", "--mode", "lexical", "--format", "md", "--color", "always", "bread"),
    ("search", "--mode", "lexical", "zymurgy"),
    ("search", "--mode", "lexical", "--lang", "xx", "brot"),
    ("search", "--mode", "lexical", "--type", "pdf", "tax"),
    ("search", "brot"),
    ("search", ""),
    ("search", "--nonsense"),
    ("search", "--help"),
    ("similar", "1"),
    ("similar", "--json", "bread.md"),
    ("similar", "nowhere.md"),
    ("similar", "999"),
    ("get", "1:1:1", "4"),
    ("get", "--json", "2"),
    ("get", "999"),
    ("status",),
    ("status", "--files", "--json"),
    ("explain", "--mode", "lexical", "brot"),
    ("explain", "--mode", "lexical", "--json", "brot", "1"),
    ("explain", "--mode", "lexical", "brot", "nowhere.md"),
    ("explain", "--mode", "lexical", "brot", "999"),
)


@dataclass(frozen=True, slots=True)
class Ran:
    """What a command gave."""

    code: int
    out: str
    err: str


def here(capsys: pytest.CaptureFixture[str], *arguments: str) -> Ran:
    code = main(arguments)
    out, err = capsys.readouterr()
    return Ran(code, TIMES.sub(r"\1", out), err)


def named(library: Library, line: tuple[str, ...]) -> tuple[str, ...]:
    return (line[0], "--index", str(library.index_folder), *line[1:])


@pytest.mark.parametrize("line", LINES, ids=" ".join)
def test_the_same_from_a_resident_engine(
    library: Library,
    settings: Settings,
    serving: Serving,
    address: str,
    capsys: pytest.CaptureFixture[str],
    line: tuple[str, ...],
) -> None:
    alone = here(capsys, *named(library, line))
    with serving(engine_of(settings), address):
        assert here(capsys, *named(library, line)) == alone
    assert alone.out or alone.err


def test_it_is_the_resident_engine_that_answers(
    library: Library,
    serving: Serving,
    address: str,
    settings: Settings,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    """One that answers from elsewhere is believed."""
    away = library.index_folder.rename(tmp_path / "away")
    line = named(library, ("search", "--mode", "lexical", "--json", "brot"))
    assert here(capsys, *line).code == 3
    with serving(engine_of(Settings(away, settings.models)), address):
        found = here(capsys, *line)
    assert found.code == 0
    assert json.loads(TIMES.sub(r"\g<1>0", found.out.replace(": ,", ": 0,").replace(": \n", ": 0\n")))[
        "results"
    ]


CLIENT = """
import sys
from terminal.start import main
code = main()
if "click" in sys.modules:
    sys.exit("it ran here")
sys.exit(code)
"""
SERVER = "import sys; from terminal.cli import main; sys.exit(main())"


@pytest.fixture
def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"}


@pytest.fixture
def server(library: Library, runtime: Path, environment: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    """`dragoman serve` as a process; its encoder is not to be had, and words are enough."""
    process = subprocess.Popen(
        [sys.executable, "-c", SERVER, "serve", "--index", str(library.index_folder), "--idle", "0"],
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    assert "listening at" in process.stderr.readline()
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        process.stderr.close()


def handed_over(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", CLIENT, *arguments],
        env=environment, capture_output=True, encoding="utf-8", check=False, timeout=PATIENCE,
    )  # fmt: skip


def test_the_same_from_a_process_that_has_all_loaded(
    library: Library,
    server: subprocess.Popen[str],
    environment: dict[str, str],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Help is as wide as the terminal, of which there is none in either case.
    monkeypatch.setenv("COLUMNS", "80")
    environment["COLUMNS"] = "80"
    ran = [handed_over(environment, *named(library, line)) for line in LINES]
    server.kill()
    server.wait()
    for line, one in zip(LINES, ran, strict=True):
        alone = here(capsys, *named(library, line))
        assert Ran(one.returncode, TIMES.sub(r"\1", one.stdout), one.stderr) == alone, line


def test_what_is_not_quick_or_not_usual_runs_here(
    library: Library, server: subprocess.Popen[str], environment: dict[str, str]
) -> None:
    line = named(library, ("search", "--mode", "lexical", "brot"))
    assert handed_over(environment, *line).returncode == 0
    assert "it ran here" in handed_over(environment, "models", "list").stderr
    assert "it ran here" in handed_over(environment, *line, "--batch", "none").stderr
    assert "it ran here" in handed_over({**environment, "PYTHONWARNINGS": "error"}, *line).stderr
    assert "it ran here" in handed_over({**environment, "PYTHONIOENCODING": "latin-1"}, *line).stderr
    server.kill()
    server.wait()
    assert "it ran here" in handed_over(environment, *line).stderr


def test_the_folder_the_environment_and_the_mask_are_the_client_s(
    library: Library, server: subprocess.Popen[str], environment: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "below").mkdir()
    line = ["search", "--mode", "lexical", "brot", "-o", "found.json"]
    ran = subprocess.run(
        [sys.executable, "-c", f"import os; os.umask(0o027){CLIENT}", *line],
        env={**environment, "DRAGOMAN_INDEX": str(library.index_folder), "DRAGOMAN_LIMIT": "1"},
        cwd=tmp_path / "below", capture_output=True, text=True, check=False, timeout=PATIENCE,
    )  # fmt: skip
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")
    found = tmp_path / "below" / "found.json"
    assert len(json.loads(found.read_text())["results"]) == 1
    assert found.stat().st_mode & 0o777 == 0o640


@pytest.fixture
def blocked(
    library: Library, server: subprocess.Popen[str], environment: dict[str, str], tmp_path: Path
) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """Hand over a command that waits for somebody to read what it writes; give it and its real process."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    line = named(library, ("search", "--mode", "lexical", "brot", "-o", str(pipe)))
    client = subprocess.Popen(
        [sys.executable, "-c", CLIENT, *line], env=environment, stderr=subprocess.PIPE, text=True
    )
    [forks] = children(server.pid)
    while not (found := children(forks)):
        assert client.poll() is None
    # It listens to its client on a thread of its own once it has begun.
    while len(list(Path(f"/proc/{found[0]}/task").iterdir())) < 2:
        assert client.poll() is None
    yield client, os.pidfd_open(found[0])
    client.kill()
    client.communicate()


def children(process: int) -> list[int]:
    told = Path(f"/proc/{process}/task/{process}/children").read_text()
    return list(map(int, told.split()))


def gone(process: int) -> bool:
    """Wait until the process of this descriptor has ended."""
    return bool(select.select([process], [], [], PATIENCE)[0])


@pytest.mark.skipif(sys.platform != "linux", reason="it looks into /proc")
def test_ctrl_c_reaches_the_command(blocked: tuple[subprocess.Popen[str], int]) -> None:
    client, process = blocked
    client.send_signal(signal.SIGINT)
    _, told = client.communicate(timeout=PATIENCE)
    assert "dragoman: interrupted\n" in told
    assert client.returncode == 130
    assert gone(process)
    os.close(process)


@pytest.mark.skipif(sys.platform != "linux", reason="it looks into /proc")
def test_a_command_ends_with_its_client(blocked: tuple[subprocess.Popen[str], int]) -> None:
    client, process = blocked
    client.kill()
    assert gone(process)
    os.close(process)


@pytest.mark.skipif(sys.platform != "linux", reason="it looks into /proc")
def test_a_command_whose_process_dies_is_told_of(blocked: tuple[subprocess.Popen[str], int]) -> None:
    client, process = blocked
    signal.pidfd_send_signal(process, signal.SIGKILL)
    _, told = client.communicate(timeout=PATIENCE)
    assert told == "dragoman: the process that ran this command died\n  Run it again.\n"
    assert client.returncode == 2
    os.close(process)


@pytest.mark.skipif(sys.platform != "linux", reason="it looks into /proc")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_nothing_is_left_when_the_server_goes(
    server: subprocess.Popen[str], number: signal.Signals, runtime: Path
) -> None:
    [forks] = children(server.pid)
    process = os.pidfd_open(forks)
    server.send_signal(number)
    assert gone(process)
    os.close(process)
    assert server.wait(PATIENCE) == (-number if number is signal.SIGKILL else 0)
    if number is not signal.SIGKILL:
        assert list((runtime / "dragoman").iterdir()) == []


def test_stop_ends_it_and_says_so(
    library: Library,
    server: subprocess.Popen[str],
    settings: Settings,
    capsys: pytest.CaptureFixture[str],
) -> None:
    index = ("--index", str(library.index_folder))
    again = here(capsys, "serve", *index)
    assert again.code == 2
    assert "resident already" in again.err
    assert f"an engine is resident, process {server.pid}" in here(capsys, "doctor", *index).out
    assert here(capsys, "serve", "--stop", *index) == Ran(0, "", f"The engine, process {server.pid}, ends.\n")
    assert server.wait(PATIENCE) == 0
    assert here(capsys, "serve", "--stop", *index).err.startswith("No engine is resident")
    assert "no engine is resident" in here(capsys, "doctor", *index).out


@pytest.mark.slow
def test_the_built_in_encoder_answers_the_same_both_ways(
    tmp_path: Path, runtime: Path, capsys: pytest.CaptureFixture[str], environment: dict[str, str]
) -> None:
    index = ("--index", str(tmp_path / "index"))
    questions = ("what is a star made of", "中国古代的星座", "die Farbe des Mars", "Sami sky")
    lines: list[tuple[str, ...]] = [
        ("search", *index, "--json", "--evidence", question) for question in questions
    ]
    lines += [("search", *index, "--no-rerank", "--json", question) for question in questions]
    lines += [("search", *index, "--mode", "lexical", "--rerank", "--jsonl", "moon")]
    lines += [("explain", *index, "--json", questions[0], "12"), ("explain", *index, *questions[1:2])]
    assert here(capsys, "ingest", *index, "--quiet", str(ROOT / "samples/documents/night-sky")).code == 0
    alone = [here(capsys, *line) for line in lines]
    server = subprocess.Popen([sys.executable, "-c", SERVER, "serve", "-q", *index], env=environment)
    try:
        while "process" not in here(capsys, "doctor", *index).out:
            assert server.poll() is None
        # Whatever was asked before makes no difference: the second round is answered out of memory.
        for line, one in [
            *zip(lines, alone, strict=True),
            *zip(reversed(lines), reversed(alone), strict=True),
        ]:
            ran = handed_over(environment, *line)
            assert Ran(ran.returncode, TIMES.sub(r"\1", ran.stdout), ran.stderr) == one, line
    finally:
        server.terminate()
        assert server.wait(PATIENCE) == 0


@pytest.mark.parametrize("idle", ["", "x", "5 m", "-1", "1d", "٣"])
def test_an_odd_idle_time_is_refused(capsys: pytest.CaptureFixture[str], idle: str) -> None:
    assert here(capsys, "serve", "--idle", idle).code == 2


def test_an_engine_beside_is_started_and_started_again(
    settings: Settings, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    processes = []
    with engine_beside(settings) as engine:
        assert isinstance(engine, RemoteEngine)
        for _ in range(2):
            assert engine.generation()
            processes.append(engine.greet().process)
            os.kill(processes[-1], signal.SIGKILL)
        assert engine.generation()
        processes.append(engine.greet().process)
        with engine_beside(settings) as other:
            assert isinstance(other, RemoteEngine)
            assert other.greet().process == processes[-1]
        engine.stop()
    assert len({os.getpid(), *processes}) == 4


def test_where_there_can_be_no_socket_the_engine_is_here(settings: Settings, runtime: Path) -> None:
    (runtime / "dragoman").chmod(0o755)
    with engine_beside(settings) as engine:
        assert isinstance(engine, Engine)
        assert engine.generation()


def test_the_start_is_quick() -> None:
    program = "import sys, terminal.start; print(*sys.modules)"
    ran = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert "terminal.engine.sockets" in ran.stdout.split()
    assert not {"click", "json", "dataclasses", "msgspec", "asyncio", "pathlib"} & set(ran.stdout.split())
