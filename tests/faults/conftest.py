"""One nursery for all fault tests of a run."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.faults.nursery import Nursery


@pytest.fixture(scope="session")
def nursery() -> Iterator[Nursery]:
    with Nursery(["tests.faults.worker:warm_up"]) as ready:
        yield ready
