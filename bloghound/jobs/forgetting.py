"""Forgetting a site everywhere: database, index, archives; and keeping it forgotten."""

from dataclasses import dataclass

from bloghound.settings import Settings
from bloghound.urls import site_of
from crawler.archive.erasure import erase_site
from ranking.index import forget as forget_in_index
from storage import archives, erasure, suppressions
from storage.database import open_database
from storage.erasure import Receipt
from storage.tables.base import utc_now


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What was removed of a site: rows, archived requests and answers, and generations that were rewritten."""

    site_key: str
    receipt: Receipt
    archived_records: int
    generations: int


def run_forget(settings: Settings, site: str) -> Forgotten:
    """Remove a site from the database, every kept generation and our own archives, and suppress it.

    A blogger with other sites leaves the index too, until the next ``bloghound index`` brings back what is left.
    Raises AddressError when ``site`` is no address, NotFoundError when it is not stored (it is suppressed then too).
    """
    key = site_of(site).key
    database = open_database(settings)
    try:
        with database.transaction() as connection:
            # First and on its own: it must hold even when there is nothing to remove, or removing fails.
            suppressions.add(connection, settings.secret_key(), [key], reason="forgotten", now=utc_now())
        with database.transaction() as connection:
            receipt = erasure.forget(connection, key, secret_key=settings.secret_key(), now=utc_now())
        erased = erase_site(settings.archive_dir, key)
        with database.transaction() as connection:
            archives.move(connection, erased.moved)
        database.checkpoint()
    finally:
        database.close()
    generations = forget_in_index(settings.index_dir, receipt.blogger_public_id)
    return Forgotten(key, receipt, erased.records, generations)
