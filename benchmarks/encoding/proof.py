"""Whether our network computes what a reference does, and whether an error would show."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from torch import Tensor

from benchmarks.encoding.token_vectors import FLOORS, Closeness, Ids, OurNetwork, closeness, furthest
from benchmarks.report import Table, say
from encoder.checkpoint import Checkpoint
from encoder.device import NumberFormat

FILLING = 512
"""Rows of no meaning behind a text that is read with some."""

READING = f"""\
Letters of a cell: cosine of the means of the token vectors / least cosine of a single token. Everything is
held against the reference in float32, one text at a time. A network is right if the two reach
{FLOORS[NumberFormat.FLOAT32]} in float32 and {FLOORS[NumberFormat.BFLOAT16]} in bfloat16; int8 is
measured, not judged. What is wrong on purpose must fail the test of float32 where a text is longer than the
stored window: shorter ones may not reach as far as the windows differ. In company, each text alone is held
against itself in a batch with others, against itself with {FILLING} rows of no meaning behind it, and against
the padded batch of the reference; the furthest of them all is shown."""
"""How to read `tables`."""


class Network(Protocol):
    """What computes token vectors."""

    def token_vectors(self, texts: Sequence[Ids]) -> list[Tensor]:
        """Read all of `texts` in one batch: float32 (T, D) of each."""
        ...


@dataclass(frozen=True, slots=True)
class Expected:
    """What a reference computes."""

    texts: Sequence[Ids]
    alone: list[Tensor]
    """Of each of `texts`, read by itself: float32 (T, D)."""
    together: Sequence[Ids]
    padded: list[Tensor]
    """Of each of `together`, read in one batch: float32 (T, D)."""

    @classmethod
    def of(cls, reference: Network, texts: Sequence[Ids], together: Sequence[Ids]) -> Expected:
        """Let `reference` read."""
        return cls(texts, _alone(reference, texts), together, reference.token_vectors(together))


@dataclass(frozen=True, slots=True)
class Proof:
    """How near a network came to its reference."""

    window: int
    """Tokens that the sliding layers see; 0: there are none."""
    lengths: tuple[int, ...]
    against: dict[str, list[Closeness]]
    """For each number format, and each network beside ours, the texts of `lengths`."""
    controls: dict[str, list[Closeness]]
    """For each error the same texts, in float32."""
    company: dict[str, dict[str, Closeness]]
    """For each number format, by company, the furthest of the texts."""

    def faults(self) -> Iterator[str]:
        """Say what is not as it should be."""
        for number_format, floor in FLOORS.items():
            found = dict(zip(self.lengths, self.against.get(number_format, []), strict=False))
            held = {f"{length} tokens": pair for length, pair in found.items()}
            for what, pair in (held | self.company.get(number_format, {})).items():
                if not pair.reaches(floor):
                    yield f"{number_format}, {what}: {pair}"
        for error, pairs in self.controls.items():
            for length, pair in zip(self.lengths, pairs, strict=True):
                if length > self.window and pair.reaches(FLOORS[NumberFormat.FLOAT32]):
                    yield f"{error} is not seen at {length} tokens: {pair}"


def prove(
    checkpoint: Checkpoint,
    expected: Expected,
    formats: Sequence[NumberFormat],
    beside: Mapping[str, Callable[[], Network]],
) -> Proof:
    """Hold our network in each of `formats`, those `beside` it and wrong ones against what is `expected`."""
    against, company, controls = {}, {}, {}
    for number_format in formats:
        say(f"  {number_format}")
        ours = OurNetwork(checkpoint, number_format)
        against[str(number_format)] = list(map(closeness, _alone(ours, expected.texts), expected.alone))
        company[str(number_format)] = _in_company(ours, expected)
    for name, load in beside.items():
        say(f"  {name}")
        against[name] = list(map(closeness, _alone(load(), expected.texts), expected.alone))
    for error, changes in errors(checkpoint.config).items():
        say(f"  {error}")
        wrong = OurNetwork(replace(checkpoint, config=checkpoint.config | changes), NumberFormat.FLOAT32)
        controls[error] = list(map(closeness, _alone(wrong, expected.texts), expected.alone))
    lengths = tuple(len(text) for text in expected.texts)
    return Proof(window_of(checkpoint.config), lengths, against, controls, company)


def _in_company(ours: OurNetwork, expected: Expected) -> dict[str, Closeness]:
    alone = _alone(ours, expected.together)
    companies = {
        "packed": ours.token_vectors(expected.together),
        "filled up": [ours.token_vectors([text], filling=FILLING)[0] for text in expected.together],
        "padded by the reference": expected.padded,
    }
    return {name: furthest(list(map(closeness, alone, others))) for name, others in companies.items()}


def _alone(network: Network, texts: Sequence[Ids]) -> list[Tensor]:
    return [network.token_vectors([text])[0] for text in texts]


def errors(config: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Name changes of a configuration that must not pass."""
    window = window_of(config)
    if not window:
        return {"causal": {"model_type": "qwen3", "use_bidirectional_attention": False}}
    return {
        "half the window": {"sliding_window": window // 2},
        "double the window": {"sliding_window": window * 2},
        "one token less on each side": {"sliding_window": window - 2},
    }


def window_of(config: Mapping[str, Any]) -> int:
    """Read how many tokens the sliding layers see; 0: there are none."""
    return config["sliding_window"] if "sliding_attention" in config.get("layer_types", ()) else 0


def tables(proofs: Mapping[str, Proof]) -> list[Table]:
    """Lay out for each network what is right, what is wrong on purpose, and the same texts in company."""
    laid_out = []
    for name, proof in proofs.items():
        for title, columns in (
            ("against the reference", proof.against),
            ("wrong on purpose", proof.controls),
        ):
            rows = [
                (f"{length:,} tokens", *(str(found[number]) for found in columns.values()))
                for number, length in enumerate(proof.lengths)
            ]
            laid_out.append(Table(f"{name}, {title}", ("", *columns), tuple(rows)))
    rows = [
        (f"{name}, {number_format}", *map(str, company.values()))
        for name, proof in proofs.items()
        for number_format, company in proof.company.items()
    ]
    companies = ("", "packed", "filled up", "padded by the reference")
    return [*laid_out, Table("In company", companies, tuple(rows))]
