"""What all visits of one worker share. Central name: :class:`CrawlContext`."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from bloghound.errors import OversizedDocumentError, ParseError, ParseTimeoutError
from bloghound.records import Outcome
from bloghound.urls import host_of
from crawler.archive.index import ArchiveIndex
from crawler.extract.document import sniff
from crawler.extract.pool import ParserPool
from crawler.fetching import Fetched, Fetcher
from crawler.ledger import Ledger, Recorder
from crawler.parsed import Document, DocumentKind, ParsedDocument
from crawler.plan import CrawlPlan
from crawler.platforms import recognise
from storage.suppressions import Suppressions

FAST_WIDTH = 16
"""Pages of one site asked for at once where nobody is to be spared: archives and our own demo web."""

_PARSED_KINDS = frozenset({DocumentKind.HTML, DocumentKind.FEED, DocumentKind.SITEMAP})


@dataclass(frozen=True, slots=True)
class CrawlContext:
    """The plan of the crawl and the worker's ways to the web, the parsers and the database."""

    plan: CrawlPlan
    ledger: Ledger
    recorder: Recorder
    fetcher: Fetcher
    parsers: ParserPool
    suppressions: Callable[[], Suppressions]
    """The suppression list as last loaded."""
    is_own_host: Callable[[str], bool]
    archive: ArchiveIndex | None = None
    """What the archives of the crawl hold; None on the live web."""
    stopping: asyncio.Event = field(default_factory=asyncio.Event)

    def width_for(self, url: str) -> int:
        """How many pages of the site at ``url`` are asked for at once: strangers' one by one."""
        is_own = self.is_own_host(host_of(url)) and not self.plan.access.spares_own_hosts
        return FAST_WIDTH if self.plan.is_archived or is_own else 1

    def admits(self, url: str) -> bool:
        """Whether a site that was found may come into the crawl with its home at ``url``.

        From archives comes what is in them; a crawl of our own web stays in it, unless a stand-in for DNS says where
        others are; strangers must be able to reach us.
        """
        if self.archive is not None:
            return first_address(url) in self.archive
        if self.plan.static_hosts and self.plan.access.lookup is None:
            return self.is_own_host(host_of(url))
        return bool(self.plan.settings.contact)

    def may_ask(self, url: str) -> bool:
        """Whether an address of a blog's platform may be asked for; other platforms' hosts are strangers' hosts."""
        if self.archive is not None:
            return url in self.archive
        if self.plan.static_hosts and self.plan.access.lookup is None:
            return self.is_own_host(host_of(url))
        return True

    async def parse(self, fetched: Fetched) -> ParsedDocument | tuple[Outcome, str]:
        """What a fetched page, feed or sitemap says, or the outcome and the reason why it cannot be read."""
        document = Document(fetched.url, fetched.body, fetched.content_type, fetched.header_pairs, fetched.fetched_at)
        if sniff(document) not in _PARSED_KINDS:
            return Outcome.NOT_TEXT, fetched.content_type or "no content type"
        try:
            return await asyncio.wrap_future(self.parsers.submit(document))
        except ParseTimeoutError as error:
            return Outcome.PARSE_TIMEOUT, str(error)
        except OversizedDocumentError as error:
            return Outcome.TOO_LARGE, str(error)
        except ParseError as error:
            return Outcome.PARSE_ERROR, str(error)


def first_address(home_url: str) -> str:
    """What is asked first of a site: its home page, or for a profile its platform's interface."""
    known = recognise(home_url)
    return known[0].first_requests(known[1])[0].url if known else home_url
