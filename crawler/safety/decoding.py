"""Undo content encodings within the size limit, and say so when that fails.

Scrapy's own middleware drops a body that grows too large as just another ignored request, and lets the errors of the
decompression libraries through as they are; here each has a name that becomes an outcome.
"""

from scrapy import Request, Spider
from scrapy.downloadermiddlewares.httpcompression import HttpCompressionMiddleware
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response

from bloghound.errors import BodyTooLargeError, UndecodableBodyError
from bloghound.urls import shorten


class DecodingMiddleware(HttpCompressionMiddleware):
    """Decodes gzip, deflate, Brotli and Zstandard; a stack of encodings too, each within DOWNLOAD_MAXSIZE."""

    def process_response(
        self,
        request: Request,
        response: Response,
        spider: Spider | None = None,  # noqa: ARG002
    ) -> Request | Response:
        """The response with its body decoded; raises BodyTooLargeError or UndecodableBodyError."""
        try:
            return super().process_response(request, response)
        except IgnoreRequest as error:
            raise BodyTooLargeError(f"{shorten(request.url)} is longer than the limit once decompressed.") from error
        except Exception as error:  # the errors of zlib, gzip, Brotli and Zstandard share no other base
            raise UndecodableBodyError(f"{shorten(request.url)} is not compressed as its headers say.") from error
