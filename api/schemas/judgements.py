"""Judgements as they are given and shown, and the figures that follow from them."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, Field, model_validator

from api.schemas.entries import EntryBlogger
from api.schemas.teams import Brief, Name, PublicId, RequestBody
from storage.judgements import Grade, JudgedFor, Seen, StoredJudgement

_SOMETHING = r"[^\s\x00]"


def _named(given: Any) -> Any:
    """A number in the place of a grade's name."""
    is_number = isinstance(given, int) and not isinstance(given, bool)
    return GradeName.of(Grade(given)) if is_number and given in set(Grade) else given


class GradeName(StrEnum):
    """How well a blogger fits; 2, 1 and 0 are taken for the same."""

    LIKE = "like"
    PARTLY = "partly"
    DISLIKE = "dislike"

    @classmethod
    def of(cls, grade: Grade) -> "GradeName":
        """The name of a grade."""
        return cls(grade.name.lower())

    @property
    def grade(self) -> Grade:
        """The grade of this name."""
        return Grade[self.name]


GivenGrade = Annotated[
    GradeName,
    BeforeValidator(_named, json_schema_input_type=Literal["like", "partly", "dislike", 2, 1, 0]),
    Field(description="`like` (2), `partly` (1) or `dislike` (0), by name or number."),
]


class SeenIn(RequestBody):
    """The ranking in which the blogger was seen: who judges the top of one list says nothing of the rest."""

    generation: Name | None = Field(default=None, description="Such as `gen_000012`.")
    rank: int | None = Field(default=None, ge=1, le=1_000_000_000)
    score: float | None = Field(default=None, ge=-100, le=100, allow_inf_nan=False)

    def stored(self) -> Seen:
        """As storage takes it."""
        return Seen(self.generation, self.rank, self.score)


class JudgementIn(RequestBody):
    """How well a blogger fits a niche or a brief: exactly one of `query` and `niche_id`."""

    niche_id: PublicId | None = Field(default=None, description="A stored niche of the workspace.")
    query: Annotated[Brief, Field(pattern=_SOMETHING)] | None = Field(
        default=None, description="A brief in words; white space and case make no other brief."
    )
    blogger_id: PublicId
    grade: GivenGrade
    seen: SeenIn | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> "JudgementIn":
        if (self.query is None) == (self.niche_id is None):
            raise ValueError("give exactly one of query and niche_id")
        return self

    def judged_for(self) -> JudgedFor:
        """As storage takes it."""
        return JudgedFor(self.niche_id, self.query or "")


class SeenOut(BaseModel):
    """Where the blogger stood when it was judged; null where it was not said."""

    generation: str | None
    rank: int | None
    score: float | None


class JudgementOut(BaseModel):
    """A judgement."""

    id: str
    brief_id: str = Field(description="The niche's id, or `brf_…` for a brief in words: the query's id in an export.")
    niche_id: str | None
    query: str | None = Field(description="The words that were judged for; null for a niche, whose words may change.")
    blogger: EntryBlogger
    grade: GradeName
    value: int = Field(description="2, 1 or 0.")
    judge: str = Field(description="Name of the key that it was given with.")
    seen: SeenOut
    judged_at: datetime

    @classmethod
    def of(cls, row: StoredJudgement) -> "JudgementOut":
        """As stored."""
        person = row.blogger
        return cls(
            id=row.public_id,
            brief_id=row.brief_id,
            niche_id=row.niche,
            query=None if row.niche else row.brief,
            blogger=EntryBlogger(
                id=person.public_id, name=person.name, home_url=person.home_url, languages=list(person.languages)
            ),
            grade=GradeName.of(row.grade),
            value=int(row.grade),
            judge=row.judge,
            seen=SeenOut(generation=row.seen.generation, rank=row.seen.rank, score=row.seen.score),
            judged_at=row.judged_at,
        )


class ExportedFile(StrEnum):
    """What is written of the judgements."""

    QRELS = "qrels"
    QUERIES = "queries"
