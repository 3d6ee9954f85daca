"""Runs the worker in the environment of a peer: to its end, or until it is killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.peers.environments import python_of
from benchmarks.peers.ways import Way
from benchmarks.report import ROOT

WORKER = Path(__file__).with_name("worker.py")
LONGEST = 1_800
"""Seconds that one action may take."""
QUIET = {
    "OMP_NUM_THREADS": "1",
    "OMP_WAIT_POLICY": "PASSIVE",
    "HF_HUB_OFFLINE": "1",
    "TOKENIZERS_PARALLELISM": "0",
    "HAYSTACK_TELEMETRY_ENABLED": "False",
}


class Failed(Exception):
    """A peer's process ended badly, with its last line."""


@dataclass(frozen=True, slots=True)
class Processes:
    """Starts workers; `work` holds the environments."""

    work: Path

    def run(self, way: Way, action: str, task: dict[str, Any]) -> dict[str, Any]:
        """Run an action to its end; `started_at` is by the clock that processes share.

        Raises:
            Failed: it did not end well, or not in time.
        """
        command, environment = self._command(way, action, task)
        started = time.perf_counter()
        try:
            ended = subprocess.run(
                command, check=False, capture_output=True, text=True, env=environment, timeout=LONGEST
            )
        except subprocess.TimeoutExpired as error:
            raise Failed(f"{action} took more than {LONGEST} seconds") from error
        if ended.returncode:
            last = (ended.stderr.strip().splitlines() or ["it ended"])[-1]
            # What is told goes into files that name no place on this machine.
            raise Failed(last.replace(str(ROOT), ".")[:300])
        result: dict[str, Any] = json.loads(ended.stdout.strip().splitlines()[-1])
        return {"started_at": started, "whole_seconds": time.perf_counter() - started, **result}

    def kill(self, way: Way, task: dict[str, Any], after: float) -> bool:
        """Kill what builds a store, so many seconds after its encoder is there; whether it was still at it.

        Raises:
            Failed: it ended before its encoder was there.
        """
        command, environment = self._command(way, "interrupted", task)
        with subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=environment,
            start_new_session=True,
        ) as process:
            assert process.stdout is not None  # a pipe was asked for
            if not any(line.strip() == "ready" for line in process.stdout):
                raise Failed("it ended before it was ready")
            time.sleep(after)
            fell = process.poll() is None
            # With it go the processes that it started.
            if fell:
                os.killpg(process.pid, signal.SIGKILL)
        return fell

    def _command(self, way: Way, action: str, task: dict[str, Any]) -> tuple[list[str], dict[str, str]]:
        file = self.work / "task.json"
        file.write_text(json.dumps(task), encoding="utf-8")
        ours = way.peer.module == "by_dragoman"
        paths = {"PYTHONPATH": str(ROOT) if ours else ""}
        command = [str(python_of(way.peer, self.work)), str(WORKER), way.peer.module, action, str(file)]
        return command, os.environ | QUIET | paths
