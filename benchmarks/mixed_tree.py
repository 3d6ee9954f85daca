"""A real tree in many formats and languages: what reading it costs, whether all of it is there, and resuming.

`dragoman` runs as a process. Every regular file that another walk finds has to be accounted for.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import sqlite3
import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.accounting import Accounting, accounting
from benchmarks.documentation_tree import PACKAGES, fetch, linked, regular_files, sample
from benchmarks.dump_difference import Difference, difference
from benchmarks.report import Table, publish, say, surroundings
from benchmarks.witnessed_runs import Break, Run, embedded_again, ingest, status
from tests.faults import oracle

WORK = Path(__file__).parent / "work"
FILES = 3_000
INTERRUPTED = 130
MOST_APART = 1e-5
"""Between two vectors of one passage that was embedded in other company; their length is 1."""
ALTERATIONS = {
    "a title": "UPDATE documents SET title = x'21' WHERE path = (SELECT min(path) FROM documents)",
    "a vector": "UPDATE vectors SET vector = zeroblob(length(vector))"
    " WHERE passage_id = (SELECT min(passage_id) FROM vectors)",
}

REMARK = """\
The tree is a seeded sample of the files of Debian packages, with each format that is read and each
language that a file name tells. `ready`, `refused` and the reasons are what `dragoman status --files`
says. A file that another walk finds is `unaccounted` if it is neither there, nor hidden, nor of a kind of
which `dragoman ingest` says that so many were passed over. Memory is resident memory, looked at ten times
a second; what the processes share counts twice. Tokens are those that the encoder saw. `opened` are the
files that the process itself opened, which it does before a parse child gets them.

