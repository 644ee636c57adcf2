"""Forgetting a site everywhere: database, index, archives, log; and keeping it forgotten."""

from dataclasses import dataclass

from bloghound.errors import ConflictError, NotFoundError
from bloghound.jobs.suppression_copy import write_copy
from bloghound.logs import remove_records
from bloghound.settings import Settings
from bloghound.urls import canonical_url, holder_key
from crawler.archive.erasure import erase_site
from crawler.identity.claims import profile_address
from ranking.index import forget as forget_in_index
from ranking.index.forget import Removal
from storage import archives, erasure, jobs, optouts, sites, suppressions
from storage.database import Database, open_database
from storage.erasure import Indexed, Receipt
from storage.tables.base import utc_now

_WWW = "www."


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What was removed of a site: rows, archived requests and answers, generations rewritten, lines of the log."""

    site_key: str
    receipt: Receipt
    archived_records: int
    generations: int
    log_lines: int
    twin_key: str | None = None
    """The same name with or without ``www.``, where that is stored as a site of its own: it was left alone."""
    generations_deleted: int = 0
    """Generations that were damaged or of another format, and so went whole: 'bloghound index' builds a new one."""
    busy_archives: int = 0
    """Archives that a crawl is writing, which could not be rewritten: the removal has to be done again."""

    @property
    def is_empty(self) -> bool:
        """Whether there was nothing to remove."""
        return not (any(self.receipt.removed.values()) or self.archived_records or self.generations or self.log_lines)


def run_forget(settings: Settings, site: str) -> Forgotten:
    """Remove a site from the database, every kept generation, our own archives and the log, and suppress it.

    An interrupted removal is finished by the next one. A blogger with other sites leaves the index too, until the next
    ``bloghound index`` brings back what is left. Raises AddressError when ``site`` is no address; and, when all that
    can be done is done: StorageError while another process keeps the database from being cleaned, ConflictError while
    a crawl is writing archives, NotFoundError when there was nothing to remove (the site is suppressed then too).
    """
    key = holder_key(profile_address(canonical_url(site)))
    database = open_database(settings)
    try:
        with database.transaction() as connection:
            # First and on its own: it must hold even when there is nothing to remove, or removing fails.
            suppressions.add(connection, settings.secret_key(), [key], reason=suppressions.FORGOTTEN, now=utc_now())
        write_copy(settings, database)
        done = erase(settings, database, key)
        # What the owner of a profile comments as may only have become known on the way.
        write_copy(settings, database)
        database.checkpoint()
    finally:
        database.close()
    if done.busy_archives:
        raise ConflictError(
            f"A crawl is writing to {done.busy_archives} of the archives, so they may still hold answers of {key}; all "
            "else is removed. Run forget again when the crawl has ended."
        )
    if done.is_empty:
        deleted = f" {deleted_whole(done.generations_deleted)}" if done.generations_deleted else ""
        raise NotFoundError(
            f"No site {key!r} is stored{_but(done.twin_key)}; it will not be stored in future either.{deleted}"
        )
    return done


def erase(settings: Settings, database: Database, key: str) -> Forgotten:
    """Remove a site from everywhere, the jobs and requests that name it included; all counts 0 when it is not stored.

    Once no archive was busy, its requests to opt out are fulfilled. The caller ends with :meth:`Database.checkpoint`.
    """
    done = _remove(settings, database, key)
    with database.transaction() as connection:
        if not done.busy_archives:
            optouts.settle(connection, key, now=utc_now())
            jobs.scrub(connection, key)
    return done


def deleted_whole(generations: int) -> str:
    """What to say of generations that were deleted whole."""
    return (
        f"Generations of the index deleted since they were damaged or of another format: {generations}. "
        "'bloghound index' builds a new one."
    )


def _but(twin_key: str | None) -> str:
    return f" ({twin_key!r} is, as a site of its own)" if twin_key else ""


def _remove(settings: Settings, database: Database, key: str) -> Forgotten:
    """Remove a site from database, archives, index and log.

    The rows go after what only they lead to: an interrupted removal can then be done again.
    """
    with database.read() as connection:
        known = erasure.indexed(connection, key)
        twin = key.removeprefix(_WWW) if key.startswith(_WWW) else _WWW + key
        twin_key = next(iter(sites.ids_by_key(connection, [twin])), None)
    records, busy = _erase_archived(settings, database, key)
    removal = _forget_in_index(settings, key, known)
    with database.transaction() as connection:
        receipt = erasure.forget(connection, key, secret_key=settings.secret_key(), now=utc_now(), busy_archives=busy)
    # Once more: an index that was being built meanwhile may have read the rows.
    again = _forget_in_index(settings, key, known)
    log_lines = remove_records(settings, lambda text: erasure.mentions(text, key))
    return Forgotten(
        key,
        receipt,
        records,
        removal.rewritten + again.rewritten,
        log_lines,
        twin_key,
        removal.deleted + again.deleted,
        len(busy),
    )


def _forget_in_index(settings: Settings, key: str, known: Indexed) -> Removal:
    return forget_in_index(settings.index_dir, *known.public_ids, site_key=key, post_ids=known.post_ids)


def _erase_archived(settings: Settings, database: Database, key: str) -> tuple[int, list[str]]:
    with database.read() as connection:
        places = archives.places_to_erase(connection, key)
    records, busy = 0, []
    for segment in erase_site(settings.archive_dir, key, places):
        records += segment.records
        if segment.busy:
            busy.append(segment.name)
            continue
        with database.transaction() as connection:
            archives.move(connection, segment.name, segment.moved)
    return records, busy
