"""What is measured of one way: once, and in every round."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from random import Random
from typing import Any

from benchmarks.peers.environments import size
from benchmarks.peers.material import FEW, Material
from benchmarks.peers.processes import Processes
from benchmarks.peers.questions import in_language
from benchmarks.peers.ways import Way
from benchmarks.report import ROOT
from benchmarks.resident import START, resident_engine
from benchmarks.resident import run as run_command
from search.evaluation.judged_set import JudgedQuery
from search.evaluation.measures import MEASURES, per_query
from search.evaluation.runs import descending

BY_VECTOR = 30
"""Vectors that are asked."""


@dataclass(frozen=True, slots=True)
class Measuring:
    """Measures ways in one folder, on one material."""

    processes: Processes
    material: Material
    run: Path
    asked: int
    """Questions of each round."""
    given: int
    """Passages of the larger store whose vectors are given."""
    kills: int
    """Rounds in which each way is killed."""

    def once(self, way: Way) -> dict[str, Any]:
        """Build the store that is asked, and ask everything that is judged."""
        found: dict[str, Any] = {}
        if way.store_of is None:
            shutil.rmtree(way.store(self.run), ignore_errors=True)
            state = {"write": {}, "remove": [], "passages": str(self.material.passages)}
            files = {"files": list(map(str, self.material.files))}
            found["built"] = self._do(
                way, "build", self._task(way) | files | {"states": [state], "writes": True}
            )
            found["bytes"] = size(way.store(self.run))
        if not way.resident:
            queries = [query for asked in self.material.sets.values() for query in asked]
            task = self._task(way) | {"queries": [query.text for query in queries], "whole": True}
            answers = dict(
                zip((query.query_id for query in queries), self._do(way, "ask", task)["answers"], strict=True)
            )
            found["quality"] = self._quality(answers)
        if way.takes_vectors:
            found["given"] = {str(count): self._filled(way, count) for count in (FEW, self.given)}
        return found

    def round(self, way: Way, number: int) -> dict[str, Any]:
        """Do what is done in every round, each time with other questions first."""
        queries = self._queries(number)
        if way.resident:
            return {"asked": self._from_the_shell(way, queries)}
        asked = self._do(way, "ask", self._task(way) | {"queries": queries})
        found: dict[str, Any] = {
            "asked": {
                "cold_seconds": asked["first_at"] - asked["started_at"],
                "seconds": asked["seconds"][1:],
                "kib": asked["kib"],
            }
        }
        if way.repeats:
            found["built"] = self._built(way)
        if way.repeats and number < self.kills:
            found["killed"] = self._killed(way, number, found["built"]["states"][0]["seconds"])
        if way.takes_vectors:
            found["given"] = {str(count): self._asked_by_vector(way, count) for count in (FEW, self.given)}
        return found

    def _built(self, way: Way) -> dict[str, Any]:
        self.material.restore()
        store = self._scratch()
        task = self._repeated(way, store) | {"states": self.material.states()}
        return self._do(way, "build", task)

    def _killed(self, way: Way, number: int, seconds: float) -> dict[str, Any]:
        self.material.restore()
        store = self._scratch()
        task = self._repeated(way, store) | {"passages": self.material.states()[0]["passages"]}
        moment = Random(f"{way.name} {number}").uniform(0.1, 0.9)
        fell = self.processes.kill(way, task, moment * seconds)
        return {"fell": fell, "moment": moment} | self._do(way, "after", task)

    def _filled(self, way: Way, count: int) -> dict[str, Any]:
        store = self._given_store(way, count)
        shutil.rmtree(store, ignore_errors=True)
        task = way.task(self.run, self.material.encoder, store) | self.material.given(count)
        return self._do(way, "fill", task) | {"bytes": size(store)}

    def _asked_by_vector(self, way: Way, count: int) -> dict[str, Any]:
        store = self._given_store(way, count)
        task = way.task(self.run, self.material.encoder, store) | self.material.given(self.given)
        return self._do(way, "ask_by_vector", task | {"count": BY_VECTOR})

    def _from_the_shell(self, way: Way, queries: Sequence[str]) -> dict[str, Any]:
        """Time commands from their start to their first byte, an engine being there."""
        index = ("--index", str(way.store(self.run)))
        with tempfile.TemporaryDirectory() as runtime:
            Path(runtime).chmod(0o700)
            environment = os.environ | {
                "XDG_RUNTIME_DIR": runtime,
                "PYTHONPATH": str(ROOT),
                "OMP_NUM_THREADS": "1",
                "PYTHONIOENCODING": "utf-8",
            }
            with resident_engine(index, environment):
                timed = [
                    run_command(START, ("search", *index, "--json", query), environment) for query in queries
                ]
        return {"seconds": [one.first_byte_ms / 1000 for one in timed[1:]]}

    def _queries(self, number: int) -> list[str]:
        sets = list(self.material.sets.values())
        mixed = [query.text for few in zip_longest(*sets) for query in few if query]
        start = number * self.asked % len(mixed)
        return (mixed[start:] + mixed[:start])[: self.asked]

    def _quality(self, answers: dict[str, list[str]]) -> dict[str, dict[str, float]]:
        found = {name: quality(asked, answers) for name, asked in self.material.sets.items()}
        handbook = self.material.sets["handbook"]
        for language in sorted({Path(name).parent.name for query in handbook for name in query.grades}):
            found[language] = quality(*in_language(handbook, answers, language))
        return found

    def _repeated(self, way: Way, store: Path) -> dict[str, Any]:
        return way.task(self.run, self.material.encoder, store) | {
            "files": [str(self.material.documents)],
            "writes": True,
        }

    def _task(self, way: Way) -> dict[str, Any]:
        return way.task(self.run, self.material.encoder)

    def _scratch(self) -> Path:
        shutil.rmtree(self.run / "scratch", ignore_errors=True)
        return self.run / "scratch" / "store"

    def _given_store(self, way: Way, count: int) -> Path:
        return self.run / way.slug / f"given-{count}"

    def _do(self, way: Way, action: str, task: dict[str, Any]) -> dict[str, Any]:
        Path(task["folder"]).parent.mkdir(parents=True, exist_ok=True)
        return self.processes.run(way, action, task)


def quality(queries: Sequence[JudgedQuery], answers: dict[str, list[str]]) -> dict[str, float]:
    """Measure answers: the names of documents, best first, one of them perhaps more than once."""
    rankings = {
        query.query_id: descending(
            (name, -float(rank)) for rank, name in enumerate(dict.fromkeys(answers[query.query_id]))
        )
        for query in queries
    }
    return dict(zip(MEASURES, per_query(queries, rankings).mean(axis=0).tolist(), strict=True))
