"""The single comments that a page shows: who wrote each, when, how long it is, and whether the post's author did.

Comment systems differ in nesting and agree in names: whatever is called a comment is one where a name or a date stands
in it, and names, dates and texts belong to the nearest comment around them, so that an answer counts once, for itself.
Central name: :func:`find_comments`.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

from selectolax.lexbor import LexborHTMLParser, LexborNode

from bloghound.records import Comment
from crawler.extract.comment_parts import (
    DATES,
    MAX_STEPS,
    NAMES,
    TEXTS,
    classes_of,
    is_linkback,
    length_of,
    name_among,
    own_text,
    texts_among,
    time_among,
)
from crawler.extract.comment_systems import has_script_system
from crawler.extract.commenters import comment_id_in, identity_of
from crawler.extract.linked_comments import linked_comments
from crawler.extract.links import is_same_site
from crawler.extract.metadata import PageMetadata, resolve

MAX_COMMENTS = 1_000
"""Comments read of one page: as many as are stored of a post."""
_MAX_ELEMENTS = 10 * MAX_COMMENTS
"""Comments counted: the longest discussions that blogs show on one page have some thousands."""

# What is called a comment by WordPress, Blogger, Movable Type, TypePad, Drupal, Serendipity, Habari, Textpattern, Isso,
# Remark42, Staticman's themes, microformats (h-cite) and schema.org, and by themes made by hand.
_CLASSES = frozenset(
    """
    comment p-comment u-comment static-comment js-comment one-comment my-comment single-comment comment-item
    comment-entry comment-author isso-comment serendipity_comment webmention-comment
    """.split()
)
_LISTS = frozenset("commentlist comment-list comments-list comments wp-block-comment-template".split())
_ITEMS = """li.comment, div.comment, article.comment, section.comment, dt.comment-author, .p-comment, .u-comment,
.static-comment, .js-comment, .one-comment, .my-comment, .single-comment, .comment-item, .comment-entry, .isso-comment,
.serendipity_comment, .webmention-comment, .commentlist > li, .comment-list > li, .comments-list > li, .comments > li,
.wp-block-comment-template > li, #comments > ol > li, [itemprop~=comment], [itemtype$="schema.org/Comment"],
[itemtype$="schema.org/UserComments"], li[id*=comment-], article[id*=comment-], div[id^=comment-]"""
_TAGS = frozenset({"li", "div", "article", "section", "dt", "blockquote", "tr"})
# Links from other blogs and reactions without words stand among the comments of WordPress and its IndieWeb plugins.
_LINKBACKS = frozenset("pingback trackback mention u-mention like u-like repost u-repost".split())
_NO_ITEMS = frozenset("comment-respond comment-form comments-area comment-navigation widget".split())
# Lists of the newest comments on all posts, and what stands around a form's fields. Blogger's main part is a widget.
_ELSEWHERE = (
    "nav, .widget:not(.Blog), [class*=recent], aside:not([class*=comment]), form[class*=comment], form[id*=comment]"
)
_OTHER_PLACES = frozenset({"form", "aside", "nav", "body", "html"})

_BY_AUTHOR = """.bypostauthor, .by-post-author, .blog-author, .by-node-author, .comment-by-node-author, .by-author,
.comment-by-author, .serendipity_comment_author_self, .comment_author_self, .my-comment"""


@dataclass(frozen=True, slots=True)
class CommentsShown:
    """What a page shows of its comments one by one: how many, those whose writers are named, and links from elsewhere.

    ``linkbacks`` (pingbacks, likes) are no comments, but what a page says of its number often counts them.
    """

    count: int = 0
    comments: tuple[Comment, ...] = ()
    linkbacks: int = 0
    elements: frozenset[int] = frozenset()

    def share(self, node: LexborNode) -> bool:
        """Whether an element stands in a comment or around one: then its words are a reader's."""
        current: LexborNode | None = node
        for _ in range(MAX_STEPS):
            if current is None:
                break
            if current.mem_id in self.elements:
                return True
            current = current.parent
        return bool(self.elements) and any(one.mem_id in self.elements for one in node.css(_ITEMS))


class CommentContext(NamedTuple):
    """What is known of the post around: its author and language; no comment is younger than ``latest``."""

    author: str | None
    language: str | None
    latest: datetime


class _Items:
    """The comment elements of a page, and what of names, dates and texts stands in each."""

    def __init__(self, tree: LexborHTMLParser, elements: Sequence[LexborNode]) -> None:
        self._elements = {node.mem_id: node for node in elements}
        self.names = self._by_item(tree, NAMES)
        self.dates = self._by_item(tree, DATES)
        self._texts = self._by_item(tree, TEXTS)
        self.by_author = self._by_item(tree, _BY_AUTHOR)

    def shown(self) -> Iterator[LexborNode]:
        """The elements that are comments: those in which a name or a date stands, or which have a comment's id."""
        ids = set()
        for key, node in self._elements.items():
            comment_id = _id_of(node)
            if key in self.names or key in self.dates or (comment_id and key in self._texts and comment_id not in ids):
                ids.add(comment_id)
                yield node

    def texts_of(self, item: LexborNode) -> list[str]:
        """What the writer of a comment wrote, without what is quoted and without the answers to it."""
        nodes = texts_among(self._texts.get(item.mem_id, ()), item)
        return [own_text(node, self._nested_in(node)) for node in nodes]

    def _nested_in(self, node: LexborNode) -> Iterator[LexborNode]:
        if node.tag == "p":  # holds no blocks
            return iter(())
        return (one for one in node.css(_ITEMS) if one.mem_id in self._elements and one.mem_id != node.mem_id)

    def _by_item(self, tree: LexborHTMLParser, selector: str) -> dict[int, list[LexborNode]]:
        found: dict[int, list[LexborNode]] = defaultdict(list)
        for node in tree.css(selector)[: 5 * _MAX_ELEMENTS]:
            owner = self._around(node)
            if owner is not None:
                found[owner].append(node)
        return dict(found)

    def _around(self, node: LexborNode) -> int | None:
        """The nearest comment that holds a node; of a definition list, the term before its description."""
        current: LexborNode | None = node
        for _ in range(MAX_STEPS):
            if current is None or current.tag in _OTHER_PLACES:
                return None
            if current.mem_id in self._elements:
                return current.mem_id
            current = _term_of(current) if current.tag == "dd" else current.parent
        return None


