"""What a user of the screen waits for while another process ingests: keystroke to repaint, and blocks.

The screen runs on a terminal of its own, in front of an index of sentences of the sample documents whose
vectors imitate those of the built-in encoder. Keys are sent to it; a key is repainted when what the terminal
gets holds the question with that letter. Meanwhile documents are added to the same index, as the screen
has it done, and by a command of the same priority.
"""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import pty
import re
import select
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random

import numpy as np

from benchmarks.encoding.folder_documents import documents
from benchmarks.imitated_vectors import imitated, real_vectors
from benchmarks.latency import DOCUMENT, add, passages
from benchmarks.report import ROOT, Table, publish, say, surroundings
from encoder.checkpoint import BUILTIN, resolve
from encoder.device import place
from encoder.embedder import TransformerEmbedder
from index_data.index import Index
from index_data.records import Fingerprint
from terminal.jobs.ingest_jobs import GIVES_WAY

WORK = Path(__file__).parent / "work"
QUESTIONS = (
    "which colour has the red planet",
    "warum ist der Himmel blau",
    "как испечь хлеб дома",
    "where did the cat remember meowing",
    "combien de temps faut-il pétrir",
)
BETWEEN_KEYS = (0.09, 0.25)
"""Least and most seconds from one key to the next."""
SIZE = 40, 120
"""Lines and columns."""
AFTER_A_QUESTION = 1.5
"""Seconds for its last stage."""
INGESTS = {"it ingests": GIVES_WAY, "another command ingests": 0}
"""What the priority of the ingest is lower by."""
AIMS_MS = {"keystroke to repaint, p95": 50.0, "longest block": 30.0}
PATIENCE = 10.0
"""Seconds after which a key counts as lost."""

REMARK = """\
Milliseconds from the byte of a key to the terminal's getting the question with that letter, and blocks of the
screen's event loop: how late a timer of 2 ms came. `quiet` is before the ingests, in the same index. The
screen itself starts ingests that give way to it (`nice`); another command has the priority of the screen."""

_ESCAPES = re.compile(r"\x1b(\[[0-9;?<>=]*[ -/]*[@-~]|[\]P][^\x07\x1b]*(\x07|\x1b\\)|.)")


@dataclass(frozen=True, slots=True)
class Waited:
    """What typing the questions cost, in milliseconds."""

    keys: list[float]
    blocks: list[float]

    def row(self) -> dict[str, float]:
        """Sum them up."""
        p50, p95 = np.percentile(self.keys, (50, 95)).tolist()
        return {
            "keystrokes": len(self.keys),
            "keystroke to repaint, p50": p50,
            "keystroke to repaint, p95": p95,
            "slowest keystroke": max(self.keys),
            "block, p99": float(np.percentile(self.blocks, 99)),
            "longest block": max(self.blocks),
        }


