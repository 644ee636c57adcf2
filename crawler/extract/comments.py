"""How readers reacted, where a page shows it: comment counts, likes and shares, and who commented.

A figure that a page does not show is unknown with a reason, never zero. Zero is only reported where the page says so,
or where its own comment form stands below no comment.
"""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from selectolax.lexbor import LexborHTMLParser, LexborNode

from bloghound.records import Commenter, EngagementKind, EngagementReading, UnknownReason
from crawler.extract.encoding import one_line
from crawler.extract.metadata import PageMetadata

MAX_COUNT = 10_000_000
"""Larger figures are not counts (ids, dates run together)."""
_MAX_LABEL_CHARS = 80

_NOUNS = (
    r"comments?|replies|reply|responses?|thoughts?\s+on|reacties?|kommentare?|antworten|commentaires?|réponses?|"
    r"comentarios?|respuestas?|comentários?|respostas?|commenti|commento|kommenttia?|kommentarer|комментари\w*|"
    r"条评论|則留言|条留言|件のコメント|コメント|개의\s*댓글|댓글"
)
_COUNT_FIRST = re.compile(rf"(?<![\d.,:/-])(\d{{1,3}}(?:[.,]\d{{3}})+|\d+)\s*(?:{_NOUNS})(?!\w)", re.IGNORECASE)
_NOUN_FIRST = re.compile(rf"(?:{_NOUNS}|评论|評論|留言)\s*[(（:：\[]\s*(\d+)\s*[)）\]]?", re.IGNORECASE)
_ONE = re.compile(
    r"\b(one|één|ein|un|una|yksi|um|uno)\s+(comment|reactie|kommentar|commentaire|comentario|kommentti|thought)\b",
    re.IGNORECASE,
)
_NONE = re.compile(
    r"\b(no|keine|geen|nog geen|aucun|sin|ei|nenhum|nessun|inga)\s+(comments?|replies|responses|kommentare?|reacties|"
    r"commentaires?|comentarios|kommentteja|comentários?|commento|kommentarer)\b(?!\s+(?:are\s+)?(?:allowed|possible))",
    re.IGNORECASE,
)
_CLOSED = re.compile(
    r"comments? (are|is|have been) (now )?(closed|disabled|turned off)|commenting is (closed|disabled)|"
    r"comments off|reacties? (zijn )?gesloten|reageren is niet mogelijk|kommentare (sind )?geschlossen|"
    r"kommentarfunktion ist (deaktiviert|geschlossen)|commentaires? (sont )?(fermés|désactivés)|"
    r"comentarios? (están )?(cerrados|desactivados)|kommentointi (on )?suljettu|评论已关闭|"
    r"コメントは受け付けていません",
    re.IGNORECASE,
)

_LABELS = """[class*=comment], [id*=comment], a[href*="#comments"], a[href*="#respond"], [class*=reply-count],
[class*=responses], [class*=reacties]"""
_OTHER_POSTS = "aside, .sidebar, .widget, nav, footer, .related-posts, [class*=recent]"
_FORMS = """#commentform, form#comment-form, form.comment-form, #respond form, form[action*=staticman],
form[action*=wp-comments-post]"""
_CLOSED_AREAS = ".nocomments, .no-comments, .comments-closed, #comments, .comments, #respond"
# Systems that load their comments by script: what stands in the page is a placeholder.
_EXTERNAL = """#disqus_thread, .giscus, #giscus, .utterances, #isso-thread, #commento, #remark42, #cusdis_thread,
#waline, #vcomments, #twikoo, #gitalk-container, .fb-comments, #hyvor-talk-view, #comentario, script[src*="giscus.app"],
script[src*="utteranc.es"], script[src*="disqus.com"], script[src*="embed.js"][data-isso]"""
_ITEMS = (
    "li.comment, div.comment, article.comment, section.comment",
    ".p-comment, .u-comment.h-cite",
    ".commentlist > li, .comment-list > li, ol.comments > li, #comments > ol > li",
    ".comment-block, .comment-body, .js-comment, .static-comment",
)
_NAMES = (
    ".comment-author .fn, .comment .fn, .comment-author cite, .comment-meta cite",
    ".comment-author-name, .comment-author, .comment__author, .comment_author",
    ".p-comment .p-author, .u-comment .p-author, .comments .user, .comment .author, .comment .name",
)
_ACTIONS = {
    "commentaction": EngagementKind.COMMENTS, "usercomments": EngagementKind.COMMENTS,
    "replyaction": EngagementKind.COMMENTS, "likeaction": EngagementKind.LIKES, "userlikes": EngagementKind.LIKES,
    "shareaction": EngagementKind.SHARES, "viewaction": EngagementKind.VIEWS, "readaction": EngagementKind.VIEWS,
    "userpageviews": EngagementKind.VIEWS,
}  # fmt: skip


def read_engagement(tree: LexborHTMLParser, metadata: PageMetadata) -> tuple[EngagementReading, ...]:
    """A reading of the comments, always; likes, shares and views only where the page shows them."""
    counts = _declared_counts(tree, metadata)
    for kind, selector in ((EngagementKind.LIKES, ".u-like"), (EngagementKind.SHARES, ".u-repost")):
        if kind not in counts and (mentions := len(tree.css(selector))):
            counts[kind] = mentions
    shown = {kind: EngagementReading(kind, count) for kind, count in counts.items()}
    comments = shown.pop(EngagementKind.COMMENTS, None) or _read_comments(tree)
    return (comments, *shown.values())


