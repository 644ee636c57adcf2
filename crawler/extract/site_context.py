"""What is known of a whole site when its pages are judged: a plain value, learnt in :mod:`crawler.extract.classify`."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from statistics import median
from typing import Self
from urllib.parse import urlsplit

from crawler.extract.paths import path_of
from crawler.parsed import PostSignals

REPEATED_TEXT = 4
"""A text on this many pages is the site's frame (a script's shell, a cookie wall), not anybody's post."""
_REPEATED_TITLE_SHARE = 0.2
"""A title on this share of the pages is the site's name."""
_SMOOTHING = 1.0
"""Added to the count of non-posts, so that one page alone makes no pattern."""


@dataclass(frozen=True, slots=True)
class SiteContext:
    """Facts of one site. Addresses are compared by path, since blogs are reached under several host names."""

    home_path: str = ""
    feed_paths: frozenset[str] = frozenset()
    pattern_shares: dict[str, float] = field(default_factory=dict)
    """Share of posts among the pages whose addresses have one pattern."""
    dated_share: float = 0.0
    """Share of the known posts that carry a date."""
    median_words: float = 200.0
    """Median length of the known posts."""
    repeated_hashes: frozenset[str] = frozenset()

    repeated_titles: frozenset[str] = frozenset()

    @classmethod
    def from_feeds(cls, feed_posts: Iterable[str], pages: Sequence[PostSignals], home_url: str | None) -> Self:
        """A context before its pages are judged; ``pages`` are those whose address is not a listing's."""
        hashes = Counter(page.text_hash for page in pages if page.text_hash)
        titles = Counter(page.title for page in pages)
        often = max(REPEATED_TEXT, len(pages) * _REPEATED_TITLE_SHARE)
        return cls(
            home_path=page_key(home_url) if home_url else "",
            feed_paths=frozenset(key for url in feed_posts if (key := page_key(url))),
            repeated_hashes=frozenset(text_hash for text_hash, count in hashes.items() if count >= REPEATED_TEXT),
            repeated_titles=frozenset(title for title, count in titles.items() if count >= often),
        )

    def with_posts(self, patterns: Sequence[tuple[str, bool]], posts: Sequence[PostSignals]) -> Self:
        """The same with what its known posts show: ``patterns`` are (address pattern, is a known post) of all pages."""
        total = Counter(pattern for pattern, _ in patterns)
        known = Counter(pattern for pattern, is_post in patterns if is_post)
        shares = {pattern: known[pattern] / (total[pattern] + _SMOOTHING) for pattern in known}
        if not posts:
            return replace(self, pattern_shares=shares)
        dated = sum(post.published is not None for post in posts) / len(posts)
        return replace(
            self, pattern_shares=shares, dated_share=dated, median_words=float(median(post.words for post in posts))
        )

    def lists(self, url: str) -> bool:
        """True when one of the site's feeds lists the page."""
        return page_key(url) in self.feed_paths

    def is_home(self, url: str) -> bool:
        """True for the site's home page, also where it is not at the root of the host."""
        return bool(self.home_path) and page_key(url) == self.home_path

    def post_share(self, pattern: str) -> float:
        """Share of posts among the pages with this address pattern; 0 for unknown ones."""
        return self.pattern_shares.get(pattern, 0.0)


def page_key(url: str) -> str:
    """Path and query by which a page is recognised under any host name of its site; empty for the root."""
    query = urlsplit(url).query
    return path_of(url) + (f"?{query}" if query else "")
