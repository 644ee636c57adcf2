"""Web addresses: parsing, canonical forms, and which site an address belongs to. Pure functions, no network.

Central names: :func:`parse_address`, :func:`canonical_url`, :func:`fold_url`, :func:`site_of`,
:func:`registrable_domain`.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import quote, unquote, urljoin, urlsplit, urlunsplit

import tldextract

from bloghound.errors import AddressError
from bloghound.hosts import HostKind, host_kind, shared_site

MAX_URL_CHARS = 2000
"""Longer addresses are refused: the sitemap protocol's limit is 2,048 characters, and links beyond it are traps.
Escaped addresses of this length also fit into an index entry of PostgreSQL, which holds 2,704 bytes."""

REMEMBERED_URLS = 16_384
"""Addresses whose forms are remembered: the links of some hundred pages, as a crawl has them in work at a time. Each
form of an address takes about 0.4 kB, so that all of them stay below 30 MB however long a crawl lasts."""

# Parameters that only say where a visitor came from: campaign tags, click ids of the big networks, feed readers' marks.
_TRACKING = re.compile(
    r"^(utm_\w+|fbclid|gclid|dclid|msclkid|mc_[ce]id|igshid|yclid|ref_src|_hsenc|_hsmi|vero_id)$", re.IGNORECASE
)
_INDEX_PAGE = re.compile(r"/(index|default)\.(html?|php|aspx?|xhtml)$", re.IGNORECASE)
_SCHEME = re.compile(r"^[a-z][a-z0-9+.-]*:", re.IGNORECASE)
# Most addresses are canonical as they stand, and this is told sooner than each rule is looked at: lower-case host, no
# port, and a path of characters that are never escaped.
_PLAIN = re.compile(r"https?://[a-z0-9_-](?:[a-z0-9_.-]*[a-z0-9_-])?/[A-Za-z0-9/._~-]*")
_CONTROL = re.compile(r"[\x00-\x1f]")
# Hosts on which a path is somebody's, though no site; and the names under which they show the same profile.
_NETWORKS = frozenset({HostKind.SOCIAL, HostKind.MEDIA})
_NETWORK_TWIN = re.compile(r"^(www|m|mobile)\.")
_SUFFIXES = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)


@dataclass(frozen=True, slots=True)
class SiteAddress:
    """The site that an address belongs to: its key (host, or host + path on shared hosts) and its home address."""

    key: str
    home_url: str


def parse_address(text: str, base_url: str | None = None) -> str:
    """The absolute http(s) address meant by ``text``; a bare host gets ``https://``.

    Raises AddressError for anything that is not a web address with a host.
    """
    candidate = text.strip()
    if not candidate or len(candidate) > MAX_URL_CHARS or _CONTROL.search(candidate):
        raise AddressError(f"{shorten(text)!r} is not a web address.")
    try:
        if base_url is not None:
            candidate = urljoin(base_url, candidate)
        elif not _SCHEME.match(candidate) or re.match(r"^[\w.-]+:\d+(/|$)", candidate):
            candidate = "https://" + candidate.removeprefix("//")
        parts = urlsplit(candidate)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise AddressError(f"{shorten(text)!r} is not a web address.") from error
    if parts.scheme.lower() not in {"http", "https"} or not host:
        raise AddressError(f"{shorten(text)!r} is not a web address (http or https with a host).")
    scheme = parts.scheme.lower()
    netloc = _netloc(_ascii_host(host, text), port, scheme)
    return urlunsplit((scheme, netloc, parts.path or "/", parts.query, ""))


def _ascii_host(host: str, shown: str) -> str:
    host = host.rstrip(".").lower()
    try:
        ascii_host = host if host.isascii() else host.encode("idna").decode("ascii").lower()
    except UnicodeError as error:
        raise AddressError(f"{shorten(shown)!r} has no valid host name.") from error
    if not re.fullmatch(r"[a-z0-9_.-]+|[0-9a-f:.]+(%[a-z0-9]+)?", ascii_host) or ascii_host.startswith("."):
        raise AddressError(f"{shorten(shown)!r} has no valid host name.")
    return ascii_host


def _netloc(host: str, port: int | None, scheme: str) -> str:
    shown = f"[{host}]" if ":" in host else host
    return shown if port in {None, {"http": 80, "https": 443}[scheme]} else f"{shown}:{port}"


@lru_cache(maxsize=REMEMBERED_URLS)
def canonical_url(url: str) -> str:
    """The form under which a page is stored: lower-case host, no fragment, no tracking parameters, normal escapes.

    Only what RFC 3986 (6.2.2) calls equivalent is changed in the path, so that the same page is asked for.
    Raises AddressError when ``url`` is no web address, or longer than MAX_URL_CHARS when escaped.
    """
    if len(url) <= MAX_URL_CHARS and _PLAIN.fullmatch(url):
        return url
    parts = urlsplit(parse_address(url))
    pairs = parts.query.split("&")
    kept = [pair for pair in pairs if not _TRACKING.match(pair.partition("=")[0])]
    canonical = urlunsplit((parts.scheme, parts.netloc, _escaped(parts.path), _escaped("&".join(kept)), ""))
    if len(canonical) > MAX_URL_CHARS:
        raise AddressError(f"{shorten(url)!r} is too long for a web address.")
    return canonical


def _escaped(part: str) -> str:
    """A path or query with what must be escaped escaped, and what need not be not."""
    lone_percent_escaped = re.sub(r"%(?![0-9A-Fa-f]{2})", "%25", part)
    normal = re.sub(r"%[0-9A-Fa-f]{2}", _normal_escape, lone_percent_escaped)
    return quote(normal, safe="/:@!$&'()*+,;=?~-._%", errors="replace")


def _normal_escape(found: re.Match[str]) -> str:
    char = chr(int(found.group()[1:], 16))
    return char if re.match(r"[A-Za-z0-9._~-]", char) else found.group().upper()


@lru_cache(maxsize=REMEMBERED_URLS)
def fold_url(url: str) -> str:
    """The form under which two addresses count as one page: no scheme, escapes, trailing slash or ``/index.html``.

    Real servers redirect between these forms. Raises AddressError when ``url`` is no web address.
    """
    if len(url) <= MAX_URL_CHARS and _PLAIN.fullmatch(url):
        host, _, path = url.partition("://")[2].partition("/")
        return f"{host}{_INDEX_PAGE.sub('/', f'/{path}').rstrip('/')}"
    parts = urlsplit(canonical_url(url))
    path = unquote(_INDEX_PAGE.sub("/", parts.path)).rstrip("/")
    return f"{parts.netloc}{path}" + (f"?{parts.query}" if parts.query else "")


def host_of(url: str) -> str:
    """The host of an address, without the port; empty when there is none."""
    try:
        return (urlsplit(url).hostname or "").lower()
    except ValueError:
        return ""


@lru_cache(maxsize=REMEMBERED_URLS)
def site_of(url: str) -> SiteAddress:
    """The site that ``url`` belongs to: by host, or as the table of shared hosts says (:mod:`bloghound.hosts`).

    A port other than 80 and 443 is part of the key. Raises AddressError when ``url`` is no web address.
    """
    parts = urlsplit(canonical_url(url))
    key = shared_site(parts.netloc, parts.path) or parts.netloc
    # A user's folder is one with its final slash, where its relative links start; a profile is named without.
    is_folder = "/" not in key or "/~" in key
    return SiteAddress(key, f"{parts.scheme}://{key}/" if is_folder else f"{parts.scheme}://{key}")


def key_or_empty(url: str) -> str:
    """The key of the site that ``url`` belongs to; empty, and so no site's, where it is no web address."""
    try:
        return site_of(url).key
    except AddressError:
        return ""


