"""Bluesky's AppView: profile, author feed and threads, in the form of the lexicons and of a real AppView's answers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.apiservers.base import ApiServer, Reply

ANN = "did:plc:annannannannannannannann"
BEA = "did:plc:beabeabeabeabeabeabeabea"
CAS = "did:plc:cascascascascascascascas"
HID = "did:plc:hidhidhidhidhidhidhidhid"
HANDLES = {ANN: "ann.koffie.example", BEA: "bea.bsky.social", CAS: "handle.invalid", HID: "hid.bsky.social"}
SEEN = "2026-03-01T12:00:00.000Z"


def self_label(did: str) -> dict[str, Any]:
    """The owner's own label that the account is only for people who are signed in."""
    uri = f"at://{did}/app.bsky.actor.profile/self"
    return {"src": did, "uri": uri, "val": "!no-unauthenticated", "cts": SEEN}


def author(did: str) -> dict[str, Any]:
    """An account as posts show it (profileViewBasic)."""
    return {"did": did, "handle": HANDLES[did], "labels": [self_label(did)] if did == HID else [], "createdAt": SEEN}


def post(did: str, key: str, text: str, **view: Any) -> dict[str, Any]:
    """A post as feeds and threads show it (postView); ``record`` in ``view`` adds to the record."""
    record = {"$type": "app.bsky.feed.post", "text": text, "createdAt": SEEN, "langs": ["nl-NL"]}
    shown = {
        "uri": f"at://{did}/app.bsky.feed.post/{key}",
        "cid": f"bafy{key}",
        "author": author(did),
        "record": record | view.pop("record", {}),
        "replyCount": 0,
        "repostCount": 0,
        "likeCount": 0,
        "quoteCount": 0,
        "indexedAt": SEEN,
        "labels": [],
    }
    return shown | view


def repost(of: dict[str, Any]) -> dict[str, Any]:
    """An entry of Ann's feed that shows another's post."""
    reason = {"$type": "app.bsky.feed.defs#reasonRepost", "by": author(ANN), "indexedAt": SEEN}
    return {"post": of, "reason": reason}


def reply(of: dict[str, Any], *replies: dict[str, Any]) -> dict[str, Any]:
    """A post in a thread, with the replies to it."""
    return {"$type": "app.bsky.feed.defs#threadViewPost", "post": of, "replies": list(replies)}


def invalid(message: str, error: str = "InvalidRequest") -> Reply:
    """A refusal; the AppView answers 400 for an account that is not there as well."""
    return Reply({"error": error, "message": message}, 400)


@dataclass
class Account:
    """What the AppView holds of one account."""

    profile: dict[str, Any]
    feed: list[dict[str, Any]] = field(default_factory=list)


class BlueskyServer(ApiServer):
    """The public AppView with Ann's account, and others who answer her."""

    def __init__(self, limit: int | None = None) -> None:
        super().__init__(limit)
        figures = {"followersCount": 412, "followsCount": 97, "postsCount": 1288}
        self.accounts = {did: Account(author(did) | {"displayName": handle}) for did, handle in HANDLES.items()}
        self.ann = self.accounts[ANN]
        self.ann.profile |= figures | {"displayName": "Ann Brouwer", "description": "Roasts coffee.", "indexedAt": SEEN}
        self.threads: dict[str, dict[str, Any]] = {}
        self.endless = False

    def route(self, path: str, query: Mapping[str, str]) -> Reply:
        method = path.removeprefix("/xrpc/")
        if method == "app.bsky.feed.getPostThread":
            thread = self.threads.get(query.get("uri", ""))
            return Reply({"thread": thread}) if thread else invalid("Post not found", "NotFound")
        by_handle = {account.profile["handle"]: account for account in self.accounts.values()}
        account = self.accounts.get(query.get("actor", "")) or by_handle.get(query.get("actor", ""))
        if account is None:
            return invalid("Profile not found")
        if method == "app.bsky.actor.getProfile":
            return Reply(account.profile)
        return self._feed(account, query) if method == "app.bsky.feed.getAuthorFeed" else Reply({}, 501)

    def _feed(self, account: Account, query: Mapping[str, str]) -> Reply:
        limit, start = int(query.get("limit", "50")), int(query.get("cursor", "0"))
        if not 1 <= limit <= 100:
            return invalid("Error: limit can not be greater than 100")
        page = account.feed[start : start + limit]
        body: dict[str, Any] = {"feed": page if not self.endless else account.feed[:limit]}
        # A real AppView gives a cursor with every page that holds anything, the last one too.
        return Reply(body | ({"cursor": str(start + limit)} if body["feed"] else {}))

    def too_many(self) -> Reply:
        """The AppView's limits are stated in headers of this form (draft-polli-ratelimit-headers)."""
        headers = (("RateLimit-Limit", "3000"), ("RateLimit-Remaining", "0"), ("RateLimit-Policy", "3000;w=300"))
        body = {"error": "RateLimitExceeded", "message": "Rate Limit Exceeded"}
        return Reply(body, 429, headers=(*headers, ("Retry-After", "30")))
