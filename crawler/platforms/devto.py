"""DEV (dev.to): the Forem API's public listings tell reactions to the articles, and who commented on the newest.

The articles' text comes from their pages and the feed; a listing holds no more of it than a summary.

Sources: developers.forem.com/api/v1 (OpenAPI document of forem/forem: getArticles, getUser, getCommentsByArticleId,
getOrganization), and forem/forem ``config/initializers/rack_attack.rb`` for the limits. Central name: :class:`DevTo`.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any
from urllib.parse import urlencode, urlsplit

from bloghound.hosts import shared_site
from bloghound.records import Comment, EngagementKind, EngagementReading, count_words
from bloghound.urls import host_of
from crawler.platforms.protocol import ApiAnswer, ApiRequest, Profile, ProfileAddress, ProfileLink, Step
from crawler.platforms.values import (
    GONE_STATUSES,
    count,
    fields,
    items,
    moment,
    parse_json,
    plain_text,
    readings,
    text,
    web_address,
)

ROOT = "https://dev.to"
ARTICLES_PER_PAGE = 100
"""The interface gives 30 unless asked, 1,000 at most."""
MAX_ARTICLE_PAGES = 2
MAX_COMMENTED = 5
"""Newest articles with comments whose commenters are read."""
MAX_COMMENTS = 500
"""Comments read of one article: the interface gives all of them at once, whatever is asked."""

_ACCEPT = "application/vnd.forem.api-v1+json"


@dataclass(frozen=True, slots=True)
class _Article:
    """What is needed of an article to read its comments."""

    url: str
    author: str


class DevTo:
    """Reads reactions, comment counts and commenters of one user's or organization's articles, without a key."""

    name = "devto"
    # The servers allow 3 reading requests a second for one address ("api_throttle").
    gap_seconds = 1 / 3
    max_requests = 2 + MAX_ARTICLE_PAGES + MAX_COMMENTED
    is_crawled = True

    def __init__(self, api_root: str = ROOT) -> None:
        """``api_root`` is the server that is asked."""
        self._api_root = api_root

    def recognise(self, url: str, software: str = "") -> ProfileAddress | None:  # noqa: ARG002 - the host tells enough
        """``https://dev.to/NAME``, a user's or an organization's; the service's own pages are nobody's."""
        parts = urlsplit(url)
        host = host_of(url)
        key = shared_site(host, parts.path) if host in {"dev.to", "www.dev.to"} else None
        is_home = key is not None and parts.path.strip("/").lower() == key.partition("/")[2]
        return ProfileAddress(f"https://{key}", ROOT, key.partition("/")[2]) if key and is_home else None

    def first_requests(self, address: ProfileAddress) -> tuple[ApiRequest, ...]:
        """The user, and the articles."""
        return (
            self._request("users/by_username", "user", address, url=address.user),
            self._request("articles", "articles", address, **self._listing(address, page=1)),
        )

    def read(self, request: ApiRequest, answer: ApiAnswer, profile: Profile | None) -> Step:
        """What the answer tells. Raises ParseError for an ill-formed one."""
        if answer.status != 200:
            return self._refused(request, answer, profile)
        value = parse_json(answer.body, request.url)
        if request.purpose == "articles":
            return self._read_articles(request, items(value)[:ARTICLES_PER_PAGE], profile)
        if request.purpose == "comments":
            return Step(profile=profile, comments=tuple(islice(_comments(items(value), request.carried), MAX_COMMENTS)))
        return Step(profile=_profile(fields(value), request.address) or profile)

    def _refused(self, request: ApiRequest, answer: ApiAnswer, profile: Profile | None) -> Step:
        """Users and organizations share their names: what is no user may be the other."""
        if answer.status not in GONE_STATUSES or request.purpose not in {"user", "organization"}:
            return Step(profile=profile)
        if request.purpose == "organization":
            return Step(profile=profile, gone=profile is None)
        address = request.address
        return Step(profile=profile, next=(self._request(f"organizations/{address.user}", "organization", address),))

    def _request(self, path: str, purpose: str, address: ProfileAddress, **query: str) -> ApiRequest:
        question = f"?{urlencode(query)}" if query else ""
        return ApiRequest(f"{self._api_root}/api/{path}{question}", purpose, address, _ACCEPT)

    def _listing(self, address: ProfileAddress, *, page: int) -> dict[str, str]:
        return {"username": address.user, "per_page": str(ARTICLES_PER_PAGE), "page": str(page)}

    def _read_articles(self, request: ApiRequest, articles: list[dict[str, Any]], profile: Profile | None) -> Step:
        """Figures of each article, newest first as the interface orders them."""
        own = [(article, url) for article in articles if (url := _own_address(article, request.address))]
        return Step(
            profile=profile,
            readings=tuple((url, reading) for article, url in own for reading in _figures(article)),
            next=(*self._ask_comments(request, own), *self._next_page(request, articles)),
        )

    def _ask_comments(self, request: ApiRequest, own: list[tuple[dict[str, Any], str]]) -> tuple[ApiRequest, ...]:
        commented = [(article, url) for article, url in own if count(article.get("comments_count"))]
        if request.page > 1:
            return ()
        return tuple(
            replace(
                self._request("comments", "comments", request.address, a_id=str(number)),
                carried=_Article(url, text(fields(article.get("user")).get("username")).lower()),
            )
            for article, url in commented[:MAX_COMMENTED]
            if (number := count(article.get("id"))) is not None
        )

    def _next_page(self, request: ApiRequest, articles: list[dict[str, Any]]) -> tuple[ApiRequest, ...]:
        """The interface says nothing of further pages: a full one may be followed by another."""
        if len(articles) < ARTICLES_PER_PAGE or request.page >= MAX_ARTICLE_PAGES:
            return ()
        page = request.page + 1
        following = self._request("articles", "articles", request.address, **self._listing(request.address, page=page))
        return (replace(following, page=page),)


