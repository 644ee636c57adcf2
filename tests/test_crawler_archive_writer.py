import asyncio
import fcntl
import gzip
import os
import re
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from fastwarc import ArchiveIterator, WarcRecordType
from scrapy import Request
from scrapy.http import Response

from bloghound.errors import ArchiveError
from crawler.archive.reader import read_at, read_records
from crawler.archive.recording import RecordingMiddleware
from crawler.archive.writer import Exchange, WarcWriter, purge_old_segments
from tests.scrapy_harness import PROJECT

WHEN = datetime(2026, 1, 2, 3, 4, 5, 678000, tzinfo=UTC)
EXCHANGE = Exchange(
    url="https://blog.example/a?b=c",
    method="GET",
    request_headers=(("User-Agent", "Bloghound/0 (+https://bloghound.example/)"),),
    status=200,
    response_headers=(("Content-Type", "text/html"), ("Content-Encoding", "gzip"), ("Transfer-Encoding", "chunked")),
    body=gzip.compress(b"<p>hello"),
    fetched_at=WHEN,
    ip_address="93.184.216.34",
)


@pytest.fixture
def writer(tmp_path: Path) -> WarcWriter:
    return WarcWriter(tmp_path / "archive")


def test_an_exchange_is_read_back_by_its_place(writer: WarcWriter) -> None:
    places = [writer.write(EXCHANGE) for _ in range(3)]
    for path, offset in places:
        found = read_at(path, offset)
        assert (found.url, found.status, found.body, found.fetched_at) == (EXCHANGE.url, 200, b"<p>hello", WHEN)
        assert found.headers == (("Content-Type", "text/html"),)
    assert len(set(places)) == 3
    assert [found.offset for found in read_records(places[0][0])] == [offset for _, offset in places]


def test_the_records_keep_the_standard(writer: WarcWriter) -> None:
    path, _ = writer.write(EXCHANGE)
    info, response, request = ArchiveIterator(str(path), parse_http=False)
    assert info.record_type == WarcRecordType.warcinfo
    assert info.headers["WARC-Filename"] == path.name
    assert response.headers["WARC-IP-Address"] == "93.184.216.34"
    assert request.headers["WARC-Concurrent-To"] == response.record_id
    assert request.headers["WARC-Target-URI"] == response.headers["WARC-Target-URI"] == EXCHANGE.url


def test_the_digests_are_right(writer: WarcWriter) -> None:
    path, _ = writer.write(EXCHANGE)
    kinds = []
    for record in ArchiveIterator(str(path), WarcRecordType.response | WarcRecordType.request):
        kinds.append(record.record_type)
        if record.record_type == WarcRecordType.response:
            assert record.verify_payload_digest()
    for record in ArchiveIterator(str(path), parse_http=False):
        assert record.verify_block_digest()
    assert kinds == [WarcRecordType.response, WarcRecordType.request]


def test_the_request_is_stored_as_it_was_sent(writer: WarcWriter) -> None:
    path, _ = writer.write(EXCHANGE)
    requests = ArchiveIterator(str(path), WarcRecordType.request, parse_http=False)
    (lines,) = [record.reader.read().split(b"\r\n") for record in requests]
    assert lines[:2] == [b"GET /a?b=c HTTP/1.1", b"Host: blog.example"]
    assert lines[2].startswith(b"User-Agent: Bloghound/0")


def test_a_header_cannot_forge_another(writer: WarcWriter) -> None:
    forged = Exchange("https://blog.example/", "GET", (), 200, (("X-A", "1\r\nX-B: 2"),), b"", WHEN)
    found = read_at(*writer.write(forged))
    assert found.headers == (("X-A", "1 X-B: 2"),)


def test_a_full_segment_is_followed_by_another(tmp_path: Path) -> None:
    writer = WarcWriter(tmp_path, max_segment_bytes=2000)
    places = [writer.write(EXCHANGE) for _ in range(12)]
    segments = sorted(tmp_path.iterdir())
    assert len(segments) > 2
    assert all(segment.stat().st_size < 3000 for segment in segments)
    assert sum(len(list(read_records(segment))) for segment in segments) == 12
    assert {path for path, _ in places} == set(segments)


def test_segments_are_private_and_named_by_time(writer: WarcWriter) -> None:
    path, _ = writer.write(EXCHANGE)
    assert re.fullmatch(r"bloghound-\d{8}T\d{6}-\d+-[0-9a-f]{6}\.warc\.gz", path.name)
    assert path.stat().st_mode & 0o077 == 0


