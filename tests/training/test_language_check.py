"""The language check refuses what is surely another language, and nothing else."""

import pytest

from training.language_check import LanguageCheck
from training.pairs import Pair

HINDI = "यह वाक्य हिंदी में लिखा गया है और इसमें कई शब्द हैं, ताकि भाषा स्पष्ट हो।"
ENGLISH = "The extension can be installed from the marketplace, and it is often already there."
DANISH = "Dette er en helt almindelig dansk sætning om vejret, som vi taler om hver dag."


@pytest.fixture(scope="module")
def check() -> LanguageCheck:
    return LanguageCheck()


@pytest.mark.parametrize(
    ("lang", "text", "accepted"),
    [
        ("hi", HINDI, True),
        ("ml", HINDI, False),
        ("de", ENGLISH, False),
        ("de", ENGLISH[:30], True),
        ("nb", DANISH, True),
        ("nb", ENGLISH, False),
        ("tlh", ENGLISH, True),
    ],
)
def test_what_is_accepted(check: LanguageCheck, lang: str, text: str, *, accepted: bool) -> None:
    """Short texts, close siblings and languages that the statistics do not know are believed."""
    assert check.accepts(lang, text) is accepted


def test_refused_rows_are_counted(check: LanguageCheck) -> None:
    """Only the second text is judged."""
    before = check.dropped
    good, bad = Pair("en", "hi", ENGLISH, HINDI), Pair("en", "hi", ENGLISH, ENGLISH)
    assert list(check.keep([good, bad, bad])) == [good]
    assert check.dropped - before == 2
