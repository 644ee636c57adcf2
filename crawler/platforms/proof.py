"""Whether a profile and a blog belong to one blogger: both must say so. Pure.

A link one way proves nothing, since anyone may link anywhere; ``rel=me`` both ways (microformats.org/wiki/rel-me, the
check that Mastodon itself makes) can only be set by whoever controls both. Central name: :func:`confirms`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from bloghound.errors import AddressError
from bloghound.urls import fold_url, site_of
from crawler.platforms.protocol import Profile


@dataclass(frozen=True, slots=True)
class Proof:
    """That a profile and a site belong together: the link each way, as found."""

    kind: str
    profile_url: str
    site_url: str
    profile_links_to: str
    site_links_to: str
    verified_at: datetime | None = None
    """When the profile's own platform last saw the way back, if it says so."""


def confirms(profile: Profile, blog_home_rel_me: Iterable[str], blog_home_url: str) -> Proof | None:
    """The proof that ``profile`` and the blog at ``blog_home_url`` are one blogger's, or None.

    ``blog_home_rel_me`` are the targets of ``rel=me`` links on the blog's home page. The profile must link, with
    ``rel=me``, to a page of the same site.
    """
    own = {folded for folded in map(_folded, (profile.url, *profile.aliases)) if folded}
    back = next((url for url in blog_home_rel_me if _folded(url) in own), None)
    key = _site_key(blog_home_url)
    there = next((link for link in profile.links if link.rel_me and key and _site_key(link.url) == key), None)
    if back is None or there is None:
        return None
    return Proof("rel_me", profile.url, blog_home_url, there.url, back, there.verified_at)


def _folded(url: str) -> str:
    try:
        return fold_url(url)
    except AddressError:
        return ""


def _site_key(url: str) -> str:
    try:
        return site_of(url).key
    except AddressError:
        return ""
