"""Posts: stored in batches, each under all its addresses; listed, settled and counted."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, insert, select, tuple_, update

from bloghound.urls import fold_or_empty, fold_url
from storage import sites
from storage.merging import MIN_DUPLICATE_WORDS, PostBook, ReadPost, StoredPost, address_claims, content_hash, text_hash
from storage.tables import Author, Post, PostAddress, Site
from storage.tables.base import table_of
from storage.upserts import batches, upsert

_POST, _ADDRESS, _SITE, _AUTHOR = table_of(Post), table_of(PostAddress), table_of(Site), table_of(Author)


# Fields of StoredPost that are columns of the same name (``author`` comes by a join).
_SAME_NAMES = (
    *("site_id", "url", "title", "text", "content_hash", "text_hash", "date_source", "author", "language"),
    *("source", "words", "state", "in_feed", "text_reserved", "disclosures", "warc_file", "warc_offset"),
)

BATCH_LISTING = 500
"""Posts held at once while listing: at some 10 kB of text each, 5 MB."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What storing one read post came to: its id, and whether it is new or was changed."""

    post_id: int
    new: bool
    updated: bool


def keep(connection: Connection, reads: Sequence[tuple[int, ReadPost]], *, now: datetime) -> list[Kept]:
    """Store read posts, given as (site id, post); one result for each, in order."""
    book = _book_for(connection, reads)
    entered = [book.enter(site_id, read) for site_id, read in reads]
    distinct = list({id(post): post for post in entered}.values())
    was_new = {id(post): post.post_id is None for post in distinct}
    _write(connection, distinct, now)
    kept: list[Kept] = []
    counted: set[int] = set()
    for post in entered:
        first = id(post) not in counted
        counted.add(id(post))
        new = was_new[id(post)]
        kept.append(Kept(post.post_id or 0, new=first and new, updated=first and post.changed and not new))
    return kept


def _book_for(connection: Connection, reads: Sequence[tuple[int, ReadPost]]) -> PostBook:
    keys = {(site_id, folded) for site_id, read in reads for folded in address_claims(read)}
    addresses: list[tuple[int, str, str, int]] = []
    for batch in batches(sorted(keys)):
        query = select(_ADDRESS.c.site_id, _ADDRESS.c.folded_url, _ADDRESS.c.claim, _ADDRESS.c.post_id).where(
            tuple_(_ADDRESS.c.site_id, _ADDRESS.c.folded_url).in_(batch)
        )
        addresses.extend((row[0], row[1], row[2], row[3]) for row in connection.execute(query))
    ids = {post_id for *_, post_id in addresses} | _ids_of_same_texts(connection, reads)
    return PostBook(_load(connection, sorted(ids)), addresses)


def _ids_of_same_texts(connection: Connection, reads: Sequence[tuple[int, ReadPost]]) -> set[int]:
    texts = {
        (site_id, text_hash(read.post.text))
        for site_id, read in reads
        if read.post.words >= MIN_DUPLICATE_WORDS and not read.text_reserved
    }
    found: set[int] = set()
    for batch in batches(sorted(texts)):
        query = select(_POST.c.id).where(tuple_(_POST.c.site_id, _POST.c.text_hash).in_(batch))
        found.update(connection.execute(query).scalars())
    return found


def _load(connection: Connection, ids: Sequence[int]) -> Iterator[StoredPost]:
    for batch in batches(ids):
        query = (
            select(_POST, _AUTHOR.c.name.label("author"))
            .outerjoin(_AUTHOR, _AUTHOR.c.id == _POST.c.author_id)
            .where(_POST.c.id.in_(batch))
        )
        for row in connection.execute(query).mappings():
            yield _stored(row)


def _stored(row: Mapping[Any, Any]) -> StoredPost:
    return StoredPost(post_id=row["id"], published=row["published_at"], **{name: row[name] for name in _SAME_NAMES})


