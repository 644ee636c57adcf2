"""ActivityPub actors, for servers without Mastodon's REST interface: found by WebFinger, read by actor and outbox.

Pleroma and Akkoma, Pixelfed, Misskey, WriteFreely, and the actors of Ghost and WordPress answer so to anybody;
GoToSocial, and servers in "secure mode", only to signed requests, which we never make.

Sources: W3C ActivityPub (sections 4.1, 5.1, 5.3, 5.6), Activity Streams 2.0 vocabulary, RFC 7033 (WebFinger),
docs.joinmastodon.org/spec/activitypub, misskey-hub.net/ns, FEP-2c59 (``webfinger``) and FEP-5feb (``indexable``).
Central names: :func:`find_actor` (the first request) and :func:`read`.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import urlencode

from bloghound.errors import ParseError
from bloghound.hosts import shared_domains
from bloghound.records import EngagementKind, Link, LinkContext, ParsedPost, PostSource
from bloghound.urls import host_of, registrable_domain, shorten
from crawler.extract.disclosure import find_disclosures
from crawler.extract.language import detect_language
from crawler.platforms.protocol import ApiAnswer, ApiRequest, Profile, ProfileAddress, ProfileLink, Step
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

NAME = "activitypub"
ACTIVITY = "application/activity+json"
MAX_OUTBOX_PAGES = 5
"""The newest posts show what a profile is about."""
ACTIVITIES_PER_PAGE = 60
"""Servers put 10 to 60 activities on a page; of a longer one no more are read."""
TITLE_CHARS = 80

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_ACTORS = frozenset({"Person", "Organization", "Group", "Service", "Application"})
# What people publish (Activity Streams vocabulary, section 3.3); Pixelfed and PeerTube use the last ones.
_POSTS = frozenset({"Note", "Article", "Page", "Question", "Image", "Video", "Audio"})
# The three spellings that ActivityPub, section 5.6, says are in use.
_PUBLIC = frozenset({"https://www.w3.org/ns/activitystreams#Public", "as:Public", "Public"})


class _Search(NamedTuple):
    """What is carried while an actor is looked for."""

    is_missing: bool = False
    """Whether the server's REST interface has said that there is no such account."""
    is_at_home: bool = False
    """Whether the request goes to the address that an actor elsewhere named as its own."""


def find_actor(address: ProfileAddress, *, is_missing: bool) -> ApiRequest:
    """The request by which a server is asked for the actor of a name (RFC 7033).

    ``is_missing`` is whether the server's REST interface knows no such account: a profile is gone only where both ways
    say so.
    """
    url = f"{address.root}/.well-known/webfinger?{urlencode({'resource': f'acct:{address.handle}'})}"
    return ApiRequest(url, "webfinger", address, "application/jrd+json", carried=_Search(is_missing))


def read(request: ApiRequest, answer: ApiAnswer, profile: Profile | None) -> Step:
    """What a WebFinger document, an actor, its followers or its outbox tell.

    Raises ParseError for what is no JSON, and for an answer that should be an actor and is none.
    """
    if answer.status in _REDIRECTS:
        return _follow(request, answer, profile)
    if answer.status != 200:
        is_gone = profile is None and _search(request).is_missing and answer.status in GONE_STATUSES
        return Step(profile=profile, gone=is_gone)
    document = fields(parse_json(answer.body, request.url))
    if request.purpose == "webfinger":
        return _read_webfinger(request, document)
    if request.purpose == "actor":
        return _read_actor(request, document, profile)
    if profile is None or not is_same_server(request.url, profile.platform_id):
        return Step(profile=profile)
    return _read_collection(request, document, profile)


def _search(request: ApiRequest) -> _Search:
    return request.carried if isinstance(request.carried, _Search) else _Search()


def is_same_server(url: str, root: str) -> bool:
    """Whether two addresses are of one server: the same host, or hosts under one domain that is nobody's to share.

    Servers may name people by another host than the one they answer on (``ann@club.example``, social.club.example).
    """
    host, other = host_of(url), host_of(root)
    domain = registrable_domain(host)
    return bool(host) and (host == other or (domain == registrable_domain(other) and domain not in shared_domains()))


def profile_links(entries: Any, base_url: str) -> tuple[ProfileLink, ...]:
    """The addresses in a profile's table of fields; Mastodon and its kin mark each of them ``rel=me``."""
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


def _follow(request: ApiRequest, answer: ApiAnswer, profile: Profile | None) -> Step:
    """The request again at the address that the server names, which never leaves https."""
    target = web_address(answer.headers.get("location"), request.url)
    if target is None or (request.url.startswith("https:") and not target.startswith("https:")):
        return Step(profile=profile)
    return Step(profile=profile, next=(replace(request, url=target),))


