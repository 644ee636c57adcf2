"""Shortlists and their history as they are given and shown."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field

from api.schemas.teams import Name, RequestBody
from bloghound.records import Stage
from storage.shortlist_history import StoredEvent
from storage.shortlists import StoredShortlist


class ListIn(RequestBody):
    """A shortlist to be made, or its new name."""

    name: Name = Field(description="Unique within the workspace.")


class ListOut(BaseModel):
    """A shortlist with how many entries it has at each stage."""

    id: str
    name: str
    version: int = Field(description="Counts changes; the `ETag` is made from it.")
    entries: int = Field(description="Entries at all stages.")
    stages: dict[Stage, int] = Field(description="Entries by stage, every stage named.")
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, stored: StoredShortlist) -> "ListOut":
        """As stored."""
        return cls(
            id=stored.public_id,
            name=stored.name,
            version=stored.version,
            entries=sum(stored.stages.values()),
            stages={stage: stored.stages.get(stage.value, 0) for stage in Stage},
            created_at=stored.created_at,
            updated_at=stored.updated_at,
        )


class EventOut(BaseModel):
    """One change of a shortlist."""

    actor: str = Field(description="Name of the key that did it.")
    action: str = Field(description="`list.created`, `list.renamed`, `entry.added`, `entry.changed`, …")
    blogger_id: str | None = Field(description="null where the list itself changed.")
    blogger_name: str | None
    changes: dict[str, Any] = Field(description="Field → [before, after].")
    created_at: datetime

    @classmethod
    def of(cls, event: StoredEvent) -> "EventOut":
        """As stored."""
        return cls(
            actor=event.actor,
            action=event.action,
            blogger_id=event.blogger_public_id,
            blogger_name=event.blogger_name,
            changes=event.changes,
            created_at=event.created_at,
        )
