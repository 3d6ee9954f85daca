"""Code-switched English: content words replaced through the dictionaries of many languages.

Qin et al. 2020, CoSDA-ML. The parallel texts speak of everyday life and of software;
English texts speak of everything.
"""

import random
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from training.pairs import Pair

WORD = re.compile(r"[A-Za-z][a-z]{2,}")
SHARE = 0.7
"""How many of the words that a dictionary knows are replaced."""
FEWEST_WORDS = 2_000
"""Languages with a smaller dictionary are left out."""
LONGEST = 900
"""Characters of a text that is switched."""
KEPT = frozenset({
    "the", "and", "for", "that", "this", "with", "was", "were", "are", "not", "but", "have", "has",
    "had", "its", "from", "they", "them", "their", "there", "then", "than", "which", "who", "whom",
    "whose", "what", "when", "where", "will", "would", "can", "could", "should", "may", "might", "must",
    "been", "being", "did", "does", "done", "you", "your", "she", "her", "his", "him", "our", "out",
    "into", "upon", "such", "some", "any", "also", "etc", "one", "two",
})  # fmt: skip
"""Words that say too little to be worth replacing."""
ENDINGS = ("", "s", "es", "ed", "ing", "d", "ly")

Dictionary = Mapping[str, list[str]]


def dictionaries(pairs: Iterable[Pair]) -> dict[str, Dictionary]:
    """Return language -> English word -> its translations, from pairs whose first is a word or two synonyms.

    Longer lists are keywords of a sign, which need not mean what stands first beside them.
    """
    found: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for pair in pairs:
        words = pair.first.split(", ")
        translation = re.split(r"[,;(]", pair.second)[0].strip()
        if len(words) <= 2 and 1 <= len(translation) <= 30 and translation.count(" ") <= 1:
            for word in words:
                if WORD.fullmatch(word) and word.lower() not in KEPT:
                    found[pair.second_lang][word.lower()].append(translation)
    return {lang: words for lang, words in sorted(found.items()) if len(words) >= FEWEST_WORDS}


def look_up(word: str, dictionary: Dictionary) -> list[str]:
    """Return the translations of a word or of what is left without its ending."""
    lower = word.lower()
    for ending in ENDINGS:
        if lower.endswith(ending) and (found := dictionary.get(lower.removesuffix(ending))):
            return found
    return []


def switch(text: str, dictionary: Dictionary, draw: random.Random) -> str | None:
    """Return the text with most of its known words replaced, or None if fewer than two are known."""
    known = 0

    def replaced(match: re.Match[str]) -> str:
        nonlocal known
        choices = [] if match[0].lower() in KEPT else look_up(match[0], dictionary)
        if not choices or draw.random() > SHARE:
            return match[0]
        known += 1
        return draw.choice(choices)

    switched = WORD.sub(replaced, text)
    return switched if known >= 2 else None


def switched_pairs(texts: Iterable[str], words: Iterable[Pair], copies: int, seed: int) -> Iterator[Pair]:
    """Yield (English text, the text with words of one language), so many languages drawn for each text."""
    draw = random.Random(seed)
    by_lang = dictionaries(words)
    for text in texts:
        if len(text) <= LONGEST:
            for lang in draw.sample(sorted(by_lang), min(copies, len(by_lang))):
                switched = switch(text, by_lang[lang], draw)
                if switched is not None:
                    yield Pair("en", lang, text, switched)
