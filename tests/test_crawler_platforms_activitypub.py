"""Profiles on servers without Mastodon's interface, against a server that speaks ActivityPub alone."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from bloghound.errors import ParseError
from bloghound.records import EngagementKind, EngagementReading, LinkContext, ParsedPost, PostSource, UnknownReason
from crawler.platforms.activitypub import ACTIVITIES_PER_PAGE, MAX_OUTBOX_PAGES, is_same_server, read
from crawler.platforms.mastodon import Mastodon
from crawler.platforms.protocol import ApiAnswer, ApiRequest, Profile, ProfileAddress
from tests.apiservers.activitypub import PER_PAGE, WRITTEN, ActivityPubServer
from tests.apiservers.base import Reading, Reply, read_all

UNKNOWN = UnknownReason.NOT_EXPOSED
ADDRESS = ProfileAddress("https://social.example/@ann", "https://social.example", "ann")


@pytest.fixture
def server() -> Iterator[ActivityPubServer]:
    with ActivityPubServer() as running:
        yield running


def visit(server: ActivityPubServer) -> Reading:
    return read_all(Mastodon(), server.profile)


def only_post(server: ActivityPubServer, activity: dict[str, Any]) -> ParsedPost:
    server.activities = [activity]
    (found,) = visit(server).posts
    return found


def test_the_way_goes_by_webfinger_to_actor_followers_and_outbox(server: ActivityPubServer) -> None:
    found = visit(server)
    paths = [url.removeprefix(server.root).partition("?")[0] for url in found.asked]
    outbox = ["/users/ann/followers", "/users/ann/outbox", "/users/ann/outbox"]
    assert paths == ["/api/v1/accounts/lookup", "/.well-known/webfinger", "/users/ann", *outbox]
    assert server.accepts[1:3] == ["application/jrd+json", "application/activity+json"]


def test_a_profile_is_read_with_its_figures(server: ActivityPubServer) -> None:
    server.activities = [server.note(str(number)) for number in range(3)]
    found = visit(server).known
    assert (found.platform, found.url, found.name, found.bio) == (
        "activitypub",
        server.profile,
        "Ann Brouwer",
        "Brandt koffie.",
    )
    assert (found.followers, found.following, found.posts) == (412, None, 3)
    assert (found.aliases, found.platform_id) == ((server.actor_url,), server.actor_url)
    assert [(link.url, link.rel_me) for link in found.links] == [("https://koffie.example/", True)]
    assert found.created == datetime(2022, 11, 7, tzinfo=UTC)


@pytest.mark.parametrize("followers", [{}, {"totalItems": None}, {"totalItems": "12"}, {"first": "x"}, [], None])
def test_followers_that_are_not_shown_are_unknown(server: ActivityPubServer, followers: Any) -> None:
    server.followers = followers
    assert visit(server).known.followers is None


def test_a_note_is_read_with_text_links_and_address(server: ActivityPubServer) -> None:
    html = '<p>Lees <a href="https://koffie.example/x">dit</a> <a class="u-url mention" href="https://b.example/@bo">@bo</a></p>'
    found = only_post(server, server.note("1", content=html, url=f"{server.root}/@ann/1", contentMap={"nl": html}))
    assert (found.url, found.text, found.title) == (f"{server.root}/@ann/1", "Lees dit @bo", "Lees dit @bo")
    assert found.addresses == (f"{server.root}/@ann/1", f"{server.root}/notes/1")
    assert (found.source, found.date_source, found.language) == (PostSource.FEED, "api", "nl")
    assert found.published == datetime.fromisoformat(WRITTEN)
    assert [(link.target_url, link.context) for link in found.links] == [
        ("https://koffie.example/x", LinkContext.CONTENT)
    ]


def test_an_article_has_its_name_for_a_title(server: ActivityPubServer) -> None:
    page = [{"type": "Link", "href": f"{server.root}/a.json"}, {"href": f"{server.root}/a", "mediaType": "text/html"}]
    found = only_post(server, server.note("1", type="Article", name="Over malen", summary="Kort", url=page))
    assert (found.title, found.text, found.url) == ("Over malen", "Koffie", f"{server.root}/a")


def test_a_warning_becomes_the_title_of_a_note(server: ActivityPubServer) -> None:
    assert only_post(server, server.note("1", summary="Lange branddag")).title == "Lange branddag"


def test_figures_are_read_where_they_are_given(server: ActivityPubServer) -> None:
    given = {
        "likes": {"type": "Collection", "totalItems": 7},
        "shares": {"totalItems": 0},
        "replies": f"{server.root}/r",
    }
    assert only_post(server, server.note("1", **given)).engagement == (
        EngagementReading(EngagementKind.COMMENTS, None, UNKNOWN),
        EngagementReading(EngagementKind.SHARES, 0),
        EngagementReading(EngagementKind.LIKES, 7),
    )


@pytest.mark.parametrize("as_object", [False, True])
def test_what_is_shared_of_others_is_a_link_and_no_post(server: ActivityPubServer, as_object: bool) -> None:
    url = "https://other.example/@bo/7"
    server.activities = [server.share({"id": f"{url}/ap", "type": "Note", "url": url} if as_object else url)]
    found = visit(server)
    assert (found.posts, [link.target_url for link in found.shared]) == ([], [url])


@pytest.mark.parametrize(
    "changes",
    [
        {"inReplyTo": "https://other.example/1"},
        {"to": ["https://social.example/users/ann/followers"], "activity": {"to": []}},
        {"to": [], "cc": ["https://www.w3.org/ns/activitystreams#Public"], "activity": {"to": []}},
        {"attributedTo": "https://other.example/users/bo"},
        {"type": "Tombstone"},
        {"published": None},
        {"id": "https://victim.example/post", "url": "https://victim.example/post"},
        {"activity": {"type": "Like"}},
        {"activity": {"object": "https://social.example/notes/1"}},
    ],
)
def test_what_is_no_public_post_of_the_owners_is_left(server: ActivityPubServer, changes: dict[str, Any]) -> None:
    server.activities = [server.note("1", **changes), server.note("2")]
    assert [post.url for post in visit(server).posts] == [f"{server.root}/notes/2"]


@pytest.mark.parametrize("public", ["as:Public", "Public", ["as:Public"]])
def test_everybody_is_spelled_in_three_ways(server: ActivityPubServer, public: Any) -> None:
    assert only_post(server, server.note("1", to=public, activity={"to": []})).text == "Koffie"


def test_another_servers_address_of_a_post_is_no_claim_on_it(server: ActivityPubServer) -> None:
    assert only_post(server, server.note("1", url="https://victim.example/post")).addresses == (
        f"{server.root}/notes/1",
    )


def test_older_posts_follow_page_by_page(server: ActivityPubServer) -> None:
    server.activities = [server.note(str(number)) for number in range(PER_PAGE + 3)]
    assert len(visit(server).posts) == PER_PAGE + 3


def test_paging_ends(server: ActivityPubServer) -> None:
    server.activities = [server.note(str(number)) for number in range(PER_PAGE * (MAX_OUTBOX_PAGES + 5))]
    assert len(visit(server).posts) == PER_PAGE * MAX_OUTBOX_PAGES


@pytest.mark.parametrize("following", ["https://evil.example/next", "javascript:alert(1)", 7, None])
def test_the_next_page_is_on_the_same_server(server: ActivityPubServer, following: object) -> None:
    body = {"type": "OrderedCollectionPage", "orderedItems": [server.note("1")], "next": following}
    server.instead["/users/ann/outbox"] = Reply(body)
    found = visit(server)
    assert (len(found.posts), found.asked[-1]) == (1, f"{server.actor_url}/outbox")


def test_a_page_that_names_itself_as_the_next_ends_the_paging(server: ActivityPubServer) -> None:
    outbox = f"{server.actor_url}/outbox"
    server.instead["/users/ann/outbox"] = Reply({"orderedItems": [server.note("1")], "next": outbox})
    assert visit(server).asked.count(outbox) == 1


@pytest.mark.parametrize("held", ["orderedItems", "first"])
def test_a_collection_may_hold_its_items(server: ActivityPubServer, held: str) -> None:
    page = {"type": "OrderedCollectionPage", "orderedItems": [server.note("1")]}
    server.instead["/users/ann/outbox"] = Reply(page if held == "orderedItems" else {"first": page})
    assert len(visit(server).posts) == 1


@pytest.mark.parametrize(
    ("changes", "asked"),
    [
        ({"discoverable": False}, "discoverable=false"),
        ({"_misskey_requireSigninToViewContents": True}, "requires login"),
    ],
)
def test_posts_of_who_asks_not_to_be_found_are_not_even_asked_for(
    server: ActivityPubServer, changes: dict[str, Any], asked: str
) -> None:
    server.actor |= changes
    found = visit(server)
    assert found.known.reservations.signals == (f"activitypub: {asked}",)
    assert found.known.reservations.noindex
    assert not [url for url in found.asked if url.endswith("/outbox")]


def test_no_text_is_kept_of_who_asks_not_to_be_searched(server: ActivityPubServer) -> None:
    server.actor["indexable"] = False
    found = only_post(server, server.note("1", likes={"totalItems": 3}))
    assert (found.text, found.title, found.disclosures) == ("", "", ())
    assert found.engagement[2].count == 3


@pytest.mark.parametrize("changes", [{"type": "Note"}, {"id": "javascript:alert(1)"}, {"id": None}, {"type": None}])
def test_what_is_no_actor_is_an_error_and_says_nothing_is_gone(
    server: ActivityPubServer, changes: dict[str, Any]
) -> None:
    server.actor |= changes
    with pytest.raises(ParseError, match="did not answer with an actor"):
        visit(server)


def test_a_suspended_actor_is_gone(server: ActivityPubServer) -> None:
    server.actor["suspended"] = True
    found = visit(server)
    assert (found.profile, found.gone) == (None, True)


VICTIM: dict[str, Any] = {
    "id": "https://victim.example/users/victim",
    "type": "Person",
    "outbox": "https://victim.example/users/victim/outbox",
}


def test_an_actor_that_names_another_server_is_asked_for_there_once() -> None:
    request = ApiRequest("https://social.example/actor", "actor", ADDRESS)
    claimed = VICTIM | {"webfinger": "ann@social.example", "discoverable": True, "indexable": True}
    for asked in (request, replace(request, url="https://victim.example/uploads/7.json")):
        step = read(asked, answer(claimed), None)
        assert (step.profile, step.gone, [one.url for one in step.next]) == (None, False, [VICTIM["id"]])
    (at_home,) = step.next
    elsewhere = VICTIM | {"id": "https://third.example/users/victim"}
    for told in (VICTIM, VICTIM | {"suspended": True}, elsewhere | {"webfinger": "ann@social.example"}):
        step = read(at_home, answer(told), None)
        assert (step.profile, step.gone, step.next) == (None, False, ())


def test_a_name_on_another_host_holds_where_the_actors_own_server_confirms_it() -> None:
    request = ApiRequest(VICTIM["id"], "actor", ADDRESS)
    told = VICTIM | {"webfinger": "acct:Ann@social.example", "discoverable": False}
    found = read(request, answer(told), None)
    assert found.profile is not None
    assert (found.profile.platform_id, found.profile.discoverable, found.next) == (VICTIM["id"], False, ())


@pytest.mark.parametrize("purpose", ["outbox", "followers"])
def test_a_collection_is_read_on_the_actors_server_only(purpose: str) -> None:
    known = Profile("activitypub", ADDRESS.url, ADDRESS.handle, "Ann", platform_id="https://social.example/users/ann")
    document = {"totalItems": 7, "orderedItems": [], "first": "https://evil.example/page"}
    request = ApiRequest("https://evil.example/collection", purpose, ADDRESS)
    step = read(request, answer(document), known)
    assert (step.profile, step.posts, step.next) == (known, (), ())


def test_a_page_longer_than_servers_make_them_is_cut(server: ActivityPubServer) -> None:
    server.holds_items = True
    server.activities = [server.note(str(number)) for number in range(ACTIVITIES_PER_PAGE + 20)]
    assert len(visit(server).posts) == ACTIVITIES_PER_PAGE


def test_a_page_elsewhere_is_not_the_profiles_address(server: ActivityPubServer) -> None:
    server.actor["url"] = "https://victim.example/@ann"
    assert visit(server).known.url == server.actor_url


@pytest.mark.parametrize(
    ("url", "root", "same"),
    [
        ("https://social.example/users/ann", "https://social.example", True),
        ("https://social.koffieclub.nl/users/ann", "https://koffieclub.nl", True),
        ("https://evil.example/users/ann", "https://social.example", False),
        ("https://evil.github.io/ann", "https://victim.github.io", False),
        ("https://club.example.evil.example/", "https://club.example", False),
        ("", "https://club.example", False),
    ],
)
def test_which_hosts_are_one_server(url: str, root: str, same: bool) -> None:
    assert is_same_server(url, root) is same


@pytest.mark.parametrize(("status", "is_gone"), [(404, True), (410, True), (401, False), (403, False), (429, False)])
@pytest.mark.parametrize("path", ["/.well-known/webfinger", "/users/ann"])
def test_only_what_is_said_to_be_gone_is_gone(server: ActivityPubServer, path: str, status: int, is_gone: bool) -> None:
    server.instead[path] = Reply({"error": "x"}, status, headers=(("Retry-After", "30"),))
    found = visit(server)
    assert (found.profile, found.gone) == (None, is_gone)


@pytest.mark.parametrize("refusal", [401, 403, 429, 500, 503])
@pytest.mark.parametrize("path", ["/.well-known/webfinger", "/users/ann"])
def test_nothing_is_gone_while_the_interface_has_not_said_so(
    server: ActivityPubServer, path: str, refusal: int
) -> None:
    server.instead = {"/api/v1/accounts/lookup": Reply({}, refusal), path: Reply({}, 404)}
    found = visit(server)
    assert (found.profile, found.gone) == (None, False)


@pytest.mark.parametrize(
    ("first", "second", "is_gone"),
    [(404, 404, True), (410, 404, True), (404, 410, True), (429, 404, False), (503, 401, False), (404, 401, False)],
)
def test_a_profile_is_gone_only_where_both_ways_say_so(first: int, second: int, is_gone: bool) -> None:
    (request,) = Mastodon().first_requests(ADDRESS)
    known = Profile("mastodon", ADDRESS.url, ADDRESS.handle, "Ann")
    (webfinger,) = Mastodon().read(request, ApiAnswer(first), None).next
    assert Mastodon().read(webfinger, ApiAnswer(second), None).gone is is_gone
    assert not Mastodon().read(webfinger, ApiAnswer(second), known).gone
    link = {"rel": "self", "type": "application/activity+json", "href": "https://social.example/users/ann"}
    (actor,) = Mastodon().read(webfinger, answer({"links": [link]}), None).next
    assert Mastodon().read(actor, ApiAnswer(second), None).gone is is_gone


@pytest.mark.parametrize("status", [0, 500, 502, 503])
def test_trouble_says_nothing_about_the_profile(status: int) -> None:
    for purpose in ("webfinger", "actor", "followers", "outbox"):
        step = read(ApiRequest("https://social.example/x", purpose, ADDRESS), ApiAnswer(status), None)
        assert (step.gone, step.next) == (False, ())


def test_over_the_limit_what_was_read_before_stays() -> None:
    with ActivityPubServer(limit=4) as server:
        server.activities = [server.note("1")]
        found = visit(server)
    assert found.statuses == [404, 200, 200, 200, 429]
    assert (found.known.followers, found.posts, found.gone) == (412, [], False)


def test_a_redirect_is_followed_to_another_host_but_never_out_of_https() -> None:
    request = ApiRequest("https://club.example/.well-known/webfinger?resource=acct%3Aann", "webfinger", ADDRESS)
    moved = ApiAnswer(302, headers={"location": "https://social.club.example/wf"})
    (following,) = read(request, moved, None).next
    assert (following.url, following.purpose) == ("https://social.club.example/wf", "webfinger")
    assert read(request, ApiAnswer(302, headers={"location": "http://social.club.example/wf"}), None).next == ()
    assert read(request, ApiAnswer(302), None).next == ()


def test_a_circle_of_redirects_ends(server: ActivityPubServer) -> None:
    server.instead["/users/ann"] = Reply(b"", 301, headers=(("Location", "/users/ann"),))
    assert len(visit(server).asked) == Mastodon.max_requests


@pytest.mark.parametrize("body", [b"", b"<html>", b"{", b"[" * 100_000, b"\xff\xfe"])
@pytest.mark.parametrize("path", ["/.well-known/webfinger", "/users/ann", "/users/ann/outbox"])
def test_an_answer_that_is_no_json_is_an_error(server: ActivityPubServer, path: str, body: bytes) -> None:
    server.instead[path] = Reply(body)
    with pytest.raises(ParseError, match="did not answer with JSON"):
        visit(server)


def answer(value: object) -> ApiAnswer:
    return ApiAnswer(200, json.dumps(value).encode())


WRONG: list[Any] = [None, 7, "x", [], {}, [None], [[]], {"a": {}}, [{"href": 3}], "https://[", True]


@pytest.mark.parametrize("value", [*WRONG, {"links": 3}, {"orderedItems": [None, 3, {}]}, {"first": []}])
@pytest.mark.parametrize("purpose", ["webfinger", "actor", "followers", "outbox"])
def test_json_of_any_other_shape_is_read_without_an_error(value: object, purpose: str) -> None:
    request = ApiRequest("https://social.example/x", purpose, ADDRESS)
    known = Profile("activitypub", ADDRESS.url, "ann@social.example", "Ann", platform_id="https://social.example/ann")
    assert read(request, answer(value), known).posts == ()
    if purpose == "actor":
        with pytest.raises(ParseError, match="did not answer with an actor"):
            read(request, answer(value), None)
    else:
        found = read(request, answer(value), None)
        assert (found.posts, found.gone) == ((), False)


@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize(
    "field", ["url", "content", "contentMap", "to", "attributedTo", "likes", "published", "name", "type", "inReplyTo"]
)
def test_one_wrong_post_loses_no_other(server: ActivityPubServer, field: str, wrong: object) -> None:
    server.activities = [server.note("1", **{field: wrong}), server.note("2", content="<p>Heel</p>")]
    assert "Heel" in [post.text for post in visit(server).posts]


@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize("field", ["url", "name", "summary", "attachment", "followers", "outbox", "published"])
def test_a_wrong_actor_is_read_as_far_as_it_goes(server: ActivityPubServer, field: str, wrong: object) -> None:
    server.actor[field] = wrong
    assert visit(server).known.platform_id == server.actor_url
