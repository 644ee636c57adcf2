"""Slow, endless, lying and explosive servers through real Scrapy processes."""

import gzip
import zlib
from collections.abc import Iterable
from http.server import BaseHTTPRequestHandler
from itertools import repeat
from pathlib import Path
from time import sleep

import brotli
import pytest

from crawler.archive.reader import read_at
from crawler.downloads import MAX_DOWNLOAD_BYTES, TOTAL_TIMEOUT_SECONDS
from tests.scrapy_harness import Answer, CrawlRun, LoopbackServer, fetch, send

MIB = 1024 * 1024


def raw(head: bytes, chunks: Iterable[bytes] = (), pause_seconds: float = 0.0) -> Answer:
    """An answer written to the socket as it is, piece by piece, until the client goes away."""

    def answer(request: BaseHTTPRequestHandler) -> None:
        request.close_connection = True
        request.wfile.write(head)
        for chunk in chunks:
            request.wfile.write(chunk)
            request.wfile.flush()
            sleep(pause_seconds)

    return answer


def page(body: bytes, encoding: str) -> Answer:
    return lambda request: send(request, body, headers=[("Content-Encoding", encoding)])


def crawl(pages: dict[str, str | bytes | Answer], **options: object) -> CrawlRun:
    with LoopbackServer(pages) as server:
        mapped = {"public.test": ("127.0.0.1", server.port)}
        return fetch([f"http://public.test{path}" for path in pages], static_hosts=mapped, **options)  # type: ignore[arg-type]


OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
TIMEOUT = 2.0


def test_the_limits_are_those_of_the_specification() -> None:
    assert TOTAL_TIMEOUT_SECONDS == 20
    assert MAX_DOWNLOAD_BYTES == 5 * MIB


def test_slow_servers_are_given_up_after_the_total_time_and_hold_up_nobody_else() -> None:
    pages: dict[str, str | bytes | Answer] = {
        "/silent": raw(b"", repeat(b""), 0.05),
        "/status-drip": raw(b"HTTP/1.1 ", repeat(b"2"), 0.05),
        "/header-drip": raw(OK, repeat(b"X-Drip: 1\r\n"), 0.05),
        "/body-drip": raw(OK + b"\r\n", repeat(b"x"), 0.05),
        "/length-drip": raw(OK + b"Content-Length: 1000\r\n\r\n", repeat(b"x"), 0.05),
        "/chunk-drip": raw(OK + b"Transfer-Encoding: chunked\r\n\r\n", repeat(b"1\r\nx\r\n"), 0.05),
        "/good": "good",
    }
    run = crawl(pages, timeout_seconds=TIMEOUT)
    assert [result.outcome for result in run.results] == ["network_error"] * 6 + [""]
    assert all("timeout: " in result.reason for result in run.results[:6])
    assert all(TIMEOUT <= result.seconds < TIMEOUT + 1 for result in run.results[:6])
    assert run[6].body == "good"
    assert run[6].seconds < TIMEOUT / 2


def test_bodies_over_the_limit_are_too_large_and_cost_no_memory() -> None:
    mib = b"x" * MIB
    pages: dict[str, str | bytes | Answer] = {
        "/announced": raw(OK + b"Content-Length: 1000000000\r\n\r\n", repeat(mib)),
        "/endless": raw(OK + b"\r\n", repeat(mib)),
        "/chunks": raw(OK + b"Transfer-Encoding: chunked\r\n\r\n", repeat(b"100000\r\n" + mib + b"\r\n")),
        "/one-byte-over": bytes(5 * MIB + 1),
        "/at-the-limit": bytes(5 * MIB),
    }
    run = crawl(pages)
    assert [result.outcome for result in run.results] == ["too_large"] * 4 + [""]
    assert run[4].body_bytes == 5 * MIB
    assert run.peak_mib < 300


