"""What every table shares: names of constraints, column types that behave alike on SQLite and PostgreSQL, ids."""

import base64
import hashlib
import secrets
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import JSON, ColumnElement, DateTime, Dialect, Table, Text, type_coerce
from sqlalchemy.types import NullType, TypeDecorator
from sqlmodel import SQLModel

metadata = SQLModel.metadata
# Fixed names let Alembic drop and compare constraints on both databases.
metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class UtcDateTime(TypeDecorator[datetime]):
    """A timezone-aware UTC time; SQLite, which has no such type, gets it without its zone and gives it back with it."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Times without a zone are a programming error, not a guess."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value!r} has no time zone")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Always aware, always UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def as_stored(column: ColumnElement[datetime | None]) -> ColumnElement[Any]:
    """A :class:`UtcDateTime` column read as the driver gives it, for queries of millions of rows: see `as_utc`."""
    return type_coerce(column, NullType())


def as_utc(stored: str | datetime | None) -> datetime | None:
    """The time that `as_stored` read: SQLite's drivers give text without a zone, PostgreSQL's a time with one."""
    if stored is None:
        return None
    return datetime.fromisoformat(f"{stored}+00:00") if isinstance(stored, str) else stored.astimezone(UTC)


class CleanText(TypeDecorator[str]):
    """Text of foreign origin: PostgreSQL refuses NUL and neither database takes lone surrogates, so both go here."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """The text without what no database can hold."""
        return None if value is None else clean_text(value)


class CleanJson(TypeDecorator[Any]):
    """JSON whose strings are cleaned like :class:`CleanText`."""

    impl = JSON(none_as_null=True)
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:  # noqa: ARG002
        """The value with every string cleaned, at any depth."""
        return _clean_json(value)


def clean_text(text: str) -> str:
    """``text`` without NUL characters and with lone surrogates replaced."""
    if "\x00" in text:
        text = text.replace("\x00", "")
    return text.encode("utf-8", "replace").decode("utf-8") if not text.isascii() else text


def _clean_json(value: Any) -> Any:
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, dict):
        return {_clean_json(key): _clean_json(item) for key, item in value.items()}
    return [_clean_json(item) for item in value] if isinstance(value, list | tuple) else value


def table_of(model: type[SQLModel]) -> Table:
    """The SQLAlchemy table behind a model, for queries that move many rows."""
    return metadata.tables[str(model.__tablename__)]


def public_id(prefix: str, *natural_key: str) -> str:
    """A stable id such as ``blg_4f…``: the same natural key gives the same id in every installation."""
    digest = hashlib.blake2b("\x00".join(natural_key).encode("utf-8", "replace"), digest_size=10).digest()
    return f"{prefix}_{base64.b32encode(digest).decode('ascii').lower()}"


CLOCKS_DIFFER = timedelta(minutes=5)
"""Machines of one network agree better on the time than this; what is dated later was written by a clock that was
ahead and has been put back since."""


def utc_now() -> datetime:
    """The present time, UTC."""
    return datetime.now(UTC)


def random_id(prefix: str) -> str:
    """A new id such as ``lst_7k…`` for what has no natural key; 80 random bits."""
    return f"{prefix}_{base64.b32encode(secrets.token_bytes(10)).decode('ascii').lower()}"
