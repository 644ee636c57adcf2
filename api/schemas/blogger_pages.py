"""What belongs to a blogger, page by page: posts, activity, figures over time, links, similar bloggers."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from bloghound.jobs.profiles import MonthOfPosts
from storage.blogger_links import LinkedBlogger, StoredLink
from storage.provenance import Observation

UNKNOWN = "Why the figure is unknown: `comments_closed`, `not_exposed`, `blocked`, `too_few_posts`, …; null if known."
IMPORTED = "Whose figure it is, where it came in by a file; empty for what was read from `source_url`."


class Shown(BaseModel):
    """An answer that is read off a value of the same shape."""

    model_config = ConfigDict(from_attributes=True)


class StatusOut(Shown):
    """Whether the blogger publishes, told apart from whether that can be seen."""

    status: str = Field(description="`active`, `quiet`, `blocked`, `robots`, `failed` or `unknown`.")
    reason: str
    as_of: datetime | None = Field(description="The last visit; null: none yet.")


class PostRef(BaseModel):
    """A post by its address."""

    url: str
    title: str


class ObservationOut(BaseModel):
    """A figure as seen at a time, of a post or (without one) of a site."""

    kind: str
    value: int | None
    reason: str | None = Field(description=UNKNOWN)
    source_url: str
    observed_at: datetime
    imported_from: str = Field(description=IMPORTED)
    profile_url: str | None = Field(
        description="The profile that the figure is of, where a file states one beside the site; proves nothing."
    )
    site_key: str
    post: PostRef | None

    @classmethod
    def of(cls, row: Observation) -> "ObservationOut":
        """As stored."""
        shown = {name: getattr(row, name) for name in cls.model_fields if name != "post"}
        post = PostRef(url=row.post_url, title=row.post_title or "") if row.post_url is not None else None
        return cls(**shown, post=post)


class ReadingOut(Shown):
    """The latest count of one kind of reaction, and where it was read."""

    kind: str
    count: int | None
    reason: str | None = Field(description=UNKNOWN)
    source_url: str
    observed_at: datetime
    imported_from: str = Field(description=IMPORTED)


class DisclosureOut(BaseModel):
    """A sign of sponsorship: its kind, its words, and the share of the text before it."""

    kind: str
    words: str
    position: float


class PostOut(Shown):
    """A post without its text."""

    url: str
    title: str
    published_at: datetime | None
    date_source: str | None
    language: str | None
    words: int
    source: str
    text_reserved: bool
    author: str | None
    site_key: str
    disclosures: list[DisclosureOut]
    first_seen: datetime
    updated_at: datetime
    engagement: list[ReadingOut]


class MonthlyFigure(BaseModel):
    """The median of a reaction over the month's posts that show it."""

    median: float
    posts: int


class MonthOut(BaseModel):
    """One month, also one without posts."""

    month: str = Field(description="`2026-05`.")
    posts: int
    engagement: dict[str, MonthlyFigure]

    @classmethod
    def of(cls, row: MonthOfPosts) -> "MonthOut":
        """As added up."""
        figures = row.engagement.items()
        shown = {kind: MonthlyFigure(median=median, posts=posts) for kind, (median, posts) in figures}
        return cls(month=row.month, posts=row.posts, engagement=shown)


class ActivityOut(BaseModel):
    """Posts by month, oldest first, 120 months at most."""

    activity: StatusOut
    months: list[MonthOut]


class LinkingPostOut(Shown):
    """A post that links, and what it links to."""

    url: str
    title: str
    published_at: datetime | None
    target_url: str
    anchor: str
    context: str
    rel: list[str]


class LinkedBloggerOut(Shown):
    """All links between two bloggers in one direction."""

    id: str
    name: str
    site_key: str
    home_url: str
    links: int
    posts: int = Field(description="Distinct posts that link; a blogroll is on none.")
    contexts: list[str]
    rel: list[str]
    first_seen: datetime
    last_seen: datetime
    evidence: list[LinkingPostOut] = Field(description="The newest linking posts.")

    @classmethod
    def of(cls, row: LinkedBlogger) -> "LinkedBloggerOut":
        """As added up."""
        shown = {name: getattr(row, name) for name in cls.model_fields if name not in {"id", "evidence"}}
        evidence = [LinkingPostOut.model_validate(one) for one in row.evidence]
        return cls(id=row.public_id, evidence=evidence, **shown)


class EdgeLinkOut(BaseModel):
    """One link from a blogger to another; without a post it stands on every page of the site."""

    post: PostRef | None
    published_at: datetime | None
    source_site_key: str
    target_url: str
    anchor: str
    context: str
    rel: list[str]
    first_seen: datetime
    last_seen: datetime

    @classmethod
    def of(cls, row: StoredLink) -> "EdgeLinkOut":
        """As stored."""
        shown = {name: getattr(row, name) for name in cls.model_fields if name != "post"}
        post = PostRef(url=row.post_url, title=row.post_title or "") if row.post_url is not None else None
        return cls(**shown, post=post)


class SimilarOut(Shown):
    """A blogger like another one, from 0 to 1, with both parts; null where a part is unknown."""

    id: str = Field(validation_alias="public_id")
    name: str
    home_url: str
    similarity: float
    content: float | None
    links: float | None


class SimilarListOut(BaseModel):
    """The bloggers most like one in a generation."""

    generation: str
    by: str
    data: list[SimilarOut]
