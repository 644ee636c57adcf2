"""Who may use the service: API keys, one-time sign-ins, and sessions of the page. Only hashes are stored."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, bindparam, delete, insert, or_, select, update

from storage.tables import ApiKey, SignIn, WebSession, Workspace
from storage.tables.base import random_id, table_of

_KEY, _SIGN_IN, _SESSION, _WORKSPACE = table_of(ApiKey), table_of(SignIn), table_of(WebSession), table_of(Workspace)


@dataclass(frozen=True, slots=True)
class KeyRow:
    """A key as stored, with its workspace; never the key itself."""

    key_id: int
    public_id: str
    name: str
    prefix: str
    scopes: tuple[str, ...]
    workspace_id: int
    workspace_public_id: str
    workspace_name: str
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None

    def valid_at(self, now: datetime) -> bool:
        """Whether it may be used."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)


def _keys() -> Select[Any]:
    return select(
        _KEY.c.id,
        _KEY.c.public_id,
        _KEY.c.name,
        _KEY.c.prefix,
        _KEY.c.scopes,
        _KEY.c.workspace_id,
        _WORKSPACE.c.public_id.label("workspace_public_id"),
        _WORKSPACE.c.name.label("workspace_name"),
        _KEY.c.created_at,
        _KEY.c.expires_at,
        _KEY.c.revoked_at,
        _KEY.c.last_used_at,
    ).join(_WORKSPACE, _WORKSPACE.c.id == _KEY.c.workspace_id)


_BY_HASH = _keys().where(_KEY.c.key_hash == bindparam("hash"))
_BY_SESSION = (
    _keys()
    .join(_SESSION, _SESSION.c.api_key_id == _KEY.c.id)
    .where(
        _SESSION.c.token_hash == bindparam("hash"),
        _SESSION.c.expires_at > bindparam("now", type_=_SESSION.c.expires_at.type),
    )
)


def _row(found: Any) -> KeyRow:
    values = dict(found._mapping)
    return KeyRow(key_id=values.pop("id"), scopes=tuple(values.pop("scopes")), **values)


def add_key(
    connection: Connection,
    workspace_id: int,
    *,
    name: str,
    prefix: str,
    key_hash: str,
    scopes: Sequence[str],
    now: datetime,
    expires_at: datetime | None = None,
) -> KeyRow:
    """Store a new key's hash."""
    connection.execute(
        insert(_KEY),
        [
            {
                "public_id": random_id("key"),
                "workspace_id": workspace_id,
                "name": name,
                "prefix": prefix,
                "key_hash": key_hash,
                "scopes": list(scopes),
                "created_at": now,
                "expires_at": expires_at,
            }
        ],
    )
    found = key_by_hash(connection, key_hash)
    if found is None:
        raise AssertionError("the key that was just stored is there")
    return found


def key_by_hash(connection: Connection, key_hash: str) -> KeyRow | None:
    """The key with that hash, valid or not."""
    found = connection.execute(_BY_HASH, {"hash": key_hash}).first()
    return None if found is None else _row(found)


def keys_of(connection: Connection, workspace_id: int) -> list[KeyRow]:
    """All keys of a workspace, newest first."""
    query = _keys().where(_KEY.c.workspace_id == workspace_id).order_by(_KEY.c.id.desc())
    return [_row(found) for found in connection.execute(query)]


def all_keys(connection: Connection) -> list[KeyRow]:
    """All keys of the installation, newest first."""
    return [_row(found) for found in connection.execute(_keys().order_by(_KEY.c.id.desc()))]


def revoke(connection: Connection, public_id: str, *, now: datetime, workspace_id: int | None = None) -> bool:
    """Revoke a key (of one workspace, when given) and end its sessions; False when there is no such key."""
    wanted = update(_KEY).where(_KEY.c.public_id == public_id, _KEY.c.revoked_at.is_(None))
    if workspace_id is not None:
        wanted = wanted.where(_KEY.c.workspace_id == workspace_id)
    key_id = connection.execute(wanted.values(revoked_at=now).returning(_KEY.c.id)).scalar()
    if key_id is None:
        return False
    connection.execute(delete(_SESSION).where(_SESSION.c.api_key_id == key_id))
    connection.execute(delete(_SIGN_IN).where(_SIGN_IN.c.api_key_id == key_id))
    return True