def _write(connection: Connection, posts: Sequence[StoredPost], now: datetime) -> None:
    named = [(post.site_id, post.author) for post in posts if post.changed and post.author]
    authors = sites.author_ids(connection, [(site_id, name) for site_id, name in named if name], now=now)
    new = [post for post in posts if post.post_id is None]
    if new:
        rows = [_row(post, authors, now) | {"first_seen": now} for post in new]
        statement = insert(_POST).returning(_POST.c.id, sort_by_parameter_order=True)
        for post, post_id in zip(new, connection.execute(statement, rows).scalars(), strict=True):
            post.post_id = post_id
    new_ids = {post.post_id for post in new}
    changed = [post for post in posts if post.changed and post.post_id not in new_ids]
    if changed:
        by_id = update(_POST).where(_POST.c.id == bindparam("changed_id"))
        connection.execute(by_id, [_row(post, authors, now) | {"changed_id": post.post_id} for post in changed])
    _write_addresses(connection, posts)


def _row(post: StoredPost, authors: Mapping[tuple[int, str], int], now: datetime) -> dict[str, Any]:
    return {
        "site_id": post.site_id,
        "author_id": authors.get((post.site_id, post.author)) if post.author else None,
        "url": post.url,
        "title": post.title,
        "text": post.text,
        "content_hash": post.content_hash,
        "text_hash": post.text_hash,
        "published_at": post.published,
        "date_source": post.date_source,
        "language": post.language,
        "source": post.source,
        "words": post.words,
        "state": post.state,
        "in_feed": post.in_feed,
        "text_reserved": post.text_reserved,
        "disclosures": post.disclosures,
        "warc_file": post.warc_file,
        "warc_offset": post.warc_offset,
        "updated_at": now,
    }


def _write_addresses(connection: Connection, posts: Sequence[StoredPost]) -> None:
    rows = [
        {"post_id": post.post_id, "site_id": post.site_id, "url": url, "folded_url": folded, "claim": claim}
        for post in posts
        for folded, (url, claim) in post.new_addresses.items()
    ]
    upsert(connection, _ADDRESS, rows, key=["site_id", "folded_url"], update=["post_id", "url", "claim"])


def settle(connection: Connection, site_id: int, page_is_post: Mapping[str, bool]) -> tuple[int, int]:
    """Decide a site's pages for good: ``page_is_post`` by page address; (posts made live, candidates removed)."""
    addresses = select(_ADDRESS.c.folded_url, _ADDRESS.c.post_id).where(_ADDRESS.c.site_id == site_id)
    owned: dict[str, int] = dict(connection.execute(addresses).all())
    decided: dict[int, bool] = {}
    for url, is_post in page_is_post.items():
        post_id = owned.get(fold_url(url))
        if post_id is not None:
            decided[post_id] = decided.get(post_id, False) or is_post
    of_pages = select(_POST.c.id, _POST.c.state).where(_POST.c.site_id == site_id, _POST.c.source == "page")
    states: dict[int, str] = dict(connection.execute(of_pages).all())
    live = [post_id for post_id, is_post in decided.items() if is_post and states.get(post_id) == "candidate"]
    gone = [post_id for post_id, is_post in decided.items() if not is_post and post_id in states]
    for batch in batches(live):
        connection.execute(update(_POST).where(_POST.c.id.in_(batch)).values(state="live"))
    for batch in batches(gone):
        connection.execute(delete(_POST).where(_POST.c.id.in_(batch)))
    return len(live), len(gone)


def feed_addresses(connection: Connection, site_id: int) -> list[str]:
    """Every address of the posts that a feed of the site has named; of the dated ones alone where there are any.

    Some feeds list every page of their site, the undated "about" and project pages included.
    """
    query = (
        select(_ADDRESS.c.url, _POST.c.published_at)
        .join(_POST, _POST.c.id == _ADDRESS.c.post_id)
        .where(_ADDRESS.c.site_id == site_id, _POST.c.in_feed.is_(True))
        .order_by(_ADDRESS.c.id)
    )
    named = connection.execute(query).all()
    dated = [str(row.url) for row in named if row.published_at is not None]
    return dated or [str(row.url) for row in named]


def drop_undated_feed_entries(connection: Connection, site_id: int) -> int:
    """Remove what only a feed named, and without a date, where the site's feeds date their posts; how many."""
    of_feeds = (_POST.c.site_id == site_id, _POST.c.source == "feed")
    dated = select(func.count()).where(*of_feeds, _POST.c.published_at.is_not(None))
    if not connection.execute(dated).scalar_one():
        return 0
    return connection.execute(delete(_POST).where(*of_feeds, _POST.c.published_at.is_(None))).rowcount


