"""Where each file of an index lives."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from index_data.atomic_file import make_folder
from index_data.errors import IndexMissing, IndexProblem

DISK_REMEDY = (
    "See that the index folder can be read and written and that the disk has room, then try again; "
    "what was stored before is safe."
)


@dataclass(frozen=True, slots=True)
class IndexPaths:
    """The files of one index; `docs/index-format.md` says what each holds."""

    folder: Path

    @property
    def database(self) -> Path:
        """The truth: documents, passages, vectors, words."""
        return self.folder / "meta.sqlite3"

    @property
    def handle(self) -> Path:
        """Says where the index is, if the folder only stands for one elsewhere."""
        return self.folder / "elsewhere.json"

    def hold_an_index(self) -> bool:
        """Tell whether there is an index, in the folder or elsewhere."""
        return self.database.is_file() or self.handle.is_file()

    @property
    def lock(self) -> Path:
        """Locked by the one writer; what stands in it is for people."""
        return self.folder / "LOCK"

    @property
    def segments(self) -> Path:
        """FAISS files, each written once; a cache."""
        return self.folder / "segments"

    @property
    def scratch(self) -> Path:
        """Files that are not whole yet."""
        return self.folder / "tmp"

    @property
    def quarantine(self) -> Path:
        """Segments and databases that failed their checks."""
        return self.folder / "quarantine"

    def missing(self) -> IndexMissing:
        """Tell that there is no index."""
        return IndexMissing(f"there is no index in {self.folder}", remedy="Run `dragoman ingest PATH` first.")

    def make(self) -> None:
        """Create the folders that are missing, for the owner's eyes only; they survive a power cut."""
        for folder in (self.folder, self.segments, self.scratch, self.quarantine):
            make_folder(folder)

    @contextmanager
    def touched(self) -> Iterator[None]:
        """Run a block that works on these files, and turn what the disk says into what a user can act on.

        Raises:
            IndexProblem: the block met an OSError.
        """
        try:
            yield
        except OSError as error:
            raise IndexProblem(
                f"the index in {self.folder} cannot be used: {error}", remedy=DISK_REMEDY
            ) from error
