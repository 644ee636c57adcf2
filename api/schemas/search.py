"""Ranked lists: what is asked for, and what comes back with its reasons."""

from typing import Annotated, Any, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, model_validator

from bloghound.records import StatementKind
from ranking.brief import MAX_BRIEF_CHARS

MAX_FOLLOWERS = 10_000_000_000
"""More than there are people."""

LanguageCode = Annotated[str, Field(pattern=r"^[a-z]{2,3}$", description="ISO 639 code.", examples=["en"])]
PlatformName = Annotated[str, Field(min_length=1, max_length=40, examples=["wordpress"])]
PublicId = Annotated[str, Field(min_length=1, max_length=64)]
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Weight = Annotated[float, Field(ge=0, le=1_000_000, allow_inf_nan=False)]


class _Asked(BaseModel):
    model_config = ConfigDict(extra="forbid")


Asked = TypeVar("Asked", bound=_Asked)


class WeightsIn(_Asked):
    """How much each part counts, on any scale; a part that is not named counts 0."""

    relevance: Weight = 0
    engagement: Weight = 0
    reach: Weight = 0


class RateBounds(_Asked):
    """The least and the most posts a month, both included."""

    min: float | None = Field(default=None, ge=0, le=100_000, allow_inf_nan=False)
    max: float | None = Field(default=None, ge=0, le=100_000, allow_inf_nan=False)

    @model_validator(mode="after")
    def _from_less_to_more(self) -> Self:
        return _checked_range(self, self.min, self.max)


class FollowerBounds(_Asked):
    """The least and the most followers, both included."""

    min: int | None = Field(default=None, ge=0, le=MAX_FOLLOWERS)
    max: int | None = Field(default=None, ge=0, le=MAX_FOLLOWERS)

    @model_validator(mode="after")
    def _from_less_to_more(self) -> Self:
        return _checked_range(self, self.min, self.max)


def _checked_range(bounds: Asked, least: float | None, most: float | None) -> Asked:
    if least is not None and most is not None and least > most:
        raise ValueError("min is above max, so nothing can lie between them")
    return bounds


class FiltersIn(_Asked):
    """What a shown blogger must fulfil; a blogger whose figure is unknown passes no bound on it. No score changes."""

    language: list[LanguageCode] = Field(default_factory=list, max_length=20, description="One of them is enough.")
    platform: list[PlatformName] = Field(default_factory=list, max_length=20, description="One of them is enough.")
    last_post_within_days: int | None = Field(
        default=None, ge=0, le=36_500, description="Counted back from when the generation was built."
    )
    posts_per_month: RateBounds = Field(default_factory=RateBounds, description="Over the last year.")
    min_engagement: Share | None = Field(default=None, description="Value of the engagement part, where it is known.")
    max_sponsored_share: Share | None = Field(default=None, description="Share of posts that say they are paid for.")
    followers: FollowerBounds = Field(default_factory=FollowerBounds)
    personal_only: bool = Field(
        default=False, description="Only bloggers of whose posts with a named author one person wrote four in five."
    )
    has_contact: bool | None = Field(
        default=None, description="Only bloggers with a known way of contact, or without; needs `contacts:read`."
    )
    in_list: PublicId | None = Field(default=None, description="Only bloggers on this shortlist.")
    not_in_list: PublicId | None = Field(default=None, description="No blogger on this shortlist.")


class SearchIn(_Asked):
    """A brief or a niche to rank bloggers for: exactly one of `query` and `niche_id`."""

    query: str | None = Field(
        default=None, min_length=1, max_length=MAX_BRIEF_CHARS, description="The niche in words.",
        examples=["Espresso at home: machines, grinders and extraction"],
    )  # fmt: skip
    niche_id: PublicId | None = Field(default=None, description="A stored niche of the workspace.")
    filters: FiltersIn = Field(default_factory=FiltersIn)
    languages: list[LanguageCode] = Field(
        default_factory=list, max_length=20, description="As `filters.language`, which is the newer name."
    )
    weights: WeightsIn | None = Field(default=None, description="Without: those of the niche, or the default ones.")
    generation: str | None = Field(
        default=None, max_length=64, description="Of the index, such as `gen_000012`; without: the current one."
    )
    limit: int = Field(default=20, ge=1, le=100, strict=True)
    cursor: str | None = Field(
        default=None, max_length=2048, description="`next_cursor` of the page before, with the same request otherwise."
    )

    @model_validator(mode="after")
    def _one_of_both(self) -> "SearchIn":
        if (self.query is None) == (self.niche_id is None):
            raise ValueError("give exactly one of query and niche_id")
        return self


class WeightsOut(BaseModel):
    """What each part counted, as shares of 1."""

    relevance: float
    engagement: float
    reach: float


class PartOut(BaseModel):
    """One part of a score and all that it was computed from."""

    value: float = Field(description="From 0 to 1.")
    weight: float
    contribution: float = Field(description="gate · weight · value.")
    percentile: float = Field(description="Among the brief's candidates (relevance) or all bloggers.")
    sample_size: int = Field(description="Posts, or linking bloggers (reach).")
    known: bool = Field(description="When false, `value` stands for an unknown figure.")
    peers_median: float | None = Field(description="Median of `value` among peers of whom the part is known.")
    inputs: dict[str, Any]


class RankedBlogger(BaseModel):
    """A blogger as the generation knows it; null is unknown."""

    id: str
    name: str
    home: str
    sites: list[str]
    platforms: list[str]
    languages: list[str]
    followers: int | None
    posts: int = Field(description="Posts in the index: the newest ones.")
    posts_per_month: float | None
    first_post: str | None
    last_post: str | None


class DeductionOut(BaseModel):
    """A credibility finding: `count` of `of` posts or sites, with addresses that show it."""

    finding: str
    count: int
    of: int
    amount: float
    evidence: list[str]


class EvidenceOut(BaseModel):
    """A post that shows the relevance, with its best matching sentence."""

    url: str
    title: str
    published: str | None
    sentence: str
    similarity: float | None = Field(description="Cosine with the brief; null where the model cannot read.")
    language: str | None


class ResultOut(BaseModel):
    """A ranked blogger: contributions minus deductions are the score."""

    rank: int
    blogger: RankedBlogger
    score: float
    parts: dict[str, PartOut] = Field(description="`relevance`, `engagement` and `reach`.")
    deductions: list[DeductionOut]
    evidence: list[EvidenceOut]
    flags: list[str]
    why: str = Field(description="One sentence made of these figures.")
    contact_wishes: list[StatementKind] | None = Field(
        default=None, description="What the blogger states about pitches, refusals first; null without `contacts:read`."
    )


class FacetsOut(BaseModel):
    """About how many of the `total` bloggers write in each language and publish on each platform."""

    languages: dict[str, int]
    platforms: dict[str, int]


class SearchOut(BaseModel):
    """One page of a ranked list."""

    query: str
    generation: str
    formula: str
    warnings: list[str]
    total: int = Field(
        description="About how many bloggers pass the filters and are in the niche, at least hardly: "
        "estimated, but for the few hundred nearest. Weights do not change it."
    )
    facets: FacetsOut
    weights: WeightsOut
    results: list[ResultOut]
    has_more: bool = Field(description="Whether a page follows.")
    next_cursor: str | None = Field(description="Pins generation and request; 410 once the generation is gone.")


class ExplanationOut(BaseModel):
    """One blogger's score, recomputed; `result.rank` is its place among the candidates without filters and itself."""

    query: str
    generation: str
    formula: str
    weights: WeightsOut
    result: ResultOut
