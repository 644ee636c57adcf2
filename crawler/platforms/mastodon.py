"""Mastodon and its kin: the public REST interface; where a server has none, :mod:`crawler.platforms.activitypub`.

Sources: docs.joinmastodon.org (methods/accounts, methods/statuses, entities/Account, entities/Status,
api/rate-limits). Central name: :class:`Mastodon`.
"""

import re
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from bloghound.errors import ParseError
from bloghound.hosts import may_be_fediverse
from bloghound.records import Comment, EngagementKind, Link, LinkContext, ParsedPost, PostSource, count_words
from bloghound.urls import host_of, shorten
from crawler.extract.disclosure import find_disclosures
from crawler.platforms import activitypub
from crawler.platforms.activitypub import ACTIVITY, TITLE_CHARS, is_same_server, profile_links
from crawler.platforms.protocol import ApiAnswer, ApiRequest, Profile, ProfileAddress, Step
from crawler.platforms.values import (
    GONE_STATUSES,
    content_links,
    count,
    fields,
    flag,
    items,
    moment,
    parse_json,
    plain_text,
    readings,
    text,
    web_address,
)

_PROFILE_PATH = re.compile(r"^/(?:@|users/)([A-Za-z0-9_][A-Za-z0-9_.-]*)(?:@([A-Za-z0-9.-]+))?/?$")
# Who can open a post: everybody; "unlisted" ones are only not shown in public timelines.
_OPEN = frozenset({"public", "unlisted"})
_NEXT = re.compile(r'<([^<>]+)>\s*;[^,]*\brel="?next"?', re.IGNORECASE)

STATUSES_PER_PAGE = 40
"""The interface's own maximum."""
MAX_STATUS_PAGES = 5
"""Two hundred posts show what a profile is about; engagement is read from the newest in any case."""
MAX_CONTEXTS = 5
"""Posts whose replies are read."""
MAX_REPLIES = 60
"""Replies to one post that a server shows without an account."""


class Mastodon:
    """Reads profiles and posts of one account without a key; boosts of others' posts become shared links."""

    name = "mastodon"
    # Servers allow 300 requests in five minutes for one address (docs.joinmastodon.org/api/rate-limits).
    gap_seconds = 300 / 300
    # At most: the account, its other host by webfinger and a redirect, the account there, the actor there and where it
    # says that it is, pages, contexts.
    max_requests = 6 + MAX_STATUS_PAGES + MAX_CONTEXTS
    is_crawled = False

    def recognise(self, url: str, software: str = "") -> ProfileAddress | None:  # noqa: ARG002 - the form tells enough
        """``https://host/@user`` and ``https://host/users/user``; ``/@user@other`` is on the other."""
        parts = urlsplit(url)
        match = _PROFILE_PATH.match(parts.path)
        if not match or parts.scheme not in {"http", "https"}:
            return None
        user, elsewhere = match.groups()
        root = f"{parts.scheme}://{(elsewhere or parts.netloc).lower()}"
        return ProfileAddress(f"{root}/@{user}", root, user) if may_be_fediverse(host_of(root)) else None

    def first_requests(self, address: ProfileAddress) -> tuple[ApiRequest, ...]:
        """The account, by name."""
        query = urlencode({"acct": address.user})
        return (ApiRequest(f"{address.root}/api/v1/accounts/lookup?{query}", "account", address),)

    def read(self, request: ApiRequest, answer: ApiAnswer, profile: Profile | None) -> Step:
        """What the answer tells; where the REST interface is closed, the way goes by WebFinger to the actor."""
        if request.purpose in {"webfinger", "actor", "followers", "outbox"}:
            return self._on_host_of_actor(request, activitypub.read(request, answer, profile))
        if answer.status != 200:
            if request.purpose != "account":
                return Step(profile=profile)
            is_missing = answer.status in GONE_STATUSES
            return Step(profile=profile, next=(activitypub.find_actor(request.address, is_missing=is_missing),))
        value = parse_json(answer.body, request.url)
        if request.purpose == "statuses":
            return _read_statuses(request, answer.headers.get("link", ""), items(value)[:STATUSES_PER_PAGE], profile)
        if request.purpose == "context":
            return _read_context(request, fields(value), profile)
        return _read_account(request, fields(value))

    def _on_host_of_actor(self, request: ApiRequest, step: Step) -> Step:
        """Ask for the account once more where WebFinger shows that people are named by another host than the server's.

        ``ann@club.example`` may be served by social.club.example, which is the one with the interface.
        """
        actor = next((one for one in step.next if one.purpose == "actor"), None)
        address = request.address
        if request.purpose != "webfinger" or actor is None or host_of(actor.url) == host_of(address.root):
            return step
        if not is_same_server(actor.url, address.root):
            return step
        parts = urlsplit(actor.url)
        return replace(step, next=self.first_requests(replace(address, root=f"{parts.scheme}://{parts.netloc}")))


