"""The process in which files are parsed, within limits: requests come on stdin, answers go to stdout."""

from __future__ import annotations

import hashlib
import json
import os
import resource
import signal
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from index_data.errors import UnreadableFile
from index_data.records import FileStamp
from ingest.readers.by_suffix import read
from ingest.readers.confinement import MEMORY_BYTES, confine, limit
from ingest.readers.frames import ALL_PAGES, CPU_SECONDS, LENGTH, STILL_AT_WORK, framed
from ingest.readers.limits import MAX_FILE_BYTES, too_large
from ingest.readers.parsed_document import ParsedDocument
from ingest.readers.recognition import Recogniser
from ingest.readers.remedies import CHECK_ACCESS, CONVERT, SPLIT
from ingest.source_file import open_regular


def main(arguments: Sequence[str]) -> None:
    """Answer requests until stdin ends; `arguments` say what recognises text, if anything does."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    recogniser = None
    if arguments:
        program, languages, pages = arguments
        recogniser = Recogniser(program, languages, all_pages=pages == ALL_PAGES, alive=_still_at_work)
    confine(may_start_programs=recogniser is not None)
    while header := sys.stdin.buffer.read(LENGTH.size):
        path = Path(os.fsdecode(sys.stdin.buffer.read(*LENGTH.unpack(header))))
        _allow_time()
        _say(json.dumps(_answer(path, recogniser)).encode("ascii"))


def _still_at_work() -> None:
    _allow_time()
    _say(STILL_AT_WORK)


def _allow_time() -> None:
    limit(resource.RLIMIT_CPU, int(sum(os.times()[:2])) + CPU_SECONDS)


def _say(answer: bytes) -> None:
    sys.stdout.buffer.write(framed(answer))
    sys.stdout.buffer.flush()


def _answer(path: Path, recogniser: Recogniser | None) -> dict[str, Any]:
    try:
        parsed, stamp = _parsed(path, recogniser)
    except UnreadableFile as error:
        return {"reason": error.message, "remedy": error.remedy}
    return {"parsed": asdict(parsed), "stamp": asdict(stamp)}


def _parsed(path: Path, recogniser: Recogniser | None) -> tuple[ParsedDocument, FileStamp]:
    try:
        with open_regular(path) as file:
            status = os.fstat(file.fileno())
            data = file.read(MAX_FILE_BYTES + 1)
            size = max(status.st_size, len(data))
            if size > MAX_FILE_BYTES:
                raise UnreadableFile(too_large(size), remedy=SPLIT)
            stamp = FileStamp(status.st_size, status.st_mtime_ns, hashlib.sha256(data).hexdigest())
            return read(path, data, recogniser), stamp
    except OSError as error:
        raise UnreadableFile(error.strerror or str(error), remedy=CHECK_ACCESS) from error
    except MemoryError as error:
        reason = f"needs more than {MEMORY_BYTES // 1024**2} MiB of memory"
        raise UnreadableFile(reason, remedy=CONVERT) from error


if __name__ == "__main__":
    main(sys.argv[1:])
