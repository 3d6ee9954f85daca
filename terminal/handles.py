"""Indexes elsewhere: the folders that stand for them here, and which of them may be connected to."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from index_data.cluster.permission import ask_first
from index_data.errors import IndexMismatch, UsageError
from index_data.paths import IndexPaths
from terminal.collections import named_collections
from terminal.folders import handles_folder
from terminal.named_servers import refuse_unnamed_index, remember_server
from terminal.setting_origins import Origin, Source

if TYPE_CHECKING:
    from index_data.cluster.elsewhere import Elsewhere


def handle_folder(address: str) -> Path:
    """Name the folder that stands for the index at an address.

    Raises:
        UsageError: it is no address.
    """
    from index_data.cluster.elsewhere import Elsewhere

    place = Elsewhere.parse(address)
    if place.is_file:
        where = f"file_{blake2b(place.milvus.encode(), digest_size=6).hexdigest()}"
    else:
        server = urlsplit(place.milvus)
        where = f"{server.hostname}_{server.port}".replace(":", ".")
    return handles_folder() / f"{where}_{place.collection}"


def placed(values: dict[str, object], given: Mapping[str, tuple[object, Origin]]) -> dict[str, object]:
    """Let a collection, or an address, stand for its folder, and a folder for no collection.

    Raises:
        UsageError: one source names both a folder and a collection, or one address for several of these.
    """
    address = values["index"] if isinstance(values.get("index"), str) else None
    if "index" in values and "collection" in values and address is None:
        source = given["collection"][1]
        raise UsageError(
            "both a folder and a collection say where the index is"
            + (f", in {source.name}" if source.source is Source.USER else ""),
            remedy="Name one of them: --index FOLDER or --collection NAME.",
        )
    if "collection" in values:
        first, *others = named_collections(str(values["collection"]))
        if address and others:
            raise UsageError(
                "one address stands for one collection, not for several",
                remedy=f"Name one: --collection {first.name} --index {address}",
            )
        return values | {"index": first.folder, "address": address}
    if "index" not in values:
        return values
    folder = handle_folder(str(address)) if address else values["index"]
    return values | {"index": folder, "address": address, "collection": None}


def settle(folder: Path, named: Elsewhere | None, *, offline: bool, catalogue: str | None = None) -> None:
    """Let `folder` stand for the index that the user has `named`, and only such be connected to from now on.

    `catalogue` is one that a flag names, which has to be that of the index.

    Raises:
        UsageError: there is an index in the folder, or a catalogue for an index that has none.
        IndexMismatch: it stands for another index, or for one with its rows elsewhere.
    """
    ask_first(partial(_refuse, named, offline=offline))
    from index_data.cluster.elsewhere import Elsewhere

    held = Elsewhere.of(folder)
    if named is None:
        if catalogue is not None and (held is None or held.catalogue != catalogue):
            raise UsageError(
                "a catalogue goes with an index in Milvus",
                remedy="Name that too: --index milvus://HOST:PORT/NAME.",
            )
        return
    remember_server(named.address, *filter(None, [named.catalogue]))
    rows_are_here = IndexPaths(folder).database.exists()
    if held is None and rows_are_here:
        raise UsageError(
            f"there is an index in {folder} already",
            remedy=f"`dragoman migrate` takes it to {named.address}.",
        )
    if held is not None and (rows_are_here or held.catalogue is not None):
        _refuse_another(folder, held, named)
    elif held != named:
        # Nothing has come of what it stood for before.
        with IndexPaths(folder).touched():
            named.keep(folder)


def _refuse_another(folder: Path, held: Elsewhere, named: Elsewhere) -> None:
    """Let only what is `held` pass, of which the catalogue need not be named.

    Raises:
        IndexMismatch: it is another one.
    """
    if held.address != named.address:
        raise IndexMismatch(
            f"{folder} stands for the index at {held.address}, not at {named.address}",
            remedy="Leave out --index, or name another --collection.",
        )
    if named.catalogue not in {None, held.catalogue}:
        rows = held.catalogue or f"{folder}"
        raise IndexMismatch(
            f"the rows of {held.address} are in {rows}, not in {named.catalogue}",
            remedy=f"Leave out --catalogue; `dragoman migrate` moves an index, and {folder} may be deleted "
            "if it never stood for one.",
        )


def _refuse(named: Elsewhere | None, elsewhere: Elsewhere, *, offline: bool) -> None:
    """Let only pass what the user has named, now or before, and on this machine if it is to be `offline`.

    Raises:
        IndexForeign: it was never named.
        UsageError: it is on another machine.
    """
    if elsewhere != named:
        refuse_unnamed_index(elsewhere.address, elsewhere.catalogue)
    if offline and (distant := elsewhere.distant()):
        raise UsageError(
            f"the index at {elsewhere.address} is on another machine, {', '.join(distant)}",
            remedy="Leave out --offline, or use another --index.",
        )
