"""Edges between bloggers and the generations of the index, as they are shown."""

from datetime import datetime

from pydantic import BaseModel, Field

from api.http.paging import Page
from api.schemas.blogger_pages import EdgeLinkOut, Shown
from bloghound.jobs.generations import GenerationSummary


class EdgeOut(Shown):
    """All links from one blogger to another as one."""

    weight: int = Field(description="Distinct linking posts, at least 1.")
    links: int
    contexts: list[str]
    rel: list[str]
    first_seen: datetime
    last_seen: datetime


class EdgePage(Page[EdgeLinkOut]):
    """An edge with a page of the links that it is made of, the last found first."""

    source: str
    target: str
    edge: EdgeOut | None = Field(description="Null where no link is known.")


class GenerationOut(BaseModel):
    """A generation of the index that can still be asked."""

    id: str
    is_current: bool
    as_of: datetime
    model: str
    model_languages: list[str] | None = Field(description="Languages the model knows; null: all.")
    formula: str
    bloggers: int
    posts: int

    @classmethod
    def of(cls, found: GenerationSummary) -> "GenerationOut":
        """As its files say."""
        return cls(
            id=found.public_id,
            is_current=found.is_current,
            as_of=datetime.fromisoformat(found.as_of),
            model=found.model,
            model_languages=None if found.model_languages is None else list(found.model_languages),
            formula=found.formula,
            bloggers=found.bloggers,
            posts=found.posts,
        )


class GenerationsOut(BaseModel):
    """The generations on disk, newest first."""

    data: list[GenerationOut]
