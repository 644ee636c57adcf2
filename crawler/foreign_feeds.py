"""Feeds that a site keeps on another host, as FeedBurner's: which are asked for, and what of them is the site's own.

The site must name them itself (``<link rel=alternate>`` on its home page, or a redirect of its own feed's address), and
only entries that lead back to the site are its posts. robots.txt and the pace of the feed's own host hold for it.
Central names: :func:`foreign_feeds`, :func:`is_foreign`.
"""

from collections.abc import Iterable, Iterator
from itertools import islice

from bloghound.errors import AddressError
from bloghound.urls import canonical_url, site_of

MAX_FOREIGN_FEEDS = 3
"""A blog has one feed elsewhere, or one for posts, one for comments and a podcast; more is a list of others' feeds."""


def is_foreign(url: str, site_key: str) -> bool:
    """Whether an address is none of a site's own; what is no address belongs to nobody."""
    try:
        return site_of(url).key != site_key
    except AddressError:
        return True


def foreign_feeds(feed_urls: Iterable[str], site_key: str) -> Iterator[str]:
    """The addresses on other hosts among those that a home page names as its feeds, at most MAX_FOREIGN_FEEDS."""
    return islice(dict.fromkeys(_foreign(feed_urls, site_key)), MAX_FOREIGN_FEEDS)


def _foreign(feed_urls: Iterable[str], site_key: str) -> Iterator[str]:
    for url in feed_urls:
        try:
            address = canonical_url(url)
        except AddressError:
            continue
        if is_foreign(address, site_key):
            yield address
