"""Is this site a blog, and may it be trusted to be one? Decided from the signals of all its pages.

Dated posts by an author say yes. Shops, documentation and theme demos are kept out with the reason; spam and link farms
are flagged only, since somebody may have seeded them on purpose and should see why they rank low.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, median, pstdev

from crawler.extract.classify import is_demo_title
from crawler.parsed import PageKind, PostSignals

SPAM_SUSPECTED = "spam_suspected"
LINK_FARM = "link_farm"

_MIN_POSTS = 20
"""Fewer posts say nothing about how uniform a site is."""
_UNIFORM = 0.12
"""Spread of the posts' lengths (deviation over mean): 0.2 and more on 89 real blogs, 0.07 on a generated one."""
_GENERATED_WORDS = 300
"""Short forms (limericks, link notes) are of one length by nature; generated articles are long."""
_MAX_OPENINGS = 0.3
"""Different first words per title: 0.05 to 0.15 where titles come from templates, over 0.4 where a person writes."""
_FARM_HOSTS = 8
_FARM_LINKS_PER_WORD = 0.04
"""A link farm's typical post links to 8 hosts or more, one link every 25 words; the densest real blogs stay below."""

_DOCUMENTATION = frozenset({"mkdocs", "sphinx", "docusaurus", "gitbook", "vuepress"})
_SHOPS = frozenset({"shopify", "woocommerce"})


@dataclass(frozen=True, slots=True)
class SiteVerdict:
    """Whether a site is a blog, why, and the flags it carries."""

    is_blog: bool
    reason: str
    flags: tuple[str, ...] = ()


def judge_site(
    pages: Sequence[tuple[str, PostSignals]],
    kinds: Mapping[str, PageKind],
    *,
    feed_posts: int = 0,
    external_links: int = 0,
) -> SiteVerdict:
    """The verdict on a site from its pages, what each was decided to be, and how many posts its feeds list.

    ``external_links`` counts the editorial links of posts that only the feed carries.
    """
    signals = [signal for _, signal in pages]
    posts = [signal for url, signal in pages if kinds.get(url) is PageKind.POST]
    flags = _flags(posts, feed_posts, external_links)
    refusal = _refusal(signals, posts, feed_posts)
    if refusal is not None:
        return SiteVerdict(False, refusal, flags)
    dated = sum(post.published is not None for post in posts)
    return SiteVerdict(True, f"has {max(dated, feed_posts)} dated posts", flags)


def _refusal(signals: Sequence[PostSignals], posts: Sequence[PostSignals], feed_posts: int) -> str | None:
    dated = sum(post.published is not None for post in posts)
    platforms = {signal.platform for signal in signals}
    if posts and 2 * sum(is_demo_title(post.title) for post in posts) > len(posts):
        return "shows only the sample posts of a theme"
    shop_pages = sum(signal.has_shop_markup for signal in signals)
    if shop_pages > len(posts) or (platforms & _SHOPS and shop_pages and dated < shop_pages):
        return f"is a shop: {shop_pages} of {len(signals)} pages offer products"
    if platforms & _DOCUMENTATION and 2 * dated <= len(posts) and feed_posts == 0:
        return "is documentation: its pages carry no dates"
    if posts and dated == 0 and feed_posts == 0:
        return "shows no dated post"
    return None


def _flags(posts: Sequence[PostSignals], feed_posts: int, external_links: int) -> tuple[str, ...]:
    flags = []
    if _looks_generated(posts):
        flags.append(SPAM_SUSPECTED)
    if _is_link_farm(posts, feed_posts, external_links):
        flags.append(LINK_FARM)
    return tuple(flags)


def _looks_generated(posts: Sequence[PostSignals]) -> bool:
    """Many long texts of one length, under titles out of a few moulds."""
    if len(posts) < _MIN_POSTS:
        return False
    words = [post.words for post in posts]
    openings = {post.title.split(" ")[0].casefold() for post in posts}
    return (
        fmean(words) >= _GENERATED_WORDS
        and pstdev(words) / fmean(words) < _UNIFORM
        and len(openings) / len(posts) <= _MAX_OPENINGS
    )


def _is_link_farm(posts: Sequence[PostSignals], feed_posts: int, external_links: int) -> bool:
    if not posts:
        return feed_posts > 0 and external_links >= _FARM_HOSTS * feed_posts
    density = median(post.external_links / max(1, post.words) for post in posts)
    return median(post.external_hosts for post in posts) >= _FARM_HOSTS and density >= _FARM_LINKS_PER_WORD
