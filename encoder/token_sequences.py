"""Text becomes token ids that know where they stand in it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import Encoding, Tokenizer

_CHUNK_CHARACTERS = 50_000
_SPACES = np.array([ord(char) for char in map(chr, range(0x3001)) if char.isspace()], dtype=np.uint32)


class TokenSequencer:
    """A tokenizer that never truncates and never pads, with the special tokens kept apart.

    A special token's name in a text is text: a document cannot end a sequence or reach beyond the vocabulary.
    """

    def __init__(self, tokenizer_json: Path, *, vocabulary: int | None = None) -> None:
        """Read the tokenizer; no id reaches `vocabulary`, the number of rows that the network has."""
        self._tokenizer = Tokenizer.from_file(str(tokenizer_json))
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        self._vocabulary = vocabulary
        self._tokenizer_config = tokenizer_json.with_name("tokenizer_config.json")
        self.prefix, self.suffix = self._specials()
        self._tokenizer.encode_special_tokens = True

    def _specials(self) -> tuple[list[int], list[int]]:
        """Ids that stand before and after every text: as the tokenizer's template says, unless switched off.

        Checkpoints switch one on or off in `tokenizer_config.json`, and leave the template as it is.
        """
        plain = self._tokenizer.encode("a", add_special_tokens=False).ids
        whole = self._tokenizer.encode("a").ids
        before = next(n for n in range(len(whole)) if whole[n : n + len(plain)] == plain)
        prefix, suffix = whole[:before], whole[before + len(plain) :]
        said = {}
        if self._tokenizer_config.is_file():
            said = json.loads(self._tokenizer_config.read_text(encoding="utf-8"))
        return self._switched("bos", prefix, said), self._switched("eos", suffix, said)

    def _switched(self, end: str, ids: list[int], said: dict[str, object]) -> list[int]:
        switch, name = said.get(f"add_{end}_token"), said.get(f"{end}_token")
        if isinstance(name, dict):
            name = name.get("content")
        if not isinstance(switch, bool) or not isinstance(name, str):
            return ids
        own = self._tokenizer.token_to_id(name)
        if switch:
            return ids if own in ids or own is None else [own]
        return [number for number in ids if number != own]

    def pair_specials(self) -> tuple[list[int], list[int], list[int]]:
        """Ids that stand before, between and after two texts that are read as a pair."""
        plain = self._tokenizer.encode("a", add_special_tokens=False).ids
        whole = self._tokenizer.encode("a", "a").ids
        places = [n for n in range(len(whole)) if whole[n : n + len(plain)] == plain]
        first, second = places[0], places[-1]
        return whole[:first], whole[first + len(plain) : second], whole[second + len(plain) :]

    def ids_of_template(self, text: str) -> list[int]:
        """Ids of words of our own, in which the name of a special token is that token; not for documents."""
        self._tokenizer.encode_special_tokens = False
        ids: list[int] = self._tokenizer.encode(text, add_special_tokens=False).ids
        self._tokenizer.encode_special_tokens = True
        return ids

    def piece_id(self, piece: str) -> int | None:
        """Look up the id of a piece of the vocabulary, or of a special token."""
        number: int | None = self._tokenizer.token_to_id(piece)
        return number

    def encode(self, texts: Sequence[str]) -> list[tuple[NDArray[np.int64], NDArray[np.int32]]]:
        """For each text its ids, int64 (T,), and their places in it, int32 (T, 2); no special tokens."""
        encodings = self._tokenizer.encode_batch(
            [_encodable(text) for text in texts], add_special_tokens=False
        )
        return [
            (self._within(np.array(encoding.ids, dtype=np.int64)), _spans(encoding, text))
            for encoding, text in zip(encodings, texts, strict=True)
        ]

    def ids(self, texts: Sequence[str]) -> list[NDArray[np.int64]]:
        """For each text its ids alone, int64 (T,), which is faster."""
        encodings = self._tokenizer.encode_batch_fast(
            [_encodable(text) for text in texts], add_special_tokens=False
        )
        return [self._within(np.array(encoding.ids, dtype=np.int64)) for encoding in encodings]

    def _within(self, ids: NDArray[np.int64]) -> NDArray[np.int64]:
        """Replace ids that the network has no row for, which a tokenizer with added tokens can give, by 0."""
        return ids if self._vocabulary is None else np.where(ids < self._vocabulary, ids, 0)

    def spans(self, text: str) -> NDArray[np.int32]:
        """Where each token of `text` stands, however long it is: int32 (T, 2), characters."""
        starts = _chunk_starts(text)
        chunks = [text[a:b] for a, b in zip(starts, [*starts[1:], len(text)], strict=True)]
        shifted = [spans + start for start, (_, spans) in zip(starts, self.encode(chunks), strict=True)]
        return np.concatenate(shifted) if shifted else np.empty((0, 2), dtype=np.int32)


def _encodable(text: str) -> str:
    """Lone surrogates have no UTF-8 form; each becomes one replacement character, so that offsets hold."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace") if not _is_utf8(text) else text


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _spans(encoding: Encoding, text: str) -> NDArray[np.int32]:
    """Token places with the white space before a word left out of the word."""
    spans = np.array(encoding.offsets, dtype=np.int32).reshape(-1, 2)
    if not len(spans):
        return spans
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    first = codes[np.minimum(spans[:, 0], len(codes) - 1)]
    spans[:, 0] += np.isin(first, _SPACES) & (spans[:, 1] - spans[:, 0] > 1)
    return spans


def _chunk_starts(text: str) -> list[int]:
    """Cut a long text behind line ends or spaces, so that tokenising stays linear in its length."""
    starts = []
    start = 0
    while start < len(text):
        starts.append(start)
        end = start + _CHUNK_CHARACTERS
        if end >= len(text):
            break
        border = max(text.rfind("\n", start, end), text.rfind(" ", start + _CHUNK_CHARACTERS // 2, end))
        start = border + 1 if border > start else end
    return starts