def find_comments(tree: LexborHTMLParser, metadata: PageMetadata, context: CommentContext) -> CommentsShown:
    """The comments in the page's markup; those in its structured data where there are more of them."""
    linked = linked_comments(metadata, context.author, context.latest)
    marked = _marked_comments(tree, metadata, context)
    return marked if marked.count >= len(linked) else replace(marked, count=len(linked), comments=linked)


def _marked_comments(tree: LexborHTMLParser, metadata: PageMetadata, context: CommentContext) -> CommentsShown:
    found = _elements(tree)
    if not found:
        return CommentsShown()
    linkbacks = {node.mem_id for node in found if not _LINKBACKS.isdisjoint(classes_of(node))}
    items = _Items(tree, [node for node in found if node.mem_id not in linkbacks])
    shown = list(items.shown())
    texts = {node: items.texts_of(node) for node in shown[:MAX_COMMENTS]}
    written = {node: words for node, words in texts.items() if not is_linkback(" ".join(words))}
    unmarked = len(texts) - len(written)
    read = (_read(node, words, items, metadata, context) for node, words in written.items())
    return CommentsShown(
        count=len(shown) - unmarked,
        comments=tuple(one for one in read if one is not None),
        linkbacks=len(linkbacks) + unmarked,
        elements=frozenset(node.mem_id for node in found),
    )


def _elements(tree: LexborHTMLParser) -> list[LexborNode]:
    """The elements that are called comments."""
    # Looking through a page for all the names takes longer than to see that it says nothing of comments.
    if b"omment" not in (tree.raw_html or b""):
        return []
    found = [node for node in tree.css(_ITEMS)[:_MAX_ELEMENTS] if _is_item(node)]
    if found:
        elsewhere = {node.mem_id for area in tree.css(_ELSEWHERE) for node in area.css(_ITEMS)}
        found = [node for node in found if node.mem_id not in elsewhere]
    if found and has_script_system(tree):
        return [node for node in found if not has_script_system(node)]
    return found


def _is_item(node: LexborNode) -> bool:
    """Whether an element is a comment's by its name, its list or its id: one that is called "comment-form" is not."""
    classes, attributes, parent = classes_of(node), node.attributes, node.parent
    if node.tag not in _TAGS or not _NO_ITEMS.isdisjoint(classes):
        return False
    return bool(
        not _CLASSES.isdisjoint(classes)
        or (node.tag == "li" and parent is not None and _is_list(parent))
        or attributes.get("itemprop")
        or attributes.get("itemtype")
        or _id_of(node)
    )


def _is_list(node: LexborNode) -> bool:
    outer = node.parent
    return not _LISTS.isdisjoint(classes_of(node)) or (outer is not None and outer.attributes.get("id") == "comments")


def _read(
    node: LexborNode, texts: Sequence[str], items: _Items, metadata: PageMetadata, context: CommentContext
) -> Comment | None:
    """The comment in an element; None where nobody is named."""
    name, name_node = name_among(items.names.get(node.mem_id, ()))
    identity = identity_of(name)
    if not identity or name_node is None:
        return None
    is_namesake = identity == identity_of(context.author or "")
    return Comment(
        identity,
        comment_id=_comment_id(node),
        published=time_among(items.dates.get(node.mem_id, ()), context.language, context.latest),
        words=length_of(texts),
        by_author=_is_marked(node, items) or (is_namesake and _links_home(name_node, metadata)),
    )


def _links_home(node: LexborNode, metadata: PageMetadata) -> bool:
    """Whether a name links to the site that the page is on: the sign beside the name where no class says so."""
    anchors = node.css("a[href]") or [one for one in (node, node.parent) if one is not None and one.tag == "a"]
    targets = (resolve(one.attributes.get("href"), metadata.base_url) for one in anchors)
    return any(target is not None and is_same_site(target, metadata.url) for target in targets)


def _is_marked(node: LexborNode, items: _Items) -> bool:
    """Whether a class calls the comment the author's own: on it, in it, or on the list item that it fills."""
    if node.mem_id in items.by_author:
        return True
    parent = node.parent
    return parent is not None and parent.tag == "li" and "bypostauthor" in classes_of(parent)


def _comment_id(node: LexborNode) -> str:
    """The comment's own id: the element's, that of the list item it fills, or that of an anchor in it."""
    parent = node.parent
    own = _id_of(node) or (_id_of(parent) if parent is not None and parent.tag == "li" else "")
    if own:
        return own
    inner = node.css_first("a[id], a[name], [id^=comment-]")
    return comment_id_in(inner.attributes.get("id") or inner.attributes.get("name") or "") if inner is not None else ""


def _id_of(node: LexborNode) -> str:
    return comment_id_in(node.attributes.get("id") or "")


def _term_of(description: LexborNode) -> LexborNode | None:
    current = description.prev
    while current is not None and current.tag != "dt":
        current = current.prev
    return current
