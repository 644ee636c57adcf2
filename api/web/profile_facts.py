"""A blogger's facts in the words and charts of its page: pure functions over what storage and the index hold."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from api.web.cards import Deduction, deduction
from api.web.charts.neighbours import Neighbour, Neighbourhood, neighbourhood
from api.web.charts.scales import month_number, month_start
from api.web.charts.time_dots import Band, Point, TimeDots, time_dots
from api.web.formatting import address_shown, day
from bloghound.jobs.profiles import Source
from bloghound.jobs.standing import Standing
from storage.blogger_links import LinkedBlogger
from storage.provenance import Observation

STATUSES = {
    "active": "Active",
    "quiet": "Quiet",
    "blocked": "Blocked: activity unknown",
    "robots": "Kept out by robots.txt: activity unknown",
    "failed": "Not reached: activity unknown",
    "unknown": "Activity unknown",
}
"""A site that could not be read is never called inactive."""

KINDS = {"comments": "comment", "shares": "share", "likes": "like", "views": "view"}
"""Reactions in the order in which they count, in the singular."""

_STANDING_REASONS = {
    "no_index": "there is no index that this version can use; 'bloghound index' builds one",
    "warming": "the index is being opened; load the page again in some seconds",
    "failed": "the index cannot be opened",
    "not_in_generation": "the current index was built before this blogger was read, or found no post to index",
}


def status_reason(reason: str, last_post: datetime | None) -> str:
    """Why the status is what it is, as a sentence begins, with the date as the pages write dates."""
    told = reason.replace(str(last_post.date()), day(last_post)) if last_post else reason
    return told[:1].upper() + told[1:]


@dataclass(frozen=True, slots=True)
class Footnote:
    """Where some facts are from; ``number`` stands beside each of them."""

    number: int
    facts: tuple[str, ...]
    source_url: str | None
    observed_at: datetime | None
    note: str


def standing_reason(reason: str | None) -> str:
    """Why the figures of an index are unknown, in words."""
    return _STANDING_REASONS.get(reason or "", reason or "")


def footnotes(sources: Sequence[Source]) -> tuple[Footnote, ...]:
    """The sources numbered from 1, facts of one source together."""
    grouped: dict[tuple[str | None, datetime | None, str], list[str]] = {}
    for one in sources:
        grouped.setdefault((one.source_url, one.observed_at, one.note), []).append(one.fact)
    return tuple(Footnote(place, tuple(facts), *key) for place, (key, facts) in enumerate(grouped.items(), start=1))


def notes_by_fact(notes: Sequence[Footnote]) -> dict[str, list[Footnote]]:
    """The footnotes of each fact."""
    found: dict[str, list[Footnote]] = {}
    for note in notes:
        for fact in dict.fromkeys(note.facts):
            found.setdefault(fact, []).append(note)
    return found


def finding_rows(placed: Standing) -> list[Deduction]:
    """What the posts show that costs points, as in a ranking."""
    return [deduction(asdict(one)) for one in placed.findings]


def follower_charts(figures: Sequence[Observation], as_of: datetime | None) -> dict[str, TimeDots]:
    """The followers of each channel as they were seen, for those where they were seen more than once."""
    by_channel: dict[str, list[Point]] = {}
    for one in figures:
        if one.value is not None:
            channel = address_shown(one.profile_url) if one.profile_url else one.site_key
            by_channel.setdefault(channel, []).append(Point(one.observed_at, one.value))
    charts = {key: dots_over_time(points, None, as_of) for key, points in by_channel.items() if len(points) > 1}
    return {key: chart for key, chart in charts.items() if chart is not None}


def dots_over_time(points: Sequence[Point], band: Band | None, as_of: datetime | None) -> TimeDots | None:
    """The points over whole months, from that of the first one to that of the last or of the last visit."""
    if not points:
        return None
    times = [point.at for point in points]
    last = max(*times, as_of) if as_of else max(times)
    return time_dots(points, month_start(month_number(min(times))), month_start(month_number(last) + 1), band)


def ego_graph(linkers: Sequence[LinkedBlogger], linked: Sequence[LinkedBlogger]) -> Neighbourhood | None:
    """The drawing of those who link here and those who are linked."""
    return neighbourhood([_neighbour(one) for one in linkers], [_neighbour(one) for one in linked])


def _neighbour(one: LinkedBlogger) -> Neighbour:
    return Neighbour(one.public_id, one.name, one.links)
