"""What a page says about itself, read once: meta tags, link elements, JSON-LD and the base address.

The tree is HTML5's (lexbor); values are the page's own words, cleaned of characters that may not go further.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from selectolax.lexbor import LexborHTMLParser

from bloghound.errors import AddressError
from bloghound.urls import host_of, parse_address
from crawler.extract.encoding import clean_characters, one_line

MAX_JSON_LD_CHARS = 200_000
MAX_JSON_LD_NODES = 300
"""Real pages hold some tens of nodes; the caps keep hostile ones cheap."""
MAX_REFRESH_SECONDS = 10
"""A meta refresh after more than this is a page that reloads itself, not a redirect."""

_LOCAL_HOST = re.compile(
    r"^(localhost|127\.\d+\.\d+\.\d+|0\.0\.0\.0|\[?::1\]?|[^.]+|(.*\.)?example\.(com|org|net)|.*\.(local|localhost|test|example|invalid))$"
)
_REFRESH = re.compile(r"^\s*(\d+(?:\.\d*)?)\s*[;,]?\s*(?:url\s*=\s*)?['\"]?([^'\"]*)", re.IGNORECASE)

_ORIGIN = re.compile(r"https?://[^/?#\\]+")
_WITHOUT_PATH = re.compile(r"(?:https?://[^/?#\\]|/(?!/)).{0,300}\Z")
"""Addresses that mean the same from every page of a host: absolute ones, and paths from the root; no long ones."""


@dataclass(frozen=True, slots=True)
class LinkElement:
    """A ``<link>`` of the head: lower-case rel words, absolute address, media type."""

    rel: tuple[str, ...]
    url: str
    media_type: str


@dataclass(frozen=True, slots=True)
class PageMetadata:
    """Everything a page declares. ``meta`` maps lower-case names and properties to their contents, in page order."""

    url: str
    base_url: str
    meta: dict[str, tuple[str, ...]]
    link_elements: tuple[LinkElement, ...]
    linked_data: tuple[dict[str, Any], ...]
    html_language: str | None
    head_title: str

    def first(self, *names: str) -> str | None:
        """The first non-empty content among ``names``, in the order of ``names``."""
        return next((value for name in names for value in self.meta.get(name, ()) if value), None)

    def linked(self, rel: str) -> tuple[str, ...]:
        """Addresses of the link elements that carry the word ``rel``."""
        return tuple(element.url for element in self.link_elements if rel in element.rel)

    @property
    def schema_types(self) -> tuple[str, ...]:
        """Distinct lower-case types of the JSON-LD nodes, in order."""
        return tuple(dict.fromkeys(name for node in self.linked_data for name in node_types(node)))


def read_metadata(tree: LexborHTMLParser, url: str) -> PageMetadata:
    """Everything the page at ``url`` declares in its head."""
    base_url = _base_url(tree, url)
    html = tree.css_first("html")
    language = html.attributes.get("lang") or html.attributes.get("xml:lang") if html is not None else None
    title = tree.css_first("title")
    return PageMetadata(
        url=url,
        base_url=base_url,
        meta=_read_meta(tree),
        link_elements=tuple(_read_link_elements(tree, base_url)),
        linked_data=tuple(_read_linked_data(tree)),
        html_language=one_line(language, 35) or None,
        head_title=one_line(title.text()) if title is not None else "",
    )


def resolve(href: str | None, base_url: str) -> str | None:
    """The absolute http(s) address of ``href`` on a page at ``base_url``; None where it is none.

    An address on a local or reserved host (a site built with its development settings) means the same path of the
    page's own host.
    """
    if not href or href.startswith(("#", "mailto:", "javascript:", "data:", "tel:")):
        return None
    origin = _ORIGIN.match(base_url) if _WITHOUT_PATH.match(href) else None
    return _resolve_again(href, f"{origin.group()}/") if origin is not None else _resolve(href, base_url)


def _resolve(href: str, base_url: str) -> str | None:
    try:
        url = parse_address(href, base_url)
    except AddressError:
        return None
    return rehome(url, base_url)


# The pages of a site follow each other, and their menus lead to the same places.
_resolve_again = lru_cache(maxsize=4096)(_resolve)


def rehome(url: str, base_url: str) -> str:
    """``url`` moved to the host of ``base_url`` when its own host is a local or reserved one (RFC 6761)."""
    if not is_local_host(host_of(url)) or is_local_host(host_of(base_url)):
        return url
    scheme, _, rest = base_url.partition("://")
    return f"{scheme}://{rest.partition('/')[0]}/{url.partition('://')[2].partition('/')[2]}"


def is_local_host(host: str) -> bool:
    """True for hosts that mean nothing on the public web: loopback, single labels, reserved names (RFC 6761)."""
    return bool(_LOCAL_HOST.match(host))


def refresh_target(metadata: PageMetadata) -> str | None:
    """Where the page's meta refresh leads, if it does so within ten seconds and to another address."""
    match = _REFRESH.match(metadata.first("refresh") or "")
    if match is None or float(match.group(1)) > MAX_REFRESH_SECONDS:
        return None
    target = resolve(match.group(2).strip(), metadata.base_url)
    return target if target != metadata.url else None


def node_types(node: dict[str, Any]) -> tuple[str, ...]:
    """The lower-case types of a JSON-LD node."""
    types = node.get("@type")
    found = types if isinstance(types, list) else [types]
    return tuple(name.lower() for name in found if isinstance(name, str))


def _base_url(tree: LexborHTMLParser, url: str) -> str:
    base = tree.css_first("base[href]")
    if base is None:
        return url
    return resolve(base.attributes.get("href"), url) or url


def _read_meta(tree: LexborHTMLParser) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for node in tree.css("meta"):
        attributes = node.attributes
        content = one_line(attributes.get("content"), 2000)
        for kind in ("name", "property", "itemprop", "http-equiv"):
            name = (attributes.get(kind) or "").strip().lower()
            if name:
                found[name] = (*found.get(name, ()), content)
    return found


def _read_link_elements(tree: LexborHTMLParser, base_url: str) -> Iterator[LinkElement]:
    for node in tree.css("link[rel][href]"):
        attributes = node.attributes
        url = resolve(attributes.get("href"), base_url)
        if url is not None:
            rel = tuple((attributes.get("rel") or "").lower().split())
            yield LinkElement(rel, url, (attributes.get("type") or "").strip().lower())


def _read_linked_data(tree: LexborHTMLParser) -> Iterator[dict[str, Any]]:
    budget = MAX_JSON_LD_NODES
    for script in tree.css('script[type="application/ld+json"]'):
        text = clean_characters(script.text() or "").strip()
        if not text or len(text) > MAX_JSON_LD_CHARS:
            continue
        try:
            root = json.loads(text, strict=False)
        except (ValueError, RecursionError):
            continue
        for node in _walk_nodes(root):
            if budget == 0:
                return
            budget -= 1
            yield node


def _walk_nodes(root: object) -> Iterator[dict[str, Any]]:
    """All objects of a JSON-LD value, breadth first, without recursion: hostile nesting costs no stack."""
    queue = [root]
    for value in queue:
        if isinstance(value, list):
            queue.extend(value[:MAX_JSON_LD_NODES])
        elif isinstance(value, dict):
            yield value
            queue.extend(child for child in value.values() if isinstance(child, list | dict))
        if len(queue) > MAX_JSON_LD_NODES * 10:
            return
