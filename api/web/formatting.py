"""Figures, dates and words as the pages write them: pure functions, registered as filters of the templates.

Scores and parts are stored from 0 to 1 and shown as points of 100. Unknown is a word, never a dash or a zero.
"""

import re
from datetime import UTC, datetime
from math import isfinite

from babel import Locale
from markupsafe import Markup, escape

UNKNOWN = "unknown"
MINUS = "\u2212"
NO_BREAK = "\u00a0"

_ENGLISH = Locale("en")
_MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
_AGES = ((60, "second", 1), (3600, "minute", 60), (86_400, "hour", 3600), (14 * 86_400, "day", 86_400))
_LONGER_AGES = ((60 * 86_400, "week", 7 * 86_400), (730 * 86_400, "month", 30.44 * 86_400))
_YEAR_SECONDS = 365.25 * 86_400

PLATFORMS = {
    "wordpress": "WordPress",
    "blogger": "Blogger",
    "ghost": "Ghost",
    "hugo": "Hugo",
    "jekyll": "Jekyll",
    "mastodon": "Mastodon",
    "bluesky": "Bluesky",
    "medium": "Medium",
    "substack": "Substack",
    "tumblr": "Tumblr",
    "youtube": "YouTube",
    "devto": "DEV",
    "hackernews": "Hacker News",
    "x": "X",
    "instagram": "Instagram",
    "tiktok": "TikTok",
    "facebook": "Facebook",
    "linkedin": "LinkedIn",
    "threads": "Threads",
    "pinterest": "Pinterest",
    "activitypub": "ActivityPub",
    "pixelfed": "Pixelfed",
    "misskey": "Misskey",
}
"""How platforms write their own names; others are shown as the crawl named them."""


def number(value: float | None, decimals: int = 0) -> str:
    """``1,234`` or ``6.5``: thousands separated, no more decimals than it has, a true minus sign."""
    if value is None or not isfinite(value):
        return UNKNOWN
    text = f"{value:,.{decimals}f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text.replace("-", MINUS)


def points(value: float | None) -> str:
    """A score, part or contribution (0 to 1) as points of 100 with one decimal, so that shown parts add up."""
    if value is None or not isfinite(value):
        return UNKNOWN
    text = f"{100 * value:.1f}"
    return "0.0" if text == "-0.0" else text.replace("-", MINUS)


def percent(share: float | None) -> str:
    """A share (0 to 1) as ``31 %``; a part of less than one percent is no zero."""
    if share is None or not isfinite(share):
        return UNKNOWN
    if 0 < share < 0.01:
        return f"under{NO_BREAK}1{NO_BREAK}%"
    return f"{number(100 * share)}{NO_BREAK}%"


def plural(count: float, one: str, many: str | None = None) -> str:
    """``1 post``, ``31 posts``; ``many`` is for words that do not take an s."""
    word = one if count == 1 else many or f"{one}s"
    return f"{number(count, 1)}{NO_BREAK}{word}"


def as_datetime(value: datetime | str | None) -> datetime | None:
    """An aware UTC time from a time or an RFC 3339 text; None for what is neither."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return None
    if value is None:
        return None
    return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)


def day(value: datetime | str | None) -> str:
    """``3 Nov 2026``, in UTC."""
    moment = as_datetime(value)
    return f"{moment.day} {_MONTHS[moment.month - 1]} {moment.year}" if moment else UNKNOWN


def ago(value: datetime | str | None, now: datetime) -> str:
    """``3 weeks ago``, rounded down; ``in 2 days`` for what is dated ahead."""
    moment = as_datetime(value)
    if moment is None:
        return UNKNOWN
    seconds = (now - moment).total_seconds()
    if abs(seconds) < 1:
        return "just now"
    words = _span(abs(seconds))
    return f"{words} ago" if seconds > 0 else f"in {words}"


def _span(seconds: float) -> str:
    for limit, unit, length in (*_AGES, *_LONGER_AGES):
        if seconds < limit:
            return plural(int(seconds // length), unit)
    return plural(int(seconds // _YEAR_SECONDS), "year")


def date(value: datetime | str | None, now: datetime) -> Markup:
    """A ``<time>`` with the absolute date and, beside it, how long ago that was."""
    moment = as_datetime(value)
    if moment is None:
        return Markup('<span class="unknown">unknown</span>')
    return Markup('<time datetime="{}" title="{}">{} <span class="ago">{}</span></time>').format(
        moment.isoformat(), f"{moment:%Y-%m-%d %H:%M} UTC", day(moment), ago(moment, now)
    )


def language_name(code: str | None) -> str:
    """``Finnish`` for ``fi``; a code that nobody knows stays as it is."""
    if not code:
        return f"language {UNKNOWN}"
    return str(_ENGLISH.languages.get(code.lower().partition("-")[0], code))


def platform_name(name: str | None) -> str:
    """The platform as it writes its own name."""
    return PLATFORMS.get(name or "", name or "unknown platform")


def address_shown(url: str) -> str:
    """An address as people say it: no scheme, no ``www.``, no trailing slash."""
    return re.sub(r"^https?://(www\.)?", "", url, flags=re.IGNORECASE).rstrip("/")


def safe_link(url: str | None, text: str | None = None) -> Markup:
    """A link to a foreign page, opened without our address in its ``opener``; text alone for what is not http(s)."""
    shown = text or address_shown(url or "")
    if not url or not re.match(r"https?://[^/\s]", url, re.IGNORECASE):
        return escape(shown)
    return Markup('<a href="{}" rel="noopener nofollow ugc" dir="auto">{}</a>').format(url, shown)


def foreign(language: str | None = None) -> Markup:
    """Attributes of an element that holds crawled text: its language where it is told, its direction by its letters."""
    if language and re.fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*", language):
        return Markup('lang="{}" dir="auto"').format(language)
    return Markup('lang="" dir="auto"')
