"""One target in this process, by our own fuzzer."""

from __future__ import annotations

import resource
import sys
from pathlib import Path

from ingest.readers.confinement import MEMORY_BYTES
from tests.fuzz.mutations import fuzz
from tests.fuzz.seeds import seeds
from tests.fuzz.targets import TARGETS

if __name__ == "__main__":
    name, seconds, seed, found, _ = sys.argv[1:]
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    tried = fuzz(
        TARGETS[name],
        seeds(name),
        seed=int(seed),
        seconds=float(seconds),
        unfinished=Path(f"{found}-failing"),
    )
    sys.stderr.write(f"{tried:,} inputs\n")
