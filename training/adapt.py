"""The command: `python -m training.adapt FOLDER --out FOLDER` makes an encoder of a causal Gemma 3 or Qwen 3.

Attention goes both ways, hidden tokens are predicted in the texts of `--text` (then the weights are merged
with the base's), and queries are drawn to their passages in `--pairs`. Stopped at any point, the same command
goes on from its last checkpoint.
"""

import argparse
import logging
import sys
from collections.abc import Callable
from pathlib import Path

from encoder.device import place
from index_data.errors import DragomanError
from training.adaptation.recipe import Adaptation, Recipe, Stage
from training.adaptation.stage import Length

DEFAULTS = Recipe()


def parse() -> argparse.Namespace:
    """Return the options."""
    parser = argparse.ArgumentParser(
        prog="python -m training.adapt",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("base", type=Path, metavar="FOLDER", help="the causal model")
    parser.add_argument("--out", type=Path, required=True, metavar="FOLDER", help="where the encoder goes")
    parser.add_argument(
        "--work", type=Path, metavar="FOLDER", help="everything intermediate (default: OUT.work)"
    )
    parser.add_argument(
        "--text",
        type=Path,
        nargs="+",
        default=[],
        metavar="FILE",
        help='texts to hide tokens in: .txt, one a line; .tsv, one a field; .jsonl, {"text": ...}',
    )
    parser.add_argument(
        "--pairs",
        type=Path,
        nargs="+",
        default=[],
        metavar="FILE",
        help="sets of queries, passages and any negatives: .tsv, or .jsonl under these names",
    )
    parser.add_argument("--lora", type=int, metavar="RANK", help="train adapters only (default: all weights)")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda, cuda:1, mps (default: auto)")
    parser.add_argument("--save-minutes", type=float, default=10.0, help="between checkpoints (default: 10)")
    add = _adder(parser)
    add("--seed", int, DEFAULTS.seed, "of every random choice")
    add("--max-tokens", int, DEFAULTS.max_tokens, "of a text, special tokens included")
    add("--micro-tokens", int, DEFAULTS.micro_tokens, "that go through the network at once")
    add("--mask-ratio", float, DEFAULTS.mask_ratio, "chance of a token to be hidden")
    add("--merge", float, DEFAULTS.merge, "share of the adapted weights; the rest is the base's")
    add("--temperature", float, DEFAULTS.temperature, "of the contrast")
    add("--warm-up", int, DEFAULTS.warm_up, "steps of the contrast in which its rate rises")
    add("--instruction", str, None, "told before each query (default: BidirLM's)")
    for name, stage in (("prediction", DEFAULTS.prediction), ("contrast", DEFAULTS.contrast)):
        add(f"--{name}-minutes", float, stage.length.minutes, "of wall time")
        add(f"--{name}-steps", int, None, "instead of minutes")
        add(f"--{name}-rate", float, stage.rate, "the highest learning rate")
        add(f"--{name}-batch", int, stage.batch, "rows of the data in a step")
    return parser.parse_args()


def _adder(parser: argparse.ArgumentParser) -> Callable[[str, type, object, str], None]:
    def add(name: str, kind: type, default: object, explained: str) -> None:
        shown = explained if default is None else f"{explained} (default: {default})"
        parser.add_argument(name, type=kind, default=default, help=shown, metavar=kind.__name__.upper())

    return add


def recipe_of(options: argparse.Namespace) -> Recipe:
    """Return what the options ask for."""
    prompt = DEFAULTS.prompt
    if options.instruction is not None:
        prompt = f"Instruct: {options.instruction}\nQuery:"
    return Recipe(
        tuple(options.text),
        tuple(options.pairs),
        _stage(options, "prediction"),
        _stage(options, "contrast"),
        mask_ratio=options.mask_ratio,
        merge=options.merge,
        temperature=options.temperature,
        warm_up=options.warm_up,
        prompt=prompt,
        lora_rank=options.lora,
        max_tokens=options.max_tokens,
        micro_tokens=options.micro_tokens,
        seed=options.seed,
    )


def _stage(options: argparse.Namespace, name: str) -> Stage:
    steps, minutes, rate, batch = (
        getattr(options, f"{name}_{part}") for part in ("steps", "minutes", "rate", "batch")
    )
    return Stage(Length(steps, minutes), rate, batch)


def main() -> None:
    """Carry out the recipe."""
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(name)s: %(message)s")
    options = parse()
    work = options.work or options.out.with_name(options.out.name + ".work")
    try:
        placement = place(options.device)
        adaptation = Adaptation(options.base, recipe_of(options), work, placement, options.save_minutes)
        adaptation.write(options.out)
    except DragomanError as error:
        sys.exit(f"{error.message}\n{error.remedy}")


if __name__ == "__main__":
    main()
