"""The tokenizer's offsets point into the original text, whatever the normaliser did to it."""

from unicodedata import combining

import pytest
import sentencepiece
from tokenizers import Tokenizer

from training.vocabulary import make_tokenizer, normalizer, shares

LINES = [
    "the house is fine", "das haus ist schön", "la maison est belle", "дом красивый", "美しい家です",
    "집이 아름답다", "บ้านสวย", "البيت جميل", "घर सुंदर है", "hello world 123", "weiß und groß", "i̇stanbul güzel",
]  # fmt: skip


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> Tokenizer:
    """Return a tiny vocabulary of the same kind as the real one."""
    folder = tmp_path_factory.mktemp("vocabulary")
    (folder / "sample.txt").write_text("\n".join(LINES * 20), encoding="utf-8")
    sentencepiece.SentencePieceTrainer.train(
        input=str(folder / "sample.txt"), model_prefix=str(folder / "pieces"), model_type="unigram",
        vocab_size=400, byte_fallback=True, hard_vocab_limit=False,
        normalization_rule_name="identity", minloglevel=2,
    )  # fmt: skip
    return make_tokenizer(folder / "pieces.model")


@pytest.mark.parametrize(
    "text",
    [
        *(
            "The House IS fine",
            "ﬁne  Straße",
            "İSTANBUL güzel",
            "Ｈｅｌｌｏ　world",
            "cafe\u0301 cafés",
            "ดีมาก บ้านสวย",
        ),
        *(
            "집이 빵 아름답다",
            "😀 hello 👍🏽!",
            "𠮷野家 ㍿ 家",
            "الْبَيْت جميل",
            "घर सुंदर",
            "a\n\tb\u00a0c",
            "½ ² ™",
        ),
    ],
)
def test_offsets_are_right(tokenizer: Tokenizer, text: str) -> None:
    """Each piece is the normalised form of its span; the spans cover all but white space.

    A mark that composes with the letter before it belongs to no span: the span of `é` is that of its `e`.
    """
    encoded = tokenizer.encode(text)
    covered = {at for start, stop in encoded.offsets for at in range(start, stop)}
    assert {at for at, sign in enumerate(text) if not sign.isspace() and not combining(sign)} <= covered
    assert all(0 <= start <= stop <= len(text) for start, stop in encoded.offsets)
    for piece, (start, stop) in zip(encoded.tokens[1:-1], encoded.offsets[1:-1], strict=True):
        if not piece.startswith("<0x"):
            assert piece.replace("▁", " ").strip() in normalizer().normalize_str(
                text[start : stop + marks(text, stop)]
            )


def marks(text: str, start: int) -> int:
    """Return how many combining marks stand at a place."""
    return next((at for at, sign in enumerate(text[start:]) if not combining(sign)), len(text) - start)


def test_bytes_stand_for_unseen_signs(tokenizer: Tokenizer) -> None:
    """Nothing becomes the unknown piece."""
    encoded = tokenizer.encode("😀")
    assert "[UNK]" not in encoded.tokens
    assert [piece for piece in encoded.tokens if piece.startswith("<0x")] == [
        "<0xF0>",
        "<0x9F>",
        "<0x98>",
        "<0x80>",
    ]


def test_ends_and_case(tokenizer: Tokenizer) -> None:
    """A text stands between its two special pieces; case and width make no difference."""
    ids = tokenizer.encode("THE house").ids
    assert (ids[0], ids[-1]) == (2, 3)
    assert ids == tokenizer.encode("ｔｈｅ House").ids


def test_shares_favour_english_and_add_up() -> None:
    """English has its fixed share; a language outside the focus gets little."""
    found = shares({"en": 10_000_000, "de": 1_000_000, "tlh": 1_000_000})
    assert sum(found.values()) == pytest.approx(1)
    assert found["de"] > 5 * found["tlh"]
