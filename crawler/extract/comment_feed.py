"""Feeds of comments: which feeds are such, and their entries as comments, each with the address of its post. Pure.

WordPress, Movable Type, Drupal, Serendipity, Dotclear and Isso link an entry to the comment's place on the post's page;
Blogger adds the time to it. The newest comments stand there only, so they never say how many a post has.
"""

import re
from urllib.parse import urldefrag, urlsplit, urlunsplit

from selectolax.lexbor import LexborHTMLParser

from bloghound.errors import ParseError
from bloghound.records import Comment, count_words
from crawler.extract.comment_parts import is_linkback
from crawler.extract.commenters import comment_id_in, commenter_name, identity_of
from crawler.extract.entry import EntryContent
from crawler.extract.prescan import check_markup
from crawler.extract.text import plain_text

_TITLE = re.compile(
    r"^\W*(?:comments? (?:on|for)|comentarios? (?:en|de|a|sobre)|kommentare? (?:zu|für|zum)|reacties? (?:op|voor)|"
    r"commentaires? (?:sur|pour)|kommentit|comentários? (?:em|para|sobre)|commenti (?:su|per|a)|"
    r"kommentarer (?:till|på)|комментарии (?:к|на))\b|(?:へのコメント|的评论|的評論|에 대한 댓글)\W*$",
    re.IGNORECASE,
)
_PATH = re.compile(
    r"/comments/(?:feed|default)|/feed/(?:[a-z0-9]+/)?comments|[?&](?:feed=comments|type=comments)|"
    r"/comments(?:\.xml|\.rss|\.atom|/)?$",
    re.IGNORECASE,
)
_RESPONSE_ANCHOR = re.compile(r"#(?:respond|disqus_thread)$")
_PART_OF_PATH = re.compile(r"/comment-page-\d+/?$")
_PART_OF_QUERY = re.compile(r"(?:^|&)(?:showComment|cpage|comment)=[^&]*")
# "Comment on Oolong by Bea" and "By: Bea" (WordPress), "Bea: Oolong" (Serendipity) stay for entries without an author.
_SIGNED = re.compile(r"^(?:comment on .* |re: .* )?by:?\s+(\S.*)$", re.IGNORECASE)

_MOST_REPLY_WORDS = 10
"""Words of "In reply to" in any language and a name."""


def is_comment_feed(url: str, title: str, addresses: list[str]) -> bool:
    """True for feeds of comments: by address, by title, or because most entries point at comments on a page."""
    anchored = sum(any(map(_is_of_comment, text.split())) for text in addresses)
    return bool(has_comment_path(url) or _TITLE.search(title) or (addresses and anchored * 2 > len(addresses)))


def has_comment_path(url: str) -> bool:
    """True for the addresses that common systems give the feed of a whole site's comments."""
    return _PATH.search(url) is not None


def read_comment(entry: EntryContent, writer: str, link: str) -> tuple[str, Comment] | None:
    """The entry's comment with its post's address; None for one without a name, and for links from other blogs.

    ``writer`` is who signed the entry, if anybody did; ``link`` is its address as given, with the comment's anchor.
    """
    signed = _SIGNED.match(entry.title.strip())
    identity = identity_of(commenter_name(writer) or commenter_name(signed.group(1) if signed else ""))
    text = _text(entry.html)
    if not identity or (text is not None and is_linkback(text)):
        return None
    ids = (comment_id_in(one) for one in (link, entry.entry_id))
    comment = Comment(
        identity,
        comment_id=next(filter(None, ids), ""),
        published=entry.published,
        words=count_words(text) if text is not None else None,
    )
    return post_address(entry.addresses[0]), comment


def post_address(url: str) -> str:
    """The address of the post out of that of a comment on it: without fragment, comment page and Blogger's time."""
    parts = urlsplit(urldefrag(url).url)
    query = _PART_OF_QUERY.sub("", parts.query).lstrip("&")
    return urlunsplit(parts._replace(path=_PART_OF_PATH.sub("/", parts.path), query=query))


def _is_of_comment(address: str) -> bool:
    has_anchor = "#" in address and comment_id_in("#" + address.rpartition("#")[2]) != ""
    return has_anchor or _RESPONSE_ANCHOR.search(address) is not None


def _text(html: str) -> str | None:
    """The comment's own words: no quotations, nor what WordPress puts first ("In reply to Bea."); None if refused."""
    try:
        check_markup(html.encode("utf-8", "replace"), is_html=True)
    except ParseError:
        return None
    tree = LexborHTMLParser(html or "<p></p>")
    for quotation in tree.css("blockquote"):
        quotation.decompose()
    first = tree.css_first("p")
    answered = first.css_first('a[href*="#comment-"]') if first is not None else None
    if first is not None and answered is not None and count_words(first.text()) <= _MOST_REPLY_WORDS:
        first.decompose()
    return plain_text(tree.html or "")
