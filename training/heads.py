"""A head on the encoder, by transformers' own Trainer: one label for a text, or labels for stretches of it.

`python -m training.heads classify --data FILE --out DIR` reads lines of `{"text": TEXT, "label": LABEL}`,
`python -m training.heads tag --data FILE --out DIR` lines of `{"text": TEXT, "spans": [[START, END, LABEL]]}`
in characters, end-exclusive. A fifth of the lines is held out and measured. `docs/fine-tuning.md` says more.
"""

import argparse
import json
import logging
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from transformers import (
    AutoModelForSequenceClassification,
    AutoModelForTokenClassification,
    AutoTokenizer,
    DataCollatorForTokenClassification,
    DataCollatorWithPadding,
    EvalPrediction,
    PreTrainedModel,
    PreTrainedTokenizerBase,
    Trainer,
    TrainingArguments,
    set_seed,
)

from training.export import write_plain

LOG = logging.getLogger("training.heads")
MAX_TOKENS = 256
OUTSIDE = "O"
IGNORED = -100
"""What transformers' losses take for a token without a label."""
TASKS = ("classify", "tag")

Row = dict[str, Any]


def read_rows(path: Path) -> list[Row]:
    """Return the rows of a file of JSON lines."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def labels_of(rows: Iterable[Row], task: str) -> list[str]:
    """Return every label in order; of a stretch, the one for its first token and the one for the others."""
    if task == "classify":
        return sorted({row["label"] for row in rows})
    kinds = sorted({kind for row in rows for _, _, kind in row["spans"]})
    return [OUTSIDE, *(f"{part}-{kind}" for kind in kinds for part in "BI")]


def tags_of(offsets: Sequence[tuple[int, int]], spans: Sequence[tuple[int, int, str]]) -> list[str | None]:
    """Return a tag for each token at (start, end), characters; None for a special one, which covers none."""
    tags: list[str | None] = []
    begun: set[int] = set()
    for start, end in offsets:
        covering = next((n for n, (first, last, _) in enumerate(spans) if start < last and first < end), None)
        if start == end:
            tags.append(None)
        elif covering is None:
            tags.append(OUTSIDE)
        else:
            tags.append(f"{'I' if covering in begun else 'B'}-{spans[covering][2]}")
            begun.add(covering)
    return tags


def encoded(
    rows: Iterable[Row], task: str, labels: list[str], tokenizer: PreTrainedTokenizerBase
) -> list[Row]:
    """Return what the model reads: ids, and labels as numbers."""
    examples = []
    for row in rows:
        whole = tokenizer(
            row["text"], truncation=True, max_length=MAX_TOKENS, return_offsets_mapping=task == "tag"
        )
        if task == "classify":
            numbers: Any = labels.index(row["label"])
        else:
            tags = tags_of(whole.pop("offset_mapping"), row["spans"])
            numbers = [IGNORED if tag is None else labels.index(tag) for tag in tags]
        examples.append({**whole, "labels": numbers})
    return examples


def accuracy(outcome: EvalPrediction) -> dict[str, float]:
    """Return the share of texts with the right label."""
    found = np.argmax(outcome.predictions, axis=-1)
    return {"accuracy": float((found == outcome.label_ids).mean())}


def tag_f1(outcome: EvalPrediction) -> dict[str, float]:
    """Return the harmonic mean of precision and recall over tokens that are or should be tagged."""
    found, right = np.argmax(outcome.predictions, axis=-1), np.asarray(outcome.label_ids)
    found, right = found[right != IGNORED], right[right != IGNORED]
    marked = int((found > 0).sum() + (right > 0).sum())
    return {"f1": 2 * int(((found == right) & (right > 0)).sum()) / marked if marked else 1.0}


def with_head(folder: Path, task: str, labels: list[str]) -> PreTrainedModel:
    """Return the encoder under a new head; of the built-in one it is the half that transformers can load."""
    kind = AutoModelForSequenceClassification if task == "classify" else AutoModelForTokenClassification
    names = dict(enumerate(labels))
    numbers = {label: number for number, label in names.items()}
    with TemporaryDirectory() as scratch:
        if json.loads((folder / "config.json").read_text(encoding="utf-8"))["model_type"] == "twofold":
            twofold, folder = folder, Path(scratch)
            write_plain(twofold, folder)
        # Weights are stored in float16, in which nothing can be trained.
        model: PreTrainedModel = kind.from_pretrained(
            folder, id2label=names, label2id=numbers, dtype=torch.float32
        )
    return model


def train_head(
    task: str, rows: list[Row], model: Path, out: Path, *, epochs: float, rate: float, seed: int
) -> dict[str, float]:
    """Train on four fifths of the rows, write the model to `out`, and return what the rest measures."""
    set_seed(seed)
    shuffled = Random(seed).sample(rows, len(rows))
    held_out = max(1, len(rows) // 5)
    labels = labels_of(rows, task)
    tokenizer = AutoTokenizer.from_pretrained(model)
    collator = DataCollatorWithPadding if task == "classify" else DataCollatorForTokenClassification
    trainer = Trainer(
        model=with_head(model, task, labels),
        args=TrainingArguments(
            output_dir=str(out),
            num_train_epochs=epochs,
            learning_rate=rate,
            per_device_train_batch_size=16,
            warmup_steps=0.1,
            save_strategy="no",
            report_to="none",
            dataloader_pin_memory=torch.cuda.is_available(),
            disable_tqdm=True,
            seed=seed,
        ),
        train_dataset=encoded(shuffled[held_out:], task, labels, tokenizer),
        eval_dataset=encoded(shuffled[:held_out], task, labels, tokenizer),
        data_collator=collator(tokenizer),
        compute_metrics=accuracy if task == "classify" else tag_f1,
    )
    trainer.train()
    trainer.save_model(str(out))
    tokenizer.save_pretrained(out)
    outcome = trainer.evaluate()
    return {name: outcome[f"eval_{name}"] for name in ("accuracy", "f1") if f"eval_{name}" in outcome}


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Return the options."""
    parser = argparse.ArgumentParser(prog="python -m training.heads", description=__doc__)
    parser.add_argument("task", choices=TASKS)
    parser.add_argument("--data", type=Path, required=True, help="JSON lines")
    parser.add_argument("--model", type=Path, default=Path("encoder/builtin"), help="the encoder's folder")
    parser.add_argument("--out", type=Path, required=True, help="folder of the encoder with its head")
    parser.add_argument("--epochs", type=float, default=10.0, help="times that all rows are gone through")
    parser.add_argument("--rate", type=float, default=1e-4, help="learning rate at its highest")
    parser.add_argument("--seed", type=int, default=0, help="seed of every random choice")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> None:
    """Train the head that was asked for and log what it is worth."""
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(name)s: %(message)s")
    options = parse(arguments)
    measures = train_head(
        options.task, read_rows(options.data), options.model, options.out,
        epochs=options.epochs, rate=options.rate, seed=options.seed,
    )  # fmt: skip
    LOG.info("%s: %s", options.out, ", ".join(f"{name} {value:.3f}" for name, value in measures.items()))


if __name__ == "__main__":
    main()
