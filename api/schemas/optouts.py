"""Requests to be left out, as they are made and shown."""

from datetime import datetime
from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from api.schemas.crawls import Address
from storage.optouts import OptOutRecord


class OptOutState(StrEnum):
    """How a request stands."""

    REQUESTED = "requested"
    ERASED = "erased"
    REJECTED = "rejected"


class OptOutIn(BaseModel):
    """Who asks to be left out."""

    model_config = ConfigDict(extra="forbid")

    address: Address = Field(description="A blog or profile: its address, or `@ann@social.example`.")
    note: str = Field(default="", max_length=500, description="Anything you want to say; it is not stored.")


class OptOutReceiptOut(BaseModel):
    """The same for everybody, whether or not anything of the site is stored."""

    id: str = Field(description="By which the request can be asked about.")
    state: OptOutState
    effective: Literal["now"] = Field(description="From now on the site is neither crawled, shown nor exported.")
    erase_after: datetime = Field(description="Then everything stored of it is erased.")


class OptOutStateOut(BaseModel):
    """How a request stands, and nothing else."""

    id: str
    state: OptOutState


class OptOutOut(BaseModel):
    """A request as administrators see it."""

    id: str
    state: OptOutState
    site_key: str | None = Field(description="Null once everything of the site is erased.")
    erase_after: datetime | None
    created_at: datetime
    decided_at: datetime | None

    @classmethod
    def of(cls, row: OptOutRecord) -> "OptOutOut":
        """As stored."""
        return cls(
            id=row.public_id,
            state=OptOutState(row.state),
            site_key=row.site_key,
            erase_after=row.erase_after,
            created_at=row.created_at,
            decided_at=row.decided_at,
        )
