"""How many readers and encoders a cluster gets, and what each of them takes of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from index_data.errors import UsageError

_ENCODER_CPUS = 4
"""Cores of an encoder without a GPU; the weights are in memory once for each encoder."""
_READERS_OF_A_GPU = 4


@dataclass(frozen=True, slots=True)
class Wishes:
    """What was asked for; None leaves it to the cluster."""

    readers: int | None = None
    encoders: int | None = None
    gpus: float | None = None
    """GPUs of each encoder, or the part of one."""


@dataclass(frozen=True, slots=True)
class Staff:
    """Who works."""

    readers: int
    encoders: int
    encoder_cpus: int
    """Cores of each encoder, and threads that it computes with."""
    encoder_gpus: float
    reader_cpus: int
    """What Ray sets aside for each reader: nothing where encoders are to have all cores."""

    def __str__(self) -> str:
        each = f"{self.encoder_gpus:g} GPU" if self.encoder_gpus else f"{self.encoder_cpus} CPU"
        return f"encoders: {self.encoders} ({each} each), readers: {self.readers}"


def staff(nodes: Sequence[Mapping[str, float]], wishes: Wishes, *, on_gpus: bool) -> Staff:
    """Take what fits `nodes`, each with its resources by Ray's names; GPUs only if `on_gpus`.

    Raises:
        UsageError: what was asked for does not fit.
    """
    cores = [int(node.get("CPU", 0)) for node in nodes]
    gpus = [node.get("GPU", 0.0) for node in nodes] if on_gpus else []
    if any(gpus) or (wishes.gpus and on_gpus):
        each = wishes.gpus or 1.0
        most = sum(int(on_node / each) for on_node in gpus)
        encoders = _fitting(wishes.encoders, most, f"{each:g} GPU")
        spare = sum(cores) - encoders
        readers = wishes.readers or max(1, min(spare, _READERS_OF_A_GPU * encoders))
        return Staff(readers, encoders, 1, each, reader_cpus=int(readers <= spare))
    usable = [count for count in cores if count]
    if not usable:
        raise UsageError("the Ray cluster has no cores to compute on", remedy="Add a node to it.")
    fair = sum(usable) // wishes.encoders if wishes.encoders else _ENCODER_CPUS
    threads = max(1, min(fair, *usable))
    most = sum(count // threads for count in usable)
    encoders = _fitting(wishes.encoders, most, f"{threads} CPU")
    return Staff(wishes.readers or max(1, sum(usable) // 2), encoders, threads, 0.0, reader_cpus=0)


def _fitting(asked: int | None, most: int, each: str) -> int:
    if most < (asked or 1):
        raise UsageError(
            f"the Ray cluster has no room for {asked or 1} encoders of {each} each, but for {most}",
            remedy="Choose fewer --ray-encoders, or a smaller part of a GPU by --ray-gpus.",
        )
    return asked or most
