"""The page of a blogger over the real server: facts with sources, unknown said as unknown, nobody else's lists."""

import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest

from api.web.charts.time_dots import Point
from api.web.profile_facts import (
    dots_over_time,
    footnotes,
    notes_by_fact,
    standing_reason,
    status_reason,
)
from api.web.reader_facts import kinds_shown
from bloghound.jobs.profiles import MonthOfPosts, Source
from bloghound.settings import Settings
from storage.database import open_database
from tests.profiled_bloggers import HIDDEN, fill, id_of
from tests.serving import Answer, ask, make_key, serving, sign_in
from tests.stored_bloggers import Stored
from tests.waiting import until
from tests.web_world import BRIEF, HOSTILE_KEY, web_world

BEAN, CUP, WHEEL, WALL = (id_of(f"{name}.example") for name in ("bean", "cup", "wheel", "wall"))
AT = datetime(2026, 5, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Running:
    """The service over the small world, with a signed-in browser's headers."""

    settings: Settings
    address: str
    key: str
    session: dict[str, str]

    def get(self, path: str) -> Answer:
        return ask("GET", f"{self.address}{path}", headers=self.session | {"Accept": "text/html"})

    def post(self, path: str, body: Any) -> Any:
        answer = ask("POST", f"{self.address}{path}", body, key=self.key)
        assert answer.status == 201, answer.text
        return answer.json()


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    settings = web_world(tmp_path_factory.mktemp("web"))
    key = make_key(settings)
    with serving(settings) as address:
        until(lambda: ask("GET", f"{address}/readyz").status == 200)
        yield Running(settings, address, key, sign_in(address, key))


@pytest.fixture(scope="module")
def bean(running: Running) -> str:
    answer = running.get(f"/bloggers/{BEAN}")
    assert answer.status == 200, answer.text
    return answer.text


def section(page: str, title_id: str) -> str:
    """The words of one section of a page, blanks as one blank."""
    found = re.search(rf'<section[^>]*aria-labelledby="{title_id}".*?</section>', page, re.DOTALL)
    assert found is not None, title_id
    return words(found[0])


def words(markup: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", markup))


def test_the_head_says_who_it_is_and_whether_it_writes(bean: str) -> None:
    assert re.search(r"<h1 [^>]*>Bean</h1>", bean)
    assert 'href="https://bean.example"' in bean
    assert '<span class="state-chip active">Active</span>' in bean
    assert "English <span" in bean


def test_channels_stand_with_the_proof_that_joins_them(bean: str) -> None:
    channels = section(bean, "channels-title")
    assert "social.example/@bea" in channels
    assert "bean.example and social.example/@bea: joined; rel-me, seen" in channels
    assert "120 followers" in channels


def test_engagement_stands_beside_the_peers(bean: str) -> None:
    engagement = section(bean, "engagement-title")
    # Bean has 6 comments a post and Cup 2; nobody else shows any: the band is the quartiles of 2 and 6.
    row = r"Comments a post, median 6 4 3 to 5 4 of 4 on blogs 100\W+% known of 2 of \d+ in “all bloggers”"
    assert re.search(row, engagement)
    assert "band: the middle half of 2" in engagement
    assert f"({2 + (6 - 2) / 4:g} to {2 + (6 - 2) * 3 / 4:g})" in engagement
    assert re.search(r"Likes a post, median unknown .* the site does not show it", engagement)


def test_posts_over_time_can_be_read_without_seeing_the_chart(bean: str) -> None:
    over_time = section(bean, "activity-title")
    assert "2026-05 1 6 of 1" in over_time
    assert "2026-04 3 6 of 3" in over_time
    assert bean.count('class="bar"') == 2
    assert bean.count('class="dot"') == 4


def test_links_name_the_posts_that_link(bean: str) -> None:
    links = section(bean, "links-title")
    assert "Cup https" not in links
    assert re.search(r"Cup cup\.example 3 3 Entry 0", links)
    assert 'href="https://cup.example/0"' in bean
    assert HIDDEN not in bean


def test_the_drawing_links_to_the_neighbours(bean: str) -> None:
    assert f'<a href="/bloggers/{CUP}" aria-label="Cup, 3\u00a0links to here, links both ways">' in bean
    assert re.search(rf'<a href="/bloggers/{WHEEL}" aria-label="Wheel, 3.links to here">', bean)


def test_similar_bloggers_show_both_parts(bean: str) -> None:
    similar = section(bean, "similar-title")
    assert re.search(r"Cup cup\.example \d+\.\d \d+\.\d", similar)
    assert "By what they write" in similar


def test_recent_posts_keep_their_language(bean: str) -> None:
    assert re.search(r'<p class="title" lang="en" dir="auto"><a href="https://bean.example/0"[^>]*>Entry 0</a>', bean)
    assert "6\u00a0comments" in bean


def test_every_footnote_names_a_source_on_the_page(bean: str) -> None:
    marks = set(re.findall(r'href="#source-(\d+)"', bean))
    assert len(marks) >= 4
    assert marks <= set(re.findall(r'<li id="source-(\d+)"', bean))
    assert "https://social.example/@bea" in re.findall(r'<ol class="sources">.*?</ol>', bean, re.DOTALL)[0]


def test_no_id_is_given_twice(bean: str) -> None:
    ids = re.findall(r'\sid="([^"]+)"', bean)
    assert len(ids) == len(set(ids))


def test_the_page_says_why_the_blog_is_here(running: Running) -> None:
    path = section(running.get(f"/bloggers/{CUP}").text, "path-title")
    assert re.search(r"bean\.example named as a seed.*cup\.example found on bean\.example/links", path)


def test_a_blocked_blogger_is_not_shown_as_inactive(running: Running) -> None:
    page = running.get(f"/bloggers/{WALL}").text
    assert '<span class="state-chip blocked">Blocked: activity unknown</span>' in page
    assert "answered 403" in page
    assert not re.search(r"\b(inactive|quiet)\b", words(page), re.IGNORECASE)


def test_unknown_figures_say_why(running: Running) -> None:
    page = words(running.get(f"/bloggers/{WALL}").text)
    assert "unknown: too few dated posts" in page
    assert "unknown: no public profile shows them" in page


def test_a_brief_in_the_address_gives_rank_parts_and_evidence(running: Running) -> None:
    page = running.get(f"/bloggers/{BEAN}?q={quote(BRIEF)}").text
    here = section(page, "here-title")
    assert re.search(r"Rank [12]\.", here)
    assert re.search(r"Relevance\W.*Engagement\W.*Reach\W", here)
    assert 'data-generation="gen_000001"' in page
    assert re.search(r'data-blogger="blg_\w+" data-name="Bean" data-rank="[12]" data-score="0\.\d+"', page)


def test_a_brief_that_cannot_be_used_leaves_the_rest(running: Running) -> None:
    answer = running.get(f"/bloggers/{BEAN}?niche=nch_nobody")
    assert answer.status == 200
    assert "No place can be told: There is no niche" in words(answer.text)


def test_saved_niches_and_lists_of_the_workspace_stand_on_the_page(running: Running) -> None:
    niche = running.post("/v1/niches", {"name": "Coffee at home", "brief": BRIEF})
    held = running.post("/v1/lists", {"name": "Spring"})
    running.post(
        f"/v1/lists/{held['id']}/entries",
        {"blogger_id": BEAN, "stage": "contacted", "added_from": {"query": "coffee", "rank": 3, "score": 0.5}},
    )
    running.post(f"/v1/lists/{held['id']}/entries/{BEAN}/notes", {"text": "Answers on Fridays."})
    page = running.get(f"/bloggers/{BEAN}").text
    assert re.search(r"Coffee at home [12] \d+\.\d .* 4 of 4\W+posts", section(page, "niches-title"))
    assert f"niche={niche['id']}" in page
    listed = section(page, "lists-title")
    assert re.search(r"Spring contacted .* rank 3 of ‘coffee’, score 50.0 of 100, .* Answers on Fridays\.", listed)


def test_another_workspace_sees_none_of_it(running: Running) -> None:
    session = sign_in(running.address, make_key(running.settings, workspace="rivals"))
    page = ask("GET", f"{running.address}/bloggers/{BEAN}", headers=session).text
    assert "Answers on Fridays" not in page
    assert "On none." in section(page, "lists-title")


@pytest.mark.parametrize("blogger", ["blg_nobody", id_of(HIDDEN), "a%00b", "x" * 200, "%3Cscript%3E"])
def test_who_is_not_there_or_opted_out_is_not_found(running: Running, blogger: str) -> None:
    answer = running.get(f"/bloggers/{blogger}")
    assert answer.status == 404
    assert "text/html" in answer.headers["content-type"]
    assert HIDDEN not in answer.text


def test_strangers_are_sent_to_sign_in(running: Running) -> None:
    answer = ask("GET", f"{running.address}/bloggers/{BEAN}", headers={"Accept": "text/html"})
    assert (answer.status, answer.headers["location"]) == (303, f"/sign-in?next=%2Fbloggers%2F{BEAN}")


def test_hostile_names_are_shown_as_text(running: Running) -> None:
    page = running.get(f"/bloggers/{id_of(HOSTILE_KEY)}?q={quote(BRIEF)}").text
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert "&lt;img src=x onerror=alert(1)&gt;" in page


NO_INDEX = "there is no index that this version can use"


def test_without_an_index_the_stored_facts_are_shown(settings: Settings) -> None:
    with closing(open_database(settings)) as database, database.transaction() as connection:
        fill(Stored(connection))
    with serving(settings) as address:
        session = sign_in(address, make_key(settings))

        def page() -> str:
            return words(ask("GET", f"{address}/bloggers/{BEAN}?q=coffee", headers=session).text)

        until(lambda: f"Relevance, engagement and reach are unknown: {NO_INDEX};" in page())
        assert "120 followers" in page()


def test_facts_of_one_source_share_a_footnote() -> None:
    sources = [Source("name", "u", AT, "read"), Source("reach", None, AT, "computed"), Source("posts", "u", AT, "read")]
    notes = footnotes(sources)
    assert [(one.number, one.facts) for one in notes] == [(1, ("name", "posts")), (2, ("reach",))]
    assert {fact: [one.number for one in found] for fact, found in notes_by_fact(notes).items()} == {
        "name": [1],
        "posts": [1],
        "reach": [2],
    }


def test_the_reason_of_a_status_is_dated_as_pages_date() -> None:
    assert status_reason("nothing was published since 2026-05-01", AT) == ("Nothing was published since 1 May 2026")
    assert status_reason("the site was not visited yet", None) == "The site was not visited yet"


@pytest.mark.parametrize("reason", ["no_index", "warming", "failed", "not_in_generation"])
def test_reasons_are_said_in_words(reason: str) -> None:
    assert " " in standing_reason(reason)


def test_dots_run_over_whole_months_up_to_the_visit() -> None:
    chart = dots_over_time([Point(AT, 1), Point(AT + timedelta(days=3), 2)], None, AT + timedelta(days=100))
    assert chart is not None
    assert [tick.text for tick in chart.x_ticks] == ["May 2026", "Jun 2026", "Jul 2026", "Aug 2026"]
    assert chart.dots[0].x == 1


def test_a_table_of_months_has_columns_for_what_is_known() -> None:
    assert kinds_shown([MonthOfPosts("2026-05", 1, {"likes": (3.0, 1)})]) == ["comments", "likes"]
