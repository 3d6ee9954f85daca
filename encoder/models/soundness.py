"""Whether the files of an encoder are those that were published; nothing is loaded."""

from __future__ import annotations

from pathlib import Path

from encoder.checkpoint import resolve
from encoder.models.model_folder import RECORD, faults, read_record
from encoder.models.registry import known_models
from encoder.served.server_address import is_served
from index_data.errors import EncoderUnavailable
from index_data.observations import Observation, Verdict


def examine_encoder(model: str, models: Path) -> Observation:
    """Hold every file of `model`, a known name or a folder, against its record; `models` has fetched ones."""
    if is_served(model):
        return _observed(Verdict.OK, f"{model} is behind a server, which was not asked")
    try:
        folder = resolve(model, models).folder
        if not (folder / RECORD).is_file():
            what = f"{folder} has no {RECORD}, so nobody knows what its files should be"
            return _observed(Verdict.WARNING, what, "`dragoman models fetch --from FOLDER NAME` makes one.")
        record = read_record(folder)
    except EncoderUnavailable as error:
        return _observed(Verdict.FAULT, error.message, error.remedy)
    if wrong := list(faults(folder, record)):
        more = f", and {len(wrong) - 1} more" if len(wrong) > 1 else ""
        return _observed(
            Verdict.FAULT, f"{model} is not what was published: {wrong[0]}{more}", _remedy(model)
        )
    return _observed(Verdict.OK, f"{model}: all {len(record.files)} files have their SHA-256")


def _remedy(model: str) -> str:
    known = known_models().get(model)
    if known and known.carried:
        return "Install Dragoman again."
    return "Remove the folder, and fetch the model again with `dragoman models fetch`."


def _observed(verdict: Verdict, what: str, remedy: str = "") -> Observation:
    return Observation("encoder", verdict, what, remedy)
