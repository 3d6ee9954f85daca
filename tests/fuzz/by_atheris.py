"""One target in this process, by Atheris."""

from __future__ import annotations

import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["ingest"]):
    from tests.fuzz.targets import TARGETS

from tests.fuzz.seeds import seeds

if __name__ == "__main__":
    name, seconds, seed, found, corpus = sys.argv[1:]
    for number, data in enumerate(seeds(name)):
        Path(corpus, f"seed-{number}").write_bytes(data)
    atheris.Setup(
        [
            name,
            f"-max_total_time={float(seconds):.0f}",
            f"-seed={seed}",
            f"-artifact_prefix={found}-",
            "-timeout=20",
            "-rss_limit_mb=1536",
            "-max_len=100000",
            corpus,
        ],
        TARGETS[name],
    )
    atheris.Fuzz()
