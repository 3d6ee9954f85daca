"""Names, and what stands under them that is no file."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from pathlib import Path
from random import Random

from tests.bad_inputs.bad_input import BadInput, PassedOver, Put, Read, Refused, holding, text

LINK = PassedOver("links are not followed")
NO_FILE = PassedOver("no regular file")
HIDDEN = PassedOver("its name begins with a dot")


def _linked(target: Callable[[Path], str | Path]) -> Put:
    """Make a link, and where it leads if that is nowhere yet."""
    return lambda path, _word, _chance: path.symlink_to(target(path))


def _outside(path: Path, word: str, _chance: Random) -> None:
    """Make a link that leads out of the folder."""
    secret = path.parents[1] / "secret.txt"
    secret.write_text(f"{word} is nobody's business", encoding="utf-8")
    path.symlink_to(secret)


def _fifo(path: Path, _word: str, _chance: Random) -> None:
    os.mkfifo(path)


def _socket(path: Path, _word: str, _chance: Random) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(os.path.relpath(path))


def _twins(path: Path, word: str, _chance: Random) -> None:
    """Make a file with a second name."""
    path.mkdir()
    (path / "one.txt").write_text(f"{word} under two names", encoding="utf-8")
    os.link(path / "one.txt", path / "two.txt")


def _deep(path: Path, word: str, _chance: Random) -> None:
    inner = path.joinpath(*["d"] * 300)
    inner.mkdir(parents=True)
    (inner / "deep.txt").write_text(word, encoding="utf-8")


def _too_deep(path: Path, _word: str, _chance: Random) -> None:
    """Make folders whose path is longer than the system takes in one piece."""
    path.mkdir()
    here = os.open(path, os.O_RDONLY)
    for _ in range(30):
        os.mkdir("d" * 200, dir_fd=here)
        inner = os.open("d" * 200, os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = inner
    os.close(here)


def _many(path: Path, word: str, _chance: Random) -> None:
    path.mkdir()
    for number in range(500):
        (path / f"{number}.xyz").touch()
    (path / "one.txt").write_text(word, encoding="utf-8")


ODD = "names with line ends, escapes, quotes, dashes; of 255 bytes"
ALIKE = "names that differ in composition, or in case, alone"
NAMES = (
    BadInput(14, "line\nend.txt", ODD, text("{}"), Read()),
    BadInput(14, "escape\x1b]0;title\x07.txt", ODD, text("{}"), Read()),
    BadInput(14, "quotes'\"`$(reboot).txt", ODD, text("{}"), Read()),
    BadInput(14, "--help.txt", ODD, text("{}"), Read()),
    BadInput(14, "[@click=app.quit]red.txt", ODD, text("{}"), Read()),
    BadInput(14, "turned\u202etxt.exe.txt", ODD, text("{}"), Read()),
    BadInput(14, "x" * 251 + ".txt", ODD, text("{}"), Read()),
    BadInput(15, "caf\udce9.txt", "a name that is not UTF-8", text("{}"), Read()),
    BadInput(16, "caf\u00e9.txt", ALIKE, text("{}"), Read()),
    BadInput(16, "cafe\u0301.txt", ALIKE, text("{}"), Read()),
    BadInput(16, "CAF\u00c9.txt", ALIKE, text("{}"), Read()),
)
PLACES = (
    BadInput(17, "deep", "folders 300 deep", _deep, Read()),
    BadInput(
        17, "too deep", "folders deeper than a path may be long", _too_deep, Refused("File name too long")
    ),
    BadInput(18, "fifo.txt", "a FIFO, on which a reader would wait for ever", _fifo, NO_FILE),
    BadInput(19, "socket.txt", "a socket", _socket, NO_FILE),
    BadInput(19, "zeros.txt", "a link to a device", _linked(lambda _: "/dev/zero"), LINK),
    BadInput(20, "loop.txt", "a link to itself", _linked(lambda path: path.name), LINK),
    BadInput(20, "above", "a link to the folder above", _linked(lambda path: path.parent), LINK),
    BadInput(20, "outside.txt", "a link that leads out of the folder", _outside, LINK),
    BadInput(21, "dangling.txt", "a link to nothing", _linked(lambda _: "nothing"), LINK),
    BadInput(22, "twins", "a file with two names", _twins, Read()),
    BadInput(27, "many", "500 files of other kinds beside one", _many, Read()),
    BadInput(
        62,
        "old.doc",
        "another kind of file",
        holding(b"\xd0\xcf\x11\xe0"),
        PassedOver("not a kind of file that is read"),
    ),
    BadInput(62, ".hidden.txt", "a hidden file", text("{}"), HIDDEN),
)
