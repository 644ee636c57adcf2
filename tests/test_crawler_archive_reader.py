import gzip
import io
import zlib
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import brotli
import pytest
from fastwarc import WarcRecord, WarcRecordType, ZstdWriter

from bloghound.errors import ArchiveError
from crawler.archive.layout import Layout, layout_of
from crawler.archive.reader import MAX_BODY_BYTES, ArchivedResponse, read_at, read_records

WHEN = datetime(2025, 3, 4, 5, 6, 7, tzinfo=UTC)
HTML = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"


def record(
    block: bytes, url: str = "https://blog.example/", kind: WarcRecordType = WarcRecordType.response, media: str = ""
) -> bytes:
    """One WARC record, not compressed."""
    made = WarcRecord()
    made.init_headers(kind)
    made.record_date = WHEN
    made.headers["WARC-Target-URI"] = url
    made.headers["Content-Type"] = media or f"application/http; msgtype={kind!s}"
    made.set_bytes_content(block)
    target = io.BytesIO()
    made.write(target, checksum_data=True)
    return target.getvalue()


def pages(count: int) -> list[bytes]:
    return [record(HTML + b"\r\n" + b"page %d " % n * 50, f"https://blog.example/{n}") for n in range(count)]


def zstd(data: bytes) -> bytes:
    target = io.BytesIO()
    with ZstdWriter(target) as writer:
        writer.write(data)
    return target.getvalue()


FORMS: dict[str, tuple[Layout, Callable[[list[bytes]], bytes]]] = {
    "plain.warc": (Layout.PLAIN, b"".join),
    "members.warc.gz": (Layout.MEMBERS, lambda records: b"".join(map(gzip.compress, records))),
    "whole.warc.gz": (Layout.WHOLE, lambda records: gzip.compress(b"".join(records))),
    "members.warc.zst": (Layout.MEMBERS, lambda records: b"".join(map(zstd, records))),
    "whole.warc.zst": (Layout.WHOLE, lambda records: zstd(b"".join(records))),
}


@pytest.fixture(params=FORMS)
def form(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, Callable[[list[bytes]], bytes]]:
    return tmp_path / request.param, FORMS[request.param][1]


def read(path: Path, counts: Counter[str] | None = None) -> tuple[list[ArchivedResponse], str]:
    """The records before the end or the damage, and the sentence about the damage."""
    found: list[ArchivedResponse] = []
    try:
        found.extend(one for one in read_records(path, counts) if found.append(one))  # type: ignore[func-returns-value]
    except ArchiveError as error:
        return found, str(error)
    return found, ""


def one(tmp_path: Path, block: bytes, **given: str) -> ArchivedResponse:
    path = tmp_path / "one.warc"
    path.write_bytes(record(block, **given))  # type: ignore[arg-type]
    (found,) = read_records(path)
    return found


@pytest.mark.parametrize("name", FORMS)
def test_the_layout_is_known(name: str, tmp_path: Path) -> None:
    layout, pack = FORMS[name]
    path = tmp_path / name
    path.write_bytes(pack(pages(30)))
    assert layout_of(path) is layout


def test_every_form_gives_the_same_records(form: tuple[Path, Callable[[list[bytes]], bytes]]) -> None:
    path, pack = form
    path.write_bytes(pack(pages(30)))
    found, damage = read(path)
    assert damage == ""
    assert [one.url for one in found] == [f"https://blog.example/{n}" for n in range(30)]
    assert found[7].body == b"page 7 " * 50
    assert (found[7].status, found[7].header("content-type"), found[7].fetched_at) == (200, "text/html", WHEN)
    assert found[7].file == str(path)


def test_every_record_is_found_again_by_its_offset(form: tuple[Path, Callable[[list[bytes]], bytes]]) -> None:
    path, pack = form
    path.write_bytes(pack(pages(12)))
    found, _ = read(path)
    assert [read_at(path, one.offset) for one in found] == found
    assert len({one.offset for one in found}) == 12


