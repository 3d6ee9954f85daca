"""Engines that turn texts into vectors, each in its own process with so many threads and no more.

Run as a program, one engine loads a folder, says so, and answers requests: a line of JSON in, a line out.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

import numpy as np
from numpy.typing import NDArray

from benchmarks.report import ROOT

Embed = Callable[[Sequence[str], int], NDArray[np.float32]]
"""Texts and the size of a batch to vectors, float32 (N, D)."""


@dataclass(frozen=True, slots=True)
class Engine:
    """One way to embed texts."""

    name: str
    """For people."""
    kind: str
    """A key of `LOADERS`, and behind a colon what it takes."""
    batches: tuple[int, ...] = (0,)
    """Texts in a batch, of which the fastest is taken; 0 leaves it to the engine."""
    python: str = sys.executable
    """The interpreter that it runs in."""


@dataclass(frozen=True, slots=True)
class Run:
    """Seconds that embedding some texts took."""

    wall: float
    cpu: float
    """Of all threads together."""

    def seconds(self, threads: int) -> float:
        """Take what counts for so many threads: of one the CPU's time, of more the clock's."""
        return self.cpu if threads == 1 else self.wall


class EngineProcess:
    """An engine that has loaded its weights and waits."""

    def __init__(self, engine: Engine, folder: Path, threads: int) -> None:
        """Start it.

        Raises:
            ChildProcessError: it cannot be loaded; what it says stands on stderr.
        """
        self.engine = engine
        self._process = subprocess.Popen(
            [
                engine.python,
                "-m",
                "benchmarks.encoding.engines",
                engine.kind,
                str(folder.resolve()),
                str(threads),
            ],
            cwd=ROOT,
            env=os.environ | quiet_environment(threads),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._answer()

    def embed(
        self, texts: Sequence[str], batch: int, times: int = 1
    ) -> tuple[list[Run], NDArray[np.float32]]:
        """Embed the same `texts` so many times: what each time took, and unit vectors, float32 (N, D)."""
        asked = self._pipe(self._process.stdin)
        asked.write(json.dumps({"texts": list(texts), "batch": batch, "times": times}) + "\n")
        asked.flush()
        answer = self._answer()
        vectors: NDArray[np.float32] = np.array(answer["vectors"], dtype=np.float32)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        return [Run(**run) for run in answer["runs"]], vectors

    def _answer(self) -> dict[str, Any]:
        line = self._pipe(self._process.stdout).readline()
        if not line:
            self._process.communicate()
            raise ChildProcessError(f"{self.engine.name} ended with {self._process.returncode}")
        answer: dict[str, Any] = json.loads(line)
        return answer

    @staticmethod
    def _pipe(pipe: IO[str] | None) -> IO[str]:
        assert pipe is not None
        return pipe

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.terminate()
        self._process.communicate()


def quiet_environment(threads: int) -> dict[str, str]:
    """Name the variables that keep libraries to so many threads, which sleep when they wait, and quiet."""
    return {
        "OMP_NUM_THREADS": str(threads),
        "OMP_WAIT_POLICY": "PASSIVE",
        "RAYON_NUM_THREADS": str(threads),
        "TOKENIZERS_PARALLELISM": "true",
        "HF_HUB_OFFLINE": "1",
        "HF_HUB_DISABLE_PROGRESS_BARS": "1",
        "TRANSFORMERS_VERBOSITY": "error",
        "PYTHONWARNINGS": "ignore",
    }


def load_dragoman(folder: Path, number_format: str, threads: int) -> Embed:
    """Load Dragoman's own encoder; it takes its threads from the environment."""
    from encoder.checkpoint import resolve
    from encoder.device import NumberFormat, place
    from encoder.embedder import TransformerEmbedder
    from encoder.interface import Window

    assert int(os.environ["OMP_NUM_THREADS"]) == threads
    embedder = TransformerEmbedder(resolve(str(folder)), place("cpu", NumberFormat(number_format)))
    return lambda texts, _: embedder.embed_passages([Window(text, ((0, len(text)),)) for text in texts])


def load_sentence_transformers(folder: Path, dtype: str, threads: int) -> Embed:
    """Load the folder with sentence-transformers."""
    import torch
    from sentence_transformers import SentenceTransformer

    torch.set_num_threads(threads)
    model = SentenceTransformer(
        str(folder), device="cpu", model_kwargs={"dtype": getattr(torch, dtype)}, local_files_only=True
    )
    return lambda texts, batch: np.asarray(
        model.encode(list(texts), batch_size=batch, show_progress_bar=False), dtype=np.float32
    )


def load_rival(folder: Path, name: str, threads: int) -> Embed:
    """Load a model that `rivals.py` exported into the folder."""
    from benchmarks.encoding.rivals import load

    return load(folder, name, threads)


LOADERS: dict[str, Callable[[Path, str, int], Embed]] = {
    "dragoman": load_dragoman,
    "sentence-transformers": load_sentence_transformers,
    "rival": load_rival,
}
"""By the first part of a kind; they get the folder, the second part, and the number of threads."""


def main() -> None:
    """Load the engine that the arguments name, and answer until the requests end."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # libraries that greet on stdout
    kind, folder, threads = sys.argv[1:]
    loader, _, choice = kind.partition(":")
    embed = LOADERS[loader](Path(folder), choice, int(threads))
    print("{}", file=answers, flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        runs = []
        for _ in range(request["times"]):
            started, spent = time.perf_counter(), time.process_time()
            vectors = embed(request["texts"], request["batch"])
            runs.append(Run(time.perf_counter() - started, time.process_time() - spent))
        answer = {"runs": [asdict(run) for run in runs], "vectors": vectors.tolist()}
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main()
