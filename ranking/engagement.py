"""What readers did, as one figure per blogger: conversation, amplification and applause.

Conversation is comments per post, amplification shares per post, applause likes per post (Avinash Kaushik, "Best
Social Media Metrics", 2011). Each measure looks at the *median* post and at the share of posts with any reaction, so
that one viral post cannot carry a blogger, and is shrunk toward the median of its platform while posts are few.
Followers are no part of it.

An unknown measure enters at the shrunk median of its peers: the median over all bloggers, where those who show nothing
count as nothing. No known measure enters below it. So hiding comments never helps: the hider's own figure falls to
that median, and the median itself can only fall.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import fmean, median

from bloghound.records import EngagementKind, RankablePost, UnknownReason

MEASURES = {
    "conversation": EngagementKind.COMMENTS,
    "amplification": EngagementKind.SHARES,
    "applause": EngagementKind.LIKES,
}

MEASURE_WEIGHTS = {"conversation": 0.5, "amplification": 0.25, "applause": 0.25}
"""A comment costs its writer more than a share or a like does; the two others are equal for want of evidence."""

HALF_LEVEL = {"conversation": 2.0, "amplification": 20.0, "applause": 80.0}
"""The median count at which a measure is half of what it can be. Likes: the median of 5,964 articles of six large
Medium publications (78 claps); responses: their 90th percentile (2), as most have none; shares: a quarter of likes."""

SHRINKAGE_POSTS = 5
"""A blogger's own posts weigh as much as the platform's median when this many show the figure."""


@dataclass(frozen=True, slots=True)
class MeasureFigures:
    """One measure over a blogger's posts; ``posts`` is how many show it, and ``reason`` says why none does."""

    posts: int
    median: float
    share_with_any: float
    reason: str | None = None

    @property
    def known(self) -> bool:
        """Whether any post shows the figure."""
        return self.posts > 0


@dataclass(frozen=True, slots=True)
class Engagement:
    """A blogger's engagement: ``value`` from 0 to 1, and what it was computed from, measure by measure."""

    value: float
    known: bool
    sample_size: int
    inputs: dict[str, dict[str, float | int | str | None]]


def figures_of(posts: Iterable[RankablePost]) -> dict[str, MeasureFigures]:
    """Each measure's figures over the posts of one blogger."""
    readings = [reading for post in posts for reading in post.engagement]
    return {
        measure: _figures(
            [reading.count for reading in readings if reading.kind is kind and reading.count is not None],
            [reading.reason for reading in readings if reading.kind is kind and reading.reason is not None],
        )
        for measure, kind in MEASURES.items()
    }


def engagement_of_all(figures: Sequence[Mapping[str, MeasureFigures]], platforms: Sequence[str]) -> list[Engagement]:
    """The engagement of each blogger among its peers; ``platforms[i]`` is where blogger ``i`` publishes."""
    entries = {
        measure: _entries([blogger[measure] for blogger in figures], platforms, HALF_LEVEL[measure])
        for measure in MEASURES
    }
    return [
        _engagement(blogger, {measure: entries[measure][index] for measure in MEASURES})
        for index, blogger in enumerate(figures)
    ]


def _figures(counts: list[int], reasons: list[UnknownReason]) -> MeasureFigures:
    if not counts:
        reason = max(reasons, key=reasons.count) if reasons else UnknownReason.NOT_EXPOSED
        return MeasureFigures(0, 0.0, 0.0, reason.value)
    return MeasureFigures(len(counts), float(median(counts)), fmean(count > 0 for count in counts))


def _entries(figures: Sequence[MeasureFigures], platforms: Sequence[str], half_level: float) -> list[float]:
    """The value, from 0 to 1, with which one measure of each blogger enters."""
    levels = [_level(one, half_level) for one in figures]
    by_platform: dict[str, list[float]] = {}
    for platform, level in zip(platforms, levels, strict=True):
        by_platform.setdefault(platform, []).append(level)
    typical = {platform: median(values) for platform, values in by_platform.items()}
    shrunk = [
        (one.posts * level + SHRINKAGE_POSTS * typical[platform]) / (one.posts + SHRINKAGE_POSTS) if one.known else 0.0
        for one, level, platform in zip(figures, levels, platforms, strict=True)
    ]
    floor = median(shrunk) if shrunk else 0.0
    return [max(value, floor) for value in shrunk]


def _level(figures: MeasureFigures, half_level: float) -> float:
    """0 for no reaction (and for nothing shown), toward 1 for posts that all get many."""
    return (figures.share_with_any + figures.median / (figures.median + half_level)) / 2


def _engagement(figures: Mapping[str, MeasureFigures], entries: Mapping[str, float]) -> Engagement:
    return Engagement(
        value=sum(MEASURE_WEIGHTS[measure] * entries[measure] for measure in MEASURES),
        known=any(one.known for one in figures.values()),
        sample_size=max(one.posts for one in figures.values()),
        inputs={measure: {**asdict(figures[measure]), "entered_at": entries[measure]} for measure in MEASURES},
    )
