"""How readers answer a blogger: measures beside the peers, months, growth between looks, citations, talks elsewhere."""

from datetime import datetime

from pydantic import BaseModel, Field

from api.schemas.blogger_pages import IMPORTED, UNKNOWN, MonthOut, PostRef, Shown
from api.schemas.bloggers import FigureOut, MeasureOut, StandingOut
from bloghound.jobs.profiles import Activity, Profile
from bloghound.jobs.readers import CitedPost, GrowingPost, Readers
from storage.discussions import DiscussedPost


class TalkFigureOut(Shown):
    """How readers talk in the counted posts, with what is usual among the bloggers of the group."""

    value: float | None
    reason: str | None = Field(description=UNKNOWN)
    peers_median: float | None
    peers: int = Field(description="Other members of the group of whom it is known.")
    peers_group: str


class LookOut(Shown):
    """A count as it was seen at a time."""

    count: int
    observed_at: datetime
    imported_from: str = Field(description=IMPORTED)


class GrowthOut(BaseModel):
    """A post whose count was seen to change."""

    post: PostRef
    published_at: datetime | None
    kind: str
    grown: int = Field(description="From the first look to the last; negative where something was removed.")
    looks: list[LookOut] = Field(description="Oldest first; one stands there when the count had changed.")

    @classmethod
    def of(cls, row: GrowingPost) -> "GrowthOut":
        """As seen."""
        return cls(
            post=PostRef(url=row.url, title=row.title),
            published_at=row.published_at,
            kind=row.kind,
            grown=row.grown,
            looks=[LookOut.model_validate(one) for one in row.looks],
        )


class CitedPostOut(BaseModel):
    """A post that other bloggers link to."""

    post: PostRef
    published_at: datetime | None
    citing_bloggers: int = Field(description="Distinct other bloggers whose posts link to it editorially.")

    @classmethod
    def of(cls, row: CitedPost) -> "CitedPostOut":
        """As counted."""
        post = PostRef(url=row.url, title=row.title)
        return cls(post=post, published_at=row.published_at, citing_bloggers=row.citing_bloggers)


class DiscussionOut(BaseModel):
    """A talk about a post at another place."""

    post: PostRef
    venue: str
    url: str
    points: int | None
    comments: int | None
    started_at: datetime | None
    observed_at: datetime

    @classmethod
    def of(cls, row: DiscussedPost) -> "DiscussionOut":
        """As stored."""
        shown = {name: getattr(row, name) for name in cls.model_fields if name != "post"}
        return cls(post=PostRef(url=row.post_url, title=row.post_title), **shown)


class EngagementOut(BaseModel):
    """What readers do with a blogger's posts; every unknown figure is null with its reason."""

    generation: str | None = Field(description="The build of the index that the figures are from; null: none has them.")
    unknown_because: str | None = Field(description="`not_in_generation`, `no_index`, `warming` or `failed`.")
    as_of: datetime | None
    engagement: FigureOut | None
    measures: dict[str, MeasureOut] = Field(
        description="`conversation`, `commenters`, `amplification`, `citations`, `applause`, `views`; each over "
        "`of_posts` posts of its `channel`."
    )
    talk: dict[str, TalkFigureOut] = Field(
        description="`discussed_posts`, `distinct_commenters`, `returning_share`, `author_answer_share`, "
        "`words_per_comment`; shown, and no part of a score."
    )
    months: list[MonthOut] = Field(description="By month of publication, oldest first.")
    growth: list[GrowthOut] = Field(description="The newest posts whose counts changed between two looks.")
    cited: list[CitedPostOut] = Field(description="The most cited of the newest posts.")
    discussions: list[DiscussionOut] = Field(description="Talks elsewhere, those with most comments first.")

    @classmethod
    def of(cls, profile: Profile, activity: Activity, readers: Readers) -> "EngagementOut":
        """As put together."""
        placed = StandingOut.of(profile.standing) if profile.standing else None
        return cls(
            generation=placed.generation if placed else None,
            unknown_because=profile.standing_reason,
            as_of=placed.as_of if placed else None,
            engagement=placed.engagement if placed else None,
            measures=placed.measures if placed else {},
            talk={name: TalkFigureOut.model_validate(one) for name, one in readers.talk.items()},
            months=[MonthOut.of(one) for one in activity.months],
            growth=[GrowthOut.of(one) for one in readers.growing],
            cited=[CitedPostOut.of(one) for one in readers.cited],
            discussions=[DiscussionOut.of(one) for one in readers.discussions],
        )
