"""The language check: a row is dropped whose second text is surely in another language than it says."""

from collections.abc import Iterable, Iterator

from py3langid.langid import MODEL_FILE, LanguageIdentifier

from training.pairs import Pair

MIN_CHARS = 40
MAX_CHARS = 300
MIN_CERTAINTY = 0.95
OWN_CODES = {"nb": "no"}
SIBLINGS = (
    {"no", "nn", "da", "sv", "is", "fo"}, {"de", "nds", "lb"}, {"nl", "af", "li", "fy"}, {"fi", "et", "se"},
    {"pt", "gl", "es", "ast", "an", "ca", "oc", "ext"}, {"fr", "wa", "oc", "br"}, {"ga", "gd", "gv"},
    {"it", "fur", "co", "sc", "la", "es", "vec", "lij"}, {"lv", "ltg", "lt"}, {"cs", "sk"},
    {"ru", "uk", "be", "bg"}, {"hr", "sr", "bs", "sl", "mk", "bg"}, {"kk", "ky", "tt", "ba", "ug"},
    {"tr", "az", "crh", "tk"}, {"ar", "ary", "arz"}, {"fa", "ar", "ur", "ps", "ckb", "sdh"}, {"bn", "as"},
    {"hi", "mr", "ne", "mai", "sa"}, {"zh", "yue", "wuu"}, {"th", "lo"}, {"id", "ms", "jv", "su", "ace"},
    {"tl", "ceb", "war", "bcl"}, {"xh", "zu"},
)  # fmt: skip
"""Languages that statistics over short texts confuse."""


class LanguageCheck:
    """An identifier of languages that counts what it refused."""

    def __init__(self) -> None:
        """Load the statistics; nothing is dropped yet."""
        self._identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
        self._known = frozenset(self._identifier.labels)
        self.dropped = 0

    def accepts(self, lang: str, text: str) -> bool:
        """Return whether the text may be in the language; short texts and unknown languages always may."""
        lang = OWN_CODES.get(lang, lang)
        if len(text) < MIN_CHARS or lang not in self._known:
            return True
        found, certainty = self._identifier.classify(text[:MAX_CHARS])
        return (
            found == lang
            or certainty < MIN_CERTAINTY
            or any(lang in family and found in family for family in SIBLINGS)
        )

    def keep(self, pairs: Iterable[Pair]) -> Iterator[Pair]:
        """Yield the pairs whose second text is accepted; count the others."""
        for pair in pairs:
            if self.accepts(pair.second_lang, pair.second):
                yield pair
            else:
                self.dropped += 1
