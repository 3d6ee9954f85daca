"""Runs in the environment of a peer, which has none of this project's libraries: builds an index, or asks it,
cold at `first`.

`python worker.py MODULE build|first|ask TASK.json` prints one JSON object as its last line.
"""

from __future__ import annotations

import json
import sys
import time
from importlib import import_module
from pathlib import Path


def main() -> None:
    """Do what the command line says."""
    module, action, file = sys.argv[1:]
    task = json.loads(Path(file).read_text(encoding="utf-8"))
    peer = import_module(module)
    with Path(task["passages"]).open(encoding="utf-8") as lines:
        rows = [(row["document"], row["text"]) for row in map(json.loads, lines)]
    started = time.perf_counter()
    if action == "build":
        peer.build(task, rows)
        print(json.dumps({"seconds": time.perf_counter() - started}))
        return
    ask = peer.opened(task, rows)
    if action == "ask":
        ask("warm up")
    answers, seconds = [], []
    for query in task["queries"]:
        asked = time.perf_counter()
        answers.append(ask(query))
        seconds.append(time.perf_counter() - asked)
    print(json.dumps({"answers": answers, "seconds": seconds}))


if __name__ == "__main__":
    main()
