import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from bloghound.errors import ParseError
from bloghound.records import Comment, EngagementKind, EngagementReading, LinkContext, PostSource, UnknownReason
from crawler.platforms import recognise
from crawler.platforms.mastodon import MAX_CONTEXTS, MAX_REPLIES, MAX_STATUS_PAGES, STATUSES_PER_PAGE, Mastodon
from crawler.platforms.protocol import ApiAnswer, ApiRequest, Profile, ProfileAddress, Step

ANN = ProfileAddress("https://social.example/@ann", "https://social.example", "ann")

# In the form of docs.joinmastodon.org/entities/Account, with words of our own.
ACCOUNT: dict[str, Any] = {
    "id": "1093",
    "username": "ann",
    "acct": "ann",
    "display_name": "Ann Brouwer",
    "locked": False,
    "bot": False,
    "discoverable": True,
    "indexable": True,
    "noindex": False,
    "created_at": "2023-02-11T00:00:00.000Z",
    "note": "<p>Roasts coffee at home.<br>Writes about it.</p><p>She/her</p>",
    "url": "https://social.example/@ann",
    "uri": "https://social.example/users/ann",
    "followers_count": 412,
    "following_count": 97,
    "statuses_count": 1288,
    "fields": [
        {
            "name": "Blog",
            "value": '<a href="https://koffie.example/" target="_blank" rel="nofollow noopener me">'
            '<span class="invisible">https://</span><span>koffie.example</span></a>',
            "verified_at": "2024-05-01T09:30:00.000+02:00",
        },
        {"name": "Town", "value": "Leiden", "verified_at": None},
    ],
}

STATUS: dict[str, Any] = {
    "id": "204",
    "uri": "https://social.example/users/ann/statuses/204",
    "url": "https://social.example/@ann/204",
    "created_at": "2026-03-02T18:04:05.000Z",
    "visibility": "public",
    "language": "nl-NL",
    "spoiler_text": "",
    "content": "<p>Nieuwe branding, "
    '<a href="https://social.example/tags/koffie" class="mention hashtag">#koffie</a></p>'
    '<p>Lees <a href="https://koffie.example/branden?utm_source=x" rel="nofollow noopener">'
    '<span class="invisible">https://</span><span class="ellipsis">koffie.example/bran</span>'
    '<span class="invisible">den?utm_source=x</span></a> '
    '<a href="https://other.example/@bo" class="u-url mention">@bo</a></p>',
    "replies_count": 3,
    "reblogs_count": 5,
    "favourites_count": 21,
    "reblog": None,
}


def answer(value: object, link: str = "") -> ApiAnswer:
    return ApiAnswer(200, json.dumps(value).encode(), {"link": link} if link else {})


def account(**changes: object) -> Step:
    (request,) = Mastodon().first_requests(ANN)
    return Mastodon().read(request, answer(ACCOUNT | changes), None)


def profile(**changes: object) -> Profile:
    found = account(**changes).profile
    assert found is not None
    return found


def statuses(*entries: dict[str, Any], about: Profile | None = None, link: str = "", page: int = 1) -> Step:
    request = ApiRequest("https://social.example/api/v1/accounts/1093/statuses?limit=40", "statuses", ANN, page=page)
    return Mastodon().read(request, answer(list(entries), link), about or profile())


@pytest.mark.parametrize(
    ("url", "home"),
    [
        ("https://social.example/@ann", "https://social.example/@ann"),
        ("https://social.example/@ann/", "https://social.example/@ann"),
        ("https://social.example/users/ann", "https://social.example/@ann"),
        ("https://social.example/@ann@other.example", "https://other.example/@ann"),
        ("http://social.demo.test:5001/@ann_b", "http://social.demo.test:5001/@ann_b"),
    ],
)
def test_profile_addresses_are_recognised(url: str, home: str) -> None:
    found = recognise(url)
    assert found is not None
    platform, address = found
    assert platform.name == "mastodon"
    assert address.url == home


