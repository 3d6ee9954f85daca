"""A tuned encoder as a folder that `--model` takes, laid out as sentence-transformers does it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path

from safetensors.torch import save_file
from torch import Tensor

from encoder.checkpoint import Checkpoint
from encoder.tuning.progress import Prepared, Report

_TOKENIZER = ("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json")
_KINDS = "sentence_transformers.models"
_MODE = 0o644


def write_tuned_folder(base: Checkpoint, weights: Mapping[str, Tensor], folder: Path) -> None:
    """Write `weights`, (D,) or (R, D) each, int8, float16 or float32, with all that `base` is besides."""
    # Of bfloat16 weights the learnt ones are written as float32.
    dtypes = {name: "float32" for name in ("dtype", "torch_dtype") if base.config.get(name) == "bfloat16"}
    _write(folder / "config.json", base.config | dtypes)
    for name in _TOKENIZER:
        if (base.folder / name).is_file():
            shutil.copyfile(base.folder / name, folder / name)
    _write_steps(base, folder)
    prompts = {"query": base.query_prompt, "document": base.passage_prompt}
    said = {"prompts": prompts, "default_prompt_name": None, "similarity_fn_name": "cosine"}
    _write(folder / "config_sentence_transformers.json", said)
    _write(folder / "sentence_bert_config.json", {"max_seq_length": base.max_tokens, "do_lower_case": False})
    save_file(dict(weights), folder / "model.safetensors", metadata={"format": "pt"})
    (folder / "model.safetensors").chmod(_MODE)


def card_of(base: Checkpoint, counted: Prepared, report: Report, seed: int) -> str:
    """Say what was done to `base`, and what came of it, as Markdown."""
    rows = [
        ("held-out queries whose passage comes first", report.first),
        ("held-out queries whose passage is among the first ten", report.among_ten),
        ("general check: the right passage comes first", report.general),
    ]
    table = [f"| {name} | {one.before:,} | {one.after:,} | {one.queries:,} |" for name, one in rows]
    lines = [
        "---",
        "library_name: sentence-transformers",
        "pipeline_tag: sentence-similarity",
        "---",
        f"# {base.folder.name}, tuned",
        "",
        f"Made by `dragoman tune` from the encoder with the digest `{base.digest()}`,",
        "whose licence holds for this one too. Its weights say something of the documents that it learnt",
        "from: keep it from those who may not read them.",
        "",
        f"It learnt from {counted.pairs:,} pairs of {counted.documents:,} documents, and was measured by",
        f"{counted.queries:,} queries of {counted.held_out:,} others (seed {seed}). Its weights are",
        f"{report.share:.0%} of the way from those of the encoder before to what was learnt.",
        "",
        "| | before | after | of |",
        "|---|---|---|---|",
        *table,
    ]
    return "\n".join(lines) + "\n"


def _write_steps(base: Checkpoint, folder: Path) -> None:
    """Say how token vectors become the vector of a text: the network, pooling, and what follows."""
    types = [f"{_KINDS}.Transformer", f"{_KINDS}.Pooling", *map(_type_of, base.heads), f"{_KINDS}.Normalize"]
    kinds = [kind.rpartition(".")[2] for kind in types]
    paths = ["", *(f"{number}_{kind}" for number, kind in enumerate(kinds[1:], 1))]
    steps = [
        {"idx": number, "name": str(number), "path": path, "type": kind}
        for number, (path, kind) in enumerate(zip(paths, types, strict=True))
    ]
    _write(folder / "modules.json", steps)
    pooling = {"word_embedding_dimension": base.width, "include_prompt": base.pools_prompt}
    for name, flag in (("mean", "mean_tokens"), ("cls", "cls_token"), ("last", "lasttoken")):
        pooling[f"pooling_mode_{flag}"] = base.pooling == name
    _write(folder / paths[1] / "config.json", pooling)
    for head, path in zip(base.heads, paths[2:], strict=False):
        shutil.copytree(head, folder / path)
    (folder / paths[-1]).mkdir()


def _type_of(head: Path) -> str:
    """Name the kind of a step behind pooling, as `modules.json` does."""
    parted = "sizes" in json.loads((head / "config.json").read_text(encoding="utf-8"))
    return "encoder.heads.UnitParts" if parted else f"{_KINDS}.Dense"


def _write(path: Path, value: object) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
