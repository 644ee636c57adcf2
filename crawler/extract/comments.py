"""How readers reacted, where a page shows it: how many comments, likes, shares and views.

A figure that a page does not show is unknown with a reason, never zero. Zero is only reported where the page says so,
or where its own comment form stands below no comment; not where comments are closed, since nobody could write any, nor
where a script brings them.
"""

import re
from collections.abc import Iterator
from typing import Any

from selectolax.lexbor import LexborHTMLParser, LexborNode

from bloghound.records import EngagementKind, EngagementReading, UnknownReason
from crawler.extract.comment_items import CommentsShown
from crawler.extract.comment_systems import has_script_system
from crawler.extract.encoding import one_line
from crawler.extract.metadata import PageMetadata

MAX_COUNT = 10_000_000
"""Larger figures are not counts (ids, dates run together)."""
_MAX_LABEL_CHARS = 80
_MAX_LABELS = 200

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

_FOR_MEMBERS = re.compile(
    r"(?:log|sign)(?:ged)?[ -]?in to (?:view|read|see)(?: the)? (?:comments|discussion)|"
    r"(?:comments|discussion) (?:are|is) (?:only )?(?:visible|available|open) (?:only )?(?:to|for) (?:paid |paying )?"
    r"(?:members|subscribers|patrons)",
    re.IGNORECASE,
)

# Words that stand in each of the selectors below: to find none of them in a page is faster than to try the selectors.
_MARKS = (b"omment", b"respon", b"reply-count", b"reacties")
_LABELS = """[class*=comment], [id*=comment], a[href*="#comments"], a[href*="#respond"], [class*=reply-count],
[class*=responses], [class*=reacties]"""
# A post's own footer is called by its part of the post, the page's is not.
_OTHER_POSTS = """aside, .sidebar, .widget:not(.Blog), nav, .related-posts, [class*=recent],
footer:not([class*=entry]):not([class*=post]):not([class*=article]):not([class*=meta])"""
_FORMS = """#commentform, form#comment-form, form.comment-form, #respond form, form[action*=staticman],
form[action*=wp-comments-post], #respond .must-log-in"""
_CLOSED_AREAS = ".nocomments, .no-comments, .comments-closed, #comments, .comments, #respond"
# WordPress gives each page of a long discussion an address of its own.
_PART_OF_DISCUSSION = re.compile(r"/comment-page-\d+|[?&]cpage=\d")
_COUNTERS = {
    EngagementKind.LIKES: ".upvote-count, .zilla-likes-count",
    EngagementKind.VIEWS: ".post-views-count",
}
"""Where Bear Blog, ZillaLikes and Post Views Counter show a figure."""
_RESPONSES = {EngagementKind.LIKES: ".u-like", EngagementKind.SHARES: ".u-repost"}
"""Microformats of webmentions, one element for each response (indieweb.org/responses)."""
_AREAS_OF_RESPONSES = ".webmentions, #webmentions, .reactions"
_STATED_RESPONSES = re.compile(r"(\d[\d.,]*)\s+(likes?|favou?rites?|reposts?|boosts?|shares?)", re.IGNORECASE)
_ANY_FIGURE = ", ".join((*_COUNTERS.values(), *_RESPONSES.values(), _AREAS_OF_RESPONSES))
_ACTIONS = {
    "commentaction": EngagementKind.COMMENTS, "usercomments": EngagementKind.COMMENTS,
    "replyaction": EngagementKind.COMMENTS, "likeaction": EngagementKind.LIKES, "userlikes": EngagementKind.LIKES,
    "shareaction": EngagementKind.SHARES, "viewaction": EngagementKind.VIEWS, "readaction": EngagementKind.VIEWS,
    "userpageviews": EngagementKind.VIEWS,
}  # fmt: skip


