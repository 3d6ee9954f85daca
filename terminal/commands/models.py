"""`dragoman models`: the encoders that are known by name."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from index_data.errors import EncoderUnavailable, UsageError
from terminal.commands.options import models_option, offline_option, quiet_option
from terminal.commands.plan import plan
from terminal.commands.progress_option import progress_option
from terminal.completion import models_or_folders, names_of_models
from terminal.delivery import deliver
from terminal.diagnostics import ExitCode, tell
from terminal.json_output import dump
from terminal.safe_text import safe_path, safe_text
from terminal.settings import Settings, load_settings
from terminal.ways_to_show import Show, way_to_show

if TYPE_CHECKING:
    from encoder.models.model_folder import FolderRecord
    from encoder.models.registry import KnownModel

SCHEMA = "dragoman.models/1"


FETCH_SCHEMA = "dragoman.models-fetch/1"
VERIFY_SCHEMA = "dragoman.models-verify/1"

_EPILOG = """\b
Try:
  dragoman models list
  dragoman models plan ~/papers
  dragoman models fetch bge-m3
"""
_EXAMPLES_OF_LIST = """\b
Try:
  dragoman models list
  dragoman models list --json | jq -r '.models[] | select(.here).name'
"""
_EXAMPLES_OF_FETCH = """\b
Try:
  dragoman models fetch bge-m3
  dragoman models fetch --from /mnt/usb/bge-m3 bge-m3
"""
_EXAMPLES_OF_VERIFY = """\b
Try:
  dragoman models verify
  dragoman models verify bge-m3
