"""Which blogger each site has: those joined by proofs that count share one, all others have one of their own.

The bloggers follow from the proofs alone, so a proof that is gone separates what it joined, and whatever else joins two
sites keeps them together. Central name: :func:`regroup`.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, case, delete, or_, select, update

from storage import judgements, niche_rankings
from storage.entry_transfer import transfer
from storage.tables import Blogger, BloggerProof, Site
from storage.tables.base import public_id, table_of
from storage.upserts import batches, upsert

_BLOGGER, _SITE, _PROOF = table_of(Blogger), table_of(Site), table_of(BloggerProof)


@dataclass(frozen=True, slots=True)
class _Member:
    """A site with its present blogger and the key of the site by which that blogger is known."""

    site_id: int
    key: str
    kind: str
    blogger_id: int
    founding_key: str

    @property
    def is_profile(self) -> bool:
        return self.kind == "profile"


def regroup(connection: Connection, site_ids: Collection[int], *, now: datetime) -> None:
    """Give the sites, and all that are or were joined with them, to the bloggers that the proofs make.

    Joined bloggers become the one that was known first, a blog's before a profile's; entries of shortlists,
    judgements and places in kept rankings go with it. A site that leaves gets the blogger that it would have alone, and
    all of these stay where they are.
    """
    members, joins = _locked(connection, site_ids)
    groups = _components(members, joins)
    kept = [_kept_blogger(connection, group, now) for group in groups]
    for blogger_id, group in zip(kept, groups, strict=True):
        moved = sorted(one.site_id for one in group if one.blogger_id != blogger_id)
        for batch in batches(moved):
            connection.execute(update(_SITE).where(_SITE.c.id.in_(batch)).values(blogger_id=blogger_id))
    for given_up in sorted({one.blogger_id for one in members}.difference(kept)):
        heir = kept[_group_of(given_up, groups)]
        transfer(connection, given_up, heir, now=now)
        judgements.transfer(connection, given_up, heir)
        niche_rankings.transfer(connection, given_up, heir)
        connection.execute(delete(_BLOGGER).where(_BLOGGER.c.id == given_up))


def hold(connection: Connection, site_ids: Collection[int]) -> None:
    """Until the transaction ends, let nobody else join or part the sites, or whatever is bound to them.

    Whoever changes proofs holds their sites first: what was taken back meanwhile is then read as taken back.
    """
    _locked(connection, site_ids)


def _group_of(blogger_id: int, groups: Sequence[Sequence[_Member]]) -> int:
    """Which group a blogger goes on in: the one with its founding site, else the first that has a site of it."""
    theirs = [
        (one.key != one.founding_key, place)
        for place, group in enumerate(groups)
        for one in group
        if one.blogger_id == blogger_id
    ]
    return min(theirs)[1]


def _locked(connection: Connection, site_ids: Collection[int]) -> tuple[list[_Member], list[tuple[int, int]]]:
    """All sites that the proofs or a present blogger bind to these, with the proofs, under lock.

    Another worker may join the same bloggers at the same time: whoever locks them first goes first, in one order, and
    the other looks again. All are found before the first is locked, so that nobody waits while holding some of them.
    """
    known = set(site_ids)
    locked: set[int] = set()
    while True:
        bloggers = _bloggers_of(connection, known)
        members = _members(connection, bloggers)
        joins = _joins(connection, [one.site_id for one in members])
        reached = known | {one.site_id for one in members} | {site_id for pair in joins for site_id in pair}
        if reached != known:
            known = reached
        elif bloggers <= locked:
            return members, joins
        else:
            locked = _lock(connection, bloggers)


def _lock(connection: Connection, blogger_ids: Collection[int]) -> set[int]:
    # SQLite, which has no locks on rows, gives a whole transaction that writes to one at a time.
    query = select(_BLOGGER.c.id).where(_BLOGGER.c.id.in_(sorted(blogger_ids))).order_by(_BLOGGER.c.id)
    return set(connection.execute(query.with_for_update()).scalars())


def _bloggers_of(connection: Connection, site_ids: Collection[int]) -> set[int]:
    found: set[int] = set()
    for batch in batches(sorted(site_ids)):
        found.update(connection.execute(select(_SITE.c.blogger_id).where(_SITE.c.id.in_(batch))).scalars())
    return found


def _members(connection: Connection, blogger_ids: Collection[int]) -> list[_Member]:
    query = (
        select(_SITE.c.id, _SITE.c.key, _SITE.c.kind, _SITE.c.blogger_id, _BLOGGER.c.site_key)
        .join(_BLOGGER, _BLOGGER.c.id == _SITE.c.blogger_id)
        .order_by(case((_SITE.c.kind == "profile", 1), else_=0), _SITE.c.key)
    )
    return [
        _Member(*row)
        for batch in batches(sorted(blogger_ids))
        for row in connection.execute(query.where(_SITE.c.blogger_id.in_(batch)))
    ]


def _joins(connection: Connection, site_ids: Sequence[int]) -> list[tuple[int, int]]:
    """The pairs of sites that proofs join, one of each among the given."""
    found: set[tuple[int, int]] = set()
    for batch in batches(sorted(site_ids)):
        ours = or_(_PROOF.c.site_id.in_(batch), _PROOF.c.other_site_id.in_(batch))
        query = select(_PROOF.c.site_id, _PROOF.c.other_site_id).where(ours, _PROOF.c.revoked_at.is_(None))
        found.update((row[0], row[1]) for row in connection.execute(query))
    return sorted(found)


def _components(members: Sequence[_Member], joins: Iterable[tuple[int, int]]) -> list[list[_Member]]:
    """The sites in groups that are joined, each in the order of ``members``."""
    group_of = {one.site_id: [one] for one in members}
    for one, other in joins:
        small, large = sorted((group_of[one], group_of[other]), key=len)
        if small is not large:
            large.extend(small)
            group_of.update(dict.fromkeys((member.site_id for member in small), large))
    order = {one.site_id: place for place, one in enumerate(members)}
    groups = {id(group): group for group in group_of.values()}.values()
    return [sorted(group, key=lambda one: order[one.site_id]) for group in groups]


def _kept_blogger(connection: Connection, group: Sequence[_Member], now: datetime) -> int:
    """The blogger of a group: of those founded on its sites the first; a new one where its founder is elsewhere."""
    founders = [one for one in group if one.key == one.founding_key]
    if founders:
        return min(founders, key=lambda one: (one.is_profile, one.blogger_id)).blogger_id
    key = group[0].key
    row = {"public_id": public_id("blg", key), "name": "", "site_key": key, "created_at": now}
    upsert(connection, _BLOGGER, [row], key=["site_key"])
    return int(connection.execute(select(_BLOGGER.c.id).where(_BLOGGER.c.site_key == key)).scalar_one())
