"""What a team says of results: which bloggers fit a niche or a brief."""

from datetime import datetime

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from storage.tables.base import CleanText, UtcDateTime


class Judgement(SQLModel, table=True):
    """How well one blogger fits one niche, or one brief in free words; a later judgement takes an earlier one's place.

    ``generation``, ``rank`` and ``score`` tell where the blogger was seen when it was judged: who judges only what
    stands on top says nothing of the rest (pooling bias).
    """

    __table_args__ = (UniqueConstraint("workspace_id", "brief_id", "blogger_id"),)

    id: int | None = Field(default=None, primary_key=True)
    public_id: str = Field(unique=True)
    workspace_id: int = Field(foreign_key="workspace.id", ondelete="CASCADE")
    brief_id: str
    """The niche's public id, or ``brf_…``, made of the free brief's words."""
    niche_id: int | None = Field(default=None, foreign_key="niche.id", ondelete="CASCADE", index=True)
    brief: str = Field(default="", sa_type=CleanText)
    """The free brief's words; empty where a niche is judged, whose words may change."""
    blogger_id: int = Field(foreign_key="blogger.id", ondelete="CASCADE", index=True)
    grade: int
    judge: str = Field(sa_type=CleanText)
    """The name of the key it was given with."""
    generation: str | None = None
    rank: int | None = None
    score: float | None = None
    judged_at: datetime = Field(sa_type=UtcDateTime)
