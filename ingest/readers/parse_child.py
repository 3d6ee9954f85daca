"""The process in which files are parsed, within limits: requests come on stdin, answers go to stdout."""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from index_data.errors import UnreadableFile
from ingest.readers.by_suffix import read
from ingest.readers.frames import CPU_SECONDS, LENGTH, framed
from ingest.readers.limits import MAX_FILE_BYTES, too_large
from ingest.readers.parsed_document import ParsedDocument
from ingest.readers.remedies import CHECK_ACCESS, CONVERT, SPLIT
from ingest.source_file import open_regular

MEMORY_BYTES = 1536 * 1024 * 1024


def main() -> None:
    """Answer requests until stdin ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _limit(resource.RLIMIT_AS, MEMORY_BYTES)
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_FSIZE, 0)
    while header := sys.stdin.buffer.read(LENGTH.size):
        path = Path(os.fsdecode(sys.stdin.buffer.read(*LENGTH.unpack(header))))
        _limit(resource.RLIMIT_CPU, int(sum(os.times()[:2])) + CPU_SECONDS)
        sys.stdout.buffer.write(framed(json.dumps(_answer(path)).encode("ascii")))
        sys.stdout.buffer.flush()


def _answer(path: Path) -> dict[str, Any]:
    try:
        return {"parsed": asdict(_parsed(path))}
    except UnreadableFile as error:
        return {"reason": error.message, "remedy": error.remedy}


def _parsed(path: Path) -> ParsedDocument:
    try:
        with open_regular(path) as file:
            size = os.fstat(file.fileno()).st_size
            if size > MAX_FILE_BYTES:
                raise UnreadableFile(too_large(size), remedy=SPLIT)
            return read(path, file.read(MAX_FILE_BYTES))
    except OSError as error:
        raise UnreadableFile(error.strerror or str(error), remedy=CHECK_ACCESS) from error
    except MemoryError as error:
        reason = f"needs more than {MEMORY_BYTES // 1024**2} MiB of memory"
        raise UnreadableFile(reason, remedy=CONVERT) from error


def _limit(kind: int, most: int) -> None:
    # Some systems refuse some limits; the parent's clock holds everywhere.
    with suppress(ValueError, OSError):
        resource.setrlimit(kind, (most, resource.getrlimit(kind)[1]))


if __name__ == "__main__":
    main()
