"""The options that several commands take; their names are those of `Settings`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import click

from terminal.collections import EVERY
from terminal.completion import folders, models_or_folders, names_of_collections, one_of

Command = TypeVar("Command", bound=Callable[..., object])

_folder_option = click.option(
    "--index",
    metavar="FOLDER|ADDRESS",
    shell_complete=folders,
    help="Where the index is kept: a folder, or milvus://HOST:PORT/NAME. [env: DRAGOMAN_INDEX; default: a "
    "folder among your data]",
)
_collection_option = click.option(
    "-c",
    "--collection",
    metavar="NAME",
    shell_complete=names_of_collections,
    help="The same by a name: `dragoman collections list`. [env: DRAGOMAN_COLLECTION]",
)
_catalogue_option = click.option(
    "--catalogue",
    metavar="ADDRESS",
    help="Where an index in Milvus has its documents: postgresql://USER@HOST/DATABASE. "
    "[env: DRAGOMAN_CATALOGUE; default: where they were; for a new one, this machine]",
)


def _named(context: click.Context, _parameter: click.Parameter, names: tuple[str, ...]) -> str | None:
    if not names:
        return context.params.get("collection")
    return _unless_all(context, ",".join(names))


def _all(context: click.Context, _parameter: click.Parameter, every: bool) -> None:  # noqa: FBT001  # click calls it
    if every:
        context.params["collection"] = _unless_all(context, EVERY)


def _unless_all(context: click.Context, names: str) -> str:
    if context.params.get("collection"):
        raise click.UsageError("--all-collections leaves no choice to --collection.", context)
    return names


_collections_option = click.option(
    "-c",
    "--collection",
    metavar="NAME",
    multiple=True,
    callback=_named,
    shell_complete=names_of_collections,
    help="The same by a name: `dragoman collections list`; several, given again or with commas, are searched "
    "as one. [env: DRAGOMAN_COLLECTION]",
)
_all_collections_option = click.option(
    "--all-collections", is_flag=True, expose_value=False, callback=_all, help="Search all that have names."
)
models_option = click.option(
    "--models",
    metavar="FOLDER",
    shell_complete=folders,
    help="Where fetched models are kept. [env: DRAGOMAN_MODELS; default: a folder among your data]",
)
model_option = click.option(
    "--model",
    metavar="NAME|FOLDER|SERVER",
    shell_complete=models_or_folders,
    help="The encoder: auto, a known name, a folder, openai:URL#NAME or ollama:NAME. "
    "[env: DRAGOMAN_MODEL; default: auto, what the index was made with]",
)
device_option = click.option(
    "--device",
    metavar="DEVICE",
    shell_complete=one_of("auto", "cpu", "cuda", "mps"),
    help="auto, cpu, cuda or mps. [env: DRAGOMAN_DEVICE; default: auto]",
)
dtype_option = click.option(
    "--dtype",
    metavar="FORMAT",
    shell_complete=one_of("auto", "float32", "bfloat16", "int8"),
    help="auto, float32, bfloat16 or int8 (on a CPU). [env: DRAGOMAN_DTYPE; default: auto]",
)
offline_option = click.option(
    "--offline/--online",
    default=None,
    help="Never use the network, or let libraries use it. [env: DRAGOMAN_OFFLINE; default: used only by "
    "`models fetch`, and for a server that --model names]",
)
quiet_option = click.option(
    "-q",
    "--quiet",
    is_flag=True,
    default=None,
    help="Nothing on stderr but errors. [env: DRAGOMAN_QUIET]",
)

window_option = click.option(
    "--window-tokens",
    metavar="COUNT",
    help="Tokens that the encoder sees at once. "
    "[default: what the index was made with, else what suits the encoder]",
)
passage_option = click.option(
    "--passage-tokens",
    metavar="COUNT",
    help="Tokens that a passage aims at. [default: what the index was made with, else 256]",
)
overlap_option = click.option(
    "--overlap-tokens",
    metavar="COUNT",
    help="Tokens of its neighbours that a window shows as context, on each side. "
    "[default: what the index was made with, else 0]",
)
ignore_option = click.option(
    "--ignore/--no-ignore",
    default=True,
    help="Leave out what .gitignore, in a repository, and .dragomanignore leave out. [default: yes]",
)
ocr_option = click.option(
    "--ocr",
    metavar="WHEN",
    shell_complete=one_of("auto", "off", "force"),
    help="Recognise text by Tesseract: auto, on pages of PDFs without text, if it is installed; off; or "
    "force, on all pages. [env: DRAGOMAN_OCR; default: auto]",
)
ocr_languages_option = click.option(
    "--ocr-languages",
    metavar="CODES",
    help="In which languages, as in deu+eng. [env: DRAGOMAN_OCR_LANGUAGES; default: the few that are "
    "installed, or eng]",
)
any_file_system_option = click.option(
    "--any-file-system",
    is_flag=True,
    help="Write to a network file system too, without a log: only one process at a time may use the index.",
)


engine_option = click.option(
    "--engine",
    metavar="ENGINE",
    shell_complete=one_of("local", "ray", "ray://auto"),
    help="Who reads and embeds: local; ray, Ray on this machine alone; ray://HOST[:PORT], a Ray cluster; "
    "ray://auto, the one that this machine belongs to. [env: DRAGOMAN_ENGINE; default: local]",
)
ray_readers_option = click.option(
    "--ray-readers",
    metavar="COUNT",
    help="Processes of the cluster that read. [default: what its cores allow]",
)
ray_encoders_option = click.option(
    "--ray-encoders",
    metavar="COUNT",
    help="Encoders on the cluster. [default: what its GPUs, or else its cores, allow]",
)
ray_gpus_option = click.option(
    "--ray-gpus",
    metavar="GPUS",
    help="GPUs of each of them, or the part of one, as 0.25. [default: 1, where there are any]",
)


def index_option(command: Command) -> Command:
    """Give a command the three options that say which index it works with."""
    return _folder_option(_collection_option(_catalogue_option(command)))


def indexes_option(command: Command) -> Command:
    """Give a command the options that say which indexes it works with, as if they were one."""
    return _folder_option(_collections_option(_all_collections_option(_catalogue_option(command))))


def reading_options(command: Command) -> Command:
    """Give a command the options that say which files are read, how they are cut, and where that may go."""
    for option in (
        any_file_system_option,
        ocr_languages_option,
        ocr_option,
        ignore_option,
        overlap_option,
        passage_option,
        window_option,
    ):
        command = option(command)
    return command


def engine_options(command: Command) -> Command:
    """Give a command the options that say on which machines an ingest reads and embeds."""
    for option in (ray_gpus_option, ray_encoders_option, ray_readers_option, engine_option):
        command = option(command)
    return command


def shared_options(command: Command) -> Command:
    """Give a command the options that all commands share which work with an index."""
    return _with_shared(command, index_option)


def searching_options(command: Command) -> Command:
    """Give a command the same, where it works with several indexes, too."""
    return _with_shared(command, indexes_option)


def _with_shared(command: Command, indexes: Callable[[Command], Command]) -> Command:
    shared = (
        indexes,
        models_option,
        model_option,
        device_option,
        dtype_option,
        offline_option,
        quiet_option,
    )
    for option in reversed(shared):
        command = option(command)
    return command
