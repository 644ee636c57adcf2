"""How long to leave a server alone after it failed or asked for patience. Pure.

Central names: :func:`retry_after_seconds`, :func:`backoff_seconds`, :func:`is_failure`.
"""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

FIRST_BACKOFF_SECONDS = 5.0
MAX_BACKOFF_SECONDS = 3600.0
MAX_RETRY_AFTER_SECONDS = 7 * 86400.0
"""A longer Retry-After is a mistake, or a way to be forgotten; the site is asked once a week then."""
FAILURES_BEFORE_PARKING = 5
PARKING_SECONDS = 3600.0
"""A host that failed five times in a row is left alone for at least an hour."""


def retry_after_seconds(value: str, now: datetime | None = None) -> float | None:
    """The wait that a Retry-After header asks for (RFC 9110, section 10.2.3: seconds or a date), at least 0.

    None when the header says nothing that can be understood.
    """
    text = value.strip()
    if text.isascii() and text.isdigit():
        return min(float(text[:12]), MAX_RETRY_AFTER_SECONDS)
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, IndexError, TypeError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    wait = (moment - (now or datetime.now(UTC))).total_seconds()
    return min(max(wait, 0.0), MAX_RETRY_AFTER_SECONDS)


def backoff_seconds(failures: int, spread: float) -> float:
    """The wait after a number of failures in a row: doubling from FIRST_BACKOFF_SECONDS, parked from the fifth on.

    ``spread`` is between 0 and 1, chosen by chance, so that hosts that failed together are not all asked again
    together: the doubling wait is taken times 0.5 to 1.5, the parking time times 1 to 1.5.
    """
    if failures >= FAILURES_BEFORE_PARKING:
        return PARKING_SECONDS * (1 + 0.5 * spread)
    return min(FIRST_BACKOFF_SECONDS * 2.0 ** (failures - 1), MAX_BACKOFF_SECONDS) * (0.5 + spread)


def is_failure(status: int) -> bool:
    """Whether a response (0: none came) says that the server is not well or wants to be left alone."""
    return status in {0, 408, 429} or status >= 500
