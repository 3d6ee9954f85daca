"""A tiny BERT, and documents in words that it has never seen side by side."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from itertools import chain
from pathlib import Path
from random import Random

import pytest
import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from transformers import BertConfig, BertModel

from index_data.records import Document, FileStamp, Passage, StoredPassage

TOPICS, DOCUMENTS, SECTIONS = 12, 30, 4
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]
HEADINGS = [[f"HEAD{topic}{letter}" for letter in "ABC"] for topic in range(TOPICS)]
BODIES = [[f"BODY{topic}{letter}" for letter in "ABCDEFGH"] for topic in range(TOPICS)]
EVERYDAY = [f"word{number}" for number in range(80)]

MakeStored = Callable[..., StoredPassage]


def tiny_bert(folder: Path, words: Sequence[str]) -> Path:
    """Write a BERT with random weights that knows just these words."""
    vocabulary = {word: number for number, word in enumerate([*SPECIAL, *words])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    torch.manual_seed(5)
    config = BertConfig(
        vocab_size=len(vocabulary),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=2,
        max_position_embeddings=128,
        initializer_range=0.3,
    )
    folder.mkdir()
    kind = {"tokenizer_class": "PreTrainedTokenizerFast", "pad_token": "[PAD]"}
    (folder / "tokenizer_config.json").write_text(json.dumps(kind), encoding="utf-8")
    tokenizer.save(str(folder / "tokenizer.json"))
    save_file(BertModel(config, add_pooling_layer=False).state_dict(), folder / "model.safetensors")
    (folder / "config.json").write_text(json.dumps(config.to_dict()), encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def private_encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    words = [*chain.from_iterable(HEADINGS + BODIES), *EVERYDAY, "."]
    return tiny_bert(tmp_path_factory.mktemp("encoders") / "private", words)


@pytest.fixture(scope="session")
def stored() -> MakeStored:
    """Give what makes a passage of the document called `name`."""

    def make(passage_id: int, name: str, text: str, *headings: str, title: str = "") -> StoredPassage:
        path = Path("/documents") / name
        document = Document(path, FileStamp(1, 1, name), "md", title or path.stem, "en")
        passage = Passage(passage_id, text, 0, len(text), 1, "en", heading_path=headings)
        return StoredPassage(passage_id, document, passage)

    return make


@pytest.fixture(scope="session")
def private_passages(stored: MakeStored) -> list[StoredPassage]:
    """Sections whose headings and texts share no word; only other documents tell what belongs together."""
    random = Random(3)
    passages = []
    for number in range(DOCUMENTS * SECTIONS):
        topic = number % TOPICS
        heading = " ".join(random.sample(HEADINGS[topic], 3))
        sentences = [" ".join(random.choices(BODIES[topic], k=5)) + ". " for _ in range(4)]
        text = f"# {heading}\n\n{''.join(sentences)}"
        passages.append(stored(number + 1, f"{number // SECTIONS}.md", text, heading))
    return passages
