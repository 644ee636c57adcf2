"""Mastodon and its kin: the public REST interface, and the ActivityPub actor where a server has no such interface.

Sources: docs.joinmastodon.org (methods/accounts, entities/Account, entities/Status, spec/activitypub), RFC 7033
(WebFinger), W3C ActivityPub section 4.1. Central name: :class:`Mastodon`.
"""

import re
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from bloghound.records import (
    EngagementKind,
    EngagementReading,
    Link,
    LinkContext,
    ParsedPost,
    PostSource,
    UnknownReason,
)
from bloghound.urls import host_of, registrable_domain, shorten
from crawler.platforms.protocol import ApiAnswer, ApiRequest, Profile, ProfileAddress, ProfileLink, Step
from crawler.platforms.values import (
    content_links,
    count,
    fields,
    flag,
    items,
    moment,
    parse_json,
    plain_text,
    text,
    web_address,
)

_PROFILE_PATH = re.compile(r"^/(?:@|users/)([A-Za-z0-9_][A-Za-z0-9_.-]*)(?:@([A-Za-z0-9.-]+))?/?$")
# Platforms whose profiles look alike (``/@name``) and that are no ActivityPub servers with this interface.
_OTHERS = frozenset(
    {"flickr.com", "medium.com", "odysee.com", "substack.com", "threads.net", "tiktok.com", "youtube.com"}
)
_ACTIVITY = "application/activity+json"
_NEXT = re.compile(r'<([^<>]+)>\s*;[^,]*\brel="?next"?', re.IGNORECASE)

STATUSES_PER_PAGE = 40
"""The interface's own maximum."""
MAX_STATUS_PAGES = 5
"""Two hundred posts show what a profile is about; engagement is read from the newest in any case."""
_TITLE_CHARS = 80


class Mastodon:
    """Reads profiles and posts of one account without a key; boosts of others' posts become shared links."""

    name = "mastodon"
    # Servers allow 300 requests in five minutes for one address (docs.joinmastodon.org/api/rate-limits).
    gap_seconds = 300 / 300

    def recognise(self, url: str) -> ProfileAddress | None:
        """``https://host/@user`` and ``https://host/users/user``; ``/@user@other`` is on the other."""
        parts = urlsplit(url)
        match = _PROFILE_PATH.match(parts.path)
        if not match or parts.scheme not in {"http", "https"} or registrable_domain(host_of(url)) in _OTHERS:
            return None
        user, elsewhere = match.groups()
        root = f"{parts.scheme}://{(elsewhere or parts.netloc).lower()}"
        return ProfileAddress(f"{root}/@{user}", root, user)

    def first_requests(self, address: ProfileAddress) -> tuple[ApiRequest, ...]:
        """The account, by name."""
        query = urlencode({"acct": address.user})
        return (ApiRequest(f"{address.root}/api/v1/accounts/lookup?{query}", "account", address),)

    def read(self, request: ApiRequest, answer: ApiAnswer, profile: Profile | None) -> Step:
        """What the answer tells; where the REST interface is closed, the way goes by WebFinger to the actor."""
        if answer.status != 200:
            return _refused(request, profile)
        value = parse_json(answer.body, request.url)
        if request.purpose == "statuses":
            return _read_statuses(request, answer.link, items(value), profile)
        if request.purpose == "webfinger":
            return _read_webfinger(request, fields(value))
        if request.purpose == "actor":
            return _read_actor(request, fields(value), profile)
        if request.purpose == "followers":
            followers = count(fields(value).get("totalItems"))
            return Step(profile=profile and replace(profile, followers=followers))
        return _read_account(request, fields(value))


def _refused(request: ApiRequest, profile: Profile | None) -> Step:
    if request.purpose == "account":
        return Step(next=(_webfinger(request.address),))
    return Step(profile=profile, gone=profile is None)


def _webfinger(address: ProfileAddress) -> ApiRequest:
    query = urlencode({"resource": f"acct:{address.handle}"})
    return ApiRequest(f"{address.root}/.well-known/webfinger?{query}", "webfinger", address, "application/jrd+json")


def _read_webfinger(request: ApiRequest, document: dict[str, Any]) -> Step:
    for link in items(document.get("links")):
        if link.get("rel") == "self" and _ACTIVITY in text(link.get("type")):
            href = web_address(link.get("href"))
            if href:
                return Step(next=(ApiRequest(href, "actor", request.address, _ACTIVITY),))
    return Step(gone=True)


