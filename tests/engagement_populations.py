"""Whole populations of bloggers with readers, drawn by hypothesis, and the public way from them to ranks."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from hypothesis import strategies as st

from bloghound.records import (
    EngagementKind,
    EngagementReading,
    PostComments,
    RankableBlogger,
    RankablePost,
    RankableSite,
    UnknownReason,
)
from ranking.engagement import ChannelColumns, EngagementTable, channels_of, engagement_of_all
from ranking.score import Weights, score
from tests.ranking_bloggers import AS_OF, post

PLATFORMS = ("wordpress", "hugo", "mastodon")
counts = st.one_of(st.none(), st.integers(0, 12), st.integers(0, 10**6))


def readings(**shown: int | None) -> tuple[EngagementReading, ...]:
    """Readings by kind; None is hidden."""
    return tuple(
        EngagementReading(EngagementKind(kind), count, UnknownReason.NOT_EXPOSED if count is None else None)
        for kind, count in shown.items()
    )


def writer(number: int, posts: Sequence[RankablePost], platform: str = "wordpress") -> RankableBlogger:
    """The blogger ``bNUMBER.test`` with these posts."""
    key = f"b{number}.test"
    kind = "profile" if platform == "mastodon" else "blog"
    site = RankableSite(number, f"site_{number}", key, f"https://{key}/", key, kind, platform, "en")
    return RankableBlogger(number, f"blg_{number}", key, key, site.home_url, (site,), tuple(posts))


def entry(number: int, *, age_days: int = 30, **changes: Any) -> RankablePost:
    """A post that old; ``shown`` are its counts by kind, ``comments`` its single comments."""
    shown, comments = changes.pop("shown", {}), changes.pop("comments", None)
    made = post(number, "x", published=AS_OF - timedelta(days=age_days), engagement=readings(**shown), **changes)
    return replace(made, comments=comments)


def commented(number: int, comments: Sequence[int | None], platform: str = "wordpress") -> RankableBlogger:
    """A blogger whose posts show these counts of comments and nothing else."""
    posts = [entry(index, age_days=30 + index, shown={"comments": count}) for index, count in enumerate(comments)]
    return writer(number, posts, platform)


def liked(number: int, likes: Sequence[int], platform: str) -> RankableBlogger:
    """A blogger whose posts show these counts of likes and nothing else."""
    posts = [entry(index, age_days=30 + index, shown={"likes": count}) for index, count in enumerate(likes)]
    return writer(number, posts, platform)


@st.composite
def posts_with_readers(draw: st.DrawFn, number: int) -> RankablePost:
    """A post with any mixture of known and hidden figures, an age, and single comments unless it shows none."""
    shown = {kind.value: draw(counts) for kind in EngagementKind}
    readers = tuple(draw(st.lists(st.sampled_from("abcdef"), max_size=6))) if shown["comments"] != 0 else ()
    comments = PostComments(readers, draw(st.integers(0, 2)), tuple(len(one) for one in readers))
    return entry(
        number,
        age_days=draw(st.sampled_from([0, 3, 8, 40, 400])),
        shown={kind: count for kind, count in shown.items() if draw(st.booleans())},
        comments=draw(st.sampled_from([None, comments])),
        citing_bloggers=draw(st.integers(0, 3)),
    )


@st.composite
def populations(draw: st.DrawFn) -> list[RankableBlogger]:
    """Some bloggers, and copies of them, so that there are groups of all kinds of sizes."""
    drawn: list[RankableBlogger] = []
    for _ in range(draw(st.integers(1, 5))):
        posts = [draw(posts_with_readers(index)) for index in range(draw(st.integers(0, 6)))]
        platform, second = draw(st.sampled_from(PLATFORMS)), draw(st.sampled_from([None, None, "tumblr"]))
        copies = draw(st.sampled_from([1, 2, 25]))
        made = [writer(len(drawn) + copy, posts, platform) for copy in range(copies)]
        drawn += made if second is None else [joined(one, second) for one in made]
    return drawn


def joined(blogger: RankableBlogger, platform: str) -> RankableBlogger:
    """The blogger with a second site, where every other post is."""
    key = f"other-{blogger.site_key}"
    other = replace(blogger.sites[0], key=key, home_url=f"https://{key}/", kind="blog", platform=platform)
    posts = [replace(one, url=f"https://{key}/{one.post_id}") if one.post_id % 2 else one for one in blogger.posts]
    return replace(blogger, sites=(*blogger.sites, other), posts=tuple(posts))


def judged(bloggers: Sequence[RankableBlogger]) -> EngagementTable:
    """Engagement as the index computes it."""
    return engagement_of_all(ChannelColumns.of([channels_of(blogger, AS_OF) for blogger in bloggers]))


def hidden(post: RankablePost, kinds: Sequence[EngagementKind], *, listed: bool) -> RankablePost:
    """The post without the counts of these kinds, and without its single comments if ``listed``."""
    kept = [
        EngagementReading(one.kind, None, UnknownReason.NOT_EXPOSED) if one.kind in kinds else one
        for one in post.engagement
    ]
    return replace(post, engagement=tuple(kept), comments=None if listed else post.comments)


def undated(post: RankablePost) -> RankablePost:
    """The post without its date."""
    return replace(post, published=None)


def totals(table: EngagementTable, others: Sequence[tuple[float, float]]) -> list[float]:
    """Total scores; ``others`` are each blogger's relevance and reach."""
    return [
        score({"relevance": relevance, "engagement": value, "reach": reach}, Weights(), ()).total
        for value, (relevance, reach) in zip(table.values.tolist(), others, strict=True)
    ]


def places(values: Sequence[float]) -> list[tuple[int, int]]:
    """How many are above each, and how many not below."""
    return [(sum(other > value for other in values), sum(other >= value for other in values)) for value in values]
