"""Stop words of a question's language are silent, and nothing else is."""

from __future__ import annotations

import pytest

from index_data.stop_words import telling_words
from index_data.words import query_words


@pytest.mark.parametrize(
    ("question", "telling"),
    [
        ("What is the bark of a willow tree good for?", {"bark", "willow", "tree"}),
        ("Warum sollen Kinder mit Fieber dieses Schmerzmittel nicht bekommen?", {"fieber", "schmerzmittel"}),
        ("¿Por qué no se debe dar este medicamento a los niños?", {"medicamento", "niños"}),
        ("Почему нельзя давать это лекарство детям?", {"лекарство", "детям"}),
        ("Γιατί δεν πρέπει να δίνουμε αυτό το φάρμακο στα παιδιά;", {"φάρμακο", "παιδιά"}),
        ("لماذا لا يجب إعطاء هذا الدواء إلى الأطفال", {"الدواء", "الاطفال"}),
    ],
)
def test_a_question_keeps_what_it_is_about(question: str, telling: set[str]) -> None:
    asked = query_words(question)
    kept = telling_words(asked)
    assert telling <= set(kept)
    assert len(kept) < len(asked)
    assert kept == [word for word in asked if word in kept]


@pytest.mark.parametrize(
    "question", ["war in Ukraine", "The Who", "die hard", "to be or not to be", "HTTP 404"]
)
def test_titles_and_key_words_are_left_alone(question: str) -> None:
    asked = query_words(question)
    assert telling_words(asked) == asked


def test_nothing_is_left_of_nothing() -> None:
    assert telling_words([]) == []
