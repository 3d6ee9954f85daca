"""Chains of element-wise steps become one kernel on a GPU, which else goes through memory at each."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, wraps
from importlib.util import find_spec
from typing import Concatenate, ParamSpec

import torch
from torch import Tensor

WORTH_COMPILING = 1_024
"""Rows from which a compiled kernel is used: a single question must not wait for the compiler."""

Rest = ParamSpec("Rest")
Steps = Callable[Concatenate[Tensor, Rest], Tensor]


def fused(steps: Steps[Rest]) -> Steps[Rest]:
    """Compile `steps` where its first argument is a large tensor on CUDA; elsewhere take them one by one."""

    @cache
    def compiled() -> Steps[Rest]:
        return torch.compile(steps, dynamic=True)

    @wraps(steps)
    def chosen(rows: Tensor, /, *rest: Rest.args, **named: Rest.kwargs) -> Tensor:
        worth_it = rows.is_cuda and len(rows) >= WORTH_COMPILING and _has_compiler()
        return (compiled() if worth_it else steps)(rows, *rest, **named)

    return chosen


@cache
def _has_compiler() -> bool:
    return find_spec("triton") is not None
