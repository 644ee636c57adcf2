"""How readers answer a blogger, in the words and charts of its page: pure functions over jobs' values."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from api.web.cards import MEASURES, REASONS
from api.web.charts.growth_lines import GrowthLines, growth_lines
from api.web.charts.time_dots import Band, Point, TimeDots
from api.web.formatting import number, percent, plural
from api.web.profile_facts import KINDS, dots_over_time
from bloghound.jobs.peer_bands import PeerBand
from bloghound.jobs.profiles import MonthOfPosts
from bloghound.jobs.readers import GrowingPost, TalkFigure
from bloghound.jobs.standing import MeasureStanding, Standing
from storage.post_pages import ShownPost

_TALK = {
    "discussed_posts": "Posts with readers’ comments that are known one by one",
    "distinct_commenters": "Different commenters on these",
    "returning_share": "Of these, seen on two posts or more",
    "author_answer_share": "Discussed posts on which the author answers",
    "words_per_comment": "Words a comment, median",
}
_SHARES = frozenset({"returning_share", "author_answer_share"})

_SOURCES = {
    "commenters": "single comments on the blog",
    "citations": "links between the bloggers known here",
    "views": "counts shown by the sites; counts nothing in the score",
}
"""Where measures are from that are not counts shown by the sites alone."""

MIN_BAND_PEERS = 2
"""The blogger is one of the group: alone it would stand before its own figures."""


@dataclass(frozen=True, slots=True)
class MeasureRow:
    """A line of the engagement table; ``median`` is a word with its ``reason`` when it is unknown.

    ``peers`` is the peers' median, unknown where nobody else shows the figure, and ``usual`` the middle half of them
    where they differ.
    """

    label: str
    known: bool
    median: str
    sample: str
    share: str
    peers: str
    usual: str
    peers_sample: str
    group: str
    source: str
    reason: str


@dataclass(frozen=True, slots=True)
class TalkRow:
    """A line of the table of how readers talk."""

    label: str
    known: bool
    value: str
    reason: str
    peers: str
    peers_sample: int


@dataclass(frozen=True, slots=True)
class ReactionChart:
    """One kind of reaction per post over time, with the band it stands before.

    ``mixed`` says that some posts stand on the blog and some on a profile.
    """

    kind: str
    noun: str
    posts: int
    mixed: bool
    chart: TimeDots
    band: PeerBand | None


@dataclass(frozen=True, slots=True)
class GrowthChart:
    """One kind of reaction of the newest posts from look to look; posts are in the order of their numbers."""

    kind: str
    noun: str
    chart: GrowthLines
    posts: tuple[GrowingPost, ...]


def measure_rows(placed: Standing) -> list[MeasureRow]:
    """The engagement table of a blogger, most telling measure first."""
    return [_measure_row(name, one) for name, one in placed.measures.items()]


def _measure_row(name: str, one: MeasureStanding) -> MeasureRow:
    others = one.peers - (one.median is not None)
    return MeasureRow(
        label=f"{MEASURES[name]} a post, median",
        known=one.median is not None,
        median=number(one.median, 1),
        sample=f"{number(one.posts)} of {number(one.of_posts)} on {one.channel}",
        share=percent(one.share_with_any),
        peers=number(one.peers_median if others else None, 1),
        usual=_span(one.peers_low, one.peers_high) if others else "",
        peers_sample=f"known of {number(one.peers)} of {number(one.peers_size)}" if others else "known of nobody else",
        group=one.peers_group,
        source=_SOURCES.get(name, "counts shown by the sites"),
        reason="" if one.median is not None else _words(one.reason),
    )


def _span(low: float | None, high: float | None) -> str:
    return f"{number(low, 1)} to {number(high, 1)}" if low != high else ""


def _words(reason: str | None) -> str:
    return REASONS.get(reason or "", reason or "nothing was read")


def talk_rows(talk: Mapping[str, TalkFigure]) -> list[TalkRow]:
    """How readers talk, beside the peers; nothing where the index does not hold the blogger."""
    return [_talk_row(name, talk[name]) for name in _TALK if name in talk]


def _talk_row(name: str, figure: TalkFigure) -> TalkRow:
    shown = percent if name in _SHARES else number
    return TalkRow(
        label=_TALK[name],
        known=figure.value is not None,
        value=shown(figure.value),
        reason="" if figure.value is not None else _words(figure.reason),
        peers=shown(figure.peers_median),
        peers_sample=figure.peers,
    )


def kinds_shown(months: Sequence[MonthOfPosts]) -> list[str]:
    """The kinds of reaction that any month knows, and comments always: they are what readers look for."""
    return [kind for kind in KINDS if kind == "comments" or any(kind in month.engagement for month in months)]


def reaction_charts(
    posts: Sequence[ShownPost],
    bands: Mapping[str, PeerBand],
    as_of: datetime | None,
    profiles: Collection[str] = (),
) -> list[ReactionChart]:
    """One chart for each kind of reaction that several dated posts show; those on ``profiles`` (site keys) apart."""
    made = [_reaction_chart(kind, _points(kind, posts, profiles), bands.get(kind), as_of) for kind in KINDS]
    return [one for one in made if one is not None]


def _points(kind: str, posts: Sequence[ShownPost], profiles: Collection[str]) -> list[Point]:
    return [
        Point(post.published_at, reading.count, post.title or post.url, post.site_key in profiles)
        for post in posts
        for reading in post.engagement
        if reading.kind == kind and reading.count is not None and post.published_at is not None
    ]


def _reaction_chart(
    kind: str, points: Sequence[Point], band: PeerBand | None, as_of: datetime | None
) -> ReactionChart | None:
    if band is not None and band.peers < MIN_BAND_PEERS:
        band = None
    behind = Band(band.low, band.median, band.high) if band else None
    chart = dots_over_time(points, behind, as_of) if len(points) > 1 else None
    mixed = len({point.hollow for point in points}) > 1
    return ReactionChart(kind, KINDS[kind], len(points), mixed, chart, band) if chart else None


def growth_charts(growing: Sequence[GrowingPost]) -> list[GrowthChart]:
    """One chart for each kind of reaction that was seen to change, in the order in which reactions count."""
    return [one for kind in KINDS if (one := _growth_chart(kind, [post for post in growing if post.kind == kind]))]


def _growth_chart(kind: str, posts: Sequence[GrowingPost]) -> GrowthChart | None:
    series = [[Point(look.observed_at, look.count, post.title or post.url) for look in post.looks] for post in posts]
    chart = growth_lines(series)
    return GrowthChart(kind, KINDS[kind], chart, tuple(posts)) if chart else None


def grown(post: GrowingPost) -> str:
    """``+4 in 6 days``: by how much a count changed, and in how long."""
    change = number(post.grown)
    days = (post.looks[-1].observed_at - post.looks[0].observed_at).days
    return f"{'+' if post.grown > 0 else ''}{change} in {plural(days, 'day') if days else 'less than a day'}"
