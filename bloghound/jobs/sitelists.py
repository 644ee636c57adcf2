"""Importing lists of sites: every row gets its own answer, and a wrong one never costs the others."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from bloghound.errors import ImportFileError
from bloghound.jobs.naming import Judged, Refusal, judge
from bloghound.jobs.seeds import ListError, SeedEntry, decode, entries_of
from bloghound.settings import Settings
from storage import sites, suppressions
from storage.database import Database
from storage.tables.base import public_id, utc_now

MAX_ROWS = 10_000
"""As many as one crawl takes as seeds; a longer list is imported in parts."""


class RowStatus(StrEnum):
    """What became of a row."""

    ADDED = "added"
    KNOWN = "known"
    SUPPRESSED = "suppressed"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class ImportedRow:
    """One row's answer; ``site_id`` and ``home_url`` are None when it did not come in."""

    row: int
    text: str
    status: RowStatus
    site_id: str | None = None
    home_url: str | None = None
    message: str = ""


def list_of(content: bytes, charset: str = "") -> list[SeedEntry]:
    """The entries of an uploaded list: lines, CSV or OPML, told apart by what is in it.

    Raises ImportFileError when it cannot be read at all, names nothing, or is too long.
    """
    try:
        entries = entries_of(decode(content, charset))
    except ListError as error:
        raise ImportFileError(f"The list is not valid {error}.") from error
    return checked(entries)


def checked(entries: Sequence[SeedEntry]) -> list[SeedEntry]:
    """The entries, when there are some and not too many; raises ImportFileError."""
    if not entries:
        raise ImportFileError("The list names no address: give one a line, CSV with a column of addresses, or OPML.")
    if len(entries) > MAX_ROWS:
        raise ImportFileError(f"The list has {len(entries):,} rows; import at most {MAX_ROWS:,} at a time.")
    return list(entries)


def import_sites(settings: Settings, database: Database, entries: Sequence[SeedEntry]) -> list[ImportedRow]:
    """Make the sites of a list known, in one transaction; a row for each entry, in their order."""
    with database.transaction() as connection:
        suppressed = suppressions.load(connection, settings.secret_key())
        judged = [(entry, judge(entry.text, suppressed)) for entry in entries]
        named = {one.site.key: one.site for _, one in reversed(judged) if one.site is not None}
        known = set(sites.ids_by_key(connection, list(named)))
        sites.ensure(connection, list(named.values()), now=utc_now())
    return _answers(judged, known)


def _answers(judged: Sequence[tuple[SeedEntry, Judged]], known: set[str]) -> list[ImportedRow]:
    """A site that is listed twice is added once, and known after that."""
    met, rows = set(known), []
    for entry, one in judged:
        if one.site is None:
            status = RowStatus.SUPPRESSED if one.refusal is Refusal.SUPPRESSED else RowStatus.REFUSED
            rows.append(ImportedRow(entry.row, entry.text, status, message=one.message))
            continue
        status = RowStatus.KNOWN if one.site.key in met else RowStatus.ADDED
        met.add(one.site.key)
        rows.append(ImportedRow(entry.row, entry.text, status, public_id("site", one.site.key), one.site.home_url))
    return rows
