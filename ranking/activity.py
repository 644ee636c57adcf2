"""How often somebody publishes."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

RATE_WINDOW = timedelta(days=365)
"""Posts per month are those of one year, so that a summer break does not make a blogger look inactive."""

MONTH = timedelta(days=365.25 / 12)
"""An average month of the Julian year."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_WINDOW = RATE_WINDOW // _MICROSECOND

MIN_DATED_POSTS = 3
"""Two dates give one gap, and one gap is no habit."""


def posts_per_month(dates: Sequence[datetime], as_of: datetime) -> float | None:
    """Posts of the year before ``as_of`` per month; None when fewer than three posts are dated.

    ``dates`` are in ascending order and none is after ``as_of``. The months are counted from the start of that year, or
    from the first post where that is later (a new blog, or a feed that shows its newest posts only), and are one at
    least, so that a burst of one day is no rate of ninety a month. 0 means: dated posts, but none in that year.
    """
    return rate_of(moments(dates), moment_of(as_of))


def rate_of(dates: NDArray[np.int64], as_of: int) -> float | None:
    """:func:`posts_per_month` of moments, some of which may be after ``as_of`` and do not count."""
    dates = dates[: np.searchsorted(dates, as_of, side="right")]
    if not len(dates):
        return None
    start = max(as_of - _WINDOW, int(dates[0]))
    return _rate(len(dates), len(dates) - int(np.searchsorted(dates, start)), as_of - start)


def rates_of(dates: NDArray[np.int64], sizes: NDArray[np.int64], as_of: int) -> list[float | None]:
    """:func:`rate_of` for runs of these sizes that lie behind each other; within a run dates are in any order."""
    runs = np.repeat(np.arange(len(sizes)), sizes)
    past = dates <= as_of
    runs, dates = runs[past], dates[past]
    starts = np.full(len(sizes), as_of)
    np.minimum.at(starts, runs, dates)
    starts = np.maximum(starts, as_of - _WINDOW)
    numbers, within = (np.bincount(found, minlength=len(sizes)) for found in (runs, runs[dates >= starts[runs]]))
    return list(map(_rate, numbers.tolist(), within.tolist(), (as_of - starts).tolist()))


def _rate(number: int, within: int, microseconds: int) -> float | None:
    """Posts per month where ``number`` are dated, ``within`` of them in so many last microseconds."""
    if number < MIN_DATED_POSTS:
        return None
    return round(within / max(microseconds / (MONTH // _MICROSECOND), 1.0), 3)


def moments(dates: Iterable[datetime]) -> NDArray[np.int64]:
    """Dates as microseconds since 1970, in ascending order."""
    return np.array(sorted(map(moment_of, dates)), np.int64)


def moment_of(date: datetime) -> int:
    """A date as microseconds since 1970."""
    return (date - _EPOCH) // _MICROSECOND
