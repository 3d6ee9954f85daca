"""Points in time as people write them in a query, in the time zone of the machine."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from index_data.errors import UsageError

REMEDY = "Write a date as 2024, 2024-01 or 2024-01-31, or as the days or weeks ago: 7d, 2w."

_DATE = re.compile(r"(\d{4})(?:-(\d{1,2}))?(?:-(\d{1,2}))?", re.ASCII)
_AGO = re.compile(r"(\d{1,6})([dw])", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def moment(text: str, now: datetime | None = None) -> int:
    """Read a date, its start being meant, or how long before `now`: nanoseconds since the epoch.

    Times with an offset as in ISO 8601 are understood, too.

    Raises:
        UsageError: it is none of these.
    """
    try:
        if ago := _AGO.fullmatch(text):
            days = int(ago[1]) * (7 if ago[2] == "w" else 1)
            then = (now or datetime.now(UTC)).replace(microsecond=0) - timedelta(days)
        elif date := _DATE.fullmatch(text):
            year, month, day = (int(part or 1) for part in date.groups())
            then = datetime(year, month, day).astimezone()
        else:
            then = datetime.fromisoformat(text).astimezone()
        return (then - _EPOCH) // _MICROSECOND * 1000
    except (ValueError, OverflowError) as error:
        raise UsageError(f"{text} is no date", remedy=REMEDY) from error


def written(moment_ns: int) -> str:
    """Write a point in time so that `moment` reads the same: the date alone where it is the start of one."""
    then = (_EPOCH + _MICROSECOND * (moment_ns // 1000)).astimezone()
    date = then.date().isoformat()
    return date if moment(date) == moment_ns else then.isoformat()
