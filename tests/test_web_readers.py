"""Channels, contact and conversation on a blogger's page: sources named, unknown said with its reason, read by all."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser

from api.web.channel_facts import METHODS, STATES, WISHES, method_words
from api.web.reader_facts import grown, reaction_charts, talk_rows
from bloghound.jobs.peer_bands import PeerBand
from bloghound.jobs.readers import GrowingPost, TalkFigure
from bloghound.records import ClaimKind, StatementKind
from storage.growth import Look
from storage.identity import ProofState
from storage.post_pages import ShownPost, ShownReading
from tests.browsing import PHONE, grave_faults, overflow, visiting
from tests.profiled_bloggers import HIDDEN, id_of
from tests.serving import ask, make_key, serving, sign_in
from tests.talked_world import BEAN, LATER_COMMENTS, POSTS, WORDS, talked_world
from tests.test_web_bloggers import section
from tests.waiting import until

AT = datetime(2026, 5, 1, tzinfo=UTC)
PAGE = f"/bloggers/{id_of(BEAN)}"
MODES: dict[str, dict[str, Any]] = {"light": {}, "dark": {"color_scheme": "dark"}, "phone": {"viewport": PHONE}}

LINES_OF_DATES = """dates => dates.map(date => {
  const words = document.createRange();
  words.selectNode(date.firstChild);
  return words.getClientRects().length;
})"""


@dataclass(frozen=True)
class Running:
    """A service over the world, and sessions of a browser that may see contacts and of one that may not."""

    address: str
    session: dict[str, str]
    reader: dict[str, str]

    def page(self, session: dict[str, str], blogger: str = BEAN) -> str:
        return ask("GET", f"{self.address}/bloggers/{id_of(blogger)}", headers=session | {"Accept": "text/html"}).text


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    settings = talked_world(tmp_path_factory.mktemp("web"))
    with serving(settings) as address:
        until(lambda: ask("GET", f"{address}/readyz").status == 200)
        keys = make_key(settings), make_key(settings, scopes=("read",))
        yield Running(address, *(sign_in(address, key) for key in keys))


@pytest.fixture(scope="module")
def bean(running: Running) -> str:
    return running.page(running.session)


def test_a_stated_profile_names_its_source_and_is_no_proof(bean: str) -> None:
    channels = section(bean, "channels-title")
    assert "x.com/bea profile, X 12,300 followers stated by Media kit &lt;b&gt;spring&lt;/b&gt; for" in channels
    assert "a statement, and no proof" in channels
    assert re.search(r"120 followers seen .* at social\.example/@bea", channels)


def test_a_join_says_what_each_side_says(bean: str) -> None:
    channels = section(bean, "channels-title")
    assert "bean.example and social.example/@bea: joined; links with rel=me, seen" in channels
    assert "bean.example names o.example on bean.example/about" in channels


def test_what_joins_nobody_says_why_and_names_nobody_who_opted_out(bean: str) -> None:
    channels = section(bean, "channels-title")
    assert re.search(r"What does not count .* bean\.example and club\.example: not joined, since one of", channels)
    assert HIDDEN not in bean


def test_contacts_are_shown_to_whoever_may_see_them(running: Running, bean: str) -> None:
    told = section(bean, "contact-title")
    assert re.search(r"No pitches Please send no pitches\. on .* Mail address: hello@bean\.example", told)
    assert told.count("hello@bean.example") == 1
    assert "contact-title" not in running.page(running.reader)
    assert "hello@bean.example" not in running.page(running.reader)


def test_who_publishes_no_contact_is_said_so(running: Running) -> None:
    told = section(running.page(running.session, "cup.example"), "contact-title")
    assert "unknown: no page that was read says anything about it" in told


def test_how_readers_talk_stands_in_a_table(bean: str) -> None:
    engagement = section(bean, "engagement-title")
    assert f"Posts with readers’ comments that are known one by one {POSTS} unknown no peer" in engagement
    assert f"Different commenters on these {LATER_COMMENTS - LATER_COMMENTS // 3} unknown" in engagement
    assert f"Words a comment, median {WORDS} unknown" in engagement


def test_nobody_is_compared_with_itself(bean: str) -> None:
    # Only Bean's file states shares.
    shares = re.search(r"Shares a post, median .*? known of (.*?);", section(bean, "engagement-title"))
    assert shares is not None
    assert shares[1] == "nobody else in “all bloggers”"


def test_growth_is_drawn_and_told(bean: str) -> None:
    engagement = section(bean, "engagement-title")
    assert len(re.findall(r"\+3 in 7\W+days 2\W+looks", engagement)) == POSTS
    assert bean.count('class="growth line-') == POSTS
    assert len(re.findall(r'<g class="growth.*?</g>', bean, re.DOTALL)) == POSTS


def test_growth_that_nobody_saw_is_unknown(running: Running) -> None:
    assert "Growth: unknown" in section(running.page(running.session, "cup.example"), "engagement-title")


def test_talks_elsewhere_say_what_is_unknown(bean: str) -> None:
    assert "Talk 0 Hacker News unknown 120" in section(bean, "engagement-title")


def test_an_imported_reaction_names_its_source(bean: str) -> None:
    assert re.search(r"87\W+shares \(stated by Tool for \d+ \w+ \d{4}\)", section(bean, "posts-title"))


@pytest.mark.parametrize("mode", MODES)
def test_axe_finds_no_grave_fault_and_nothing_is_too_wide(browser: Browser, running: Running, mode: str) -> None:
    with visiting(browser, running.address, running.session, **MODES[mode]) as page:
        page.goto(PAGE)
        assert grave_faults(page) == []
        assert overflow(page) <= 0


@pytest.mark.parametrize("mode", MODES)
def test_dates_stay_whole_and_names_have_room(browser: Browser, running: Running, mode: str) -> None:
    with visiting(browser, running.address, running.session, **MODES[mode]) as page:
        page.goto(PAGE)
        lines = page.locator("table:is(.followers, .talks) time").evaluate_all(LINES_OF_DATES)
        assert set(lines) == {1}
        narrowest = page.locator("table.similar th[scope=row]").evaluate_all(
            "names => Math.min(...names.map(name => name.clientWidth))"
        )
        assert narrowest >= 10 * 16


def test_everything_has_words() -> None:
    assert set(STATES) == set(ProofState)
    assert set(METHODS) == {kind.value for kind in ClaimKind}
    assert set(WISHES) == {kind.value for kind in StatementKind}
    assert method_words("same_as+rel_me") == "sameAs in structured data and links with rel=me"
    assert method_words("a_new_one") == "a new one"


def _growing(first: int, last: int, hours: int) -> GrowingPost:
    looks = (Look(first, AT, ""), Look(last, AT + timedelta(hours=hours), ""))
    return GrowingPost("https://a.example/", "A", "en", AT, "comments", looks)


@pytest.mark.parametrize(
    ("first", "last", "hours", "told"),
    [(2, 6, 150, "+4 in 6\u00a0days"), (6, 2, 30, "\u22124 in 1\u00a0day"), (3, 3, 2, "0 in less than a day")],
)
def test_growth_is_told_with_its_sign_and_time(first: int, last: int, hours: int, told: str) -> None:
    assert grown(_growing(first, last, hours)) == told


def test_talk_that_is_unknown_has_a_reason() -> None:
    (row,) = talk_rows({"returning_share": TalkFigure("returning_share", None, "too_few_posts", 0.25, 8, "blogs")})
    assert (row.known, row.value, row.reason, row.peers) == (False, "unknown", "too few posts", "25\u00a0%")


def _post(number: int, likes: int) -> ShownPost:
    reading = ShownReading("likes", likes, None, "", AT, "")
    url = f"https://a.example/{number}"
    return ShownPost(
        number, url, "A", AT, None, "en", 9, "page", False, None, "a.example", [], AT, AT, (reading,), ("", number)
    )


def test_one_post_is_no_chart_and_one_peer_no_band() -> None:
    alone = PeerBand(3.0, 3.0, 3.0, 1, "blogs")
    assert reaction_charts([_post(1, 3)], {"likes": alone}, AT) == []
    (chart,) = reaction_charts([_post(1, 3), _post(2, 4)], {"likes": alone}, AT)
    assert (chart.posts, chart.band, chart.mixed) == (2, None, False)


def test_posts_on_a_profile_are_told_apart() -> None:
    posts = [_post(1, 3), replace(_post(2, 4), site_key="social.example/@a")]
    (chart,) = reaction_charts(posts, {}, AT, {"social.example/@a"})
    assert (chart.mixed, [dot.point.hollow for dot in chart.chart.dots]) == (True, [False, True])
