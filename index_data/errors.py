"""Every error that a user can meet, each with its remedy.

DragomanError
├── UsageError            the question itself is off: a bad option, an unknown filter
│   └── NotThere          what it names by a number or a name does not exist
├── IndexProblem
│   ├── IndexMissing      there is no index in that folder
│   ├── IndexForeign      the folder holds something else, or a newer format
│   ├── IndexMismatch     the index was made by another encoder or another way of cutting
│   ├── IndexLocked       another process is writing
│   ├── IndexDamaged      what is stored fails its checks
│   └── MemberFailed      one of several indexes that are read as one cannot be read
├── EncoderUnavailable    the weights or the device asked for cannot be used
├── UnreadableFile        one file of a folder could not be read; the run goes on
│   └── ReaderDied        its reader crashed or took too long; it may be worth another try
└── OutputUnwritable      a result file could not be written
"""

from __future__ import annotations


class DragomanError(Exception):
    """An error that is told to the user in one line, with what to do about it in a second."""

    def __init__(self, message: str, *, remedy: str) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy


class UsageError(DragomanError):
    """The question itself is off."""


class NotThere(UsageError):
    """What was named by its number or its name does not exist."""


class IndexProblem(DragomanError):
    """The index cannot be used as asked."""


class IndexMissing(IndexProblem):
    """There is no index in that folder."""


class IndexForeign(IndexProblem):
    """The folder holds something that is not an index of ours, or one of a newer format."""


class IndexMismatch(IndexProblem):
    """The index was made by another encoder or another way of cutting passages."""


class IndexLocked(IndexProblem):
    """Another process is writing to the index."""


class IndexDamaged(IndexProblem):
    """What is stored fails its checks."""


class MemberFailed(IndexProblem):
    """One of several indexes that are read as one cannot be read."""

    def __init__(self, message: str, *, remedy: str, place: int = 0) -> None:
        super().__init__(message, remedy=remedy)
        self.place = place
        """Among them, from 0."""


class EncoderUnavailable(DragomanError):
    """The weights or the device asked for cannot be used."""


class UnreadableFile(DragomanError):
    """One file could not be read; it becomes a line of the report and the run goes on."""


class ReaderDied(UnreadableFile):
    """The reader of a file crashed or took too long; it may be worth another try."""


class OutputUnwritable(DragomanError):
    """A result file could not be written."""
