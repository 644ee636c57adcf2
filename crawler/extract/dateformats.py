"""Dates as people and programs write them: ISO 8601, RFC 2822, and words in the languages blogs are written in."""

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

EARLIEST = datetime(1991, 8, 6, tzinfo=UTC)
"""The day of the first web page: nothing was published on the web before."""

# Month names and their usual short forms: EN NL FI DE FR ES PT IT SV RU.
_MONTH_NAMES = (
    "january jan januari januar jänner tammikuu tammikuuta janvier janv enero ene janeiro gennaio gen января янв",
    "february feb febr februari februar helmikuu helmikuuta février fevrier févr fevr febrero fevereiro fev фев",
    "march mar maart mrt märz maerz mär maaliskuu maaliskuuta mars marzo março marco марта мар",
    "april apr huhtikuu huhtikuuta avril avr abril abr aprile апреля апр",
    "may mei mai toukokuu toukokuuta mayo maio maggio mag maj мая май",
    "june jun juni kesäkuu kesäkuuta juin junio junho giugno giu июня июн",
    "july jul juli heinäkuu heinäkuuta juillet juil julio julho luglio lug июля июл",
    "august aug augustus elokuu elokuuta août aout agosto ago augusti августа авг",
    "september sep sept syyskuu syyskuuta septembre septiembre setiembre setembro set settembre сентября сен",
    "october oct oktober okt lokakuu lokakuuta octobre octubre outubro out ottobre ott октября окт",
    "november nov marraskuu marraskuuta novembre noviembre novembro ноября ноя",
    "december dec dezember dez joulukuu joulukuuta décembre decembre déc diciembre dic dezembro dicembre декабря дек",
)
MONTHS = {name: number for number, names in enumerate(_MONTH_NAMES, 1) for name in names.split()}

_ISO = re.compile(
    r"((?:19|20)\d\d)-(\d\d?)-(\d\d?)(?:[T\s]+(\d\d?):(\d\d)(?::(\d\d)(?:\.\d+)?)?\s*(Z|UTC|GMT|[+-]\d\d:?\d\d)?)?",
    re.IGNORECASE,
)
_WORD_MONTH = "|".join(sorted(map(re.escape, MONTHS), key=len, reverse=True))
_DAY_FIRST = re.compile(
    rf"(?<!\d)(\d{{1,2}})(?:st|nd|rd|th|er|\.|º|ª)?[\s\-]*(?:de\s+|of\s+|di\s+)?\b({_WORD_MONTH})\b\.?,?[\s\-]*(?:de\s+|del\s+)?"
    r"((?:19|20)\d\d)(?!\d)",
    re.IGNORECASE,
)
_MONTH_FIRST = re.compile(
    rf"\b({_WORD_MONTH})\b\.?\s*(\d{{1,2}})(?:st|nd|rd|th)?\s*,?\s*((?:19|20)\d\d)(?!\d)", re.IGNORECASE
)
_YEAR_MONTH_DAY = re.compile(
    rf"(?<!\d)((?:19|20)\d\d)[\s,\-]+({_WORD_MONTH})\b\.?[\s\-]*(\d{{1,2}})(?!\d)", re.IGNORECASE
)
_EAST_ASIAN = re.compile(r"((?:19|20)\d\d)\s*[年년]\s*(\d{1,2})\s*[月월]\s*(\d{1,2})\s*[日일]")
_NUMBERS_YEAR_FIRST = re.compile(r"(?<![\d./-])((?:19|20)\d\d)\s?[./-]\s?(\d{1,2})\s?[./-]\s?(\d{1,2})(?!\d)")
_NUMBERS_DAY_DOTS = re.compile(r"(?<![\d.])(\d{1,2})\.\s?(\d{1,2})\.\s?((?:19|20)\d\d)(?!\d)")
_NUMBERS_SLASHES = re.compile(r"(?<![\d/-])(\d{1,2})[/-](\d{1,2})[/-]((?:19|20)\d\d)(?!\d)")
_SHORT = 60
"""Length of a machine-readable date: anything longer is text."""


def parse_machine_date(text: str | None) -> datetime | None:
    """The time in UTC that an ISO 8601 or RFC 2822 string, or a Unix time, stands for; times without a zone are UTC."""
    if not text or len(text) > _SHORT:
        return None
    match = _ISO.search(text)
    if match is not None:
        return _from_iso(match)
    if re.fullmatch(r"\d{10}(\d{3})?", text):
        return datetime.fromtimestamp(int(text[:10]), tz=UTC)
    try:
        parsed = parsedate_to_datetime(text)
        return parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)
    except (ValueError, OverflowError, TypeError, IndexError):
        return None


def parse_written_date(text: str, language: str | None = None) -> datetime | None:
    """The first date that ``text`` names in words or figures, at midnight UTC.

    ``3/4/2020`` is read as 3 April, but in English, where it could be either, as no date at all.
    """
    found = [
        (match.start(), date)
        for pattern, order in _WRITTEN
        for match in pattern.finditer(text)
        if (date := _from_parts(match, order, language)) is not None
    ]
    return min(found)[1] if found else None


def is_possible(date: datetime, latest: datetime) -> bool:
    """True when something may have been published then: after the first web page, at most a day after ``latest``."""
    return EARLIEST <= date <= latest + timedelta(days=1)


def _from_iso(match: re.Match[str]) -> datetime | None:
    year, month, day, hour, minute, second, zone = match.groups()
    try:
        date = datetime(int(year), int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0), tzinfo=UTC)
        return date - _offset(zone)
    except (ValueError, OverflowError):
        return None


def _offset(zone: str | None) -> timedelta:
    if not zone or zone[0] not in "+-":
        return timedelta()
    hours, minutes = int(zone[1:3]), int(zone[-2:])
    return timedelta(hours=hours, minutes=minutes) * (-1 if zone[0] == "-" else 1)


_WRITTEN = (
    (_EAST_ASIAN, "ymd"),
    (_YEAR_MONTH_DAY, "ymd"),
    (_NUMBERS_YEAR_FIRST, "ymd"),
    (_DAY_FIRST, "dmy"),
    (_MONTH_FIRST, "mdy"),
    (_NUMBERS_DAY_DOTS, "dmy"),
    (_NUMBERS_SLASHES, "slashes"),
)


def _from_parts(match: re.Match[str], order: str, language: str | None) -> datetime | None:
    first, second, third = match.groups()
    if order == "slashes":
        order = _slash_order(int(first), int(second), language)
    if order == "ymd":
        year, month, day = first, second, third
    elif order == "mdy":
        month, day, year = first, second, third
    elif order == "dmy":
        day, month, year = first, second, third
    else:
        return None
    try:
        return datetime(int(year), _month_number(month), int(day), tzinfo=UTC)
    except ValueError:
        return None


def _slash_order(first: int, second: int, language: str | None) -> str:
    if second > 12:
        return "mdy"
    if first > 12 or first == second:
        return "dmy"
    return "ambiguous" if language is None or language.startswith("en") else "dmy"


def _month_number(text: str) -> int:
    return int(text) if text.isdigit() else MONTHS.get(text.lower(), 0)
