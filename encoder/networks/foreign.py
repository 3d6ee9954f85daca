"""Networks that are not computed here: those that transformers knows, and never by code of a folder."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from encoder.checkpoint import Checkpoint
from encoder.networks.layout import Layout
from index_data.errors import EncoderUnavailable

_POSITIONS_FROM_PADDING = {"data2vec-text", "ibert", "longformer", "luke", "mpnet", "xlm-roberta-xl", "xmod"}
"""Kinds that leave out the positions up to that of padding, as RoBERTa does."""
_USUAL_POSITIONS = 512
"""What a kind without learned positions was most likely trained on."""
_OWN_ATTENTION = (None, "eager", "sdpa")
"""Any other may be fetched from a hub and run."""
_REMEDY = "Fetch or copy the folder again."


def understood(checkpoint: Checkpoint) -> Checkpoint:
    """Say the sizes of a folder's network under the names that our own networks have for them.

    Raises:
        EncoderUnavailable: the kind is not known, or wants code that is not part of transformers.
    """
    from transformers import AutoConfig
    from transformers.models.auto.modeling_auto import MODEL_MAPPING_NAMES

    kind, folder = checkpoint.config["model_type"], checkpoint.folder
    wanted = "" if kind in MODEL_MAPPING_NAMES else "code of its own"
    wanted = wanted or ", ".join(_code_from_elsewhere(checkpoint.config))
    if wanted:
        raise EncoderUnavailable(
            f"the encoder in {folder} is of the kind {kind!r} and wants {wanted}, which is never run",
            remedy="Choose another; `dragoman models list` shows those that are known.",
        )
    try:
        config = AutoConfig.from_pretrained(folder, trust_remote_code=False, local_files_only=True)
        sizes = {"hidden_size": int(config.hidden_size), "vocab_size": int(config.vocab_size)}
    except (AttributeError, OSError, TypeError, ValueError) as error:
        raise EncoderUnavailable(_unusable(folder, error), remedy=_REMEDY) from error
    if config.is_encoder_decoder:
        raise EncoderUnavailable(
            f"the encoder in {folder} is of the kind {kind!r}, which also has a decoder",
            remedy="Choose another; `dragoman models list` shows those that are known.",
        )
    positions = int(getattr(config, "max_position_embeddings", 0) or 0)
    if kind in _POSITIONS_FROM_PADDING:
        positions -= int(config.pad_token_id) + 1
    sizes["max_position_embeddings"] = positions if positions > 0 else _USUAL_POSITIONS
    return replace(checkpoint, config=checkpoint.config | sizes)


class ForeignNetwork:
    """Token ids to token vectors, by the network of transformers that a folder names."""

    def __init__(self, checkpoint: Checkpoint, device: torch.device, dtype: torch.dtype) -> None:
        """Load the weights of an `understood` checkpoint.

        Raises:
            EncoderUnavailable: they cannot be loaded, or are not all there.
        """
        from transformers import AutoModel
        from transformers.utils import logging

        logging.set_verbosity_error()  # type: ignore[no-untyped-call]
        logging.disable_progress_bar()  # type: ignore[no-untyped-call]
        folder = checkpoint.folder
        try:
            network, told = AutoModel.from_pretrained(
                folder,
                dtype=dtype,
                trust_remote_code=False,
                use_safetensors=True,
                local_files_only=True,
                output_loading_info=True,
            )
        except (AttributeError, ImportError, OSError, RuntimeError, TypeError, ValueError) as error:
            raise EncoderUnavailable(_unusable(folder, error), remedy=_REMEDY) from error
        # What pools for a classifier is made up where it is not published, and never asked here.
        missing = sorted(name for name in told["missing_keys"] if "pooler" not in name)
        if missing:
            lacking = f"{len(missing)} weights are missing, {missing[0]} among them"
            raise EncoderUnavailable(_unusable(folder, lacking), remedy=_REMEDY)
        network.config.use_cache = False  # decoders keep what only the next token would need
        self._network = network.to(device)
        self._network.train(mode=False)

    def __call__(self, ids: Tensor, layout: Layout) -> Tensor:
        """Token vectors of sequences laid end to end: int64 (R,) in, (R, D) out."""
        computed = []
        start = 0
        for run in layout.runs:
            end = start + run.count * run.length
            batch = ids[start:end].view(run.count, run.length)
            # No sequence of a run is shorter than another: the mask hides nothing.
            output = self._network(input_ids=batch, attention_mask=torch.ones_like(batch))
            computed.append(output.last_hidden_state.flatten(0, 1))
            start = end
        computed.append(computed[0].new_zeros(layout.rows - start, computed[0].shape[1]))
        return torch.cat(computed)


def _code_from_elsewhere(config: Mapping[str, Any]) -> Iterator[str]:
    """Name the kernels that a configuration asks for in place of the library's own."""
    for key, value in config.items():
        if isinstance(value, Mapping):
            yield from _code_from_elsewhere(value)
        elif key.endswith("_implementation") and value not in _OWN_ATTENTION:
            yield f"{key} {value!r}"


def _unusable(folder: Path, reason: object) -> str:
    return f"the encoder in {folder} cannot be loaded: {' '.join(str(reason).split())[:300]}"
