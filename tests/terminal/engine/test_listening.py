from __future__ import annotations

import socket
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from index_data.errors import UsageError
from terminal.engine import sockets
from terminal.engine.engine_address import engine_address
from terminal.engine.listening import clear_away, listening
from terminal.engine.opening import nearest_engine
from terminal.engine.sockets import connected, program_stamp, socket_folder
from terminal.setting_values import Color
from terminal.settings import Settings


def test_nobody_else_may_enter(runtime: Path) -> None:
    address = runtime / "dragoman" / "x.engine"
    with listening(str(address)):
        assert stat.S_IMODE(address.stat().st_mode) == 0o600
        assert stat.S_IMODE(address.parent.stat().st_mode) == 0o700


@pytest.mark.parametrize("mode", [0o755, 0o770, 0o711])
def test_a_folder_that_others_may_enter_is_not_used(runtime: Path, settings: Settings, mode: int) -> None:
    assert engine_address(settings)
    (runtime / "dragoman").chmod(mode)
    with pytest.raises(PermissionError):
        socket_folder()
    assert engine_address(settings) is None
    with nearest_engine(settings) as engine:
        assert engine.generation()


def test_a_link_in_place_of_the_folder_is_not_used(runtime: Path) -> None:
    folder = runtime / "dragoman"
    folder.rename(runtime / "elsewhere")
    folder.symlink_to(runtime / "elsewhere")
    with pytest.raises(PermissionError):
        socket_folder(make=True)


def test_a_long_or_missing_folder_of_the_system_is_not_used(
    runtime: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "shared").mkdir()
    monkeypatch.setattr(sockets, "_SHARED", str(tmp_path / "shared"))
    ours = str(runtime / "dragoman")
    assert socket_folder() == ours
    for other in ("relative", str(runtime / "absent"), str(runtime / ("x" * 100))):
        monkeypatch.setenv("XDG_RUNTIME_DIR", other)
        assert socket_folder().startswith(str(tmp_path / "shared" / "dragoman-"))


def test_the_socket_of_a_dead_process_is_replaced(runtime: Path) -> None:
    address = str(runtime / "dragoman" / "x.engine")
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(address)
    assert connected(address, 1.0) is None
    with listening(address):
        alive = connected(address, 1.0)
        assert alive is not None
        alive.close()
    assert list((runtime / "dragoman").iterdir()) == []


def test_one_process_only_has_an_address(runtime: Path) -> None:
    address = str(runtime / "dragoman" / "x.engine")
    with listening(address) as first:
        with pytest.raises(UsageError, match="resident already"), listening(address):
            pass
        first.leave()
        with listening(address):
            # What the first one does at last takes nothing away from the second.
            first.leave()
            assert Path(address).exists()


def test_what_the_dead_leave_is_cleared_away_and_the_living_stay(runtime: Path) -> None:
    folder = runtime / "dragoman"
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(folder / "dead.commands"))
    with listening(str(folder / "alive.commands")):
        clear_away(str(folder), ".commands")
        assert {path.name for path in folder.iterdir()} == {"alive.commands", "alive.commands.lock"}


def test_only_what_decides_the_answers_tells_engines_apart(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = engine_address(settings)
    assert address == engine_address(
        replace(settings, limit=3, color=Color.NEVER, rerank=False, model="auto")
    )
    others = [
        replace(settings, index=settings.index / "x"),
        replace(settings, model="builtin"),
        replace(settings, device="cpu"),
        replace(settings, dtype="float32"),
        replace(settings, offline=True),
        replace(settings, reranker="bge-reranker-v2-m3"),
        replace(settings, models=settings.models / "x"),
    ]
    addresses = {engine_address(other) for other in others} | {address}
    assert len(addresses) == len(others) + 1
    monkeypatch.setenv("OLLAMA_HOST", "127.0.0.1:1")
    assert engine_address(settings) not in addresses


def test_another_version_of_the_program_has_another_stamp(tmp_path: Path) -> None:
    folder = tmp_path / "terminal"
    folder.mkdir()
    (folder / "cli.py").write_text("one")
    first = sockets._sources(str(folder))
    assert first == sockets._sources(str(folder))
    (folder / "cli.py").write_text("another")
    assert first != sockets._sources(str(folder))
    assert program_stamp() == program_stamp()
