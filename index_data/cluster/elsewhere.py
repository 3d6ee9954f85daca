"""Where an index is whose folder is only a handle to it."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self
from urllib.parse import SplitResult, urlsplit

from index_data.atomic_file import make_folder, write_atomically
from index_data.errors import IndexDamaged, UsageError

_FILE = "elsewhere.json"
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,254}")
"""What Milvus takes for the name of a collection."""
USUAL_PORT = 19530
_REMEDY = (
    "Write milvus://HOST:PORT/NAME, milvus+tls://HOST:PORT/NAME, or milvus:///FOLDER/FILE.db/NAME to try it."
)


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """The servers of an index; no password ever stands in it."""

    milvus: str
    """What `MilvusClient` takes: `http://host:port`, `https://host:port`, or the absolute path of a `.db`."""
    collection: str
    catalogue: str | None = None
    """`postgresql://user@host:port/database`, with the rows; None: they are in the folder."""

    @classmethod
    def parse(cls, address: str, catalogue: str | None = None) -> Self:
        """Read `milvus://host:19530/name` or `milvus:///folder/file.db/name`.

        Raises:
            UsageError: it is not one, or holds a password.
        """
        parts = _split(address)
        place, _, collection = parts.path.rpartition("/")
        if not _NAME.fullmatch(collection):
            raise UsageError(f"{collection!r} is no name of a collection", remedy=_REMEDY)
        _refuse_password(catalogue)
        if parts.scheme == "milvus" and not parts.netloc and place.endswith(".db"):
            return cls(place, collection, catalogue)
        if not parts.hostname or place:
            raise UsageError(f"{address!r} names no Milvus server", remedy=_REMEDY)
        scheme = "https" if parts.scheme == "milvus+tls" else "http"
        host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
        return cls(f"{scheme}://{host}:{parts.port or USUAL_PORT}", collection, catalogue)

    @classmethod
    def of(cls, folder: Path) -> Self | None:
        """Read what the handle in `folder` says; None where an index is in the folder itself, or nothing.

        Raises:
            IndexDamaged: it cannot be read.
        """
        try:
            said = json.loads((folder / _FILE).read_bytes())
            return cls(str(said["milvus"]), str(said["collection"]), said["catalogue"])
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (ValueError, KeyError, TypeError) as error:
            raise IndexDamaged(
                f"{folder / _FILE}, which says where the index is, cannot be read",
                remedy="Delete that file, and name the index by its address once more.",
            ) from error

    def keep(self, folder: Path) -> None:
        """Make `folder` a handle to this index.

        Raises:
            OSError: the disk does not take it.
        """
        make_folder(folder)
        write_atomically(folder / _FILE, json.dumps(asdict(self)).encode())


def is_address(index: str) -> bool:
    """Tell whether the user names a server and no folder."""
    return index.startswith(("milvus:", "milvus+tls:"))


def _split(address: str) -> SplitResult:
    try:
        parts = urlsplit(address)
        parts.port  # noqa: B018 - a port that is no number is told here
    except ValueError as error:
        raise UsageError(f"{address!r} is no address", remedy=_REMEDY) from error
    if parts.username or parts.password or parts.query or parts.fragment:
        raise UsageError(
            "an address of an index has a host and a name, and no password",
            remedy="Put the token into the environment variable DRAGOMAN_MILVUS_TOKEN.",
        )
    return parts


def _refuse_password(catalogue: str | None) -> None:
    """Keep passwords out of command lines and files.

    Raises:
        UsageError: there is one, or it is no address of PostgreSQL.
    """
    if catalogue is None:
        return
    if not catalogue.startswith(("postgresql://", "postgres://")):
        raise UsageError(
            f"{catalogue!r} is no catalogue", remedy="Write postgresql://USER@HOST:PORT/DATABASE."
        )
    if urlsplit(catalogue).password:
        raise UsageError(
            "a catalogue's address holds no password",
            remedy="Put it into ~/.pgpass, or into the environment variable PGPASSWORD.",
        )
