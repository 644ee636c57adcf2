"""Small bloggers in a real database, written through storage's own functions, for the tests of profiles and graphs."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from bloghound.records import (
    EngagementKind,
    EngagementReading,
    LinkContext,
    Outcome,
    ParsedPost,
    PostSource,
    SiteHealth,
)
from bloghound.records import Link as LinkValue
from storage import crawls, identity, links, results, sites
from storage.merging import ReadPost
from storage.results import PageResult
from storage.sites import NewSite

NOW = datetime(2026, 5, 1, tzinfo=UTC)
SECRET = b"k" * 32
COFFEE = (
    "Espresso shots, grinders and roasted beans fill this post about coffee at home, number {number} of a long row."
)
BICYCLE = "Gravel rides, a broken spoke and wet tyres fill this post about the bicycle club, number {number} of many."


class Stored:
    """A database with one crawl; every call adds to it. Sites are visited at ``NOW``, pages are seen at ``seen_at``."""

    def __init__(self, connection: Connection, seen_at: datetime = NOW) -> None:
        self.connection = connection
        self.seen_at = seen_at
        self.crawl_id = crawls.begin(connection, "crawl", {}, now=NOW).crawl_id

    def site(self, key: str, *, health: SiteHealth | None = SiteHealth.OK, reason: str = "", **facts: Any) -> int:
        """A visited site ``https://KEY``; ``found_from`` names the site on whose page it was found."""
        found_from = facts.pop("found_from", None)
        known = sites.ids_by_key(self.connection, [found_from]) if found_from else {}
        new = NewSite(
            key,
            f"https://{key}",
            depth=1 if found_from else 0,
            found_from_url=f"https://{found_from}/links" if found_from else None,
            found_from_site_id=known.get(found_from),
        )
        site_id = sites.ensure(self.connection, [new], now=NOW)[key]
        shown = {"title": key.split(".", maxsplit=1)[0].title(), "language": "en", "platform": "wordpress", **facts}
        if health is not None:
            sites.end_visit(self.connection, site_id, now=NOW, health=health, reason=reason, facts=shown)
        return site_id

    def posts(self, key: str, number: int = 1, *, text: str = COFFEE, days_apart: int = 7, **more: Any) -> None:
        """``number`` posts of a site, the newest dated ``NOW``; ``comments`` become readings, ``to`` links."""
        site_id = sites.ids_by_key(self.connection, [key])[key]
        comments, to, start = more.get("comments"), more.get("to", ()), more.get("start", 0)
        for index in range(start, start + number):
            post = ParsedPost(
                url=f"https://{key}/{index}",
                title=more.get("title", f"Entry {index}"),
                text=f"{key} {text.format(number=index)}",
                source=PostSource.PAGE,
                published=more.get("published", NOW - timedelta(days=days_apart * index)),
                date_source="json-ld",
                language=more.get("language", "en"),
                author=more.get("author"),
                links=tuple(LinkValue(url, LinkContext.CONTENT, more.get("rel", ()), "a word") for url in to),
                engagement=_readings(comments),
            )
            self.keep(site_id, post)

    def keep(self, site_id: int, post: ParsedPost, now: datetime | None = None) -> None:
        """One post, as read from its page."""
        now = now or self.seen_at
        page = PageResult(self.crawl_id, site_id, post.url, Outcome.POST, now, "live", posts=(ReadPost(post),))
        results.record(self.connection, [page], secret_key=SECRET, now=now)

    def blogroll(self, key: str, targets: Sequence[str]) -> None:
        """Links on every page of a site."""
        site_id = sites.ids_by_key(self.connection, [key])[key]
        listed = [(site_id, LinkValue(url, LinkContext.BLOGROLL, ("noopener",))) for url in targets]
        links.keep_site_links(self.connection, listed, now=NOW)

    def join(self, key: str, profile: str) -> None:
        """Both sites are one blogger's."""
        ids = sites.ids_by_key(self.connection, [key, profile])
        evidence = {"blog": f"https://{key}", "profile": f"https://{profile}"}
        identity.join(self.connection, ids[key], ids[profile], method="rel-me", evidence=evidence, now=NOW)


def _readings(comments: int | None) -> tuple[EngagementReading, ...]:
    return () if comments is None else (EngagementReading(EngagementKind.COMMENTS, comments),)
