"""A process that is confined like one that parses, and then tries to do what it must not."""

from __future__ import annotations

import errno
import json
import os
import resource
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

from ingest.readers.confinement import MEMORY_BYTES, confine


def main(scratch: Path) -> None:
    """Say as JSON what succeeded, though it should not, and why the kernel let it; `scratch` is empty."""
    gaps = confine(may_start_programs=False)
    deeds: dict[str, Callable[[], object]] = {
        "memory": lambda: bytearray(MEMORY_BYTES),
        "network": _reach_out,
        "files": (scratch / "made").touch,
        "programs": _start_a_program,
    }
    done = [name for name, deed in deeds.items() if _succeeds(deed)]
    limits = [resource.getrlimit(kind)[0] for kind in (resource.RLIMIT_CORE, resource.RLIMIT_FSIZE)]
    sys.stdout.write(json.dumps({"done": done, "limits": limits, **asdict(gaps)}))


def _succeeds(deed: Callable[[], object]) -> bool:
    with suppress(OSError, MemoryError):
        deed()
        return True
    return False


def _reach_out() -> None:
    """Call a port of this machine at which nobody listens; only a network that is there can refuse.

    Raises:
        OSError: there is none.
    """
    with socket.socket() as caller:
        caller.settimeout(1)
        number = caller.connect_ex(("127.0.0.1", 9))
        if number not in {0, errno.ECONNREFUSED}:
            raise OSError(number, "there is no network")


def _start_a_program() -> None:
    """Start Python, which does nothing.

    Raises:
        OSError: that was not possible.
    """
    child = os.fork()
    if child == 0:
        with suppress(OSError):
            os.execv(sys.executable, [sys.executable, "-I", "-S", "-c", ""])
        os._exit(1)
    if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]):
        raise OSError("it did not start")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
