"""Parsing in processes: a page that hangs, dies or eats memory costs that page alone."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from bloghound.errors import OversizedDocumentError, ParseError, ParseTimeoutError
from bloghound.settings import Settings
from crawler.extract import pool as pool_module
from crawler.extract.pool import ParserPool
from crawler.parsed import Document, ParsedDocument, ParsedFeed, ParsedPage

GOOD = Document("https://tea.nl/posts/oolong/", b"<html><body><p>Oolong, brewed slowly.</p></body></html>", "text/html")
SECONDS = 30
KEPT: list[bytearray] = []


def hang(document: Document, max_links: int) -> ParsedDocument:
    """Stands for a parser that never ends."""
    while True:
        time.sleep(0.01)


def die(document: Document, max_links: int) -> ParsedDocument:
    """Stands for a crash inside a C library."""
    os._exit(11)


def never_return_from_c(document: Document, max_links: int) -> ParsedDocument:
    """Stands for a parser that is in a C library, where no handler of a signal runs."""
    raise AssertionError(sum(range(10**15)))


def keep(document: Document, max_links: int) -> ParsedDocument:
    """Stands for a library that leaks: 100 MiB stay behind, and the task succeeds."""
    KEPT.append(bytearray(100 * 2**20))
    return ParsedFeed(url=str(os.getpid()), title="", home_url=None, language=None, entries=())


def who(document: Document, max_links: int) -> ParsedDocument:
    """Tells which process works."""
    return ParsedFeed(url=str(os.getpid()), title="", home_url=None, language=None, entries=())


def swell(document: Document, max_links: int) -> ParsedDocument:
    """Stands for a parser that eats memory."""
    raise MemoryError(len(bytearray(4 * 1024**3)))


@pytest.fixture(scope="module")
def parsers() -> Iterator[ParserPool]:
    with ParserPool(workers=1, timeout_seconds=1.0) as parsers:
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
    [(hang, ParseTimeoutError, "1 s and"), (die, ParseError, "died"), (swell, OversizedDocumentError, "memory")],
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


def test_a_page_that_is_stuck_in_a_c_library_is_stopped_in_time(parsers: ParserPool) -> None:
    bad = parsers._schedule(never_return_from_c, GOOD, 10)
    started = time.monotonic()
    with pytest.raises(ParseTimeoutError):
        bad.result(SECONDS)
    assert time.monotonic() - started < 4 + 2


def test_a_worker_that_a_page_has_swollen_begins_no_other_page_and_loses_none(parsers: ParserPool) -> None:
    results = [parsers._schedule(task, GOOD, 10) for task in (keep, who, who)]
    swollen, fresh, same = (result.result(SECONDS).url for result in results)
    assert swollen != fresh == same


def test_a_pool_that_broke_is_made_anew() -> None:
    with ParserPool(workers=1) as parsers:
        pool_module._stop(parsers._pool)
        assert isinstance(parsers.submit(GOOD).result(SECONDS), ParsedPage)


def test_the_limits_are_those_of_the_specification() -> None:
    settings = Settings()
    assert settings.parse_timeout_seconds == pool_module.DEFAULT_TIMEOUT_SECONDS == 3
    assert settings.parse_memory_mib == pool_module.DEFAULT_MEMORY_MIB
    assert pool_module.DEFAULT_MEMORY_MIB * 2**20 < 300e6


def test_the_crawl_process_loads_no_parser_for_the_pool() -> None:
    heavy = ("torch", "trafilatura", "lxml", "storage", "feedparser")
    code = f"import sys, crawler.extract.pool; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
    assert pool_module.MAX_TASKS > 0
