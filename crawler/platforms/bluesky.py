"""Bluesky: the public AppView, which needs no key: profile, author feed, and the threads under the newest posts.

Sources: docs.bsky.app (guides "API Hosts and Auth", "Rate Limits", "Timestamps"); the lexicons app.bsky.actor.defs,
app.bsky.feed.getAuthorFeed, app.bsky.feed.getPostThread, app.bsky.richtext.facet and com.atproto.label.defs, as the npm
package @atproto/api 0.21 carries them; atproto.com/specs/handle and /specs/did. Central name: :class:`Bluesky`.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from itertools import islice
from typing import Any
from urllib.parse import unquote, urlencode, urlsplit

from bloghound.errors import ParseError
from bloghound.records import Comment, EngagementKind, Link, LinkContext, ParsedPost, PostSource, count_words
from bloghound.urls import host_of, shorten
from crawler.extract.disclosure import find_disclosures
from crawler.platforms.protocol import ApiAnswer, ApiRequest, Profile, ProfileAddress, ProfileLink, Step
from crawler.platforms.richtext import MAX_FACETS, links_in, without_addresses
from crawler.platforms.values import count, fields, items, moment, parse_json, readings, text, web_address

APP = "https://bsky.app"
POSTS_PER_PAGE = 100
"""The lexicon's own maximum."""
MAX_FEED_PAGES = 2
"""Two hundred posts, as of a Mastodon account."""
MAX_THREADS = 5
"""Newest discussed posts whose repliers are read."""
MAX_REPLIES = 500
"""Replies read of one thread: the AppView itself cuts them by depth and breadth, at numbers that are not published."""
TITLE_CHARS = 80
INVALID_HANDLE = "handle.invalid"
"""What the network shows where a handle and its account do not point at each other (atproto.com/specs/handle)."""

_SIGN_IN_REQUIRED = "!no-unauthenticated"
_HANDLE = r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?"
_DID = r"did:[a-z]+:[a-z0-9._:%-]*[a-z0-9._-]"
_PROFILE_PATH = re.compile(rf"^/profile/(?P<actor>{_HANDLE}|{_DID})/?$")
_POST_URI = re.compile(rf"^at://(?P<did>{_DID})/app\.bsky\.feed\.post/(?P<key>[A-Za-z0-9._~:-]{{1,512}})$")
_REPOST = "app.bsky.feed.defs#reasonRepost"
# What getProfile answers, with status 400, for an account that is not there (packages/bsky, api/app/bsky/actor).
_GONE_ERRORS = frozenset({"AccountTakedown", "AccountDeactivated"})
_NOT_FOUND = "Profile not found"


