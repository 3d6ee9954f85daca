"""A real PostgreSQL server for one run of tests, and a fresh database in it for each that asks."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from tempfile import mkdtemp

import psycopg
import pytest

_INSTALLED = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: int(folder.parent.name))
_MADE = "-U postgres -A trust -E UTF8 --no-sync --locale=C"
_SMALL = ("max_connections=60", "listen_addresses=")
_HASTY = ("shared_buffers=16MB", "fsync=off", "autovacuum=off")
"""What a server for tests may do; it survives the kills of its clients, and no power cut."""
_STARTS_WITHIN = 60
"""Seconds."""


@contextmanager
def server(*, hasty: bool = True) -> Iterator[str]:
    """Run a server of its own on a Unix socket, and name that socket's folder."""
    found = shutil.which("initdb", path=os.pathsep.join([os.defpath, *map(str, reversed(_INSTALLED))]))
    if found is None:
        pytest.skip("PostgreSQL's initdb is not installed")
    programs = Path(found).parent
    folder = Path(mkdtemp(prefix="dragoman-postgres-"))
    # The server refuses to run as root.
    user = _somebody() if os.geteuid() == 0 else None
    if user:
        os.chown(folder, user.pw_uid, user.pw_gid)
    uid, gid = (user.pw_uid, user.pw_gid) if user else (None, None)
    data = folder / "data"
    with (folder / "log").open("wb") as log:
        made = [f"{programs}/initdb", "-D", f"{data}", *_MADE.split()]
        subprocess.run(made, check=True, stdout=log, stderr=log, cwd=folder, user=uid, group=gid)
        settings = [part for setting in (*_SMALL, *_HASTY * hasty) for part in ("-c", setting)]
        started = [f"{programs}/postgres", "-D", f"{data}", "-k", f"{folder}", *settings]
        process = subprocess.Popen(started, stdout=log, stderr=log, cwd=folder, user=uid, group=gid)
    try:
        _wait(folder, process)
        yield str(folder)
    finally:
        process.send_signal(signal.SIGQUIT)
        process.wait()
        shutil.rmtree(folder)


def _somebody() -> pwd.struct_passwd:
    try:
        return pwd.getpwnam("postgres")
    except KeyError:
        return pwd.getpwnam("nobody")


def _wait(folder: Path, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _STARTS_WITHIN
    while True:
        try:
            psycopg.connect(host=str(folder), user="postgres", dbname="postgres").close()
        except psycopg.OperationalError:
            assert process.poll() is None, (folder / "log").read_text(encoding="utf-8")
            assert time.monotonic() < deadline, "the server does not start"
            time.sleep(0.05)
        else:
            return


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """Name the folder of the socket of a server that all tests of a process share."""
    with server() as folder:
        yield folder


_NUMBERS = count()


@pytest.fixture
def postgres(postgres_server: str) -> Iterator[str]:
    """Make an empty database, and return its address."""
    name = f"test_{next(_NUMBERS)}"
    with psycopg.connect(host=postgres_server, user="postgres", dbname="postgres", autocommit=True) as owner:
        owner.execute(f"CREATE DATABASE {name}".encode())
        yield f"postgresql://postgres@/{name}?host={postgres_server}"
        owner.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())
