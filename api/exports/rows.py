"""The rows and cells of an exported shortlist: pure decisions over values."""

from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from bloghound.jobs.contacts import Contacts
from bloghound.urls import host_of
from storage.shortlist_entries import ExportedEntry, StoredEntry

MAX_WHY_BYTES = 249
"""Text fields of mail and CRM tools end at 250 or 255 bytes; one is left for the apostrophe of a formula-safe cell."""

Cell = str | int | None


@dataclass(frozen=True, slots=True)
class ContactCells:
    """How a blogger wants to be reached; only for keys that may read contacts, where those are collected."""

    contact_wish: str = ""
    """What the blogger states about pitches, refusals first, in the words of the page."""
    email: str = ""
    contact_page: str = ""
    source_of_contact: str = ""
    """The page on which the address, the contact page or else the wish was read."""


@dataclass(frozen=True, slots=True)
class ExportRow:
    """One blogger of a list as tools import it; figures are whole numbers from 0 to 100, None where unknown."""

    external_id: str
    """Public id of the blogger: stable, so that a second import updates."""
    name: str
    company: str
    """Domain of the site, by which tools know a blogger without an address."""
    profile_url: str
    stage: str
    owner: str
    tags: list[str]
    notes: list[dict[str, Any]]
    languages: list[str]
    influence_score: int | None
    relevance: int | None
    engagement: int | None
    credibility: int | None
    sponsored_share: int | None
    why: str
    added_at: str
    added_from_generation: str
    added_from_niche: str
    added_from_query: str
    added_from_rank: int | None
    updated_at: str
    optout_checked_at: str
    contact: ContactCells | None = None
    """None for whoever may not see it."""


COLUMNS = tuple(name for name in ExportRow.__dataclass_fields__ if name != "contact")
"""Names of the columns, in order."""
CONTACT_COLUMNS = tuple(ContactCells.__dataclass_fields__)
"""Names of the further columns for keys that may read contacts."""


def without_opted_out(entries: Iterable[ExportedEntry], suppressed: Container[str]) -> Iterator[StoredEntry]:
    """The entries of bloggers none of whose sites is suppressed."""
    for one in entries:
        if not any(key in suppressed for key in one.site_keys):
            yield one.entry


def export_row(
    entry: StoredEntry,
    *,
    checked_at: datetime,
    figures: Mapping[str, Any] | None = None,
    contact: ContactCells | None = None,
) -> ExportRow:
    """The row of an entry whose opt-out was checked at ``checked_at``.

    ``figures`` are those of a ranking, from 0 to 1, and win over what the entry was added with.
    """
    known = {**entry.added_from, **(figures or {})}
    return ExportRow(
        external_id=entry.blogger.public_id,
        name=entry.blogger.name,
        company=company_of(entry.blogger.home_url),
        profile_url=entry.blogger.home_url,
        stage=entry.stage,
        owner=entry.owner,
        tags=entry.tags,
        notes=[{name: note[name] for name in ("author", "created_at", "text")} for note in entry.notes],
        languages=list(entry.blogger.languages),
        influence_score=percent(known.get("score")),
        relevance=percent(known.get("relevance")),
        engagement=percent(known.get("engagement")),
        credibility=percent(known.get("credibility")),
        sponsored_share=percent(known.get("sponsored_share")),
        why=cut_to_bytes(known.get("why") or "", MAX_WHY_BYTES),
        added_at=entry.created_at.isoformat(),
        added_from_generation=known.get("generation") or "",
        added_from_niche=known.get("niche") or "",
        added_from_query=known.get("query") or "",
        added_from_rank=known.get("rank"),
        updated_at=entry.updated_at.isoformat(),
        optout_checked_at=checked_at.isoformat(),
        contact=contact,
    )


def contact_cells(found: Contacts) -> ContactCells:
    """The cells of what a blogger publishes for contact."""
    stated = next((one for one in (found.address, found.page, *found.wishes) if one is not None), None)
    return ContactCells(
        contact_wish="; ".join(f"{wish.kind}: {wish.words}" for wish in found.wishes),
        email=found.address.value if found.address else "",
        contact_page=found.page.value if found.page else "",
        source_of_contact=stated.source_url if stated else "",
    )


def json_row(row: ExportRow) -> dict[str, Any]:
    """The row with lists as lists, None where a figure is unknown."""
    flat = asdict(row)
    contact = flat.pop("contact")
    return flat | (contact or {})


def cells(row: ExportRow) -> list[Cell]:
    """The row as cells of a table, in the order of :func:`columns_of`; None for an empty one."""
    flat = {
        "tags": "; ".join(row.tags),
        "notes": "\n".join(f"{note['created_at'][:10]} {note['author']}: {note['text']}" for note in row.notes),
        "languages": "; ".join(row.languages),
    }
    found = [flat[name] if name in flat else getattr(row, name) for name in COLUMNS]
    return found + [getattr(row.contact, name) for name in CONTACT_COLUMNS] if row.contact is not None else found


def columns_of(*, with_contacts: bool) -> tuple[str, ...]:
    """Names of the columns, in order."""
    return (*COLUMNS, *CONTACT_COLUMNS) if with_contacts else COLUMNS


def company_of(home_url: str) -> str:
    """The domain under which a site is known; empty when there is no address."""
    return host_of(home_url).removeprefix("www.")


def percent(share: float | None) -> int | None:
    """A whole number from 0 to 100 for a figure from 0 to 1; a score below 0 shows as 0."""
    return None if share is None else min(100, max(0, round(100 * share)))


def cut_to_bytes(text: str, limit: int) -> str:
    """The longest beginning of ``text`` with at most ``limit`` bytes of UTF-8; no character is cut in two."""
    return text.encode("utf-8", "replace")[:limit].decode("utf-8", "ignore")
