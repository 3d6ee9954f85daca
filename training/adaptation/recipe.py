"""The recipe (BidirLM, arXiv 2604.02045): attention both ways, masked prediction, merge, contrast."""

import json
import logging
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

from encoder.checkpoint import BIDIRLM_PROMPT, Checkpoint
from encoder.device import Placement
from index_data.errors import UsageError
from training.adaptation.adapters import attach, fold
from training.adaptation.contrast import Contrast
from training.adaptation.folder import write_folder
from training.adaptation.masked import MaskedPrediction
from training.adaptation.network import Network, Weights, load, merged, open_base, stored_dtype
from training.adaptation.rows import Pairs, Texts
from training.adaptation.sequences import Reader, mask_token
from training.adaptation.stage import (
    Length,
    Saving,
    Schedule,
    Step,
    train,
    warm_stable_decay,
    warm_then_falling,
)

LOG = logging.getLogger("training.adapt")


@dataclass(frozen=True, slots=True)
class Stage:
    """How long, how fast and in batches of how many rows a stage trains."""

    length: Length
    rate: float
    batch: int


@dataclass(frozen=True, slots=True)
class Recipe:
    """What is done to a base; the defaults are those of BidirLM-1B, on smaller batches."""

    text: tuple[Path, ...] = ()
    """Files in whose texts tokens are hidden; without any there is no such stage and no merge."""
    pairs: tuple[Path, ...] = ()
    """Files of pairs; without any there is no contrast."""
    prediction: Stage = Stage(Length(minutes=60), 7e-5, 256)
    contrast: Stage = Stage(Length(minutes=60), 1e-4, 512)
    mask_ratio: float = 0.3
    merge: float = 0.5
    """Share of the adapted weights; the rest is the base's."""
    temperature: float = 0.05
    warm_up: int = 500
    """Steps of the contrast."""
    prompt: str = BIDIRLM_PROMPT
    """Put before queries."""
    lora_rank: int | None = None
    """None trains all weights."""
    max_tokens: int = 512
    micro_tokens: int = 4096
    """The most tokens that go through the network at once; results do not depend on it."""
    both_ways: bool = True
    """Off, the base stays causal: to compare with."""
    seed: int = 42


class Adaptation:
    """A recipe carried out on a base, in a folder of work that outlives the process."""

    def __init__(
        self, base: Path, recipe: Recipe, work: Path, placement: Placement, save_minutes: float = 10.0
    ) -> None:
        """Open the base and the folder of work.

        Raises:
            EncoderUnavailable: the base cannot be adapted.
            UsageError: there is nothing to train on, the data is not as it should be, or the work was begun
                on another base or recipe.
        """
        if not recipe.text and not recipe.pairs:
            raise UsageError("there is nothing to train on", remedy="Name files by --text, --pairs or both.")
        self._recipe, self._work, self._placement = recipe, work, placement
        self._save_minutes = save_minutes
        self._base: Checkpoint = open_base(base, both_ways=recipe.both_ways)
        self._max_tokens = min(recipe.max_tokens, self._base.max_tokens)
        self._reader = Reader(self._base, self._max_tokens)
        self._texts = Texts(recipe.text)
        self._sets = [Pairs(path) for path in recipe.pairs]
        work.mkdir(parents=True, exist_ok=True)
        facts = {"base": self._base.digest(), **asdict(recipe)}
        del facts["micro_tokens"]  # what does not fit may go on in smaller parts
        _agree(work / "recipe.json", facts)

    def write(self, folder: Path) -> None:
        """Carry out what is not done yet, and write the encoder to `folder`, which must not exist.

        Raises:
            UsageError: the folder exists, or a text is not as it should be.
        """
        if folder.exists():
            raise UsageError(f"{folder} exists already", remedy="Name another --out, or remove it.")
        recipe = self._recipe
        network = load(self._base)
        if recipe.text:
            adapted = self._predicted(network)
            network.model.load_state_dict(merged(load(self._base).model.state_dict(), adapted, recipe.merge))
        if recipe.pairs:
            network.model.load_state_dict(self._contrasted(network))
        dtype = stored_dtype(self._base)
        weights = network.model.state_dict()
        write_folder(folder, self._base, weights, dtype, recipe.prompt, self._max_tokens)
        LOG.info("%s written", folder)

    def _predicted(self, network: Network) -> Weights:
        recipe = self._recipe
        mask_id, what = mask_token(self._base)
        LOG.info("a hidden token is replaced by %s", what)
        step = MaskedPrediction(
            network,
            self._texts,
            self._reader,
            mask_id,
            recipe.mask_ratio,
            recipe.prediction.batch,
            recipe.micro_tokens,
            recipe.seed,
        )
        return self._trained("prediction", network, step, recipe.prediction, warm_stable_decay)

    def _contrasted(self, network: Network) -> Weights:
        recipe = self._recipe
        step = Contrast(
            network,
            self._sets,
            self._reader,
            recipe.prompt,
            recipe.temperature,
            recipe.contrast.batch,
            recipe.micro_tokens,
            recipe.seed,
        )
        falling = warm_then_falling(recipe.warm_up)
        return self._trained("contrast", network, step, recipe.contrast, falling)

    def _trained(self, name: str, network: Network, step: Step, stage: Stage, schedule: Schedule) -> Weights:
        """Train `network` by a stage, unless that is done; return the weights of all but its head."""
        folder = self._work / name
        done = folder / "model.safetensors"
        if done.exists():
            return load_file(done)
        rank = self._recipe.lora_rank
        adapters = attach(network, rank, self._recipe.seed) if rank else None
        whole: torch.nn.Module = network
        whole.to(self._placement.device)
        parameters = {name: value for name, value in network.named_parameters() if value.requires_grad}
        with self._number_format():
            steps = train(
                parameters,
                step,
                stage.length,
                (stage.rate, schedule),
                Saving(folder, self._save_minutes),
            )
        whole.to("cpu")
        if adapters is not None:
            fold(adapters)
        LOG.info("%s: %d steps", name, steps)
        weights: Weights = {name: value.contiguous() for name, value in network.model.state_dict().items()}
        partial = done.with_suffix(".partial")
        save_file(weights, partial)
        partial.replace(done)
        Saving(folder).checkpoint.unlink(missing_ok=True)
        return weights

    def _number_format(self) -> torch.autocast:
        """Multiply in bfloat16 where the device does so natively; the weights stay float32."""
        return torch.autocast(
            self._placement.device.type,
            dtype=torch.bfloat16,
            enabled=self._placement.dtype is torch.bfloat16,
            cache_enabled=False,  # a kept copy would have no gradient, and be old after a step
        )


def _agree(path: Path, facts: dict[str, object]) -> None:
    """Write down what a folder of work is for, or compare it with what is written there."""
    stated = json.dumps(facts, indent=2, default=str) + "\n"
    if path.exists() and path.read_text(encoding="utf-8") != stated:
        raise UsageError(
            f"{path.parent} was begun on another base or with other options",
            remedy="Repeat those options, which are in its recipe.json, or name another --work.",
        )
    path.write_text(stated, encoding="utf-8")
