"""The decisions of a visit, as values: statuses, redirects, retries, budgets, and how a site is in the end."""

from datetime import UTC, datetime, timedelta

import pytest

from bloghound.records import Outcome, SiteHealth
from crawler.politeness.robots import Access
from crawler.visits import (
    MAX_MISSES_PER_PAGE,
    MAX_PARSE_TIMEOUTS,
    PROBE_PAGES,
    PageRecord,
    VisitEnd,
    budget_left,
    first_pages,
    header_feeds,
    home_record,
    judge,
    page_budget,
    redirect_target,
    refused_state,
    retry_at,
    site_health,
    well_known_feeds,
)

HOME = "https://blog.example/"
NOW = datetime(2026, 5, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (304, Outcome.NOT_MODIFIED),
        (401, Outcome.BLOCKED),
        (403, Outcome.BLOCKED),
        (404, Outcome.NOT_FOUND),
        (410, Outcome.NOT_FOUND),
        (418, Outcome.HTTP_ERROR),
        (429, Outcome.BLOCKED),
        (451, Outcome.BLOCKED),
        (500, Outcome.HTTP_ERROR),
    ],
)
def test_a_status_that_is_no_page_has_its_outcome(status: int, outcome: Outcome) -> None:
    assert judge(HOME, status, None, body_bytes=10).outcome == outcome


def test_a_page_is_to_be_read_and_an_empty_one_is_not() -> None:
    assert judge(HOME, 200, None, body_bytes=10).outcome is None
    assert judge(HOME, 200, None, body_bytes=0).outcome == Outcome.EMPTY


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_to_be_followed(status: int) -> None:
    verdict = judge(HOME, status, "/new/", body_bytes=0)
    assert (verdict.outcome, verdict.redirect_url) == (None, "https://blog.example/new/")


@pytest.mark.parametrize("location", [None, "", "mailto:a@b.example", "http://[broken", HOME])
def test_a_redirect_to_nowhere_is_an_error(location: str | None) -> None:
    assert judge(HOME, 302, location, body_bytes=0).outcome == Outcome.HTTP_ERROR


def test_a_redirect_from_http_to_https_leads_somewhere() -> None:
    assert redirect_target("http://blog.example/", HOME) == HOME


def test_a_failing_server_is_asked_again_later_and_later_and_then_no_more() -> None:
    waits = [retry_at(Outcome.HTTP_ERROR, 503, attempts, now=NOW, delays_seconds=(10, 60)) for attempts in (1, 2, 3)]
    assert waits == [NOW + timedelta(seconds=10), NOW + timedelta(seconds=60), None]


@pytest.mark.parametrize(
    ("outcome", "status", "again"),
    [
        (Outcome.NETWORK_ERROR, None, True),
        (Outcome.BLOCKED, 429, True),
        (Outcome.BLOCKED, 403, False),
        (Outcome.NOT_FOUND, 404, False),
        (Outcome.TOO_LARGE, None, False),
    ],
)
def test_only_what_may_pass_is_asked_again(outcome: Outcome, status: int | None, again: bool) -> None:
    assert (retry_at(outcome, status, 1, now=NOW, delays_seconds=(10,)) is not None) is again


def test_first_come_the_home_page_and_the_sitemaps_of_the_host() -> None:
    pages = first_pages(HOME, ["https://blog.example/posts.xml", "https://other.example/sitemap.xml"])
    assert [(page.url, page.kind) for page in pages] == [
        (HOME, "home"),
        ("https://blog.example/posts.xml", "sitemap"),
        ("https://blog.example/sitemap.xml", "sitemap"),
    ]
    assert pages[0].priority > pages[1].priority


def test_a_blog_in_a_folder_has_its_sitemap_there() -> None:
    pages = first_pages("https://a.example/blog/", [])
    assert [page.url for page in pages[1:]] == ["https://a.example/blog/sitemap.xml", "https://a.example/sitemap.xml"]


def test_a_site_on_a_shared_host_has_no_sitemap_of_its_own() -> None:
    pages = first_pages("https://medium.com/@ann", ["https://medium.com/sitemap.xml"])
    assert [page.url for page in pages] == ["https://medium.com/@ann"]


def test_guessed_feeds_lie_below_the_home_page() -> None:
    urls = [page.url for page in well_known_feeds("https://medium.com/@ann")]
    assert "https://medium.com/@ann/feed" in urls
    assert len(urls) == len(set(urls)) == 6


@pytest.mark.parametrize(
    ("headers", "paths"),
    [
        (['</feed.xml>; rel="alternate"; type="application/rss+xml"'], ["feed.xml"]),
        (["</a.atom>; type=application/atom+xml; rel=alternate, </style.css>; rel=preload; as=style"], ["a.atom"]),
        (['<https://other.example/feed>; rel="alternate"; type="application/rss+xml"'], []),
        (['</wp-json/>; rel="https://api.w.org/"', "<?p=1>; rel=shortlink"], []),
        (['</de/>; rel="alternate"; hreflang="de"', "<<>>;;rel=", ""], []),
    ],
)
def test_feeds_may_be_named_in_link_headers(headers: list[str], paths: list[str]) -> None:
    assert [page.url for page in header_feeds(headers, HOME)] == [HOME + path for path in paths]


