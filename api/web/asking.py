"""What the address of a ranking says: brief or niche, weights, filters, generation, page. The address is the state."""

from collections.abc import Mapping
from typing import Annotated, Any, Self
from urllib.parse import quote, urlencode

from fastapi import Query
from pydantic import BaseModel, Field, model_validator

from api.web.cards import PARTS
from ranking.brief import MAX_BRIEF_CHARS

PAGE_SIZE = 20
MAX_PAGE = 50
"""Page 50 ends at place 1,000, the longest ranking there is."""

Percentage = Annotated[int | None, Field(ge=0, le=100)]
Count = Annotated[int | None, Field(ge=0, le=10**9)]
Code = Annotated[str, Field(max_length=40)]


class Asked(BaseModel):
    """A search as its address states it; a field left empty in a form counts as not given."""

    q: str = Field(default="", max_length=MAX_BRIEF_CHARS)
    niche: str = Field(default="", max_length=64)
    relevance: Percentage = None
    engagement: Percentage = None
    reach: Percentage = None
    language: list[Code] = Field(default_factory=list, max_length=20)
    platform: list[Code] = Field(default_factory=list, max_length=20)
    active: Annotated[int | None, Field(ge=1, le=36_500)] = None
    posts_min: Annotated[float | None, Field(ge=0, le=10_000)] = None
    posts_max: Annotated[float | None, Field(ge=0, le=10_000)] = None
    engagement_min: Percentage = None
    sponsored_max: Percentage = None
    followers_min: Count = None
    followers_max: Count = None
    personal: bool = False
    generation: str = Field(default="", max_length=64)
    page: int = Field(default=1, ge=1, le=MAX_PAGE)

    @model_validator(mode="before")
    @classmethod
    def _without_blanks(cls, given: Any) -> Any:
        if not isinstance(given, Mapping):
            return given
        return {name: value for name, value in given.items() if value not in ("", [""], None)}

    @property
    def wanted(self) -> bool:
        """Whether there is anything to rank for."""
        return bool(self.q.strip() or self.niche)

    @property
    def offset(self) -> int:
        """How many results come before this page."""
        return (self.page - 1) * PAGE_SIZE

    @property
    def weights(self) -> dict[str, float] | None:
        """The weights of the address by part, None when it names none; what it does not name counts 0."""
        given = {part: getattr(self, part) for part in PARTS}
        if all(weight is None for weight in given.values()):
            return None
        return {part: float(weight or 0) for part, weight in given.items()}

    @property
    def filtered(self) -> bool:
        """Whether any filter is set."""
        return any(getattr(self, name) not in (None, [], False) for name in FILTERS)

    def but(self, **changes: Any) -> Self:
        """The same search with other values."""
        return self.model_copy(update=changes)

    def query(self) -> str:
        """The shortest query string that states this search."""
        return urlencode(self.model_dump(exclude_defaults=True), doseq=True)

    def address(self, path: str = "/", **changes: Any) -> str:
        """The address of this search, or of one that differs by ``changes``."""
        query = self.but(**changes).query()
        return f"{path}?{query}" if query else path

    def blogger(self, blogger_id: str) -> str:
        """The address of a blogger's page that says how it stands in this search."""
        return self.address(f"/bloggers/{quote(blogger_id)}")

    def unfiltered(self) -> str:
        """The address of this search without filters."""
        return self.address(page=1, **{name: getattr(NOTHING, name) for name in FILTERS})


FILTERS = (
    "language",
    "platform",
    "active",
    "posts_min",
    "posts_max",
    "engagement_min",
    "sponsored_max",
    "followers_min",
    "followers_max",
    "personal",
)

NOTHING = Asked()

AskedQuery = Annotated[Asked, Query()]
"""For routes: ``asked: AskedQuery``."""
