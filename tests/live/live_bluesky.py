"""Bluesky's own network on loopback, read by a crawl of its AppView's answers: figures, repliers, wishes of people."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bloghound.jobs.crawl import run_crawl
from bloghound.records import EngagementKind, RankablePost
from bloghound.settings import Settings
from storage.identity import NO_SUCH_PROFILE
from tests.crawling import query, write_archive
from tests.live import bluesky
from tests.live.bluesky import BlueskyNetwork
from tests.live.reading import Read, patterns

LOAVES = 120
"""More posts than one page of the author feed holds."""

ACCOUNTS = [
    {"name": "mara", "title": "Mara Feld", "bio": "Bread, mostly. https://mara.example.org/"},
    {"name": "ada", "title": "Ada", "bio": ""},
    {"name": "bob", "title": "Bob", "bio": "I read."},
    {"name": "cyd", "title": "Cyd", "bio": ""},
    {"name": "hidden", "title": "Hidden", "bio": "For members only.", "labels": ["!no-unauthenticated"]},
]
FOLLOWS = [("ada", "mara"), ("bob", "mara"), ("cyd", "mara"), ("hidden", "mara"), ("mara", "ada")]

FLOUR = "https://mara.example.org/flour"


def said(name: str, by: str, text: str, day: int, hour: int, **more: Any) -> dict[str, Any]:
    return {"id": name, "by": by, "text": text, "published": f"2026-01-{day:02}T{hour:02}:00:00.000Z", **more}


TALK = [
    said(
        "flour",
        "mara",
        "On flour: ask the mill.",
        5,
        8,
        link=FLOUR,
        likes=["ada", "bob", "cyd"],
        reposts=["ada", "bob"],
    ),
    said("which", "ada", "Which mill was it?", 5, 9, answers="flour"),
    said("river", "mara", "The one by the river.", 5, 10, answers="which"),
    said("rye", "bob", "Rye as well?", 5, 11, answers="flour"),
    said("thanks", "ada", "Thanks again.", 5, 12, answers="river"),
    said("members", "hidden", "Not for everybody.", 5, 13, answers="flour"),
    said("more", "mara", "More of it: rye is out.", 6, 8, answers="flour"),
    said("baked", "ada", "I baked it.", 7, 8, reposts=["mara"]),
    said("look", "mara", "Look what Ada baked.", 8, 8, quotes="baked"),
    said("lovely", "mara", "How lovely!", 8, 10, answers="baked"),
    said("private", "hidden", "Members may read this.", 9, 8),
    *(
        said(f"loaf{number}", "mara", f"Loaf {number} is out.", 10 + number // 12, number % 12)
        for number in range(LOAVES)
    ),
]
OWN_POSTS = {"flour", "look", *(f"loaf{number}" for number in range(LOAVES))}
"""What Mara wrote and what answers nobody."""


@pytest.fixture(scope="module")
def network(software: Path, data: Path) -> Iterator[BlueskyNetwork]:
    folder, own_data = software / "bluesky", data / "bluesky"
    own_data.mkdir()
    if not bluesky.is_installed(folder):
        bluesky.install(folder)
    with bluesky.running(folder, own_data, {"accounts": ACCOUNTS, "follows": FOLLOWS, "posts": TALK}) as running:
        yield running


@pytest.fixture(scope="module")
def read(network: BlueskyNetwork, tmp_path_factory: pytest.TempPathFactory) -> Read:
    folder = tmp_path_factory.mktemp("bluesky")
    handles = ["mara.test", "hidden.test"]
    archive = write_archive(folder, network.archive([*handles, "nobody.test"]))
    settings = Settings(data_dir=folder / "data", extraction_workers=1)
    seeds = [f"https://bsky.app/profile/{handle}" for handle in (*handles, "nobody.test")]
    return Read(settings, run_crawl(settings, seeds, archives=[archive]))


def key(network: BlueskyNetwork, name: str) -> str:
    """The last part of a post's address."""
    return network.posts[name].rpartition("/")[2]


def count(post: RankablePost, kind: EngagementKind) -> int | None:
    return {reading.kind: reading.count for reading in post.engagement}[kind]


def test_a_profile_shows_its_figures(read: Read) -> None:
    [mara] = read.bloggers
    assert (mara.name, mara.home_url) == ("Mara Feld", "https://bsky.app/profile/mara.test")
    assert mara.sites[0].followers == sum(followed == "mara" for _, followed in FOLLOWS)


def test_all_pages_of_the_feed_are_read_without_replies(network: BlueskyNetwork, read: Read) -> None:
    assert set(read.posts) == {key(network, name) for name in OWN_POSTS}


def test_replies_reposts_and_likes_are_those_of_the_network(network: BlueskyNetwork, read: Read) -> None:
    flour = read.posts[key(network, "flour")]
    likes, reposts = TALK[0]["likes"], TALK[0]["reposts"]
    direct = [one for one in TALK if one.get("answers") == "flour"]
    assert count(flour, EngagementKind.LIKES) == len(likes)
    assert count(flour, EngagementKind.SHARES) == len(reposts)
    assert count(flour, EngagementKind.COMMENTS) == len(direct)


def test_repliers_are_told_apart_and_the_author_answers(network: BlueskyNetwork, read: Read) -> None:
    talk = read.posts[key(network, "flour")].comments
    assert talk is not None
    # All depths of the thread, oldest first, without who asks for an account.
    assert patterns(talk.commenters) == patterns(["ada", "bob", "ada"])
    # Who goes on with an own post answers nobody.
    assert talk.author_answers == len(["river"])


def test_what_is_quoted_or_linked_is_a_link_of_the_post(network: BlueskyNetwork, read: Read) -> None:
    links = query(read.settings, "SELECT post.url, target_url FROM link JOIN post ON post.id = link.post_id")
    own, other = "https://bsky.app/profile/mara.test/post/", "https://bsky.app/profile/ada.test/post/"
    assert set(links) == {
        (own + key(network, "flour"), FLOUR),
        (own + key(network, "look"), other + key(network, "baked")),
    }


def test_a_repost_of_others_is_no_post(network: BlueskyNetwork, read: Read) -> None:
    assert key(network, "baked") not in read.posts


def health(read: Read, handle: str) -> tuple[object, ...]:
    [found] = query(read.settings, f"SELECT health, health_reason FROM site WHERE home_url LIKE '%/{handle}'")  # noqa: S608
    return found


def test_nothing_is_kept_of_who_asks_for_an_account(read: Read) -> None:
    assert health(read, "hidden.test") == ("empty", "its owner asks not to be listed or indexed")
    assert read.report.outcomes["noindex"] == 1
    kept = "SELECT count(*) FROM {} JOIN site ON site.id = site_id WHERE key LIKE '%hidden%'"
    assert [query(read.settings, kept.format(table)) for table in ("post", "site_metric", "site_claim")] == [[(0,)]] * 3


def test_an_account_that_is_not_there_is_gone(read: Read) -> None:
    state, reason = health(read, "nobody.test")
    assert state == "failed"
    assert NO_SUCH_PROFILE in str(reason)
