"""Long work: jobs that a service or a worker process takes up, with their progress and how they ended."""

from datetime import datetime
from typing import Any

from sqlmodel import Field, SQLModel

from storage.tables.base import CleanJson, CleanText, UtcDateTime


class Job(SQLModel, table=True):
    """One piece of long work; leased by whoever does it, so that a killed worker's job is taken up again."""

    id: int | None = Field(default=None, primary_key=True)
    public_id: str = Field(unique=True)
    workspace_id: int | None = Field(default=None, foreign_key="workspace.id", ondelete="CASCADE", index=True)
    """None for work of the installation itself, such as an opt-out."""
    kind: str
    """``crawl``, ``index``, ``forget`` or ``quality``."""
    state: str = Field(default="queued", index=True)
    """``queued`` → ``running`` → ``succeeded``, ``failed`` or ``cancelled``."""
    parameters: dict[str, Any] = Field(default_factory=dict, sa_type=CleanJson)
    crawl_id: int | None = Field(default=None, foreign_key="crawl.id", ondelete="SET NULL", index=True)
    progress: dict[str, Any] = Field(default_factory=dict, sa_type=CleanJson)
    """``{"stage", "done", "total"}``; total None when unknown."""
    counts: dict[str, int] = Field(default_factory=dict, sa_type=CleanJson)
    errors: list[str] = Field(default_factory=list, sa_type=CleanJson)
    result: dict[str, Any] = Field(default_factory=dict, sa_type=CleanJson)
    attempts: int = 0
    cancel_requested: bool = False
    lease_owner: str | None = Field(default=None, sa_type=CleanText)
    lease_expires_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    run_after: datetime = Field(sa_type=UtcDateTime)
    created_at: datetime = Field(sa_type=UtcDateTime)
    started_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    finished_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class OptOut(SQLModel, table=True):
    """A request to be left out: effective at once by its suppression, erased when the grace period has passed."""

    __tablename__ = "opt_out"

    id: int | None = Field(default=None, primary_key=True)
    public_id: str = Field(unique=True)
    site_key: str | None = Field(default=None, sa_type=CleanText)
    """Whom it is about; None once everything of the site is erased."""
    state: str = "requested"
    """``requested``, ``erased`` or ``rejected`` (by an administrator, as a false one)."""
    job_id: int | None = Field(default=None, foreign_key="job.id", ondelete="SET NULL")
    created_at: datetime = Field(sa_type=UtcDateTime)
    decided_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
