"""Answers in documented form with values exchanged: whatever a server sends, reading it raises ParseError at most."""

import copy
import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from bloghound.errors import ParseError
from crawler.platforms.bluesky import Bluesky
from crawler.platforms.devto import DevTo
from crawler.platforms.hackernews import HackerNews
from crawler.platforms.mastodon import Mastodon
from crawler.platforms.protocol import ApiAnswer, ApiRequest, Platform, Profile, ProfileAddress, Step
from crawler.platforms.youtube import YouTube
from tests.apiservers import bluesky, devto, hackernews, youtube
from tests.apiservers.activitypub import ActivityPubServer

MUTATIONS = 1_500
WRONG: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1.5, 10**30, "", "x", "\x00\ud800", "é" * 50, [], {}, [[]], [None], {"a": []}),
    *("https://[", "javascript:x", "https://x.example/" + "a" * 3000, "at://did:plc:x/y/z", "<p " + "a " * 20_000),
    *("0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59"),
)


@dataclass(frozen=True)
class Case:
    """One answer of one platform, in the form that its documentation gives."""

    platform: Platform
    request: ApiRequest
    document: Any
    profile: Profile | None = None


def asked(platform: Platform, url: str, purpose: str, carried: Any = None) -> ApiRequest:
    address = platform.recognise(url)
    assert address is not None
    return ApiRequest("https://api.example/api/v1/accounts/1/statuses?limit=40", purpose, address, carried=carried)


def bluesky_cases() -> Iterator[Case]:
    home, ann = "https://bsky.app/profile/ann.koffie.example", bluesky.ANN
    facet = {"index": {"byteStart": 0, "byteEnd": 3}, "features": [{"uri": "https://b.example/"}]}
    record = {"facets": [facet], "embed": {"external": {"uri": "https://b.example/", "title": "B"}}}
    shown = bluesky.post(
        ann, "a", "Koffie", record=record, replyCount=2, embed={"record": bluesky.post(bluesky.BEA, "b", "")}
    )
    thread = bluesky.reply(shown, bluesky.reply(bluesky.post(bluesky.BEA, "q", "Welke?"), bluesky.reply(shown)))
    known = Profile("bluesky", home, "ann.koffie.example", "Ann", platform_id=ann)
    profile = bluesky.author(ann) | {
        "followersCount": 3,
        "website": "https://b.example",
        "labels": [bluesky.self_label(ann)],
    }
    yield Case(Bluesky(), asked(Bluesky(), home, "profile"), profile)
    feed = {"feed": [{"post": shown}, bluesky.repost(bluesky.post(bluesky.BEA, "c", ""))], "cursor": "1"}
    yield Case(Bluesky(), asked(Bluesky(), home, "feed", 0), feed, known)
    yield Case(Bluesky(), asked(Bluesky(), home, "thread", f"{home}/post/a"), {"thread": thread}, known)


def mastodon_cases() -> Iterator[Case]:
    home = "https://social.example/@ann"
    field = {
        "name": "Blog",
        "value": '<a href="https://b.example" rel="me">b</a>',
        "verified_at": "2026-01-01T00:00:00Z",
    }
    account = {"id": "1", "acct": "ann", "url": home, "uri": f"{home}x", "note": "<p>x</p>", "fields": [field]}
    status: dict[str, Any] = {
        "id": "2",
        "url": f"{home}/2",
        "created_at": "2026-01-01T00:00:00Z",
        "visibility": "public",
        "content": "<p>x",
    }
    status |= {"replies_count": 1, "account": account, "reblog": None}
    known = Profile("mastodon", home, "ann@social.example", "Ann", platform_id="1")
    yield Case(Mastodon(), asked(Mastodon(), home, "account"), account)
    yield Case(Mastodon(), asked(Mastodon(), home, "statuses", 0), [status, status | {"reblog": status}], known)
    yield Case(Mastodon(), asked(Mastodon(), home, "context", f"{home}/2"), {"descendants": [status]}, known)


