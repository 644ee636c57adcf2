"""The real blogs of ``shared/corpus``, parsed: what measurements of the extraction start from."""

import csv
import gzip
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path

from fastwarc.warc import ArchiveIterator, WarcRecordType

from bloghound.errors import ParseError
from bloghound.urls import host_of
from crawler.extract.document import parse_document
from crawler.extract.site_context import page_key
from crawler.parsed import Document, FeedEntry, ParsedDocument, ParsedFeed, ParsedPage

SHARED = Path("../shared")
"""Where the data lies: beside the checkout."""
MIN_FULL_CHARS = 200
"""A feed's shorter texts say little about where a post's text ends."""
_BATCH = 256


@dataclass(slots=True)
class Blog:
    """One blog: its posts' pages (as the manifest names them) and its feeds' entries, both by page key."""

    host: str
    language: str
    posts: dict[str, ParsedPage] = field(default_factory=dict)
    entries: dict[str, FeedEntry] = field(default_factory=dict)

    def covered(self) -> list[tuple[ParsedPage, FeedEntry]]:
        """The posts whose whole text one of the feeds carries."""
        pairs = ((page, self.entries.get(key)) for key, page in self.posts.items())
        return [(page, entry) for page, entry in pairs if entry is not None and is_full(entry)]


def is_full(entry: FeedEntry) -> bool:
    """True for entries with a whole text that is long enough to be compared."""
    return entry.is_full_text and len(entry.post.text) >= MIN_FULL_CHARS


def read_blogs(corpus: Path, workers: int = 2) -> list[Blog]:
    """All blogs of the corpus in the folder ``corpus``; takes about a minute a process."""
    blogs = listed_blogs(corpus)
    with gzip.open(corpus / "manifest.csv.gz", "rt", encoding="utf-8", newline="") as file:
        posts = {row["url"] for row in csv.DictReader(file) if row["kind"] == "post"}
    for url, parsed in _parse_all(corpus, workers):
        blog = blogs.get(host_of(url))
        if blog is not None:
            _add(blog, parsed, is_post=url in posts)
    return list({blog.host: blog for blog in blogs.values()}.values())


def documents(corpus: Path) -> Iterator[Document]:
    """Every response of the corpus."""
    with (corpus / "dev.warc.gz").open("rb") as stream:
        for record in ArchiveIterator(stream, record_types=WarcRecordType.response, parse_http=True):
            url, fetched = record.headers["WARC-Target-URI"], datetime.fromisoformat(record.headers["WARC-Date"])
            yield Document(url, record.reader.read(), record.http_headers.get("Content-Type"), (), fetched)


def listed_blogs(corpus: Path) -> dict[str, Blog]:
    """The blogs by every host name they have."""
    with (corpus / "blogs.csv").open(encoding="utf-8", newline="") as file:
        blogs = {row["host"]: Blog(row["host"], row["language"]) for row in csv.DictReader(file)}
    with (corpus / "aliases.csv").open(encoding="utf-8", newline="") as file:
        aliases = {row["alias_host"]: row["canonical_host"] for row in csv.DictReader(file)}
    return blogs | {alias: blogs[host] for alias, host in aliases.items() if host in blogs}


def _parse_all(corpus: Path, workers: int) -> Iterator[tuple[str, ParsedDocument]]:
    waiting = documents(corpus)
    with ProcessPoolExecutor(workers) as pool:
        while batch := list(islice(waiting, _BATCH)):
            parsed = pool.map(_parse, batch, chunksize=8)
            yield from ((one.url, found) for one, found in zip(batch, parsed, strict=True) if found is not None)


def _parse(document: Document) -> ParsedDocument | None:
    try:
        return parse_document(document)
    except ParseError:
        return None


def _add(blog: Blog, parsed: ParsedDocument, *, is_post: bool) -> None:
    if isinstance(parsed, ParsedFeed) and not parsed.is_comment_feed:
        for entry in parsed.entries:
            kept = blog.entries.get(page_key(entry.post.url))
            # Tag feeds often cut what the main feed carries whole.
            if kept is None or len(entry.post.text) > len(kept.post.text):
                blog.entries[page_key(entry.post.url)] = entry
    elif isinstance(parsed, ParsedPage) and is_post and parsed.post is not None:
        blog.posts[page_key(parsed.url)] = parsed
