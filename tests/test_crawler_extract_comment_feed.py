"""Feeds of comments: which are such, and what they say of each comment."""

from datetime import UTC, datetime

import pytest

from bloghound.records import Comment
from crawler.extract.comment_feed import has_comment_path, is_comment_feed, post_address
from crawler.extract.document import parse_document
from crawler.extract.prescan import MAX_TAG_BYTES
from crawler.parsed import Document, ParsedFeed

POST = "https://tea.nl/posts/oolong/"
FETCHED = datetime(2026, 6, 1, tzinfo=UTC)
NINE = datetime(2026, 5, 4, 9, tzinfo=UTC)

# As WordPress writes it: an answer begins with whom it answers, its summary shows tags as words, and links from other
# blogs stand among the comments.
WORDPRESS = f"""<?xml version="1.0"?><rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"
 xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>Comments for Tea</title><link>https://tea.nl/</link>
<item><title>Comment on Oolong by Bea</title><link>{POST}#comment-11</link><dc:creator><![CDATA[Bea]]></dc:creator>
<pubDate>Mon, 04 May 2026 09:00:00 +0000</pubDate><guid isPermaLink="false">https://tea.nl/?p=3#comment-11</guid>
<description><![CDATA[Lovely tea indeed.]]></description>
<content:encoded><![CDATA[<blockquote><p>stands between</p></blockquote><p>Lovely tea indeed.</p>]]></content:encoded>
</item><item><title>Comment on Oolong by Ann</title><link>{POST}comment-page-1/#comment-12</link>
<dc:creator>Ann</dc:creator><guid isPermaLink="false">https://tea.nl/?p=3#comment-12</guid>
<description><![CDATA[In reply to &lt;a href=&quot;{POST}#comment-11&quot;&gt;Bea&lt;/a&gt;. Thank you!]]></description>
<content:encoded><![CDATA[<p>In reply to <a href="{POST}#comment-11">Bea</a>.</p><p>Thank you!</p>]]></content:encoded>
</item><item><title>Comment on Oolong by Cups</title><link>{POST}#comment-13</link>
<dc:creator>Cups &#187; Tea</dc:creator><description>[&#8230;] as Ann says of oolong [&#8230;]</description></item>
<item><title>Comment on Oolong by Anonymous</title><link>{POST}#comment-14</link><description>Hm.</description></item>
<item><title>No address</title></item></channel></rss>"""

BLOGGER = """<feed xmlns="http://www.w3.org/2005/Atom" xmlns:thr="http://purl.org/syndication/thread/1.0">
<title type="text">Comments on Tea</title><id>tag:blogger.com,1999:blog-7.comments</id>
<entry><id>tag:blogger.com,1999:blog-7.post-456</id><published>2026-05-04T11:00:00.000+02:00</published>
<title type="text">Lovely tea indeed.</title><content type="html">Lovely tea indeed.</content>
<link rel="alternate" type="text/html" href="https://tea.blogspot.com/2026/05/oolong.html?showComment=1777885200000#c456"/>
<author><name>Bea</name><uri>https://www.blogger.com/profile/1</uri><email>noreply@blogger.com</email></author>
<thr:in-reply-to href="https://tea.blogspot.com/2026/05/oolong.html" ref="tag:blogger.com,1999:blog-7.post-3"/></entry>
</feed>"""

SERENDIPITY = """<rss version="2.0"><channel><title>Tea - comments</title><link>https://tea.nl/</link>
<item><title>By: Bea</title><link>https://tea.nl/archives/3-Oolong.html#c11</link>
<author>nospam@example.nl (Bea)</author><description>Lovely tea indeed.</description></item></channel></rss>"""


def read(text: str, url: str = "https://tea.nl/comments/feed/") -> ParsedFeed:
    found = parse_document(Document(url, text.encode(), "application/xml", (), FETCHED))
    assert isinstance(found, ParsedFeed)
    return found


def test_a_wordpress_feed_of_comments() -> None:
    assert read(WORDPRESS).comments == (
        (POST, Comment("bea", "11", NINE, words=len("Lovely tea indeed.".split()))),
        (POST, Comment("ann", "12", None, words=len("Thank you!".split()))),
    )