def records(*outcomes: Outcome) -> list[PageRecord]:
    return [PageRecord(f"{HOME}{number}", outcome) for number, outcome in enumerate(outcomes)]


def test_every_address_counts_on_the_live_web() -> None:
    assert budget_left(records(Outcome.POST, Outcome.NOT_FOUND), 5, archived=False) == 5 - 2


def test_what_is_not_in_an_archive_is_free_but_not_for_ever() -> None:
    assert budget_left(records(Outcome.POST, Outcome.NOT_FOUND), 5, archived=True) == 5 - 1
    missing = records(*[Outcome.NOT_FOUND] * (1 * MAX_MISSES_PER_PAGE))
    assert budget_left(missing, 1, archived=True) == 0


@pytest.mark.parametrize(
    ("outcome", "is_seed", "pages"),
    [(Outcome.PAGE, True, 200), (Outcome.PAGE, False, PROBE_PAGES), (Outcome.FEED, False, 200)],
)
def test_a_site_that_was_only_linked_to_must_soon_show_a_post(outcome: Outcome, is_seed: bool, pages: int) -> None:
    assert page_budget(records(Outcome.LISTING, outcome), 200, is_seed=is_seed) == pages


def test_a_redirected_home_page_is_judged_by_where_it_led() -> None:
    found = [
        PageRecord("http://blog.example", Outcome.REDIRECT),
        PageRecord("https://blog.example/login", Outcome.BLOCKED, "HTTP 403"),
    ]
    assert home_record(found, HOME) == found[1]


def health_of(outcome: Outcome, reason: str = "", **facts: object) -> tuple[SiteHealth | None, str]:
    end = site_health([PageRecord(HOME, outcome, reason)], HOME, **{"live_posts": 0, **facts})  # type: ignore[arg-type]
    return end.health, end.reason


@pytest.mark.parametrize(
    ("outcome", "reason", "health"),
    [
        (Outcome.BLOCKED, "HTTP 403", SiteHealth.BLOCKED),
        (Outcome.NOT_FOUND, "HTTP 404", SiteHealth.FAILED),
        (Outcome.NETWORK_ERROR, "connection refused", SiteHealth.FAILED),
        (Outcome.HTTP_ERROR, "HTTP 500", SiteHealth.FAILED),
        (Outcome.OTHER_SITE, "leads to https://new.example/", SiteHealth.FAILED),
        (Outcome.LISTING, "", SiteHealth.EMPTY),
        (Outcome.NOINDEX, "", SiteHealth.EMPTY),
    ],
)
def test_a_site_without_posts_is_what_its_home_page_was(outcome: Outcome, reason: str, health: SiteHealth) -> None:
    found, words = health_of(outcome, reason)
    assert found == health
    assert reason in words
    assert words


def test_a_site_with_posts_is_ok_whatever_else_failed() -> None:
    records = [PageRecord(HOME, Outcome.HTTP_ERROR, "HTTP 500"), PageRecord(f"{HOME}a", Outcome.POST)]
    assert site_health(records, HOME, live_posts=3) == VisitEnd(SiteHealth.OK)


def test_posts_of_an_earlier_crawl_do_not_make_a_site_ok_that_answers_no_more() -> None:
    assert health_of(Outcome.HTTP_ERROR, live_posts=3)[0] == SiteHealth.FAILED


def test_a_shop_is_not_a_blog_even_with_texts_like_posts() -> None:
    assert health_of(Outcome.LISTING, live_posts=3, not_a_blog="it is a shop") == (
        SiteHealth.NOT_A_BLOG,
        "it is a shop",
    )


def test_a_site_that_never_answered_is_not_called_no_blog() -> None:
    assert health_of(Outcome.NETWORK_ERROR, not_a_blog="no dated posts")[0] == SiteHealth.FAILED


def test_a_site_that_moved_says_where_to() -> None:
    assert health_of(Outcome.PAGE, moved_to="https://new.example/") == (
        SiteHealth.FAILED,
        "moved to https://new.example/",
    )


def test_a_parked_host_is_blocked_not_empty() -> None:
    parked = VisitEnd(SiteHealth.BLOCKED, "left alone for an hour")
    assert health_of(Outcome.LISTING, trouble=parked) == (parked.health, parked.reason)


@pytest.mark.parametrize(
    ("access", "again_at", "state"),
    [
        (Access.RULES, None, "done"),
        (Access.UNREACHABLE, NOW, "queued"),
        (Access.UNREACHABLE, None, "waiting"),
    ],
)
def test_only_rules_that_are_known_forbid_for_good(access: Access, again_at: datetime | None, state: str) -> None:
    assert refused_state(access, again_at) == state


def test_a_home_page_that_was_never_reached_has_failed() -> None:
    assert site_health([], HOME, live_posts=0).health == SiteHealth.FAILED


def test_a_site_that_holds_the_parsers_has_had_its_share() -> None:
    stuck = [PageRecord(f"{HOME}{number}", Outcome.PARSE_TIMEOUT) for number in range(MAX_PARSE_TIMEOUTS)]
    assert budget_left(stuck, 200, archived=False) == budget_left(stuck, 200, archived=True) == 0
    assert budget_left(stuck[1:], 200, archived=False) == 200 - len(stuck[1:])
