"""Which file system a folder is on; only Linux can tell."""

from __future__ import annotations

import logging
import re
from pathlib import Path

from index_data.errors import IndexProblem

MOUNTS = Path("/proc/self/mountinfo")
"""What Linux says of itself."""
_NETWORK = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ncpfs"})
_OCTAL = re.compile(r"\\([0-7]{3})")

_log = logging.getLogger(__name__)


def file_system(folder: Path, mounts: Path | None = None) -> str:
    """Name the type of file system that `folder` is on, or will be made on; empty if nobody can tell."""
    try:
        lines = (mounts or MOUNTS).read_bytes().decode("utf-8", "surrogateescape").split("\n")
    except OSError:
        return ""
    place = folder.resolve()
    kind, longest = "", -1
    for line in filter(None, lines):
        # Optional fields, of any number, end with a lone hyphen; the type comes next.
        mount, _, source = line.partition(" - ")
        point = Path(_OCTAL.sub(lambda code: chr(int(code[1], 8)), mount.split(" ")[4]))
        # A later mount hides an earlier one at the same place.
        if len(point.parts) >= longest and place.is_relative_to(point):
            kind, longest = source.split(" ")[0], len(point.parts)
    return kind


def is_on_network(folder: Path, mounts: Path | None = None) -> bool:
    """Tell whether other machines may see `folder`, where neither the log nor the lock can be relied on.

    A file system in user space may be anything, which is only logged.
    """
    kind = file_system(folder, mounts)
    if kind.startswith("fuse"):
        _log.warning("%r is on %s; if that is a network, an index does not belong there", str(folder), kind)
    return kind in _NETWORK


def refuse_network(folder: Path, mounts: Path | None = None) -> None:
    """Let only folders pass that an index can be written to.

    Raises:
        IndexProblem: it is on another machine.
    """
    if is_on_network(folder, mounts):
        raise IndexProblem(
            f"{folder} is on a network file system ({file_system(folder, mounts)}), "
            "where a crash or a second machine could damage an index",
            remedy="Choose a folder on a local disk with --index, or give --any-file-system to `dragoman "
            "ingest` if only one process at a time will ever use it.",
        )
