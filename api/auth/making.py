"""Making keys: for the command line, the API and the first start alike."""

from collections.abc import Iterable
from datetime import datetime

from api.auth.actor import Scope
from api.auth.keys import SHOWN_CHARS, hash_of, new_key
from bloghound.errors import InputError
from storage import access, workspaces
from storage.access import KeyRow
from storage.database import Connection, Database
from storage.tables.base import utc_now


def make_key(
    connection: Connection,
    workspace_id: int,
    *,
    name: str,
    scopes: Iterable[Scope],
    expires_at: datetime | None = None,
) -> tuple[str, KeyRow]:
    """A new key, in the clear for this once, and its row. Raises InputError for an end that has passed."""
    key, now = new_key(), utc_now()
    if expires_at is not None and expires_at <= now:
        raise InputError("The key would have expired already; its end must lie in the future.")
    row = access.add_key(
        connection,
        workspace_id,
        name=name,
        prefix=key[:SHOWN_CHARS],
        key_hash=hash_of(key),
        scopes=sorted(set(scopes)),
        now=now,
        expires_at=expires_at,
    )
    return key, row


def first_key(database: Database) -> tuple[str | None, KeyRow]:
    """The newest admin key's row; on a fresh installation one is made, and given in the clear as well."""
    now = utc_now()
    with database.transaction() as connection:
        row = access.newest_admin_key(connection, now=now)
        if row is not None:
            return None, row
        workspace = workspaces.ensure(connection, workspaces.DEFAULT, now=now)
        return make_key(connection, workspace.workspace_id, name="first key", scopes=[Scope.ADMIN])
