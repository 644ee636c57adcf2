"""Who may use the service: keys, one-time sign-ins, sessions of the page, and answers kept for safe retries."""

from datetime import datetime
from typing import Any

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from storage.tables.base import CleanJson, CleanText, UtcDateTime


class ApiKey(SQLModel, table=True):
    """A key of the service: only its hash is kept."""

    __tablename__ = "api_key"

    id: int | None = Field(default=None, primary_key=True)
    public_id: str = Field(unique=True)
    workspace_id: int = Field(foreign_key="workspace.id", ondelete="CASCADE", index=True)
    name: str = Field(sa_type=CleanText)
    prefix: str
    """The first characters of the key, by which its owner knows it."""
    key_hash: str = Field(unique=True)
    scopes: list[str] = Field(default_factory=list, sa_type=CleanJson)
    created_at: datetime = Field(sa_type=UtcDateTime)
    expires_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    revoked_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    last_used_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class SignIn(SQLModel, table=True):
    """A link that signs a browser in, once, with the rights of a key."""

    __tablename__ = "sign_in"

    id: int | None = Field(default=None, primary_key=True)
    token_hash: str = Field(unique=True)
    api_key_id: int = Field(foreign_key="api_key.id", ondelete="CASCADE", index=True)
    created_at: datetime = Field(sa_type=UtcDateTime)
    expires_at: datetime = Field(sa_type=UtcDateTime)


class WebSession(SQLModel, table=True):
    """A signed-in browser: only the hash of its cookie is kept."""

    __tablename__ = "web_session"

    id: int | None = Field(default=None, primary_key=True)
    token_hash: str = Field(unique=True)
    api_key_id: int = Field(foreign_key="api_key.id", ondelete="CASCADE", index=True)
    created_at: datetime = Field(sa_type=UtcDateTime)
    expires_at: datetime = Field(sa_type=UtcDateTime)


class IdempotencyRecord(SQLModel, table=True):
    """The first answer to a request with an ``Idempotency-Key``, for 24 hours; without a status while it is made."""

    __tablename__ = "idempotency_record"
    __table_args__ = (UniqueConstraint("api_key_id", "idempotency_key"),)

    id: int | None = Field(default=None, primary_key=True)
    api_key_id: int = Field(foreign_key="api_key.id", ondelete="CASCADE")
    idempotency_key: str = Field(sa_type=CleanText)
    request_hash: str
    """SHA-256 of method, path, query and body."""
    status: int | None = None
    headers: dict[str, Any] = Field(default_factory=dict, sa_type=CleanJson)
    body: str = Field(default="", sa_type=CleanText)
    created_at: datetime = Field(sa_type=UtcDateTime, index=True)
