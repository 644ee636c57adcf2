"""Rankings of saved niches, one for each generation of the index, so that two of them can be compared later."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from storage.tables.base import CleanJson, CleanText, UtcDateTime


class NicheRanking(SQLModel, table=True):
    """A saved niche as it was ranked in one generation, or why it could not be."""

    __tablename__ = "niche_ranking"
    __table_args__ = (
        Index("ix_niche_ranking_niche_id_id", "niche_id", "id"),
        {"sqlite_autoincrement": True},  # cursors and ETags name rows: an id never comes back
    )

    id: int | None = Field(default=None, primary_key=True)
    niche_id: int = Field(foreign_key="niche.id", ondelete="CASCADE")
    generation: int
    formula: str
    model: str
    question: dict[str, str] = Field(default_factory=dict, sa_type=CleanJson)
    """Field of the niche → keyed digest of what it asked: tells what was changed, and names nobody."""
    asked_at: datetime = Field(sa_type=UtcDateTime)
    """When the niche that was ranked had last been changed."""
    reading: dict[str, Any] = Field(default_factory=dict, sa_type=CleanJson)
    """How the brief was read, as :class:`ranking.readings.BriefReading` writes it; empty where it was not."""
    weights: dict[str, float] = Field(default_factory=dict, sa_type=CleanJson)
    total: int = 0
    """Bloggers of the niche, kept or not."""
    kept: int = 0
    """Those of them whose places were kept; what is there later is fewer, where somebody was erased."""
    problem: str = Field(default="", sa_type=CleanText)
    """Why it could not be ranked; empty when it was."""
    as_of: datetime = Field(sa_type=UtcDateTime)
    """When the generation was begun."""
    made_at: datetime = Field(sa_type=UtcDateTime)


class NichePlace(SQLModel, table=True):
    """A blogger's place in a ranking, or, without a ``rank``, why one of the ranking before has none here."""

    __tablename__ = "niche_place"
    __table_args__ = (UniqueConstraint("ranking_id", "blogger_id"),)

    id: int | None = Field(default=None, primary_key=True)
    ranking_id: int = Field(foreign_key="niche_ranking.id", ondelete="CASCADE")
    blogger_id: int = Field(foreign_key="blogger.id", ondelete="CASCADE", index=True)
    rank: int | None = None
    outside: str = ""
    figures: dict[str, Any] | None = Field(default=None, sa_type=CleanJson)
    """What the score was made of, as :class:`ranking.standings.Standing` writes it; None where it may not be kept."""
