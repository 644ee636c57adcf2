"""Addresses without end: what shows by the address alone, and what a site's answers teach."""

import pytest

from bloghound.records import Outcome
from crawler.traps import (
    BARREN_PAGES,
    DRY_PAGES,
    MAX_PARAMETERS,
    MAX_SEGMENTS,
    Trial,
    Yield,
    choose,
    is_put_off,
    leads_astray,
    remember,
    shapes,
    without_session,
)
from storage.pages import QueuedPage, Trail

HOME = "https://tea.nl/"


def queued(path: str, kind: str = "") -> QueuedPage:
    return QueuedPage(1, HOME + path, kind, 1, 0, HOME, None, None)


def after(*trials: Trial) -> Yield:
    found = Yield()
    for trial in trials:
        found.note(trial)
    return found


def months(count: int, outcome: Outcome = Outcome.LISTING) -> list[Trial]:
    return [Trial(f"{HOME}calendar/{2000 + month}/05/", outcome, HOME) for month in range(count)]


@pytest.mark.parametrize(
    ("url", "plain"),
    [
        ("a?PHPSESSID=8f3ac1&page=2", "a?page=2"),
        ("a?page=2&sid=0123456789abcdef", "a?page=2"),
        ("a;jsessionid=7A1B?x=1", "a?x=1"),
        ("a?session_id=1", "a"),
        ("a?CFID=12&CFTOKEN=34", "a"),
        ("a?sid=7", "a?sid=7"),
        ("a?sidebar=0123456789", "a?sidebar=0123456789"),
        ("a?p=1", "a?p=1"),
    ],
)
def test_what_names_a_visitor_is_no_part_of_an_address(url: str, plain: str) -> None:
    assert without_session(HOME + url) == HOME + plain


@pytest.mark.parametrize(
    ("path", "astray"),
    [
        ("a/a/", False),
        ("a/a/a/", True),
        ("blog/x/a/a/a/y", True),
        ("a/b/a/b/", False),
        ("2011/11/11/11/", False),
        ("x/" * MAX_SEGMENTS + "y", True),
        ("s?" + "&".join(f"f{number}=1" for number in range(MAX_PARAMETERS)), False),
        ("s?" + "&".join(f"f{number}=1" for number in range(MAX_PARAMETERS + 1)), True),
        ("2024/05/a-post-about-tea/", False),
    ],
)
def test_addresses_that_no_post_has_are_known_by_themselves(path: str, astray: bool) -> None:
    assert leads_astray(HOME + path) is astray


def test_an_address_belongs_to_families_of_its_shape() -> None:
    assert shapes(f"{HOME}calendar/2026/05/") == ("calendar/9999/99", "calendar/9999/*")
    assert shapes(f"{HOME}shop?size=9&color=red") == ("shop?color&size", "*?color&size", "*?")
    assert shapes(f"{HOME}my-post") == ("my-post", "*")


def test_a_shape_that_brings_nothing_new_for_long_comes_last() -> None:
    month, post = queued("calendar/1999/01/"), queued("2026/05/oolong/")
    assert choose([month, post], after(*months(DRY_PAGES - 1)), 1) == [month]
    assert choose([month, post], after(*months(DRY_PAGES)), 1) == [post]
    assert choose([month, post], after(*months(DRY_PAGES)), 2) == [post]
    assert choose([month], after(*months(DRY_PAGES)), 2) == [month]


def test_a_barren_shape_is_left_alone() -> None:
    month = queued("calendar/1999/01/")
    assert choose([month], after(*months(BARREN_PAGES - 1)), 1) == [month]
    assert choose([month], after(*months(BARREN_PAGES)), 1) == []


def test_new_texts_that_are_no_posts_are_put_off_but_never_left_alone() -> None:
    pages = [Trial(f"{HOME}pages/{n}", Outcome.PAGE, HOME, f"hash {n}", words=300) for n in range(BARREN_PAGES + 1)]
    assert choose([queued("pages/x")], after(*pages), 1) == [queued("pages/x")]
    assert is_put_off(queued("pages/x"), after(*pages))


def test_one_text_at_many_addresses_is_new_once() -> None:
    same = [Trial(f"{HOME}rooms/{n}", Outcome.POST, HOME, "one hash", words=300) for n in range(DRY_PAGES + 1)]
    assert is_put_off(queued("rooms/x"), after(*same))
    assert not is_put_off(queued("rooms/x"), after(*same[:-1]))


def test_a_listing_is_praised_for_the_posts_that_it_named_first() -> None:
    post = Trial(f"{HOME}2020/oolong/", Outcome.POST, f"{HOME}calendar/2007/05/", "hash", words=300)
    assert not is_put_off(queued("calendar/1999/01/"), after(*months(DRY_PAGES), post))


@pytest.mark.parametrize("outcome", [Outcome.NETWORK_ERROR, Outcome.HTTP_ERROR, Outcome.REDIRECT, Outcome.FEED])
def test_what_says_nothing_about_a_page_is_not_counted(outcome: Outcome) -> None:
    assert not is_put_off(queued("calendar/1999/01/"), after(*months(BARREN_PAGES, outcome)))


@pytest.mark.parametrize("kind", ["home", "feed", "sitemap", "profile"])
def test_what_a_site_says_about_itself_is_always_asked_for(kind: str) -> None:
    page = queued("calendar/1999/01/", kind)
    assert choose([page], after(*months(BARREN_PAGES)), 1) == [page]


def test_what_earlier_visits_taught_is_remembered_and_a_redirect_hands_its_finder_on() -> None:
    rows = [(f"{HOME}go", "redirect", ""), (f"{HOME}oolong/", "post", ""), (f"{HOME}map", "page", "")]
    trails = {
        "tea.nl/go": Trail(f"{HOME}page/2", None, 0),
        "tea.nl/oolong": Trail(None, "hash", 90),
        "tea.nl/map": Trail(HOME, None, 0),
    }
    assert list(remember(rows, trails)) == [
        Trial(f"{HOME}go", Outcome.REDIRECT, f"{HOME}page/2"),
        Trial(f"{HOME}oolong/", Outcome.POST, f"{HOME}page/2", "hash", 90),
        Trial(f"{HOME}map", Outcome.PAGE, HOME),
    ]


@pytest.mark.parametrize("misses_count", [True, False])
def test_what_an_archive_does_not_hold_says_nothing_about_a_site(misses_count: bool) -> None:
    found = Yield(misses_count=misses_count)
    for day in range(BARREN_PAGES):
        found.note(Trial(f"https://a.example/2024/{day}", Outcome.NOT_FOUND))
    assert found.is_barren("https://a.example/2024/99") == misses_count
