"""What a team keeps: workspaces, niches, and shortlists with their entries and their history."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from storage.tables.base import CleanJson, CleanText, UtcDateTime


class Workspace(SQLModel, table=True):
    """One team's own room: its niches, shortlists and keys are invisible to the others."""

    id: int | None = Field(default=None, primary_key=True)
    public_id: str = Field(unique=True)
    name: str = Field(sa_type=CleanText)
    created_at: datetime = Field(sa_type=UtcDateTime)


class Niche(SQLModel, table=True):
    """A brand's brief: free text, example and counter-example sites, languages, exclusions, weights."""

    __table_args__ = (UniqueConstraint("workspace_id", "name"),)

    id: int | None = Field(default=None, primary_key=True)
    public_id: str = Field(unique=True)
    workspace_id: int = Field(foreign_key="workspace.id", ondelete="CASCADE")
    name: str = Field(sa_type=CleanText)
    brief: str = Field(default="", sa_type=CleanText)
    examples_like: list[str] = Field(default_factory=list, sa_type=CleanJson)
    examples_unlike: list[str] = Field(default_factory=list, sa_type=CleanJson)
    languages: list[str] = Field(default_factory=list, sa_type=CleanJson)
    exclude_terms: list[str] = Field(default_factory=list, sa_type=CleanJson)
    exclude_sites: list[str] = Field(default_factory=list, sa_type=CleanJson)
    weights: dict[str, float] = Field(default_factory=dict, sa_type=CleanJson)
    created_at: datetime = Field(sa_type=UtcDateTime)
    updated_at: datetime = Field(sa_type=UtcDateTime)


class Shortlist(SQLModel, table=True):
    """The candidates a team keeps."""

    __table_args__ = (UniqueConstraint("workspace_id", "name"),)

    id: int | None = Field(default=None, primary_key=True)
    public_id: str = Field(unique=True)
    workspace_id: int = Field(foreign_key="workspace.id", ondelete="CASCADE")
    name: str = Field(sa_type=CleanText)
    version: int = 1
    """Counts changes: the ETag of the list."""
    created_at: datetime = Field(sa_type=UtcDateTime)
    updated_at: datetime = Field(sa_type=UtcDateTime)


class ShortlistEntry(SQLModel, table=True):
    """A blogger on a shortlist: the stage belongs to the list, not to the blogger."""

    __tablename__ = "shortlist_entry"
    __table_args__ = (
        UniqueConstraint("shortlist_id", "blogger_id"),
        Index("ix_shortlist_entry_shortlist_id_id", "shortlist_id", "id"),  # its pages, in the order of adding
        Index("ix_shortlist_entry_shortlist_id_stage", "shortlist_id", "stage"),  # its counts by stage
    )

    id: int | None = Field(default=None, primary_key=True)
    shortlist_id: int = Field(foreign_key="shortlist.id", ondelete="CASCADE")
    blogger_id: int = Field(foreign_key="blogger.id", ondelete="CASCADE", index=True)
    stage: str = "candidate"
    owner: str = Field(default="", sa_type=CleanText)
    notes: list[dict[str, Any]] = Field(default_factory=list, sa_type=CleanJson)
    tags: list[str] = Field(default_factory=list, sa_type=CleanJson)
    added_from: dict[str, Any] = Field(default_factory=dict, sa_type=CleanJson)
    created_at: datetime = Field(sa_type=UtcDateTime)
    updated_at: datetime = Field(sa_type=UtcDateTime)


class ShortlistEvent(SQLModel, table=True):
    """One change of a shortlist: who did what to which entry, and when; kept as long as the list is."""

    __tablename__ = "shortlist_event"

    id: int | None = Field(default=None, primary_key=True)
    shortlist_id: int = Field(foreign_key="shortlist.id", ondelete="CASCADE", index=True)
    blogger_id: int | None = Field(default=None, foreign_key="blogger.id", ondelete="CASCADE", index=True)
    actor: str = Field(sa_type=CleanText)
    """The name of the key that did it."""
    action: str
    """``list.created``, ``list.renamed``, ``entry.added``, ``entry.changed``, ``entry.removed``, ``note.added``, …"""
    changes: dict[str, Any] = Field(default_factory=dict, sa_type=CleanJson)
    """Field → ``[before, after]``."""
    created_at: datetime = Field(sa_type=UtcDateTime)
