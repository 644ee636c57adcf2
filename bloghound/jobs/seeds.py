"""Reading a file of seed addresses: one address a line, CSV with a column of addresses, or OPML."""

import csv
import io
from collections.abc import Iterator
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
    *("home_url", "home", "html_url", "htmlurl", "url", "website", "site", "link", "address", "domain", "host"),
    *("feed_url", "feed", "xml_url", "xmlurl", "rss"),
)


def read_seeds(path: Path) -> list[str]:
    """The addresses in a seeds file, in order, each once.

    Raises SeedsError that names the file, and the line of the first entry that is no address.
    """
    text = _read(path)
    found = _from_opml(path, text) if text.lstrip()[:1] == "<" else _from_lines(path, text)
    addresses = list(dict.fromkeys(found))
    if not addresses:
        raise SeedsError(f"The seeds file {path} names no address.")
    return addresses


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


def _from_lines(path: Path, text: str) -> Iterator[str]:
    lines = text.splitlines()
    first = next((line for line in lines if line.strip() and not line.lstrip().startswith("#")), "")
    column = _url_column(first)
    if column is not None:
        yield from _from_csv(path, text, column)
        return
    for number, line in enumerate(lines, 1):
        entry = line.split("#", 1)[0].strip() if line.lstrip().startswith("#") else line.strip()
        if entry:
            yield _address(path, number, entry)


def _url_column(header: str) -> str | None:
    """The name of the column of addresses, when ``header`` is the first line of a CSV."""
    names = next(csv.reader([header]), [])
    lowered = {name.strip().lower(): name for name in names}
    return next((lowered[name] for name in _URL_COLUMNS if name in lowered), None)


def _from_csv(path: Path, text: str, column: str) -> Iterator[str]:
    reader = csv.DictReader(io.StringIO(text))
    try:
        for row in reader:
            entry = (row.get(column) or "").strip()
            if entry:
                yield _address(path, reader.line_num, entry)
    except csv.Error as error:
        raise SeedsError(f"The seeds file {path} is not valid CSV: line {reader.line_num}: {error}.") from error


def _from_opml(path: Path, text: str) -> Iterator[str]:
    try:
        root: Element = fromstring(text)
    except ParseError as error:
        raise SeedsError(f"The seeds file {path} is not valid OPML: line {error.position[0]}: {error.msg}.") from error
    except (DefusedXmlException, ValueError) as error:
        raise SeedsError(f"The seeds file {path} is not valid OPML: {type(error).__name__}.") from error
    for outline in root.iter("outline"):
        attributes = {name.lower(): value for name, value in outline.attrib.items()}
        entry = attributes.get("htmlurl") or attributes.get("xmlurl") or ""
        if entry.strip():
            yield _address(path, None, entry)


def _address(path: Path, line: int | None, entry: str) -> str:
    try:
        return parse_address(entry)
    except AddressError as error:
        where = f"line {line}" if line is not None else "an outline"
        raise SeedsError(f"The seeds file {path}, {where}: {shorten(entry)!r} is not a web address.") from error
