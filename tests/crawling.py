"""What the tests of crawls share: small archives, and a stored crawl as rows that can be compared by natural key."""

from collections.abc import Mapping
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import text

from bloghound.demo.exchange import Document
from bloghound.settings import Settings
from crawler.archive.writer import Exchange, WarcWriter
from storage.database import Database, open_database
from tests.mockweb import Content

FETCHED_AT = datetime(2026, 6, 1, tzinfo=UTC)

_NATURAL_ROWS = {
    "sites": "SELECT key, health, health_reason, kind, title FROM site",
    "places": "SELECT site.key, crawl_site.state, crawl_site.health, crawl_site.depth "
    "FROM crawl_site JOIN site ON site.id = site_id WHERE crawl_site.crawl_id = (SELECT max(id) FROM crawl)",
    "pages": "SELECT site.key, folded_url, page.state, page.kind, outcome FROM page JOIN site ON site.id = site_id",
    "posts": "SELECT site.key, post.url, post.title, source, post.state, content_hash, published_at "
    "FROM post JOIN site ON site.id = site_id",
    "addresses": "SELECT post.url, folded_url, claim FROM post_address JOIN post ON post.id = post_id",
    "links": "SELECT site.key, target_url, context FROM link JOIN site ON site.id = site_id",
}


def write_archive(folder: Path, sites: Mapping[str, Mapping[str, Content]]) -> Path:
    """A WARC file that holds the given pages under ``https://`` and their host."""
    writer = WarcWriter(folder)
    for host, pages in sites.items():
        for path, content in pages.items():
            document = content if isinstance(content, Document) else Document(str(content).encode())
            headers = (("Content-Type", document.content_type),)
            exchange = Exchange(f"https://{host}{path}", "GET", (), document.status, headers, document.body, FETCHED_AT)
            segment, _ = writer.write(exchange)
    writer.close()
    return segment


def query(settings: Settings, sql: str) -> list[tuple[object, ...]]:
    """The rows of a query to the database of an installation that may be at work."""
    with closing(open_database(settings)) as database, database.read() as connection:
        return [tuple(row) for row in connection.execute(text(sql))]


def natural_rows(database: Database) -> dict[str, list[tuple[object, ...]]]:
    """Everything that a crawl stored but its log, without ids and times of its own."""
    with database.read() as connection:
        return {
            name: sorted((tuple(row) for row in connection.execute(text(query))), key=repr)
            for name, query in _NATURAL_ROWS.items()
        }
