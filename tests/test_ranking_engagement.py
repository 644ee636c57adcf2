"""Engagement as formulas: what a post is worth, what few posts and hidden figures count, and what is shown of each."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from bloghound.records import EngagementKind, EngagementReading, PostComments, UnknownReason
from ranking.engagement.levels import BEST_SHARE, LEAST_HALF_LEVEL, SHRINKAGE_POSTS, TYPICAL_LEVEL
from ranking.engagement.measures import MEASURES, READERS
from ranking.why import why
from tests.engagement_populations import commented, entry, hidden, joined, judged, liked, writer

NEARLY = pytest.approx
Figures = Mapping[str, float | int | str | None]


def conversation(*bloggers: Sequence[int | None]) -> list[Figures]:
    """The inputs of conversation of bloggers whose posts have these comments."""
    found = judged([commented(number, comments) for number, comments in enumerate(bloggers)])
    return [one.inputs["conversation"] for one in found]


def test_the_weights_are_shares_of_one_and_views_have_none() -> None:
    assert sum(MEASURES.values()) == 1
    assert MEASURES["views"] == 0
    assert MEASURES["conversation"] + MEASURES["commenters"] == 1 / 2
    assert MEASURES["amplification"] + MEASURES["citations"] == MEASURES["applause"] == 1 / 4


def test_a_post_is_worth_half_at_what_the_best_tenth_of_the_others_reach() -> None:
    first, *_ = conversation([8, 8], [0, 2], [8, 8], [1, 1])
    assert first["half_level"] == 8
    assert first["level"] == NEARLY(8 / (8 + 8))
    assert conversation([4, 12], *[[4, 4]] * 3)[0]["level"] == NEARLY((4 / 8 + 12 / 16) / 2)


def test_the_half_level_is_made_of_the_others() -> None:
    assert [one["half_level"] for one in conversation([9], [5], [3])] == [5, 9, 9]
    many = conversation(*[[count] for count in range(1, 32)])
    best = round(BEST_SHARE * 30)
    assert many[0]["half_level"] == many[31 - best - 1]["half_level"] == 31 - best + 1
    assert many[30]["half_level"] == 31 - best


def test_a_reaction_is_worth_half_where_hardly_anybody_has_any() -> None:
    first, second = conversation([1, 0, 0], [0, 0, 0])
    assert (first["half_level"], second["half_level"]) == (LEAST_HALF_LEVEL, LEAST_HALF_LEVEL)
    assert first["level"] == NEARLY((1 / (1 + 1)) / 3)


def test_few_posts_are_drawn_to_what_is_typical_of_the_others() -> None:
    few, other = conversation([2], [2, 0, 0, 0])
    typical = min(2 / (2 + 2), TYPICAL_LEVEL) / 4
    assert few["prior"] == NEARLY(typical)
    assert few["half_level"] == 1
    assert few["entered_at"] == NEARLY(
        (2 / 3 + SHRINKAGE_POSTS * min(2 / 3, TYPICAL_LEVEL) / 4) / (1 + SHRINKAGE_POSTS)
    )
    assert other["entered_at"] == NEARLY((2 / 4 + SHRINKAGE_POSTS * TYPICAL_LEVEL) / (4 + SHRINKAGE_POSTS))


def test_what_is_unknown_enters_at_the_typical_level_as_far_as_the_peers_hide_it_too() -> None:
    found = conversation([None, None], [None, None], [0, None], [5, 5], [1, 1])
    hidden_by_others = (1 + 1 / 2) / 4
    assert found[0]["entered_at"] == found[0]["floor"] == NEARLY(TYPICAL_LEVEL * hidden_by_others)
    assert (found[0]["reason"], found[0]["median"], found[0]["level"]) == ("not_exposed", None, None)
    assert found[4]["floor"] == NEARLY(TYPICAL_LEVEL * 5 / 8)


def test_who_alone_hides_has_nothing_and_who_hides_as_all_do_loses_nothing() -> None:
    assert conversation([None] * 3, [0] * 3, [4] * 3)[0]["entered_at"] == 0
    rare = conversation([None] * 3, *[[None] * 3] * 8, [0] * 3)
    assert rare[0]["entered_at"] == NEARLY(TYPICAL_LEVEL * 8 / 9)
    assert rare[9]["entered_at"] == TYPICAL_LEVEL


def test_a_hidden_post_of_who_shows_others_counts_as_one_without_any() -> None:
    shown, partly = conversation([6, 6, 0, 0], [6, 6, None, None])
    assert partly["level"] == NEARLY(float(shown["level"] or 0))
    assert (partly["posts"], partly["of_posts"], partly["share_with_any"], partly["median"]) == (2, 4, 1.0, 6.0)
    assert (shown["posts"], shown["of_posts"], shown["share_with_any"], shown["median"]) == (4, 4, 1 / 2, 3.0)


def test_the_value_is_the_weighted_sum_and_known_where_readers_are_seen() -> None:
    cited = writer(1, [entry(1, citing_bloggers=2)])
    found = judged([commented(0, [3]), cited])
    for one in found:
        assert one.value == NEARLY(
            sum(MEASURES[name] * float(inputs["entered_at"] or 0) for name, inputs in one.inputs.items())
        )
    assert [(one.known, one.sample_size) for one in found] == [(True, 1), (False, 0)]
    assert found[1].inputs["citations"]["median"] == 2
    assert "citations" not in READERS


@pytest.mark.parametrize(("others", "told"), [([None], "9 comments a post"), ([3], "9 comments a post, peers 6")])
def test_who_alone_shows_a_figure_is_compared_with_nobody(others: list[int | None], told: str) -> None:
    engagement = judged([commented(0, [9]), commented(1, others)])[0].inputs
    assert why({"on_topic_posts": 1, "posts": 1}, engagement, {}, links=False).endswith(f"links unknown; {told}")


def test_peers_stand_beside_every_figure() -> None:
    found = conversation([0, 0], [2, 2], [4, None], [None])
    peers = {name: found[3][name] for name in found[3] if name.startswith("peers")}
    assert peers == {
        "peers_group": "all bloggers", "peers_size": 4, "peers": 3,
        "peers_low": 1.0, "peers_median": 2.0, "peers_high": 3.0,
    }  # fmt: skip


def test_views_are_shown_and_weigh_nothing() -> None:
    seen, unseen = writer(0, [entry(0, shown={"views": 900})]), writer(0, [entry(0)])
    found, without = judged([seen])[0], judged([unseen])[0]
    assert found.inputs["views"]["median"] == 900
    assert (found.value, found.known) == (without.value, False)


def test_a_measure_enters_from_the_channel_where_readers_answer_most() -> None:
    posts = [entry(n, age_days=20 + n, shown={"comments": 9 * (n % 2), "likes": 8 - 8 * (n % 2)}) for n in range(8)]
    both = joined(writer(0, posts, "mastodon"), "wordpress")
    found = judged([both, commented(1, [3] * 4), liked(2, [4] * 4, "mastodon")])[0]
    assert (found.inputs["conversation"]["median"], found.inputs["applause"]["median"]) == (9, 8)
    assert found.inputs["conversation"]["of_posts"] == found.inputs["applause"]["of_posts"] == 4


def test_few_posts_on_one_channel_are_given_no_more_than_the_many_on_another() -> None:
    blog = [entry(2 * n, age_days=20 + n, shown={"comments": 0}) for n in range(9)]
    both = joined(writer(0, [*blog, entry(1, shown={"comments": 1})], "wordpress"), "mastodon")
    found, peer, _ = (one.inputs["conversation"] for one in judged([both, commented(1, [9] * 4), commented(2, [0])]))
    given = SHRINKAGE_POSTS * (TYPICAL_LEVEL / 2) / (9 + SHRINKAGE_POSTS)
    own = (1 / (1 + 9)) / (1 + SHRINKAGE_POSTS)
    assert (found["channel"], found["of_posts"], peer["of_posts"]) == ("fediverse", 1, 4)
    assert found["entered_at"] == NEARLY(own + given)
    assert float(found["prior"] or 0) * SHRINKAGE_POSTS / (1 + SHRINKAGE_POSTS) == NEARLY(given)


def test_a_channel_that_shows_nothing_stands_behind_one_that_does() -> None:
    posts = [entry(n, age_days=20 + n, shown={"likes": 1 if n % 2 else None}) for n in range(8)]
    found = judged([joined(writer(0, posts, "mastodon"), "wordpress"), *[commented(n, [1]) for n in (1, 2)]])[0]
    assert (found.inputs["applause"]["posts"], found.inputs["applause"]["reason"]) == (4, None)


def test_hiding_makes_every_figure_null_with_the_reason_that_most_posts_give() -> None:
    reasons = [UnknownReason.COMMENTS_CLOSED, UnknownReason.BLOCKED, UnknownReason.COMMENTS_CLOSED]
    posts = [
        replace(entry(n, age_days=30 + n), engagement=(EngagementReading(EngagementKind.COMMENTS, None, reason),))
        for n, reason in enumerate(reasons)
    ]
    inputs = judged([writer(0, posts)])[0].inputs
    assert inputs["conversation"]["reason"] == inputs["commenters"]["reason"] == "comments_closed"
    assert (inputs["applause"]["reason"], inputs["applause"]["share_with_any"]) == ("not_exposed", None)


def test_a_blogger_of_young_posts_has_too_few() -> None:
    found = judged([writer(0, [entry(0, age_days=2, shown={"comments": 4})]), commented(1, [1])])[0]
    assert (found.inputs["conversation"]["reason"], found.inputs["conversation"]["young_posts"]) == ("too_few_posts", 1)
    assert (found.known, found.inputs["citations"]["reason"]) == (False, "too_few_posts")


def test_nobody_and_bloggers_without_posts_have_figures_too() -> None:
    assert len(judged([])) == 0
    nothing = judged([writer(0, [])])[0]
    assert (nothing.value, nothing.known, nothing.sample_size) == (0.0, False, 0)


def test_a_table_is_a_sequence() -> None:
    found = judged([commented(number, [number]) for number in range(3)])
    assert list(found) == [found[0], found[1], found[2]] == found[:]
    assert found[-1] == found[2]
    assert list(found.without(1)) == [found[0], found[2]]
    with pytest.raises(IndexError):
        found[3]


def talk(*posts: PostComments | None) -> Figures:
    """The inputs of commenters of one blogger with these comments."""
    entries = [entry(number, age_days=30 + number, comments=comments) for number, comments in enumerate(posts)]
    return judged([writer(0, entries)])[0].inputs["commenters"]


def test_commenters_are_counted_once_a_post_and_those_who_return_once_a_blogger() -> None:
    found = talk(
        PostComments(("ann", "ann", "bob"), 1, (10, 20, 60)), PostComments(("ann", "cy"), 0, (40, 50)),
        PostComments(("di",), 2, ()), PostComments((), 1, (7,)),
    )  # fmt: skip
    assert (found["median"], found["share_with_any"]) == ((1 + 2) / 2, 3 / 4)
    assert (found["discussed_posts"], found["distinct_commenters"]) == (3, 4)
    assert (found["returning_share"], found["author_answer_share"], found["words_per_comment"]) == (1 / 4, 2 / 3, 40.0)
    assert (found["talk_reason"], found["words_reason"]) == (None, None)


def test_two_discussed_posts_are_too_few_for_shares() -> None:
    found = talk(PostComments(("ann",), 1, (5,)), PostComments(("ann",), 1, (5,)), None)
    assert (found["distinct_commenters"], found["returning_share"], found["author_answer_share"]) == (1, None, None)
    assert (found["talk_reason"], found["words_reason"]) == ("too_few_posts", "too_few_posts")


def test_comments_of_unknown_length_leave_words_unknown_alone() -> None:
    found = talk(*[PostComments(("ann",), 0, ())] * 3)
    assert (found["returning_share"], found["talk_reason"]) == (1.0, None)
    assert (found["words_per_comment"], found["words_reason"]) == (None, "not_exposed")


def test_unknown_commenters_leave_all_of_the_talk_unknown() -> None:
    found = talk(None, None)
    assert {found[name] for name in ("discussed_posts", "distinct_commenters", "returning_share")} == {None}
    assert found["talk_reason"] == found["words_reason"] == found["reason"] == "not_exposed"


def test_hiding_a_measure_leaves_the_others_as_they_were() -> None:
    shown = entry(0, shown={"comments": 4, "likes": 9})
    both = judged([writer(0, [shown])])[0]
    likes_only = judged([writer(0, [hidden(shown, (EngagementKind.COMMENTS,), listed=True)])])[0]
    assert likes_only.inputs["applause"] == both.inputs["applause"]
    assert likes_only.known
