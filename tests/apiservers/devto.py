"""A Forem server such as dev.to: users, organizations, articles and comments by its API version 1."""

from collections.abc import Mapping
from typing import Any

from tests.apiservers.base import ApiServer, Reply

ACCEPT = "application/vnd.forem.api-v1+json"
WRITTEN = "2026-03-02T18:04:05Z"


def article(number: int, **changes: Any) -> dict[str, Any]:
    """An article as the listing shows it; Ann's unless ``changes`` say otherwise."""
    url = f"https://dev.to/ann/koffie-{number}"
    shown = {
        "type_of": "article",
        "id": number,
        "title": f"Koffie {number}",
        "description": "Over koffie...",
        "path": url.removeprefix("https://dev.to"),
        "url": url,
        "canonical_url": url,
        "comments_count": 0,
        "public_reactions_count": 3,
        "published_at": WRITTEN,
        "user": {"name": "Ann Brouwer", "username": "ann", "user_id": 3620},
    }
    return shown | changes


def comment(code: str, username: str, body: str = "<p>Mooi stuk!</p>", *children: dict[str, Any]) -> dict[str, Any]:
    """A comment with the answers to it; one without a user was deleted or hidden."""
    user = {"name": username.title(), "username": username, "user_id": 7} if username else {}
    shown = {"type_of": "comment", "id_code": code, "created_at": WRITTEN, "body_html": body, "user": user}
    return shown | {"children": list(children)}


class ForemServer(ApiServer):
    """Ann, an organization ``roasters``, and what Ann has written, newest first."""

    def __init__(self, limit: int | None = None) -> None:
        super().__init__(limit)
        self.user: dict[str, Any] = {
            "type_of": "user",
            "id": 3620,
            "username": "ann",
            "name": "Ann Brouwer",
            "summary": "Brandt koffie.",
            "website_url": "https://koffie.example",
            "joined_at": "Nov  7, 2022",
        }
        self.organization = {"type_of": "organization", "id": 9, "username": "roasters", "url": "https://r.example"}
        self.articles: list[dict[str, Any]] = []
        self.comments: dict[str, list[dict[str, Any]]] = {}

    def route(self, path: str, query: Mapping[str, str]) -> Reply:
        if path == "/api/articles":
            size, page = int(query.get("per_page", "30")), int(query.get("page", "1"))
            return Reply(self.articles[(page - 1) * size : page * size])
        if path == "/api/comments" and query.get("a_id") in self.comments:
            return Reply(self.comments[query["a_id"]])
        if path == "/api/users/by_username" and query.get("url") == self.user["username"]:
            return Reply(self.user)
        if path == f"/api/organizations/{self.organization['username']}":
            return Reply(self.organization)
        return Reply({"error": "not found", "status": 404}, 404)

    def too_many(self) -> Reply:
        """Forem's throttle answers in plain text, and says when to come again."""
        return Reply(b"Retry later\n", 429, "text/plain", (("Retry-After", "1"),))
