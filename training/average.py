"""The average: two distillations of the same body, weight by weight (model soups, arXiv 2203.05482).

Both are drawn to the same vectors from one body, so their mean is in the same space; decision 19 measures it.
"""

import logging
import shutil
from pathlib import Path

from safetensors.torch import load_file, save_file

from index_data.errors import UsageError

LOG = logging.getLogger("training.average")


def average(work: Path, beside: Path | None) -> None:
    """Write the mean of this distillation and that of the work folder `beside`; without one, take it away.

    The log of losses of the other one is kept beside it, for the card.

    Raises:
        UsageError: one of the two is missing, or they are not of one shape.
    """
    folder = work / "average"
    shutil.rmtree(folder, ignore_errors=True)
    if beside is None:
        return
    paths = [place / "distil" / "model.safetensors" for place in (work, beside)]
    if missing := [path for path in paths if not path.exists()]:
        raise UsageError(f"{missing[0]} is missing", remedy="Run `python -m training distil` there first.")
    one, other = map(load_file, paths)
    if {name: value.shape for name, value in one.items()} != {
        name: value.shape for name, value in other.items()
    }:
        raise UsageError(f"{paths[1]} is of another shape", remedy="Name a folder with the same vocabulary.")
    folder.mkdir()
    save_file({name: (value + other[name]) / 2 for name, value in one.items()}, folder / "model.safetensors")
    shutil.copyfile(beside / "distil" / "losses.jsonl", folder / "losses.jsonl")
    LOG.info("%s written from %s and %s", folder / "model.safetensors", *paths)
