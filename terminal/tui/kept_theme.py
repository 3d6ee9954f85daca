"""The theme chosen last, in a file."""

from __future__ import annotations

import json
from pathlib import Path

from index_data.atomic_file import make_folder, write_atomically
from index_data.errors import OutputUnwritable
from terminal.json_output import dump


def kept_theme(file: Path) -> str | None:
    """Read its name; None where none was kept."""
    try:
        name = json.loads(file.read_text(encoding="utf-8"))["theme"]
    except (OSError, ValueError, LookupError, TypeError):
        return None
    return name if isinstance(name, str) else None


def keep_theme(file: Path, name: str) -> None:
    """Write its name.

    Raises:
        OutputUnwritable: the file cannot be written.
    """
    try:
        make_folder(file.parent)
        write_atomically(file, f"{dump({'theme': name})}\n".encode())
    except OSError as error:
        raise OutputUnwritable(
            f"cannot write {file}: {error.strerror}", remedy="Make its folder yours; this run has the theme."
        ) from error
