"""What is read off posts: which count, how many each has, and who is compared with whom."""

from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
import pytest

from bloghound.records import EngagementKind, PostComments, RankablePost
from ranking.engagement import KINDS, ChannelColumns, engagement_of_all
from ranking.engagement.channels import HIDDEN, MIN_POST_AGE, WINDOW_POSTS, channels_of
from ranking.engagement.groups import EVERYBODY, MIN_PEERS, band_of, family_of, groups_of
from ranking.engagement.measures import COLUMN
from tests.engagement_populations import entry, joined, writer
from tests.ranking_bloggers import AS_OF


def column(posts: list[RankablePost], measure: str) -> list[int]:
    (channel,) = channels_of(writer(0, posts), AS_OF)
    found: list[int] = channel.counts[:, COLUMN[measure]].tolist()
    return found


def test_posts_count_from_a_week_on() -> None:
    ages = (0, 1, 6, 7, 30)
    posts = [entry(age, age_days=age, shown={"comments": age}) for age in ages]
    assert column(posts, "conversation") == [7, 30]
    assert timedelta(days=7) == MIN_POST_AGE
    assert channels_of(writer(0, posts), AS_OF)[0].young_posts == 3


@pytest.mark.parametrize(("published", "counts"), [(None, True), (AS_OF + timedelta(days=900), True), (AS_OF, False)])
def test_a_post_without_a_believable_date_counts_as_one_that_shows_nothing(
    published: datetime | None, counts: bool
) -> None:
    odd = replace(entry(0, shown={"comments": 5}, citing_bloggers=2), published=published)
    assert column([odd], "conversation") == column([odd], "citations") == ([HIDDEN] if counts else [])
    assert set(channels_of(writer(0, [odd]), AS_OF)[0].reasons) == {"too_few_posts"}


def test_only_the_newest_posts_count_and_undated_ones_first() -> None:
    dated = [entry(n, age_days=10 + n, shown={"comments": n}) for n in range(WINDOW_POSTS + 5)]
    undated = replace(entry(99, shown={"comments": 999}), published=None)
    assert column(dated, "conversation") == list(range(WINDOW_POSTS))
    assert column([*dated, undated], "conversation") == [HIDDEN, *range(WINDOW_POSTS - 1)]
    assert channels_of(writer(0, [undated, *dated]), AS_OF)[0].reasons[0] == "not_exposed"


def test_a_post_has_as_many_comments_as_it_shows() -> None:
    read = PostComments(("ann", "ann", "bob"), 1, ())
    assert column([entry(0, shown={"comments": 9}, comments=read)], "conversation") == [9]
    assert column([entry(0, shown={"comments": None}, comments=read)], "conversation") == [HIDDEN]
    assert column([entry(0, comments=read)], "conversation") == [HIDDEN]


def test_commenters_are_known_from_comments_or_from_their_absence() -> None:
    assert column([entry(0, comments=PostComments(("ann", "ann", "bob"), 1, ()))], "commenters") == [2]
    assert column([entry(0, shown={"comments": 0})], "commenters") == [0]
    assert column([entry(0, shown={"comments": 3})], "commenters") == [HIDDEN]


def test_every_measure_has_its_column_sorted_hidden_first() -> None:
    shown = [{"comments": 1, "shares": 2, "likes": 3, "views": 4}, {"comments": 0}]
    posts = [entry(n, age_days=20 + n, shown=one, citing_bloggers=5 + n) for n, one in enumerate(shown)]
    (channel,) = channels_of(writer(0, posts), AS_OF)
    assert channel.counts.tolist() == [[0, HIDDEN, HIDDEN, 5, HIDDEN, HIDDEN], [1, 0, 2, 6, 3, 4]]
    assert channel.counts.dtype == np.int64


