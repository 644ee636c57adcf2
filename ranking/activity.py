"""How often somebody publishes."""

from collections.abc import Sequence
from datetime import datetime, timedelta

RATE_WINDOW = timedelta(days=365)
"""Posts per month are those of one year, so that a summer break does not make a blogger look inactive."""

MONTH = timedelta(days=365.25 / 12)
"""An average month of the Julian year."""

MIN_DATED_POSTS = 3
"""Two dates give one gap, and one gap is no habit."""


def posts_per_month(dates: Sequence[datetime], as_of: datetime) -> float | None:
    """Posts of the year before ``as_of`` per month; None when fewer than three posts are dated.

    ``dates`` are in ascending order and none is after ``as_of``. The months are counted from the start of that year, or
    from the first post where that is later (a new blog, or a feed that shows its newest posts only), and are one at
    least, so that a burst of one day is no rate of ninety a month. 0 means: dated posts, but none in that year.
    """
    if len(dates) < MIN_DATED_POSTS:
        return None
    start = max(as_of - RATE_WINDOW, dates[0])
    months = max((as_of - start) / MONTH, 1.0)
    return round(sum(date >= start for date in dates) / months, 3)