def _read_account(request: ApiRequest, account: dict[str, Any]) -> Step:
    address = request.address
    url = web_address(account.get("url"))
    if not url or not text(account.get("id")) or account.get("suspended") is True:
        return Step(gone=True)
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
        links=_profile_links(account.get("fields"), url),
        aliases=tuple(alias for alias in (web_address(account.get("uri")),) if alias and alias != url),
        created=moment(account.get("created_at")),
        automated=account.get("bot") is True,
        platform_id=text(account.get("id")),
    )
    # Servers before 4.2 tell whether posts may be searched in the actor document only.
    actor = [ApiRequest(alias, "actor", address, _ACTIVITY) for alias in profile.aliases if profile.indexable is None]
    return Step(profile=profile, next=(*actor, _statuses(request.address, profile.platform_id)))


def _statuses(address: ProfileAddress, account_id: str, **more: str) -> ApiRequest:
    query = urlencode({"limit": str(STATUSES_PER_PAGE), "exclude_replies": "true"} | more)
    return ApiRequest(f"{address.root}/api/v1/accounts/{account_id}/statuses?{query}", "statuses", address)


def _read_actor(request: ApiRequest, actor: dict[str, Any], profile: Profile | None) -> Step:
    discoverable, indexable = flag(actor.get("discoverable")), flag(actor.get("indexable"))
    if profile is not None:
        stated = profile.discoverable if profile.discoverable is not None else discoverable
        return Step(profile=replace(profile, discoverable=stated, indexable=indexable))
    url = web_address(actor.get("url")) or web_address(actor.get("id"))
    if url is None or text(actor.get("type")) not in {"Person", "Organization", "Group", "Service", "Application"}:
        return Step(gone=True)
    found = Profile(
        platform=Mastodon.name,
        url=url,
        handle=request.address.handle,
        name=text(actor.get("name")) or request.address.user,
        bio=plain_text(text(actor.get("summary"))),
        discoverable=discoverable,
        indexable=indexable,
        links=_profile_links(actor.get("attachment"), url),
        aliases=tuple(alias for alias in (web_address(actor.get("id")),) if alias and alias != url),
        created=moment(actor.get("published")),
        automated=actor.get("type") in {"Service", "Application"},
    )
    followers = web_address(actor.get("followers"))
    asked = (ApiRequest(followers, "followers", request.address, _ACTIVITY),) if followers else ()
    return Step(profile=found, next=asked)


def _profile_links(entries: Any, base_url: str) -> tuple[ProfileLink, ...]:
    """The addresses in the profile's table; Mastodon itself marks each of them ``rel=me``."""
    found = []
    for entry in items(entries):
        value = text(entry.get("value"))
        written = [(link.target_url, link.rel) for link in content_links(value, base_url)]
        bare = web_address(value)
        for url, rel in written or ([(bare, ("me",))] if bare else []):
            found.append(
                ProfileLink(url, plain_text(text(entry.get("name"))), "me" in rel, moment(entry.get("verified_at")))
            )
    return tuple(found)


def _read_statuses(
    request: ApiRequest, link_header: str, statuses: list[dict[str, Any]], profile: Profile | None
) -> Step:
    own = [status for status in statuses if not status.get("reblog") and status.get("visibility") == "public"]
    boosted = [fields(status.get("reblog")) for status in statuses if status.get("reblog")]
    keeps_text = profile is None or profile.keeps_text
    posts = [_post(status, request.address, keeps_text=keeps_text) for status in own]
    shared = [url for url in (web_address(status.get("url")) for status in boosted) if url]
    return Step(
        profile=profile,
        posts=tuple(post for post in posts if post is not None),
        shared=tuple(Link(url, LinkContext.CONTENT) for url in dict.fromkeys(shared)),
        next=_next_page(request, link_header, statuses),
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
    url = web_address(status.get("url")) or web_address(status.get("uri"))
    published = moment(status.get("created_at"))
    if url is None or published is None:
        return None
    html = text(status.get("content"))
    words = plain_text(html) if keeps_text else ""
    title = plain_text(text(status.get("spoiler_text"))) or words if keeps_text else ""
    uri = web_address(status.get("uri"))
    return ParsedPost(
        url=url,
        title=shorten(title.partition("\n")[0], _TITLE_CHARS),
        text=words,
        source=PostSource.FEED,
        published=published,
        date_source="api",
        author=address.handle,
        language=text(status.get("language"))[:2].lower() or None,
        links=content_links(html, url),
        engagement=_engagement(status),
        addresses=tuple(dict.fromkeys(one for one in (url, uri) if one)),
    )


def _engagement(status: dict[str, Any]) -> tuple[EngagementReading, ...]:
    shown = (
        (EngagementKind.COMMENTS, "replies_count"),
        (EngagementKind.SHARES, "reblogs_count"),
        (EngagementKind.LIKES, "favourites_count"),
    )
    readings = ((kind, count(status.get(name))) for kind, name in shown)
    return tuple(
        EngagementReading(kind, number, UnknownReason.NOT_EXPOSED if number is None else None)
        for kind, number in readings
    )
