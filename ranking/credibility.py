"""Named findings against a blogger, each with its count, its deduction and the posts that show it.

There is no "fake: 37 %": a finding says how many of how many posts, and a reader can open them. A deduction grows
with the share of posts beyond what an honest blogger shows too; a share among few posts is shrunk.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from bloghound.records import RankablePost, RankableSite

SPONSORED_KINDS = frozenset({"sponsored", "gifted"})
AFFILIATE_KINDS = frozenset({"affiliate", "coupon"})
FARM_FLAGS = frozenset({"spam_suspected", "link_farm"})
"""What the crawl calls a site of generated texts, and one that exists for its links."""
EVIDENCE_POSTS = 3

SHRINKAGE_POSTS = 2
"""Posts without the finding that every blogger is credited with, so that one post of one is a third, not all."""

LINK_DENSE_LINKS = 8
LINK_DENSE_WORDS_PER_LINK = 15
"""A post of at least 8 links and fewer than 15 words to a link is a list of links; essays have one in 50 words."""


@dataclass(frozen=True, slots=True)
class Rule:
    """How a finding's share of posts becomes a deduction: nothing up to ``free_share``, ``most`` when all show it.

    The score's positive parts sum to at most 1, and an on-topic blogger gets some 0.3 to 0.7 of it: ``most`` is what
    that blogger loses.
    """

    finding: str
    free_share: float
    most: float

    def amount(self, count: int, of: int) -> float:
        """The deduction for ``count`` of ``of`` posts."""
        share = count / (of + SHRINKAGE_POSTS)
        return self.most * max(0.0, share - self.free_share) / (1 - self.free_share)


# A sponsored post in ten is usual and honest when disclosed; so are affiliate links in a quarter of a review blog's
# posts, a guest post or press text in ten, and weekly link lists.
SPONSORED = Rule("sponsored_posts", free_share=0.1, most=0.5)
AFFILIATE = Rule("affiliate_links", free_share=0.25, most=0.3)
COPIED = Rule("copied_text", free_share=0.1, most=0.8)
LINK_DENSE = Rule("link_lists", free_share=0.3, most=0.6)
FLAGGED_AMOUNT = 0.8
"""For a site that the crawl flagged as spam or a link farm: below every honest blogger."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A credibility finding: ``count`` of ``of`` posts (or sites), the deduction, and addresses that show it."""

    finding: str
    count: int
    of: int
    amount: float
    evidence: tuple[str, ...]


def findings_of(posts: Sequence[RankablePost], sites: Iterable[RankableSite]) -> tuple[Finding, ...]:
    """What one blogger's own posts and sites show, as far as it costs something."""
    checks: tuple[tuple[Rule, Callable[[RankablePost], bool]], ...] = (
        (SPONSORED, is_sponsored),
        (AFFILIATE, _has_affiliate_links),
        (LINK_DENSE, _is_link_list),
    )
    shown = [(rule, [post.url for post in posts if check(post)]) for rule, check in checks]
    found = [_by_share(rule, len(urls), urls, len(posts)) for rule, urls in shown]
    return tuple(finding for finding in [*found, _flagged(tuple(sites))] if finding.amount > 0)


def copying_found(copied: int, first_urls: Sequence[str], posts: int) -> tuple[Finding, ...]:
    """The finding on a blogger of whose ``posts`` so many copy another blogger's text, the first at ``first_urls``."""
    finding = _by_share(COPIED, copied, first_urls, posts)
    return (finding,) if finding.amount > 0 else ()


def _by_share(rule: Rule, count: int, urls: Sequence[str], of: int) -> Finding:
    return Finding(rule.finding, count, of, rule.amount(count, of), tuple(urls[:EVIDENCE_POSTS]))


def _flagged(sites: tuple[RankableSite, ...]) -> Finding:
    homes = [site.home_url for site in sites if farm_flags(site)]
    return Finding("flagged_sites", len(homes), len(sites), FLAGGED_AMOUNT if homes else 0.0, tuple(homes))


def farm_flags(site: RankableSite) -> frozenset[str]:
    """Those of a site's flags that say that it is no person's blog."""
    return FARM_FLAGS.intersection(site.flags)


def is_sponsored(post: RankablePost) -> bool:
    """Whether a post says that it was paid for, with money or with the thing it is about."""
    return any(disclosure.kind in SPONSORED_KINDS for disclosure in post.disclosures)


def _has_affiliate_links(post: RankablePost) -> bool:
    return post.marked_links > 0 or any(disclosure.kind in AFFILIATE_KINDS for disclosure in post.disclosures)


def _is_link_list(post: RankablePost) -> bool:
    links = post.editorial_links + post.marked_links
    return links >= LINK_DENSE_LINKS and post.words < LINK_DENSE_WORDS_PER_LINK * links
