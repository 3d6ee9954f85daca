"""Public repositories that hold parallel text: cloned shallow and sparse, only the files that are read."""

import logging
import os
import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

LOG = logging.getLogger("training.clones")
SECONDS = 900


class Repository(NamedTuple):
    """Where a repository lies, and which of its files are wanted."""

    url: str
    pattern: str
    """As in `.gitignore`."""


CLONES = {
    "edgeai-for-beginners": Repository("https://github.com/microsoft/edgeai-for-beginners", "*.md"),
    "AZD-for-beginners": Repository("https://github.com/microsoft/AZD-for-beginners", "*.md"),
    "omw-data": Repository("https://github.com/omwn/omw-data", "/wns/*/wn-data-*.tab"),
}


def git(*arguments: str | Path) -> None:
    """Run git without its ever asking for a password."""
    environment = os.environ | {"GIT_TERMINAL_PROMPT": "0"}
    subprocess.run(["git", *arguments], check=True, capture_output=True, timeout=SECONDS, env=environment)


def clone(name: str, repository: Repository, folder: Path) -> bool:
    """Make `folder/name` unless it is there, and return whether it is; a failure is logged in one line."""
    target, partial = folder / name, folder / f"{name}.partial"
    if target.is_dir():
        return True
    shutil.rmtree(partial, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    LOG.info("cloning %s", repository.url)
    try:
        git("clone", "--depth=1", "--filter=blob:none", "--no-checkout", repository.url, partial)
        git("-C", partial, "sparse-checkout", "set", "--no-cone", repository.pattern)
        git("-C", partial, "checkout")
    except (OSError, subprocess.SubprocessError) as error:
        said = (getattr(error, "stderr", None) or b"").decode("utf-8", "replace").splitlines()
        LOG.warning("going on without %s: %s", name, said[-1] if said else error)
        shutil.rmtree(partial, ignore_errors=True)
        return False
    partial.rename(target)
    return True


def fetch_clones(work: Path) -> dict[str, Path]:
    """Return name -> folder of every repository that could be had, in `work/clones`."""
    folder = work / "clones"
    return {name: folder / name for name, source in CLONES.items() if clone(name, source, folder)}
