"""Substack: nothing is asked of it, on purpose; figures are those that its public post pages declare.

Substack documents three ways for machines: feeds, a Developer API that finds a profile for a LinkedIn name under terms
that each user accepts (substack.com/api-tos), and an MCP server for a publication's own staff. None tells readers'
reactions to anybody without an account. The JSON that its pages ask for (``/api/v1/archive``) is documented nowhere and
its Terms of Use forbid scraping, so it is left alone although robots.txt does not name it. Feeds and post pages are
read as those of any blog are, where robots.txt allows; post pages declare likes, shares and comments in JSON-LD
(``interactionStatistic``), which :mod:`crawler.extract.comments` reads. Central name: :class:`Substack`.
"""

from bloghound.urls import host_of
from crawler.platforms.comment_listing import blog_at
from crawler.platforms.protocol import ApiAnswer, ApiRequest, Profile, ProfileAddress, Step


class Substack:
    """Recognises a publication, and asks for nothing beside its pages and feeds."""

    name = "substack"
    gap_seconds = 0.0
    max_requests = 0
    is_crawled = True

    def recognise(self, url: str, software: str = "") -> ProfileAddress | None:
        """``https://name.substack.com``, and a blog at its own domain whose pages say that Substack made them."""
        return blog_at(url) if software == "substack" or host_of(url).endswith(".substack.com") else None

    def first_requests(self, address: ProfileAddress) -> tuple[ApiRequest, ...]:  # noqa: ARG002
        """None."""
        return ()

    def read(self, request: ApiRequest, answer: ApiAnswer, profile: Profile | None) -> Step:  # noqa: ARG002
        """Nothing: no answer comes, since nothing is asked."""
        return Step()
