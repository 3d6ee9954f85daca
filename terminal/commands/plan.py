"""`dragoman models plan`: what fits, and how long a folder takes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from terminal.commands.options import device_option, index_option, models_option, quiet_option
from terminal.delivery import deliver
from terminal.diagnostics import ExitCode, tell
from terminal.json_output import dump
from terminal.safe_text import safe_text
from terminal.settings import Settings, load_settings

if TYPE_CHECKING:
    from encoder.device import NumberFormat
    from encoder.models.machine import Machine
    from encoder.models.registry import KnownModel
    from ingest.workload import Workload

SCHEMA = "dragoman.plan/1"
_GIB = 1 << 30


_ELSEWHERE = "Speeds are measured only where a model runs: `dragoman models plan FOLDER` over there."


@dataclass(frozen=True, slots=True)
class Prospect:
    """One model in one number format."""

    model: str
    number_format: NumberFormat
    weights_bytes: int
    longest_window: int
    """Tokens; 0: it does not fit."""
    tokens_per_second: float | None
    """None: not measured."""

    def seconds(self, work: Workload | None) -> float | None:
        """How long `work` takes; None where there is none, or no speed."""
        return work.tokens / self.tokens_per_second if work and self.tokens_per_second else None


@dataclass(frozen=True, slots=True)
class Outlook:
    """All that is told."""

    machine: Machine
    work: Workload | None
    counted_by: str
    """The model whose pieces are counted as tokens of the work."""
    prospects: list[Prospect]


_EXAMPLES = """\b
Try:
  dragoman models plan ~/papers
  dragoman models plan --gpu l4 ~/papers
"""


@click.command(epilog=_EXAMPLES)
@click.argument("folder", required=False, type=click.Path(exists=True, path_type=Path))
@click.option("--gpu", metavar="NAME", help="For a machine with this GPU: h100, l4, rtx-4090, apple-32…")
@click.option("--model", "name", metavar="NAME", help="This model alone, measured in every number format.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@index_option
@models_option
@device_option
@quiet_option
def plan(*, folder: Path | None, gpu: str | None, name: str | None, as_json: bool, **flags: object) -> int:
    """Tell which models fit this machine, and how long FOLDER would take.

    Speeds are measured on the spot, about two seconds each, where a FOLDER or a --model is named. They are
    those of this machine as busy as it is now.
    """
    settings = load_settings(flags | ({"quiet": True} if as_json else {}))
    from encoder.checkpoint import BUILTIN
    from encoder.models.machine import known_gpu, this_machine
    from encoder.models.registry import Kind, known_model, known_models

    embedders = [model for model in known_models().values() if model.kind is Kind.EMBEDDER]
    chosen = [known_model(name)] if name else embedders
    machine = known_gpu(gpu) if gpu else this_machine(settings.device)
    counted_by = name if name and (settings.models / name).is_dir() else BUILTIN
    work = _work(folder, counted_by, settings) if folder else None
    measured = () if gpu else machine.formats if name else machine.formats[:1] if folder else ()
    prospects = [
        _prospect(model, number_format, machine, settings, measure=number_format in measured)
        for model in chosen
        for number_format in machine.formats
    ]
    outlook = Outlook(machine, work, counted_by, prospects)
    deliver(_json(outlook) if as_json else _text(outlook) + (f"\n{_ELSEWHERE}\n" if gpu else ""))
    return ExitCode.OK


def _work(folder: Path, counted_by: str, settings: Settings) -> Workload:
    from encoder.checkpoint import resolve
    from encoder.token_sequences import TokenSequencer
    from ingest.parser import Parser
    from ingest.workload import workload

    if not settings.quiet:
        tell("reading a sample of the folder…")
    pieces = TokenSequencer(resolve(counted_by, settings.models).folder / "tokenizer.json")
    with Parser(seconds=20.0) as parser:
        return workload([folder], parser, lambda text: len(pieces.spans(text)), leave_out=settings.index)


def _prospect(
    model: KnownModel, number_format: NumberFormat, machine: Machine, settings: Settings, *, measure: bool
) -> Prospect:
    from encoder.models.requirements import longest_window, weights_bytes

    window = longest_window(model, number_format, machine)
    speed = None
    if measure and window:
        from encoder.models.speed import tokens_per_second

        if not settings.quiet:
            tell(f"measuring {model.name} in {number_format}…")
        speed = tokens_per_second(model, number_format, settings.models, settings.device)
    return Prospect(
        model.name, number_format, weights_bytes(model.shape, number_format, machine), window, speed
    )


def _json(outlook: Outlook) -> str:
    work = outlook.work
    shape = {
        "schema": SCHEMA,
        "machine": {"name": outlook.machine.name, "memory_bytes": outlook.machine.memory},
        "folder": work
        and {
            "files": work.files,
            "bytes": work.bytes,
            "estimated_tokens": work.tokens,
            "counted_by": outlook.counted_by,
            "sampled_files": work.sampled_files,
            "sampled_bytes": work.sampled_bytes,
            "unread_files": work.unread_files,
            "ignored": work.ignored,
        },
        "models": [
            {
                "name": prospect.model,
                "format": prospect.number_format,
                "weights_bytes": prospect.weights_bytes,
                "longest_window": prospect.longest_window,
                "tokens_per_second": prospect.tokens_per_second,
                "seconds": prospect.seconds(work),
            }
            for prospect in outlook.prospects
        ],
    }
    return dump(shape, indent=2) + "\n"


def _text(outlook: Outlook) -> str:
    lines = [f"machine  {safe_text(outlook.machine.name)}, {outlook.machine.memory / _GIB:,.1f} GiB"]
    if work := outlook.work:
        unread = f", {work.unread_files:,} unread" if work.unread_files else ""
        ignored = f"; {work.ignored:,} files and folders ignored" if work.ignored else ""
        lines += [
            f"folder   {work.files:,} files, {work.bytes / 1e6:,.1f} MB{ignored}",
            f"tokens   about {work.tokens:,}, estimated from {work.sampled_files:,} of the files{unread}, "
            f"in pieces of {outlook.counted_by}",
        ]
    lines += ["", _row("model", "format", "weights", "window", "tokens/s", "time")]
    lines += [_prospect_row(prospect, work) for prospect in outlook.prospects]
    return "".join(line.rstrip() + "\n" for line in lines)


def _prospect_row(prospect: Prospect, work: Workload | None) -> str:
    from terminal.progress_bar import clock

    seconds = prospect.seconds(work)
    return _row(
        prospect.model,
        prospect.number_format,
        f"{prospect.weights_bytes / _GIB:.2f} GiB",
        f"{prospect.longest_window:,}" if prospect.longest_window else "too big",
        f"{prospect.tokens_per_second:,.0f}" if prospect.tokens_per_second else "",
        "" if seconds is None else clock(seconds),
    )


def _row(model: str, number_format: str, weights: str, window: str, speed: str, time: str) -> str:
    return f"{model:<30} {number_format:<8} {weights:>10} {window:>8} {speed:>9} {time:>10}"
