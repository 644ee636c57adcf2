"""Niches: a workspace's briefs, by name; what belongs to another workspace is as good as not there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from bloghound.errors import ConflictError, NotFoundError
from storage.tables import Niche
from storage.tables.base import random_id, table_of
from storage.upserts import batches

_NICHE = table_of(Niche)
_SHOWN = (
    _NICHE.c.public_id,
    _NICHE.c.name,
    _NICHE.c.brief,
    _NICHE.c.examples_like,
    _NICHE.c.examples_unlike,
    _NICHE.c.languages,
    _NICHE.c.exclude_terms,
    _NICHE.c.exclude_sites,
    _NICHE.c.weights,
    _NICHE.c.created_at,
    _NICHE.c.updated_at,
)
_MINE = (_NICHE.c.workspace_id == bindparam("workspace"), _NICHE.c.public_id == bindparam("niche"))
_ONE = select(*_SHOWN).where(*_MINE)
_FIRST = (
    select(*_SHOWN).where(_NICHE.c.workspace_id == bindparam("workspace")).order_by(_NICHE.c.name).limit(bindparam("n"))
)
_NEXT = _FIRST.where(_NICHE.c.name > bindparam("after"))
_DELETE = delete(_NICHE).where(*_MINE)


@dataclass(frozen=True, slots=True)
class StoredNiche:
    """A niche as it is kept; ``weights`` is empty when the default ones apply."""

    public_id: str
    name: str
    brief: str
    examples_like: list[str]
    examples_unlike: list[str]
    languages: list[str]
    exclude_terms: list[str]
    exclude_sites: list[str]
    weights: dict[str, float]
    created_at: datetime
    updated_at: datetime


FIELDS = (
    "name",
    "brief",
    "examples_like",
    "examples_unlike",
    "languages",
    "exclude_terms",
    "exclude_sites",
    "weights",
)
"""What a team writes of a niche."""


def page(connection: Connection, workspace_id: int, *, limit: int, after_name: str | None = None) -> list[StoredNiche]:
    """At most ``limit`` niches of a workspace by name, those after ``after_name``."""
    query = _FIRST if after_name is None else _NEXT
    values = {"workspace": workspace_id, "n": limit} | ({} if after_name is None else {"after": after_name})
    return [StoredNiche(*row) for row in connection.execute(query, values)]


def every(connection: Connection) -> list[StoredNiche]:
    """The niches of all workspaces, oldest first: what a crawl, which serves all of them, looks for."""
    return [StoredNiche(*row) for row in connection.execute(select(*_SHOWN).order_by(_NICHE.c.id))]


def get(connection: Connection, workspace_id: int, public_id: str) -> StoredNiche:
    """One niche; raises NotFoundError."""
    row = connection.execute(_ONE, {"workspace": workspace_id, "niche": public_id}).first()
    if row is None:
        raise _not_found(public_id)
    return StoredNiche(*row)


def find(connection: Connection, public_id: str) -> StoredNiche | None:
    """One niche of whichever workspace, as it is now; None where it is gone."""
    row = connection.execute(select(*_SHOWN).where(_NICHE.c.public_id == public_id)).first()
    return None if row is None else StoredNiche(*row)


def with_ids(connection: Connection, public_ids: Sequence[str]) -> dict[str, StoredNiche]:
    """The niches with these public ids, of whatever workspace, by public id."""
    chosen = (select(*_SHOWN).where(_NICHE.c.public_id.in_(batch)) for batch in batches(public_ids))
    found = (StoredNiche(*row) for query in chosen for row in connection.execute(query))
    return {niche.public_id: niche for niche in found}


def by_name(connection: Connection, workspace_id: int, name: str) -> StoredNiche | None:
    """The niche of that name; a workspace has one at most."""
    query = select(*_SHOWN).where(_NICHE.c.workspace_id == workspace_id, _NICHE.c.name == name)
    row = connection.execute(query).first()
    return None if row is None else StoredNiche(*row)


def create(connection: Connection, workspace_id: int, fields: Mapping[str, Any], *, now: datetime) -> StoredNiche:
    """Keep a new niche of the given :data:`FIELDS`; raises ConflictError when the workspace has one of that name."""
    public_id = random_id("nch")
    row = Niche(public_id=public_id, workspace_id=workspace_id, created_at=now, updated_at=now, **fields)
    try:
        connection.execute(insert(_NICHE), row.model_dump(exclude={"id"}))
    except IntegrityError as error:
        raise _name_taken(fields) from error
    return get(connection, workspace_id, public_id)


def change(
    connection: Connection, workspace_id: int, public_id: str, fields: Mapping[str, Any], *, now: datetime
) -> StoredNiche:
    """Set some of :data:`FIELDS`; raises NotFoundError, and ConflictError for a taken name."""
    if fields:
        statement = update(_NICHE).where(*_MINE).values(**fields, updated_at=now)
        try:
            connection.execute(statement, {"workspace": workspace_id, "niche": public_id})
        except IntegrityError as error:
            raise _name_taken(fields) from error
    return get(connection, workspace_id, public_id)


def remove(connection: Connection, workspace_id: int, public_id: str) -> None:
    """Delete a niche; raises NotFoundError."""
    if not connection.execute(_DELETE, {"workspace": workspace_id, "niche": public_id}).rowcount:
        raise _not_found(public_id)


def _not_found(public_id: str) -> NotFoundError:
    return NotFoundError(f"There is no niche {public_id}.")


def _name_taken(fields: Mapping[str, Any]) -> ConflictError:
    return ConflictError(f"There is a niche named {fields.get('name')!r} already.")
