"""Hand every live exchange to the archive before anything is read from it.

Central name: :class:`RecordingMiddleware`.
"""

import asyncio
from pathlib import Path
from typing import Self

from scrapy import Request, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured
from scrapy.http import Headers, Response

from crawler.archive.writer import Exchange, HeaderPairs, WarcWriter
from storage.tables.base import utc_now

FOLDER_SETTING = "BLOGHOUND_ARCHIVE_DIR"
SEGMENT_BYTES_SETTING = "BLOGHOUND_ARCHIVE_SEGMENT_BYTES"

OPEN_SECONDS = 900.0
"""How long one segment is written: nobody can be erased from it meanwhile, and a worker may stay for months."""


class RecordingMiddleware:
    """Writes each response to a WARC segment and notes in ``request.meta`` where it lies.

    Sets ``archive_file`` (the segment's name), ``archive_offset`` (bytes) and ``fetched_at`` (UTC). It stands next to
    the downloader, so the body is still encoded as it came over the wire.
    """

    def __init__(self, writer: WarcWriter, open_seconds: float = OPEN_SECONDS) -> None:
        self._writer = writer
        self._open_seconds = open_seconds
        self._closing: asyncio.TimerHandle | None = None

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Built from the settings; off when no archive folder is set."""
        folder = crawler.settings.get(FOLDER_SETTING)
        if not folder:
            raise NotConfigured
        middleware = cls(WarcWriter(Path(folder), crawler.settings.getint(SEGMENT_BYTES_SETTING)))
        crawler.signals.connect(middleware.close, signals.engine_stopped)
        return middleware

    def process_response(self, request: Request, response: Response) -> Response:
        """The response as it came; raises ArchiveError when it cannot be written, so that nothing goes unrecorded."""
        fetched_at = utc_now()
        segment, offset = self._writer.write(
            Exchange(
                url=response.url,
                method=request.method,
                request_headers=_pairs(request.headers),
                status=response.status,
                response_headers=_pairs(response.headers),
                body=response.body,
                fetched_at=fetched_at,
                ip_address=str(response.ip_address) if response.ip_address else None,
            )
        )
        if self._closing is None:
            self._closing = asyncio.get_running_loop().call_later(self._open_seconds, self.close)
        request.meta.update(archive_file=segment.name, archive_offset=offset, fetched_at=fetched_at)
        return response

    def close(self) -> None:
        """Close the segment being written; the next response begins another."""
        if self._closing is not None:
            self._closing.cancel()
            self._closing = None
        self._writer.close()


def _pairs(headers: Headers) -> HeaderPairs:
    return tuple(
        (name.decode("latin-1"), value.decode("latin-1")) for name in headers for value in headers.getlist(name)
    )