def test_a_closed_writer_goes_on_in_a_new_segment(writer: WarcWriter) -> None:
    first, _ = writer.write(EXCHANGE)
    writer.close()
    writer.close()
    second, _ = writer.write(EXCHANGE)
    assert first != second


def test_with_fsync_the_same_is_written(tmp_path: Path) -> None:
    path, offset = WarcWriter(tmp_path, fsync=True).write(EXCHANGE)
    assert read_at(path, offset).body == b"<p>hello"


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ArchiveError, match="cannot be written"):
        WarcWriter(tmp_path / "file" / "archive").write(EXCHANGE)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs Linux's /dev/full")
def test_a_full_disk_is_an_error(tmp_path: Path) -> None:
    writer = WarcWriter(tmp_path)
    path, _ = writer.write(EXCHANGE)
    full = os.open("/dev/full", os.O_WRONLY)
    os.dup2(full, writer._descriptor)
    os.close(full)
    with pytest.raises(ArchiveError, match="No space left"):
        writer.write(EXCHANGE)
    assert len(list(read_records(path))) == 1


KILLED = """
import sys
from pathlib import Path
from tests.test_crawler_archive_writer import EXCHANGE
from crawler.archive.writer import WarcWriter
writer = WarcWriter(Path(sys.argv[1]))
while True:
    path, offset = writer.write(EXCHANGE)
    print(offset, flush=True)
"""


def test_nothing_that_was_written_is_lost_when_the_process_is_killed(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(tmp_path)], cwd=PROJECT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    offsets = [int(process.stdout.readline()) for _ in range(200)]
    process.send_signal(signal.SIGKILL)
    offsets += [int(line) for line in process.communicate()[0].splitlines() if line]
    (segment,) = tmp_path.iterdir()
    assert [read_at(segment, offset).url for offset in offsets[-20:]] == [EXCHANGE.url] * 20
    found: list[int] = []
    try:
        found.extend(record.offset for record in read_records(segment))
    except ArchiveError as error:
        assert "is cut or damaged" in str(error)  # noqa: PT017 - whether a record was being written is chance
    assert not found or found[: len(offsets)] == offsets


def test_old_segments_are_removed_and_counted(tmp_path: Path) -> None:
    paths = []
    for age_days in (0, 89, 91, 400):
        writer = WarcWriter(tmp_path)
        path, _ = writer.write(EXCHANGE)
        writer.close()
        os.utime(path, (1e9 - age_days * 86400, 1e9 - age_days * 86400))
        paths.append(path)
    (tmp_path / "other.warc.gz").write_bytes(b"not ours")
    os.utime(tmp_path / "other.warc.gz", (0, 0))
    size = paths[2].stat().st_size + paths[3].stat().st_size
    report = purge_old_segments(tmp_path, 90, now=1e9)
    assert set(report.segments) == {paths[2].name, paths[3].name}
    assert report.freed_bytes == size
    assert set(tmp_path.iterdir()) == {paths[0], paths[1], tmp_path / "other.warc.gz"}


def test_zero_days_keeps_everything_and_no_folder_is_nothing_to_purge(tmp_path: Path) -> None:
    path, _ = WarcWriter(tmp_path).write(EXCHANGE)
    os.utime(path, (0, 0))
    assert purge_old_segments(tmp_path, 0).segments == ()
    assert purge_old_segments(tmp_path / "none", 90).segments == ()
    assert path.exists()


def test_a_segment_is_closed_after_a_while_so_that_somebody_can_be_erased_from_it(writer: WarcWriter) -> None:
    async def record() -> list[str]:
        middleware = RecordingMiddleware(writer, open_seconds=0.01)
        names: list[str] = []
        for _ in range(2):
            request = Request(EXCHANGE.url)
            middleware.process_response(request, Response(EXCHANGE.url, body=b"<p>hello"))
            names.append(request.meta["archive_file"])
            segment = next(path for path in segments.iterdir() if path.name == names[-1])
            while is_locked(segment):  # noqa: ASYNC110 - a lock on a file tells nobody when it goes
                await asyncio.sleep(0)
        return names

    segments = writer.write(EXCHANGE)[0].parent
    assert len(set(asyncio.run(record()))) == 2


def is_locked(path: Path) -> bool:
    with path.open("rb") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False