NO_PROFILES = """
    https://social.example/ https://social.example/@ann/204 https://social.example/about https://medium.com/@ann
    https://velog.io/@ann https://listed.to/@ann https://hashnode.com/@ann https://teletype.in/@ann
    https://substack.com/@ann https://social.example/@ann@velog.io https://www.youtube.com/@ann
    https://www.tiktok.com/@ann https://www.threads.net/@ann ftp://social.example/@ann https://social.example/@
    mailto:ann@social.example
"""


@pytest.mark.parametrize("url", NO_PROFILES.split())
def test_other_addresses_are_not(url: str) -> None:
    assert Mastodon().recognise(url) is None


def test_the_account_is_asked_for_by_name_without_a_key() -> None:
    (request,) = Mastodon().first_requests(ANN)
    assert request.url == "https://social.example/api/v1/accounts/lookup?acct=ann"
    assert ANN.handle == "ann@social.example"


def test_a_profile_is_read_with_its_figures_and_links() -> None:
    found = profile()
    assert (found.url, found.handle, found.name) == (ANN.url, "ann@social.example", "Ann Brouwer")
    assert found.bio == "Roasts coffee at home.\nWrites about it.\nShe/her"
    assert (found.followers, found.following, found.posts) == (412, 97, 1288)
    assert found.aliases == ("https://social.example/users/ann",)
    assert found.created == datetime(2023, 2, 11, tzinfo=UTC)
    (link,) = found.links
    assert (link.url, link.label, link.rel_me) == ("https://koffie.example/", "Blog", True)
    assert link.verified_at == datetime(2024, 5, 1, 7, 30, tzinfo=UTC)


def test_the_posts_are_asked_for_next() -> None:
    (request,) = account().next
    assert request.url == "https://social.example/api/v1/accounts/1093/statuses?limit=40&exclude_replies=true"


@pytest.mark.parametrize("value", [None, -1, "412", 1.5, True, 10**30])
def test_a_figure_that_is_none_is_unknown(value: object) -> None:
    assert profile(followers_count=value).followers is None


def test_a_post_is_read_with_text_links_and_engagement() -> None:
    (post,) = statuses(STATUS).posts
    assert post.url == "https://social.example/@ann/204"
    assert post.text == "Nieuwe branding, #koffie\nLees @bo"
    assert post.title == "Nieuwe branding, #koffie"
    assert (post.source, post.date_source, post.language) == (PostSource.FEED, "api", "nl")
    assert post.published == datetime(2026, 3, 2, 18, 4, 5, tzinfo=UTC)
    assert [(link.target_url, link.context) for link in post.links] == [
        ("https://koffie.example/branden?utm_source=x", LinkContext.CONTENT)
    ]
    assert post.engagement == (
        EngagementReading(EngagementKind.COMMENTS, 3),
        EngagementReading(EngagementKind.SHARES, 5),
        EngagementReading(EngagementKind.LIKES, 21),
    )
    assert post.addresses == (STATUS["url"], STATUS["uri"])


def test_a_count_that_is_not_shown_is_unknown_and_not_zero() -> None:
    (post,) = statuses({**STATUS, "favourites_count": None}).posts
    assert post.engagement[2] == EngagementReading(EngagementKind.LIKES, None, UnknownReason.NOT_EXPOSED)


def test_a_boost_is_a_link_and_no_post() -> None:
    boost = {**STATUS, "reblog": {**STATUS, "url": "https://other.example/@bo/7"}}
    found = statuses(boost, STATUS)
    assert [post.url for post in found.posts] == [STATUS["url"]]
    assert [link.target_url for link in found.shared] == ["https://other.example/@bo/7"]


@pytest.mark.parametrize("visibility", ["unlisted", "private", "direct"])
def test_only_public_posts_are_kept(visibility: str) -> None:
    assert statuses({**STATUS, "visibility": visibility}).posts == ()