def fold_or_empty(url: str) -> str:
    """:func:`fold_url`; empty, and so no page's, where ``url`` is no web address."""
    try:
        return fold_url(url)
    except AddressError:
        return ""


def holder_key(url: str) -> str:
    """The key under which whoever holds an address is kept out: its site's, or on a network the profile's address.

    ``https://www.x.com/Ann`` gives ``x.com/ann``: the networks that are never crawled are no sites, but people on them
    may be named by files of figures. Raises AddressError when ``url`` is no web address.
    """
    canonical = canonical_url(url)
    if host_kind(host_of(canonical), urlsplit(canonical).path) not in _NETWORKS:
        return site_of(canonical).key
    return _NETWORK_TWIN.sub("", fold_url(url)).lower()


@lru_cache(maxsize=REMEMBERED_URLS)
def registrable_domain(url_or_host: str) -> str:
    """The ICANN registrable domain (``a.example.co.uk`` → ``example.co.uk``), or the host itself where there is none.

    This is the unit of politeness: ten thousand blogs under one such domain are one server.
    """
    host = host_of(url_or_host) if "//" in url_or_host else url_or_host.lower()
    return _SUFFIXES(host).top_domain_under_public_suffix or host


def shorten(text: str, limit: int = 80) -> str:
    """``text`` cut to ``limit`` characters for a message."""
    return text if len(text) <= limit else text[: limit - 1] + "…"
