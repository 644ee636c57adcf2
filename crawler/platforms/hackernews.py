"""Hacker News: where a blog's posts are discussed there, by Algolia's search of all stories.

It is asked about a blog only when the setting ``venues`` names it, since asking tells a third party which blogs are
looked at.

Source: hn.algolia.com/api (search_by_date, its parameters and its limit of 10,000 requests an hour), and
algolia.com/doc/api-reference/search-api-parameters for ``typoTolerance``. Central name: :class:`HackerNews`.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode, urlsplit, urlunsplit

from bloghound.errors import AddressError
from bloghound.records import Discussion
from bloghound.urls import site_of
from crawler.platforms.protocol import ApiAnswer, ApiRequest, Profile, ProfileAddress, Step
from crawler.platforms.values import count, fields, items, moment, parse_json, text, web_address

STORIES_PER_PAGE = 100
MAX_PAGES = 3
"""The newest 300 stories; the search itself ends at 1,000."""


class HackerNews:
    """Finds the stories that link to one blog's posts, with their points and how many comments they have."""

    name = "hackernews"
    gap_seconds = 3600 / 10_000
    max_requests = MAX_PAGES
    is_crawled = True

    def __init__(self, api_root: str = "https://hn.algolia.com") -> None:
        """``api_root`` is the search that is asked."""
        self._api_root = api_root

    def recognise(self, url: str, software: str = "") -> ProfileAddress | None:  # noqa: ARG002 - any blog may be linked
        """Any blog, by its home address; ``user`` is what is searched for: its host, and its path on a shared host."""
        home_url = web_address(url)
        if home_url is None:
            return None
        parts = urlsplit(home_url)
        return ProfileAddress(url, f"{parts.scheme}://{parts.netloc}", site_of(home_url).key.removeprefix("www."))

    def first_requests(self, address: ProfileAddress) -> tuple[ApiRequest, ...]:
        """The first page of stories, newest first."""
        return (self._request(address, page=1),)

    def read(self, request: ApiRequest, answer: ApiAnswer, profile: Profile | None) -> Step:
        """The discussions that an answer names. Raises ParseError for an ill-formed one."""
        if answer.status != 200:
            return Step(profile=profile)
        document = fields(parse_json(answer.body, request.url))
        stories = items(document.get("hits"))[:STORIES_PER_PAGE]
        last_page = min(count(document.get("nbPages")) or 0, MAX_PAGES)
        following = (self._request(request.address, page=request.page + 1),) if request.page < last_page else ()
        return Step(
            profile=profile,
            discussions=tuple(_discussions(stories, request.address)),
            next=following if stories else (),
        )

    def _request(self, address: ProfileAddress, *, page: int) -> ApiRequest:
        query = {
            "tags": "story",
            "query": address.user,
            "restrictSearchableAttributes": "url",
            "typoTolerance": "false",
            "hitsPerPage": str(STORIES_PER_PAGE),
            # The search counts its pages from 0.
            "page": str(page - 1),
        }
        url = f"{self._api_root}/api/v1/search_by_date?{urlencode(query)}"
        return replace(ApiRequest(url, "stories", address), page=page)


def _discussions(stories: list[dict[str, Any]], address: ProfileAddress) -> Iterator[tuple[str, Discussion]]:
    """The stories about this very site: the search finds words, and so other sites as well."""
    for story in stories:
        url, story_id = web_address(story.get("url")), text(story.get("objectID"))
        if url is None or not re.fullmatch(r"[0-9]+", story_id) or not _is_on_site(url, address):
            continue
        yield (
            _on_host_of(url, address.root),
            Discussion(
                venue=HackerNews.name,
                url=f"https://news.ycombinator.com/item?id={story_id}",
                points=count(story.get("points")),
                comments=count(story.get("num_comments")),
                started=moment(story.get("created_at")),
            ),
        )


def _is_on_site(url: str, address: ProfileAddress) -> bool:
    try:
        return site_of(url).key.removeprefix("www.") == address.user
    except AddressError:
        return False


def _on_host_of(url: str, root: str) -> str:
    """The address with the blog's own spelling of its host, with ``www.`` or without, as its posts are kept."""
    host = urlsplit(root).netloc
    parts = urlsplit(url)
    is_same = parts.netloc.removeprefix("www.") == host.removeprefix("www.")
    return urlunsplit(parts._replace(netloc=host)) if is_same else url
