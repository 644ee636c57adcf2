"""Whom a page gives as the same person or organisation as itself: ``rel=me``, JSON-LD ``sameAs``, its h-card. Pure.

What readers or guests wrote does not count: comments, entries of a listing, authors of articles. Sources:
microformats.org/wiki/rel-me and /representative-h-card-parsing, gmpg.org/xfn/11, schema.org/sameAs. What a claim is
worth is decided elsewhere (:mod:`crawler.identity`). Central name: :func:`read_identities`.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from typing import Any

from selectolax.lexbor import LexborHTMLParser, LexborNode

from bloghound.errors import AddressError
from bloghound.records import ClaimKind, IdentityClaim
from bloghound.urls import fold_url, site_of
from crawler.extract.links import COMMENT_AREAS, node_ids
from crawler.extract.metadata import PageMetadata, node_types, resolve

MAX_IDENTITIES = 200
"""Claims taken from one page: ten times what anybody has; the cap keeps hostile pages cheap."""
MAX_CARDS = 50
"""h-cards looked at on a page, and items within one: real home pages have a few."""

_ENTRIES = ".h-entry, .hentry, article, .post"
_QUOTED = ".h-cite, .p-comment, .u-comment, .webmention, .reactions"
# Words of XFN that mean somebody else, which "me" excludes; and the words of HTML for links that others placed.
_SOMEBODY_ELSE = frozenset(
    """
    acquaintance child co-resident co-worker colleague contact crush date friend kin met muse neighbor parent sibling
    spouse sweetheart sponsored ugc
    """.split()
)
_SITE_TYPES = frozenset({"website", "webpage", "blog", "profilepage", "aboutpage"})
_PERSON_TYPES = frozenset({"person", "organization", "corporation", "newsmediaorganization", "onlinebusiness"})
_WHOSE = ("author", "creator", "publisher", "copyrightholder")
_ARTICLE_ENDINGS = ("article", "posting", "comment", "review", "recipe", "claim")


def read_identities(tree: LexborHTMLParser, metadata: PageMetadata) -> tuple[IdentityClaim, ...]:
    """The addresses that the page says are the same person's or organisation's, strongest kinds first."""
    not_ours = _written_by_others(tree)
    rel_me = [*metadata.linked("me"), *_anchors(tree, metadata, not_ours)]
    claims = [
        *(IdentityClaim(ClaimKind.REL_ME, url) for url in rel_me),
        *(IdentityClaim(ClaimKind.H_CARD, url) for url in _own_card(tree, metadata, rel_me, not_ours)),
        *(IdentityClaim(ClaimKind.SAME_AS, url) for url in _same_as(metadata)),
    ]
    return tuple(dict.fromkeys(claims))[:MAX_IDENTITIES]


def _written_by_others(tree: LexborHTMLParser) -> set[int]:
    """Ids of the nodes in comments and quotations and, where the page lists several entries, in these."""
    areas = [COMMENT_AREAS, _QUOTED]
    if len(tree.css(_ENTRIES)) > 1:
        areas.append(_ENTRIES)
    found: set[int] = set()
    for area in areas:
        found |= node_ids(tree, area, "a[href], area[href], .h-card, .vcard")
    return found


def _anchors(tree: LexborHTMLParser, metadata: PageMetadata, not_ours: set[int]) -> Iterator[str]:
    for node in tree.css("a[rel][href], area[rel][href]"):
        words = set((node.attributes.get("rel") or "").lower().split())
        if "me" in words and not words & _SOMEBODY_ELSE and node.mem_id not in not_ours:
            url = resolve(node.attributes.get("href"), metadata.base_url)
            if url is not None:
                yield url


# h-card


def _own_card(
    tree: LexborHTMLParser, metadata: PageMetadata, rel_me: Sequence[str], not_ours: set[int]
) -> tuple[str, ...]:
    """The ``u-url`` values of the page's representative h-card, the page's own address left out."""
    cards = [
        (_property(node, metadata, "u-url"), _property(node, metadata, "u-uid"))
        for node in tree.css(".h-card")[:MAX_CARDS]
        if node.mem_id not in not_ours
    ]
    page, mine = _folded([metadata.url]), _folded(rel_me)
    by_uid = (urls for urls, uids in cards if page & _folded(urls) and page & _folded(uids))
    by_rel_me = (urls for urls, _ in cards if mine & _folded(urls))
    alone = (urls for urls, _ in cards if len(cards) == 1 and page & _folded(urls))
    urls = next(by_uid, None) or next(by_rel_me, None) or next(alone, None) or ()
    return tuple(url for url in urls if not _folded([url]) & page)


def _property(card: LexborNode, metadata: PageMetadata, name: str) -> tuple[str, ...]:
    """Values of a property of an h-card; one that is itself a link and names no other is its own ``u-url``."""
    nested = [node for node in card.css("[class*=h-]")[:MAX_CARDS] if _is_nested(node, card)]
    inner = {node.mem_id for one in nested for node in one.css("*")}
    marked = [node for node in card.css(f".{name}[href]") if node.mem_id not in inner]
    if name == "u-url" and not marked and card.attributes.get("href"):
        marked = [card]
    urls = (resolve(node.attributes.get("href"), metadata.base_url) for node in marked)
    return tuple(url for url in urls if url is not None)


def _is_nested(node: LexborNode, card: LexborNode) -> bool:
    classes = (node.attributes.get("class") or "").split()
    return node.mem_id != card.mem_id and any(name.startswith("h-") for name in classes)


# JSON-LD


def _same_as(metadata: PageMetadata) -> Iterator[str]:
    nodes = metadata.linked_data
    if not any("sameAs" in node for node in nodes):
        return
    for node in _of_the_site(nodes, metadata.url):
        for value in _list_of(node.get("sameAs")):
            url = resolve(value, metadata.base_url) if isinstance(value, str) else None
            if url is not None:
                yield url


def _of_the_site(nodes: Sequence[dict[str, Any]], page_url: str) -> list[dict[str, Any]]:
    """The people and organisations that are the site's or the page's own, and no mere author of an article."""
    named = [_Named(nodes, node) for node in nodes if _SITE_TYPES.intersection(node_types(node))]
    own = [one for site in named if site.is_on(page_url) for one in site.people()]
    others = {id(one) for node in nodes if _is_article(node) for one in _Named(nodes, node).people()}
    homes = _folded([page_url, site_of(page_url).home_url])
    by_address = [
        node
        for node in nodes
        if _is_person(node) and id(node) not in others and homes & _folded(_texts(node.get("url")))
    ]
    return list({id(node): node for node in (*own, *by_address)}.values())


class _Named:
    """Whom a JSON-LD node names as its author or publisher, by value or by ``@id``."""

    def __init__(self, nodes: Sequence[dict[str, Any]], node: dict[str, Any]) -> None:
        self._nodes = nodes
        self._node = node

    def is_on(self, page_url: str) -> bool:
        """Whether the node is about the page's site, as far as it says."""
        return _site_keys(_texts(self._node.get("url"))) <= _site_keys([page_url])

    def people(self) -> Iterator[dict[str, Any]]:
        """The people and organisations."""
        keys = {*_WHOSE, "mainentity"} if "profilepage" in node_types(self._node) else set(_WHOSE)
        for key, value in self._node.items():
            if key.lower() in keys:
                for one in _list_of(value):
                    yield from self._full(one)

    def _full(self, value: object) -> Iterator[dict[str, Any]]:
        if not isinstance(value, dict):
            return
        same = [node for node in self._nodes if value.get("@id") and node.get("@id") == value["@id"]]
        yield from (node for node in (same or [value]) if _is_person(node))


def _is_person(node: dict[str, Any]) -> bool:
    return bool(_PERSON_TYPES.intersection(node_types(node)))


def _is_article(node: dict[str, Any]) -> bool:
    return any(name.endswith(_ARTICLE_ENDINGS) for name in node_types(node))


def _list_of(value: object) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _texts(value: object) -> list[str]:
    return [one for one in _list_of(value) if isinstance(one, str)]


def _folded(urls: Iterable[str]) -> set[str]:
    return _mapped(fold_url, urls)


def _site_keys(urls: Iterable[str]) -> set[str]:
    return _mapped(lambda url: site_of(url).key, urls)


def _mapped(form: Callable[[str], str], urls: Iterable[str]) -> set[str]:
    """A form of each address, without what is no address."""
    found: set[str] = set()
    for url in urls:
        with suppress(AddressError):
            found.add(form(url))
    return found
