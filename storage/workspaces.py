"""Workspaces: one team's own room each."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from storage.tables import Workspace
from storage.tables.base import public_id, table_of
from storage.upserts import upsert

_WORKSPACE = table_of(Workspace)

DEFAULT = "default"
"""The workspace of a fresh installation."""


@dataclass(frozen=True, slots=True)
class WorkspaceRow:
    """A workspace as stored."""

    workspace_id: int
    public_id: str
    name: str


def ensure(connection: Connection, name: str, *, now: datetime) -> WorkspaceRow:
    """The workspace of that name, made when it is new."""
    row = {"public_id": public_id("wsp", name), "name": name, "created_at": now}
    upsert(connection, _WORKSPACE, [row], key=["public_id"])
    found = connection.execute(
        select(_WORKSPACE.c.id, _WORKSPACE.c.public_id, _WORKSPACE.c.name).where(
            _WORKSPACE.c.public_id == row["public_id"]
        )
    ).one()
    return WorkspaceRow(found.id, found.public_id, found.name)


def find(connection: Connection, name: str) -> WorkspaceRow | None:
    """The workspace of that name; a look that makes none."""
    columns = (_WORKSPACE.c.id, _WORKSPACE.c.public_id, _WORKSPACE.c.name)
    row = connection.execute(select(*columns).where(_WORKSPACE.c.public_id == public_id("wsp", name))).first()
    return None if row is None else WorkspaceRow(*row)
