"""Any other folder of sentence-transformers against its own library, on small random weights."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from transformers import (
    AutoModel,
    DistilBertConfig,
    ModernBertConfig,
    MPNetConfig,
    PreTrainedConfig,
    Qwen2Config,
)

from encoder.checkpoint import resolve
from encoder.device import NumberFormat, place
from encoder.embedder import TransformerEmbedder
from encoder.interface import Window
from encoder.networks.batching import Run
from encoder.networks.foreign import ForeignNetwork, understood
from encoder.networks.layout import Layout
from index_data.errors import EncoderUnavailable

CPU = torch.device("cpu")
SPECIALS = ["<s>", "<pad>", "</s>", "<unk>"]
WORDS = ["query:", *(f"w{number}" for number in range(40))]
VOCABULARY = len(SPECIALS) + len(WORDS)
POSITIONS = 40
SIZES: dict[str, Any] = {"vocab_size": VOCABULARY, "pad_token_id": 1, "initializer_range": 0.3}
USUAL: dict[str, Any] = {
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 48,
}
KINDS: dict[str, PreTrainedConfig] = {
    "mpnet": MPNetConfig(**SIZES, **USUAL, max_position_embeddings=POSITIONS + 2),
    "distilbert": DistilBertConfig(
        **SIZES, dim=32, n_layers=2, n_heads=4, hidden_dim=48, max_position_embeddings=POSITIONS
    ),
    "modernbert": ModernBertConfig(**SIZES, **USUAL, max_position_embeddings=POSITIONS, local_attention=8),
}
TEXTS = ["w1", "w2 w3 w4 w5", " ".join(WORDS[1 : POSITIONS - 2]), "w9 w8 w7 w6", "w5 unknown w5"]


def _folder(where: Path, config: PreTrainedConfig, pooling: str = "mean", *, dense: bool = False) -> Path:
    """Write a folder as sentence-transformers does."""
    torch.manual_seed(7)
    folder = where / f"{config.model_type}-{pooling}"
    AutoModel.from_config(config).save_pretrained(folder)  # type: ignore[no-untyped-call]
    _tokenizer().save(str(folder / "tokenizer.json"))
    special = {"cls_token": "<s>", "sep_token": "</s>", "pad_token": "<pad>", "unk_token": "<unk>"}
    _write(folder / "tokenizer_config.json", special | {"tokenizer_class": "PreTrainedTokenizerFast"})
    _write(folder / "sentence_bert_config.json", {"max_seq_length": POSITIONS, "do_lower_case": False})
    _write(folder / "config_sentence_transformers.json", {"prompts": {"query": "query: ", "document": ""}})
    steps = {"Transformer": "", "Pooling": "1_Pooling"} | ({"Dense": "2_Dense"} if dense else {})
    modules = [
        {"idx": n, "name": str(n), "path": path, "type": f"sentence_transformers.models.{step}"}
        for n, (step, path) in enumerate(steps.items())
    ]
    _write(folder / "modules.json", modules)
    (folder / "1_Pooling").mkdir()
    flags = {"mean": "mean_tokens", "cls": "cls_token", "lasttoken": "lasttoken", "max": "max_tokens"}
    modes = {f"pooling_mode_{flag}": name == pooling for name, flag in flags.items()}
    _write(folder / "1_Pooling" / "config.json", {"word_embedding_dimension": 32} | modes)
    if dense:
        (folder / "2_Dense").mkdir()
        activation = "torch.nn.modules.activation.Tanh"
        sizes = {"in_features": 32, "out_features": 12, "bias": True, "activation_function": activation}
        _write(folder / "2_Dense" / "config.json", sizes)
        weights = {"linear.weight": torch.randn(12, 32), "linear.bias": torch.randn(12)}
        save_file(weights, folder / "2_Dense" / "model.safetensors")
    return folder


def _write(path: Path, content: object) -> None:
    path.write_text(json.dumps(content))


def _tokenizer() -> Tokenizer:
    pieces = {piece: number for number, piece in enumerate([*SPECIALS, *WORDS])}
    tokenizer = Tokenizer(models.WordLevel(pieces, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    return tokenizer


def _expected(folder: Path, texts: list[str], prompt: str) -> NDArray[np.float32]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from sentence_transformers import SentenceTransformer

        model = SentenceTransformer(str(folder), device="cpu", local_files_only=True)
        vectors = model.encode(texts, prompt_name=prompt, normalize_embeddings=True)
    return np.asarray(vectors, dtype=np.float32)


def _embedder(folder: Path) -> TransformerEmbedder:
    return TransformerEmbedder(resolve(str(folder)), place("cpu", NumberFormat.FLOAT32))


@pytest.mark.parametrize("pooling", ["mean", "cls", "lasttoken"])
@pytest.mark.parametrize("kind", KINDS)
def test_vectors_equal_those_of_sentence_transformers(kind: str, pooling: str, tmp_path: Path) -> None:
    folder = _folder(tmp_path, KINDS[kind], pooling)
    embedder = _embedder(folder)
    windows = [Window(text, ((0, len(text)),)) for text in TEXTS]
    passages = embedder.embed_passages(windows)
    assert (passages * _expected(folder, TEXTS, "document")).sum(axis=1).min() >= 0.99999
    short = [text for text in TEXTS if len(text) < 20]
    queries = embedder.embed_queries(short)
    assert (queries * _expected(folder, short, "query")).sum(axis=1).min() >= 0.99999
    assert (queries * embedder.embed_passages(windows[:2] + windows[3:])).sum(axis=1).min() < 0.999


@pytest.mark.parametrize("pooling", ["mean", "cls", "lasttoken"])
def test_every_token_has_its_vector_however_a_text_is_pooled(pooling: str, tmp_path: Path) -> None:
    folder = _folder(tmp_path, KINDS["mpnet"], pooling)
    [vectors] = _embedder(folder).token_vectors(["w1 w2 w3"])
    reference = AutoModel.from_pretrained(folder)
    with torch.inference_mode():
        ids = torch.tensor([[0, *(4 + WORDS.index(word) for word in ("w1", "w2", "w3")), 2]])
        hidden = reference(input_ids=ids).last_hidden_state[0, 1:-1]
    assert (vectors * torch.nn.functional.normalize(hidden, dim=1).numpy()).sum(axis=1).min() >= 0.99999


def test_a_dense_layer_behind_pooling_counts(tmp_path: Path) -> None:
    folder = _folder(tmp_path, KINDS["mpnet"], dense=True)
    vectors = _embedder(folder).embed_passages([Window(text, ((0, len(text)),)) for text in TEXTS])
    assert vectors.shape == (len(TEXTS), 12)
    assert (vectors * _expected(folder, TEXTS, "document")).sum(axis=1).min() >= 0.99999


@torch.inference_mode()
def test_a_network_that_only_looks_back_is_read_too(tmp_path: Path) -> None:
    folder = _folder(tmp_path, Qwen2Config(**SIZES, **USUAL, num_key_value_heads=2))
    network = ForeignNetwork(understood(resolve(str(folder))), CPU, torch.float32)
    layout = Layout.of([Run(2, 7), Run(1, 3)], CPU)
    ids = torch.randint(4, VOCABULARY, (layout.rows,))
    vectors = network(ids, layout)
    assert len(vectors) == layout.rows
    reference = AutoModel.from_pretrained(folder)
    for start, end in ((0, 7), (7, 14), (14, 17)):
        alone = reference(input_ids=ids[None, start:end]).last_hidden_state[0]
        torch.testing.assert_close(vectors[start:end], alone, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_the_longest_text_is_known(kind: str, tmp_path: Path) -> None:
    assert understood(resolve(str(_folder(tmp_path, KINDS[kind])))).max_tokens == POSITIONS


def test_another_pooling_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EncoderUnavailable, match=r"pools by .*max_tokens"):
        resolve(str(_folder(tmp_path, KINDS["mpnet"], "max")))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"model_type": "nomic_bert_2", "auto_map": {"AutoModel": "own.Model"}},
            "'nomic_bert_2' and wants code",
        ),
        ({"_attn_implementation": "some-hub/kernel"}, "_attn_implementation 'some-hub/kernel'"),
        ({"part": {"experts_implementation": "some-hub/kernel"}}, "experts_implementation 'some-hub/kernel'"),
        ({"model_type": "bart"}, "'bart', which also has a decoder"),
    ],
)
def test_a_folder_that_wants_other_code_is_refused(
    change: dict[str, Any], message: str, tmp_path: Path
) -> None:
    folder = _folder(tmp_path, KINDS["mpnet"])
    (folder / "own.py").write_text("raise SystemExit('code of the folder was run')")
    _write(folder / "config.json", json.loads((folder / "config.json").read_text()) | change)
    with pytest.raises(EncoderUnavailable, match=message):
        understood(resolve(str(folder)))


def test_code_beside_a_known_kind_is_not_run(tmp_path: Path) -> None:
    folder = _folder(tmp_path, KINDS["mpnet"])
    (folder / "own.py").write_text("raise SystemExit('code of the folder was run')")
    own = {"auto_map": {"AutoConfig": "own.Config", "AutoModel": "own.Model"}}
    _write(folder / "config.json", json.loads((folder / "config.json").read_text()) | own)
    ForeignNetwork(understood(resolve(str(folder))), CPU, torch.float32)


def test_a_missing_weight_is_named(tmp_path: Path) -> None:
    folder = _folder(tmp_path, KINDS["mpnet"])
    tensors = load_file(folder / "model.safetensors")
    del tensors["embeddings.LayerNorm.bias"]
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(EncoderUnavailable, match=r"1 weights are missing, embeddings\.LayerNorm\.bias"):
        ForeignNetwork(understood(resolve(str(folder))), CPU, torch.float32)
