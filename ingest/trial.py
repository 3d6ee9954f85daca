"""Which of the means that confine readers hold on this machine: they are tried out, not believed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from index_data.observations import Observation, Verdict

_SECONDS = 30
_REMEDY = "Read only files that you trust, or use a newer kernel; in a container, allow {} in its profile."
_LAYERS = {
    "network": ("reach the network", "reaching the network", "namespaces (unshare)"),
    "files": ("write files", "writing files", "Landlock"),
    "programs": ("start programs", "starting programs", "Landlock"),
}


def try_confinement() -> dict[str, Any]:
    """Let a confined process try what it must not do, and return what it says of that.

    Raises:
        OSError: it cannot be started, or says nothing.
    """
    package = str(Path(__file__).parents[1])
    search_path = os.pathsep.join(filter(None, (package, os.environ.get("PYTHONPATH", ""))))
    with TemporaryDirectory() as scratch:
        command = [sys.executable, "-P", "-m", "ingest.readers.trial_child", scratch]
        try:
            ran = subprocess.run(
                command,
                env=os.environ | {"PYTHONPATH": search_path},
                capture_output=True,
                text=True,
                errors="replace",
                check=False,
                timeout=_SECONDS,
            )
        except subprocess.TimeoutExpired as error:
            raise OSError(f"the process that tries it took longer than {_SECONDS} s") from error
    try:
        said: dict[str, Any] = json.loads(ran.stdout)
    except ValueError as error:
        last = (ran.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise OSError(f"the process that tries it ended with {ran.returncode}: {last}") from error
    return said


def examine_confinement(said: Mapping[str, Any]) -> Iterator[Observation]:
    """Tell from what `try_confinement` returned which means hold, and why others do not."""
    if "memory" in said["done"] or any(said["limits"]):
        what = "readers are not held to their limits of memory and file size"
        remedy = "Do not read files that you do not trust; this system ignores setrlimit."
        yield Observation("limits", Verdict.FAULT, what, remedy)
    else:
        yield Observation(
            "limits", Verdict.OK, "readers have bounded memory and file sizes, and leave no core"
        )
    for layer, (deed, doing, means) in _LAYERS.items():
        if layer in said["done"]:
            reason = said["network" if layer == "network" else "files"] or "the kernel did not say why"
            what = f"nothing keeps readers from {doing}: {reason}"
            yield Observation(layer, Verdict.WARNING, what, _REMEDY.format(means))
        else:
            yield Observation(layer, Verdict.OK, f"readers cannot {deed}")