def _read_webfinger(request: ApiRequest, document: dict[str, Any]) -> Step:
    for link in items(document.get("links")):
        kind = text(link.get("type"))
        if link.get("rel") == "self" and (ACTIVITY in kind or "application/ld+json" in kind):
            href = web_address(link.get("href"))
            if href:
                return Step(next=(ApiRequest(href, "actor", request.address, ACTIVITY, carried=request.carried),))
    # A server may name people for other uses than ActivityPub.
    return Step()


def _read_actor(request: ApiRequest, actor: dict[str, Any], profile: Profile | None) -> Step:
    if profile is not None:
        # The REST interface has told the rest.
        stated = profile.discoverable if profile.discoverable is not None else flag(actor.get("discoverable"))
        return Step(profile=replace(profile, discoverable=stated, indexable=flag(actor.get("indexable"))))
    actor_id = web_address(actor.get("id"))
    if actor_id is None or text(actor.get("type")) not in _ACTORS:
        raise ParseError(f"{request.url} did not answer with an actor.")
    if not _is_at_home(request, actor_id):
        return _ask_at_home(request, actor_id)
    if not _is_of(actor, actor_id, request.address):
        return Step()
    if actor.get("suspended") is True:
        return Step(gone=True)
    found = _profile(actor, actor_id, request.address)
    return Step(profile=found, next=_about(actor, found, request.address))


def _is_at_home(request: ApiRequest, actor_id: str) -> bool:
    """Whether a document comes from where its actor is: on another server than the asked one, from its very address.

    Elsewhere on a server there may be files that its users have put there.
    """
    is_own = is_same_server(actor_id, request.address.root)
    is_exact = is_own or request.url == actor_id or _search(request).is_at_home
    return is_exact and is_same_server(actor_id, request.url)


def _ask_at_home(request: ApiRequest, actor_id: str) -> Step:
    """Ask the actor's own server, once: anybody can write somebody else's id into a document."""
    search = _search(request)
    if search.is_at_home:
        return Step()
    return Step(next=(replace(request, url=actor_id, carried=search._replace(is_at_home=True)),))


def _profile(actor: dict[str, Any], actor_id: str, address: ProfileAddress) -> Profile:
    url = next((url for url in _addresses(actor.get("url")) if is_same_server(url, actor_id)), actor_id)
    return Profile(
        platform=NAME,
        url=url,
        handle=address.handle,
        name=text(actor.get("name")) or address.user,
        bio=plain_text(text(actor.get("summary"))),
        discoverable=flag(actor.get("discoverable")),
        indexable=flag(actor.get("indexable")),
        requires_login=actor.get("_misskey_requireSigninToViewContents") is True,
        links=profile_links(actor.get("attachment"), url),
        aliases=(actor_id,) if actor_id != url else (),
        created=moment(actor.get("published")),
        automated=text(actor.get("type")) in {"Service", "Application"},
        platform_id=actor_id,
    )


def _is_of(actor: dict[str, Any], actor_id: str, address: ProfileAddress) -> bool:
    """Whether an actor is the one asked for: on that server, or its own server says that this is its name (FEP-2c59).

    Without this, anybody's server could hand out somebody else's actor as its own.
    """
    named = text(actor.get("webfinger")).removeprefix("acct:").lower()
    return is_same_server(actor_id, address.root) or named == address.handle.lower()


def _about(actor: dict[str, Any], profile: Profile, address: ProfileAddress) -> tuple[ApiRequest, ...]:
    asked = ["followers"] if profile.reservations.noindex else ["followers", "outbox"]
    found = [(purpose, web_address(actor.get(purpose))) for purpose in asked]
    return tuple(
        ApiRequest(url, purpose, address, ACTIVITY)
        for purpose, url in found
        if url and is_same_server(url, profile.platform_id)
    )


def _read_collection(request: ApiRequest, document: dict[str, Any], profile: Profile) -> Step:
    """How many followers there are; posts and shared links on one page of an outbox.

    A collection leads to its first page, or holds it.
    """
    if request.purpose == "followers":
        return Step(profile=replace(profile, followers=_total(document)))
    total = _total(document)
    known = replace(profile, posts=total) if profile.posts is None and total is not None else profile
    inline = fields(document.get("first"))
    page = inline or document
    activities = (items(page.get("orderedItems")) or items(page.get("items")))[:ACTIVITIES_PER_PAGE]
    posts = [post for post in (_post(activity, known) for activity in activities) if post is not None]
    return Step(
        profile=known,
        posts=tuple(posts),
        shared=tuple(Link(url, LinkContext.CONTENT) for url in dict.fromkeys(_announced(activities))),
        next=_next_page(request, page if activities else {"next": document.get("first")}),
    )


