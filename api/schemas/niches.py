"""Niches as they are given and shown."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, Field, StringConstraints, model_validator

from api.schemas.teams import Brief, Name, RequestBody
from bloghound.errors import AddressError
from bloghound.urls import MAX_URL_CHARS, site_of
from storage.niches import StoredNiche


def _an_address(text: str) -> str:
    try:
        site_of(text)
    except AddressError as error:
        raise ValueError(str(error)) from error
    return text


SiteText = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_URL_CHARS), AfterValidator(_an_address)
]
Sites = Annotated[list[SiteText], Field(max_length=100, description="Addresses of sites, a host alone included.")]
Term = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=r"[^\x00-\x20]")]
Terms = Annotated[list[Term], Field(max_length=200, description="Words or phrases.")]
LanguageCode = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}$")]
Languages = Annotated[list[LanguageCode], Field(max_length=20, description="ISO 639-1 codes; empty for all.")]

MAX_WEIGHT = 1_000
"""Weights are on any scale; percent and permille are what people use."""


class NicheWeights(RequestBody):
    """How much each part counts, on any scale; a part that is not named counts 0."""

    relevance: float = Field(default=0, ge=0, le=MAX_WEIGHT, allow_inf_nan=False)
    engagement: float = Field(default=0, ge=0, le=MAX_WEIGHT, allow_inf_nan=False)
    reach: float = Field(default=0, ge=0, le=MAX_WEIGHT, allow_inf_nan=False)

    @model_validator(mode="after")
    def _something_counts(self) -> "NicheWeights":
        if not self.relevance + self.engagement + self.reach > 0:
            raise ValueError("at least one part must count")
        return self


class NicheIn(RequestBody):
    """A niche to be kept."""

    name: Name = Field(description="Unique within the workspace.")
    brief: Brief = Field(default="", description="The niche in words.")
    examples_like: Sites = Field(default_factory=list)
    examples_unlike: Sites = Field(default_factory=list)
    languages: Languages = Field(default_factory=list)
    exclude_terms: Terms = Field(default_factory=list)
    exclude_sites: Sites = Field(default_factory=list)
    weights: NicheWeights | None = Field(default=None, description="null: the default weights.")

    def fields(self) -> dict[str, Any]:
        """All fields as they are stored."""
        return _stored(self.model_dump())


class NicheChange(RequestBody):
    """Fields of a niche to be set; what is left out stays."""

    name: Name = ""
    brief: Brief = ""
    examples_like: Sites = Field(default_factory=list)
    examples_unlike: Sites = Field(default_factory=list)
    languages: Languages = Field(default_factory=list)
    exclude_terms: Terms = Field(default_factory=list)
    exclude_sites: Sites = Field(default_factory=list)
    weights: NicheWeights | None = Field(default=None, description="null: the default weights.")

    def fields(self) -> dict[str, Any]:
        """The fields that were given, as they are stored."""
        return _stored(self.model_dump(include=self.model_fields_set))


class NicheOut(BaseModel):
    """A niche."""

    id: str
    name: str
    brief: str
    examples_like: list[str]
    examples_unlike: list[str]
    languages: list[str]
    exclude_terms: list[str]
    exclude_sites: list[str]
    weights: dict[str, float] | None = Field(description="null: the default weights.")
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, niche: StoredNiche) -> "NicheOut":
        """As stored."""
        return cls(
            id=niche.public_id,
            name=niche.name,
            brief=niche.brief,
            examples_like=niche.examples_like,
            examples_unlike=niche.examples_unlike,
            languages=niche.languages,
            exclude_terms=niche.exclude_terms,
            exclude_sites=niche.exclude_sites,
            weights=niche.weights or None,
            created_at=niche.created_at,
            updated_at=niche.updated_at,
        )


def _stored(fields: Mapping[str, Any]) -> dict[str, Any]:
    stored = dict(fields)
    if "weights" in stored:
        stored["weights"] = stored["weights"] or {}
    return stored