"""


@click.group(invoke_without_command=True, epilog=_EPILOG)
@click.pass_context
def models(context: click.Context) -> int:
    """Fetch, check and compare the encoders that are known by name.

    A fetched model is used with --model NAME.
    """
    if context.invoked_subcommand is None:
        click.echo(context.get_help())
    return ExitCode.OK


@models.command(name="list", epilog=_EXAMPLES_OF_LIST)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@models_option
def list_models(*, as_json: bool, **flags: object) -> int:
    """List the known models, and which of them are here."""
    folder = load_settings(flags).models
    from encoder.models.registry import known_models

    known = list(known_models().values())
    deliver(_json(known, folder) if as_json else _text(known, folder))
    return ExitCode.OK


@models.command(epilog=_EXAMPLES_OF_FETCH)
@click.argument("name", shell_complete=names_of_models)
@click.option("--revision", metavar="COMMIT", default="", help="Another one than is known to work.")
@click.option(
    "--from",
    "source",
    metavar="FOLDER",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Import a copy that is on this machine already, without the network.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@progress_option
@models_option
@offline_option
@quiet_option
def fetch(
    *,
    name: str,
    revision: str,
    source: Path | None,
    as_json: bool,
    progress: str | None,
    **flags: object,
) -> int:
    """Fetch the model NAME from the Hugging Face hub.

    The one command that uses the network without being told to. What has arrived is kept when it is
    interrupted; the same command goes on.
    """
    settings = load_settings(flags | ({"quiet": True} if as_json else {}))
    from encoder.models.registry import known_model

    model = known_model(name)
    show = way_to_show(progress, silent=settings.quiet)
    record = None if model.carried else _fetched(model, revision, source, settings, show)
    if as_json:
        deliver(_fetch_json(model, record, settings.models))
    elif record is None:
        tell(f"{name} is part of the package, and here already")
    elif show is not Show.OFF and show is not Show.JSON:
        tell(f"{name} is here, {f'commit {record.commit}' if record.commit else 'of an unknown commit'}")
        tell(f"licence: {model.licence}. {model.note}".rstrip())
    return ExitCode.OK


def _fetched(
    model: KnownModel, revision: str, source: Path | None, settings: Settings, show: Show
) -> FolderRecord:
    """Fetch or import a model, and show how far that is.

    Raises:
        UsageError: the settings forbid the network, or `revision` is asked of a copy.
    """
    from encoder.models.fetch import adopt
    from encoder.models.fetch import fetch as fetch_model

    if revision and source:
        raise UsageError(
            "--from takes what lies in a folder, so --revision can choose nothing",
            remedy="Leave out one of them.",
        )
    if settings.offline and source is None:
        raise UsageError(
            "fetching needs the network, which the settings forbid",
            remedy="Unset DRAGOMAN_OFFLINE, give --online, or import a copy with --from FOLDER.",
        )
    from terminal.arrival_progress import shown_arrivals

    with shown_arrivals(show) as watch:
        if source is not None:
            return adopt(model, source, settings.models, watch)
        return fetch_model(model, settings.models, watch, revision=revision)


def _fetch_json(model: KnownModel, record: FolderRecord | None, folder: Path) -> str:
    shape = {
        "schema": FETCH_SCHEMA,
        "name": model.name,
        "folder": str(folder / model.name) if record else None,
        "carried": model.carried,
        "commit": (record and record.commit) or None,
        "licence": model.licence,
        "note": model.note,
    }
    return dump(shape, indent=2) + "\n"


@models.command(epilog=_EXAMPLES_OF_VERIFY)
@click.argument("names", metavar="[NAME|FOLDER]...", nargs=-1, shell_complete=models_or_folders)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@models_option
def verify(*, names: tuple[str, ...], as_json: bool, **flags: object) -> int:
    """Check every file of fetched models against its SHA-256; of all of them where none is named."""
    folder = load_settings(flags).models
    from encoder.models.model_folder import faults, read_record

    chosen = [_folder_of(name, folder) for name in names] or _all_fetched(folder)
    if not chosen and not as_json:
        tell("no model is fetched")
    checked = []
    for place in chosen:
        record = read_record(place)
        wrong = list(faults(place, record))
        checked.append({"folder": str(place), "files": len(record.files), "faults": wrong})
        if not as_json:
            said = f"{len(wrong)} of {len(record.files)} files are not as fetched" if wrong else "as fetched"
            deliver(f"{safe_path(place)}: {said}\n" + "".join(f"  {safe_text(line)}\n" for line in wrong))
    sound = not any(one["faults"] for one in checked)
    if as_json:
        deliver(dump({"schema": VERIFY_SCHEMA, "sound": sound, "models": checked}, indent=2) + "\n")
    return ExitCode.OK if sound else ExitCode.ENCODER


models.add_command(plan)


def _folder_of(name: str, models_folder: Path) -> Path:
    """Find the folder that `name` means: a known model's, or the path of one.

    Raises:
        EncoderUnavailable: it is carried, not fetched, or not known.
    """
    from encoder.models.registry import known_model, known_models

    if name not in known_models() and Path(name).is_dir():
        return Path(name)
    if known_model(name).carried:
        raise EncoderUnavailable(
            f"{name} is part of the package and was never fetched",
            remedy="Install Dragoman again to be sure of its files.",
        )
    if not (models_folder / name).is_dir():
        raise EncoderUnavailable(
            f"{name} is not fetched", remedy=f"`dragoman models fetch {name}` fetches it."
        )
    return models_folder / name


def _all_fetched(folder: Path) -> list[Path]:
    from encoder.models.registry import known_models

    return [folder / name for name in known_models() if (folder / name).is_dir()]


def _whereabouts(model: KnownModel, folder: Path) -> str:
    if model.carried:
        return "carried"
    return "fetched" if (folder / model.name).is_dir() else "not here"


def _json(known: list[KnownModel], folder: Path) -> str:
    entries: list[dict[str, Any]] = [
        {
            "name": model.name,
            "kind": model.kind,
            "here": _whereabouts(model, folder) != "not here",
            "repository": model.repository or None,
            "revision": model.revision or None,
            "parameters": model.parameters,
            "dimension": model.dimension,
            "window": model.window,
            "usual_window": model.usual_window,
            "pooling": model.pooling,
            "query_prompt": model.query_prompt,
            "passage_prompt": model.passage_prompt,
            "licence": model.licence,
            "languages": model.languages,
            "note": model.note,
        }
        for model in known
    ]
    return dump({"schema": SCHEMA, "folder": str(folder), "models": entries}, indent=2) + "\n"


def _text(known: list[KnownModel], folder: Path) -> str:
    lines = [_row("model", "here", "parameters", "vector", "window", "licence", "languages")]
    for model in known:
        millions = f"{model.parameters / 1e6:,.0f} M"
        vector = f"{model.dimension:,}" if model.kind == "embedder" else "-"
        lines.append(
            _row(
                model.name,
                _whereabouts(model, folder),
                millions,
                vector,
                f"{model.window:,}",
                model.licence,
                model.languages,
            )
        )
    lines += ["", *(f"{model.name}: {model.note}" for model in known if model.note)]
    return "".join(line + "\n" for line in lines)


def _row(
    name: str, here: str, parameters: str, vector: str, window: str, licence: str, languages: str
) -> str:
    return f"{name:<30} {here:<8} {parameters:>10} {vector:>6} {window:>7}  {licence:<10} {languages}"
