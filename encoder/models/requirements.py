"""How much memory a known model takes, from its shape alone; nothing is loaded or measured here."""

from __future__ import annotations

from encoder.device import NumberFormat
from encoder.models.machine import Machine
from encoder.models.registry import KnownModel, Shape

USABLE_SHARE = 0.9
"""Of a device's memory: the rest is for the driver, the program and what the allocator wastes."""


def weights_bytes(shape: Shape, number_format: NumberFormat, machine: Machine) -> int:
    """Bytes of all weights; in int8 only matrices are small, and not the vectors of pieces and positions."""
    matrices = shape.layers * shape.layer_parameters + shape.head_parameters
    size = _number_bytes(number_format, machine)
    return matrices * (1 if number_format is NumberFormat.INT8 else size) + shape.table_parameters * size


def activation_bytes(shape: Shape, number_format: NumberFormat, machine: Machine) -> int:
    """Bytes that one token of a batch takes while a layer is computed.

    At the peak some ten values of the hidden size are alive, for the residual, the norms, queries, keys,
    values and what is added up in float32, beside the gate and the way up of the feed-forward layer, so
    10 * hidden + 2 * intermediate values. Attention adds nothing that grows with the square of the length.
    """
    return (10 * shape.hidden + 2 * shape.intermediate) * _number_bytes(number_format, machine)


def longest_window(model: KnownModel, number_format: NumberFormat, machine: Machine) -> int:
    """Tokens of the longest window that fits beside the weights; 0: not even a usual one does."""
    left = USABLE_SHARE * machine.memory - weights_bytes(model.shape, number_format, machine)
    tokens = int(left // activation_bytes(model.shape, number_format, machine))
    return min(tokens, model.window) if tokens >= model.usual_window else 0


def _number_bytes(number_format: NumberFormat, machine: Machine) -> int:
    """Bytes of a number outside of matrices in int8; those beside them are as the machine computes best."""
    if number_format is NumberFormat.INT8:
        number_format = NumberFormat.BFLOAT16 if machine.bfloat16 else NumberFormat.FLOAT32
    return 4 if number_format is NumberFormat.FLOAT32 else 2
