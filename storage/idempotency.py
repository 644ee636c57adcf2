"""Answers kept for 24 hours, so that a request that is sent again is answered again and not done again."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, select, update

from bloghound.errors import ConflictError
from storage.tables import IdempotencyRecord
from storage.tables.base import table_of
from storage.upserts import upsert

_RECORD = table_of(IdempotencyRecord)

KEPT = timedelta(hours=24)
"""As long as the service promises to know a request again."""

UNFINISHED = timedelta(minutes=5)
"""A request that has no answer after this died with its process: every request is given up long before."""


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """The first answer to a request."""

    status: int
    headers: Mapping[str, str]
    body: str


def begin(
    connection: Connection, api_key_id: int, idempotency_key: str, request_hash: str, *, now: datetime
) -> KeptAnswer | None:
    """Claim the key for this request, or give the answer that it got; raises ConflictError when it is another's."""
    connection.execute(delete(_RECORD).where(_RECORD.c.created_at < now - KEPT))
    mine = (_RECORD.c.api_key_id == api_key_id) & (_RECORD.c.idempotency_key == idempotency_key)
    connection.execute(delete(_RECORD).where(mine, _RECORD.c.status.is_(None), _RECORD.c.created_at < now - UNFINISHED))
    found = connection.execute(select(_RECORD).where(mine)).first()
    if found is None:
        row = {
            "api_key_id": api_key_id,
            "idempotency_key": idempotency_key,
            "request_hash": request_hash,
            "headers": {},
            "body": "",
            "created_at": now,
        }
        upsert(connection, _RECORD, [row], key=["api_key_id", "idempotency_key"])
        found = connection.execute(select(_RECORD).where(mine)).one()
        if found.request_hash == request_hash and found.created_at == now:
            return None
    return _kept(found, request_hash)


def _kept(found: Any, request_hash: str) -> KeptAnswer:
    if found.request_hash != request_hash:
        raise ConflictError("This Idempotency-Key was used for another request; choose a new one.")
    if found.status is None:
        raise ConflictError("The first request with this Idempotency-Key is still under way; ask again in a moment.")
    return KeptAnswer(found.status, found.headers, found.body)


def keep(connection: Connection, api_key_id: int, idempotency_key: str, answer: KeptAnswer) -> None:
    """Keep the answer to a request that :func:`begin` let through."""
    connection.execute(
        update(_RECORD)
        .where(_RECORD.c.api_key_id == api_key_id, _RECORD.c.idempotency_key == idempotency_key)
        .values(status=answer.status, headers=dict(answer.headers), body=answer.body)
    )


def forget_naming(connection: Connection, names: Collection[str]) -> None:
    """Forget the answers that hold any of these names: asked for again, they are made anew without them."""
    for name in names:
        connection.execute(delete(_RECORD).where(_RECORD.c.body.contains(name, autoescape=True)))


def forget_all(connection: Connection) -> None:
    """Forget every answer, as where they may hold in many forms what was erased; a retry is simply done anew."""
    connection.execute(delete(_RECORD))


def release(connection: Connection, api_key_id: int, idempotency_key: str) -> None:
    """Forget a request that was refused or failed: nothing was done, so it may be sent again."""
    connection.execute(
        delete(_RECORD).where(
            _RECORD.c.api_key_id == api_key_id,
            _RECORD.c.idempotency_key == idempotency_key,
            _RECORD.c.status.is_(None),
        )
    )
