"""Ill-formed feeds and pages, and seeded mutations of them, through all that the crawler does with a document.

Central names: :func:`originals` (real and hostile files), :func:`mutants`, :func:`trial`.
"""

import gzip
import pickle
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields, is_dataclass
from datetime import UTC, datetime
from html import escape
from pathlib import Path

from bloghound.errors import ParseError
from crawler.extract.document import parse_document
from crawler.intake import Arrival, page_result
from crawler.parsed import Document

_HOME = "https://tea.nl/"
_FETCHED_AT = datetime(2026, 6, 1, tzinfo=UTC)
_PAGE_SHARE = 0.2
"""Pages among the mutants: one takes as long as ten feeds."""
_MAX_BYTES = 40_000
"""Mutants are cut here: what breaks a parser is a matter of bytes, and 10,000 of them shall take a minute."""
_HEAD_BYTES = 400
_ENCODINGS = ("utf-16", "utf-16-le", "utf-32", "cp1252", "shift_jis", "utf-7", "koi8-r", "big5", "cp037")
_FRAGMENTS = (
    *(b"<", b">", b"&", b"&#xD800;", b"&#0;", b"&#x110000;", b"&#x1;", b"\x00", b"\xff\xfe", b"\xed\xa0\x80", b"]]>"),
    *(
        b"<![CDATA[",
        b"<!--",
        b"-->",
        b"<!DOCTYPE x [",
        b"<?xml ?>",
        b'"',
        b"'",
        b"http://[::1",
        b"https://\xe2\x80\x8b/",
    ),
    *(b"9" * 400, b"-1e999", b"0000-00-00T99:99:99Z", b"</item>", b"<entry>", b"<base href='//['>", b"{", b"\\ud800"),
)


@dataclass(frozen=True)
class Original:
    """A document as it came."""

    name: str
    body: bytes
    content_type: str

    @property
    def is_page(self) -> bool:
        return self.content_type.startswith("text/html")


def originals(robustness: Path) -> list[Original]:
    """All feeds, pages, tokenizer tests and addresses in the folder of ill-formed and messy files."""
    feeds = sorted(path for path in (robustness / "feedparser/tests").rglob("*") if path.is_file())
    pages = sorted((robustness / "article-extraction-benchmark/html").glob("*.html.gz"))
    tests = sorted(path for path in (robustness / "html5lib-tests").rglob("*") if path.is_file())
    return [
        *(Original(path.name, path.read_bytes(), "application/xml") for path in feeds),
        *(Original(path.name, gzip.decompress(path.read_bytes()), "text/html; charset=utf-8") for path in pages),
        *(Original(path.name, path.read_bytes(), "text/html") for path in tests),
        Original("addresses.html", _page_of_addresses(robustness), "text/html; charset=utf-8"),
    ]


def _page_of_addresses(robustness: Path) -> bytes:
    """A page that links to, redirects to, bases itself on and calls canonical every address of the URL tests."""
    cases = (robustness / "wpt-url/url/tests/urltestdata.json").read_text(encoding="utf-8").splitlines()
    hrefs = [escape(line.split(":", 1)[1].strip(' ",')) for line in cases if '"input"' in line]
    head = "".join(f'<link rel="canonical" href="{href}"><link rel="next" href="{href}">' for href in hrefs)
    body = "".join(f'<a rel="me" href="{href}">x</a><base href="{href}">' for href in hrefs)
    return f"<html><head>{head}</head><body>{body}</body></html>".encode("utf-8", "surrogatepass")


def mutants(sources: Sequence[Original], count: int, seed: int = 1) -> Iterator[tuple[Original, bytes]]:
    """``count`` mutations with the original of each; the same for the same seed."""
    chance = random.Random(seed)  # noqa: S311 - repeatable test data
    pages = [source for source in sources if source.is_page]
    feeds = [source for source in sources if not source.is_page]
    for _ in range(count):
        source = chance.choice(pages if chance.random() < _PAGE_SHARE else feeds)
        # Half of them keep their beginning, by which a document is recognised: else most never reach a parser.
        head = chance.choice((0, _HEAD_BYTES))
        other = chance.choice(sources).body[:_MAX_BYTES]
        yield source, source.body[:head] + mutate(source.body[head:_MAX_BYTES], other, chance)


