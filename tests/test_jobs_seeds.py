"""Seeds files: text, CSV, OPML; and what is wrong with the others, by line."""

from pathlib import Path

import pytest

from bloghound.errors import SeedsError
from bloghound.jobs.seeds import MAX_SEEDS_BYTES, decode, entries_of, read_seeds


def _file(folder: Path, content: bytes | str) -> Path:
    path = folder / "seeds"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.mark.parametrize(
    "content",
    [
        "https://a.example/\nb.example\n",
        "# my blogs\n\nhttps://a.example/\n  b.example  \nhttps://a.example/\n",
        "\ufeffhttps://a.example/\r\nb.example\r\n",
        "name,home_url,topic\nAnn,https://a.example/,food\nBob,b.example,\nEve,,none\n",
        'URL\n"https://a.example/"\nb.example\n',
        "title,feed_url\nx,https://a.example/\ny,b.example\n",
        "name;blog\nAnn;https://a.example/\nBob;b.example\n",
        "Ann\thttps://a.example/\nBob\tb.example\n",
        'name,url\n"Ann, A.",https://a.example/\nBob,b.example\n',
        """<?xml version="1.0"?><opml version="2.0"><body><outline text="Food"><outline htmlUrl="https://a.example/"
        xmlUrl="https://a.example/feed"/></outline><outline text="B" xmlUrl="b.example"/></body></opml>""",
    ],
)
def test_every_form_gives_the_same_addresses(content: str, tmp_path: Path) -> None:
    assert read_seeds(_file(tmp_path, content)) == ["https://a.example/", "https://b.example/"]


@pytest.mark.parametrize(
    ("content", "named"),
    [
        ("https://a.example/\nmailto:ann@a.example\n", r"line 2: 'mailto:ann@a\.example'"),
        ("url\nhttps://a.example/\n\nftp://b.example/\n", "line 4: 'ftp://b.example/'"),
        ("", "names no address"),
        ("# only a comment\n", "names no address"),
        (b"https://a.example/\n\xff\xfe\n", r"not UTF-8 text \(line 2\)"),
        ("<opml><body>\n<outline\n</body></opml>", "not valid OPML: line 3"),
        ("<html><body>no opml</body></html>", "names no address"),
        ('<!DOCTYPE o [<!ENTITY a "b">]><opml><outline htmlUrl="&a;"/></opml>', "not valid OPML: EntitiesForbidden"),
        ('<opml><outline htmlUrl="javascript:alert"/></opml>', "an outline: 'javascript:alert'"),
    ],
)
def test_what_cannot_be_used_is_named(content: bytes | str, named: str, tmp_path: Path) -> None:
    with pytest.raises(SeedsError, match=named):
        read_seeds(_file(tmp_path, content))


def test_a_broken_quote_costs_its_own_row_only() -> None:
    found = entries_of('name,url\n"Ann,https://a.example/\nBob,b.example\nEve,c.example\n')
    assert [(entry.row, entry.text) for entry in found] == [(3, "b.example"), (4, "c.example")]


def test_commas_in_addresses_make_no_columns() -> None:
    found = entries_of("https://a.example/?x=1,2\nhttps://b.example/\n")
    assert [entry.text for entry in found] == ["https://a.example/?x=1,2", "https://b.example/"]


@pytest.mark.parametrize(
    ("content", "charset", "text"),
    [
        ("é".encode(), "", "é"),
        ("é".encode("utf-16"), "utf-8", "é"),
        ("é".encode("latin-1"), "latin-1", "é"),
        ("é".encode("cp1252"), "no-such-charset", "é"),
        ('<?xml version="1.0" encoding="iso-8859-2"?>ł'.encode("iso-8859-2"), "", "ł"),
    ],
)
def test_uploads_are_decoded(content: bytes, charset: str, text: str) -> None:
    assert decode(content, charset).endswith(text)


def test_an_absent_file_and_a_huge_one_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SeedsError, match="No such file"):
        read_seeds(tmp_path / "none")
    huge = tmp_path / "huge"
    with huge.open("wb") as handle:
        handle.truncate(MAX_SEEDS_BYTES + 1)
    with pytest.raises(SeedsError, match="larger than 64 MiB"):
        read_seeds(huge)


def test_published_lists_of_blogs_are_read(shared_dir: Path) -> None:
    lists = shared_dir / "lists"
    assert len(read_seeds(lists / "engineering-blogs" / "engineering_blogs.opml")) > 400
    assert len(read_seeds(shared_dir / "corpus" / "blogs.csv")) == 90
    assert len(read_seeds(shared_dir / "corpus" / "seeds.txt")) == 90
