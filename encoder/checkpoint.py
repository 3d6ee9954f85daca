"""Find an encoder's folder and say what is in it; nothing is loaded here.

A checkpoint is a Hugging Face folder as sentence-transformers writes it: `config.json`, `tokenizer.json`,
`model.safetensors`, and the prompts of `config_sentence_transformers.json`. No code of a checkpoint is ever
run.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from index_data.errors import EncoderUnavailable

BUILTIN = "builtin"
"""The encoder that is carried inside the package."""

SUPPORTED_MODEL_TYPES = ("bert",)

_PARTS = ("config.json", "tokenizer.json", "model.safetensors")
_REMEDY = f"Use --model {BUILTIN}, or the path of a folder that holds {', '.join(_PARTS)}."


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """One encoder on disk."""

    model: str
    """What the user calls it: `builtin`, or the absolute path of its folder."""
    folder: Path
    config: dict[str, Any]
    """The parsed `config.json`."""
    query_prompt: str
    """Put before a query, as it is."""
    passage_prompt: str
    """Put before a window of passages, as it is."""

    def digest(self) -> str:
        """SHA-256 over every byte that shapes a vector: weights, tokenizer, configuration and prompts."""
        digest = hashlib.sha256()
        for part in _PARTS:
            with (self.folder / part).open("rb") as file:
                digest.update(hashlib.file_digest(file, "sha256").digest())
        digest.update(json.dumps([self.query_prompt, self.passage_prompt]).encode())
        return digest.hexdigest()


def resolve(model: str) -> Checkpoint:
    """Find the checkpoint that `model` names: `builtin`, or the path of a folder.

    Raises:
        EncoderUnavailable: there is no such folder, a part is missing, or its kind is not supported.
    """
    folder = Path(__file__).parent / "builtin" if model == BUILTIN else Path(model).expanduser().resolve()
    if not folder.is_dir():
        raise EncoderUnavailable(f"there is no encoder called {model}", remedy=_REMEDY)
    missing = [part for part in _PARTS if not (folder / part).is_file()]
    if missing:
        raise EncoderUnavailable(f"the encoder in {folder} lacks {', '.join(missing)}", remedy=_REMEDY)
    config = _read_json(folder / "config.json")
    if config.get("model_type") not in SUPPORTED_MODEL_TYPES:
        raise EncoderUnavailable(
            f"the encoder in {folder} is of the kind {config.get('model_type')!r}, which cannot be run yet",
            remedy=f"Supported kinds: {', '.join(SUPPORTED_MODEL_TYPES)}. {_REMEDY}",
        )
    _check_pooling(folder)
    prompts = _read_json(folder / "config_sentence_transformers.json").get("prompts", {})
    return Checkpoint(
        model=model if model == BUILTIN else str(folder),
        folder=folder,
        config=config,
        query_prompt=prompts.get("query", ""),
        passage_prompt=prompts.get("document", ""),
    )


def _check_pooling(folder: Path) -> None:
    pooling = _read_json(folder / "1_Pooling" / "config.json")
    mean_only = pooling.get("pooling_mode_mean_tokens", pooling.get("pooling_mode", "mean") == "mean")
    if not mean_only:
        raise EncoderUnavailable(
            f"the encoder in {folder} does not pool by the mean of its tokens", remedy=_REMEDY
        )


def _read_json(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    try:
        parsed = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise EncoderUnavailable(f"{path} is not JSON: {error}", remedy=_REMEDY) from error
    return parsed if isinstance(parsed, dict) else {}
