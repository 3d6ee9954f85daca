"""How much is at work at once, and what becomes of the rest."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator

import pytest

from terminal.service.http_gate import Gate, Gates, Limits
from terminal.service.http_refusal import Refusal


class Work:
    """A call that ends when it is told to."""

    def __init__(self) -> None:
        self.begun, self.go_on = threading.Event(), threading.Event()
        self.calls = 0

    def __call__(self) -> int:
        self.calls += 1
        self.begun.set()
        assert self.go_on.wait(30)
        return self.calls


@pytest.fixture
def work() -> Iterator[Work]:
    work = Work()
    yield work
    work.go_on.set()


async def _begun(work: Work) -> None:
    assert await asyncio.to_thread(work.begun.wait, 30)


def test_a_call_is_answered_and_its_errors_are_its_own() -> None:
    async def scenario() -> None:
        gate = Gate(Limits())
        assert await gate.run(sum, [1, 2]) == 3
        with pytest.raises(ZeroDivisionError):
            await gate.run(lambda: 1 / 0)

    asyncio.run(scenario())


def test_more_than_fit_in_line_are_sent_away(work: Work) -> None:
    async def scenario() -> None:
        gate = Gate(Limits(at_once=1, in_line=1))
        first = asyncio.create_task(gate.run(work))
        await _begun(work)
        second = asyncio.create_task(gate.run(work))
        await asyncio.sleep(0)
        with pytest.raises(Refusal) as refusal:
            await gate.run(work)
        assert refusal.value.status == 429
        assert refusal.value.headers["Retry-After"] == "1"
        work.go_on.set()
        assert [await first, await second] == [1, 2]
        assert await gate.run(work) == 3

    asyncio.run(scenario())


def test_who_leaves_the_line_makes_room(work: Work) -> None:
    async def scenario() -> None:
        gate = Gate(Limits(at_once=1, in_line=1))
        first = asyncio.create_task(gate.run(work))
        await _begun(work)
        for _ in range(3):
            second = asyncio.create_task(gate.run(work))
            await asyncio.sleep(0)
            second.cancel()
            await asyncio.gather(second, return_exceptions=True)
        third = asyncio.create_task(gate.run(work))
        await asyncio.sleep(0)
        work.go_on.set()
        assert [await first, await third] == [1, 2]

    asyncio.run(scenario())


def test_what_takes_too_long_is_given_up_and_keeps_its_place(work: Work) -> None:
    async def scenario() -> None:
        gate = Gate(Limits(at_once=1, in_line=0, seconds=0.05))
        with pytest.raises(Refusal) as refusal:
            await gate.run(work)
        assert refusal.value.status == 503
        assert refusal.value.headers["Retry-After"]
        with pytest.raises(Refusal) as refusal:
            await gate.run(work)
        assert refusal.value.status == 429
        work.go_on.set()
        gate.close()

    asyncio.run(scenario())
    assert work.calls == 1


def test_what_is_given_up_in_line_is_never_begun(work: Work) -> None:
    async def scenario() -> None:
        gate = Gate(Limits(at_once=1, in_line=1, seconds=0.05))
        given_up = await asyncio.gather(gate.run(work), gate.run(work), return_exceptions=True)
        assert [one.status for one in given_up if isinstance(one, Refusal)] == [503, 503]
        work.go_on.set()

    asyncio.run(scenario())
    assert work.calls == 1


def test_what_reads_does_not_wait_for_what_encodes(work: Work) -> None:
    async def scenario() -> None:
        gates = Gates(Limits(at_once=1, in_line=0))
        encoding = asyncio.create_task(gates.encoding.run(work))
        await _begun(work)
        assert await gates.reading.run(sum, [1, 2]) == 3
        work.go_on.set()
        assert await encoding == 1
        gates.close()

    asyncio.run(scenario())