def mutate(body: bytes, other: bytes, chance: random.Random) -> bytes:
    """``body`` changed in one to five ways; ``other`` is what pieces are spliced in from."""
    for _ in range(chance.randint(1, 5)):
        body = chance.choice(_MUTATIONS)(body, other, chance)
    return body


def _flip(body: bytes, _other: bytes, chance: random.Random) -> bytes:
    data = bytearray(body)
    for _ in range(min(len(data), chance.randint(1, 30))):
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    return bytes(data)


def _cut(body: bytes, _other: bytes, chance: random.Random) -> bytes:
    start, end = sorted(chance.randrange(len(body) + 1) for _ in range(2))
    return chance.choice([body[:start], body[end:], body[:start] + body[end:]])


def _double(body: bytes, _other: bytes, chance: random.Random) -> bytes:
    start = chance.randrange(len(body) + 1)
    piece = body[start : start + chance.randint(1, 2000)]
    return body[:start] + piece * chance.randint(2, 5) + body[start:]


def _splice(body: bytes, other: bytes, chance: random.Random) -> bytes:
    here, there = chance.randrange(len(body) + 1), chance.randrange(len(other) + 1)
    return body[:here] + other[there : there + 4000] + body[here:]


def _insert(body: bytes, _other: bytes, chance: random.Random) -> bytes:
    for _ in range(chance.randint(1, 8)):
        place = chance.randrange(len(body) + 1)
        body = body[:place] + chance.choice(_FRAGMENTS) + body[place:]
    return body


def _noise(body: bytes, _other: bytes, chance: random.Random) -> bytes:
    place = chance.randrange(len(body) + 1)
    return body[:place] + chance.randbytes(chance.randint(1, 200)) + body[place + chance.randint(0, 200) :]


def _recode(body: bytes, _other: bytes, chance: random.Random) -> bytes:
    """Another encoding than the document says, with a half character at the end."""
    recoded = body.decode("utf-8", "replace").encode(chance.choice(_ENCODINGS), "replace")
    return recoded[: len(recoded) - chance.randint(0, 1)]


_MUTATIONS: tuple[Callable[[bytes, bytes, random.Random], bytes], ...] = (
    _flip,
    _cut,
    _double,
    _splice,
    _insert,
    _noise,
    _recode,
)


def trial(body: bytes, content_type: str) -> str:
    """Parse a document as a parser process does, and make of it what storage gets.

    Returns ``read``, or ``refused: `` with the reason. Whatever is raised beside ParseError comes through, and
    ValueError for a text that PostgreSQL would refuse.
    """
    document = Document(_HOME + "a/", body, content_type, (), _FETCHED_AT)
    try:
        parsed = parse_document(document)
    except ParseError as error:
        return f"refused: {error}"
    arrival = Arrival(1, 1, "tea.nl", _HOME, document.url, _FETCHED_AT, "live")
    check_storable(page_result(arrival, pickle.loads(pickle.dumps(parsed)), follow=True))  # noqa: S301 - our own
    return "read"


def check_storable(value: object) -> None:
    """Raise ValueError for a text anywhere in ``value`` with a lone surrogate or NUL, which databases refuse."""
    if isinstance(value, str):
        if "\0" in value:
            raise ValueError(f"NUL in {value!r}")
        value.encode()
    elif isinstance(value, dict):
        check_storable(tuple(value.items()))
    elif isinstance(value, tuple | list):
        for one in value:
            check_storable(one)
    elif is_dataclass(value):
        for field in fields(value):
            check_storable(getattr(value, field.name))
