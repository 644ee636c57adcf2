"""Bloggers as they are shown: in a list, and as a profile with where every fact is from."""

from datetime import datetime

from pydantic import BaseModel, Field

from api.schemas.blogger_pages import IMPORTED, UNKNOWN, ObservationOut, Shown, StatusOut
from api.schemas.proofs import StoredProofOut
from bloghound.jobs.channels import Channel
from bloghound.jobs.profiles import Profile
from bloghound.jobs.standing import Standing
from storage.bloggers import ListedBlogger, StoredSite


class BloggerLine(Shown):
    """A blogger in a list; language, platform and health are the founding site's."""

    id: str = Field(validation_alias="public_id")
    name: str
    site_key: str
    home_url: str
    language: str | None
    platform: str
    health: str | None = Field(description="How the last visit ended; null: not visited yet.")
    health_reason: str
    last_visited_at: datetime | None
    posts: int
    last_post: datetime | None

    @classmethod
    def of(cls, row: ListedBlogger) -> "BloggerLine":
        """As stored."""
        return cls.model_validate(row)


class SiteOut(Shown):
    """A site of a blogger: a blog, or a profile on a network."""

    id: str
    key: str
    home_url: str
    kind: str
    platform: str
    title: str
    description: str
    language: str | None
    flags: list[str]
    tdm_reserved: bool = Field(description="Whether the site reserves text mining; then no text is kept.")
    linkers: int = Field(description="Distinct sites that link here from posts or blogrolls.")
    first_seen: datetime
    health: str | None
    health_reason: str
    last_visited_at: datetime | None
    found_from_url: str | None = Field(description="The page on which it was found; null: named as a seed.")

    @classmethod
    def of(cls, site: StoredSite) -> "SiteOut":
        """As stored."""
        return cls(id=site.public_id, **{name: getattr(site, name) for name in cls.model_fields if name != "id"})


class LanguageOut(Shown):
    """Posts in one language; null where it is unknown."""

    language: str | None
    posts: int


class AuthorOut(Shown):
    """Somebody who signs posts."""

    name: str
    posts: int
    first_seen: datetime


class RateOut(Shown):
    """Posts per month within a window of a year at most."""

    value: float | None
    reason: str | None = Field(description=UNKNOWN)
    posts: int
    since: datetime | None
    until: datetime | None


class FollowersOut(Shown):
    """The largest audience that one of the sites shows, and where."""

    value: int | None
    reason: str | None = Field(description=UNKNOWN)
    site_key: str | None
    source_url: str | None
    observed_at: datetime | None
    imported_from: str = Field(description=IMPORTED)


class ChannelFigureOut(Shown):
    """What a channel shows of itself, the newest of each kind."""

    kind: str
    value: int | None
    reason: str | None = Field(description=UNKNOWN)
    source_url: str
    observed_at: datetime
    imported_from: str = Field(description=IMPORTED)


class ChannelOut(BaseModel):
    """A place where the blogger is met: a site, or a profile that a file of figures names beside one."""

    url: str
    kind: str
    platform: str
    site_id: str | None = Field(description="Null for a profile that only a file of figures names.")
    site_key: str | None
    stated_by: str | None = Field(description="Whose file names the profile. A statement, and no proof.")
    beside: str | None = Field(description="Key of the site at which the file puts the profile.")
    figures: list[ChannelFigureOut]
    proofs: list[StoredProofOut] = Field(description="What joins the site with the blogger's others.")

    @classmethod
    def of(cls, channel: Channel) -> "ChannelOut":
        """As put together."""
        return cls(
            **{name: getattr(channel, name) for name in ("url", "kind", "platform", "stated_by", "beside")},
            site_id=channel.site.public_id if channel.site else None,
            site_key=channel.site.key if channel.site else None,
            figures=[ChannelFigureOut.model_validate(one) for one in channel.figures],
            proofs=[StoredProofOut.of(one) for one in channel.proofs],
        )


class StepOut(Shown):
    """A site on the way from the blogger back to the seed."""

    key: str
    home_url: str
    blogger: str
    found_from_url: str | None
    first_seen: datetime


class SourceOut(Shown):
    """Where a fact was read, and when."""

    fact: str
    source_url: str | None
    observed_at: datetime | None
    note: str


