"""The tensors of a checkpoint, handed out by name and shape until none is left."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import torch
from torch import Tensor

from encoder.networks.gate import Gate, JoinedGate
from encoder.networks.linear import Activation, Int8Linear, Linear, PackedLinear


class Weights:
    """What a network takes its tensors from; each is moved to the device when it is taken."""

    def __init__(
        self,
        tensors: Mapping[str, Tensor],
        device: torch.device,
        dtype: torch.dtype,
        *,
        int8: bool = False,
        learning: bool = False,
        prefixes: Sequence[str] = (),
        unused: Sequence[str] = (),
    ) -> None:
        """Hold `tensors` as they were published.

        A name may begin with one of `prefixes` or not; names that begin with one of `unused` are left alone.
        With `int8`, linear layers compute in it; all else is in `dtype`. With `learning`, gradients flow back
        to `tensors`, which packed layers let none through to.
        """
        self._left = {
            name: tensor
            for name, tensor in ((_without(prefixes, name), tensor) for name, tensor in tensors.items())
            if not name.startswith(tuple(unused))
        }
        self.device = device
        self.dtype = dtype
        self._int8 = int8
        self._learning = learning

    def take(self, name: str, *shape: int) -> Tensor:
        """Hand out a tensor in the dtype of the network.

        Raises:
            ValueError: it is missing, taken already, or of another shape.
        """
        return self._raw(name, shape).to(self.device, self.dtype)

    def linear(
        self,
        names: str | Iterable[str],
        inputs: int,
        outputs: int | Sequence[int],
        *,
        bias: bool = True,
        activation: Activation = Activation.NONE,
    ) -> Linear:
        """Hand out linear layers over the same inputs as one, their outputs side by side.

        Raises:
            ValueError: a weight or bias is missing, taken already, or of another shape.
        """
        names, outputs = (
            ([names] if isinstance(names, str) else list(names)),
            ([outputs] if isinstance(outputs, int) else list(outputs)),
        )
        pairs = list(zip(names, outputs, strict=True))
        weight = torch.cat([self._raw(f"{name}.weight", (size, inputs)) for name, size in pairs])
        biases = [self._raw(f"{name}.bias", (size,)) for name, size in pairs] if bias else []
        kind = self._kind()
        return kind(
            weight.to(self.device, self.dtype),
            torch.cat(biases).to(self.device, self.dtype) if biases else None,
            activation,
        )

    def gate(self, gate: str, up: str, inputs: int, outputs: int, activation: Activation) -> Gate:
        """Hand out the gated way up of a feed-forward layer, without biases.

        Raises:
            ValueError: a weight is missing, taken already, or of another shape.
        """
        if self.device.type == "cuda":
            return JoinedGate(self.linear([gate, up], inputs, [outputs] * 2, bias=False), activation)
        return Gate(
            self.linear(gate, inputs, outputs, bias=False, activation=activation),
            self.linear(up, inputs, outputs, bias=False),
        )

    def done(self) -> None:
        """Say that the network has all it needs.

        Raises:
            ValueError: something is left over.
        """
        if self._left:
            raise ValueError(f"{len(self._left)} weights are not known, {min(self._left)} among them")

    def _kind(self) -> type[Linear]:
        if self._int8:
            return Int8Linear
        packed = self.device.type == "cpu" and not self._learning and PackedLinear.is_possible(self.dtype)
        return PackedLinear if packed else Linear

    def _raw(self, name: str, shape: tuple[int, ...]) -> Tensor:
        if name not in self._left:
            raise ValueError(f"{name} is missing")
        tensor = self._left.pop(name)
        if tuple(tensor.shape) != shape:
            raise ValueError(f"{name} has the shape {tuple(tensor.shape)}, not {shape}")
        return tensor


def rescaled(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Make float32 of each tensor `X` in int8, whose rows are stored in units of their own, `X_scale`.

    Raises:
        ValueError: the units are missing, or are not float32 (R,), one for each row.
    """
    whole = dict(tensors)
    for name, tensor in tensors.items():
        if tensor.dtype is torch.int8:
            scale = whole.pop(f"{name}_scale", None)
            if scale is None:
                raise ValueError(f"{name}_scale is missing")
            if scale.dtype is not torch.float32 or scale.shape != tensor.shape[:1]:
                raise ValueError(f"{name}_scale is {scale.dtype} {tuple(scale.shape)}, not one float32 a row")
            whole[name] = tensor * scale.view(-1, *[1] * (tensor.dim() - 1))
    return whole


def _without(prefixes: Sequence[str], name: str) -> str:
    for prefix in prefixes:
        if name.startswith(prefix):
            return name[len(prefix) :]
    return name
