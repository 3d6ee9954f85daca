"""JSON and JSON lines."""

from __future__ import annotations

from ingest.readers.json import read_json, read_jsonl


def _text(source: str) -> str:
    return read_json(source.encode()).text


def test_an_object_is_a_block_with_prose_first() -> None:
    source = (
        '{"id": 17, "meta": {"lang": "de", "draft": false, "gone": null}, "body": "Es war einmal.\\nEnde."}'
    )
    assert _text(source) == "body: Es war einmal.\nEnde.\nid: 17\nmeta.lang: de\nmeta.draft: false"


def test_members_of_arrays_are_blocks_of_their_own() -> None:
    source = '{"sizes": [1, 2.50], "books": [{"title": "Eins"}, {"title": "Zwei"}], "id": "7"}'
    assert _text(source) == "sizes: 1, 2.50\nid: 7\n\nbooks.title: Eins\n\nbooks.title: Zwei"
    assert _text('[["a", "b"], ["c"]]') == "a, b\n\nc"


def test_keys_may_be_repeated_and_numbers_large() -> None:
    assert _text('{"a": 1, "a": 1e400, "b": NaN}') == "a: 1\na: 1e400\nb: NaN"
    assert _text(f'{{"a": {"9" * 5_000}, "b": "x"}}') == "b: x"


def test_half_a_surrogate_pair_stays_out() -> None:
    assert _text('{"a": "x\\ud83dy", "b": "\\ud83d\\ude00"}') == "a: xy\nb: 😀"


def test_values_that_hold_bytes_are_noted() -> None:
    parsed = read_json(f'{{"a": "data:image/png;base64,AAAA", "b": "{"QUJD" * 200}", "c": "word"}}'.encode())
    assert parsed.text == "c: word"
    assert parsed.notes == ("values that are bytes, not words, and were not read: 2",)


def test_the_title_is_what_the_document_says() -> None:
    assert read_json(b'{"id": 1, "title": " Das  Buch "}').title == "Das Buch"
    assert read_json(b'{"title": "x\\ud83d\\u001b"}').title == "x"
    assert read_json(b'[{"title": "one of many"}]').title is None


def test_broken_and_deep_json_is_read_as_text() -> None:
    for source in ('{"a": "half', "[" * 100_000):
        parsed = read_json(source.encode())
        assert parsed.text == source
        assert parsed.media_type == "json"
        assert parsed.notes == ("read as plain text: it is not valid JSON, or too deep",)


def test_each_line_is_a_value() -> None:
    source = '{"q": "wo ist es", "n": 1}\n\n{"q": "кто там"}\nno json\n'
    parsed = read_jsonl(source.encode())
    assert parsed.text == "q: wo ist es\nn: 1\n\nq: кто там\n\nno json"
    assert parsed.notes == ("lines read as plain text, since they are not valid JSON: 1",)
    assert read_json(source.encode()) == parsed


def test_a_file_of_lines_may_be_one_value() -> None:
    assert read_jsonl(b'{\n"a": "b"\n}\n').text == "a: b"