The interrupted run got SIGINT after a third of the windows, was resumed, killed after two thirds, and
resumed. Its index is compared with the undisturbed one row by row; vectors may differ in their last bits,
since the encoder saw their windows in other batches. `embedded again` are windows that an earlier of
these runs had embedded. The controls are the undisturbed index with one title altered, and with one
vector made zero."""


def interrupted(tree: Path, index: Path, scratch: Path, windows: int) -> list[Run]:
    """Ingest with two interruptions, at a third and at two thirds of so many windows."""
    say("a run that is interrupted at a third")
    first = ingest(tree, index, scratch, Break(signal.SIGINT, windows // 3))
    say("resumed, and killed at two thirds")
    left = max(2 * windows // 3 - len(first.windows), 1)
    second = ingest(tree, index, scratch, Break(signal.SIGKILL, left))
    say("resumed")
    return [first, second, ingest(tree, index, scratch)]


def controls(index: Path, scratch: Path) -> dict[str, Difference]:
    """Compare an index with copies of which one thing is altered."""
    undisturbed = oracle.dump(index)
    found = {}
    for name, alteration in ALTERATIONS.items():
        shutil.copytree(index, altered := scratch / "altered")
        with closing(sqlite3.connect(altered / "meta.sqlite3")) as rows, rows:
            rows.execute(alteration)
        found[name] = difference(undisturbed, oracle.dump(altered))
        shutil.rmtree(altered)
    return found


def wrong(
    account: Accounting, second: Run, resumed: Sequence[Run], same: Difference, altered: dict[str, Difference]
) -> list[str]:
    """Say in lines what is not as it has to be."""
    codes = [run.exit_code for run in resumed]
    blind = [name for name, seen in altered.items() if not seen.rows and seen.furthest <= MOST_APART]
    found = {
        f"unaccounted: {', '.join(account.unaccounted[:5])}": account.unaccounted,
        f"the second run opened {len(second.opened)} files": second.opened,
        f"the second run embedded {len(second.windows)} windows": second.windows,
        f"exit codes {codes}": codes != [INTERRUPTED, -signal.SIGKILL, 0],
        f"the interrupted index differs: {same}": same.rows or same.furthest > MOST_APART,
        f"the comparison does not see {', '.join(blind)}": blind,
    }
    return [line for line, is_wrong in found.items() if is_wrong]


def tables(
    first: Run, second: Run, account: Accounting, resumed: Sequence[Run], compared: dict[str, Difference]
) -> list[Table]:
    """Lay out cost, formats, languages, interruptions and comparisons."""
    formats = [
        (name, *(f"{count:,}" for count in one.counts), "; ".join(one.told_reasons()))
        for name, one in account.formats.items()
    ]
    runs = {"first": first, "second": second}
    runs |= dict(zip(("SIGINT at a third", "SIGKILL at two thirds", "resumed"), resumed, strict=True))
    return [
        Table("Runs", ("", *COST), tuple((name, *_cost(run, account.files)) for name, run in runs.items())),
        Table("Every file", ("", "files"), tuple(account.totals())),
        Table("Formats", ("", "files", "ready", "refused", "passages", "reasons"), tuple(formats)),
        Table(
            "Languages",
            ("", "passages"),
            tuple((name, f"{count:,}") for name, count in account.languages.items()),
        ),
        Table(
            "Compared with the undisturbed index",
            ("", "rows that differ", "vectors not equal in each bit", "furthest apart"),
            tuple(
                (name, f"{one.rows:,}", f"{one.vectors:,}", f"{one.furthest:.1e}")
                for name, one in compared.items()
            ),
        ),
    ]


COST = (
    "exit", "s", "files/s", "tokens/s", "windows", "tokens", "passages", "opened", "peak MiB", "child MiB",
)  # fmt: skip


def _cost(run: Run, files: int) -> tuple[str, ...]:
    speeds = (files / run.seconds, run.tokens / run.seconds) if not run.exit_code else (0.0, 0.0)
    return (
        str(run.exit_code),
        f"{run.seconds:.1f}",
        *(f"{speed:,.1f}" if speed else "" for speed in speeds),
        f"{len(run.windows):,}",
        f"{run.tokens:,}",
        f"{run.report['passages']:,}" if run.report else "",
        f"{len(run.opened):,}",
        f"{run.peak_mib:,.0f}",
        f"{run.peak_child_mib:,.0f}",
    )


def plain(run: Run) -> dict[str, Any]:
    """Make JSON of a run, with numbers for the files and windows, and without their names."""
    skipped = len(run.report.get("skipped", ()))
    names = ("exit_code", "seconds", "peak_mib", "peak_child_mib", "tokens")
    counts = {
        "opened": len(run.opened),
        "windows": len(run.windows),
        "windows_of_a_kind": len({*run.windows}),
    }
    return (
        {name: getattr(run, name) for name in names} | counts | {"report": run.report | {"skipped": skipped}}
    )


def main() -> None:
    """Measure all of it; exit with 1 if something is not as it has to be."""
    options = _options()
    # As the program itself sets it before torch loads.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    context = surroundings() | {"files": options.files, "seed": options.seed, "packages": len(PACKAGES)}
    whole = fetch(WORK)
    chosen = sample(regular_files(whole), options.files, options.seed)
    tree = linked(chosen, whole, whole.parent / "sample")
    with TemporaryDirectory() as folder:
        scratch = Path(folder)
        say(f"{len(chosen):,} files: the first ingest")
        first = ingest(tree, scratch / "index", scratch)
        say("the second run")
        second = ingest(tree, scratch / "index", scratch)
        account = accounting(tree, status(scratch / "index"), first.report)
        resumed = interrupted(tree, scratch / "resumed", scratch, len(first.windows))
        say("comparing")
        same = difference(oracle.dump(scratch / "index"), oracle.dump(scratch / "resumed"))
        altered = controls(scratch / "index", scratch)
    compared = {"interrupted and resumed": same} | {
        f"control: {name} altered": one for name, one in altered.items()
    }
    faults = wrong(account, second, resumed, same, altered)
    again = embedded_again(resumed)
    results = {
        "first": plain(first),
        "second": plain(second),
        "interrupted": [plain(run) for run in resumed],
        "windows_embedded_again": again,
        "accounting": account.plain(),
        "differences": {name: one.plain() for name, one in compared.items()},
        "wrong": faults,
    }
    verdict = f"{again:,} windows were embedded again. Wrong: {'; '.join(faults) or 'nothing'}."
    publish(
        options.name,
        context,
        results,
        tables(first, second, account, resumed, compared),
        f"{verdict}\n\n{REMARK}",
    )
    sys.exit(bool(faults))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.mixed_tree", description=__doc__)
    parser.add_argument("--files", type=int, default=FILES, metavar="N", help="of the tree, of every kind")
    parser.add_argument("--seed", type=int, default=20_261_124, metavar="N", help="of the sample")
    parser.add_argument("--name", default="mixed_tree", help="of the result files")
    return parser.parse_args()


if __name__ == "__main__":
    main()
