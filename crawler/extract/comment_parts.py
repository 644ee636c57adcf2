"""The parts of one comment, out of the elements that may hold each: its writer's name, its time, its length. Pure."""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from selectolax.lexbor import LexborNode

from bloghound.records import count_words
from crawler.extract.commenters import commenter_name
from crawler.extract.dateformats import is_possible, parse_machine_date, parse_written_date
from crawler.extract.encoding import one_line

MAX_STEPS = 40
"""Elements between a comment and its parts at most; pages nested deeper are broken or hostile."""
_MAX_DATE_CHARS = 60
"""A date stands first where it stands among other words."""

NAMES = """.fn, .p-author, .comment-author, .comment-author-name, .comment-author-link, .comment_author,
.comment-author__name, .comment__author, .comment__username, .comment-name, .comment-user, .comment_source_author,
.commentauthor, .comment-by, .commenter, .commenter-name, .commentor, .wp-block-comment-author-name, .isso-author,
.auth-name, .author-name, .author, .user, .username, .nickname, .name, cite, [itemprop~=author], [itemprop~=creator],
[itemprop~=name], .comment-footer, .comment-header, header strong, header b"""
_NAME_ITSELF = frozenset(
    """
    fn p-name user username nickname auth-name author-name comment-author-name comment-author__name comment__username
    comment-name comment_source_author commentauthor commenter-name commentor wp-block-comment-author-name isso-author
    """.split()
)
_AROUND_NAMES = frozenset({"comment-footer", "comment-header"})
# As TypePad's footers name the writer: "Posted by: Bea | May 4, 2020".
_SIGNED = re.compile(
    r"^\W*(?:(?:posted|geplaatst|geschrieben)\s+)?(?:by|door|von|par|por)\s*:?\s+([^|]+?)\s*(?:\||$)", re.IGNORECASE
)

DATES = """time, abbr[title], [itemprop~=dateCreated], [itemprop~=datePublished], [itemprop~=commentTime],
.dt-published, .comment-date, .comment-time, .comment-timestamp, .comment-meta, .comment-metadata, .commentmetadata,
.comment_date, .comment__date, .comment__time, .comment_source_date, .wp-block-comment-date, .isso-meta, .auth-time,
.datetime, .date, .timestamp, .published, .submitted, .comment-footer, a[href*=showComment]"""
_BLOGGER_TIME = re.compile(r"[?&]showComment=(\d{10})\d{3}\b")

TEXTS = """.comment-content, .comment-text, .commenttext, .comment_text, .comment__text, .comment__content,
.comment__body, .comment-message, .comment-copy, .commentbody, .comment-body, .serendipity_commentBody, .isso-text,
.wp-block-comment-content, [itemprop~=text], [itemprop~=commentText], .e-content, .p-content, p"""
_PARAGRAPHS_WITH_ALL = frozenset({"comment-content", "comment-text", "comment_text", "commenttext", "comment-body"})
_LINKBACK = re.compile(r"^\W*[\[(](?:\.\.\.|…)[\])].*[\[(](?:\.\.\.|…)[\])]\W*$", re.DOTALL)


def name_among(nodes: Iterable[LexborNode]) -> tuple[str, LexborNode | None]:
    """The writer's name and its element: the one that holds nothing else, else the first; empty where none has one."""
    named = [(_name_rank(node), place, _name_in(node), node) for place, node in enumerate(nodes)]
    best = min((one for one in named if one[2]), key=lambda one: one[:2], default=None)
    return (best[2], best[3]) if best is not None else ("", None)


def time_among(nodes: Sequence[LexborNode], language: str | None, latest: datetime) -> datetime | None:
    """When the comment was written: as machines are told, else as it is written in words."""
    told = (date for node in nodes for date in _told_dates(node))
    said = (date for node in nodes for date in _said_dates(node, language))
    return next((date for dates in (told, said) for date in dates if is_possible(date, latest)), None)


def texts_among(nodes: Sequence[LexborNode], item: LexborNode) -> list[LexborNode]:
    """The elements that hold what the commenter wrote: one that is called so, else the paragraphs that quote nobody."""
    bodies = [node for node in nodes if not _is_paragraph(node) and node.css_first(".fn, cite, time") is None]
    paragraphs = [node for node in nodes if _is_paragraph(node) and not _is_small_print(node)]
    return bodies[:1] or [node for node in paragraphs if not _is_quoted(node, item)]


def own_text(node: LexborNode, others: Iterable[LexborNode]) -> str:
    """The words in an element without its quotations and without ``others`` in it, which are comments themselves."""
    text = node.text(separator=" ") or ""
    for inner in (*node.css("blockquote"), *others):
        text = text.replace(inner.text(separator=" ") or "\0", " ", 1)
    return text


def length_of(texts: Sequence[str]) -> int | None:
    """The words in a comment's texts; None where it shows none."""
    return sum(map(count_words, texts)) if texts else None


def is_linkback(text: str) -> bool:
    """Whether words are the excerpt that another blog's pingback leaves: "[…] as Bea says […]"."""
    return _LINKBACK.match(text.strip()) is not None


def classes_of(node: LexborNode) -> frozenset[str]:
    """The lower-case class names of an element."""
    return frozenset((node.attributes.get("class") or "").lower().split())


def _name_rank(node: LexborNode) -> int:
    classes = classes_of(node)
    if not _NAME_ITSELF.isdisjoint(classes) or "name" in (node.attributes.get("itemprop") or "").split():
        return 0
    if not _AROUND_NAMES.isdisjoint(classes):
        return 3
    return 2 if node.tag in {"strong", "b"} else 1


def _name_in(node: LexborNode) -> str:
    text = one_line(node.attributes.get("content") or node.text(separator=" "), 200)
    if _AROUND_NAMES.isdisjoint(classes_of(node)):
        return commenter_name(text)
    signed = _SIGNED.match(text)
    return commenter_name(signed.group(1)) if signed is not None else ""


def _told_dates(node: LexborNode) -> Iterator[datetime]:
    attributes = node.attributes
    link = _BLOGGER_TIME.search(attributes.get("href") or "")
    values = (link.group(1) if link else None, *(attributes.get(name) for name in ("datetime", "content", "title")))
    yield from (date for value in values if (date := parse_machine_date(value)) is not None)


def _said_dates(node: LexborNode, language: str | None) -> Iterator[datetime]:
    text = one_line(node.text(separator=" "), _MAX_DATE_CHARS)
    date = parse_machine_date(text) or parse_written_date(text, language)
    if date is not None:
        yield date


def _is_paragraph(node: LexborNode) -> bool:
    return node.tag == "p" and _PARAGRAPHS_WITH_ALL.isdisjoint(classes_of(node))


def _is_small_print(node: LexborNode) -> bool:
    return any("comment-" in name or name in {"meta", "date", "reply"} for name in classes_of(node))


def _is_quoted(node: LexborNode, item: LexborNode) -> bool:
    current = node.parent
    for _ in range(MAX_STEPS):
        if current is None or current.mem_id == item.mem_id:
            return False
        if current.tag == "blockquote":
            return True
        current = current.parent
    return False
