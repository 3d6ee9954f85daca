"""The command: `python -m training` makes the built-in encoder, step by step; finished steps are skipped."""

import argparse
import logging
import sys
from pathlib import Path

from index_data.errors import DragomanError
from training.journal import recorded

STEPS = (
    "corpora", "vocabulary", "static", "transplant", "distil", "average", "export", "quality", "card"
)  # fmt: skip
MEASURED = ("quality", "card")
"""Steps that need the measuring sets, or what was measured on them."""


def add_folders(parser: argparse.ArgumentParser) -> None:
    """Add the options that name a folder beside those every step knows."""
    parser.add_argument(
        "--beside",
        type=Path,
        default=None,
        metavar="FOLDER",
        help="another work folder, whose distillation average mixes with this one's",
    )
    parser.add_argument(
        "--plain",
        type=Path,
        default=None,
        metavar="FOLDER",
        help="where export also writes the contextual half by itself, for sentence-transformers",
    )
    parser.add_argument(
        "--first", type=Path, default=None, metavar="FOLDER", help="an earlier built-in encoder, for quality"
    )


def parse() -> argparse.Namespace:
    """Return the options."""
    parser = argparse.ArgumentParser(prog="python -m training", description=__doc__)
    parser.add_argument(
        "steps",
        nargs="*",
        metavar="STEP",
        help=f"any of: {', '.join(STEPS)} (default: all; {' and '.join(MEASURED)} only with --held-out)",
    )
    parser.add_argument(
        "--work", type=Path, default=Path("training/work"), help="folder for everything intermediate"
    )
    parser.add_argument(
        "--corpus", type=Path, default=Path("sentence-pairs.tsv.xz"), help="the sentence pairs"
    )
    parser.add_argument(
        "--held-out", type=Path, default=None, help="folder of measuring sets never trained on"
    )
    parser.add_argument(
        "--target",
        type=Path,
        default=Path("encoder/builtin"),
        help="the folder that export writes, quality reads and card describes",
    )
    add_folders(parser)
    parser.add_argument("--static-steps", type=int, default=6_000, help="steps of the static stage")
    parser.add_argument("--rounds", type=int, default=2, help="rounds of the distillation")
    parser.add_argument("--minutes", type=float, default=80.0, help="wall time of one round")
    parser.add_argument("--threads", type=int, default=2, help="threads for arithmetic")
    parser.add_argument("--seed", type=int, default=20261124, help="seed of every random choice")
    options = parser.parse_args()
    unknown = set(options.steps) - set(STEPS)
    if unknown:
        parser.error(f"unknown step: {', '.join(sorted(unknown))}; known: {', '.join(STEPS)}")
    if "quality" in options.steps and options.held_out is None:
        parser.error("quality needs --held-out DIR, the measuring sets")
    return options


def run(step: str, options: argparse.Namespace) -> None:
    """Run one step; its modules are imported here, so that a step loads no more than it needs."""
    work: Path = options.work
    if step == "corpora":
        from training.corpora import make_corpora

        make_corpora(work, options.corpus, options.held_out, options.seed)
    elif step == "vocabulary":
        from training.vocabulary import make_vocabulary

        make_vocabulary(work, options.seed)
    elif step == "static":
        from training.static import train_static

        train_static(work, options.static_steps, options.threads, options.seed)
    elif step == "transplant":
        from training.transplant import make_transplant

        make_transplant(work)
    elif step == "distil":
        from training.distil import distil

        distil(work, options.rounds, options.minutes, options.threads, options.seed)
    elif step == "average":
        from training.average import average

        average(work, options.beside)
    elif step == "export":
        from training.export import export, write_plain

        export(work, options.target)
        if options.plain:
            write_plain(options.target, options.plain)
    elif step == "quality":
        from training.quality import report

        report(work, options.held_out, options.target, options.first, options.threads)
    else:
        from training.card import write_card

        write_card(work, options.target)


def main() -> None:
    """Run the steps that were named, or all."""
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(name)s: %(message)s")
    options = parse()
    options.work.mkdir(parents=True, exist_ok=True)
    usual = [step for step in STEPS if options.held_out or step not in MEASURED]
    wanted = options.steps or usual
    try:
        for step in STEPS:
            if step in wanted:
                with recorded(options.work, step, options.seed):
                    run(step, options)
    except DragomanError as error:
        sys.exit(f"{error.message}\n{error.remedy}")


if __name__ == "__main__":
    main()
