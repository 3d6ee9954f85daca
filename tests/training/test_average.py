"""Two distillations become one."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from index_data.errors import UsageError
from training.average import average


def distilled(work: Path, weights: dict[str, Tensor]) -> Path:
    (work / "distil").mkdir(parents=True)
    save_file(weights, work / "distil" / "model.safetensors")
    (work / "distil" / "losses.jsonl").write_text(f'{{"step": 1, "loss": {float(weights["a"][0])}}}\n')
    return work


def test_it_is_the_mean_of_both_and_knows_the_losses_of_the_other(tmp_path: Path) -> None:
    one = distilled(tmp_path / "one", {"a": torch.tensor([1.0, 3.0])})
    other = distilled(tmp_path / "other", {"a": torch.tensor([3.0, 4.0])})
    average(one, other)
    assert load_file(one / "average" / "model.safetensors")["a"].tolist() == [2.0, 3.5]
    assert (one / "average" / "losses.jsonl").read_text() == (other / "distil" / "losses.jsonl").read_text()


def test_without_another_none_is_left(tmp_path: Path) -> None:
    one = distilled(tmp_path / "one", {"a": torch.ones(1)})
    average(one, distilled(tmp_path / "other", {"a": torch.ones(1)}))
    average(one, None)
    assert not (one / "average").exists()


def test_what_does_not_fit_is_refused(tmp_path: Path) -> None:
    one = distilled(tmp_path / "one", {"a": torch.ones(1)})
    with pytest.raises(UsageError, match="missing"):
        average(one, tmp_path / "nowhere")
    with pytest.raises(UsageError, match="another shape"):
        average(one, distilled(tmp_path / "other", {"a": torch.ones(2)}))