def _read_account(request: ApiRequest, account: dict[str, Any]) -> Step:
    address = request.address
    url = web_address(account.get("url"))
    if not url or not text(account.get("id")):
        raise ParseError(f"{request.url} did not answer with an account.")
    # A server speaks for its own accounts only.
    if not is_same_server(url, address.root):
        return Step()
    if account.get("suspended") is True:
        return Step(gone=True)
    uri = web_address(account.get("uri"))
    profile = Profile(
        platform=Mastodon.name,
        url=url,
        handle=address.handle,
        name=text(account.get("display_name")) or address.user,
        bio=plain_text(text(account.get("note"))),
        followers=count(account.get("followers_count")),
        following=count(account.get("following_count")),
        posts=count(account.get("statuses_count")),
        discoverable=flag(account.get("discoverable")),
        indexable=flag(account.get("indexable")),
        noindex=flag(account.get("noindex")),
        links=profile_links(account.get("fields"), url),
        aliases=(uri,) if uri and uri != url and is_same_server(uri, address.root) else (),
        created=moment(account.get("created_at")),
        automated=account.get("bot") is True,
        platform_id=text(account.get("id")),
    )
    if profile.reservations.noindex:
        return Step(profile=profile)
    # Servers before 4.2 tell whether posts may be searched in the actor document only.
    actor = [ApiRequest(alias, "actor", address, ACTIVITY) for alias in profile.aliases if profile.indexable is None]
    return Step(profile=profile, next=(*actor, _statuses(request.address, profile.platform_id)))


def _statuses(address: ProfileAddress, account_id: str, **more: str) -> ApiRequest:
    query = urlencode({"limit": str(STATUSES_PER_PAGE), "exclude_replies": "true"} | more)
    return ApiRequest(f"{address.root}/api/v1/accounts/{account_id}/statuses?{query}", "statuses", address)


def _read_statuses(
    request: ApiRequest, link_header: str, statuses: list[dict[str, Any]], profile: Profile | None
) -> Step:
    own = [status for status in statuses if not status.get("reblog") and status.get("visibility") == "public"]
    boosted = [fields(status.get("reblog")) for status in statuses if status.get("reblog")]
    keeps_text = profile is None or profile.keeps_text
    posts = {
        text(status.get("id")): post
        for status in own
        if (post := _post(status, request.address, keeps_text=keeps_text)) is not None
    }
    shared = [url for url in (web_address(status.get("url")) for status in boosted) if url]
    contexts = _contexts(request, own, posts) if keeps_text else ()
    following = _next_page(request, link_header, statuses)
    asked = (request.carried or 0) + len(contexts)
    return Step(
        profile=profile,
        posts=tuple(posts.values()),
        shared=tuple(Link(url, LinkContext.CONTENT) for url in dict.fromkeys(shared)),
        next=(*contexts, *(replace(one, carried=asked) for one in following)),
    )


