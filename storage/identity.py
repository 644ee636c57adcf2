"""Proofs that sites are one blogger's: stored, refused, expired, taken back; and the facts they are judged by.

Which proofs count is decided by :mod:`crawler.identity`; who the bloggers then are by :mod:`storage.grouping`. A proof
that somebody took back stays taken back: no crawl brings it in again. Central names: :func:`settle`,
:func:`take_back`.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, func, or_, select, update

from storage import grouping
from storage.tables import Author, Blogger, BloggerProof, Post, Site
from storage.tables.base import public_id, table_of
from storage.upserts import batches, upsert

_SITE, _PROOF, _BLOGGER = table_of(Site), table_of(BloggerProof), table_of(Blogger)
_AUTHOR, _POST = table_of(Author), table_of(Post)

BY_PERSON = "by "
"""What ``revoked_by`` begins with where somebody took a proof back; their name follows."""


NO_SUCH_PROFILE = "there is no such profile"
"""What the reason of a failed visit begins with where the platform itself says so."""


class Refusal(StrEnum):
    """Why a crawl does not count a proof; unlike a person's word it ends when the reason does."""

    TEAM = "team"
    """The site is several people's."""
    HUB = "hub"
    """More sites are bound together than anybody has."""
    EXPIRED = "expired"
    """One side no longer names the other."""


class ProofState(StrEnum):
    """Whether a proof joins its sites, and if not, why."""

    VALID = "valid"
    TEAM = "team"
    HUB = "hub"
    EXPIRED = "expired"
    TAKEN_BACK = "taken_back"


@dataclass(frozen=True, slots=True)
class SiteFacts:
    """What is known of a site that tells whose it may be: how it is called, and who signs how many of its posts."""

    site_id: int
    key: str
    home_url: str
    title: str = ""
    authors: tuple[tuple[str, int], ...] = ()
    language: str = ""
    """ISO 639-1 code of the language of most of its posts; empty where none is known."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two sites that name each other: by which method, where each says so, and why that joins nothing, if so."""

    site_id: int
    other_site_id: int
    method: str
    evidence: Mapping[str, str]
    refusal: Refusal | None = None


@dataclass(frozen=True, slots=True)
class StoredProof:
    """A proof as it is shown; ``public_id`` is the same as long as the two sites and the method are."""

    proof_id: int
    public_id: str
    site_key: str
    other_site_key: str
    blogger: str
    other_blogger: str
    """Public ids of the bloggers that the two sites have now."""
    method: str
    evidence: dict[str, Any]
    observed_at: datetime
    state: ProofState
    revoked_at: datetime | None
    revoked_by: str
    """Who took it back; empty otherwise."""


# Facts


def related(connection: Connection, site_id: int) -> list[int]:
    """A site, the other sites of its blogger, and those that a proof names together with it, whatever its state."""
    same = select(_SITE.c.blogger_id).where(_SITE.c.id == site_id).scalar_subquery()
    of_blogger = connection.execute(select(_SITE.c.id).where(_SITE.c.blogger_id == same)).scalars()
    columns = select(_PROOF.c.site_id, _PROOF.c.other_site_id)
    proven = connection.execute(columns.where(_naming([site_id]))).all()
    return sorted({site_id, *of_blogger, *(one for pair in proven for one in pair)})


def _naming(site_ids: Collection[int]) -> ColumnElement[bool]:
    return or_(_PROOF.c.site_id.in_(site_ids), _PROOF.c.other_site_id.in_(site_ids))


def facts(connection: Connection, site_ids: Collection[int]) -> list[SiteFacts]:
    """What is known of sites, in the order of their ids."""
    authors: dict[int, list[tuple[str, int]]] = {}
    found: list[SiteFacts] = []
    for batch in batches(sorted(site_ids)):
        for row in connection.execute(_signed(batch)):
            authors.setdefault(row.site_id, []).append((row.name, row.posts))
        columns = [_SITE.c[name] for name in ("id", "key", "home_url", "title", "language")]
        rows = connection.execute(select(*columns).where(_SITE.c.id.in_(batch)).order_by(_SITE.c.id))
        found += [
            SiteFacts(row.id, row.key, row.home_url, row.title, tuple(authors.get(row.id, ())), row.language or "")
            for row in rows
        ]
    return found


def _signed(site_ids: Sequence[int]) -> Any:
    return (
        select(_AUTHOR.c.site_id, _AUTHOR.c.name, func.count().label("posts"))
        .join(_POST, and_(_POST.c.author_id == _AUTHOR.c.id, _POST.c.state == "live"))
        .where(_AUTHOR.c.site_id.in_(site_ids))
        .group_by(_AUTHOR.c.site_id, _AUTHOR.c.name)
        .order_by(_AUTHOR.c.site_id, func.count().desc(), _AUTHOR.c.name)
    )


def gone(connection: Connection, site_keys: Collection[str]) -> frozenset[str]:
    """Those of the keys whose profile is no more, as its platform says; one that was not reached is not gone."""
    found: set[str] = set()
    for batch in batches(sorted(site_keys)):
        query = select(_SITE.c.key).where(_SITE.c.key.in_(batch), _SITE.c.health_reason.startswith(NO_SUCH_PROFILE))
        found.update(connection.execute(query).scalars())
    return frozenset(found)


# Proofs


def settle(connection: Connection, site_ids: Collection[int], pairs: Sequence[Pair], *, now: datetime) -> None:
    """Store what is proven between sites now, let expire what is not, and give the sites to their bloggers.

    ``pairs`` is everything that the sites prove; a stored proof between one of them and any other site that is not
    among them has lost its ground. What somebody took back stays taken back, by whatever method it would come again.
    """
    grouping.hold(connection, site_ids)
    taken_back = _taken_back(connection, site_ids)
    proven = [pair for pair in pairs if frozenset((pair.site_id, pair.other_site_id)) not in taken_back]
    _expire(connection, site_ids, proven, now)
    for refusal in (None, *Refusal):
        _keep(connection, [pair for pair in proven if pair.refusal is refusal], refusal, now)
    grouping.regroup(connection, site_ids, now=now)


