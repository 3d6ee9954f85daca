"""Which language a text is in."""

from __future__ import annotations

import pytest

from ingest.languages import UNKNOWN, language_of


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
    assert language_of(text, expected="de") == "de"


def test_a_quotation_does_not_change_a_script() -> None:
    assert language_of("水壶在炉子上の早晨轻轻地响了一声，我们都听见了。") == "zh"
    assert language_of("用 `import numpy as np` 导入这个模块，然后运行。") == "zh"


def test_code_is_in_the_language_around_it() -> None:
    code = "for i in range(10): print(x[i] + self.value)"
    assert language_of(code, expected="en") == "en"
    assert language_of("Der Kessel steht auf dem Herd und pfeift.", expected="en") == "de"


def test_a_long_text_is_judged_by_three_samples() -> None:
    english = "The kettle stands on the stove. " * 2_000
    assert language_of("Bonjour tout le monde. " + english) == "en"
