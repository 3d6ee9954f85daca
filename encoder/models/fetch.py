"""Bring a known model onto this machine: from the Hugging Face hub, or from a folder where it lies already.

Files arrive in `<name>.partial` and are checked there; the folder gets its name when all are whole. What had
arrived when a transfer broke off stays and is not sent again.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from encoder.models.hub import PublishedFile, download, listing
from encoder.models.model_folder import (
    PICKLED_WEIGHTS,
    FolderRecord,
    needed_files,
    read_record,
    recorded_file,
    write_record,
)
from encoder.models.registry import KnownModel
from index_data.errors import EncoderUnavailable, IndexLocked
from index_data.lock import WriterLock

_COMMIT = re.compile("[0-9a-f]{40}")


@dataclass(frozen=True, slots=True)
class Arrival:
    """How far a transfer has come."""

    file: str
    arrived: int
    """Bytes of all files."""
    expected: int
    """Bytes of all files."""


Watch = Callable[[Arrival], None]


def fetch(model: KnownModel, models: Path, watch: Watch, *, revision: str = "") -> FolderRecord:
    """Fetch `model` into the folder `models` at `revision`, or else at the one that is known to work.

    Raises:
        EncoderUnavailable: the hub cannot be reached, refuses, or sends something else than it lists.
    """
    asked = revision or model.revision or "main"
    folder = models / model.name
    present = read_record(folder) if folder.exists() else None
    if present and present.commit == asked:
        return present
    with _alone(model, models):
        commit, published = listing(model, asked)
        if _COMMIT.fullmatch(asked) and commit != asked:
            raise EncoderUnavailable(
                f"the hub gives the commit {commit} of {model.name} where {asked} was asked for",
                remedy="Something on the way changes its answers; fetch over another network.",
            )
        if present and present.commit == commit:
            return present
        unfinished = models / f"{model.name}.partial"
        _receive(model, commit, published, unfinished, watch)
        return _finish(model, unfinished, [file.path for file in published], asked, commit)


def adopt(model: KnownModel, source: Path, models: Path, watch: Watch) -> FolderRecord:
    """Copy `model` into the folder `models` from `source`, a plain folder or a repository of the hub's cache.

    Raises:
        EncoderUnavailable: `source` lacks a file that is needed.
    """
    folder = _snapshot(source)
    found = [path.relative_to(folder).as_posix() for path in (*folder.glob("*"), *folder.glob("*/*"))]
    needed = needed_files(found, model)
    sizes = [(folder / path).stat().st_size for path in needed]
    with _alone(model, models):
        unfinished = models / f"{model.name}.partial"
        for number, path in enumerate(needed, start=1):
            (unfinished / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(folder / path, unfinished / path)
            watch(Arrival(path, sum(sizes[:number]), sum(sizes)))
        commit = folder.name if _COMMIT.fullmatch(folder.name) else ""
        return _finish(model, unfinished, needed, "", commit)


@contextmanager
def _alone(model: KnownModel, models: Path) -> Iterator[None]:
    """Keep other processes from fetching the same model meanwhile.

    Raises:
        EncoderUnavailable: one does.
    """
    models.mkdir(parents=True, exist_ok=True)
    try:
        lock = WriterLock(models / f".{model.name}.lock")
    except IndexLocked as error:
        raise EncoderUnavailable(
            f"another process is fetching {model.name}", remedy="Wait until it has finished, or stop it."
        ) from error
    try:
        yield
    finally:
        lock.release()


def _receive(
    model: KnownModel, commit: str, published: Sequence[PublishedFile], folder: Path, watch: Watch
) -> None:
    """Bring all files that are not yet whole into `folder`."""
    expected = sum(file.size for file in published)
    arrived = 0

    def told(file: PublishedFile, before: int, size: int) -> None:
        watch(Arrival(file.path, before + size, expected))

    for file in published:
        target = folder / file.path
        target.parent.mkdir(parents=True, exist_ok=True)
        if not file.is_whole(target):
            # Named after its content: bytes of another revision are never gone on with.
            arriving = target.with_name(f"{target.name}.{file.digest[:12]}.arriving")
            download(model, commit, file, arriving, partial(told, file, arrived))
            arriving.replace(target)
        arrived += file.size
        told(file, arrived, 0)


def _finish(
    model: KnownModel, unfinished: Path, paths: Sequence[str], revision: str, commit: str
) -> FolderRecord:
    """Turn pickled weights into safetensors, record all files, and give the folder its name."""
    files = {path: recorded_file(unfinished / path) for path in paths}
    if pickled := files.pop(PICKLED_WEIGHTS, None):
        # PyTorch takes seconds to load, and most models do without.
        from encoder.models.conversion import convert

        weights = unfinished / "model.safetensors"
        convert(unfinished / PICKLED_WEIGHTS, weights)
        files[weights.name] = recorded_file(weights, made_from=pickled.sha256)
    for file in unfinished.rglob("*"):
        if file.is_file() and file.relative_to(unfinished).as_posix() not in files:
            file.unlink()
    now = datetime.now(UTC).isoformat(timespec="seconds")
    record = FolderRecord(model.repository, revision, commit, now, files)
    write_record(unfinished, record)
    folder = unfinished.with_name(model.name)
    shutil.rmtree(folder, ignore_errors=True)
    unfinished.rename(folder)
    return record


def _snapshot(source: Path) -> Path:
    """Find the files themselves: a repository of the hub's cache keeps them under `snapshots`."""
    main = source / "refs" / "main"
    if main.is_file():
        return source / "snapshots" / main.read_text(encoding="utf-8").strip()
    snapshots = sorted((source / "snapshots").glob("*"))
    return snapshots[-1] if snapshots else source
