"""Algolia's search of Hacker News: stories by words of their address, newest first."""

from collections.abc import Mapping
from typing import Any

from tests.apiservers.base import ApiServer, Reply

CREATED = "2026-03-02T18:04:05.000Z"
MOST_HITS = 1000
"""The search shows no more of any query, whatever page is asked for."""


def story(number: int, url: Any, **changes: Any) -> dict[str, Any]:
    """A story as the search shows it."""
    shown = {
        "objectID": str(number),
        "story_id": number,
        "title": f"Coffee {number}",
        "url": url,
        "author": "bo",
        "points": 57,
        "num_comments": 12,
        "created_at": CREATED,
        "created_at_i": 1772474645,
        "_tags": ["story", "author_bo", f"story_{number}"],
    }
    return shown | changes


class HackerNewsServer(ApiServer):
    """The search over ``stories``; it finds every one of them, as it does for a common word."""

    def __init__(self, limit: int | None = None) -> None:
        super().__init__(limit)
        self.stories: list[dict[str, Any]] = []
        self.asked: list[Mapping[str, str]] = []
        self.pages: Any = None
        """What the answer says of how many pages there are, where that is not so."""

    def route(self, path: str, query: Mapping[str, str]) -> Reply:
        if path != "/api/v1/search_by_date":
            return Reply({"status": 404, "error": "Not Found"}, 404)
        self.asked.append(query)
        size, page = int(query.get("hitsPerPage", "20")), int(query.get("page", "0"))
        found = self.stories[:MOST_HITS]
        counts = {"nbHits": len(found), "page": page, "nbPages": -(-len(found) // size), "hitsPerPage": size}
        lie = {} if self.pages is None else {"nbPages": self.pages}
        return Reply({"hits": found[page * size : (page + 1) * size], **counts, "query": query.get("query"), **lie})
