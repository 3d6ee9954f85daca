"""Other ways to search the same folder, beside ours, in one run: from the install to what a kill leaves.

`python -m benchmarks.peers` reads sample documents and pages of the Debian Administrator's Handbook. Every
round asks every way once, so that whatever else the machine does hits all alike.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import time
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.peers.environments import PEERS, Installed, NotInstalled, installed
from benchmarks.peers.material import Sizes, prepare
from benchmarks.peers.processes import Failed, Processes
from benchmarks.peers.rounds import Measuring
from benchmarks.peers.tables import Measured, tables
from benchmarks.peers.ways import Way, ways
from benchmarks.report import ROOT, publish, say, surroundings

WORK = ROOT / "benchmarks" / "work" / "peers"
LANGUAGES = ("de-DE", "fr-FR", "ja-JP", "zh-CN")
UNTRIED = {
    "haiku.rag": "all releases of the last year need Python 3.12; the comparison runs on 3.11",
    "semtools": "its npm package fetches a program from GitHub, and the program its own encoder from the "
    "Hugging Face hub; the machine of this run reaches neither",
    "ck": "it is built from crates.io and fetches its encoders from the Hugging Face hub; the machine of "
    "this run reaches neither",
}
"""What was to be compared and cannot be here."""

REMARK = """\
All peers get the passages that Dragoman cut, since most of them read no files and cut nothing, and the
contextual half of its built-in encoder, which sentence-transformers loads; Dragoman reads the files itself.
Medians over the rounds; ratios are to the first row, within a round. Everything runs on one core with one
thread. `to write`: commands after the install, or lines of the script that stands in `benchmarks/peers` for
it. `first answer`: loading, a folder of some pages, and a cold query. `installed`: with PyTorch for the
CPU; `install`: with what pip had in its cache. `passages/s`: without loading, some pages anew in each
round; `all`: everything that is searched, once. `embedded`: passages that the encoder saw once more.
`stale`: passages that are still served though the file says something else or is gone. `cold`: from the
start of a process to its first answer. `warm`: later ones; Dragoman re-ranks and finds what to show, the
others return rows; `resident` is a command from the shell to its first byte. `Passages with vectors that
are given`: made-up vectors, without an encoder; what a passage takes is the difference between a large
store and a small one. The score of a document is that of its best passage. `samples`: each question crosses
to the language of one document. `handbook`: an English paragraph looks for its page in every language, and
in each language by itself; no page is English. `kept`: what was found of the passages after a kill at a
random moment, before anything was run; the last columns are sums over all kills, after a second run."""


def parse() -> argparse.Namespace:
    """Return the options."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.peers", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, metavar="N", help="medians are over them")
    parser.add_argument("--resume", action="store_true", help="keep what an earlier run has measured")
    parser.add_argument("--kills", type=int, default=5, metavar="N", help="rounds in which all are killed")
    parser.add_argument("--asked", type=int, default=20, metavar="N", help="questions of a round")
    parser.add_argument("--given", type=int, default=20_000, metavar="N", help="passages with given vectors")
    parser.add_argument("--repeated", type=int, default=5, metavar="N", help="pages that each round reads")
    parser.add_argument("--every", type=int, default=40, metavar="N", help="search only every Nth page")
    parser.add_argument("--questions", type=int, default=40, metavar="N", help="paragraphs that are asked")
    parser.add_argument("--languages", nargs="+", default=LANGUAGES, metavar="LANG", help="of the handbook")
    parser.add_argument(
        "--samples",
        nargs="*",
        default=["night-sky", "stories"],
        metavar="FOLDER",
        help="of samples/documents",
    )
    parser.add_argument("--peers", nargs="*", default=[peer.module for peer in PEERS], metavar="MODULE")
    return parser.parse_args()


