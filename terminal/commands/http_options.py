"""The options of `dragoman serve` that are for HTTP."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar, cast

import click

from index_data.errors import UsageError
from terminal.settings import Settings

if TYPE_CHECKING:
    from terminal.service.http_opening import HttpWish

Command = TypeVar("Command", bound=Callable[..., object])

_FOR_INGESTS = ("models", "model", "device", "dtype")
"""Flags that an ingest takes over."""

_OPTIONS = (
    click.option(
        "--http",
        "address",
        metavar="[HOST:]PORT",
        help="Answer other programs by HTTP too, behind a token; 0 is any port that is free.",
    ),
    click.option(
        "--token-file",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="Keep the token there, the same one for every start. [default: a new one for each start]",
    ),
    click.option(
        "--allow-host",
        "hosts",
        multiple=True,
        metavar="NAME",
        help="Another name of this machine that requests may use; may be repeated.",
    ),
    click.option(
        "--allow-ingest",
        "roots",
        multiple=True,
        type=click.Path(path_type=Path, exists=True, file_okay=False),
        metavar="FOLDER",
        help="Let requests start ingests of what lies below it; may be repeated. [default: of nothing]",
    ),
    click.option(
        "--replica",
        is_flag=True,
        help="Be one of several behind a load balancer: only HTTP, a kept token, no ingests.",
    ),
    click.option(
        "--drain-seconds",
        type=click.FloatRange(0, 3_600),
        metavar="SECONDS",
        help="After SIGTERM /ready says 503, and requests are answered until a balancer sends no more; so "
        "long at most. [default: 30]",
    ),
    click.option(
        "--metrics-open",
        is_flag=True,
        help="Let /metrics, which holds no text, be read without the token.",
    ),
)
_TAKEN = ("address", "token_file", "hosts", "roots", "replica", "drain_seconds", "metrics_open")


def http_options(command: Command) -> Command:
    """Give a command these options."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def taken_wish(flags: dict[str, object], idle: float | None) -> tuple[str | None, dict[str, object]]:
    """Take what the options gave out of `flags`: the address, and the rest.

    Raises:
        UsageError: the rest is for HTTP, which is not asked for, or does not go together.
    """
    given = {name: flags.pop(name) for name in _TAKEN}
    address = cast("str | None", given.pop("address"))
    if address is None and any(value not in (None, (), False) for value in given.values()):
        raise UsageError("these options are for --http", remedy="dragoman serve --http 8765")
    if given["replica"] and given["token_file"] is None:
        raise UsageError(
            "replicas share a token",
            remedy="Name the file in which all of them find it: --token-file FILE",
        )
    if given["replica"] and idle:
        raise UsageError("a replica stays until it is told to end", remedy="Leave out --idle.")
    if given["replica"] and given["roots"]:
        raise UsageError(
            "a replica starts no ingests, of which the others would not know",
            remedy="Leave out --allow-ingest; what `dragoman ingest` or `watch` changes, all of them see.",
        )
    return address, given


def http_wish(
    settings: Settings, address: str, given: Mapping[str, object], flags: Mapping[str, object]
) -> HttpWish:
    """Make a wish of the options; an ingest takes over some of the other `flags`.

    Raises:
        UsageError: it would not be said into which of several collections an ingest goes.
    """
    from terminal.service.http_jobs import IngestRules
    from terminal.service.http_opening import USUAL_DRAIN, HttpWish

    if settings.several and given["roots"]:
        raise UsageError(
            "several collections are served, and none of them can be ingested into by HTTP",
            remedy="Leave out --allow-ingest, or serve one collection.",
        )
    taken = [(name, flags[name]) for name in _FOR_INGESTS if flags.get(name)]
    options = [word for name, value in taken for word in (f"--{name}", str(value))]
    roots = cast("tuple[Path, ...]", given["roots"])
    drain_seconds = cast("float | None", given["drain_seconds"])
    return HttpWish(
        address,
        cast("Path | None", given["token_file"]),
        cast("tuple[str, ...]", given["hosts"]),
        IngestRules(settings.index, tuple(root.absolute() for root in roots), tuple(options)),
        metrics_open=bool(given["metrics_open"]),
        drain_seconds=USUAL_DRAIN if drain_seconds is None else drain_seconds,
    )
