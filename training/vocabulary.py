"""The vocabulary: a multilingual Unigram model, written as a Hugging Face tokenizer."""

import json
import logging
import random
from collections import defaultdict
from io import BytesIO
from pathlib import Path

import sentencepiece
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

from index_data.atomic_file import write_atomically
from training.corpora import source_pairs
from training.fertility import write_fertility
from training.languages import FOCUS

LOG = logging.getLogger("training.vocabulary")
PIECES = 46_000
CHARACTERS = 55_000_000
"""How much text the Unigram model is trained on."""
ALPHA = 0.4
"""A language's share grows with its amount of text to this power."""
ENGLISH_SHARE = 0.17
SOURCES = (
    *("sentences", "pivoted", "other-sentences", "libreoffice", "gnome", "wesnoth"),
    *("catalogs", "descriptions", "english", "cldr"),
)
SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]")
MAX_LENGTH = 512
BYTE_SCORE = -100.0


def normalizer() -> normalizers.Normalizer:
    """Return the normaliser that both the training text and the tokenizer pass through."""
    steps = [normalizers.NFKC(), normalizers.Lowercase(), normalizers.Replace(Regex(r"\s+"), " ")]
    sequence: normalizers.Normalizer = normalizers.Sequence(steps)
    return sequence


def texts_by_language(work: Path) -> dict[str, list[str]]:
    """Return every distinct text of the sources, by language, in shuffled order."""
    found: dict[str, dict[str, None]] = defaultdict(dict)
    for source in SOURCES:
        for pair in source_pairs(work, source):
            found[pair.first_lang][pair.first] = None
            found[pair.second_lang][pair.second] = None
    return {lang: list(texts) for lang, texts in found.items()}


def shares(characters: dict[str, int]) -> dict[str, float]:
    """Return each language's share of the text; see `FOCUS`."""
    weights = {}
    for lang, count in characters.items():
        weights[lang] = min(count, 12_000_000) ** ALPHA * (1.0 if lang in FOCUS else 0.1)
    others = sum(weight for lang, weight in weights.items() if lang != "en")
    return {
        lang: ENGLISH_SHARE if lang == "en" else (1 - ENGLISH_SHARE) * weight / others
        for lang, weight in weights.items()
    }


def write_sample(work: Path, target: Path, seed: int) -> None:
    """Write the balanced sample of normalised text, a text a line; a language may repeat up to thrice."""
    texts = texts_by_language(work)
    characters = {lang: sum(map(len, rows)) for lang, rows in texts.items()}
    draw = random.Random(seed)
    normalise = normalizer().normalize_str
    partial = target.with_suffix(".partial")
    with partial.open("w", encoding="utf-8") as sample:
        for lang, share in sorted(shares(characters).items()):
            budget = min(share * CHARACTERS, 3.0 * characters[lang])
            rows = texts[lang]
            draw.shuffle(rows)
            at = 0
            while budget > 0:
                line = normalise(rows[at % len(rows)])
                sample.write(line + "\n")
                budget -= len(line) + 1
                at += 1
    partial.replace(target)


def train_pieces(sample: Path, model: Path) -> None:
    """Train sentencepiece on the sample."""
    trained = BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        input=str(sample),
        model_writer=trained,
        model_type="unigram",
        vocab_size=PIECES - 1,
        character_coverage=0.9999,
        byte_fallback=True,
        normalization_rule_name="identity",
        num_threads=2,
        max_sentence_length=8000,
        seed_sentencepiece_size=500_000,
        minloglevel=1,
    )
    write_atomically(model, trained.getvalue(), mode=0o644)


def make_tokenizer(model: Path) -> Tokenizer:
    """Return the tokenizer that holds the pieces of a sentencepiece model."""
    pieces = sentencepiece.SentencePieceProcessor(model_file=str(model))
    vocabulary = [(name, 0.0) for name in SPECIAL]
    for at in range(pieces.get_piece_size()):
        if pieces.is_byte(at):
            vocabulary.append((pieces.id_to_piece(at), BYTE_SCORE))
        elif not pieces.is_control(at) and not pieces.is_unknown(at):
            vocabulary.append((pieces.id_to_piece(at), round(pieces.get_score(at), 4)))
    tokenizer = Tokenizer(models.Unigram(vocabulary, unk_id=SPECIAL.index("[UNK]"), byte_fallback=True))
    tokenizer.normalizer = normalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Sequence([decoders.ByteFallback(), decoders.Metaspace()])
    ends = [(name, SPECIAL.index(name)) for name in ("[CLS]", "[SEP]")]
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair=None, special_tokens=ends
    )
    tokenizer.add_special_tokens([AddedToken(name, special=True, normalized=False) for name in SPECIAL])
    return tokenizer


def tokenizer_config() -> dict[str, object]:
    """Return what `tokenizer_config.json` holds."""
    names = {"pad_token": "[PAD]", "unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]"}
    return {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "model_max_length": MAX_LENGTH,
        "clean_up_tokenization_spaces": False,
        **names,
    }


def make_vocabulary(work: Path, seed: int) -> None:
    """Write `work/vocabulary`: `tokenizer.json`, its configuration, and `fertility.json`."""
    folder = work / "vocabulary"
    folder.mkdir(parents=True, exist_ok=True)
    finished, fertility = folder / "tokenizer.json", folder / "fertility.json"
    if not finished.exists():
        sample, model = folder / "sample.txt", folder / "pieces.model"
        if not sample.exists():
            write_sample(work, sample, seed)
        if not model.exists():
            train_pieces(sample, model)
        (folder / "tokenizer_config.json").write_text(json.dumps(tokenizer_config(), indent=2) + "\n")
        write_atomically(finished, make_tokenizer(model).to_str(pretty=True).encode(), mode=0o644)
        LOG.info("vocabulary written to %s", folder)
    if not fertility.exists():
        write_fertility(fertility, Tokenizer.from_file(str(finished)), source_pairs(work, "sentences"))