def test_decompression_bombs_are_too_large_and_cost_no_memory() -> None:
    zeros = bytes(200 * MIB)
    once = gzip.compress(zeros, 9)
    pages: dict[str, str | bytes | Answer] = {
        "/gzip": page(once, "gzip"),
        "/triple": page(gzip.compress(gzip.compress(once)), "gzip, gzip, gzip"),
        "/deflate": page(zlib.compress(zeros), "deflate"),
        "/brotli": page(brotli.compress(zeros, quality=1), "br"),
    }
    run = crawl(pages)
    assert [result.outcome for result in run.results] == ["too_large"] * 4
    assert all(result.seconds < 3 for result in run.results)
    assert run.peak_mib < 300


def test_encodings_are_undone_and_lies_are_counted() -> None:
    text = b"<p>" + b"koffie " * 50
    pages: dict[str, str | bytes | Answer] = {
        "/gzip": page(gzip.compress(text), "gzip"),
        "/deflate": page(zlib.compress(text), "deflate"),
        "/brotli": page(brotli.compress(text), "br"),
        "/double": page(gzip.compress(gzip.compress(text)), "gzip, gzip"),
        "/lie": page(text, "gzip"),
        "/lie-br": page(text, "br"),
        "/lie-zstd": page(text, "zstd"),
    }
    run = crawl(pages)
    assert [result.body for result in run.results[:4]] == [text.decode()] * 4
    assert [result.outcome for result in run.results[4:]] == ["parse_error"] * 3


@pytest.mark.parametrize(
    "answer",
    [
        raw(b""),
        raw(b"SSH-2.0-OpenSSH\r\n"),
        raw(b"HTTP/1.1 abc\r\n\r\n"),
        raw(OK + b"Content-Length: 100\r\n\r\ntoo short"),
        raw(OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n"),
        raw(OK + b"Content-Length: -5\r\n\r\n"),
        raw(OK + b"Content-Length: 9999999999999999999999\r\n\r\nx"),
    ],
)
def test_broken_http_is_an_outcome_and_no_crash(answer: Answer) -> None:
    run = crawl({"/": answer, "/good": "good"}, timeout_seconds=TIMEOUT)
    assert run[0].outcome in {"network_error", "too_large"}
    assert run[1].body == "good"
    assert "Traceback" not in run.log


def test_endless_headers_end_without_filling_the_memory() -> None:
    flood = raw(OK, repeat(b"X-Flood: " + b"y" * 8000 + b"\r\n"))
    run = crawl({"/": flood, "/good": "good"}, timeout_seconds=TIMEOUT * 2)
    assert run[0].outcome == "network_error"
    assert run[0].seconds < TIMEOUT
    assert run[1].body == "good"
    assert run.peak_mib < 300


def test_endless_interim_responses_end_too() -> None:
    run = crawl({"/": raw(b"", repeat(b"HTTP/1.1 103 Early Hints\r\n\r\n" * 1000))}, timeout_seconds=TIMEOUT * 2)
    assert run[0].outcome == "network_error"
    assert run[0].seconds < TIMEOUT


def test_long_but_honest_headers_are_read() -> None:
    head = OK + b"".join(b"X-Note-%d: %s\r\n" % (place, b"y" * 1000) for place in range(200))
    run = crawl({"/": raw(head + b"Content-Length: 2\r\n\r\nok"), "/again": "ok"})
    assert [result.body for result in run.results] == ["ok", "ok"]


def test_exchanges_are_recorded_as_they_came(tmp_path: Path) -> None:
    packed = gzip.compress(b"hello")
    run = crawl({"/": page(packed, "gzip"), "/none": raw(OK + b"Content-Length: 0\r\n\r\n")}, data_dir=tmp_path)
    folder = tmp_path / "archive"
    found = read_at(folder / run[0].archive_file, run[0].archive_offset)
    assert (found.url, found.status, found.body) == ("http://public.test/", 200, b"hello")
    assert read_at(folder / run[1].archive_file, run[1].archive_offset).body == b""
