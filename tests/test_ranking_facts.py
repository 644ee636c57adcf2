from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bloghound.records import Disclosure, RankableBlogger
from ranking.activity import MONTH, moment_of, posts_per_month, rate_of, rates_of
from ranking.index.facts import entry_of, main_author_share, sponsored_share
from tests.ranking_bloggers import AS_OF, COFFEE, blogger, post

DAY = timedelta(days=1)


def days_before(*days: int) -> list[datetime]:
    return sorted(AS_OF - count * DAY for count in days)


def test_a_year_of_posts_is_counted_per_month() -> None:
    weekly = days_before(*range(0, 700, 7))
    assert posts_per_month(weekly, AS_OF) == pytest.approx(53 / (365 * DAY / MONTH), abs=1e-3)


def test_a_blog_that_began_within_the_year_is_measured_from_its_first_post() -> None:
    assert posts_per_month(days_before(90, 60, 30), AS_OF) == pytest.approx(3 / (90 * DAY / MONTH), abs=1e-3)


def test_a_burst_is_measured_over_a_month_at_least() -> None:
    assert posts_per_month(days_before(1, 1, 2, 2), AS_OF) == 4.0


def test_old_posts_alone_are_a_known_rate_of_none() -> None:
    assert posts_per_month(days_before(800, 700, 600), AS_OF) == 0.0


@pytest.mark.parametrize("dates", [[], days_before(3), days_before(3, 40)])
def test_two_dates_are_no_rate(dates: list[datetime]) -> None:
    assert posts_per_month(dates, AS_OF) is None


@given(st.lists(st.lists(st.integers(-900, 30), max_size=8), max_size=6), st.randoms())
def test_the_rates_of_many_are_those_of_each(bloggers: list[list[int]], chance: Random) -> None:
    now, day = moment_of(AS_OF), DAY // timedelta(microseconds=1)
    runs = [[now + number * day for number in days] for days in bloggers]
    expected = [rate_of(np.array(sorted(run), np.int64), now) for run in runs]
    for run in runs:
        chance.shuffle(run)
    sizes = np.array([len(run) for run in runs], np.int64)
    assert rates_of(np.array([moment for run in runs for moment in run], np.int64), sizes, now) == expected


def test_gifted_and_sponsored_posts_are_a_share_of_all() -> None:
    kinds = ("sponsored", "gifted", "affiliate", "coupon", "sponsored")
    posts = [post(number, "A text.", disclosures=(Disclosure(kind, "#ad", 0.0),)) for number, kind in enumerate(kinds)]
    assert sponsored_share(posts) == 3 / 5
    assert sponsored_share([]) is None


def test_the_main_author_is_who_wrote_most_of_what_names_one() -> None:
    posts = [post(number, "A text.", author=name) for number, name in enumerate(["Ann", None, "Bo", "Ann", ""])]
    assert main_author_share(posts) == round(2 / 3, 4)
    assert entry_of(blogger("coffee", COFFEE, author="Ann"), AS_OF).main_author_share == 1.0
    assert main_author_share(posts[1:2]) is None


def test_a_person_is_one_author_by_whatever_name_each_of_the_sites_calls_them() -> None:
    named = [
        ("https://ann.example/1", "Ann Ash"),
        ("https://ann.example/2", "A guest"),
        ("https://ann.example/3", "Ann Ash"),
    ]
    named += [(f"https://social.example/@ann/{number}", "@ann") for number in range(3)]
    posts = [post(number, "A text.", author=name, url=url) for number, (url, name) in enumerate(named)]
    assert main_author_share(posts, sites=2) == round((2 + 3) / 6, 4)
    assert main_author_share(posts) == 3 / 6


def dated(*dates: datetime | None) -> RankableBlogger:
    made = blogger("coffee", ())
    return RankableBlogger(
        made.blogger_id, made.public_id, made.name, made.site_key, made.home_url, made.sites,
        tuple(post(number, COFFEE[0], published=date) for number, date in enumerate(dates)),
    )  # fmt: skip


def test_the_first_and_last_date_leave_out_what_lies_in_the_future() -> None:
    entry = entry_of(dated(None, AS_OF + DAY, *days_before(9, 400)), AS_OF)
    assert (entry.first_post, entry.last_post) == (
        (AS_OF - 400 * DAY).isoformat(),
        datetime(2026, 2, 20, tzinfo=UTC).isoformat(),
    )
    assert (entry.posts, entry.posts_per_month) == (4, None)


def test_platforms_and_keys_are_those_of_the_sites() -> None:
    entry = entry_of(blogger("coffee", COFFEE, site={"platform": "hugo"}), AS_OF)
    assert (entry.platforms, entry.site_keys) == (("hugo",), ("coffee.test",))
    assert entry_of(blogger("coffee", COFFEE, site={"platform": ""}), AS_OF).platforms == ()


@pytest.mark.parametrize("flag", ["link_farm", "spam_suspected"])
def test_who_has_only_flagged_blogs_is_no_candidate(flag: str) -> None:
    assert entry_of(blogger("farm", COFFEE, site={"flags": (flag,)}), AS_OF).reason == flag
    assert entry_of(blogger("coffee", COFFEE, site={"flags": ("moved",)}), AS_OF).reason == ""


def test_one_flagged_blog_of_two_sets_nobody_aside_and_a_profile_excuses_no_farm() -> None:
    farm, honest = (blogger("coffee", COFFEE, site=site) for site in ({"flags": ("link_farm",)}, {}))
    profile = replace(honest.sites[0], kind="profile")
    assert entry_of(replace(farm, sites=farm.sites + honest.sites), AS_OF).reason == ""
    assert entry_of(replace(farm, sites=(*farm.sites, profile)), AS_OF).reason == "link_farm"