class MeasureOut(Shown):
    """One measure per post, with what is usual among the bloggers of the group who show it."""

    kind: str
    channel: str = Field(description="On which of the blogger's platforms: the one where readers answer most.")
    median: float | None
    share_with_any: float | None
    posts: int = Field(description="Posts that show the figure: the sample.")
    of_posts: int = Field(description="Posts that were looked at: the newest that are a week old.")
    reason: str | None = Field(description=UNKNOWN)
    entered_at: float = Field(description="What counts in the score, from 0 to 1, shrunk toward the peers.")
    peers_group: str = Field(description="With whom the blogger is compared: like platforms, like activity.")
    peers_size: int
    peers: int = Field(description="Members of the group who show the figure, the blogger included.")
    peers_low: float | None = Field(description="Lower quartile of their medians.")
    peers_median: float | None
    peers_high: float | None = Field(description="Upper quartile of their medians.")


class FindingOut(Shown):
    """A credibility finding with its count and the addresses that show it."""

    finding: str
    count: int
    of: int
    amount: float = Field(description="What it takes off a score.")
    evidence: list[str]


class WindowOut(BaseModel):
    """The newest posts of a blogger that the index holds."""

    posts: int
    first_post: datetime | None
    last_post: datetime | None


class FigureOut(BaseModel):
    """A figure from 0 to 1 with the median of all bloggers."""

    value: float | None
    reason: str | None = Field(description=UNKNOWN)
    peers_median: float | None


class StandingOut(BaseModel):
    """A blogger's figures in one generation of the index."""

    generation: str
    as_of: datetime
    window: WindowOut = Field(description="What findings are over. Engagement: see `of_posts` of each measure.")
    engagement: FigureOut
    measures: dict[str, MeasureOut]
    reach: FigureOut
    linkers: int = Field(description="Distinct bloggers that link here.")
    findings: list[FindingOut]

    @classmethod
    def of(cls, found: Standing) -> "StandingOut":
        """As computed."""
        first, last = found.window_first_post, found.window_last_post
        return cls(
            generation=found.generation,
            as_of=datetime.fromisoformat(found.as_of),
            window=WindowOut(
                posts=found.window_posts,
                first_post=datetime.fromisoformat(first) if first else None,
                last_post=datetime.fromisoformat(last) if last else None,
            ),
            engagement=FigureOut(
                value=found.engagement,
                reason=found.engagement_reason,
                peers_median=found.engagement_peers_median,
            ),
            measures={name: MeasureOut.model_validate(one) for name, one in found.measures.items()},
            reach=FigureOut(value=found.reach, reason=found.reach_reason, peers_median=found.reach_peers_median),
            linkers=found.linkers,
            findings=[FindingOut.model_validate(one) for one in found.findings],
        )


class ProfileOut(BaseModel):
    """Everything that is known of a blogger; an unknown figure is null with its reason, never zero."""

    id: str
    name: str
    site_key: str
    home_url: str
    created_at: datetime
    sites: list[SiteOut] = Field(description="The founding site first.")
    languages: list[LanguageOut]
    authors: list[AuthorOut]
    posts: int
    first_post: datetime | None
    last_post: datetime | None
    posts_per_month: RateOut
    activity: StatusOut
    followers: FollowersOut
    channels: list[ChannelOut] = Field(description="Sites, and profiles that files state beside them.")
    figures: list[ObservationOut] = Field(description="What the sites show of themselves now.")
    proofs: list[StoredProofOut] = Field(description="Also those that join nothing (any more).")
    found_by: list[StepOut] = Field(description="Why this blog is here: its founding site, then back to the seed.")
    standing: StandingOut | None
    standing_reason: str | None = Field(description="`not_in_generation`, `no_index`, `warming` or `failed`.")
    sources: list[SourceOut]

    @classmethod
    def of(cls, found: Profile) -> "ProfileOut":
        """As joined."""
        blogger = found.blogger
        return cls(
            id=blogger.public_id,
            name=blogger.name,
            site_key=blogger.site_key,
            home_url=blogger.sites[0].home_url,
            created_at=blogger.created_at,
            sites=[SiteOut.of(site) for site in blogger.sites],
            languages=[LanguageOut.model_validate(one) for one in found.languages],
            authors=[AuthorOut.model_validate(one) for one in found.authors],
            posts=found.posts,
            first_post=found.first_post,
            last_post=found.last_post,
            posts_per_month=RateOut.model_validate(found.posts_per_month),
            activity=StatusOut.model_validate(found.activity),
            followers=FollowersOut.model_validate(found.followers),
            figures=[ObservationOut.of(one) for one in found.figures],
            channels=[ChannelOut.of(one) for one in found.channels],
            proofs=[StoredProofOut.of(one) for one in found.proofs],
            found_by=[StepOut.model_validate(one) for one in found.found_by],
            standing=StandingOut.of(found.standing) if found.standing else None,
            standing_reason=found.standing_reason,
            sources=[SourceOut.model_validate(one) for one in found.sources],
        )
