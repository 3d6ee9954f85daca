"""Find an encoder's folder and say what is in it; nothing is loaded here.

A checkpoint is a Hugging Face folder as sentence-transformers writes it: `config.json`, `tokenizer.json`,
`model.safetensors` whole or in shards, the steps of `modules.json`, and the prompts of
`config_sentence_transformers.json`. No code of a checkpoint is ever run.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from encoder.models.registry import KnownModel, known_model, known_models
from index_data.errors import EncoderUnavailable

BUILTIN = "builtin"
"""The encoder that is carried inside the package."""
BIDIRLM_PROMPT = "Instruct: Given a query, retrieve documents that answer the query.\nQuery:"
"""What BidirLM wants before a query (its published evaluation); nothing stands after the colon."""

_WHOLE, _SHARDED = "model.safetensors", "model.safetensors.index.json"
_REMEDY = f"Use --model {BUILTIN}, a name that `dragoman models list` shows, or the path of a folder."


class Pooling(StrEnum):
    """Which token vectors make the vector of a text."""

    MEAN = "mean"
    CLS = "cls"
    LAST = "last"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """One encoder on disk."""

    model: str
    """What the user calls it: a known name, or the absolute path of its folder."""
    folder: Path
    config: dict[str, Any]
    """The parsed `config.json`."""
    pooling: Pooling
    pools_prompt: bool
    """Whether the tokens of a prompt count in the mean."""
    heads: tuple[Path, ...]
    """Folders of the steps behind pooling, in their order."""
    query_prompt: str
    """Put before a query, as it is."""
    passage_prompt: str
    """Put before a passage or a window of them, as it is."""

    @property
    def weights(self) -> list[Path]:
        """The safetensors files, in the order of their names."""
        if (self.folder / _WHOLE).is_file():
            return [self.folder / _WHOLE]
        shards = _read_json(self.folder / _SHARDED).get("weight_map", {}).values()
        return sorted(self.folder / shard for shard in set(shards))

    @property
    def width(self) -> int:
        """Numbers in the vector of a token."""
        return int(self.config["hidden_size"]) + int(self.config.get("static_size", 0))

    @property
    def max_tokens(self) -> int:
        """The longest sequence that the network takes, special tokens included."""
        positions = int(self.config["max_position_embeddings"])
        # RoBERTa counts positions from behind the padding token's.
        learned_later = self.config["model_type"] in {"xlm-roberta", "roberta", "camembert"}
        return positions - (int(self.config.get("pad_token_id", 1)) + 1 if learned_later else 0)

    def digest(self) -> str:
        """SHA-256 over every byte that shapes a vector: weights, tokenizer, configuration and prompts."""
        parts = [self.folder / "config.json", self.folder / "tokenizer.json", *self.weights]
        steps = [part for head in self.heads for part in (head / "config.json", head / _WHOLE)]
        parts += [part for part in steps if part.is_file()]
        parts += sorted(self.folder.glob("*_linear.pt"))
        digest = hashlib.sha256()
        for part in parts:
            with part.open("rb") as file:
                digest.update(hashlib.file_digest(file, "sha256").digest())
        said = [self.query_prompt, self.passage_prompt, self.pooling, self.pools_prompt]
        digest.update(json.dumps(said).encode())
        return digest.hexdigest()


def resolve(model: str, models: Path | None = None) -> Checkpoint:
    """Find the checkpoint that `model` names: a known name, in the folder `models`, or the path of a folder.

    Raises:
        EncoderUnavailable: there is no such folder, a part is missing, or its steps are not known.
    """
    known = known_models().get(model)
    folder = _folder_of(model, known, models)
    missing = [part for part in ("config.json", "tokenizer.json") if not (folder / part).is_file()]
    if not (folder / _WHOLE).is_file() and not (folder / _SHARDED).is_file():
        missing.append(_WHOLE)
    if missing:
        raise EncoderUnavailable(f"the encoder in {folder} lacks {', '.join(missing)}", remedy=_REMEDY)
    config = _read_json(folder / "config.json")
    if not isinstance(config.get("model_type"), str):
        raise EncoderUnavailable(f"{folder / 'config.json'} names no model_type", remedy=_REMEDY)
    pooling, pools_prompt, heads = _steps(folder)
    prompts = _read_json(folder / "config_sentence_transformers.json").get("prompts") or {}
    usual = BIDIRLM_PROMPT if config["model_type"].startswith("bidirlm") else ""
    return Checkpoint(
        model=model if known else str(folder),
        folder=folder,
        config=config,
        pooling=Pooling(known.pooling) if known else pooling,
        pools_prompt=pools_prompt,
        heads=tuple(folder / head for head in known.heads) if known and known.heads else heads,
        query_prompt=known.query_prompt if known else prompts.get("query", usual),
        passage_prompt=known.passage_prompt if known else prompts.get("document", ""),
    )


def _folder_of(model: str, known: KnownModel | None, models: Path | None) -> Path:
    if known and known.carried:
        return Path(__file__).parent / BUILTIN
    folder = models / model if known and models else Path(model).expanduser().resolve()
    if folder.is_dir():
        return folder
    if known:
        raise EncoderUnavailable(
            f"the weights of {model} are not here", remedy=f"Run `dragoman models fetch {model}` first."
        )
    if "/" in model:
        raise EncoderUnavailable(f"there is no encoder in {folder}", remedy=_REMEDY)
    known_model(model)
    raise AssertionError(model)


def _steps(folder: Path) -> tuple[Pooling, bool, tuple[Path, ...]]:
    """Read how token vectors become the vector of a text: pooling, whether prompts count, what follows.

    Raises:
        EncoderUnavailable: a step is not known.
    """
    heads = []
    pooled = folder / "1_Pooling"
    for step in _read_list(folder / "modules.json"):
        kind = str(step.get("type", "")).rpartition(".")[2]
        if kind in {"Dense", "UnitParts"}:
            heads.append(folder / step["path"])
        elif kind == "Pooling":
            pooled = folder / step["path"]
        elif kind not in {"Transformer", "Normalize"}:
            raise EncoderUnavailable(
                f"the encoder in {folder} has a step called {kind}, which is not known", remedy=_REMEDY
            )
    config = _read_json(pooled / "config.json")
    return _pooling(folder, config), config.get("include_prompt", True), tuple(heads)


def _pooling(folder: Path, config: dict[str, Any]) -> Pooling:
    named = config.get("pooling_mode")
    flags = {"mean": "mean_tokens", "cls": "cls_token", "lasttoken": "lasttoken"}
    asked = [name for name, flag in flags.items() if config.get(f"pooling_mode_{flag}")] or [named or "mean"]
    others = [
        name
        for name, value in config.items()
        if name.startswith("pooling_mode_") and value and name[13:] not in flags.values()
    ]
    if others or len(asked) != 1 or asked[0] not in flags:
        raise EncoderUnavailable(
            f"the encoder in {folder} pools by {', '.join([*map(str, asked), *others])}, which is not known",
            remedy=_REMEDY,
        )
    return Pooling("last" if asked[0] == "lasttoken" else asked[0])


def _read_json(path: Path) -> dict[str, Any]:
    parsed = _parse(path)
    return parsed if isinstance(parsed, dict) else {}


def _read_list(path: Path) -> list[dict[str, Any]]:
    parsed = _parse(path)
    return [entry for entry in parsed if isinstance(entry, dict)] if isinstance(parsed, list) else []


def _parse(path: Path) -> object:
    if not path.is_file():
        return None
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise EncoderUnavailable(f"{path} is not JSON: {error}", remedy=_REMEDY) from error