def find_commenters(tree: LexborHTMLParser) -> tuple[Commenter, ...]:
    """The people who commented, by the name they gave, with how often; in order of appearance."""
    for selector in _NAMES:
        names = Counter(name for node in tree.css(selector) if (name := _commenter_name(node)))
        if names:
            return tuple(Commenter(name, count) for name, count in names.items())
    return ()


def count_of(value: object) -> int | None:
    """``value`` as a plausible count (``"1,234"`` → 1234), or None."""
    text = str(value).strip() if isinstance(value, str | int) and not isinstance(value, bool) else ""
    digits = re.sub(r"(?<=\d)[.,](?=\d{3}\b)", "", text)
    return int(digits) if re.fullmatch(r"\d{1,8}", digits) and int(digits) <= MAX_COUNT else None


def count_in_label(text: str) -> int | None:
    """The number of comments that a short label states ("3 Kommentare", "No comments", "评论 (5)"), or None."""
    label = one_line(text, _MAX_LABEL_CHARS + 1)
    if not label or len(label) > _MAX_LABEL_CHARS:
        return None
    match = _COUNT_FIRST.search(label) or _NOUN_FIRST.search(label)
    if match is not None:
        return count_of(match.group(1))
    if _ONE.search(label):
        return 1
    return 0 if _NONE.search(label) else None


def _read_comments(tree: LexborHTMLParser) -> EngagementReading:
    stated = _stated_count(tree)
    listed = _listed_comments(tree)
    external = bool(tree.css(_EXTERNAL))
    if stated is not None and (stated > 0 or not (external or listed)):
        return EngagementReading(EngagementKind.COMMENTS, max(stated, listed))
    if listed:
        return EngagementReading(EngagementKind.COMMENTS, listed)
    if any(_CLOSED.search(node.text() or "") for node in tree.css(_CLOSED_AREAS)):
        return EngagementReading(EngagementKind.COMMENTS, None, UnknownReason.COMMENTS_CLOSED)
    if tree.css(_FORMS) and not external:
        return EngagementReading(EngagementKind.COMMENTS, 0)
    return EngagementReading(EngagementKind.COMMENTS, None, UnknownReason.NOT_EXPOSED)


def _declared_counts(tree: LexborHTMLParser, metadata: PageMetadata) -> dict[EngagementKind, int]:
    """Counts from JSON-LD (``commentCount``, ``interactionStatistic``) and from microdata."""
    found: dict[EngagementKind, int] = {}
    for node in metadata.linked_data:
        comments = count_of(node.get("commentCount"))
        if comments is not None:
            found.setdefault(EngagementKind.COMMENTS, comments)
        for kind, count in _statistics(node.get("interactionStatistic")):
            found.setdefault(kind, count)
    microdata = tree.css_first("[itemprop~=commentCount]")
    if microdata is not None:
        comments = count_of(microdata.attributes.get("content") or one_line(microdata.text(), 20))
        if comments is not None:
            found.setdefault(EngagementKind.COMMENTS, comments)
    for value in metadata.meta.get("interactioncount", ()):
        name, _, number = value.partition(":")
        kind_named, count_named = _ACTIONS.get(name.strip().lower()), count_of(number)
        if kind_named is not None and count_named is not None:
            found.setdefault(kind_named, count_named)
    return found


def _statistics(value: object) -> Iterator[tuple[EngagementKind, int]]:
    for item in value if isinstance(value, list) else [value]:
        if not isinstance(item, dict):
            continue
        kind, count = _ACTIONS.get(_action_name(item)), count_of(item.get("userInteractionCount"))
        if kind is not None and count is not None:
            yield kind, count


def _action_name(item: dict[str, Any]) -> str:
    action = item.get("interactionType")
    if isinstance(action, dict):
        action = action.get("@type") or action.get("@id")
    return str(action or "").rstrip("/").rpartition("/")[2].lower()


def _stated_count(tree: LexborHTMLParser) -> int | None:
    nodes = tree.css(_LABELS)
    if not nodes:
        return None
    elsewhere = {node.mem_id for area in tree.css(_OTHER_POSTS) for node in area.css(_LABELS)}
    for node in nodes[:200]:
        if node.mem_id in elsewhere:
            continue
        count = count_in_label(node.text(separator=" ") or "")
        if count is not None:
            return count
    heading = tree.css_first("#comments h2, #comments h3, #comments h4, .comments h2, .comments h3, .comments h4")
    return count_in_label(heading.text(separator=" ") or "") if heading is not None else None


def _listed_comments(tree: LexborHTMLParser) -> int:
    return next((len(nodes) for selector in _ITEMS if (nodes := tree.css(selector))), 0)


def _commenter_name(node: LexborNode) -> str:
    return re.sub(
        r"\s*(says|said|schreef|sagt|schrieb|a dit|dijo|sanoo)?\s*(on .*)?[:.…]*$",
        "",
        one_line(node.text(), 80),
        flags=re.IGNORECASE,
    )
