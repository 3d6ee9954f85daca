"""Write a BERT checkpoint with a WordPiece vocabulary as GGUF.

Run by scripts/served-models-test as `gguf_of_bert.py FOLDER FILE`, where gguf and safetensors are installed.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import gguf
import numpy as np
from safetensors.numpy import load_file

WHOLE = {
    "embeddings.word_embeddings": "token_embd",
    "embeddings.position_embeddings": "position_embd",
    "embeddings.token_type_embeddings": "token_types",
    "embeddings.LayerNorm": "token_embd_norm",
}
IN_LAYER = {
    "attention.self.query": "attn_q",
    "attention.self.key": "attn_k",
    "attention.self.value": "attn_v",
    "attention.output.dense": "attn_output",
    "attention.output.LayerNorm": "attn_output_norm",
    "intermediate.dense": "ffn_up",
    "output.dense": "ffn_down",
    "output.LayerNorm": "layer_output_norm",
}


def write(folder: Path, file: Path) -> None:
    """Copy sizes, vocabulary and weights, in float32."""
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    writer = gguf.GGUFWriter(file, "bert")
    writer.add_context_length(config["max_position_embeddings"])
    writer.add_embedding_length(config["hidden_size"])
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_block_count(config["num_hidden_layers"])
    writer.add_head_count(config["num_attention_heads"])
    writer.add_layer_norm_eps(config["layer_norm_eps"])
    writer.add_causal_attention(value=False)
    writer.add_pooling_type(gguf.PoolingType.MEAN)
    add_vocabulary(writer, (folder / "vocab.txt").read_text(encoding="utf-8").splitlines())
    for name, tensor in load_file(folder / "model.safetensors").items():
        if target := renamed(name.removeprefix("bert.")):
            writer.add_tensor(target, tensor.astype(np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def add_vocabulary(writer: gguf.GGUFWriter, pieces: list[str]) -> None:
    """Mark the beginnings of words, where WordPiece marks what goes on."""
    special = [piece.startswith("[") and piece.endswith("]") and len(piece) > 2 for piece in pieces]
    writer.add_tokenizer_model("bert")
    writer.add_token_type_count(2)
    writer.add_token_list(
        [
            piece if is_special else piece[2:] if piece.startswith("##") else f"▁{piece}"
            for piece, is_special in zip(pieces, special, strict=True)
        ]
    )
    kinds = (gguf.TokenType.NORMAL, gguf.TokenType.CONTROL)
    writer.add_token_types([kinds[is_special] for is_special in special])
    writer.add_bos_token_id(pieces.index("[CLS]"))
    writer.add_eos_token_id(pieces.index("[SEP]"))
    writer.add_sep_token_id(pieces.index("[SEP]"))
    writer.add_unk_token_id(pieces.index("[UNK]"))
    writer.add_pad_token_id(pieces.index("[PAD]"))


def renamed(name: str) -> str | None:
    """Translate a tensor's name; None for what embedding does not need."""
    stem, _, leaf = name.rpartition(".")
    if stem in WHOLE:
        return f"{WHOLE[stem]}.{leaf}"
    if not stem.startswith("encoder.layer."):
        return None
    number, _, part = stem.removeprefix("encoder.layer.").partition(".")
    return f"blk.{number}.{IN_LAYER[part]}.{leaf}"


if __name__ == "__main__":
    write(Path(sys.argv[1]), Path(sys.argv[2]))