def _taken_back(connection: Connection, site_ids: Collection[int]) -> set[frozenset[int]]:
    query = select(_PROOF.c.site_id, _PROOF.c.other_site_id).where(_PROOF.c.revoked_by.startswith(BY_PERSON))
    return {
        frozenset((row.site_id, row.other_site_id))
        for batch in batches(sorted(site_ids))
        for row in connection.execute(query.where(_naming(batch)))
    }


def _expire(connection: Connection, site_ids: Collection[int], proven: Sequence[Pair], now: datetime) -> None:
    held = {(pair.site_id, pair.other_site_id, pair.method) for pair in proven}
    columns = select(_PROOF.c.id, _PROOF.c.site_id, _PROOF.c.other_site_id, _PROOF.c.method)
    # What was refused for a team may since have lost its ground as well; what somebody took back stays theirs.
    open_ = ~_PROOF.c.revoked_by.startswith(BY_PERSON) & (_PROOF.c.revoked_by != Refusal.EXPIRED.value)
    lost = [
        row.id
        for batch in batches(sorted(site_ids))
        for row in connection.execute(columns.where(_naming(batch), open_))
        if (row.site_id, row.other_site_id, row.method) not in held
    ]
    for batch in batches(lost):
        values = {"revoked_at": now, "revoked_by": Refusal.EXPIRED.value}
        connection.execute(update(_PROOF).where(_PROOF.c.id.in_(batch)).values(**values))


def _keep(connection: Connection, pairs: Sequence[Pair], refusal: Refusal | None, now: datetime) -> None:
    rows = [
        {
            "site_id": pair.site_id,
            "other_site_id": pair.other_site_id,
            "method": pair.method,
            "evidence": dict(pair.evidence),
            "observed_at": now,
            "revoked_at": None if refusal is None else now,
            "revoked_by": "" if refusal is None else refusal.value,
        }
        # In one order, so that two workers that close sites of one blogger never wait for each other.
        for pair in sorted(pairs, key=lambda pair: (pair.site_id, pair.other_site_id, pair.method))
    ]
    key = ["site_id", "other_site_id", "method"]
    upsert(connection, _PROOF, rows, key=key, update=["evidence", "observed_at", "revoked_at", "revoked_by"])


def join(
    connection: Connection,
    site_id: int,
    other_site_id: int,
    *,
    method: str,
    evidence: Mapping[str, str],
    now: datetime,
) -> None:
    """Store one proof and give both sites to one blogger, besides whatever else is proven of them."""
    pair = Pair(site_id, other_site_id, method, evidence)
    grouping.hold(connection, [site_id, other_site_id])
    if frozenset((site_id, other_site_id)) not in _taken_back(connection, [site_id]):
        _keep(connection, [pair], None, now)
    grouping.regroup(connection, [site_id, other_site_id], now=now)


def take_back(connection: Connection, proof_ids: Collection[int], *, by: str, now: datetime) -> None:
    """Let proofs count no more, for good; sites that nothing else joins get bloggers of their own again."""
    query = select(_PROOF.c.site_id, _PROOF.c.other_site_id).where(_PROOF.c.id.in_(sorted(proof_ids)))
    site_ids = {site_id for pair in connection.execute(query) for site_id in pair}
    grouping.hold(connection, site_ids)
    values = {"revoked_at": now, "revoked_by": f"{BY_PERSON}{by}"}
    by_nobody = ~_PROOF.c.revoked_by.startswith(BY_PERSON)
    connection.execute(update(_PROOF).where(_PROOF.c.id.in_(sorted(proof_ids)), by_nobody).values(**values))
    grouping.regroup(connection, site_ids, now=now)


def proofs(connection: Connection, site_ids: Collection[int]) -> list[StoredProof]:
    """The proofs that name any of the sites, oldest first."""
    other, owner, other_owner = _SITE.alias("other"), _BLOGGER.alias("owner"), _BLOGGER.alias("other_owner")
    query = (
        select(
            _PROOF,
            _SITE.c.key.label("site_key"),
            other.c.key.label("other_site_key"),
            owner.c.public_id.label("blogger"),
            other_owner.c.public_id.label("other_blogger"),
        )
        .join(_SITE, _SITE.c.id == _PROOF.c.site_id)
        .join(other, other.c.id == _PROOF.c.other_site_id)
        .join(owner, owner.c.id == _SITE.c.blogger_id)
        .join(other_owner, other_owner.c.id == other.c.blogger_id)
        .where(_naming(sorted(site_ids)))
        .order_by(_PROOF.c.observed_at, _PROOF.c.id)
    )
    return [_stored(row) for row in connection.execute(query)]


def _stored(row: Any) -> StoredProof:
    by_person = row.revoked_by.startswith(BY_PERSON)
    return StoredProof(
        proof_id=row.id,
        public_id=public_id("prf", row.site_key, row.other_site_key, row.method),
        site_key=row.site_key,
        other_site_key=row.other_site_key,
        blogger=row.blogger,
        other_blogger=row.other_blogger,
        method=row.method,
        evidence=row.evidence,
        observed_at=row.observed_at,
        state=ProofState.TAKEN_BACK if by_person else ProofState(row.revoked_by or "valid"),
        revoked_at=row.revoked_at,
        revoked_by=row.revoked_by.removeprefix(BY_PERSON) if by_person else "",
    )