def touch(connection: Connection, key_id: int, *, now: datetime) -> None:
    """Note when a key was last used."""
    connection.execute(update(_KEY).where(_KEY.c.id == key_id).values(last_used_at=now))


def add_sign_in(connection: Connection, key_id: int, token_hash: str, *, now: datetime, expires_at: datetime) -> None:
    """Store a one-time sign-in; those that have expired go."""
    connection.execute(delete(_SIGN_IN).where(_SIGN_IN.c.expires_at <= now))
    row = {"token_hash": token_hash, "api_key_id": key_id, "created_at": now, "expires_at": expires_at}
    connection.execute(insert(_SIGN_IN), [row])


def use_sign_in(connection: Connection, token_hash: str, *, now: datetime) -> int | None:
    """The key of a sign-in, which is used up by this; None when it was used, has expired, or never was."""
    used = delete(_SIGN_IN).where(_SIGN_IN.c.token_hash == token_hash, _SIGN_IN.c.expires_at > now)
    return connection.execute(used.returning(_SIGN_IN.c.api_key_id)).scalar()


def add_session(connection: Connection, key_id: int, token_hash: str, *, now: datetime, expires_at: datetime) -> None:
    """Store a session of the page; those that have expired go."""
    connection.execute(delete(_SESSION).where(_SESSION.c.expires_at <= now))
    row = {"token_hash": token_hash, "api_key_id": key_id, "created_at": now, "expires_at": expires_at}
    connection.execute(insert(_SESSION), [row])


def key_by_session(connection: Connection, token_hash: str, *, now: datetime) -> KeyRow | None:
    """The key behind a session that has not ended."""
    found = connection.execute(_BY_SESSION, {"hash": token_hash, "now": now}).first()
    return None if found is None else _row(found)


def end_session(connection: Connection, token_hash: str) -> None:
    """Sign a browser out."""
    connection.execute(delete(_SESSION).where(_SESSION.c.token_hash == token_hash))


@dataclass(frozen=True, slots=True)
class SessionRow:
    """A browser that is signed in, by which key and until when."""

    session_id: int
    token_hash: str
    key_name: str
    created_at: datetime
    expires_at: datetime


def sessions_of(connection: Connection, workspace_id: int, *, now: datetime) -> list[SessionRow]:
    """The browsers that are signed in with keys of a workspace, newest first."""
    columns = (_SESSION.c.id, _SESSION.c.token_hash, _KEY.c.name, _SESSION.c.created_at, _SESSION.c.expires_at)
    query = select(*columns).join(_KEY, _KEY.c.id == _SESSION.c.api_key_id)
    query = query.where(_KEY.c.workspace_id == workspace_id, _SESSION.c.expires_at > now)
    return [SessionRow(*found) for found in connection.execute(query.order_by(_SESSION.c.id.desc()))]


def end_session_of(connection: Connection, workspace_id: int, session_id: int) -> None:
    """Sign a browser of a workspace out; one that is gone already is as good."""
    of_workspace = select(_KEY.c.id).where(_KEY.c.workspace_id == workspace_id)
    wanted = delete(_SESSION).where(_SESSION.c.id == session_id, _SESSION.c.api_key_id.in_(of_workspace))
    connection.execute(wanted)


def newest_admin_key(connection: Connection, *, now: datetime) -> KeyRow | None:
    """The newest valid key with the scope ``admin``; None on a fresh installation."""
    query = (
        _keys()
        .where(_KEY.c.revoked_at.is_(None), or_(_KEY.c.expires_at.is_(None), _KEY.c.expires_at > now))
        .order_by(_KEY.c.id.desc())
    )
    return next((row for row in map(_row, connection.execute(query)) if "admin" in row.scopes), None)