def main() -> None:
    """Measure ours and each peer that can be installed, round after round."""
    options = parse()
    sizes = Sizes(
        options.every,
        options.questions,
        tuple(options.languages),
        tuple(options.samples),
        options.repeated,
        options.given,
    )
    run = WORK / "run"
    begin(run, asdict(sizes) | {"asked": options.asked}, resume=options.resume)
    left_out = dict(UNTRIED)
    there = _install(ways(options.peers), left_out)
    context = surroundings()
    # Everything that follows shares a core, whatever else it starts.
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    say("preparing files, passages and vectors")
    material = prepare(run / "material", sizes)
    measuring = Measuring(Processes(WORK), material, run, options.asked, options.given, options.kills)
    measured = _measure(measuring, there, left_out, options.rounds)
    passages = len(material.passages.read_text(encoding="utf-8").splitlines())
    report(measured, context | _facts(options, left_out, passages))


def begin(run: Path, sizes: dict[str, Any], *, resume: bool) -> None:
    """Make the folder of a run, or find one of the same sizes.

    Raises:
        SystemExit: the run that is to be resumed had other sizes.
    """
    sizes_file = run / "sizes.json"
    told = json.dumps(sizes, indent=1)
    if resume and sizes_file.exists():
        if sizes_file.read_text(encoding="utf-8") != told:
            raise SystemExit(f"{run} was begun with other sizes; leave out --resume")
        return
    shutil.rmtree(run, ignore_errors=True)
    run.mkdir(parents=True)
    sizes_file.write_text(told, encoding="utf-8")


def _install(wanted: list[Way], left_out: dict[str, str]) -> dict[Way, Installed]:
    """Make the environments; a peer that cannot be installed is left out with the reason."""
    there = {}
    for way in wanted:
        try:
            there[way] = installed(way.peer, WORK)
        except NotInstalled as error:
            say(f"{way.name} is left out: {error}")
            left_out[way.name] = str(error)[:200]
    return there


def _measure(
    measuring: Measuring, there: dict[Way, Installed], left_out: dict[str, str], rounds: int
) -> list[Measured]:
    """Measure each way once, then all of them round after round; what fails is told, and the rest goes on."""
    found = {}
    for way, what in there.items():
        folder = measuring.run / way.slug
        once = kept(folder / "once.json", way, partial(measuring.once, way))
        if "failed" in once:
            left_out[way.name] = once["failed"]
        else:
            found[way] = Measured(way, what, once, [])
    started = time.monotonic()
    for number in range(rounds):
        for way, one in found.items():
            file = measuring.run / way.slug / f"round-{number}.json"
            one.rounds.append(kept(file, way, partial(measuring.round, way, number)))
        passed = (time.monotonic() - started) / 60
        left = passed / (number + 1) * (rounds - number - 1)
        say(f"round {number + 1} of {rounds} is done after {passed:.0f} minutes; about {left:.0f} more")
    return list(found.values())


def kept(file: Path, way: Way, measure: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Measure, unless it was done before the run was resumed; what fails is not kept."""
    if file.exists():
        found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        return found
    say(f"{way.name}, {file.stem}")
    try:
        found = measure()
    except Failed as error:
        say(f"{way.name} failed: {error}")
        return {"failed": str(error)}
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(found), encoding="utf-8")
    return found


def _facts(options: argparse.Namespace, left_out: dict[str, str], passages: int) -> dict[str, Any]:
    return {
        "rounds": options.rounds,
        "peers": {peer.name: " ".join(peer.packages) for peer in PEERS},
        "left out": "; ".join(f"{name}: {reason}" for name, reason in left_out.items()),
        "samples": options.samples,
        "handbook": f"each {options.every}th page in {' '.join(options.languages)}",
        "passages": passages,
        "given": f"{options.given} passages with vectors",
    }


def report(measured: list[Measured], context: dict[str, Any]) -> None:
    """Write the result files; the JSON keeps every round."""
    results = {
        one.way.name: {"installed": asdict(one.installed) | {"packages": list(one.installed.packages)}}
        | {"once": one.once, "rounds": one.rounds}
        for one in measured
    }
    publish("peers", context, results, tables(measured), REMARK)


if __name__ == "__main__":
    main()
