"""Public profiles on other platforms: where a blogger's followers and short posts are found.

Every platform is a module that follows :class:`~crawler.platforms.protocol.Platform`: it recognises addresses, names
the public, keyless requests to make, and reads the answers. None fetches anything. :mod:`~crawler.platforms.proof`
joins a profile to a blog.
"""

from crawler.platforms.mastodon import Mastodon
from crawler.platforms.protocol import Platform, ProfileAddress

PLATFORMS: tuple[Platform, ...] = (Mastodon(),)


def recognise(url: str) -> tuple[Platform, ProfileAddress] | None:
    """The platform that ``url`` is a profile of, and which profile; None when it is no profile's address."""
    for platform in PLATFORMS:
        address = platform.recognise(url)
        if address is not None:
            return platform, address
    return None