def read_engagement(
    tree: LexborHTMLParser, metadata: PageMetadata, comments: CommentsShown
) -> tuple[EngagementReading, ...]:
    """A reading of the comments, always; likes, shares and views only where the page shows them.

    ``comments`` are those that it shows one by one: at least so many there are.
    """
    counts = _declared_counts(tree, metadata)
    declared = counts.pop(EngagementKind.COMMENTS, None)
    for kind, count in _shown_counts(tree):
        counts.setdefault(kind, count)
    shown = (EngagementReading(kind, count) for kind, count in counts.items())
    if declared is None and not comments.count and not any(mark in (tree.raw_html or b"") for mark in _MARKS):
        return (EngagementReading(EngagementKind.COMMENTS, None, UnknownReason.NOT_EXPOSED), *shown)
    return (_read_comments(tree, metadata.url, declared, comments), *shown)


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


def _read_comments(
    tree: LexborHTMLParser, url: str, declared: int | None, comments: CommentsShown
) -> EngagementReading:
    stated = declared if declared is not None else _stated_count(tree, comments)
    listed = comments.count
    if stated:
        # Most systems count links from other blogs too, while they show them among the comments.
        return EngagementReading(EngagementKind.COMMENTS, max(stated - comments.linkbacks, listed))
    if listed and not _PART_OF_DISCUSSION.search(url):
        return EngagementReading(EngagementKind.COMMENTS, listed)
    return _read_silence(tree, is_stated=stated == 0, has_comments=bool(listed))


def _read_silence(tree: LexborHTMLParser, *, is_stated: bool, has_comments: bool) -> EngagementReading:
    """Zero only where readers could have written; else why nothing is known."""
    reason = UnknownReason.NOT_EXPOSED
    area = " ".join(node.text(separator=" ") or "" for node in tree.css(_CLOSED_AREAS))
    if _CLOSED.search(area):
        reason = UnknownReason.COMMENTS_CLOSED
    elif _FOR_MEMBERS.search(area) or tree.css_first(".post-password-form") is not None:
        reason = UnknownReason.BLOCKED
    elif not has_comments and (is_stated or tree.css_first(_FORMS) is not None) and not has_script_system(tree):
        return EngagementReading(EngagementKind.COMMENTS, 0)
    return EngagementReading(EngagementKind.COMMENTS, None, reason)


def _shown_counts(tree: LexborHTMLParser) -> Iterator[tuple[EngagementKind, int]]:
    if tree.css_first(_ANY_FIGURE) is None:
        return
    for kind, selector in _RESPONSES.items():
        if responses := len(tree.css(selector)):
            yield kind, responses
    for kind, selector in _COUNTERS.items():
        nodes = tree.css(selector)
        # A page with several counters is a list of posts.
        count = count_of(one_line(nodes[0].text(), 20)) if len(nodes) == 1 else None
        if count is not None:
            yield kind, count
    for node in tree.css(_AREAS_OF_RESPONSES):
        yield from _stated_responses(node)


def _stated_responses(area: LexborNode) -> Iterator[tuple[EngagementKind, int]]:
    """What labels in a list of webmentions say ("2 likes"), where it shows faces and no marks."""
    for node in area.css("p, span, h2, h3, h4, summary")[:_MAX_LABELS]:
        match = _STATED_RESPONSES.fullmatch(one_line(node.text(), _MAX_LABEL_CHARS))
        count = count_of(match.group(1)) if match is not None else None
        if match is not None and count is not None:
            is_like = match.group(2).lower().startswith(("like", "fav"))
            yield EngagementKind.LIKES if is_like else EngagementKind.SHARES, count


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


def _stated_count(tree: LexborHTMLParser, comments: CommentsShown) -> int | None:
    nodes = tree.css(_LABELS)
    if not nodes:
        return None
    elsewhere = {node.mem_id for area in tree.css(_OTHER_POSTS) for node in area.css(_LABELS)}
    for node in nodes[:_MAX_LABELS]:
        count = count_in_label(node.text(separator=" ") or "") if node.mem_id not in elsewhere else None
        if count is not None and not comments.share(node):
            return count
    heading = tree.css_first("#comments h2, #comments h3, #comments h4, .comments h2, .comments h3, .comments h4")
    return count_in_label(heading.text(separator=" ") or "") if heading is not None else None
