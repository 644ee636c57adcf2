"""Parsing in processes: a page that hangs, dies or eats memory costs that page alone."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from bloghound.errors import ParseError, ParseTimeoutError
from crawler.extract import pool as pool_module
from crawler.extract.pool import ParserPool
from crawler.parsed import Document, ParsedDocument, ParsedPage

GOOD = Document("https://tea.nl/posts/oolong/", b"<html><body><p>Oolong, brewed slowly.</p></body></html>", "text/html")
SECONDS = 30


def hang(document: Document, max_links: int) -> ParsedDocument:
    """Stands for a parser that never ends."""
    while True:
        time.sleep(0.01)


def die(document: Document, max_links: int) -> ParsedDocument:
    """Stands for a crash inside a C library."""
    os._exit(11)


def swell(document: Document, max_links: int) -> ParsedDocument:
    """Stands for a parser that eats memory."""
    raise MemoryError(len(bytearray(4 * 1024**3)))


@pytest.fixture(scope="module")
def parsers() -> Iterator[ParserPool]:
    with ParserPool(workers=1, timeout_seconds=3.0) as parsers:
        parsers.submit(GOOD).result(SECONDS)
        yield parsers


def test_a_document_comes_back_parsed(parsers: ParserPool) -> None:
    found = parsers.submit(GOOD).result(SECONDS)
    assert isinstance(found, ParsedPage)
    assert found.post is not None
    assert found.post.text == "Oolong, brewed slowly."


def test_what_cannot_be_parsed_raises_parse_error(parsers: ParserPool) -> None:
    with pytest.raises(ParseError, match="neither a page"):
        parsers.submit(Document("https://tea.nl/x.png", b"\x89PNG\x00", "image/png")).result(SECONDS)


@pytest.mark.parametrize(
    ("task", "error", "words"),
    [(hang, ParseTimeoutError, "3 seconds"), (die, ParseError, "died"), (swell, ParseError, "memory")],
)
def test_trouble_stays_with_its_own_page(
    parsers: ParserPool, task: object, error: type[ParseError], words: str
) -> None:
    bad = parsers._schedule(task, GOOD, 10)  # type: ignore[arg-type]
    behind = [parsers.submit(GOOD) for _ in range(3)]
    with pytest.raises(error, match=words):
        bad.result(SECONDS)
    assert all(isinstance(future.result(SECONDS), ParsedPage) for future in behind)


def test_closing_takes_seconds_while_a_page_is_parsed() -> None:
    parsers = ParserPool(workers=1, timeout_seconds=600)
    stuck = parsers._schedule(hang, GOOD, 10)
    started = time.monotonic()
    parsers.close()
    assert time.monotonic() - started < 8
    with pytest.raises(ParseError, match="closed"):
        stuck.result(SECONDS)
    with pytest.raises(ParseError, match="closed"):
        parsers.submit(GOOD)


def test_the_crawl_process_loads_no_parser_for_the_pool() -> None:
    heavy = ("torch", "trafilatura", "lxml", "storage", "feedparser")
    code = f"import sys, crawler.extract.pool; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
    assert pool_module.MAX_TASKS > 0