def test_a_blog_and_a_profile_are_two_channels_and_two_blogs_of_a_kind_are_one() -> None:
    posts = [entry(n, age_days=20 + n, shown={"likes": n}) for n in range(6)]
    blog, profile = channels_of(joined(writer(0, posts, "mastodon"), "wordpress"), AS_OF)
    assert (blog.family, profile.family) == ("blogs", "fediverse")
    assert blog.counts[:, COLUMN["applause"]].tolist() == [1, 3, 5]
    (both,) = channels_of(joined(writer(0, posts, "wordpress"), "ghost"), AS_OF)
    assert len(both.counts) == 6


def test_each_measure_says_on_which_channel_it_stands() -> None:
    posts = [entry(n, shown={"likes": n} if n % 2 else {"comments": 4}) for n in range(6)]
    both = channels_of(joined(writer(0, posts, "mastodon"), "wordpress"), AS_OF)
    (found,) = engagement_of_all(ChannelColumns.of([both]))
    channels = {found.inputs[name]["channel"]: found.inputs[name]["posts"] for name in ("applause", "conversation")}
    assert channels == {"blogs": 3, "fediverse": 3}


def test_a_post_at_no_known_address_belongs_to_the_first_site() -> None:
    stray = [entry(0, url="https://elsewhere.example/1"), entry(1, url="mailto:nobody")]
    blogger = joined(writer(0, [], "mastodon"), "wordpress")
    (channel,) = channels_of(replace(blogger, posts=tuple(stray)), AS_OF)
    assert (channel.family, len(channel.counts)) == ("fediverse", 2)


def test_a_blogger_without_posts_or_sites_has_an_empty_channel() -> None:
    (channel,) = channels_of(replace(writer(0, []), sites=()), AS_OF)
    assert (channel.family, channel.counts.shape[0], set(channel.reasons)) == ("blogs", 0, {"too_few_posts"})


@pytest.mark.parametrize(
    ("platform", "kind", "family"),
    [
        ("wordpress", "blog", "blogs"), ("", "blog", "blogs"), ("unheard-of", "blog", "blogs"),
        ("hugo", "blog", "static sites"), ("pleroma", "profile", "fediverse"), ("bluesky", "profile", "bluesky"),
        ("substack", "blog", "substack"), ("", "profile", "blogs"),
    ],
)  # fmt: skip
def test_like_platforms_are_a_family(platform: str, kind: str, family: str) -> None:
    assert family_of(platform, kind) == family


@pytest.mark.parametrize(
    ("rate", "band"),
    [
        (None, None),
        (0, "less than monthly"),
        (0.9, "less than monthly"),
        (1, "monthly"),
        (4, "weekly"),
        (30, "daily"),
        (99, "daily"),
    ],
)
def test_activity_has_four_bands(rate: float | None, band: str | None) -> None:
    assert band_of(rate) == band


def test_a_group_that_is_too_small_gives_way_to_the_platform_and_that_to_all() -> None:
    families = ["blogs"] * (MIN_PEERS + 3) + ["tumblr"] * (MIN_PEERS - 1)
    bands = ["weekly"] * MIN_PEERS + ["daily"] * 3 + ["weekly"] * (MIN_PEERS - 1)
    groups = groups_of(families, bands)
    assert groups[:MIN_PEERS] == ["blogs, weekly"] * MIN_PEERS
    assert groups[MIN_PEERS : MIN_PEERS + 3] == ["blogs"] * 3
    assert groups[MIN_PEERS + 3 :] == [EVERYBODY] * (MIN_PEERS - 1)


def test_who_publishes_at_an_unknown_rate_is_among_all_of_the_platform() -> None:
    bands = [*["weekly"] * MIN_PEERS, None]
    assert groups_of(["blogs"] * (MIN_PEERS + 1), bands) == ["blogs, weekly"] * MIN_PEERS + ["blogs"]
    assert groups_of(["blogs"] * (MIN_PEERS - 1), [None] * (MIN_PEERS - 1)) == [EVERYBODY] * (MIN_PEERS - 1)


def test_every_kind_of_reading_that_is_scored_or_shown_has_a_measure() -> None:
    assert set(KINDS.values()) == set(EngagementKind)
