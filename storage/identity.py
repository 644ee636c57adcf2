"""Joining sites to one blogger on a stored proof, and taking a join back."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, exists, or_, select, update

from storage.tables import Blogger, BloggerProof, ShortlistEntry, Site
from storage.tables.base import table_of
from storage.upserts import upsert

_BLOGGER, _SITE, _PROOF, _ENTRY = table_of(Blogger), table_of(Site), table_of(BloggerProof), table_of(ShortlistEntry)


@dataclass(frozen=True, slots=True)
class Joined:
    """The blogger that two sites now share, and whether anything changed."""

    blogger_id: int
    changed: bool


def join(
    connection: Connection,
    blog_site_id: int,
    profile_site_id: int,
    *,
    method: str,
    evidence: Mapping[str, Any],
    now: datetime,
) -> Joined:
    """Give both sites to the first one's blogger and store why; the profile's own blogger, now without sites, goes."""
    row = {
        "site_id": blog_site_id,
        "other_site_id": profile_site_id,
        "method": method,
        "evidence": dict(evidence),
        "observed_at": now,
    }
    upsert(connection, _PROOF, [row], key=["site_id", "other_site_id", "method"], update=["evidence", "observed_at"])
    kept, given_up = (
        connection.execute(select(_SITE.c.blogger_id).where(_SITE.c.id == site_id)).scalar_one()
        for site_id in (blog_site_id, profile_site_id)
    )
    if kept == given_up:
        return Joined(kept, changed=False)
    connection.execute(update(_SITE).where(_SITE.c.blogger_id == given_up).values(blogger_id=kept))
    _move_entries(connection, given_up, kept)
    connection.execute(delete(_BLOGGER).where(_BLOGGER.c.id == given_up))
    return Joined(kept, changed=True)


def _move_entries(connection: Connection, given_up: int, kept: int) -> None:
    other = _ENTRY.alias("other")
    taken = exists().where(other.c.shortlist_id == _ENTRY.c.shortlist_id, other.c.blogger_id == kept)
    connection.execute(update(_ENTRY).where(_ENTRY.c.blogger_id == given_up, ~taken).values(blogger_id=kept))


def proofs(connection: Connection, site_id: int) -> list[dict[str, Any]]:
    """The proofs that name a site on either side."""
    query = select(_PROOF).where(or_(_PROOF.c.site_id == site_id, _PROOF.c.other_site_id == site_id))
    return [dict(row) for row in connection.execute(query).mappings()]
