from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index_data.words import finding, query_words, ranking, words

ANYTHING = st.text(st.characters(exclude_categories=()), max_size=60)
SCRIPTS = st.text(
    "aéßüıđ ł'’.,1٣+#\u00a0ё οςΆ ئآة مَ שָׁ कज़ि 漢字々かガーァーｶﾞ กำ็ ลาว ខ្មែរ ဗမာ 한국어각힣 \u0301\u200b\u200d",
    max_size=40,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hello, World!", ["hello", "world"]),
        ("snake_case e-mail AT&T", ["snake", "case", "e", "mail", "at", "t"]),
        ("Café", ["café", "cafe"]),
        ("Cafe\u0301", ["café", "cafe"]),
        ("Łukasz Đông æsir", ["łukasz", "lukasz", "đông", "dong", "æsir", "aesir"]),
        ("Fuß FUSS", ["fuss", "fuss"]),
        ("Müller Århus", ["müller", "muller", "mueller", "århus", "arhus", "aarhus"]),
        ("C++ c# C", ["cǁ", "c", "cǂ", "c", "c"]),
        ("a+++b issue#12 i++; C++11", ["a", "b", "issue", "12", "iǁ", "i", "cǁ11", "c11"]),
        ("コンピューター", ["コン", "ンピ", "ピュ", "ュー", "ータ", "コ", "ン", "ピ", "ュ", "ー", "タ"]),
        ("İzmir IĞDIR ısı", ["izmir", "iğdir", "igdir", "isi"]),
        ("Ωμέγας ΩΜΕΓΑΣ", ["ωμέγασ", "ωμεγασ", "ωμεγασ"]),
        ("ёлка Йод", ["ёлка", "елка", "йод", "иод"]),
        ("مُحَمَّد أحمد إلى كتـــاب", ["محمد", "احمد", "الي", "كتاب"]),
        ("שָׁלוֹם בֵּית־סֵפֶר", ["שלום", "בית", "ספר"]),
        ("फ़िल्म", ["फिल्म"]),
        ("می\u200cخواهم co\u00adoperate", ["ميخواهم", "cooperate"]),
        ("１２３ ٤٥٦ ৭৮", ["123", "456", "78"]),
        (
            "7 430 7\u202f430 7.430,50 1'000'000 1,25",
            ["7", "430", "7430", "7430", "50", "1000000", "1", "25"],
        ),
        (
            "3.1415 2024,10 192.168.1.1 10.1.250",
            ["3", "1415", "2024", "10", "192", "168", "1", "1", "10", "1", "250"],
        ),
        ("書", ["書"]),
        ("読書会", ["読書", "書会", "読", "書", "会"]),
        ("ｶﾞｽ", ["ガス", "ガ", "ス"]),
        ("2024年", ["2024", "年"]),
        ("กำลัง", ["กําลั", "าลัง", "กํา", "าลั", "ลัง"]),
        ("ปลา", ["ปลา", "ปล", "ลา"]),
        ("ยา ก", ["ยา", "ก"]),
        ("물", ["물"]),
        ("한국", ["한국"]),
        ("\u1112\u1161\u11ab\u1100\u116e\u11a8\u110b\u1165", ["한국어", "한국", "국어"]),
        ("\u0301 — \ud800 \U0010ffff \ue000 🙂", []),
        ("x" * 100, ["x" * 64]),
    ],
)
def test_exact_and_loose_forms(text: str, expected: list[str]) -> None:
    assert spelled(words(text)) == expected


def spelled(forms: list[str]) -> list[str]:
    """Without kin."""
    return [form for form in forms if form[0] not in "≈›"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("houses", ["houses", "≈hous", "›house"]),
        ("Haus", ["haus", "≈haus"]),
        ("Bär", ["bär", "bar", "baer", "≈bär", "≈bar", "≈baer"]),
        ("Handelsnetz", ["handelsnetz", "≈handelsnetz", "≈elsnetz", "≈lsnetz", "≈snetz", "›hande"]),
        ("المكتبة", ["المكتبه", "≈مكتب"]),
        ("2024", ["2024", "≈2024"]),
        ("北京 학교 ยา", ["北京", "北", "京", "학교", "ยา"]),
    ],
)
def test_kin_stand_beside_them(text: str, expected: list[str]) -> None:
    assert words(text) == expected


@pytest.mark.parametrize(
    ("query", "text", "found"),
    [
        ("cafe", "café", True),
        ("café", "cafe", False),
        ("café", "CAFÉ", True),
        ("Mueller", "Müller", True),
        ("Muller", "Müller", True),
        ("Müller", "Muller", False),
        ("生", "学生", True),
        ("学生", "生学", False),
        ("サーバ", "サーバー", True),
        ("ยา", "อยาก", True),
        ("학교에서", "학교", True),
        ("7,430", "7\u202f430", True),
        ("C", "C++", True),
        ("C++", "C or C#", False),
        ("houses", "The house", True),
        ("maison", "Maisons", True),
        ("Netzwerk", "Handelsnetzwerke", True),
        ("Karte", "Krankenversicherungskarte", True),
        ("organ", "organization", False),
        ("мост", "мостовая", False),
        ("кот", "скот", False),
        ("книга", "книгами", True),
        ("kitap", "kitaplarda", True),
        ("مدرسة", "والمدرسة", True),
        ("בית", "הבית", True),
        ("βιβλίο", "βιβλία", True),
        ("किताब", "किताबें", True),
    ],
)
def test_what_a_query_finds(query: str, text: str, found: bool) -> None:
    assert bool(set(map(finding, query_words(query))) & set(words(text))) == found


@given(ANYTHING | SCRIPTS)
def test_words_pass_through_the_index_unchanged(text: str) -> None:
    for word in words(text):
        assert word
        assert word == unicodedata.normalize("NFC", word.casefold())
        assert not {letter for letter in word if letter.isascii() and not letter.isalnum()}
        word.encode()


@given(ANYTHING | SCRIPTS)
def test_the_words_of_words_are_the_same_words(text: str) -> None:
    found = spelled(words(text))
    assert set(spelled(words(" ".join(found)))) == set(found)


@given(ANYTHING | SCRIPTS)
def test_a_text_is_found_by_itself_and_by_each_of_its_words(text: str) -> None:
    found = set(words(text))
    assert set(query_words(text)) <= found
    assert all(set(query_words(word)) <= found for word in spelled(list(found)))
    assert bool(query_words(text)) == bool(found)


@given(ANYTHING | SCRIPTS)
def test_every_form_that_is_looked_up_is_among_the_words(text: str) -> None:
    found = set(words(text))
    for word in query_words(text):
        assert found.issuperset(ranking(word))
        assert finding(word) == ranking(word)[0]


@given(ANYTHING | SCRIPTS)
def test_no_text_holds_kin_by_its_letters(text: str) -> None:
    assert spelled(query_words(f"≈{text}›")) == query_words(f"≈{text}›")


@given(st.lists(ANYTHING | SCRIPTS, max_size=4))
def test_lines_do_not_run_together(lines: list[str]) -> None:
    assert words("\n".join(lines)) == [word for line in lines for word in words(line)]