def _contexts(request: ApiRequest, own: list[dict[str, Any]], posts: dict[str, ParsedPost]) -> tuple[ApiRequest, ...]:
    """Ask for the replies to the newest posts that have some; the pages before have asked for ``carried`` of them."""
    discussed = [text(status.get("id")) for status in own if count(status.get("replies_count"))]
    known = [(status_id, posts[status_id].url) for status_id in discussed if status_id in posts and status_id.isalnum()]
    api = f"{request.address.root}/api/v1/statuses"
    return tuple(
        ApiRequest(f"{api}/{status_id}/context", "context", request.address, carried=url)
        for status_id, url in known[: MAX_CONTEXTS - (request.carried or 0)]
    )


def _read_context(request: ApiRequest, context: dict[str, Any], profile: Profile | None) -> Step:
    shown = items(context.get("descendants"))[:MAX_REPLIES]
    replies = [status for status in shown if text(status.get("visibility")) in _OPEN]
    own_id = profile.platform_id if profile else ""
    found = (_comment(status, host_of(request.address.root), own_id) for status in replies)
    return Step(profile=profile, comments=tuple((request.carried, comment) for comment in found if comment is not None))


def _comment(status: dict[str, Any], host: str, own_id: str) -> Comment | None:
    account = fields(status.get("account"))
    # Accounts of the server itself are named without their host (entities/Account, ``acct``).
    handle = text(account.get("acct")).lower()
    is_own = bool(own_id) and text(account.get("id")) == own_id
    # Where the author goes on with an own post, that is no answer to a reader.
    if not handle or (is_own and text(status.get("in_reply_to_account_id")) == own_id):
        return None
    return Comment(
        identity=handle if "@" in handle else f"{handle}@{host}",
        comment_id=text(status.get("uri")),
        published=moment(status.get("created_at")),
        words=count_words(plain_text(text(status.get("content")))),
        by_author=is_own,
    )


def _next_page(request: ApiRequest, link_header: str, statuses: list[dict[str, Any]]) -> tuple[ApiRequest, ...]:
    """The next older page by the Link header, or by the last id; never on another host, at most MAX_STATUS_PAGES."""
    asked = dict(parse_qsl(urlsplit(request.url).query))
    match = _NEXT.search(link_header)
    following = dict(parse_qsl(urlsplit(match[1]).query)) if match else {}
    last = text(following.get("max_id")) or (text(statuses[-1].get("id")) if len(statuses) >= STATUSES_PER_PAGE else "")
    if not last or not statuses or request.page >= MAX_STATUS_PAGES or last == asked.get("max_id"):
        return ()
    account_id = urlsplit(request.url).path.split("/")[4]
    return (replace(_statuses(request.address, account_id, max_id=last), page=request.page + 1),)


def _post(status: dict[str, Any], address: ProfileAddress, *, keeps_text: bool) -> ParsedPost | None:
    named = [url for url in (web_address(status.get("url")), web_address(status.get("uri"))) if url]
    own = tuple(dict.fromkeys(url for url in named if is_same_server(url, address.root)))
    published = moment(status.get("created_at"))
    if not own or published is None:
        return None
    html = text(status.get("content"))
    words = plain_text(html) if keeps_text else ""
    title = (plain_text(text(status.get("spoiler_text"))) or words).partition("\n")[0] if keeps_text else ""
    links = content_links(html, own[0])
    return ParsedPost(
        url=own[0],
        title=shorten(title, TITLE_CHARS),
        text=words,
        source=PostSource.FEED,
        published=published,
        date_source="api",
        author=address.handle,
        language=text(status.get("language"))[:2].lower() or None,
        links=links,
        engagement=readings(
            {
                EngagementKind.COMMENTS: count(status.get("replies_count")),
                EngagementKind.SHARES: count(status.get("reblogs_count")),
                EngagementKind.LIKES: count(status.get("favourites_count")),
            }
        ),
        disclosures=find_disclosures(title, words, links) if keeps_text else (),
        addresses=own,
    )
