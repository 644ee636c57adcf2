"""A Scrapy download handler that answers every request from archives and never from the network.

Response flags: ``archived`` for a capture, ``not_in_archive`` (with status 404) where there is none, ``too_large``
where the body was cut. ``request.meta`` gets ``archive_file``, ``archive_offset`` and ``fetched_at`` of the capture.
"""

from scrapy import Request
from scrapy.core.downloader.handlers.base import BaseDownloadHandler
from scrapy.crawler import Crawler
from scrapy.http import Headers, Response
from scrapy.responsetypes import responsetypes

from crawler.archive.index import open_index
from crawler.archive.reader import ArchivedResponse

ARCHIVES_SETTING = "BLOGHOUND_ARCHIVES"
NOT_IN_ARCHIVE = "not_in_archive"
TOO_LARGE = "too_large"


class ArchiveDownloadHandler(BaseDownloadHandler):
    """Answers from the archives named by the Scrapy setting BLOGHOUND_ARCHIVES (a list of paths)."""

    lazy = False

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._index = open_index(tuple(crawler.settings.getlist(ARCHIVES_SETTING)))

    async def download_request(self, request: Request) -> Response:
        """The archived response, or a 404 flagged ``not_in_archive``."""
        found = self._index.lookup(request.url)
        if found is None:
            return Response(request.url, status=404, flags=[NOT_IN_ARCHIVE], request=request)
        request.meta["archive_file"] = found.file
        request.meta["archive_offset"] = found.offset
        request.meta["fetched_at"] = found.fetched_at
        return _as_response(found, request)


def _as_response(found: ArchivedResponse, request: Request) -> Response:
    headers = Headers()
    for name, value in found.headers:
        headers.appendlist(name, value)
    kind = responsetypes.from_args(headers=headers, url=request.url, body=found.body)
    flags = ["archived", TOO_LARGE] if found.too_large else ["archived"]
    return kind(url=request.url, status=found.status, headers=headers, body=found.body, flags=flags, request=request)
