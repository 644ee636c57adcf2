"""Lists of sites: one address a line, CSV with a column of addresses, or OPML.

Central names: :func:`read_seeds` for a file whose every entry must be an address, :func:`entries_of` for the entries of
any list, right or wrong.
"""

import codecs
import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree.ElementTree import Element

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring

from bloghound.errors import AddressError, SeedsError
from bloghound.urls import parse_address, shorten

MAX_SEEDS_BYTES = 64 * 1024 * 1024
"""Some 800,000 addresses; a larger file is not a list of seeds but a dump given by mistake."""

# Column names under which lists of blogs are commonly published, best first.
_URL_COLUMNS = (
    *("home_url", "home", "homepage", "html_url", "htmlurl", "blog_url", "site_url", "url", "website", "site", "blog"),
    *("link", "address", "domain", "host", "feed_url", "feed", "xml_url", "xmlurl", "rss"),
)
_DELIMITERS = ",;\t"
_ADDRESS_LIKE = re.compile(r"https?://\S+|@?[\w.-]+@[\w-]+(\.[\w-]+)+|[\w-]+(\.[\w-]+)+(:\d+)?(/\S*)?", re.IGNORECASE)
_SAMPLE_ROWS = 20
"""Rows looked at to find the column of addresses where no header names it."""
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_XML_ENCODING = re.compile(rb"""^\s*<\?xml[^>]{0,100}?encoding=["']([\w.-]{1,40})["']""")


@dataclass(frozen=True, slots=True)
class SeedEntry:
    """One entry of a list: its row (line, or number of the outline), what it says, and how to name the place."""

    row: int
    text: str
    place: str


def read_seeds(path: Path) -> list[str]:
    """The addresses in a seeds file, in order, each once.

    Raises SeedsError that names the file, and the line of the first entry that is no address.
    """
    try:
        found = [_address(path, entry) for entry in entries_of(_read(path))]
    except ListError as error:
        raise SeedsError(f"The seeds file {path} is not valid {error}.") from error
    addresses = list(dict.fromkeys(found))
    if not addresses:
        raise SeedsError(f"The seeds file {path} names no address.")
    return addresses


class ListError(SeedsError):
    """A list that cannot be read at all; the message names its form and the line, to go on from "is not valid"."""


def entries_of(text: str) -> list[SeedEntry]:
    """The entries of a list in any of the three forms, right or wrong; empty ones and comments are left out.

    Raises ListError for XML that cannot be read.
    """
    return list(_from_opml(text) if text.lstrip()[:1] == "<" else _from_lines(text))


def decode(content: bytes, charset: str = "") -> str:
    """The text of an uploaded list: by byte order mark, the charset it came with, its XML declaration, or UTF-8.

    What is none of these is read as Windows-1252, the usual encoding of old exports, in which every byte has a meaning.
    """
    marked = next((name for mark, name in _BOMS if content.startswith(mark)), "")
    declared = _XML_ENCODING.match(content[:200])
    names = (marked, charset, declared.group(1).decode("ascii") if declared else "", "utf-8")
    for name in filter(None, names):
        try:
            return content.decode(name)
        except (UnicodeDecodeError, LookupError):
            continue
    return content.decode("cp1252", "replace")


def _read(path: Path) -> str:
    try:
        if path.stat().st_size > MAX_SEEDS_BYTES:
            raise SeedsError(f"The seeds file {path} is larger than {MAX_SEEDS_BYTES // 2**20} MiB.")
        return path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise SeedsError(f"The seeds file {path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise SeedsError(f"The seeds file {path} is not UTF-8 text (line {line}).") from error


def _from_lines(text: str) -> Iterator[SeedEntry]:
    lines = re.split(r"\r\n|\r|\n", text)
    first = next((line for line in lines if line.strip() and not line.lstrip().startswith("#")), "")
    entries = _from_csv(text, first)
    if entries is not None:
        yield from entries
        return
    for number, line in enumerate(lines, 1):
        if line.strip() and not line.lstrip().startswith("#"):
            yield SeedEntry(number, line.strip(), f"line {number}")


def _from_csv(text: str, first: str) -> Iterator[SeedEntry] | None:
    """The entries of the column of addresses, which the header names or the rows show; None when there is none."""
    delimiter = max(_DELIMITERS, key=first.count)
    names = [name.strip().lower() for name in _cells(first, delimiter)]
    column = next((names.index(name) for name in _URL_COLUMNS if name in names), None)
    if column is None and delimiter not in first:
        return None
    rows = [(number, cells) for number, cells in _rows(text, delimiter) if cells and not _is_comment(cells)]
    if column is not None:
        return _column_entries(rows[1:], column)
    column = _column_of_addresses([cells for _, cells in rows])
    return None if column is None else _column_entries(rows, column)


def _is_comment(cells: Sequence[str]) -> bool:
    return not any(cell.strip() for cell in cells) or cells[0].lstrip().startswith("#")


def _cells(line: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:
        return line.split(delimiter)


def _rows(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """The lines' numbers and cells; where quoting is broken each line is read by itself, so that none is lost."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        whole = [(reader.line_num, cells) for cells in reader]
    except csv.Error:
        whole = [(number, _cells(line, delimiter)) for number, line in enumerate(text.splitlines(), 1)]
    yield from whole


def _column_of_addresses(rows: Sequence[Sequence[str]]) -> int | None:
    """The first column in which most rows hold addresses; None when none does, or the rows have no columns in common.

    Addresses hold commas too, so lines of different widths are taken for a plain list.
    """
    sample = rows[:_SAMPLE_ROWS]
    if len({len(row) for row in sample}) != 1:
        return None
    for column in range(len(sample[0])):
        cells = [row[column].strip() for row in sample if row[column].strip()]
        if sum(bool(_ADDRESS_LIKE.fullmatch(cell)) for cell in cells) * 2 > len(cells):
            return column
    return None


def _column_entries(rows: Sequence[tuple[int, Sequence[str]]], column: int) -> Iterator[SeedEntry]:
    for number, cells in rows:
        entry = cells[column].strip() if len(cells) > column else ""
        if entry:
            yield SeedEntry(number, entry, f"line {number}")


def _from_opml(text: str) -> Iterator[SeedEntry]:
    try:
        root: Element = fromstring(text.lstrip())
    except ParseError as error:
        raise ListError(f"OPML: line {error.position[0]}: {error.msg}") from error
    except (DefusedXmlException, ValueError, LookupError) as error:
        raise ListError(f"OPML: {type(error).__name__}") from error
    for number, outline in enumerate(root.iter("outline"), 1):
        attributes = {name.lower(): value for name, value in outline.attrib.items()}
        entry = attributes.get("htmlurl") or attributes.get("xmlurl") or attributes.get("url") or ""
        if entry.strip():
            yield SeedEntry(number, entry.strip(), "an outline")


def _address(path: Path, entry: SeedEntry) -> str:
    try:
        return parse_address(entry.text)
    except AddressError as error:
        raise SeedsError(
            f"The seeds file {path}, {entry.place}: {shorten(entry.text)!r} is not a web address."
        ) from error
