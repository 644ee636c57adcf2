"""Platforms with a public, keyless interface: profiles, and blogs whose platform tells what readers did.

Every platform is a module that follows :class:`~crawler.platforms.protocol.Platform`: it recognises addresses, names
the public, keyless requests to make, and reads the answers. None fetches anything.
"""

from collections.abc import Collection

from crawler.platforms.blogger import Blogger
from crawler.platforms.bluesky import Bluesky
from crawler.platforms.devto import DevTo
from crawler.platforms.ghost import Ghost
from crawler.platforms.hackernews import HackerNews
from crawler.platforms.mastodon import Mastodon
from crawler.platforms.protocol import Platform, ProfileAddress
from crawler.platforms.substack import Substack
from crawler.platforms.wordpress import WordPress
from crawler.platforms.wordpress_com import WordPressCom
from crawler.platforms.youtube import YouTube

PROFILES: tuple[Platform, ...] = (Bluesky(), YouTube(), Mastodon())
"""Platforms whose requests are the whole visit; the first that knows an address has it: Mastodon's are on any host."""

COMPANIONS: tuple[Platform, ...] = (WordPressCom(), WordPress(), Ghost(), Blogger(), Substack(), DevTo())
"""Platforms of blogs, asked after the blog's pages; the first that knows a blog is asked."""

VENUES: dict[str, Platform] = {"hackernews": HackerNews()}
"""Places where posts of any blog are talked about, by the name by which a setting turns them on."""


def recognise(url: str) -> tuple[Platform, ProfileAddress] | None:
    """The platform that ``url`` is a profile of, and which profile; None when it is no profile's address."""
    return next(iter(_knowing(PROFILES, url)), None)


def companions(home_url: str, software: str, venues: Collection[str] = ()) -> list[tuple[Platform, ProfileAddress]]:
    """Whom to ask what readers did with a blog's posts: its own platform, and the ``venues`` that are turned on."""
    asked = [VENUES[name] for name in sorted(venues) if name in VENUES]
    return [*_knowing(COMPANIONS, home_url, software)[:1], *_knowing(asked, home_url, software)]


def _knowing(platforms: Collection[Platform], url: str, software: str = "") -> list[tuple[Platform, ProfileAddress]]:
    return [(platform, address) for platform in platforms if (address := platform.recognise(url, software)) is not None]
