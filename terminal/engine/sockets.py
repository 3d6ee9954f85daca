"""Where resident processes listen: one folder of the user's own, and a name for each of them.

Imports next to nothing: a command that is handed over to a resident process has to find it at once.
"""

from __future__ import annotations

import os
import socket
import stat
import struct
import sys

ENGINE_SUFFIX = ".engine"
COMMANDS_SUFFIX = ".commands"

_PACKAGES = ("terminal", "search", "ingest", "encoder", "index_data")
_SHARED = "/tmp"
"""Where a folder for oneself can be made, if the system gave none."""
_LONGEST_FOLDER = 60
"""Bytes that leave room for a name within the hundred or so that a socket's address may have."""


def socket_folder(*, make: bool = False) -> str:
    """Name the folder of the sockets, which nobody else may enter; it may not be there, unless it is made.

    Raises:
        OSError: it cannot be made.
        PermissionError: it is somebody else's, or others may enter it.
    """
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    folder = os.path.join(runtime, "dragoman")
    if not os.path.isabs(runtime) or len(os.fsencode(folder)) > _LONGEST_FOLDER or not os.path.isdir(runtime):
        folder = f"{_SHARED}/dragoman-{os.getuid()}"
    if make:
        try:  # noqa: SIM105  # contextlib is not imported here
            os.mkdir(folder, 0o700)
        except FileExistsError:
            pass
    try:
        found = os.lstat(folder)
    except FileNotFoundError:
        return folder
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o077:
        raise PermissionError(f"{folder} can be entered by others")
    return folder


def program_stamp() -> str:
    """Tell this program from another version of it, and from one for another Python: 16 hexadecimal digits.

    Times and sizes of its files are compared, so that what runs is what is installed now.
    """
    from _blake2 import blake2b

    home = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    digest = blake2b(
        f"{sys.executable}\0{sys.version}\0{home}".encode(errors="surrogateescape"), digest_size=8
    )
    for package in _PACKAGES:
        for line in _sources(os.path.join(home, package)):
            digest.update(line.encode(errors="surrogateescape"))
    return digest.hexdigest()


def _sources(folder: str) -> list[str]:
    lines = []
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.endswith(".py"):
                found = entry.stat()
                lines.append(f"{entry.path}\0{found.st_mtime_ns}\0{found.st_size}\n")
            elif "." not in entry.name and entry.name != "__pycache__" and entry.is_dir():
                lines += _sources(entry.path)
    return sorted(lines)


def is_ours(connection: socket.socket) -> bool:
    """Whether a process of the same user with the same view and the same rights is at the other end.

    One that reads documents has given rights up, and is not to win them back by having another process act
    for it; one in a container means other files by the same names. Where the system does not tell, the folder
    of the sockets has kept other users out.
    """
    if not hasattr(socket, "SO_PEERCRED"):
        return True
    told = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    process, user, _ = struct.unpack("3i", told)
    try:
        return user == os.getuid() and _standing(str(process)) == _standing("self")
    except OSError:
        return False


def _standing(process: str) -> list[str]:
    """List what a process sees, and whether it has given up to gain privileges."""
    seen = [os.readlink(f"/proc/{process}/ns/{space}") for space in ("mnt", "net", "user")]
    with open(f"/proc/{process}/status", encoding="utf-8", errors="replace") as status:
        return seen + [line for line in status if line.startswith("NoNewPrivs:")]


def connected(address: str, seconds: float) -> socket.socket | None:
    """Connect to whoever of the same user listens there; None where nobody does."""
    connection = socket.socket(socket.AF_UNIX)
    try:
        connection.settimeout(seconds)
        connection.connect(address)
        if is_ours(connection):
            return connection
    except OSError:
        pass
    connection.close()
    return None
