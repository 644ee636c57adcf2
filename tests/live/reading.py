"""What a crawl stored of a blog, as a test asks for it: by the last part of a post's address."""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from bloghound.jobs.crawl import run_crawl
from bloghound.records import CrawlReport, EngagementKind, EngagementReading, RankableBlogger, RankablePost
from bloghound.settings import Settings
from crawler.safety.policy import Endpoint
from storage import rankable
from storage.database import open_database
from tests.crawling import query


@dataclass(frozen=True)
class Read:
    """A finished crawl of one site."""

    settings: Settings
    report: CrawlReport

    @property
    def bloggers(self) -> list[RankableBlogger]:
        with closing(open_database(self.settings)) as database, database.read() as connection:
            return list(rankable.bloggers(connection, rankable.outlines(connection)))

    @property
    def posts(self) -> dict[str, RankablePost]:
        """The posts by the last part of their addresses."""
        return {slug_of(post.url): post for blogger in self.bloggers for post in blogger.posts}

    @property
    def titles(self) -> dict[int, str]:
        """The titles of all posts by post id."""
        ids = [post.post_id for blogger in self.bloggers for post in blogger.posts]
        with closing(open_database(self.settings)) as database, database.read() as connection:
            return {one.post_id: one.title for one in rankable.texts(connection, ids)}

    def comments_by_source(self, slug: str) -> dict[str, list[tuple[object, ...]]]:
        """Of each source that knows the comments on a post: their ids, whose they are, and whether the author's.

        Whose they are is said by the place where the same person comes first.
        """
        rows = [row[:1] + row[2:] for row in query(self.settings, _COMMENTS) if slug_of(str(row[1])) == slug]
        found = {str(source): [row[1:] for row in rows if row[0] == source] for source, *_ in rows}
        return {
            source: [
                (key, person, bool(by_author))
                for (key, _, by_author), person in zip(told, patterns([row[1] for row in told]), strict=True)
            ]
            for source, told in found.items()
        }


_COMMENTS = (
    "SELECT post_comment.source, post.url, comment_key, commenter_hash, by_author FROM post_comment "
    "JOIN post ON post.id = post_id ORDER BY post_comment.source, comment_key"
)


def crawl(folder: Path, home_url: str, host: str, endpoint: Endpoint) -> Read:
    """Crawl a blog whose name stands for an endpoint on loopback."""
    settings = Settings(data_dir=folder, extraction_workers=1)
    return Read(settings, run_crawl(settings, [home_url], static_hosts={host: endpoint}))


def slug_of(url: str) -> str:
    """The last part of an address's path, or its query where the path is empty."""
    parts = urlsplit(url)
    return parts.path.strip("/").rpartition("/")[2] or parts.query


def comments(post: RankablePost) -> EngagementReading | None:
    """The number of comments on a post, or why it is unknown."""
    return next((one for one in post.engagement if one.kind is EngagementKind.COMMENTS), None)


def patterns(people: Sequence[object]) -> list[int]:
    """Each one as the place where the same comes first: hashes and names that stand for the same people are alike."""
    return [list(people).index(one) for one in people]