def test_a_file_of_one_record_is_read(form: tuple[Path, Callable[[list[bytes]], bytes]]) -> None:
    path, pack = form
    path.write_bytes(pack(pages(1)))
    found, damage = read(path)
    assert (len(found), damage) == (1, "")
    assert read_at(path, found[0].offset).body == found[0].body


@pytest.mark.parametrize("share", [0.3, 0.5, 0.77, 0.99])
def test_a_cut_file_gives_its_whole_records_and_then_one_sentence(
    form: tuple[Path, Callable[[list[bytes]], bytes]], share: float
) -> None:
    path, pack = form
    whole = pack(pages(40))
    path.write_bytes(whole[: int(len(whole) * share)])
    found, damage = read(path)
    assert [one.url for one in found] == [f"https://blog.example/{n}" for n in range(len(found))]
    assert all(one.body == b"page %d " % n * 50 for n, one in enumerate(found))
    assert len(found) < 40
    assert damage.startswith(f"The archive {path} is cut or damaged") or damage.endswith("is not a web archive (WARC).")
    assert str(found[-1].offset) in damage if found else True


def test_the_whole_records_of_a_cut_file_are_found_by_their_offsets(
    form: tuple[Path, Callable[[list[bytes]], bytes]],
) -> None:
    path, pack = form
    whole = pack(pages(40))
    path.write_bytes(whole[: len(whole) * 2 // 3])
    found, _ = read(path)
    assert [read_at(path, one.offset) for one in found] == found


@pytest.mark.parametrize("name", ["plain.warc", "members.warc.gz", "members.warc.zst"])
def test_a_cut_is_seen_at_every_byte_of_a_record(name: str, tmp_path: Path) -> None:
    pack = FORMS[name][1]
    before, last = pack(pages(2)), pack(pages(1))
    path = tmp_path / name
    silent = []
    for cut in range(1, len(last)):
        path.write_bytes(before + last[:cut])
        found, damage = read(path)
        assert len(found) >= 2
        if not damage:
            silent.append(last[cut:])
    # Nothing is lost when only the blank lines after the last record are missing.
    assert set(silent) <= {b"\n", b"\r\n", b"\n\r\n", b"\r\n\r\n"}


def test_a_cut_between_records_is_an_end(tmp_path: Path) -> None:
    path = tmp_path / "a.warc.gz"
    path.write_bytes(b"".join(map(gzip.compress, pages(5)[:3])))
    assert read(path)[1] == ""


def test_damage_in_the_middle_is_reported(form: tuple[Path, Callable[[list[bytes]], bytes]]) -> None:
    path, pack = form
    whole = bytearray(pack(pages(40)))
    middle = len(whole) // 2
    whole[middle : middle + 400] = bytes(400)
    path.write_bytes(whole)
    found, damage = read(path)
    assert len(found) < 40
    assert "is cut or damaged after the record at byte" in damage or damage.endswith("is not a web archive (WARC).")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"hello",
        b"<html>" * 500,
        gzip.compress(b"hello\n" * 500, mtime=0),
        zstd(b"hello"),
        b"\x1f\x8b",
        bytes(5000),
    ],
)
def test_a_file_that_is_no_archive_is_named(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "holiday.jpg"
    path.write_bytes(content)
    with pytest.raises(ArchiveError, match=r"holiday\.jpg is not a web archive"):
        list(read_records(path))


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match=r"missing\.warc cannot be read: No such file"):
        list(read_records(tmp_path / "missing.warc"))
    with pytest.raises(ArchiveError, match="cannot be read: Is a directory"):
        list(read_records(tmp_path))


@pytest.mark.parametrize("offset", [1, 10_000_000])
def test_an_offset_with_no_record_is_an_error(offset: int, tmp_path: Path) -> None:
    path = tmp_path / "a.warc.gz"
    path.write_bytes(gzip.compress(pages(1)[0]))
    with pytest.raises(ArchiveError, match=f"no readable record at byte {offset}"):
        read_at(path, offset)


