"""Full-text engines side by side: what is asked of them, and how they are judged."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from benchmarks.lexical import ENGINES, ROOT, Engine, asked, quality
from benchmarks.lexical_scale import LENGTHS, QUESTIONS, WORDS, crowd, questions_by_length
from benchmarks.lexical_tasks import Task, sentences_without_their_paragraphs, without_a_sentence

PASSAGES = ("Willows grow by the river.", "他们在北京大学学习语言。", "Die Häuser sind alt.")
QUESTIONS_ASKED = ("willow", "大学", "Haus", "nowhere")


@pytest.fixture
def pages(tmp_path: Path) -> Path:
    for language, text in (
        ("de", "Ein Satz. Noch ein Satz. Der letzte."),
        ("en", "One. Two words here. Three."),
    ):
        folder = tmp_path / language
        folder.mkdir()
        (folder / "a.html").write_text(f"<p>{text}</p><p>Short.</p>", encoding="utf-8")
    return tmp_path


def test_the_middle_sentence_asks_for_the_rest(pages: Path) -> None:
    assert without_a_sentence("One. Two words here. Three.") == ("One. Three.", "Two words here.")
    assert without_a_sentence("One. Two.") == ("One. Two.", "")
    german, english = sentences_without_their_paragraphs(pages)
    assert (german.passages, german.questions, german.right) == (
        ("Ein Satz. Der letzte.",),
        ("Noch ein Satz.",),
        (0,),
    )
    assert english.passages == ("One. Three.", "Short.")


def test_a_ranking_is_judged_by_the_place_of_the_right_passage() -> None:
    task = Task("t", "en", ("a", "b"), ("1", "2", "3"), (0, 1, 1))
    judged = quality(task, [[0, 1], [0, 1], []])
    assert judged["recall_at_1"] == pytest.approx(1 / 3)
    assert judged["ndcg_at_10"] == pytest.approx((1 + 1 / 1.585) / 3, abs=1e-3)


@pytest.mark.parametrize(("name", "found"), [("ours", [[0], [1], [2], []]), ("trigram", [[0], [], [], []])])
def test_engines_run_in_a_process_of_their_own(name: str, found: list[list[int]]) -> None:
    engine = Engine(name, (sys.executable, str(ENGINES), name), ROOT)
    [answer] = engine.ask([asked(PASSAGES, QUESTIONS_ASKED, "en", 10)])
    assert answer["rankings"] == found
    assert len(answer["milliseconds"]) == len(QUESTIONS_ASKED)
    assert answer["megabytes"] > 0


def test_a_crowd_is_drawn_from_the_words_of_the_pages(pages: Path) -> None:
    passages = crowd(pages, 40)
    assert passages == crowd(pages, 40)
    assert {len(passage.split()) for passage in passages} == {WORDS}
    rare = [
        f"{passage} {' '.join(f'w{number}{at}' for at in range(16))}"
        for number, passage in enumerate(passages)
    ]
    asked_of = questions_by_length(rare * 2)
    assert [len(questions) for questions in asked_of] == [QUESTIONS] * len(LENGTHS)
