"""Web archives (WARC): reading any crawl's, answering a crawl from them, and writing one's own.

:mod:`~crawler.archive.reader` reads records, :mod:`~crawler.archive.index` finds them by address,
:mod:`~crawler.archive.handler` answers Scrapy's requests from an index, :mod:`~crawler.archive.writer` writes
segments, and :mod:`~crawler.archive.recording` hands every live exchange to it.
"""
