"""Reader activity as pages show it, and as they leave it unknown."""

from datetime import UTC, datetime

import pytest
from selectolax.lexbor import LexborHTMLParser

from bloghound.records import EngagementKind, EngagementReading, UnknownReason
from crawler.extract.comment_items import CommentContext, find_comments
from crawler.extract.comment_systems import SCRIPT_SYSTEMS, script_systems
from crawler.extract.comments import count_in_label, count_of, read_engagement
from crawler.extract.metadata import read_metadata

URL = "https://tea.nl/posts/oolong/"


def readings(html: str, url: str = URL) -> dict[EngagementKind, EngagementReading]:
    tree = LexborHTMLParser(html)
    metadata = read_metadata(tree, url)
    shown = find_comments(tree, metadata, CommentContext("Ann", "en", datetime(2026, 6, 1, tzinfo=UTC)))
    return {reading.kind: reading for reading in read_engagement(tree, metadata, shown)}


def comments(html: str, url: str = URL) -> tuple[int | None, UnknownReason | None]:
    reading = readings(html, url)[EngagementKind.COMMENTS]
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


def comment(number: int, kind: str = "comment", text: str = "Lovely.") -> str:
    return f'<li class="{kind}" id="comment-{number}"><cite class="fn">Bea</cite><p>{text}</p></li>'


def area(heading: str, *items: str) -> str:
    return f'<div id="comments"><h2>{heading}</h2><ol class="comment-list">{"".join(items)}</ol></div>'


def test_a_stated_number_is_believed_where_only_a_part_is_listed() -> None:
    assert comments(area("40 comments", comment(1), comment(2))) == (40, None)


def test_what_is_listed_counts_where_no_number_is_stated_or_a_smaller_one() -> None:
    assert comments(area("Comments", comment(1), comment(2))) == (2, None)
    assert comments(area("1 comment", comment(1), comment(2))) == (2, None)


def test_links_from_other_blogs_are_no_comments() -> None:
    items = (comment(1), comment(2, "pingback even"), comment(3, text="[...] as Ann says of tea [...]"))
    assert comments(area("3 responses", *items)) == (3 - 2, None)


def test_a_later_page_of_a_discussion_tells_no_number() -> None:
    page = area("Comments", comment(51))
    assert comments(page, f"{URL}comment-page-2/") == (None, UnknownReason.NOT_EXPOSED)
    assert comments(area("51 comments", comment(51)), f"{URL}comment-page-2/") == (51, None)


def test_what_readers_write_is_no_label() -> None:
    item = '<li class="comment"><b class="fn">Bea</b><div class="comment-content">12 comments already!</div></li>'
    assert comments(area("Talk", item)) == (1, None)


def test_a_number_in_the_posts_own_footer_is_its_own() -> None:
    label = '<a class="comments-link">7 comments</a>'
    assert comments(f'<article><footer class="entry-meta">{label}</footer></article>') == (7, None)
    assert comments(f"<footer>{label}</footer>") == (None, UnknownReason.NOT_EXPOSED)


def test_the_main_part_of_a_blogger_page_is_no_sidebar() -> None:
    label = '<a class="comment-link" href="#comments">7 comments</a>'
    assert comments(f'<div class="widget Blog">{label}</div>') == (7, None)
    assert comments(f'<div class="widget PopularPosts">{label}</div>') == (None, UnknownReason.NOT_EXPOSED)


WEBMENTIONS = """<div class="p-comment h-cite"><a class="p-author h-card">Bea</a></div><a class="u-like h-cite"></a>
<a class="u-like h-cite"></a><a class="u-repost h-cite"></a>"""


def test_likes_and_shares_of_webmentions() -> None:
    found = {kind.value: reading.count for kind, reading in readings(WEBMENTIONS).items()}
    assert found == {"comments": 1, "likes": 2, "shares": 1}


def test_likes_and_shares_that_a_list_of_webmentions_states() -> None:
    html = '<section class="webmentions"><p>2 likes</p><h3>1 Repost</h3><p>I saw 9 likes there</p></section>'
    found = readings(html)
    assert (found[EngagementKind.LIKES].count, found[EngagementKind.SHARES].count) == (2, 1)


