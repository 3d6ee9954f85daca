"""Which language a text is in."""

from __future__ import annotations

import pytest

from ingest.languages import UNKNOWN, language_of, languages_of


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "The kettle stands on the stove and whistles quietly in the morning."),
        ("de", "Der Kessel steht auf dem Herd und pfeift am Morgen leise vor sich hin."),
        ("fr", "La bouilloire est posée sur la cuisinière et siffle doucement le matin."),
        ("ru", "Сегодня утром чайник стоит на плите и тихо свистит, пока мы читаем."),
        ("uk", "Чайник стоїть на плиті й тихо свистить щоранку."),
        ("ar", "الغلاية على الموقد وهي تصفر بهدوء كل صباح قبل شروق الشمس."),
        ("fa", "کتری روی اجاق است و هر روز صبح آرام سوت می‌کشد."),
        ("hi", "केतली चूल्हे पर रखी है और सुबह धीरे-धीरे सीटी बजाती है।"),
        ("zh", "水壶在炉子上，早晨轻轻地响。"),
        ("ja", "やかんがコンロの上で静かに鳴っている。"),
        ("ja", "カタカナ"),
        ("ko", "주전자가 아침에 조용히 운다."),
        ("th", "กาน้ำ"),
        ("el", "Ο βραστήρας"),
        ("he", "הקומקום"),
        ("ka", "ჩაიდანი"),
        ("hy", "Թեյնիկ"),
        ("ta", "கெண்டி"),
        ("km", "កំសៀវ"),
    ],
)
def test_languages_are_told_apart(language: str, text: str) -> None:
    assert language_of(text) == language


@pytest.mark.parametrize("text", ["", "12 345 + 6", "OK", "— … —", "\ud800"])
def test_too_little_is_in_the_expected_language(text: str) -> None:
    assert language_of(text) == UNKNOWN
    assert languages_of(text, expected="de") == ("de",)


def test_a_quotation_does_not_change_a_script() -> None:
    assert language_of("水壶在炉子上の早晨轻轻地响了一声，我们都听见了。") == "zh"
    assert language_of("用 `import numpy as np` 导入这个模块，然后运行。") == "zh"


def test_a_heading_without_kana_is_japanese_in_a_japanese_text() -> None:
    assert languages_of("第一章　夏目漱石全集目次\n\n吾輩は猫である。名前はまだ無い。") == ("ja",)


def test_code_is_in_the_language_around_it() -> None:
    code = "for i in range(10): print(x[i] + self.value)"
    assert languages_of(code, expected="de") == ("de",)
    assert languages_of("Der Kessel steht auf dem Herd und pfeift.", expected="en") == ("de",)


def test_a_rare_language_is_believed_where_none_is_expected() -> None:
    cebuano = "Ang takure nagbarog sa ibabaw sa kalan ug hinay nga nagtaghoy matag buntag sa balay."
    assert languages_of(cebuano) == ("ceb",)
    assert languages_of(cebuano, expected="en") == ("en",)


GERMAN = "Der Kessel steht auf dem Herd und pfeift am Morgen leise vor sich hin."
ENGLISH = "The kettle stands on the stove and whistles quietly in the morning."
RUSSIAN = "Сегодня утром чайник стоит на плите и тихо свистит, пока мы читаем."


@pytest.mark.parametrize(
    "other", [GERMAN, RUSSIAN, "水壶在炉子上，早晨轻轻地响，大家都听见了，然后继续睡觉。"]
)
@pytest.mark.parametrize("between", ["\n\n", " "])
def test_half_a_text_makes_a_second_language(other: str, between: str) -> None:
    [language] = languages_of(other)
    assert set(languages_of(other + between + ENGLISH, expected=language)) == {language, "en"}
    assert set(languages_of(ENGLISH + between + other, expected="fi")) == {language, "en"}
    assert languages_of(f"{ENGLISH} {ENGLISH}{between}{other}") == ("en", language)


def test_a_word_or_a_tenth_makes_no_second_language() -> None:
    assert languages_of(f"{GERMAN}\nKettle.") == ("de",)
    assert languages_of(f"{GERMAN}\n" * 10 + ENGLISH) == ("de",)


def test_letters_that_no_language_is_known_by_tell_nothing() -> None:
    assert languages_of("𐌰𐌱𐌲𐌳𐌴 ᏣᎳᎩ", expected="fi") == ("fi",)
    assert languages_of("one \ud800\x00 two", expected="fi") == ("fi",)


def test_a_long_text_is_judged_by_three_samples() -> None:
    english = "The kettle stands on the stove. " * 2_000
    assert language_of("Bonjour tout le monde. " + english) == "en"
