"""The files that settings stand in: the user's own, which is believed, and one of a project, which is not."""

from __future__ import annotations

import os
import stat
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from index_data.errors import UsageError
from terminal.folders import config_folder

VARIABLE = "DRAGOMAN_CONFIG"
"""Names the user's file, in place of the one in the folder of settings."""
MOST_BYTES = 64 * 1024
_IN_A_PROJECT = (".dragoman/config.toml", "dragoman.toml")
_MENDING = f"Correct it, or name another file in {VARIABLE}."


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a file of a project is not read."""

    reason: str


def user_file(environment: Mapping[str, str]) -> Path:
    """Name the user's own file, whether or not it is there."""
    named = environment.get(VARIABLE)
    return Path(named).expanduser().absolute() if named else config_folder() / "config.toml"


def read_user_file(file: Path) -> dict[str, object]:
    """Read the keys of a file that the user wrote.

    Raises:
        UsageError: it cannot be read, or is no TOML.
    """
    try:
        return _parsed(file.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise UsageError(f"cannot read the settings in {file}: {error}", remedy=_MENDING) from error


def project_file(here: Path) -> Path | None:
    """Find the nearest file of a project at or above `here`.

    The way up ends at the home folder, at the border of a file system, and at a folder of another owner.
    """
    for folder in _upwards(here):
        for name in _IN_A_PROJECT:
            if os.path.lexists(folder / name):
                return folder / name
    return None


def is_of_a_project(file: Path) -> bool:
    """Tell whether a file has the name, and the place, of one of a project."""
    return any(file.match(name) for name in _IN_A_PROJECT)


def read_project_file(file: Path) -> dict[str, object] | Refusal:
    """Read the keys of a file that anybody may have put there; it must not be able to stop a command."""
    if file.parent.name == ".dragoman" and file.parent.is_symlink():
        return Refusal("its folder is a link")
    # A pipe must not keep the command waiting, nor a link lead to a device whose opening does something.
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        descriptor = os.open(file, flags)
    except OSError as error:
        return Refusal("it is a link" if file.is_symlink() else str(error.strerror))
    refusal = _refusal(os.fstat(descriptor))
    if refusal is not None:
        os.close(descriptor)
        return refusal
    with os.fdopen(descriptor, "rb") as opened:
        try:
            return _parsed(opened.read(MOST_BYTES))
        except (OSError, ValueError, RecursionError) as error:
            return Refusal(f"it is no TOML: {str(error)[:200]}")


def _refusal(status: os.stat_result) -> Refusal | None:
    if not stat.S_ISREG(status.st_mode):
        return Refusal("it is no regular file")
    if status.st_uid != os.geteuid():
        return Refusal("it belongs to another user")
    if status.st_mode & stat.S_IWOTH:
        return Refusal("everybody may write to it")
    if status.st_size > MOST_BYTES:
        return Refusal(f"it is larger than {MOST_BYTES // 1024} KiB")
    return None


def _parsed(raw: bytes) -> dict[str, object]:
    # Editors elsewhere begin a file with a byte order mark.
    return tomllib.loads(raw.decode("utf-8-sig"))


def _upwards(here: Path) -> Iterator[Path]:
    """Give `here` and the folders above it, as far as a project may reach."""
    home = Path.home()
    with suppress(OSError):
        device = here.stat().st_dev
        for folder in (here, *here.parents):
            status = folder.stat()
            if status.st_dev != device or status.st_uid != os.geteuid():
                return
            yield folder
            if folder == home:
                return
