"""Fertility compares a sentence with its English."""

from pathlib import Path

from tokenizers import Tokenizer, models, pre_tokenizers

from training.fertility import Fertility, measured, read_fertility, write_fertility
from training.pairs import Pair

PIECES = {"[UNK]": 0, "the": 1, "house": 2, "ha": 3, "##us": 4, "das": 5, "<0xF0>": 6}
PAIRS = [
    Pair("en", "de", "the house", "das haus"),
    Pair("en", "de", "house", "haus <0xF0>"),
    Pair("en", "tlh", "house", "qach"),
    Pair("de", "fr", "haus", "house"),
]


def tokenizer() -> Tokenizer:
    made = Tokenizer(models.WordPiece(PIECES, unk_token="[UNK]"))
    made.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    return made


def test_pieces_are_counted_on_both_sides() -> None:
    """Languages outside the focus, and pairs without English, are left out."""
    assert measured(tokenizer(), PAIRS) == {
        "de": Fertility(pairs=2, pieces=6, english_pieces=3, words=4, byte_pieces=1)
    }


def test_what_is_written_is_read(tmp_path: Path) -> None:
    path = tmp_path / "fertility.json"
    assert read_fertility(path) == {}
    write_fertility(path, tokenizer(), PAIRS)
    assert read_fertility(path) == measured(tokenizer(), PAIRS)
