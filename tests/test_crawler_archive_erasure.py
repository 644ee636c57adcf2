"""Segments without a forgotten site's answers: every other record stays readable, at the place that is told."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from crawler.archive.erasure import ErasedSegment, erase_site
from crawler.archive.reader import raw_records, read_at
from crawler.archive.writer import WarcWriter
from tests.test_crawler_archive_writer import EXCHANGE

URLS = ("https://a.example/1", "https://b.example/1", "https://a.example/2", "https://b.example/2")


def _write(folder: Path, *urls: str) -> tuple[Path, list[int]]:
    writer = WarcWriter(folder)
    places = [writer.write(replace(EXCHANGE, url=url)) for url in urls]
    writer.close()
    return places[0][0], [offset for _, offset in places]


def _urls(segment: Path) -> list[str]:
    return [record.url for record in raw_records(segment) if record.url]


def _erase(folder: Path, key: str, places: Mapping[str, set[int]] | None = None) -> list[ErasedSegment]:
    return list(erase_site(folder, key, places))


def test_a_sites_answers_and_requests_go_and_the_others_are_found_again(tmp_path: Path) -> None:
    segment, offsets = _write(tmp_path, *URLS)
    (erased,) = _erase(tmp_path, "a.example")
    assert (erased.name, erased.records, erased.busy) == (segment.name, 2 * 2, False)
    assert _urls(segment) == [URLS[1], URLS[1], URLS[3], URLS[3]]
    assert [read_at(segment, erased.moved[offsets[place]]).url for place in (1, 3)] == [URLS[1], URLS[3]]
    assert offsets[0] not in erased.moved


def test_answers_are_erased_by_place_with_their_requests(tmp_path: Path) -> None:
    urls = [f"https://m.example/api/v1/accounts/{number}/statuses" for number in (7, 8, 9)]
    segment, offsets = _write(tmp_path, *urls)
    (erased,) = _erase(tmp_path, "m.example/@ana", {segment.name: {offsets[1]}, "other.warc.gz": {offsets[0]}})
    assert erased.records == 2
    assert _urls(segment) == [urls[0], urls[0], urls[2], urls[2]]


def test_a_segment_without_the_site_is_left_alone(tmp_path: Path) -> None:
    segment, _ = _write(tmp_path, *URLS)
    before = segment.stat()
    assert _erase(tmp_path, "c.example") == []
    assert segment.stat().st_ino == before.st_ino


def test_a_segment_that_is_being_written_is_passed_over(tmp_path: Path) -> None:
    other, _ = _write(tmp_path, URLS[0])
    writer = WarcWriter(tmp_path)
    busy, _ = writer.write(replace(EXCHANGE, url=URLS[0]))
    erased = {one.name: one for one in _erase(tmp_path, "a.example")}
    assert (erased[busy.name].busy, erased[other.name].busy) == (True, False)
    writer.write(replace(EXCHANGE, url=URLS[1]))
    writer.close()
    assert _urls(busy) == [URLS[0], URLS[0], URLS[1], URLS[1]]
    assert [one.records for one in _erase(tmp_path, "a.example")] == [2]


def test_a_segment_that_was_removed_is_not_written_on(tmp_path: Path) -> None:
    writer = WarcWriter(tmp_path)
    first, _ = writer.write(EXCHANGE)
    first.unlink()
    second, offset = writer.write(EXCHANGE)
    assert (second.exists(), read_at(second, offset).url) == (True, EXCHANGE.url)


def test_nothing_of_the_site_is_left_behind_a_cut(tmp_path: Path) -> None:
    segment, offsets = _write(tmp_path, URLS[1], URLS[3], URLS[0])
    content = segment.read_bytes()
    segment.write_bytes(content[: offsets[2] + 40])
    _erase(tmp_path, "a.example")
    assert content[offsets[2] : offsets[2] + 40] not in segment.read_bytes()
    assert _urls(segment)[:2] == [URLS[1], URLS[1]]
    assert _erase(tmp_path, "a.example") == []


def test_what_is_no_archive_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "x.warc.gz").write_bytes(b"not an archive")
    assert _erase(tmp_path, "a.example") == []
    assert (tmp_path / "x.warc.gz").read_bytes() == b"not an archive"
