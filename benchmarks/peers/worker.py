"""Runs in the environment of a peer, which has none of this project's libraries, and does one thing.

`python worker.py MODULE ACTION TASK.json` prints one JSON object as its last line. A task names the
`folder` of the store, the `model`, how many passages are found (`depth`), and what its action needs.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections import Counter
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

Task = dict[str, Any]
_PAGE_KIB = resource.getpagesize() // 1024


def build(peer: Any, task: Task) -> dict[str, Any]:
    """Read a folder in each of its states, one after the other: what each took, and what is held then."""
    started = time.perf_counter()
    encoder = peer.loaded(task)
    states, ready = [], time.perf_counter()
    for state in task["states"]:
        _apply(state)
        rows = _rows(state["passages"])
        counting = Embedded()
        before = time.perf_counter()
        told = peer.build(task, rows, encoder)
        seconds = time.perf_counter() - before
        embedded = counting.stop() if told is None else told
        states.append(
            {"seconds": seconds, "embedded": embedded, "passages": len(rows), "peak_kib": _peak_kib()}
            | _differences(peer.held(task), rows)
        )
    return {"load_seconds": ready - started, "states": states}


def interrupted(peer: Any, task: Task) -> dict[str, Any]:
    """Say when the encoder is loaded, and build until somebody kills this process."""
    encoder = peer.loaded(task)
    rows = _rows(task["passages"])
    print("ready", flush=True)
    peer.build(task, rows, encoder)
    return {}


def after(peer: Any, task: Task) -> dict[str, Any]:
    """Look at what a kill left, run once more, and look again."""
    rows = _rows(task["passages"])
    try:
        found = _differences(peer.held(task), rows)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is what a user would see
        found = _told(error, task)
    started = time.perf_counter()
    try:
        peer.build(task, rows, peer.loaded(task))
        again = _differences(peer.held(task), rows)
    except Exception as error:  # noqa: BLE001 - as above
        again = _told(error, task)
    return {"found": found, "again": again, "seconds": time.perf_counter() - started}


def ask(peer: Any, task: Task) -> dict[str, Any]:
    """Ask: `first_at` is the moment of the first answer, by the clock that processes share."""
    encoder = peer.loaded(task)
    return _asked(peer.opened(task, encoder), task["queries"])


def fill(peer: Any, task: Task) -> dict[str, Any]:
    """Store passages with vectors that are given."""
    rows, vectors = _rows(task["passages"]), import_module("numpy").load(task["vectors"])
    started = time.perf_counter()
    peer.fill(task, rows, vectors)
    return {"seconds": time.perf_counter() - started}


def ask_by_vector(peer: Any, task: Task) -> dict[str, Any]:
    """Ask with vectors that are given, without an encoder."""
    vectors = import_module("numpy").load(task["vectors"])[: task["count"]]
    told = _asked(peer.opened_by_vector(task), vectors)
    return {"seconds": told["seconds"], "kib": told["kib"]}


ACTIONS: dict[str, Callable[[Any, Task], dict[str, Any]]] = {
    one.__name__: one for one in (build, interrupted, after, ask, fill, ask_by_vector)
}


class Embedded:
    """Counts the texts that the encoder of transformers is given."""

    def __init__(self) -> None:
        self._module = sys.modules.get("transformers.models.bert.modeling_bert")
        self._texts = 0
        if self._module is None:
            return
        self._forward = forward = self._module.BertModel.forward

        def counted(model: Any, input_ids: Any = None, *given: Any, **named: Any) -> Any:
            self._texts += len(input_ids)
            return forward(model, input_ids, *given, **named)

        self._module.BertModel.forward = counted

    def stop(self) -> int:
        """Count no more, and tell."""
        if self._module is not None:
            self._module.BertModel.forward = self._forward
        return self._texts


def _asked(find: Callable[[Any], list[tuple[str, str]]], queries: Any) -> dict[str, Any]:
    answers, seconds, first_at = [], [], 0.0
    for query in queries:
        started = time.perf_counter()
        answers.append([document for document, _ in find(query)])
        ended = time.perf_counter()
        first_at = first_at or ended
        seconds.append(ended - started)
    return {"first_at": first_at, "answers": answers, "seconds": seconds, "kib": _resident_kib()}


def _apply(state: dict[str, Any]) -> None:
    for name, text in state["write"].items():
        Path(name).write_text(text, encoding="utf-8")
    for name in state["remove"]:
        Path(name).unlink()


def _rows(file: str) -> list[tuple[str, str, str]]:
    with Path(file).open(encoding="utf-8") as lines:
        return [(row["id"], row["document"], row["text"]) for row in map(json.loads, lines)]


def _differences(held: list[tuple[str, str]], rows: list[tuple[str, str, str]]) -> dict[str, Any]:
    """How many passages are missing, are there too often, and are there that should not be."""
    wanted, there = Counter((document, text) for _, document, text in rows), Counter(held)
    return {
        "missing": sum((wanted - there).values()),
        "doubled": sum(times - 1 for row, times in there.items() if row in wanted),
        "stale": sum(times for row, times in there.items() if row not in wanted),
    }


def _told(error: Exception, task: Task) -> dict[str, Any]:
    """Say what happened, without where on this machine."""
    return {"error": repr(error).replace(task["folder"], "the store")[:300]}


def _peak_kib() -> int:
    return max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))


def _resident_kib() -> int:
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * _PAGE_KIB


def main() -> None:
    """Do what the command line says."""
    module, action, file = sys.argv[1:]
    task = json.loads(Path(file).read_text(encoding="utf-8"))
    print(json.dumps(ACTIONS[action](import_module(module), task)))


if __name__ == "__main__":
    main()
