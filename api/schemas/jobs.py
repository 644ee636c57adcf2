"""Jobs as they are shown."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, Field

from storage.jobs import JobRecord


class JobKind(StrEnum):
    """What a job does."""

    CRAWL = "crawl"
    INDEX = "index"
    FORGET = "forget"
    QUALITY = "quality"


class JobState(StrEnum):
    """How a job stands."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


class ProgressOut(BaseModel):
    """How far the work is."""

    stage: str = Field(description="What is being done: `crawl`, `load`, `encode`, `build`, `forget`, `wait`, …")
    done: int
    total: int | None = Field(description="Null while it is unknown.")


class JobOut(BaseModel):
    """Long work: what it is, how far, how it ended."""

    id: str
    kind: JobKind
    state: JobState
    cancel_requested: bool = Field(description="It was asked to stop, and will within seconds.")
    progress: ProgressOut | None = Field(description="Null until it has begun.")
    counts: dict[str, int] = Field(description="Figures of the work so far, such as `pages` and `posts`.")
    errors: list[str] = Field(description="Sentences about what failed or could not be used in full.")
    result: dict[str, Any] = Field(description="What came of it, by stage; of an erasure the receipts, counts only.")
    crawl: str | None = Field(description="The crawl that it works on.")
    attempts: int = Field(description="How often it was begun; more than once when a worker died.")
    run_after: datetime = Field(description="It is not begun before.")
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None

    @classmethod
    def of(cls, row: JobRecord) -> "JobOut":
        """As stored; its parameters are nobody's business."""
        return cls(
            id=row.public_id,
            kind=JobKind(row.kind),
            state=JobState(row.state),
            cancel_requested=row.cancel_requested,
            progress=ProgressOut(**row.progress) if row.progress else None,
            counts=dict(row.counts),
            errors=list(row.errors),
            result=dict(row.result),
            crawl=row.crawl_public_id,
            attempts=row.attempts,
            run_after=row.run_after,
            created_at=row.created_at,
            started_at=row.started_at,
            finished_at=row.finished_at,
        )
