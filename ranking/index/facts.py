"""What the index says of a blogger beside its scores: where and how often it publishes, and how much of it is paid."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime

from bloghound.records import RankableBlogger, RankablePost, SiteHealth
from bloghound.urls import key_or_empty
from ranking.activity import posts_per_month
from ranking.credibility import farm_flags, is_sponsored
from ranking.index.bloggers import BloggerEntry

MAIN_LANGUAGE_SHARE = 0.2
"""A blogger writes in a language when a fifth of the posts are in it; less is quotation or wrong detection."""


def entry_of(blogger: RankableBlogger, as_of: datetime) -> BloggerEntry:
    """A blogger as the index shows it; followers are the largest audience of its sites, since audiences overlap.

    Every figure is over the posts that the index looks at, which are the newest ones; dates after ``as_of`` are taken
    for mistakes and left out.
    """
    followers = [site.followers for site in blogger.sites if site.followers is not None]
    dates = sorted(post.published for post in blogger.posts if post.published and post.published <= as_of)
    return BloggerEntry(
        public_id=blogger.public_id,
        name=blogger.name,
        site_key=blogger.site_key,
        home_url=blogger.home_url,
        sites=tuple(site.home_url for site in blogger.sites),
        site_keys=tuple(dict.fromkeys([blogger.site_key, *(site.key for site in blogger.sites)])),
        platforms=tuple(dict.fromkeys(site.platform for site in blogger.sites if site.platform)),
        languages=_main_languages(blogger.posts),
        followers=max(followers, default=None),
        flags=tuple(sorted({flag for site in blogger.sites for flag in site.flags})),
        posts=len(blogger.posts),
        first_post=_rfc3339(dates[0]) if dates else None,
        last_post=_rfc3339(dates[-1]) if dates else None,
        posts_per_month=posts_per_month(dates, as_of),
        sponsored_share=sponsored_share(blogger.posts),
        reason=_why_no_candidate(blogger),
        main_author_share=main_author_share(blogger.posts, sites=len(blogger.sites)),
    )


def sponsored_share(posts: Sequence[RankablePost]) -> float | None:
    """Share of the posts that say that they are sponsored or gifted; None without posts."""
    return round(sum(map(is_sponsored, posts)) / len(posts), 4) if posts else None


def main_author_share(posts: Sequence[RankablePost], *, sites: int = 1) -> float | None:
    """Share of the posts that name an author which the most frequent author of their site wrote; None where none is
    named. Each site counts by itself, since a profile names the same person otherwise than a blog does."""
    counts: dict[str, Counter[str]] = {}
    for post in posts:
        if post.author:
            site = key_or_empty(post.url) if sites > 1 else ""
            counts.setdefault(site, Counter())[post.author] += 1
    named = sum(found.total() for found in counts.values())
    return round(sum(max(found.values()) for found in counts.values()) / named, 4) if named else None


def _main_languages(posts: Sequence[RankablePost]) -> tuple[str, ...]:
    counts = Counter(post.language for post in posts if post.language)
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return tuple(language for language, count in ordered if count >= MAIN_LANGUAGE_SHARE * len(posts))


def _rfc3339(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()


def _why_no_candidate(blogger: RankableBlogger) -> str:
    """Nobody looks for generated texts: who has only flagged blogs is set aside before any brief is read."""
    if not blogger.posts:
        return "no_posts"
    blogs = [site for site in blogger.sites if site.kind == "blog"] or blogger.sites
    flagged = [farm_flags(site) for site in blogs]
    if flagged and all(flagged):
        return min(flagged[0])
    if blogger.sites and all(site.health is SiteHealth.NOT_A_BLOG for site in blogger.sites):
        return SiteHealth.NOT_A_BLOG.value
    return ""