def test_a_warning_becomes_the_title() -> None:
    (post,) = statuses({**STATUS, "spoiler_text": "Lange branddag"}).posts
    assert post.title == "Lange branddag"


def test_no_text_is_kept_of_an_account_that_is_not_indexable() -> None:
    closed = profile(indexable=False)
    (post,) = statuses(STATUS, about=closed).posts
    assert (post.text, post.title) == ("", "")
    assert post.engagement[0].count == 3
    assert closed.reservations.tdm_reserved
    assert closed.reservations.signals == ("mastodon: indexable=false",)


@pytest.mark.parametrize("changes", [{"discoverable": False}, {"noindex": True}])
def test_an_account_that_is_not_to_be_found_is_reserved(changes: dict[str, object]) -> None:
    closed = profile(**changes)
    assert closed.reservations.noindex
    assert not closed.keeps_text
    assert len(closed.reservations.signals) == 1


@pytest.mark.parametrize("unstated", [{"discoverable": None}, {"noindex": None}])
def test_what_was_not_stated_reserves_nothing(unstated: dict[str, object]) -> None:
    assert profile(**unstated).reservations.signals == ()


def test_an_older_server_is_asked_for_the_actor_as_well() -> None:
    step = account(indexable=None)
    assert [request.purpose for request in step.next] == ["actor", "statuses"]
    actor = {"id": ACCOUNT["uri"], "type": "Person", "discoverable": True, "indexable": False}
    found = Mastodon().read(step.next[0], answer(actor), step.profile).profile
    assert found is not None
    assert found.indexable is False
    assert found.followers == 412


def test_what_readers_answered_is_read_without_their_words() -> None:
    (asked,) = statuses(STATUS).next
    assert asked.url == "https://social.example/api/v1/statuses/204/context"
    question = reply("7", "bo@Other.example", "<p>Welke bonen?</p>", uri="https://other.example/1")
    context = {"ancestors": [STATUS], "descendants": [question, reply("1093", "ann", "<p>De beste!</p>")]}
    written = datetime(2026, 3, 2, 18, 4, 5, tzinfo=UTC)
    assert Mastodon().read(asked, answer(context), profile()).comments == (
        (STATUS["url"], Comment("bo@other.example", "https://other.example/1", written, words=2)),
        (STATUS["url"], Comment("ann@social.example", STATUS["uri"], written, words=2, by_author=True)),
    )


def reply(account_id: str, acct: str, content: str, **changes: Any) -> dict[str, Any]:
    return {**STATUS, "account": {"id": account_id, "acct": acct}, "content": content, **changes}


@pytest.mark.parametrize(
    "left",
    [
        reply("7", "bo@other.example", "", visibility="private"),
        reply("1093", "ann", "Nog iets", in_reply_to_account_id="1093"),
        reply("7", "", "Wie ben ik"),
        {"account": None},
    ],
)
def test_what_is_no_answer_that_everybody_can_read_is_left(left: dict[str, Any]) -> None:
    (asked,) = statuses(STATUS).next
    assert Mastodon().read(asked, answer({"descendants": [left]}), profile()).comments == ()


def test_replies_are_asked_for_of_the_newest_discussed_posts_across_pages() -> None:
    first = [{**STATUS, "id": str(400 - n), "replies_count": int(n < 3)} for n in range(STATUSES_PER_PAGE)]
    *contexts, following = statuses(*first).next
    assert [request.url.split("/")[-2] for request in contexts] == ["400", "399", "398"]
    second = [{**STATUS, "id": str(300 - n)} for n in range(9)]
    found = Mastodon().read(following, answer(second), profile()).next
    assert len(found) == MAX_CONTEXTS - 3


@pytest.mark.parametrize(("changes", "closed"), [({"replies_count": 0}, False), ({"id": "../../x"}, False), ({}, True)])
def test_no_replies_are_asked_for_without_a_use(changes: dict[str, Any], closed: bool) -> None:
    assert statuses({**STATUS, **changes}, about=profile(indexable=not closed)).next == ()


