from __future__ import annotations

import pytest

from encoder.device import NumberFormat
from encoder.models.machine import Machine, known_gpu, known_gpus, this_machine
from encoder.models.registry import known_model
from encoder.models.requirements import activation_bytes, longest_window, weights_bytes
from index_data.errors import EncoderUnavailable

BIDIRLM = known_model("bidirlm-1b")
BFLOAT16, FLOAT32, INT8 = NumberFormat.BFLOAT16, NumberFormat.FLOAT32, NumberFormat.INT8


def machine(memory: float = 80e9, *, bfloat16: bool = True) -> Machine:
    return Machine("a machine", int(memory), bfloat16=bfloat16, int8=True)


def test_weights_are_as_large_as_they_are_published() -> None:
    published = 1907 * 2**20
    assert weights_bytes(BIDIRLM.shape, BFLOAT16, machine()) == pytest.approx(published, rel=0.001)
    assert weights_bytes(BIDIRLM.shape, FLOAT32, machine()) == pytest.approx(2 * published, rel=0.001)


def test_int8_makes_the_matrices_small_and_nothing_else() -> None:
    pieces, matrices = 262_144 * 1152, 26 * 26_836_992
    assert weights_bytes(BIDIRLM.shape, INT8, machine()) == matrices + 2 * pieces
    assert weights_bytes(BIDIRLM.shape, INT8, machine(bfloat16=False)) == matrices + 4 * pieces


def test_a_batch_of_64k_tokens_takes_about_4_gb() -> None:
    assert activation_bytes(BIDIRLM.shape, BFLOAT16, machine()) * 65_536 == pytest.approx(4e9, rel=0.25)


@pytest.mark.parametrize(
    ("tokens", "window"), [(100_000, 32_768), (8_000, 8_000), (512, 512), (511, 0), (-9, 0)]
)
def test_what_is_left_beside_the_weights_holds_the_window(tokens: int, window: int) -> None:
    needed = weights_bytes(BIDIRLM.shape, BFLOAT16, machine()) + (tokens + 0.5) * activation_bytes(
        BIDIRLM.shape, BFLOAT16, machine()
    )
    assert longest_window(BIDIRLM, BFLOAT16, machine(needed / 0.9)) == window


def test_gpus_are_known_by_name() -> None:
    assert known_gpu("H100").memory > 79 * 2**30
    assert known_gpu("h100").formats == (BFLOAT16, FLOAT32)
    assert known_gpu("t4").formats == (FLOAT32,)
    assert all(INT8 not in gpu.formats for gpu in known_gpus().values())
    with pytest.raises(EncoderUnavailable, match="no GPU is known as rtx4090") as told:
        known_gpu("rtx4090")
    assert "Did you mean rtx-4090?" in told.value.remedy


def test_this_machine_has_memory_for_the_built_in_encoder() -> None:
    here = this_machine("cpu")
    assert here.formats[0] in {BFLOAT16, FLOAT32}
    assert longest_window(known_model("builtin"), here.formats[0], here) == 512
