"""What readers did with posts, gathered from pages, feeds and interfaces, and written together."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection

from bloghound.records import Comment, Discussion, EngagementKind, EngagementReading, ParsedPost
from storage import comments, discussions, engagement
from storage.comments import ReadComment


class Origin(NamedTuple):
    """Where figures and comments were read: the address, and whether it is a ``page``, ``feed`` or ``api``."""

    url: str
    source: str


@dataclass(slots=True)
class Reactions:
    """What is to be written of some posts, given by their ids."""

    readings: list[tuple[int, str, EngagementReading]] = field(default_factory=list)
    comments: list[ReadComment] = field(default_factory=list)
    talks: list[tuple[int, Discussion]] = field(default_factory=list)
    told_by_api: set[str] = field(default_factory=set)
    """Addresses of interfaces among the origins."""
    whole: set[int] = field(default_factory=set)
    """Posts whose page lists every comment that it counts."""

    def of_post(self, post_id: int, post: ParsedPost, origin: Origin) -> None:
        """Add what was read together with a post."""
        self._note(origin)
        counted = (reading.count for reading in post.engagement if reading.kind is EngagementKind.COMMENTS)
        if origin.source == "page" and any(count is not None and count <= len(post.comments) for count in counted):
            self.whole.add(post_id)
        self.readings += ((post_id, origin.url, reading) for reading in post.engagement)
        self.comments += (ReadComment(post_id, origin.source, comment) for comment in post.comments)
        self.talks += ((post_id, talk) for talk in post.discussions)

    def apart(
        self,
        ids: Mapping[str, int],
        origin: Origin,
        *,
        readings: Iterable[tuple[str, EngagementReading]],
        comments: Iterable[tuple[str, Comment]],
        talks: Iterable[tuple[str, Discussion]],
    ) -> None:
        """Add what was read apart from its post, given by the post's address; ``ids`` are of the posts known by it."""
        self._note(origin)
        self.readings += ((ids[url], origin.url, reading) for url, reading in readings if url in ids)
        self.comments += (ReadComment(ids[url], origin.source, comment) for url, comment in comments if url in ids)
        self.talks += ((ids[url], talk) for url, talk in talks if url in ids)

    def write(self, connection: Connection, *, secret_key: bytes, now: datetime) -> None:
        """Store everything that was added."""
        engagement.observe(connection, self.readings, now=now, believed=self.told_by_api)
        comments.keep(connection, self.comments, secret_key=secret_key, now=now, whole_pages=self.whole)
        discussions.keep(connection, self.talks, now=now)

    def _note(self, origin: Origin) -> None:
        if origin.source == "api":
            self.told_by_api.add(origin.url)
