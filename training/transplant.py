"""The transplant: the teacher's body under the new vocabulary, pieces placed by their English neighbours."""

import logging
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import save_file
from tokenizers import Tokenizer
from torch import Tensor
from torch.nn.functional import normalize

from training import teacher
from training.body import TABLE

LOG = logging.getLogger("training.transplant")
TEMPERATURE = 0.05
NEIGHBOURS = 10
BLOCK = 2048
COPIED = ("[PAD]", "[UNK]", "[CLS]", "[SEP]")


def twin(piece: str) -> str:
    """Return how the teacher's vocabulary writes the same string: `▁word` is `word`, `ing` is `##ing`."""
    if piece.startswith("▁"):
        return piece[1:]
    return f"##{piece}" if piece.isalnum() else piece


def respelled(word_piece: str) -> str:
    """Return how the new vocabulary would see a piece of the teacher's: the inverse of `twin`."""
    if word_piece.startswith("##"):
        return word_piece[2:]
    return f"▁{word_piece}" if word_piece.isalnum() else word_piece


def word_piece_vectors(
    names: list[str], tokenizer: Tokenizer, vectors: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Return the sum of the static vectors of each word piece: (word pieces, D) float32."""
    found = np.zeros((len(names), vectors.shape[1]), dtype=np.float32)
    for at, name in enumerate(names):
        if not name.startswith("["):
            ids = [token.id for token in tokenizer.model.tokenize(respelled(name))]
            found[at] = vectors[ids].sum(0)
    return found


def neighbour_means(pieces: Tensor, words: Tensor, embeddings: Tensor) -> Tensor:
    """Return the softmax-weighted mean of the embeddings of the nearest word pieces: (pieces, D) float32.

    `pieces` (pieces, S), `words` (word pieces, S) lie in the static space; `embeddings` is (word pieces, D).
    """
    unit = normalize(words, dim=1)
    blocks = []
    for block in torch.split(normalize(pieces, dim=1), BLOCK):
        scores, nearest = (block @ unit.T).topk(NEIGHBOURS, dim=1)  # (block, neighbours)
        weights = torch.softmax(scores / TEMPERATURE, dim=1)
        blocks.append((weights[:, :, None] * embeddings[nearest]).sum(1))
    return torch.cat(blocks)


def transplant_table(
    pieces: Mapping[str, int], words: Mapping[str, int], means: Tensor, embeddings: Tensor
) -> tuple[Tensor, int]:
    """Return the new table (pieces, D) float32 and how many rows are copies of a twin's vector."""
    table = means.clone()
    copied = 0
    for piece, at in pieces.items():
        name = piece if piece in COPIED else twin(piece)
        if name in words:
            table[at] = embeddings[words[name]]
            copied += 1
        elif piece.startswith("<0x"):
            table[at] = embeddings.mean(0)
    return table, copied


def make_transplant(work: Path) -> None:
    """Write `work/transplant/model.safetensors`: float32 weights as `BertModel` names them."""
    folder = work / "transplant"
    if (folder / "model.safetensors").exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer = Tokenizer.from_file(str(work / "static" / "tokenizer.json"))
    vectors = np.load(work / "static" / "vectors.npy")
    weights = teacher.load_weights()
    words = teacher.load_tokenizer().get_vocab()
    usable = {name: at for name, at in words.items() if not name.startswith("[")}
    places = torch.tensor(list(usable.values()))
    in_static = torch.from_numpy(word_piece_vectors(list(usable), tokenizer, vectors))
    means = neighbour_means(torch.from_numpy(vectors), in_static, weights[TABLE][places])
    weights[TABLE], copied = transplant_table(tokenizer.get_vocab(), words, means, weights[TABLE])
    LOG.info("%d of %d pieces are copies", copied, len(means))
    partial = folder / "model.partial"
    save_file({name: value.contiguous() for name, value in weights.items()}, partial)
    partial.replace(folder / "model.safetensors")
