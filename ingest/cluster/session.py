"""A Ray cluster: one of this machine alone, for one ingest, or one that is there already."""

from __future__ import annotations

import os
import secrets
import signal
import sys
from collections.abc import Iterator
from contextlib import chdir, contextmanager
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import current_thread, main_thread
from typing import Any

from encoder.resources import usable_cores
from index_data.errors import UsageError

HERE = "ray"
"""The engine that is a cluster of this machine alone."""
ELSEWHERE = "ray://"
"""Begins an engine that is a cluster which is there already."""
_JOINED = "auto"
"""The address of the cluster that this machine is a node of."""
_CLIENT_PORT = 10_001
_OBJECT_STORE_BYTES = 256 << 20
"""Windows and vectors on their way between processes of this machine."""
_SILENT: dict[str, Any] = {"log_to_driver": False, "logging_level": "ERROR"}
_QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_DISABLE_IMPORT_WARNING": "1",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    # What Ray would tell of workers that die goes to stdout, which is for answers.
    "RAY_DEDUP_LOGS_SKIP_REGEX": "(?s).*",
}
"""Nothing of use is reported to Ray's makers, and nothing is written between the lines of ours."""


def prepare(engine: str) -> None:
    """Set what Ray reads when it is loaded, which is too late afterwards."""
    os.environ |= _QUIET
    if engine == HERE:
        # Ray listens on every network interface; without a secret, whoever reaches it runs what he likes.
        os.environ.setdefault("RAY_AUTH_MODE", "token")
        os.environ.setdefault("RAY_AUTH_TOKEN", secrets.token_hex(32))
        # Ray lets its workers wait for whatever else the machine has to do, as no ingest without Ray does.
        os.environ.setdefault("RAY_worker_niceness", "0")


@contextmanager
def connected(engine: str) -> Iterator[None]:
    """Start a cluster on this machine and end it afterwards, or join the one that `engine` names.

    Raises:
        UsageError: Ray is not installed, or does not start, or the cluster cannot be reached.
    """
    if find_spec("ray") is None:
        raise UsageError("Ray is not installed", remedy="Install it: pip install 'dragoman[ray]'")
    prepare(engine)
    import ray

    with TemporaryDirectory(prefix="dragoman-", ignore_cleanup_errors=True) as private:
        try:
            # Workers import from where Ray is started: never from the user's working folder.
            with chdir(private):
                ray.init(**_arguments(engine, Path(private)))
        except Exception as error:  # Ray raises a bare one where it starts too slowly
            what = "Ray does not start here" if engine == HERE else f"no Ray cluster answers at {engine}"
            line = next(iter(str(error).strip().splitlines()), type(error).__name__)[:200]
            raise UsageError(
                f"{what}: {line}", remedy="Use --engine local, or see docs/ray.md for addresses."
            ) from error
        with _ended_in_good_order():
            try:
                yield
            finally:
                ray.shutdown()


@contextmanager
def _ended_in_good_order() -> Iterator[None]:
    """Let SIGTERM end the cluster too; Ray's own answer to it is a page of addresses."""
    if current_thread() is not main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _arguments(engine: str, private: Path) -> dict[str, Any]:
    if engine == HERE:
        return _SILENT | {
            # Not the one that RAY_ADDRESS names.
            "address": "local",
            "num_cpus": usable_cores(),
            "include_dashboard": False,
            "object_store_memory": _OBJECT_STORE_BYTES,
            # Ray opens the folder that it makes to everybody; this one lies in one of the user's own.
            "_temp_dir": str(private / "ray"),
        }
    place = engine.removeprefix(ELSEWHERE)
    if place == _JOINED:
        return _SILENT | {"address": _JOINED}
    return _SILENT | {"address": engine if ":" in place else f"{engine}:{_CLIENT_PORT}"}