def test_comments_are_no_posts_and_only_what_cannot_be_read_is_bad() -> None:
    found = read(WORDPRESS)
    assert (found.is_comment_feed, found.entries, found.bad_entries) == (True, (), 1)


def test_a_blogger_feed_of_comments() -> None:
    found = read(BLOGGER, "https://tea.blogspot.com/feeds/comments/default")
    assert found.comments == (("https://tea.blogspot.com/2026/05/oolong.html", Comment("bea", "456", NINE, words=3)),)


def test_a_feed_that_is_known_by_its_anchors_alone() -> None:
    found = read(SERENDIPITY, "https://tea.nl/rss.xml")
    assert found.comments == (("https://tea.nl/archives/3-Oolong.html", Comment("bea", "11", words=3)),)


def test_an_entry_without_an_author_is_known_by_its_title() -> None:
    unsigned = WORDPRESS.replace("<dc:creator><![CDATA[Bea]]></dc:creator>", "")
    assert read(unsigned).comments[0][1].identity == "bea"


def test_a_comment_whose_markup_is_refused_has_no_length() -> None:
    hostile = f"&lt;b {' '.join(f'a{number}' for number in range(MAX_TAG_BYTES // 4))}&gt;"
    assert read(SERENDIPITY.replace("Lovely tea indeed.", hostile)).comments[0][1].words is None


@pytest.mark.parametrize(
    ("url", "title", "addresses"),
    [
        ("https://tea.nl/comments/feed/", "Tea", []),
        ("https://tea.nl/feed/atom/comments", "Tea", []),
        ("https://tea.nl/?feed=comments-rss2", "Tea", []),
        ("https://tea.nl/rss.php?type=comments", "Tea", []),
        ("https://tea.nl/x", "Comments on: Oolong", []),
        ("https://tea.nl/x", "Reacties op: Oolong", []),
        ("https://tea.nl/x", "Kommentare zu: Oolong", []),
        ("https://tea.nl/x", "Oolong へのコメント", []),
        ("https://tea.nl/x", "Tea", ["https://tea.nl/a#comment-4", "https://tea.nl/b#c7", "https://tea.nl/c"]),
        ("https://tea.nl/x", "Tea", ["https://tea.nl/a#respond"]),
    ],
)
def test_comment_feeds_are_known_by_address_title_or_anchors(url: str, title: str, addresses: list[str]) -> None:
    assert is_comment_feed(url, title, addresses)


@pytest.mark.parametrize(
    ("url", "title", "addresses"),
    [
        ("https://tea.nl/feed/", "Comments welcome", []),
        ("https://tea.nl/posts/oolong/feed/", "Tea", []),
        # A list of changes: anchors, but none of a comment.
        ("https://tea.nl/feed/", "Changes", ["https://tea.nl/log#changed-4", "https://tea.nl/log#c-prices"]),
        ("https://tea.nl/feed/", "Tea", ["https://tea.nl/a#comment-4", "https://tea.nl/b", "https://tea.nl/c"]),
    ],
)
def test_other_feeds_are_not(url: str, title: str, addresses: list[str]) -> None:
    assert not is_comment_feed(url, title, addresses)


def test_addresses_of_a_sites_comment_feed() -> None:
    assert has_comment_path("https://tea.nl/comments/feed/")
    assert not has_comment_path("https://tea.nl/posts/oolong/feed/")


@pytest.mark.parametrize(
    "url",
    [
        f"{POST}#comment-11",
        f"{POST}comment-page-3/#comment-11",
        f"{POST}?cpage=3#comment-11",
        f"{POST}?showComment=1777885200000#c11",
        POST,
    ],
)
def test_the_post_of_a_comments_address(url: str) -> None:
    assert post_address(url) == POST


def test_other_parts_of_a_query_stay() -> None:
    assert post_address("https://tea.nl/?p=3&cpage=2#comment-11") == "https://tea.nl/?p=3"