def test_posts_of_an_account_that_is_not_to_be_found_are_not_asked_for() -> None:
    assert account(discoverable=False).next == ()


@pytest.mark.parametrize("changes", [{"url": "https://victim.example/@ann"}, {"url": "https://github.io/@ann"}])
def test_a_server_speaks_for_its_own_accounts_only(changes: dict[str, object]) -> None:
    found = account(**changes)
    assert (found.profile, found.next, found.gone) == (None, (), False)


def test_another_servers_addresses_are_no_aliases_and_no_posts() -> None:
    assert profile(uri="https://victim.example/users/ann").aliases == ()
    foreign = {**STATUS, "url": "https://victim.example/post", "uri": "https://victim.example/post"}
    assert statuses(foreign).posts == ()
    (post,) = statuses({**STATUS, "url": "https://victim.example/post"}).posts
    assert post.addresses == (STATUS["uri"],)


def test_a_server_on_another_host_than_its_names_is_asked_there() -> None:
    club = ProfileAddress("https://koffieclub.nl/@ann", "https://koffieclub.nl", "ann")
    request = ApiRequest("https://koffieclub.nl/.well-known/webfinger", "webfinger", club)
    kind = "application/activity+json"
    document = {"links": [{"rel": "self", "type": kind, "href": "https://social.koffieclub.nl/users/ann"}]}
    (asked,) = Mastodon().read(request, answer(document), None).next
    assert asked.url == "https://social.koffieclub.nl/api/v1/accounts/lookup?acct=ann"
    (actor,) = Mastodon().read(replace(request, address=asked.address), answer(document), None).next
    assert actor.url == "https://social.koffieclub.nl/users/ann"


def test_advertising_in_a_post_is_found() -> None:
    (post,) = statuses({**STATUS, "content": "<p>Nieuwe molen #ad</p>"}).posts
    assert [found.kind for found in post.disclosures] == ["sponsored"]


@pytest.mark.parametrize("status", [401, 403, 404, 410, 422, 503])
def test_without_the_interface_the_way_goes_by_webfinger_to_the_actor(status: int) -> None:
    (request,) = Mastodon().first_requests(ANN)
    (webfinger,) = Mastodon().read(request, ApiAnswer(status), None).next
    assert webfinger.url == "https://social.example/.well-known/webfinger?resource=acct%3Aann%40social.example"
    document = {
        "links": [
            {"rel": "http://webfinger.net/rel/profile-page", "href": "https://social.example/@ann"},
            {"rel": "self", "type": "application/activity+json", "href": "https://web.social.example/users/ann"},
        ]
    }
    (actor,) = Mastodon().read(webfinger, answer(document), None).next
    assert (actor.url, actor.accept) == ("https://web.social.example/users/ann", "application/activity+json")


def test_a_profile_is_read_from_the_actor_and_its_followers_from_their_collection() -> None:
    actor = {
        "id": "https://social.example/users/ann",
        "type": "Person",
        "name": "Ann",
        "summary": "<p>Koffie</p>",
        "url": "https://social.example/@ann",
        "followers": "https://social.example/users/ann/followers",
        "indexable": True,
        "attachment": [
            {"type": "PropertyValue", "name": "Blog", "value": '<a href="https://koffie.example" rel="me">x</a>'},
            {"type": "PropertyValue", "name": "Shop", "value": "https://winkel.example/"},
        ],
    }
    step = Mastodon().read(ApiRequest("https://social.example/users/ann", "actor", ANN), answer(actor), None)
    assert step.profile is not None
    assert [link.url for link in step.profile.links] == ["https://koffie.example/", "https://winkel.example/"]
    (followers,) = step.next
    found = Mastodon().read(followers, answer({"type": "OrderedCollection", "totalItems": 12}), step.profile)
    assert found.profile is not None
    assert (found.profile.name, found.profile.followers) == ("Ann", 12)


