"""Bluesky against a server that answers as the AppView does."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from bloghound.errors import ParseError
from bloghound.records import Comment, EngagementKind, EngagementReading, ParsedPost, PostSource, UnknownReason
from crawler.platforms.bluesky import MAX_FEED_PAGES, MAX_REPLIES, MAX_THREADS, POSTS_PER_PAGE, Bluesky
from crawler.platforms.protocol import ApiAnswer, ApiRequest, Profile, ProfileLink
from tests.apiservers.base import Reading, Reply, read_all
from tests.apiservers.bluesky import ANN, BEA, CAS, HID, SEEN, BlueskyServer, invalid, post, reply, repost, self_label

HOME = "https://bsky.app/profile/ann.koffie.example"
SEEN_AT = datetime.fromisoformat(SEEN)


@pytest.fixture
def server() -> Iterator[BlueskyServer]:
    with BlueskyServer() as running:
        yield running


def read(server: BlueskyServer, url: str = HOME) -> Reading:
    return read_all(Bluesky(server.root), url)


def only_post(server: BlueskyServer, shown: dict[str, Any]) -> ParsedPost:
    server.ann.feed = [{"post": shown}]
    (found,) = read(server).posts
    return found


@pytest.mark.parametrize(
    ("url", "user"),
    [
        (HOME, "ann.koffie.example"),
        ("https://bsky.app/profile/Ann.Koffie.Example/", "ann.koffie.example"),
        ("http://www.bsky.app/profile/ann.koffie.example", "ann.koffie.example"),
        (f"https://bsky.app/profile/{ANN}", ANN),
        ("https://bsky.app/profile/did%3Aplc%3Aabc", "did:plc:abc"),
        ("https://bsky.app/profile/did:web:koffie.example", "did:web:koffie.example"),
    ],
)
def test_profiles_are_recognised_by_handle_and_by_did(url: str, user: str) -> None:
    address = Bluesky().recognise(url)
    assert address is not None
    assert (address.url, address.user) == (f"https://bsky.app/profile/{user}", user)


@pytest.mark.parametrize(
    "url",
    [
        "https://bsky.app/",
        f"{HOME}/post/3k",
        "https://bsky.app/profile/ann",
        "https://bsky.app/profile/did:plc:",
        "https://bsky.app/profile/-ann.example",
        "https://evil.example/profile/ann.koffie.example",
        "https://bsky.app.evil.example/profile/ann.koffie.example",
        "ftp://bsky.app/profile/ann.koffie.example",
    ],
)
def test_other_addresses_are_not(url: str) -> None:
    assert Bluesky().recognise(url) is None


def test_the_public_appview_is_asked_without_a_key() -> None:
    address = Bluesky().recognise(HOME)
    assert address is not None
    (request,) = Bluesky().first_requests(address)
    assert request.url == "https://public.api.bsky.app/xrpc/app.bsky.actor.getProfile?actor=ann.koffie.example"


def test_a_profile_is_read_with_its_figures(server: BlueskyServer) -> None:
    found = read(server).known
    assert (found.platform, found.url, found.handle, found.name) == (
        "bluesky",
        HOME,
        HOME.rsplit("/", maxsplit=1)[-1],
        "Ann Brouwer",
    )
    assert (found.followers, found.following, found.posts) == (412, 97, 1288)
    assert (found.bio, found.created) == ("Roasts coffee.", SEEN_AT)
    assert (found.platform_id, found.aliases) == (ANN, (f"https://bsky.app/profile/{ANN}",))


def test_a_profile_is_found_by_its_did_as_well(server: BlueskyServer) -> None:
    assert read(server, f"https://bsky.app/profile/{ANN}").known.url == HOME


def test_a_handle_that_is_not_verified_names_nobody(server: BlueskyServer) -> None:
    found = read(server, f"https://bsky.app/profile/{CAS}").known
    assert (found.url, found.handle, found.aliases) == (f"https://bsky.app/profile/{CAS}", "handle.invalid", ())


def test_links_on_a_profile_are_claims_that_prove_nothing(server: BlueskyServer) -> None:
    stated = {
        "website": "https://koffie.example",
        "description": "Blog: https://koffie.example/, ook https://b.example.",
    }
    server.ann.profile |= stated
    assert read(server).known.links == (
        ProfileLink("https://koffie.example/", "website", rel_me=False),
        ProfileLink("https://b.example/", "description", rel_me=False),
    )


def test_of_an_account_that_asks_for_signing_in_nothing_is_read(server: BlueskyServer) -> None:
    server.accounts[HID].feed = [{"post": post(HID, "a", "Niet voor iedereen")}]
    server.accounts[HID].profile |= {"description": "Geheim", "website": "https://hid.example", "followersCount": 3}
    found = read(server, f"https://bsky.app/profile/{HID}")
    assert found.known.requires_login
    assert found.known.reservations.noindex
    assert not found.known.keeps_text
    assert (found.known.bio, found.known.links, found.known.followers) == ("", (), None)
    assert (found.posts, len(found.asked)) == ([], 1)


def test_a_label_that_was_taken_back_asks_for_nothing(server: BlueskyServer) -> None:
    server.ann.profile["labels"] = [self_label(ANN) | {"neg": True}, {"val": "spam"}]
    assert not read(server).known.requires_login


@pytest.mark.parametrize(
    ("refusal", "is_gone"),
    [
        (invalid("Profile not found"), True),
        (invalid("Account has been suspended", "AccountTakedown"), True),
        (invalid("Account is deactivated", "AccountDeactivated"), True),
        (invalid("Error: actor must be a valid did or a handle"), False),
        (Reply(b"<html>", 400), False),
        (Reply({"error": "InternalServerError", "message": "Profile not found"}, 500), False),
        (Reply({"error": "UpstreamFailure"}, 502), False),
    ],
)
def test_only_what_the_appview_says_is_gone_is_gone(server: BlueskyServer, refusal: Reply, is_gone: bool) -> None:
    server.instead["/xrpc/app.bsky.actor.getProfile"] = refusal
    found = read(server)
    assert (found.profile, found.gone, len(found.asked)) == (None, is_gone, 1)


def test_no_answer_at_all_says_nothing() -> None:
    address = Bluesky().recognise(HOME)
    assert address is not None
    (request,) = Bluesky().first_requests(address)
    assert not Bluesky().read(request, ApiAnswer(0), None).gone


@pytest.mark.parametrize("served", [0, 1, 2])
def test_over_the_limit_what_was_read_before_stays(served: int) -> None:
    with BlueskyServer(limit=served) as server:
        server.ann.feed = [{"post": post(ANN, "a", "Koffie", replyCount=1)}]
        found = read(server)
    assert found.statuses[served] == 429
    assert not found.gone
    assert (found.profile is not None, len(found.posts)) == (served > 0, int(served > 1))


def test_a_post_is_read_with_text_and_engagement(server: BlueskyServer) -> None:
    found = only_post(
        server, post(ANN, "3k", "Nieuwe branding\nvandaag", replyCount=0, repostCount=5, quoteCount=2, likeCount=9)
    )
    assert (found.title, found.text, found.language) == ("Nieuwe branding", "Nieuwe branding\nvandaag", "nl")
    assert (found.source, found.date_source, found.published) == (PostSource.FEED, "api", SEEN_AT)
    assert found.engagement == (
        EngagementReading(EngagementKind.COMMENTS, 0),
        EngagementReading(EngagementKind.SHARES, 5 + 2),
        EngagementReading(EngagementKind.LIKES, 9),
    )


def test_a_post_keeps_an_address_that_stays_when_the_handle_changes(server: BlueskyServer) -> None:
    found = only_post(server, post(ANN, "3k", "Koffie"))
    assert found.url == f"{HOME}/post/3k"
    assert found.addresses == (f"{HOME}/post/3k", f"https://bsky.app/profile/{ANN}/post/3k")


@pytest.mark.parametrize("value", [None, -1, "9", 1.5, True])
def test_a_count_that_is_none_is_unknown(server: BlueskyServer, value: object) -> None:
    found = only_post(server, post(ANN, "3k", "Koffie", likeCount=value, repostCount=value, quoteCount=value))
    unknown = [EngagementReading(kind, None, UnknownReason.NOT_EXPOSED) for kind in ("shares", "likes")]  # type: ignore[arg-type]
    assert list(found.engagement[1:]) == unknown


def test_links_are_read_from_the_text_and_the_card(server: BlueskyServer) -> None:
    text = "Lees: koffie.example/bran… (één)"
    start = text.encode().index(b"koffie")
    facet = {
        "index": {"byteStart": start, "byteEnd": start + len("koffie.example/bran…".encode())},
        "features": [{"$type": "app.bsky.richtext.facet#link", "uri": "https://koffie.example/branden"}],
    }
    mention = {"index": {"byteStart": 0, "byteEnd": 4}, "features": [{"$type": "x#mention", "did": BEA}]}
    card = {"$type": "app.bsky.embed.external", "external": {"uri": "https://b.example/", "title": "Een kaart"}}
    found = only_post(server, post(ANN, "3k", text, record={"facets": [mention, facet], "embed": card}))
    assert [(link.target_url, link.anchor) for link in found.links] == [
        ("https://koffie.example/branden", "koffie.example/bran…"),
        ("https://b.example/", "Een kaart"),
    ]
    assert found.text == "Lees: (één)"


def test_a_post_without_words_is_called_as_its_card(server: BlueskyServer) -> None:
    card = {"external": {"uri": "https://b.example/", "title": "Een kaart", "description": "Van een ander"}}
    found = only_post(server, post(ANN, "3k", "", record={"embed": {"media": card}}))
    assert (found.title, found.text) == ("Een kaart", "")


@pytest.mark.parametrize("nested", [False, True])
def test_what_a_post_quotes_is_linked(server: BlueskyServer, nested: bool) -> None:
    quoted = {"uri": f"at://{BEA}/app.bsky.feed.post/9", "author": post(BEA, "9", "")["author"]}
    embed = {"record": {"record": quoted} if nested else quoted}
    found = only_post(server, post(ANN, "3k", "Kijk", embed=embed))
    assert [link.target_url for link in found.links] == ["https://bsky.app/profile/bea.bsky.social/post/9"]


def test_what_asks_for_signing_in_is_neither_quoted_nor_shared(server: BlueskyServer) -> None:
    server.ann.feed = [
        {"post": post(ANN, "a", "Kijk", embed={"record": post(HID, "9", "")})},
        repost(post(HID, "9", "")),
    ]
    found = read(server)
    assert (found.posts[0].links, found.shared) == ((), [])


def test_a_repost_is_a_link_and_no_post(server: BlueskyServer) -> None:
    server.ann.feed = [repost(post(BEA, "7", "Van Bea")), {"post": post(ANN, "a", "Koffie")}]
    found = read(server)
    assert [one.url for one in found.posts] == [f"{HOME}/post/a"]
    assert [link.target_url for link in found.shared] == ["https://bsky.app/profile/bea.bsky.social/post/7"]


@pytest.mark.parametrize(
    "shown",
    [
        post(BEA, "a", "Van een ander"),
        post(ANN, "a", "Een antwoord", record={"reply": {"root": {}, "parent": {}}}),
        post(ANN, "a", "Koffie", uri=f"at://{ANN}/app.bsky.feed.like/a"),
        post(ANN, "a", "Koffie", uri=f"at://{BEA}/app.bsky.feed.post/a"),
        post(ANN, "a", "Koffie", uri=f"at://{ANN}/app.bsky.feed.post/../../x"),
        post(ANN, "a", "Koffie", record={"createdAt": "gisteren"}),
    ],
)
def test_what_is_no_post_of_the_owners_is_left(server: BlueskyServer, shown: dict[str, Any]) -> None:
    server.ann.feed = [{"post": shown}]
    assert read(server).posts == []


def test_a_post_is_not_later_than_it_was_seen(server: BlueskyServer) -> None:
    found = only_post(server, post(ANN, "a", "Koffie", record={"createdAt": "2099-01-01T00:00:00Z"}))
    assert found.published == SEEN_AT
    earlier = only_post(server, post(ANN, "a", "Koffie", record={"createdAt": "2021-05-06T07:08:09+02:00"}))
    assert earlier.published == datetime(2021, 5, 6, 5, 8, 9, tzinfo=UTC)


def test_repliers_are_read_at_every_depth_without_their_words(server: BlueskyServer) -> None:
    root = post(ANN, "a", "Koffie?", replyCount=2)
    question = post(BEA, "q", "Welke bonen zijn dit?")
    answer = post(ANN, "b", "Die van de hoek.", record={"createdAt": "2026-02-02T02:02:02Z"})
    blocked = {"$type": "app.bsky.feed.defs#blockedPost", "uri": "at://x/y/z", "blocked": True, "author": {"did": CAS}}
    server.ann.feed = [{"post": root}]
    server.threads[root["uri"]] = reply(root, reply(question, reply(answer)), reply(post(HID, "h", "Ik ook")), blocked)
    found = read(server).comments
    assert sorted(found, key=lambda one: one[1].by_author) == [
        (f"{HOME}/post/a", Comment(BEA, question["uri"], SEEN_AT, words=4)),
        (f"{HOME}/post/a", Comment(ANN, answer["uri"], datetime(2026, 2, 2, 2, 2, 2, tzinfo=UTC), 4, by_author=True)),
    ]


def test_going_on_with_an_own_post_is_no_answer(server: BlueskyServer) -> None:
    root, more, question = post(ANN, "a", "Een", replyCount=1), post(ANN, "b", "Twee"), post(BEA, "q", "Drie?")
    server.ann.feed = [{"post": root}]
    server.threads[root["uri"]] = reply(root, reply(more, reply(question, reply(post(ANN, "c", "Vier.")))))
    assert [(one.identity, one.by_author) for _, one in read(server).comments] == [(BEA, False), (ANN, True)]


def test_threads_are_read_of_the_newest_discussed_posts_only(server: BlueskyServer) -> None:
    server.ann.feed = [{"post": post(ANN, f"k{n}", "Koffie", replyCount=n % 2)} for n in range(POSTS_PER_PAGE + 20)]
    asked = [url for url in read(server).asked if "getPostThread" in url]
    assert [url.rpartition("k")[2].partition("&")[0] for url in asked] == [str(2 * n + 1) for n in range(MAX_THREADS)]


def test_discussed_posts_on_the_second_page_are_asked_for_as_well(server: BlueskyServer) -> None:
    keys = [*(f"k{n}" for n in range(POSTS_PER_PAGE)), "late"]
    server.ann.feed = [{"post": post(ANN, key, "Koffie", replyCount=int(key in {"k7", "late"}))} for key in keys]
    found = read(server)
    assert [url.rpartition("%2F")[2].partition("&")[0] for url in found.asked if "Thread" in url] == ["k7", "late"]
    assert len(found.posts) == POSTS_PER_PAGE + 1


def test_a_server_that_gives_more_than_was_asked_for_is_cut(server: BlueskyServer) -> None:
    long = [{"post": post(ANN, f"k{n}", "Koffie", replyCount=int(n == 0))} for n in range(POSTS_PER_PAGE * 2)]
    root = long[0]["post"]
    server.instead["/xrpc/app.bsky.feed.getAuthorFeed"] = Reply({"feed": long})
    server.threads[root["uri"]] = reply(root, *(reply(post(BEA, f"r{n}", "Ja")) for n in range(MAX_REPLIES * 2)))
    found = read(server)
    assert (len(found.posts), len(found.comments)) == (POSTS_PER_PAGE, MAX_REPLIES)


def test_paging_ends_where_the_server_never_does(server: BlueskyServer) -> None:
    server.endless = True
    server.ann.feed = [{"post": post(ANN, f"k{n}", "Koffie", replyCount=1)} for n in range(POSTS_PER_PAGE)]
    found = read(server)
    assert len(found.asked) == 1 + MAX_FEED_PAGES + MAX_THREADS == Bluesky.max_requests
    assert found.unasked == 0


def test_the_same_cursor_again_ends_the_paging(server: BlueskyServer) -> None:
    server.ann.feed = [{"post": post(ANN, "a", "Koffie")}]
    request = ApiRequest(f"{server.root}/feed", "feed", read_address())
    (following,) = Bluesky().read(request, answer({"feed": server.ann.feed, "cursor": "7"}), ann()).next
    again = Bluesky().read(following, answer({"feed": server.ann.feed, "cursor": "7"}), ann())
    assert again.next == ()


def read_address() -> Any:
    return Bluesky().recognise(HOME)


def ann() -> Profile:
    return Profile("bluesky", HOME, "ann.koffie.example", "Ann", platform_id=ANN)


def answer(value: object) -> ApiAnswer:
    return ApiAnswer(200, json.dumps(value).encode())


@pytest.mark.parametrize("body", [b"", b"<html>", b"{", b"[" * 100_000, b"\xff\xfe"])
def test_an_answer_that_is_no_json_is_an_error(server: BlueskyServer, body: bytes) -> None:
    server.instead["/xrpc/app.bsky.feed.getAuthorFeed"] = Reply(body)
    with pytest.raises(ParseError, match="getAuthorFeed"):
        read(server)


ODD: list[Any] = [None, [], {}, 7, "x", [[]], {"feed": 3}, {"feed": [None, 1, {}]}, {"thread": {"replies": [{}, 3]}}]


@pytest.mark.parametrize("value", [*ODD, {"did": 3, "handle": []}, {"did": ANN, "handle": "a b"}])
@pytest.mark.parametrize("purpose", ["profile", "feed", "thread"])
def test_json_of_any_other_shape_is_read_without_an_error(value: object, purpose: str) -> None:
    request = ApiRequest("https://public.api.bsky.app/x", purpose, read_address())
    for known in (None, ann()):
        step = Bluesky().read(request, answer(value), known)
        assert (step.posts, step.comments, step.gone) == ((), (), False)


WRONG: list[Any] = [None, 7, "x", [], {}, [None], {"a": {}}]


@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize("field", ["uri", "author", "record", "indexedAt", "embed", "replyCount"])
def test_one_wrong_post_loses_no_other(server: BlueskyServer, field: str, wrong: object) -> None:
    server.ann.feed = [{"post": post(ANN, "a", "Stuk") | {field: wrong}}, {"post": post(ANN, "b", "Heel")}]
    assert "Heel" in [one.text for one in read(server).posts]


@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize("field", ["text", "facets", "langs", "embed", "createdAt"])
def test_a_wrong_record_is_read_as_far_as_it_goes(server: BlueskyServer, field: str, wrong: object) -> None:
    server.ann.feed = [{"post": post(ANN, "a", "Stuk", record={field: wrong})}]
    assert all(one.url == f"{HOME}/post/a" for one in read(server).posts)


@pytest.mark.parametrize("span", [(5, 2), (0, 10**9), (-1, 3), ("0", "3"), (None, None)])
def test_a_facet_that_points_nowhere_changes_no_text(server: BlueskyServer, span: tuple[object, object]) -> None:
    facet = {
        "index": dict(zip(("byteStart", "byteEnd"), span, strict=True)),
        "features": [{"uri": "https://b.example/"}],
    }
    assert only_post(server, post(ANN, "a", "Koffie", record={"facets": [facet]})).text == "Koffie"
