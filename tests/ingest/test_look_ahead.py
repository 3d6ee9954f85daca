"""Work ahead of its reader: in order, never far, and gone when the reader is."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import Future
from itertools import count

import pytest

from ingest.look_ahead import LookAhead

SECONDS = 20.0
"""Longer than anything here takes, shorter than patience."""


def _alive() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("look-ahead")]


def test_items_come_in_order_from_one_other_thread() -> None:
    makers = set()

    def items() -> Iterator[int]:
        for number in range(100):
            makers.add(threading.current_thread().name)
            yield number

    with LookAhead[int](3) as ahead:
        assert list(ahead.each(items())) == list(range(100))
    assert len(makers) == 1
    assert threading.current_thread().name not in makers
    assert _alive() == []


def test_a_few_items_are_made_before_they_are_asked_for() -> None:
    made: list[int] = []
    many = threading.Semaphore(0)

    def items() -> Iterator[int]:
        for number in range(10):
            made.append(number)
            many.release()
            yield number

    def made_in_time(number: int) -> bool:
        return all(many.acquire(timeout=SECONDS) for _ in range(number))

    with LookAhead[int](2) as ahead:
        reader = ahead.each(items())
        assert next(reader) == 0
        # Two are ready, and a third has no place yet.
        assert made_in_time(4)
        assert not many.acquire(timeout=0.2)
        assert next(reader) == 1
        assert made_in_time(1)
        assert list(reader) == list(range(2, 10))
    assert made == list(range(10))


def test_an_error_comes_when_its_turn_does() -> None:
    def items() -> Iterator[int]:
        yield 1
        yield 2
        raise LookupError("third")

    read: list[int] = []
    with pytest.raises(LookupError, match="third"), LookAhead[int](5) as ahead:
        read.extend(ahead.each(items()))
    assert read == [1, 2]
    assert _alive() == []


def test_a_reader_that_leaves_early_leaves_no_thread() -> None:
    def read_one() -> None:
        with LookAhead[int](2) as ahead:
            for _ in ahead.each(count()):
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        read_one()
    assert _alive() == []


def test_a_reader_that_leaves_does_not_wait_for_the_work_of_others() -> None:
    never: Future[int] = Future()
    done: Future[int] = Future()
    done.set_result(7)
    waiting = threading.Event()

    def items() -> Iterator[int]:
        yield ahead.wait_for(done)
        waiting.set()
        yield ahead.wait_for(never)

    with LookAhead[int](2) as ahead:
        assert next(ahead.each(items())) == 7
        assert waiting.wait(SECONDS)
    assert _alive() == []


def test_the_error_of_others_work_is_raised() -> None:
    failed: Future[int] = Future()
    failed.set_exception(LookupError("theirs"))
    with LookAhead[int](1) as ahead, pytest.raises(LookupError, match="theirs"):
        ahead.wait_for(failed)
