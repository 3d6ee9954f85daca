from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index_data.errors import UsageError
from search.dates import moment, written

NOW = datetime(2024, 3, 31, 12, 0, tzinfo=UTC)
SECOND = 1_000_000_000


@pytest.fixture(autouse=True)
def _berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Where the summer of 2024 began on 31 March and ended on 27 October."""
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "Europe/Berlin")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2024", "2023-12-31T23:00"),
        ("2024-07", "2024-06-30T22:00"),
        ("2024-7-1", "2024-06-30T22:00"),
        ("2024-10-28", "2024-10-27T23:00"),
        ("1d", "2024-03-30T12:00"),
        ("2w", "2024-03-17T12:00"),
        ("0d", "2024-03-31T12:00"),
        ("2024-05-01T10:30+00:00", "2024-05-01T10:30"),
    ],
)
def test_a_date_is_its_start_where_the_machine_stands(text: str, utc: str) -> None:
    expected = datetime.fromisoformat(f"{utc}+00:00")
    assert moment(text, NOW) == int(expected.timestamp()) * SECOND


@pytest.mark.parametrize(
    "text", ["", "x", "24", "2024-13", "2024-02-30", "0000", "7", "7m", "-7d", "9999999d", "٢٠٢٤"]
)
def test_what_is_no_date(text: str) -> None:
    with pytest.raises(UsageError, match="is no date"):
        moment(text, NOW)


@given(st.datetimes(datetime(1970, 1, 2), datetime(2200, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_what_is_written_is_read_as_the_same_moment(then: datetime) -> None:
    since = then - datetime(1970, 1, 1, tzinfo=UTC)
    nanoseconds = (since.days * 86_400 + since.seconds) * SECOND + since.microseconds * 1_000
    assert moment(written(nanoseconds)) == nanoseconds


def test_the_start_of_a_day_is_written_as_a_date() -> None:
    assert written(moment("2024-07")) == "2024-07-01"
    assert written(moment("1d", NOW)) == "2024-03-30T13:00:00+01:00"
