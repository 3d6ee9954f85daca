"""The folder of a fetched model: the published files as they are, and a record of what they were.

The record is `dragoman.json`: repository, revision asked for, commit, date, and each file's size and SHA-256.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from encoder.models.registry import KnownModel
from index_data.atomic_file import write_atomically
from index_data.errors import EncoderUnavailable

RECORD = "dragoman.json"
PICKLED_WEIGHTS = "pytorch_model.bin"
"""Weights in a form that can hold code; see `encoder/models/conversion.py`."""

_NEEDED = re.compile(
    r"(config|modules|sentence_bert_config|config_sentence_transformers)\.json"
    r"|(tokenizer|tokenizer_config|special_tokens_map)\.json"
    r"|model\.safetensors(\.index\.json)?|model-\d{5}-of-\d{5}\.safetensors"
    r"|(sparse|colbert)_linear\.pt"
    r"|(?P<module>\d{1,2}_\w+)/(config\.json|model\.safetensors)",
    re.ASCII,
)
_WEIGHTS = re.compile(r"model(-\d{5}-of-\d{5})?\.safetensors")


@dataclass(frozen=True, slots=True)
class RecordedFile:
    """What a file was when it was fetched."""

    size: int
    sha256: str
    made_from: str = ""
    """SHA-256 of the published file that it was made from; empty: it is the published file itself."""


@dataclass(frozen=True, slots=True)
class FolderRecord:
    """Where the files of a folder come from, and what they were."""

    repository: str
    revision: str
    """As asked for: a commit, a branch or a tag; empty where the files were imported from a folder."""
    commit: str
    """Empty where the folder that they were imported from does not say."""
    fetched: str
    """Date and time, ISO 8601, UTC."""
    files: dict[str, RecordedFile]
    schema: str = "dragoman.model/1"


def needed_files(published: list[str], model: KnownModel) -> list[str]:
    """Choose the files that `model` runs from: never code, and of pickles only what safetensors replace.

    Raises:
        EncoderUnavailable: there are no weights, no configuration or no tokenizer among them.
    """
    chosen = [path for path in published if _is_needed(path, model)]
    if not any(_WEIGHTS.fullmatch(path) for path in chosen) and PICKLED_WEIGHTS in published:
        chosen.append(PICKLED_WEIGHTS)
    lacking = [part for part in ("config.json", "tokenizer.json") if part not in chosen]
    lacking += [] if any(map(_is_weights, chosen)) else ["model.safetensors"]
    if lacking:
        raise EncoderUnavailable(
            f"{', '.join(lacking)} is not among the files of {model.name}",
            remedy=f"Take another copy or revision; {model.revision or 'main'} is known to work.",
        )
    return sorted(chosen)


def read_record(folder: Path) -> FolderRecord:
    """Read what is known of the files in `folder`.

    Raises:
        EncoderUnavailable: there is no record, or not one of ours.
    """
    try:
        said = json.loads((folder / RECORD).read_text(encoding="utf-8"))
        files = {str(path): RecordedFile(**entry) for path, entry in said.pop("files").items()}
        return FolderRecord(files=files, **said)
    except FileNotFoundError as error:
        raise EncoderUnavailable(
            f"{folder} has no {RECORD}, so nobody knows what its files should be",
            remedy="`dragoman models fetch` makes folders that have one; --from imports this one.",
        ) from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise EncoderUnavailable(
            f"{folder / RECORD} cannot be read: {error}",
            remedy="Remove the folder and fetch the model again.",
        ) from error


def write_record(folder: Path, record: FolderRecord) -> None:
    """Write `record` beside the files that it describes."""
    text = json.dumps({"schema": record.schema} | asdict(record), indent=2, ensure_ascii=False) + "\n"
    write_atomically(folder / RECORD, text.encode(), mode=0o644)


def recorded_file(path: Path, *, made_from: str = "") -> RecordedFile:
    """Measure a file as it is now."""
    return RecordedFile(path.stat().st_size, digest(path), made_from)


def faults(folder: Path, record: FolderRecord) -> Iterator[str]:
    """Name each file that is not what it was when it was fetched, and how it differs."""
    for name, recorded in record.files.items():
        path = folder / name
        if not path.is_file():
            yield f"{name} is missing"
        elif path.stat().st_size != recorded.size:
            yield f"{name} has {path.stat().st_size:,} bytes, not {recorded.size:,}"
        elif digest(path) != recorded.sha256:
            yield f"{name} has other bytes than were fetched"


def digest(path: Path) -> str:
    """Compute a file's SHA-256, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _is_needed(path: str, model: KnownModel) -> bool:
    match = _NEEDED.fullmatch(path)
    if not match:
        return False
    module = match["module"]
    # A model may publish its dense layer in many sizes; only the known one is used.
    return not (module and model.heads and "_Dense" in module and module not in model.heads)


def _is_weights(path: str) -> bool:
    return path == PICKLED_WEIGHTS or _WEIGHTS.fullmatch(path) is not None