def test_records_that_are_no_answers_are_counted_and_left_out(tmp_path: Path) -> None:
    path = tmp_path / "a.warc"
    path.write_bytes(
        record(b"software: x\r\n", "", WarcRecordType.warcinfo, "application/warc-fields")
        + record(b"GET / HTTP/1.1\r\n\r\n", kind=WarcRecordType.request)
        + record(HTML + b"\r\nhi")
        + record(HTML + b"\r\n", kind=WarcRecordType.revisit)
        + record(b"not http at all")
        + record(b"20 text/gemini\r\n", "gemini://blog.example/", media="application/gemini")
        + record(b"<p>hi", "https://blog.example/r", WarcRecordType.resource, "text/html")
    )
    counts: Counter[str] = Counter()
    found, damage = read(path, counts)
    assert damage == ""
    assert [(one.url, one.status, one.body) for one in found] == [
        ("https://blog.example/", 200, b"hi"),
        ("https://blog.example/r", 200, b"<p>hi"),
    ]
    assert found[1].header("Content-Type") == "text/html"
    assert counts == {"warcinfo": 1, "request": 1, "response": 3, "revisit": 1, "resource": 1, "unreadable": 1}


TEXT = b"<p>koffie</p>" * 20


@pytest.mark.parametrize(
    ("headers", "stored"),
    [
        (b"", TEXT),
        (b"Transfer-Encoding: chunked\r\n", b"%x\r\n%s\r\n0\r\n\r\n" % (len(TEXT), TEXT)),
        (b"Content-Encoding: gzip\r\n", gzip.compress(TEXT, mtime=0)),
        (b"Content-Encoding: deflate\r\n", zlib.compress(TEXT)),
        (b"Content-Encoding: br\r\n", brotli.compress(TEXT)),
        (b"Content-Encoding: zstd\r\n", zstd(TEXT)),
        (b"Content-Encoding: gzip, gzip\r\n", gzip.compress(gzip.compress(TEXT, mtime=0), mtime=0)),
        (b"Content-Encoding: gzip\r\n", TEXT),
        (b"Transfer-Encoding: chunked\r\n", TEXT),
        (b"Transfer-Encoding: chunked\r\nContent-Encoding: br\r\n", TEXT),
        (b"Content-Length: 3\r\n", TEXT),
    ],
)
def test_bodies_are_decoded_and_headers_that_lie_are_not_believed(
    headers: bytes, stored: bytes, tmp_path: Path
) -> None:
    found = one(tmp_path, HTML + headers + b"\r\n" + stored)
    assert found.body == TEXT
    assert found.headers == (("Content-Type", "text/html"),)


def test_headers_are_kept_in_order_with_repeats(tmp_path: Path) -> None:
    found = one(tmp_path, b"HTTP/2 404\nLink: a\nlink: b\nX-Name: caf\xe9\n\nhi")
    assert found.status == 404
    assert found.headers == (("Link", "a"), ("link", "b"), ("X-Name", "caf\u00e9"))
    assert found.header("LINK") == "a"
    assert found.header("none") is None
    assert found.body == b"hi"


@pytest.mark.parametrize("over", [0, 1, 10 * MAX_BODY_BYTES])
def test_a_body_is_cut_at_the_limit(over: int, tmp_path: Path) -> None:
    found = one(tmp_path, HTML + b"\r\n" + bytes(MAX_BODY_BYTES + over))
    assert len(found.body) == MAX_BODY_BYTES
    assert found.too_large == (over > 0)


def test_a_bomb_is_cut_at_the_limit(tmp_path: Path) -> None:
    found = one(tmp_path, HTML + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(bytes(100 * 1024 * 1024)))
    assert (len(found.body), found.too_large) == (MAX_BODY_BYTES, True)


def test_the_corpus_is_read_whole(shared_dir: Path) -> None:
    counts: Counter[str] = Counter()
    found = sum(len(one.body) > 0 for one in read_records(shared_dir / "corpus" / "dev.warc.gz", counts))
    assert counts == {"warcinfo": 1, "response": 8428}
    assert found > 8400