class Bluesky:
    """Reads profile and posts of one account without a key; reposts of others' posts become shared links."""

    name = "bluesky"
    # The AppView's limits are "generous" and not published; those of account hosts are 3,000 in 5 minutes.
    gap_seconds = 300 / 3000
    max_requests = 1 + MAX_FEED_PAGES + MAX_THREADS
    is_crawled = False

    def __init__(self, appview: str = "https://public.api.bsky.app") -> None:
        """``appview`` is the root of the AppView that is asked."""
        self._appview = appview

    def recognise(self, url: str, software: str = "") -> ProfileAddress | None:  # noqa: ARG002 - the form tells enough
        """``https://bsky.app/profile/HANDLE`` and the same with a DID; both are the same in any case."""
        parts = urlsplit(url)
        if host_of(url) not in {"bsky.app", "www.bsky.app"} or parts.scheme not in {"http", "https"}:
            return None
        match = _PROFILE_PATH.match(unquote(parts.path).lower())
        return ProfileAddress(f"{APP}/profile/{match['actor']}", APP, match["actor"]) if match else None

    def first_requests(self, address: ProfileAddress) -> tuple[ApiRequest, ...]:
        """The profile."""
        return (self._request("app.bsky.actor.getProfile", "profile", address, actor=address.user),)

    def read(self, request: ApiRequest, answer: ApiAnswer, profile: Profile | None) -> Step:
        """What the answer tells. Raises ParseError for an ill-formed one."""
        if answer.status != 200:
            return Step(profile=profile, gone=request.purpose == "profile" and _is_gone(answer))
        document = fields(parse_json(answer.body, request.url))
        if request.purpose == "profile":
            return self._read_profile(request, document)
        if profile is None:
            return Step()
        if request.purpose == "thread":
            replies = _read_thread(request.carried, document, profile.platform_id)
            return Step(profile=profile, comments=tuple(islice(replies, MAX_REPLIES)))
        return self._read_feed(request, document, profile)

    def _request(self, method: str, purpose: str, address: ProfileAddress, **query: str) -> ApiRequest:
        return ApiRequest(f"{self._appview}/xrpc/{method}?{urlencode(query)}", purpose, address)

    def _read_profile(self, request: ApiRequest, document: dict[str, Any]) -> Step:
        profile = _profile(document)
        if profile is None or profile.requires_login:
            return Step(profile=profile)
        return Step(profile=profile, next=(self._feed(request.address, profile),))

    def _feed(self, address: ProfileAddress, profile: Profile, **more: str) -> ApiRequest:
        query = {"actor": profile.platform_id, "limit": str(POSTS_PER_PAGE), "filter": "posts_no_replies"} | more
        return self._request("app.bsky.feed.getAuthorFeed", "feed", address, **query)

    def _read_feed(self, request: ApiRequest, document: dict[str, Any], profile: Profile) -> Step:
        entries = items(document.get("feed"))[:POSTS_PER_PAGE]
        written = [
            fields(entry.get("post")) for entry in entries if fields(entry.get("reason")).get("$type") != _REPOST
        ]
        posts = {text(view.get("uri")): post for view in written if (post := _post(view, profile)) is not None}
        # How many threads the pages before have asked for.
        asked = request.carried or 0
        discussed = [(uri, post.url) for uri, post in posts.items() if post.engagement[0].count][: MAX_THREADS - asked]
        return Step(
            profile=profile,
            posts=tuple(posts.values()),
            shared=tuple(Link(url, LinkContext.CONTENT) for url in dict.fromkeys(_reposted(entries))),
            next=(
                *(self._thread(request.address, uri, url) for uri, url in discussed),
                *self._next_page(request, document, profile, threads=asked + len(discussed)),
            ),
        )

    def _thread(self, address: ProfileAddress, uri: str, post_url: str) -> ApiRequest:
        asked = self._request("app.bsky.feed.getPostThread", "thread", address, uri=uri, parentHeight="0")
        return replace(asked, carried=post_url)

    def _next_page(
        self, request: ApiRequest, document: dict[str, Any], profile: Profile, *, threads: int
    ) -> tuple[ApiRequest, ...]:
        cursor = text(document.get("cursor"))
        if not cursor or not items(document.get("feed")) or request.page >= MAX_FEED_PAGES:
            return ()
        following = self._feed(request.address, profile, cursor=cursor)
        is_new = following.url != request.url
        return (replace(following, page=request.page + 1, carried=threads),) if is_new else ()


def _is_gone(answer: ApiAnswer) -> bool:
    """Whether the AppView says that the account is not there, which it does with status 400 and a named error."""
    try:
        error = fields(parse_json(answer.body, "the AppView"))
    except ParseError:
        return False
    is_refused = answer.status == 400
    return is_refused and (text(error.get("error")) in _GONE_ERRORS or text(error.get("message")) == _NOT_FOUND)


def _profile(document: dict[str, Any]) -> Profile | None:
    """The profile; of one that is not to be seen without an account, no more than that it is so.

    None where the answer is not of the lexicon's form.
    """
    did, handle = text(document.get("did")), text(document.get("handle")).lower()
    if not re.fullmatch(_DID, did) or not re.fullmatch(_HANDLE, handle):
        return None
    by_did = f"{APP}/profile/{did}"
    url = by_did if handle == INVALID_HANDLE else f"{APP}/profile/{handle}"
    known = Profile(Bluesky.name, url, handle, handle, aliases=(by_did,) if by_did != url else (), platform_id=did)
    if _requires_login(document):
        return replace(known, requires_login=True)
    description = text(document.get("description"))
    return replace(
        known,
        name=text(document.get("displayName")) or handle,
        bio=description,
        followers=count(document.get("followersCount")),
        following=count(document.get("followsCount")),
        posts=count(document.get("postsCount")),
        links=tuple(_claims(document.get("website"), description)),
        created=moment(document.get("createdAt")),
    )


def _claims(website: Any, description: str) -> Iterator[ProfileLink]:
    """Where the profile says it leads. Nobody has checked these, and there is no ``rel=me``: they prove nothing."""
    site = web_address(website)
    if site:
        yield ProfileLink(site, "website", rel_me=False)
    yield from (ProfileLink(url, "description", rel_me=False) for url in links_in(description) if url != site)


def _requires_login(account: dict[str, Any]) -> bool:
    """The owner's own label that the account is only for people who are signed in."""
    labels = items(account.get("labels"))
    return any(label.get("val") == _SIGN_IN_REQUIRED and label.get("neg") is not True for label in labels)


def _reposted(entries: list[dict[str, Any]]) -> Iterator[str]:
    for entry in entries:
        view = fields(entry.get("post"))
        is_shown = not _requires_login(fields(view.get("author")))
        if fields(entry.get("reason")).get("$type") == _REPOST and is_shown:
            yield from _addresses(view)[:1]