def reserve(connection: Connection, post_ids: Sequence[int], *, now: datetime) -> None:
    """Take the words of posts away, since their site reserves text mining; that they exist stays."""
    values = {
        "title": "",
        "text": "",
        "words": 0,
        "disclosures": [],
        "content_hash": content_hash("", ""),
        "text_hash": text_hash(""),
        "text_reserved": True,
        "updated_at": now,
    }
    for batch in batches(post_ids):
        connection.execute(update(_POST).where(_POST.c.id.in_(batch)).values(**values))


def reserved_among(connection: Connection, post_ids: Sequence[int]) -> set[int]:
    """Those of the posts whose site reserves text mining."""
    found: set[int] = set()
    for batch in batches(post_ids):
        query = select(_POST.c.id).where(_POST.c.id.in_(batch), _POST.c.text_reserved)
        found.update(connection.execute(query).scalars())
    return found


def remove(connection: Connection, post_ids: Sequence[int]) -> None:
    """Delete posts with all that belongs to them, since their owner asks not to be listed any more."""
    for batch in batches(post_ids):
        connection.execute(delete(_POST).where(_POST.c.id.in_(batch)))


def addresses_of(connection: Connection, site_id: int) -> list[tuple[int, str]]:
    """Id and address of every post of a site."""
    query = select(_POST.c.id, _POST.c.url).where(_POST.c.site_id == site_id).order_by(_POST.c.id)
    return [(row.id, row.url) for row in connection.execute(query)]


def count_live(connection: Connection, site_id: int) -> int:
    """Posts of a site."""
    query = select(func.count()).where(_POST.c.site_id == site_id, _POST.c.state == "live")
    return connection.execute(query).scalar_one()


def languages(connection: Connection, site_id: int) -> dict[str, int]:
    """Posts of a site by language, most first."""
    query = (
        select(_POST.c.language, func.count())
        .where(_POST.c.site_id == site_id, _POST.c.state == "live", _POST.c.language.is_not(None))
        .group_by(_POST.c.language)
        .order_by(func.count().desc(), _POST.c.language)
    )
    return dict(connection.execute(query).all())


def listing(connection: Connection) -> Iterator[dict[str, Any]]:
    """Every live post with its site and all addresses, ordered by site key and address; streamed."""
    found = (
        select(_POST, _SITE.c.key.label("site"))
        .join(_SITE, _SITE.c.id == _POST.c.site_id)
        .where(_POST.c.state == "live")
        .order_by(_SITE.c.key, _POST.c.url)
        .execution_options(yield_per=BATCH_LISTING)
    )
    for part in connection.execute(found).mappings().partitions():
        ids = [row["id"] for row in part]
        addresses: dict[int, list[str]] = {}
        query = select(_ADDRESS.c.post_id, _ADDRESS.c.url).where(_ADDRESS.c.post_id.in_(ids)).order_by(_ADDRESS.c.url)
        for post_id, url in connection.execute(query):
            addresses.setdefault(post_id, []).append(url)
        for row in part:
            yield dict(row) | {"addresses": addresses.get(row["id"], [row["url"]])}


def at_addresses(connection: Connection, site_id: int, urls: Iterable[str]) -> dict[str, int]:
    """Ids of a site's posts by address as given; addresses that are no post's are left out."""
    folded = {url: name for url in urls if (name := fold_or_empty(url))}
    known: dict[str, int] = {}
    for batch in batches(sorted(set(folded.values()))):
        query = select(_ADDRESS.c.folded_url, _ADDRESS.c.post_id)
        query = query.where(_ADDRESS.c.site_id == site_id, _ADDRESS.c.folded_url.in_(batch))
        known.update(connection.execute(query).all())
    return {url: known[name] for url, name in folded.items() if name in known}


def not_live(connection: Connection) -> frozenset[int]:
    """Ids of the posts that are not shown: candidates, and those that vanished."""
    return frozenset(connection.execute(select(_POST.c.id).where(_POST.c.state != "live")).scalars())
