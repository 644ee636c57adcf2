"""Keys as they are asked for and shown."""

from datetime import datetime

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from api.auth.actor import Scope
from storage.access import KeyRow


class KeyIn(BaseModel):
    """A key to be made in one's own workspace."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=100, description="What it is for.")
    scopes: list[Scope] = Field(min_length=1, max_length=len(Scope), description="What it may do.")
    expires_at: AwareDatetime | None = Field(default=None, description="When it ends; null: never.")


class KeyOut(BaseModel):
    """A key, without the key itself."""

    id: str
    name: str
    prefix: str = Field(description="How the key begins, by which its owner knows it.")
    scopes: list[str]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None = Field(description="To the minute.")

    @classmethod
    def of(cls, row: KeyRow) -> "KeyOut":
        """As stored."""
        return cls(
            id=row.public_id,
            name=row.name,
            prefix=row.prefix,
            scopes=list(row.scopes),
            created_at=row.created_at,
            expires_at=row.expires_at,
            revoked_at=row.revoked_at,
            last_used_at=row.last_used_at,
        )


class NewKeyOut(KeyOut):
    """A key that was just made; the only answer that holds it."""

    key: str | None = Field(
        description="Shown this once; only its hash is stored. Null where the answer is repeated for an "
        "`Idempotency-Key`: revoke a key whose first answer was lost, and make another."
    )


class KeysOut(BaseModel):
    """All keys of the workspace."""

    data: list[KeyOut]