def _addresses(view: dict[str, Any]) -> tuple[str, ...]:
    """The addresses of a post on bsky.app: by its author's handle, and by the DID, which stays when handles change."""
    match = _POST_URI.match(text(view.get("uri")))
    author = fields(view.get("author"))
    if match is None or author.get("did") != match["did"]:
        return ()
    handle = text(author.get("handle")).lower()
    is_named = re.fullmatch(_HANDLE, handle) is not None and handle != INVALID_HANDLE
    actors = (handle, match["did"]) if is_named else (match["did"],)
    return tuple(f"{APP}/profile/{actor}/post/{match['key']}" for actor in actors)


def _post(view: dict[str, Any], profile: Profile) -> ParsedPost | None:
    """A post that the profile's owner wrote, and that is no reply."""
    record, addresses, published = fields(view.get("record")), _addresses(view), _sort_at(view)
    is_own = fields(view.get("author")).get("did") == profile.platform_id
    if not addresses or not is_own or published is None or record.get("reply"):
        return None
    words = without_addresses(text(record.get("text")), items(record.get("facets")))
    card = fields(_external(fields(record.get("embed"))).get("external"))
    title = (words or text(card.get("title"))).partition("\n")[0]
    links = tuple(dict.fromkeys(_links(record, view)))
    return ParsedPost(
        url=addresses[0],
        title=shorten(title, TITLE_CHARS),
        text=words,
        source=PostSource.FEED,
        published=published,
        date_source="api",
        author=profile.handle,
        language=_language(record),
        links=links,
        engagement=readings(
            {
                EngagementKind.COMMENTS: count(view.get("replyCount")),
                EngagementKind.SHARES: _sum(count(view.get("repostCount")), count(view.get("quoteCount"))),
                EngagementKind.LIKES: count(view.get("likeCount")),
            }
        ),
        disclosures=find_disclosures(title, words, links),
        addresses=addresses,
    )


def _sort_at(view: dict[str, Any]) -> datetime | None:
    """The earlier of when a post says it was written and when it was first seen (guide "Timestamps", ``sortAt``)."""
    written, seen = moment(fields(view.get("record")).get("createdAt")), moment(view.get("indexedAt"))
    return min(written, seen) if written and seen else written


def _language(record: dict[str, Any]) -> str | None:
    stated = record.get("langs")
    return (text(stated[0])[:2].lower() or None) if isinstance(stated, list) and stated else None


def _sum(first: int | None, second: int | None) -> int | None:
    return None if first is None and second is None else (first or 0) + (second or 0)


def _external(embed: dict[str, Any]) -> dict[str, Any]:
    """The embed that may hold a card for an outside page; a quotation with media holds it one level below."""
    return fields(embed.get("media")) if "media" in embed else embed


def _links(record: dict[str, Any], view: dict[str, Any]) -> Iterator[Link]:
    """The links that the author put into a post: in the text, on its card, and what it quotes."""
    raw = text(record.get("text")).encode()
    for facet in items(record.get("facets"))[:MAX_FACETS]:
        index = fields(facet.get("index"))
        words = raw[count(index.get("byteStart")) or 0 : count(index.get("byteEnd")) or 0].decode("utf-8", "ignore")
        for feature in items(facet.get("features")):
            if url := web_address(feature.get("uri")):
                yield Link(url, LinkContext.CONTENT, anchor=words[:300])
    card = fields(_external(fields(record.get("embed"))).get("external"))
    if url := web_address(card.get("uri")):
        yield Link(url, LinkContext.CONTENT, anchor=text(card.get("title"))[:300])
    quoted = fields(fields(view.get("embed")).get("record"))
    # A quotation with media is nested once more (app.bsky.embed.recordWithMedia#view).
    quoted = fields(quoted.get("record")) or quoted
    for url in () if _requires_login(fields(quoted.get("author"))) else _addresses(quoted)[:1]:
        yield Link(url, LinkContext.CONTENT)


def _read_thread(post_url: str, document: dict[str, Any], own_did: str) -> Iterator[tuple[str, Comment]]:
    """The replies at every depth, each with the address of the post.

    Left out are replies of people who ask for an account, and where the author goes on with an own post: that is no
    answer to a reader.
    """
    waiting = [(own_did, reply) for reply in items(fields(document.get("thread")).get("replies"))]
    while waiting:
        parent_did, reply = waiting.pop()
        view = fields(reply.get("post"))
        author, record = fields(view.get("author")), fields(view.get("record"))
        did = text(author.get("did"))
        waiting.extend((did, answer) for answer in items(reply.get("replies")))
        goes_on = did == parent_did == own_did
        if re.fullmatch(_DID, did) and not goes_on and not _requires_login(author):
            words = without_addresses(text(record.get("text")), items(record.get("facets")))
            uri = text(view.get("uri"))
            yield post_url, Comment(did, uri, _sort_at(view), count_words(words), by_author=did == own_did)
