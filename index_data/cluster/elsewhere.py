"""Where an index is whose folder is only a handle to it."""

from __future__ import annotations

import ipaddress
import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self
from urllib.parse import SplitResult, parse_qs, urlsplit

from index_data.atomic_file import make_folder, write_atomically
from index_data.errors import IndexDamaged, UsageError
from index_data.paths import IndexPaths

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
        refuse_odd_catalogue(catalogue)
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
        handle = IndexPaths(folder).handle
        try:
            said = json.loads(handle.read_bytes())
            return cls.parse(str(said["address"]), said["catalogue"])
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (ValueError, KeyError, TypeError, AttributeError, UsageError) as error:
            raise IndexDamaged(
                f"{handle}, which says where the index is, cannot be read",
                remedy="Delete that file, and name the index by its address once more.",
            ) from error

    def keep(self, folder: Path) -> None:
        """Make `folder` a handle to this index.

        Raises:
            OSError: the disk does not take it.
        """
        make_folder(folder)
        said = {"address": self.address, "catalogue": self.catalogue}
        write_atomically(IndexPaths(folder).handle, json.dumps(said).encode())

    @property
    def address(self) -> str:
        """Write what `parse` reads."""
        scheme, separator, rest = self.milvus.partition("://")
        if not separator:
            return f"milvus://{self.milvus}/{self.collection}"
        return f"milvus{'+tls' if scheme == 'https' else ''}://{rest}/{self.collection}"

    @property
    def is_file(self) -> bool:
        """Tell whether the vectors are in a file of milvus-lite, and not behind a server."""
        return "://" not in self.milvus

    def distant(self) -> list[str]:
        """Name the servers of it that are on another machine, or may be."""
        return [one for one in self._hosts() if not _is_here(one)]

    def _hosts(self) -> Iterator[str]:
        if not self.is_file:
            yield urlsplit(self.milvus).hostname or ""
        if self.catalogue is not None:
            parts = urlsplit(self.catalogue)
            asked = parse_qs(parts.query)
            named = [name for key in ("host", "hostaddr", "service") for name in asked.get(key, [])]
            # Several may stand there, with commas between them.
            for names in (parts.netloc.rpartition("@")[2], *named):
                yield from (_without_port(name) for name in names.split(",") if name)
            if not parts.netloc.rpartition("@")[2] and not named:
                yield os.environ.get("PGHOST", "/")


def is_address(index: str) -> bool:
    """Tell whether the user names a server and no folder."""
    return index.startswith(("milvus:", "milvus+tls:"))


def _without_port(name: str) -> str:
    return name[1:].partition("]")[0] if name.startswith("[") else name.partition(":")[0]


def _is_here(host: str) -> bool:
    # A host that is a path is a socket in the file system.
    if host.startswith(("/", "%2F")) or host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


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


def refuse_odd_catalogue(catalogue: str | None) -> None:
    """Keep passwords, and what is no address of PostgreSQL, out of command lines and files.

    Raises:
        UsageError: it is one of these.
    """
    if catalogue is None:
        return
    if not catalogue.startswith(("postgresql://", "postgres://")):
        raise UsageError(
            f"{catalogue!r} is no catalogue", remedy="Write postgresql://USER@HOST:PORT/DATABASE."
        )
    parts = urlsplit(catalogue)
    if parts.password or "password" in parse_qs(parts.query):
        raise UsageError(
            "a catalogue's address holds no password",
            remedy="Put it into ~/.pgpass, or into the environment variable PGPASSWORD.",
        )
