"""What a process that reads other people's files can no longer do."""

from __future__ import annotations

import ctypes
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

CONFINED = "from ingest.readers.confinement import confine; confine(may_start_programs={});"


def _confined(code: str, *, may_start_programs: bool = False) -> str:
    """Run code in a confined process, and return what it says."""
    program = f"import os, socket, resource\n{CONFINED.format(may_start_programs)}\n{code}"
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    return ran.stdout.strip() or ran.stderr.strip().splitlines()[-1]


def _has_landlock() -> bool:
    modules = Path("/sys/kernel/security/lsm")
    try:
        return "landlock" in modules.read_text(encoding="ascii")
    except OSError:
        return int(ctypes.CDLL(None).syscall(444, None, ctypes.c_size_t(0), 1)) > 0


@contextmanager
def _listening() -> Iterator[int]:
    """Listen on a port of this machine."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield int(server.getsockname()[1])


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux knows network namespaces")
def test_there_is_no_network_not_even_to_this_machine() -> None:
    ask = (
        "try: socket.create_connection(('127.0.0.1', {port}), 2); print('connected')\n"
        "except OSError as error: print(error.strerror)"
    )
    with _listening() as port:
        told = _confined(ask.format(port=port))
        if told == "connected" and os.geteuid() != 0:
            pytest.skip("this kernel gives no network of their own to users")
        assert told in {"Network is unreachable", "Permission denied"}
        free = subprocess.run(
            [sys.executable, "-c", f"import socket\n{ask.format(port=port)}"],
            capture_output=True,
            text=True,
            check=True,
        )
        assert free.stdout.strip() == "connected"


def test_nothing_can_be_written(tmp_path: Path) -> None:
    (tmp_path / "old").write_text("kept", encoding="utf-8")
    for name in ("new", "old"):
        told = _confined(f"with open({str(tmp_path / name)!r}, 'a') as file: file.write('x')")
        assert told.startswith(("OSError: ", "PermissionError: "))
    assert (tmp_path / "old").read_text(encoding="utf-8") == "kept"
    assert _confined(f"print(open({str(tmp_path / 'old')!r}).read())") == "kept"


@pytest.mark.skipif(not _has_landlock(), reason="this kernel has no Landlock")
def test_nothing_is_made_removed_emptied_or_started(tmp_path: Path) -> None:
    old = tmp_path / "old"
    old.write_text("kept", encoding="utf-8")
    for deed in (
        "os.unlink({0})",
        "os.truncate({0}, 0)",
        "os.rename({0}, {0} + '2')",
        "open({0} + '2', 'w')",
    ):
        assert _confined(deed.format(repr(str(old)))).startswith("PermissionError: "), deed
    assert [path.name for path in tmp_path.iterdir()] == ["old"]
    assert old.read_text(encoding="utf-8") == "kept"
    start = f"os.execv({sys.executable!r}, ['python', '-c', 'print(1)'])"
    assert _confined(start).startswith("PermissionError: ")
    assert _confined(start, may_start_programs=True) == "1"


def test_memory_and_open_files_are_bounded() -> None:
    assert _confined("bytearray(2 << 30)") == "MemoryError"
    assert "Too many open files" in _confined("files = [open('/dev/null') for _ in range(100)]")
    assert _confined("print(resource.getrlimit(resource.RLIMIT_CORE)[0])") == "0"


def test_a_lower_limit_of_the_system_stays() -> None:
    code = "resource.setrlimit(resource.RLIMIT_NOFILE, (32, 32));"
    told = _confined("print(resource.getrlimit(resource.RLIMIT_NOFILE))")
    lower = subprocess.run(
        [
            sys.executable,
            "-c",
            f"import resource\n{code}\n{CONFINED.format(False)}\n"
            "print(resource.getrlimit(resource.RLIMIT_NOFILE))",
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.startswith("(64, ")
    assert lower.stdout.strip() == "(32, 32)"
