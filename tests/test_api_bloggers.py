"""Bloggers over the real server: list, profile, posts, activity, links, history, similar; opted-out ones nowhere."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from bloghound.settings import Settings
from tests.profiled_bloggers import HIDDEN, built_world, id_of
from tests.serving import Answer, ask, make_key, serving

Get = Callable[[str], Answer]
BEAN, CUP, WHEEL, WALL = (id_of(f"{name}.example") for name in ("bean", "cup", "wheel", "wall"))
PARTS = ("", "/posts", "/activity", "/links", "/history", "/similar")


@pytest.fixture(scope="module")
def get(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Get]:
    settings = built_world(tmp_path_factory.mktemp("world"))
    key = make_key(settings, scopes=("read",))
    with serving(settings) as address:
        assert ask("GET", f"{address}/v1/bloggers/{BEAN}/similar", key=key).status == 200  # the index is open from here
        yield lambda path: ask("GET", f"{address}/v1/bloggers{path}", key=key)


def all_pages(get: Get, path: str) -> list[Any]:
    joint = "&" if "?" in path else "?"
    answer = get(path).json()
    data = list(answer["data"])
    while answer["has_more"]:
        answer = get(f"{path}{joint}cursor={answer['next_cursor']}").json()
        data += answer["data"]
    return data


@pytest.mark.parametrize(
    ("sort", "first"), [("site", "bean"), ("name", "bean"), ("last_post", "bean"), ("posts", "bean")]
)
def test_pages_of_the_list_hold_everybody_once_but_who_opted_out(get: Get, sort: str, first: str) -> None:
    keys = [row["site_key"] for row in all_pages(get, f"?sort={sort}&limit=1")]
    assert keys[0] == f"{first}.example"
    assert sorted(keys) == ["bean.example", "cup.example", "wall.example", "wheel.example"]


def test_a_page_says_where_the_next_one_is(get: Get) -> None:
    answer = get("?limit=2")
    assert answer.headers["link"].endswith('>; rel="next"')
    assert answer.json()["has_more"] is True


@pytest.mark.parametrize(
    ("query", "keys"),
    [("health=blocked", ["wall"]), ("platform=mastodon", ["bean"]), ("text=WHEE", ["wheel"]), ("language=nl", [])],
)
def test_the_list_can_be_filtered(get: Get, query: str, keys: list[str]) -> None:
    assert [row["site_key"] for row in get(f"?{query}").json()["data"]] == [f"{key}.example" for key in keys]


def test_a_profile_joins_sites_figures_and_sources(get: Get) -> None:
    found = get(f"/{BEAN}").json()
    assert [site["key"] for site in found["sites"]] == ["bean.example", "social.example/@bea"]
    assert (found["posts"], found["followers"]["value"], found["activity"]["status"]) == (4, 120, "active")
    assert found["followers"]["source_url"] == "https://social.example/@bea"
    assert [proof["method"] for proof in found["proofs"]] == ["rel-me"]
    assert {one["fact"] for one in found["sources"]} >= {"name", "site", "followers", "engagement", "reach"}


def test_engagement_stands_beside_the_peers_median(get: Get) -> None:
    measure = get(f"/{BEAN}").json()["standing"]["measures"]["conversation"]
    # Bean has 6 comments a post and cup 2; nobody else shows any.
    assert (measure["median"], measure["posts"], measure["peers"], measure["peers_median"]) == (6, 4, 2, (6 + 2) / 2)


def test_what_is_unknown_is_null_with_its_reason(get: Get) -> None:
    found = get(f"/{WALL}").json()
    assert (found["standing"]["engagement"]["value"], found["standing"]["engagement"]["reason"]) == (
        None,
        "not_exposed",
    )
    assert (found["posts_per_month"]["value"], found["posts_per_month"]["reason"]) == (None, "too_few_posts")
    assert (found["followers"]["value"], found["followers"]["reason"]) == (None, "not_exposed")


def test_a_blocked_blogger_is_not_shown_as_inactive(get: Get) -> None:
    for path in (f"/{WALL}", f"/{WALL}/activity"):
        status = get(path).json()["activity"]
        assert status["status"] == "blocked"
        assert "403" in status["reason"]


def test_the_profile_says_why_the_blog_is_here(get: Get) -> None:
    steps = get(f"/{CUP}").json()["found_by"]
    assert [(step["key"], step["found_from_url"]) for step in steps] == [
        ("cup.example", "https://bean.example/links"),
        ("bean.example", None),
    ]


def test_posts_come_newest_first_with_sourced_figures(get: Get) -> None:
    rows = all_pages(get, f"/{BEAN}/posts?limit=3")
    assert [row["url"][-1] for row in rows] == ["0", "1", "2", "3"]
    assert [(one["kind"], one["count"], one["source_url"]) for one in rows[0]["engagement"]] == [
        ("comments", 6, "https://bean.example/0")
    ]


def test_activity_counts_by_month(get: Get) -> None:
    months = get(f"/{BEAN}/activity").json()["months"]
    # Posts of May 1 and, 7 days apart, of April 24, 17 and 10.
    assert [(one["month"], one["posts"]) for one in months] == [("2026-04", 3), ("2026-05", 1)]
    assert months[0]["engagement"] == {"comments": {"median": 6, "posts": 3}}


def test_links_leave_out_who_opted_out(get: Get) -> None:
    linkers = {row["site_key"]: row for row in get(f"/{BEAN}/links?direction=in").json()["data"]}
    assert {key: row["posts"] for key, row in linkers.items()} == {"cup.example": 3, "wheel.example": 3}
    assert len(linkers["cup.example"]["evidence"]) == 3
    assert [row["site_key"] for row in all_pages(get, f"/{CUP}/links?direction=out&limit=1")] == ["bean.example"]


def test_history_shows_reactions_and_followers(get: Get) -> None:
    assert {row["post"]["url"] for row in all_pages(get, f"/{BEAN}/history?limit=3")} == {
        f"https://bean.example/{number}" for number in range(4)
    }
    (followers,) = get(f"/{BEAN}/history?of=followers").json()["data"]
    assert (followers["kind"], followers["value"], followers["post"]) == ("followers", 120, None)


@pytest.mark.parametrize("by", ["content", "both"])
def test_similar_bloggers_come_with_both_parts_and_without_who_opted_out(get: Get, by: str) -> None:
    found = get(f"/{BEAN}/similar?by={by}").json()["data"]
    assert found[0]["id"] == CUP
    assert id_of(HIDDEN) not in {one["id"] for one in found}
    assert 0 < found[0]["content"] <= 1
    if by == "both":
        assert found[0]["similarity"] == pytest.approx((found[0]["content"] + (found[0]["links"] or 0)) / 2)


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("blogger", [id_of(HIDDEN), "blg_nobody"])
def test_who_opted_out_and_who_never_was_are_answered_alike(get: Get, part: str, blogger: str) -> None:
    answer = get(f"/{blogger}{part}")
    assert (answer.status, answer.headers["content-type"]) == (404, "application/problem+json")
    assert answer.json()["detail"] == f"There is no blogger '{blogger}'."


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("?cursor=forged", 400),
        (f"/{BEAN}/posts?cursor=forged", 400),
        ("?sort=luck", 422),
        ("?limit=101", 422),
        ("?text=%00", 422),
        (f"/{BEAN}/links?direction=up", 422),
        (f"/{BEAN}/similar?generation=gen_x", 404),
        (f"/{BEAN}/similar?by=luck", 422),
    ],
)
def test_what_cannot_be_used_is_a_problem(get: Get, path: str, status: int) -> None:
    answer = get(path)
    assert (answer.status, answer.json()["status"]) == (status, status)


def test_a_cursor_of_another_listing_is_refused(get: Get) -> None:
    cursor = get("?limit=1").json()["next_cursor"]
    assert get(f"?limit=1&sort=name&cursor={cursor}").status == 400


def test_the_list_needs_a_key_that_may_read(tmp_path_factory: pytest.TempPathFactory) -> None:
    settings = Settings(data_dir=tmp_path_factory.mktemp("empty"))
    with serving(settings) as address:
        assert ask("GET", f"{address}/v1/bloggers").status == 401
        assert ask("GET", f"{address}/v1/bloggers", key=make_key(settings, scopes=("crawl",))).status == 403
        assert ask("GET", f"{address}/v1/bloggers", key=make_key(settings, scopes=("read",))).json()["data"] == []