def activitypub_cases() -> Iterator[Case]:
    with ActivityPubServer() as server:
        address = ProfileAddress(server.profile, server.root, "ann")
        known = Profile("activitypub", server.profile, "ann", "Ann", platform_id=server.actor_url)
        page = [{"type": "Link", "href": f"{server.root}/a", "mediaType": "text/html"}]
        note = server.note("1", contentMap={"nl": "<p>x</p>"}, likes={"totalItems": 3}, url=page)
        outbox = {
            "orderedItems": [note, server.share({"id": f"{server.root}/2"})],
            "next": f"{server.root}/n",
            "totalItems": 2,
        }
        webfinger = {"links": [{"rel": "self", "type": "application/activity+json", "href": server.actor_url}]}
        documents = {"webfinger": webfinger, "actor": server.actor, "outbox": outbox, "followers": server.followers}
        for purpose, document in documents.items():
            profile = known if purpose in {"outbox", "followers"} else None
            yield Case(Mastodon(), ApiRequest(f"{server.root}/x", purpose, address), document, profile)


def other_cases() -> Iterator[Case]:
    home, story = "https://dev.to/ann", hackernews.story(1, "https://koffie.example/x")
    request = asked(DevTo(), home, "articles")
    yield Case(DevTo(), asked(DevTo(), home, "user"), {"username": "ann", "id": 3, "website_url": "https://b.example"})
    yield Case(DevTo(), request, [devto.article(1, comments_count=3)])
    articles = json.dumps([devto.article(1, comments_count=3)]).encode()
    comments = next(
        one for one in DevTo().read(request, ApiAnswer(200, articles), None).next if one.purpose == "comments"
    )
    yield Case(DevTo(), comments, [devto.comment("a", "bo", "<p>x</p>", devto.comment("b", "ann"))])
    stories = asked(HackerNews(), "https://koffie.example/", "stories")
    yield Case(HackerNews(), stories, {"hits": [story], "nbPages": 3})


def mutated(document: Any, chance: random.Random) -> Any:
    """``document`` with one to three of its values exchanged for wrong ones, at any depth."""
    changed = {"": copy.deepcopy(document)}
    for _ in range(chance.randint(1, 3)):
        holder, key = chance.choice(list(_places(changed)))
        holder[key] = copy.deepcopy(chance.choice(WRONG))
    return changed[""]


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    keys = value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for key in keys:
        yield value, key
        yield from _places(value[key])


def check(step: Step) -> None:
    """What is read can be stored and asked for."""
    for post in step.posts:
        assert "\x00" not in post.title + post.text
        assert "\ud800" not in post.title + post.text
        assert all(url.startswith("http") for url in (post.url, *post.addresses))
        assert post.published is not None
        assert post.published.tzinfo is not None
    assert all(url.startswith("http") for url, _ in (*step.comments, *step.readings, *step.discussions))
    assert all(request.url.startswith("http") for request in step.next)


@pytest.mark.parametrize("cases", [bluesky_cases, mastodon_cases, activitypub_cases, other_cases])
def test_no_exchanged_value_stops_the_reading(cases: Callable[[], Iterator[Case]]) -> None:
    chance, known = random.Random(cases.__name__), list(cases())  # noqa: S311 - the same mutations each time
    read = 0
    for number in range(MUTATIONS):
        case = known[number % len(known)]
        answer = ApiAnswer(200, json.dumps(mutated(case.document, chance)).encode())
        try:
            check(case.platform.read(case.request, answer, case.profile))
            read += 1
        except ParseError:
            assert case.request.purpose in {"account", "actor"}
    assert read > MUTATIONS / 2


def test_the_answers_as_documented_are_read_whole() -> None:
    for cases in (bluesky_cases, mastodon_cases, activitypub_cases, other_cases):
        for case in cases():
            step = case.platform.read(case.request, ApiAnswer(200, json.dumps(case.document).encode()), case.profile)
            check(step)
            told = (step.profile, step.posts, step.comments, step.readings, step.discussions, step.next)
            assert any(told), case.request.purpose


def test_no_exchanged_byte_of_a_feed_stops_the_reading() -> None:
    chance, platform = random.Random("youtube"), YouTube()  # noqa: S311 - the same mutations each time
    whole = youtube.feed(*(youtube.Video("abcdefghijk", description="x https://b.example").entry() for _ in range(3)))
    request = asked(platform, f"https://www.youtube.com/channel/{youtube.CHANNEL}", "feed")
    read = 0
    for _ in range(MUTATIONS):
        body = bytearray(whole)
        for _ in range(chance.randint(1, 4)):
            body[chance.randrange(len(body))] = chance.randrange(256)
        try:
            check(platform.read(request, ApiAnswer(200, bytes(body)), None))
            read += 1
        except ParseError:
            continue
    assert read > MUTATIONS / 20