def _profile(account: dict[str, Any], address: ProfileAddress) -> Profile | None:
    """A user or an organization; the website is the owner's own word, which nobody has checked."""
    if text(account.get("username")).lower() != address.user:
        return None
    website = web_address(account.get("website_url")) or web_address(account.get("url"))
    return Profile(
        platform=DevTo.name,
        url=address.url,
        handle=address.user,
        name=text(account.get("name")) or address.user,
        bio=text(account.get("summary")),
        links=(ProfileLink(website, "website", rel_me=False),) if website else (),
        platform_id=str(count(account.get("id")) or ""),
    )


def _own_address(article: dict[str, Any], address: ProfileAddress) -> str | None:
    """The article's address, when it is on the site: the listing of an organization's members holds others' too."""
    url = web_address(article.get("url"))
    is_own = url is not None and host_of(url) == host_of(ROOT)
    return url if url and is_own and urlsplit(url).path.lower().startswith(f"/{address.user}/") else None


def _figures(article: dict[str, Any]) -> tuple[EngagementReading, ...]:
    return readings(
        {
            EngagementKind.COMMENTS: count(article.get("comments_count")),
            EngagementKind.LIKES: count(article.get("public_reactions_count")),
        }
    )


def _comments(threads: list[dict[str, Any]], article: _Article) -> Iterator[tuple[str, Comment]]:
    """The comments at every depth; one that was deleted or hidden has no user any more."""
    waiting = list(threads)
    while waiting:
        one = waiting.pop()
        waiting.extend(items(one.get("children")))
        name = text(fields(one.get("user")).get("username")).lower()
        if name:
            words = count_words(plain_text(text(one.get("body_html"))))
            written = moment(one.get("created_at"))
            yield article.url, Comment(name, text(one.get("id_code")), written, words, by_author=name == article.author)
