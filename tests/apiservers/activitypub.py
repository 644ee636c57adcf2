"""A server of the fediverse that has no REST interface: WebFinger, actor, outbox and followers.

Shapes follow ActivityPub, the Activity Streams vocabulary and RFC 7033, as Pleroma, Misskey and WordPress fill them.
"""

from collections.abc import Mapping
from typing import Any

from tests.apiservers.base import ApiServer, Reply

ACTIVITY = "application/activity+json; charset=utf-8"
PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
PER_PAGE = 10
WRITTEN = "2026-03-02T18:04:05Z"


class ActivityPubServer(ApiServer):
    """One actor, Ann, who has written ``activities``; newest first, ten on a page of the outbox."""

    def __init__(self, limit: int | None = None) -> None:
        super().__init__(limit)
        self.actor_url = f"{self.root}/users/ann"
        self.actor: dict[str, Any] = {
            "@context": ["https://www.w3.org/ns/activitystreams", "https://w3id.org/security/v1"],
            "id": self.actor_url,
            "type": "Person",
            "preferredUsername": "ann",
            "name": "Ann Brouwer",
            "summary": "<p>Brandt koffie.</p>",
            "url": f"{self.root}/@ann",
            "inbox": f"{self.actor_url}/inbox",
            "outbox": f"{self.actor_url}/outbox",
            "followers": f"{self.actor_url}/followers",
            "published": "2022-11-07T00:00:00Z",
            "attachment": [{"type": "PropertyValue", "name": "Blog", "value": "https://koffie.example/"}],
        }
        self.subject = f"acct:ann@{self.address}:{self.port}"
        self.activities: list[dict[str, Any]] = []
        self.holds_items = False
        self.followers: dict[str, Any] = {"type": "OrderedCollection", "totalItems": 412}

    @property
    def profile(self) -> str:
        return f"{self.root}/@ann"

    def note(self, key: str, /, **changes: Any) -> dict[str, Any]:
        """An activity by which Ann writes a note; ``activity`` in ``changes`` changes the activity itself."""
        url = f"{self.root}/notes/{key}"
        note = {"id": url, "type": "Note", "attributedTo": self.actor_url, "content": "<p>Koffie</p>", "to": [PUBLIC]}
        activity = {"id": f"{url}/activity", "type": "Create", "actor": self.actor_url, "to": [PUBLIC]}
        changed: dict[str, Any] = changes.pop("activity", {})
        return activity | {"object": note | {"published": WRITTEN, "inReplyTo": None} | changes} | changed

    def share(self, shared: Any) -> dict[str, Any]:
        return {"type": "Announce", "actor": self.actor_url, "object": shared, "to": [PUBLIC], "published": WRITTEN}

    def route(self, path: str, query: Mapping[str, str]) -> Reply:
        if path == "/.well-known/webfinger":
            return self._webfinger(query.get("resource", ""))
        if path == "/users/ann/outbox":
            return self._outbox(query.get("page"))
        known = {"/users/ann": self.actor, "/users/ann/followers": self.followers}
        return Reply(known[path], content_type=ACTIVITY) if path in known else Reply({"error": "Not found"}, 404)

    def _webfinger(self, resource: str) -> Reply:
        if resource.lower() != self.subject:
            return Reply({"error": "Not found"}, 404)
        page = {"rel": "http://webfinger.net/rel/profile-page", "type": "text/html", "href": f"{self.root}/@ann"}
        actor = {"rel": "self", "type": "application/activity+json", "href": self.actor_url}
        return Reply({"subject": self.subject, "links": [page, actor]}, content_type="application/jrd+json")

    def _outbox(self, page: str | None) -> Reply:
        url = f"{self.actor_url}/outbox"
        collection = {"id": url, "type": "OrderedCollection", "totalItems": len(self.activities)}
        if page is None and self.holds_items:
            return Reply(collection | {"orderedItems": self.activities}, content_type=ACTIVITY)
        if page is None:
            return Reply(collection | {"first": f"{url}?page=1"}, content_type=ACTIVITY)
        number = int(page)
        shown = self.activities[(number - 1) * PER_PAGE : number * PER_PAGE]
        body = {"id": f"{url}?page={page}", "type": "OrderedCollectionPage", "partOf": url, "orderedItems": shown}
        more = {"next": f"{url}?page={number + 1}"} if number * PER_PAGE < len(self.activities) else {}
        return Reply(body | more, content_type=ACTIVITY)
