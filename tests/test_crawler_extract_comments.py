"""Reader activity as pages show it, and as they leave it unknown."""

import pytest
from selectolax.lexbor import LexborHTMLParser

from bloghound.records import Commenter, EngagementKind, EngagementReading, UnknownReason
from crawler.extract.comments import count_in_label, count_of, find_commenters, read_engagement
from crawler.extract.metadata import read_metadata

URL = "https://tea.nl/posts/oolong/"


def readings(html: str) -> dict[EngagementKind, EngagementReading]:
    tree = LexborHTMLParser(html)
    return {reading.kind: reading for reading in read_engagement(tree, read_metadata(tree, URL))}


def comments(html: str) -> tuple[int | None, UnknownReason | None]:
    reading = readings(html)[EngagementKind.COMMENTS]
    return reading.count, reading.reason


@pytest.mark.parametrize(
    ("label", "count"),
    [
        ("3 comments", 3),
        ("1,234 Comments", 1234),
        ("One comment", 1),
        ("No comments", 0),
        ("2 thoughts on “Oolong”", 2),
        ("5 reacties", 5),
        ("Geen reacties", 0),
        ("7 Kommentare", 7),
        ("Keine Kommentare", 0),
        ("12 commentaires", 12),
        ("4 comentarios", 4),
        ("6 kommenttia", 6),
        ("评论 (8)", 8),
        ("9 条评论", 9),
        ("10件のコメント", 10),
        ("댓글 11", None),
        ("Comments (13)", 13),
        ("Comments", None),
        ("No comments are allowed", None),
        ("posted 2020-05-04 comments", None),
    ],
)
def test_labels_in_the_languages_of_blogs(label: str, count: int | None) -> None:
    assert count_in_label(label) == count


@pytest.mark.parametrize(
    ("value", "count"), [("1,234", 1234), (7, 7), ("-3", None), (True, None), (None, None), ("99999999", None)]
)
def test_only_plausible_counts_count(value: object, count: int | None) -> None:
    assert count_of(value) == count


WORDPRESS = """<div id="comments"><h2 class="comments-title">2 thoughts on “Oolong”</h2><ol class="comment-list">
<li class="comment" id="comment-1"><cite class="fn">Bea</cite><p>Lovely.</p></li>
<li class="comment" id="comment-2"><cite class="fn">Cem</cite><p>Indeed.</p></li></ol></div>"""
BLOGGER = """<div class="comments" id="comments"><h4>3 comments:</h4><ol><li class="comment" id="c1">
<cite class="user">Bea</cite>
<div class="comment-block"><p>One.</p></div></li></ol></div>"""
STATIC = """<section id="comments"><div class="comment"><span class="name">Bea</span>Nice.</div>
<div class="comment">More.</div></section>"""
INDIEWEB = """<div class="p-comment h-cite"><a class="p-author h-card">Bea</a></div><a class="u-like h-cite"></a>
<a class="u-like h-cite"></a><a class="u-repost h-cite"></a>"""


@pytest.mark.parametrize(("html", "count"), [(WORDPRESS, 2), (BLOGGER, 3), (STATIC, 2), (INDIEWEB, 1)])
def test_markup_of_the_common_systems(html: str, count: int) -> None:
    assert comments(html) == (count, None)


def test_likes_and_shares_of_webmentions() -> None:
    found = readings(INDIEWEB)
    assert (found[EngagementKind.LIKES].count, found[EngagementKind.SHARES].count) == (2, 1)


def test_structured_data_gives_counts() -> None:
    html = """<script type="application/ld+json">{"@type": "BlogPosting", "commentCount": "4", "interactionStatistic": [
    {"interactionType": "https://schema.org/LikeAction", "userInteractionCount": 9},
    {"interactionType": {"@type": "ShareAction"}, "userInteractionCount": "2"}, "x"]}</script>"""
    counts = {kind: reading.count for kind, reading in readings(html).items()}
    assert counts == {EngagementKind.COMMENTS: 4, EngagementKind.LIKES: 9, EngagementKind.SHARES: 2}


def test_old_microdata_gives_counts() -> None:
    assert comments('<meta itemprop="interactionCount" content="UserComments:6">') == (6, None)
    assert comments('<span itemprop="commentCount">5</span>') == (5, None)


def test_closed_comments_are_unknown_with_that_reason() -> None:
    html = '<div id="comments"><p class="nocomments">Comments are closed.</p></div>'
    assert comments(html) == (None, UnknownReason.COMMENTS_CLOSED)


def test_an_own_form_without_comments_means_none_yet() -> None:
    assert comments('<div id="respond"><form id="commentform"></form></div>') == (0, None)


@pytest.mark.parametrize(
    "html",
    [
        "<p>Nothing here.</p>",
        '<div id="disqus_thread"></div><a href="#disqus_thread">0 Comments</a>',
        '<div class="giscus"></div>',
        '<aside><div class="recent-comments">5 comments</div></aside>',
    ],
)
def test_what_is_not_shown_is_unknown_and_never_zero(html: str) -> None:
    assert comments(html) == (None, UnknownReason.NOT_EXPOSED)


def test_a_count_beside_a_script_system_is_believed_when_it_is_not_zero() -> None:
    assert comments('<div id="disqus_thread"></div><a href="#disqus_thread" class="comment-link">4 Comments</a>') == (
        4,
        None,
    )


def test_commenters_are_counted_by_name() -> None:
    html = WORDPRESS.replace("Cem", "Bea says:")
    tree = LexborHTMLParser(html)
    assert find_commenters(tree) == (Commenter("Bea", 2),)


def test_no_comments_no_commenters() -> None:
    assert find_commenters(LexborHTMLParser("<p>Tea</p>")) == ()
