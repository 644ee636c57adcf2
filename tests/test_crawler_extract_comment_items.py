"""Single comments in the markup of the common systems, and in structured data."""

import json
import time
from collections.abc import Mapping
from datetime import UTC, datetime

import pytest
from selectolax.lexbor import LexborHTMLParser

from bloghound.records import Comment
from crawler.extract.comment_items import MAX_COMMENTS, CommentContext, CommentsShown, find_comments
from crawler.extract.metadata import read_metadata
from tests.comment_markup import ALL, WORDPRESS_CLASSIC

URL = "https://tea.nl/posts/oolong/"
FETCHED = datetime(2026, 6, 1, tzinfo=UTC)
DAY = datetime(2026, 5, 4, tzinfo=UTC)
# Kubrick and TypePad write a time in words, of which the day is read.
ONLY_DAYS = {"wordpress kubrick", "typepad"}


def shown(html: str, author: str | None = "Ann") -> CommentsShown:
    tree = LexborHTMLParser(html)
    return find_comments(tree, read_metadata(tree, URL), CommentContext(author, "en", FETCHED))


@pytest.mark.parametrize("system", ALL)
def test_a_comment_and_the_authors_answer_in_every_system(system: str) -> None:
    asked, answered = (DAY, DAY) if system in ONLY_DAYS else (DAY.replace(hour=9), DAY.replace(hour=10))
    assert shown(ALL[system]).comments == (
        Comment("bea", "11", asked, words=len("Lovely tea indeed.".split())),
        Comment("ann", "12", answered, words=len("Thank you!".split()), by_author=True),
    )


def test_pingbacks_are_counted_apart() -> None:
    found = shown(WORDPRESS_CLASSIC)
    assert (found.count, found.linkbacks) == (2, 1)


def item(body: str, kind: str = "comment") -> str:
    return f'<div class="{kind}">{body}</div>'


def test_who_gives_no_name_counts_but_is_nobody() -> None:
    found = shown(item('<b class="fn">Anonymous</b><p>Hm.</p>') + item('<b class="fn">Bea</b><p>Aha.</p>'))
    assert (found.count, [one.identity for one in found.comments]) == (2, ["bea"])


@pytest.mark.parametrize(
    "html",
    [
        item("<p>no comment, as they say</p>"),
        '<div class="comment" id="comment-form"><p>Leave one</p></div>',
        '<form class="comment-form"><div class="comment"><label class="author">Name</label></div></form>',
        '<aside><div class="comment"><b class="fn">Bea</b> on Oolong</div></aside>',
        '<li class="recentcomments"><span class="comment-author-link">Bea</span> on <a>Oolong</a></li>',
        '<pre><span class="comment">/* <b class="name">x</b> */</span></pre>',
        '<div class="u-like h-cite comment"><b class="fn">Bea</b></div>',
    ],
)
def test_what_only_sounds_like_a_comment_is_none(html: str) -> None:
    assert shown(html).count == 0


@pytest.mark.parametrize(("name", "link"), [("Ann", "https://bea.nl/"), ("Bea", "https://tea.nl/"), ("Ann", "")])
def test_a_namesake_is_the_author_only_with_a_link_to_the_site(name: str, link: str) -> None:
    [found] = shown(item(f'<b class="fn"><a href="{link}">{name}</a></b><p>Hm.</p>')).comments
    assert not found.by_author


def test_a_time_in_the_future_is_no_time() -> None:
    [found] = shown(item('<b class="fn">Bea</b><time datetime="2031-01-01T00:00:00Z">soon</time>')).comments
    assert found.published is None


def test_length_without_quotations_at_any_depth_and_unknown_without_a_text() -> None:
    quoted = "<blockquote><p>one two three</p></blockquote><p>four five</p>"
    body = f'<b class="fn">Bea</b><div class="comment-body">{quoted}</div>'
    named = f'<b class="fn">Bea</b><div class="comment-text">{quoted}</div>'
    assert [one.words for one in shown(item(body) + item(named) + item('<b class="fn">Bea</b>')).comments] == [
        2,
        2,
        None,
    ]


def test_words_of_scripts_without_spaces() -> None:
    [found] = shown(item('<b class="fn">Bea</b><p class="text">这家店的茶很好</p>')).comments
    assert found.words == len("这家店的茶很好") // 2


def linked(*comments: Mapping[str, object]) -> str:
    post = {"@type": "BlogPosting", "comment": list(comments)}
    return f'<script type="application/ld+json">{json.dumps(post)}</script>'


def test_comments_in_structured_data() -> None:
    bea = {"@type": "Comment", "author": {"name": "Bea"}, "dateCreated": "2026-05-04T09:00:00Z", "text": "So good"}
    ann = {"@type": "Comment", "@id": f"{URL}#comment-7", "author": {"name": "Ann", "url": "https://tea.nl/about/"}}
    assert shown(linked(bea, ann, {"@type": "Comment", "text": "?"}, {"@type": "Comment", "author": 7})).comments == (
        Comment("bea", "", DAY.replace(hour=9), words=2),
        Comment("ann", "7", by_author=True),
    )


def test_the_fuller_of_markup_and_structured_data_is_read() -> None:
    html = linked({"@type": "Comment", "author": "Cem"})
    assert [one.identity for one in shown(html + item('<b class="fn">Bea</b>')).comments] == ["bea"]
    assert [one.identity for one in shown(html).comments] == ["cem"]


def test_of_a_flood_all_are_counted_and_some_are_read_in_good_time() -> None:
    flood = item('<b class="fn">Bea</b><p>Buy.</p>') * (3 * MAX_COMMENTS)
    nested = "<div class='comment'><b class='fn'>Bea</b>" * 300 + "</div>" * 300
    started = time.process_time()
    found = shown(flood)
    assert (found.count, len(found.comments)) == (3 * MAX_COMMENTS, MAX_COMMENTS)
    assert shown(nested).count == 300
    assert time.process_time() - started < 2.0