def main() -> None:
    """Type into the screen, first alone and then while ingests run."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.screen", description=__doc__)
    parser.add_argument("--passages", type=int, default=100_000, metavar="N")
    parser.add_argument(
        "--rounds", type=int, default=4, metavar="N", help="how often all questions are typed"
    )
    options = parser.parse_args()
    context = surroundings() | {"passages": options.passages}
    index = built(options.passages)
    with tempfile.TemporaryDirectory() as scratch:
        copy = Path(scratch) / "index"
        shutil.copytree(index, copy)
        say("typing, quiet")
        rows = {"quiet": typed(copy, options.rounds).row()}
        for name, priority in INGESTS.items():
            with ingesting(copy, Path(scratch, name), priority):
                say(f"typing while {name}")
                rows[f"while {name}"] = typed(copy, options.rounds).row()
    columns = ("", "aim", *rows)
    names = list(rows["quiet"])
    table = Table(
        f"{options.passages:,} passages",
        columns,
        tuple(
            (
                name,
                f"{AIMS_MS[name]:g}" if name in AIMS_MS else "",
                *(f"{row[name]:.1f}" for row in rows.values()),
            )
            for name in names
        ),
    )
    publish("screen", context, rows, [table], REMARK)


def built(count: int) -> Path:
    """Return the folder of an index of so many passages, made now or before."""
    folder = WORK / f"screen-{count}"
    if (folder / "done").is_file():
        return folder / "index"
    shutil.rmtree(folder, ignore_errors=True)
    embedder = TransformerEmbedder(resolve(BUILTIN), place("cpu"))
    made_by = Fingerprint(BUILTIN, embedder.fingerprint, embedder.dimension, 264, 256, 1)
    with Index.create_or_open(folder / "index", made_by) as index:
        drawn = passages({"en": sentences()}, count, seed=2)
        for number, vectors in enumerate(imitated(real_vectors(embedder), count, seed=1)):
            say(f"{count:,}: batch {number}")
            for start in range(0, len(vectors), DOCUMENT):
                few = vectors[start : start + DOCUMENT]
                add(index, f"{number}-{start}", [next(drawn) for _ in few], few)
        index.publish()
    (folder / "done").touch()
    return folder / "index"


def sentences() -> list[str]:
    """Cut the sample documents, in all their languages, into sentences."""
    texts = (document.text for document in documents(ROOT / "samples" / "documents"))
    found = (sentence.strip() for text in texts for sentence in re.split(r"\n+|(?<=[.!?。])\s*", text))
    return [sentence for sentence in found if len(sentence) > 10]


@contextmanager
def ingesting(index: Path, folder: Path, priority: int) -> Iterator[None]:
    """Let another process add documents of drawn sentences, more than it gets through, until the end."""
    dice, known = Random(folder.name), sentences()
    folder.mkdir()
    for number in range(400):
        text = "\n\n".join(" ".join(dice.choices(known, k=12)) for _ in range(40))
        (folder / f"{number}.txt").write_text(text, encoding="utf-8")
    command = f"import os, sys; os.nice({priority}); from terminal.cli import main; sys.exit(main())"
    arguments = [sys.executable, "-c", command, "ingest", "--index", str(index), "--quiet", str(folder)]
    before = passages_in(index)
    running = subprocess.Popen(arguments, cwd=ROOT, start_new_session=True)
    try:
        while passages_in(index) == before:
            if running.poll() is not None:
                raise RuntimeError("the ingest has ended before anything was typed")
            time.sleep(0.2)
        yield
        if running.poll() is not None:
            raise RuntimeError("the ingest has ended while keys were typed; take fewer --rounds")
    finally:
        running.send_signal(signal.SIGINT)
        running.wait(120)


def passages_in(index: Path) -> int:
    """Count them."""
    with Index.open(index) as opened:
        return opened.summary().passages


def typed(index: Path, rounds: int) -> Waited:
    """Open the screen, type every question `rounds` times, and leave it."""
    dice, keys = Random(5), list[float]()
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", *SIZE, 0, 0))
    with tempfile.NamedTemporaryFile("r", encoding="utf-8") as told:
        environment = os.environ | {"TERM": "xterm-256color", "TEXTUAL_ANIMATIONS": "none"}
        arguments = [sys.executable, "-m", "benchmarks.screen_child", str(index), told.name]
        child = subprocess.Popen(
            arguments,
            cwd=ROOT,
            env=environment,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        )
        os.close(theirs)
        screen = Screen(ours)
        try:
            screen.wait_for("ready", 120)
            for question in QUESTIONS * rounds:
                keys += list(screen.type(question, dice))
            os.write(ours, b"\x11")
            screen.drain(2.0)
            child.wait(30)
        finally:
            child.kill()
            child.wait()
            os.close(ours)
        return Waited(keys, json.loads(told.read()))


class Screen:
    """The other end of the terminal."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def type(self, question: str, dice: Random) -> Iterator[float]:
        """Type a question in an empty line, and yield the milliseconds until each letter was seen."""
        os.write(self._descriptor, b"\x15")
        self.drain(0.5)
        for end in range(1, len(question) + 1):
            started = time.perf_counter()
            os.write(self._descriptor, question[end - 1].encode())
            # What is found is painted, too, but it holds no such beginning of the question.
            self.wait_for(question[:end].rstrip(), PATIENCE)
            yield (time.perf_counter() - started) * 1_000
            self.drain(dice.uniform(*BETWEEN_KEYS))
        self.drain(AFTER_A_QUESTION)

    def wait_for(self, text: str, seconds: float) -> None:
        """Read until `text` was written since this call.

        Raises:
            RuntimeError: it was not.
        """
        written, deadline = b"", time.monotonic() + seconds
        while time.monotonic() < deadline:
            written += self._read(0.05)
            if text in _ESCAPES.sub("", written.decode(errors="ignore")):
                return
        raise RuntimeError(f"the screen never showed {text!r}")

    def drain(self, seconds: float) -> None:
        """Read whatever comes."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            self._read(left)

    def _read(self, seconds: float) -> bytes:
        if not select.select([self._descriptor], [], [], seconds)[0]:
            return b""
        try:
            return os.read(self._descriptor, 65_536)
        except OSError:
            return b""


if __name__ == "__main__":
    main()