def test_a_suspended_account_is_gone() -> None:
    assert account(suspended=True).gone


@pytest.mark.parametrize("value", [{}, [], {"error": "Try again later"}, ACCOUNT | {"id": 7}, ACCOUNT | {"url": "x"}])
def test_an_answer_that_is_no_account_is_an_error_and_no_word_that_it_is_gone(value: object) -> None:
    (request,) = Mastodon().first_requests(ANN)
    with pytest.raises(ParseError, match="did not answer with an account"):
        Mastodon().read(request, answer(value), None)


def test_a_server_that_gives_more_than_was_asked_for_is_cut() -> None:
    found = statuses(*({**STATUS, "id": str(900 - n), "url": f"{ANN.url}/{n}"} for n in range(STATUSES_PER_PAGE + 30)))
    assert len(found.posts) == STATUSES_PER_PAGE
    (asked, *_) = found.next
    replies = [reply(str(n), f"bo{n}", "x", uri=f"https://other.example/{n}") for n in range(MAX_REPLIES + 30)]
    assert len(Mastodon().read(asked, answer({"descendants": replies}), profile()).comments) == MAX_REPLIES


def test_older_posts_follow_by_the_link_header_on_the_same_server() -> None:
    link = '<https://evil.example/api/v1/accounts/1/statuses?max_id=198>; rel="next", <https://x/?min_id=2>; rel="prev"'
    *_, request = statuses(STATUS, link=link).next
    assert request.url.startswith("https://social.example/api/v1/accounts/1093/statuses?")
    assert request.url.endswith("&max_id=198")
    assert request.page == 2


def test_without_a_link_header_a_full_page_is_followed_by_its_last_id() -> None:
    full = [{**STATUS, "id": str(300 - n)} for n in range(STATUSES_PER_PAGE)]
    *_, request = statuses(*full).next
    assert request.url.endswith(f"&max_id={300 - STATUSES_PER_PAGE + 1}")
    assert [request.purpose for request in statuses(*full[:-1]).next] == ["context"] * MAX_CONTEXTS


def test_paging_ends() -> None:
    link = '<https://social.example/?max_id=198>; rel="next"'
    quiet = {**STATUS, "replies_count": 0}
    assert statuses(link=link).next == ()
    assert statuses(quiet, link=link, page=MAX_STATUS_PAGES).next == ()


@pytest.mark.parametrize("body", [b"", b"<html>", b"{", b"[" * 100_000, b"\xff\xfe", b'{"id": ' + b"9" * 5000 + b"}"])
def test_an_answer_that_is_no_json_is_an_error(body: bytes) -> None:
    (request,) = Mastodon().first_requests(ANN)
    with pytest.raises(ParseError, match=r"social\.example"):
        Mastodon().read(request, ApiAnswer(200, body), None)


@pytest.mark.parametrize("value", [None, [], {}, 7, "x", [1, None, "x"], {"fields": 3, "url": []}, [[]], [{"url": {}}]])
@pytest.mark.parametrize("purpose", ["account", "statuses", "context", "webfinger", "actor", "followers", "outbox"])
def test_json_of_any_other_shape_is_read_without_an_error(value: object, purpose: str) -> None:
    request = ApiRequest("https://social.example/api/v1/accounts/1/statuses", purpose, ANN)
    for known in (None, profile()):
        try:
            found = Mastodon().read(request, answer(value), known)
        except ParseError:
            assert purpose in {"account", "actor"}
        else:
            assert (found.posts, found.gone) == ((), False)


def test_text_that_cannot_be_stored_is_mended() -> None:
    found = profile(display_name="A\x00nn \ud800", note="<p>\x00" + "x" * 300_000)
    assert found.name == "Ann ?"
    assert "\x00" not in found.bio
    assert len(found.bio) <= 100_000