def test_counters_of_likes_and_views() -> None:
    html = '<small class="upvote-count">12</small><span class="post-views-count">1,204</span>'
    found = readings(html)
    assert (found[EngagementKind.LIKES].count, found[EngagementKind.VIEWS].count) == (12, 1204)


def test_counters_in_a_list_of_posts_are_not_this_posts() -> None:
    assert set(readings('<b class="post-views-count">3</b>' * 2)) == {EngagementKind.COMMENTS}


def test_structured_data_gives_counts() -> None:
    html = """<script type="application/ld+json">{"@type": "BlogPosting", "commentCount": "4", "interactionStatistic": [
    {"interactionType": "https://schema.org/LikeAction", "userInteractionCount": 9},
    {"interactionType": {"@type": "ShareAction"}, "userInteractionCount": "2"}, "x"]}</script>"""
    counts = {kind: reading.count for kind, reading in readings(html).items()}
    assert counts == {EngagementKind.COMMENTS: 4, EngagementKind.LIKES: 9, EngagementKind.SHARES: 2}


def test_old_microdata_gives_counts() -> None:
    assert comments('<meta itemprop="interactionCount" content="UserComments:6">') == (6, None)
    assert comments('<span itemprop="commentCount">5</span>') == (5, None)


@pytest.mark.parametrize("label", ["", "<h3>No comments</h3>", "<h3>0 comments</h3>"])
def test_closed_comments_are_unknown_with_that_reason(label: str) -> None:
    html = f'<div id="comments">{label}<p class="nocomments">Comments are closed.</p></div>'
    assert comments(html) == (None, UnknownReason.COMMENTS_CLOSED)


def test_what_was_written_before_comments_were_closed_still_counts() -> None:
    assert comments(area("Talk", comment(1)) + '<p class="nocomments">Comments are closed.</p>') == (1, None)


@pytest.mark.parametrize(
    "html",
    [
        '<div id="comments"><p>Log in to view the comments.</p></div>',
        '<div class="comments">Comments are only available to paid subscribers.</div>',
        '<form class="post-password-form"></form><div id="comments"></div>',
    ],
)
def test_comments_for_members_only_are_blocked(html: str) -> None:
    assert comments(html) == (None, UnknownReason.BLOCKED)


@pytest.mark.parametrize("form", ['<form id="commentform"></form>', '<p class="must-log-in">Log in to comment.</p>'])
def test_an_own_form_without_comments_means_none_yet(form: str) -> None:
    assert comments(f'<div id="respond">{form}</div>') == (0, None)


@pytest.mark.parametrize(
    "html",
    [
        "<p>Nothing here.</p>",
        '<div id="disqus_thread"></div><a href="#disqus_thread">0 Comments</a>',
        '<div id="respond"><form id="commentform"></form></div><div id="ghost-comments-root"></div>',
        '<div class="giscus"></div>',
        '<aside><div class="recent-comments">5 comments</div></aside>',
        # As two themes wrap what a script fills.
        '<div id="disqus_thread" class="comment"></div>',
        '<div id="main-comment" class="comment"><b class="name">评论</b><div id="waline"></div></div>',
    ],
)
def test_what_is_not_shown_is_unknown_and_never_zero(html: str) -> None:
    assert comments(html) == (None, UnknownReason.NOT_EXPOSED)


def test_a_count_beside_a_script_system_is_believed_when_it_is_not_zero() -> None:
    html = '<div id="disqus_thread"></div><a href="#disqus_thread" class="comment-link">4 Comments</a>'
    assert comments(html) == (4, None)


def test_comments_of_an_older_system_beside_a_script_system_count() -> None:
    old = '<div class="one-comment"><p>Good.</p><span class="author">Bea</span></div>'
    assert comments(f'{old}<div id="disqus_thread"></div>') == (1, None)


def test_script_systems_are_known_by_name() -> None:
    html = '<div id="disqus_thread"></div><script src="https://utteranc.es/client.js"></script>'
    assert script_systems(LexborHTMLParser(html)) == ("disqus", "utterances")
    assert set(script_systems(LexborHTMLParser("<p>Tea</p>"))) == set()
    assert {"giscus", "isso", "waline"} < set(SCRIPT_SYSTEMS)
