"""Extraction: bytes in, parsed values out. Pure: nothing here opens a connection or a database.

Central names: :func:`crawler.extract.document.parse_document` (one document), :class:`crawler.extract.pool.ParserPool`
(the same in processes that can be killed one by one), :func:`crawler.extract.classify.decide_page` (is it a post?) and
:func:`crawler.extract.verdict.judge_site` (is it a blog?).
"""
