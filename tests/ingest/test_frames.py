"""What goes through the pipes between the parser and its child, whatever it is."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index_data.errors import ReaderDied, UnreadableFile
from ingest.parser import ParsedFile, Parser
from ingest.readers.frames import LENGTH, framed

ECHO = """
import os, struct, sys

if "ingest.readers.parse_child" in sys.orig_argv:
    pipe = sys.stdin.buffer
    with open(pipe.read(*struct.unpack(">I", pipe.read(4))), "rb") as file:
        os.write(1, file.read())
    os._exit(0)
"""
"""A child that answers with the bytes of the file itself, and is gone."""
SECONDS = 20.0
STAMP = {"size": 1, "modified_ns": 1, "content_hash": "0"}
SOUND = {"parsed": {"text": "words", "media_type": "txt", "headings": []}, "stamp": STAMP}

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["reason", "remedy", "parsed", "stamp", "text"]), inner, max_size=3)
    ),
    max_leaves=8,
)
answers = (
    st.binary(max_size=40)
    | st.binary(max_size=40).map(framed)
    | values.map(lambda value: framed(json.dumps(value).encode()))
)
names = st.binary(min_size=1, max_size=200).map(
    lambda name: name.translate(bytes.maketrans(b"/\0", b"__")) + b".txt"
)


@pytest.fixture(scope="module")
def reader() -> Iterator[Parser]:
    with Parser() as ready:
        yield ready


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not take all names")
@given(names)
@settings(max_examples=40)
def test_any_name_gets_through_to_the_child(reader: Parser, name: bytes) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder, os.fsdecode(name))
        path.write_text("words", encoding="utf-8")
        assert reader.parse(path).text == "words"
        path.unlink()
        with pytest.raises(UnreadableFile, match=r"^No such file or directory$") as refused:
            reader.parse(path)
    assert not isinstance(refused.value, ReaderDied)


def _told(answer: bytes) -> ParsedFile | BaseException | None:
    """Ask a child that says `answer` and is gone."""
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as environment:
        Path(folder, "sitecustomize.py").write_text(ECHO, encoding="utf-8")
        environment.setenv("PYTHONPATH", folder)
        path = Path(folder, "answer.txt")
        path.write_bytes(answer)
        with Parser(seconds=SECONDS) as parser:
            asked = parser.submit(path)
            return asked.exception() or asked.result()


def test_a_sound_answer_is_a_document_even_after_signs_of_life() -> None:
    answer = framed(json.dumps(SOUND).encode())
    for signs_of_life in (b"", framed(b"") * 3):
        told = _told(signs_of_life + answer)
        assert isinstance(told, ParsedFile)
        assert told.document.text == "words"
    assert isinstance(_told(answer[:-1]), ReaderDied)


@pytest.mark.parametrize(
    "answer",
    [
        framed(b"[" * 100_000),
        framed(b"9" * 10_000),
        framed(json.dumps([SOUND]).encode()),
        framed(json.dumps({**SOUND, "stamp": {}}).encode()),
        framed(b"") * 30_000,
        LENGTH.pack(2**32 - 1) + b"{}",
        framed(b"\xff"),
    ],
    ids=["deep", "digits", "a list", "no stamp", "signs of life alone", "endless", "no text"],
)
def test_an_answer_that_no_reader_gives_is_a_dead_reader(answer: bytes) -> None:
    assert isinstance(_told(answer), ReaderDied)


@given(answers)
@settings(max_examples=25)
def test_whatever_a_child_says_is_refused_in_time(answer: bytes) -> None:
    started = time.monotonic()
    told = _told(answer)
    assert isinstance(told, UnreadableFile), told
    assert isinstance(told.message, str)
    assert time.monotonic() - started < SECONDS