def _next_page(request: ApiRequest, page: dict[str, Any]) -> tuple[ApiRequest, ...]:
    """The next older page; never on another server, never the same again, at most MAX_OUTBOX_PAGES."""
    following = web_address(page.get("next"))
    if following is None or following == request.url or not is_same_server(following, request.url):
        return ()
    # The collection itself is counted as page 1, as its first page is.
    number = request.page + 1
    return (replace(request, url=following, page=number),) if number <= MAX_OUTBOX_PAGES + 1 else ()


def _announced(activities: list[dict[str, Any]]) -> Iterator[str]:
    """The addresses of what the actor shared of others."""
    for activity in activities:
        if activity.get("type") == "Announce" and _is_public(activity):
            shared = activity.get("object")
            found = next(_addresses(fields(shared).get("url")), None) or web_address(fields(shared).get("id") or shared)
            if found:
                yield found


def _post(activity: dict[str, Any], profile: Profile) -> ParsedPost | None:
    """The public post that the profile's owner wrote, and that is no reply; objects that are only named are left."""
    note = fields(activity.get("object"))
    if activity.get("type") != "Create" or text(note.get("type")) not in _POSTS or note.get("inReplyTo"):
        return None
    own = [url for url in (*_addresses(note.get("url")), *_addresses(note.get("id"))) if _is_own(url, profile)]
    published = moment(note.get("published")) or moment(activity.get("published"))
    if not own or published is None or not _is_public(note, activity) or not _is_by(note, profile):
        return None
    return _as_post(note, published, tuple(dict.fromkeys(own)), profile)


def _as_post(note: dict[str, Any], published: datetime, own: tuple[str, ...], profile: Profile) -> ParsedPost:
    language, html = _content(note)
    words = plain_text(html) if profile.keeps_text else ""
    # A name is an article's title; on a note a summary is the warning that stands before the text.
    heading = text(note.get("name")) or (text(note.get("summary")) if note["type"] == "Note" else "")
    title = (plain_text(heading) or words).partition("\n")[0] if profile.keeps_text else ""
    links = content_links(html, own[0])
    return ParsedPost(
        url=own[0],
        title=shorten(title, TITLE_CHARS),
        text=words,
        source=PostSource.FEED,
        published=published,
        date_source="api",
        author=profile.handle,
        language=detect_language(words, language),
        links=links,
        engagement=readings(
            {
                EngagementKind.COMMENTS: _total(note.get("replies")),
                EngagementKind.SHARES: _total(note.get("shares")),
                EngagementKind.LIKES: _total(note.get("likes")),
            }
        ),
        disclosures=find_disclosures(title, words, links) if profile.keeps_text else (),
        addresses=own,
    )


def _content(note: dict[str, Any]) -> tuple[str | None, str]:
    """The language that is stated, and the content; ``contentMap`` has it by language."""
    by_language = [(key, text(value)) for key, value in fields(note.get("contentMap")).items() if text(value)]
    content = text(note.get("content"))
    if len(by_language) == 1:
        return text(by_language[0][0])[:2].lower() or None, content or by_language[0][1]
    return None, content or (by_language[0][1] if by_language else "")


def _is_own(url: str, profile: Profile) -> bool:
    """A post is on its owner's server; any other address would be a claim on somebody else's page."""
    return is_same_server(url, profile.platform_id)


def _is_by(note: dict[str, Any], profile: Profile) -> bool:
    authors = set(_addresses(note.get("attributedTo")))
    return not authors or profile.platform_id in authors


def _is_public(*stated: dict[str, Any]) -> bool:
    """Addressed to everybody; what only has everybody in copy is "unlisted" and not for being found."""
    return any(_PUBLIC & set(_texts(one.get("to"))) for one in stated)


def _texts(value: Any) -> Iterator[str]:
    yield from (text(one) for one in (value if isinstance(value, list) else [value]))


def _addresses(value: Any) -> Iterator[str]:
    """The web addresses in a property that is one or a list of addresses, links or objects; web pages first."""
    entries = value if isinstance(value, list) else [value]
    pages = [one for one in entries if "html" in text(fields(one).get("mediaType"))]
    for entry in (*pages, *entries):
        found = web_address(entry) or web_address(fields(entry).get("href")) or web_address(fields(entry).get("id"))
        if found:
            yield found


def _total(value: Any) -> int | None:
    return count(fields(value).get("totalItems"))
