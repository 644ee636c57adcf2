"""RSS, RDF, Atom and JSON feeds: entries as posts, each standing alone."""

import json
import re
from datetime import UTC, datetime, timedelta

import pytest

from bloghound.errors import ParseError
from bloghound.records import EngagementKind, PostSource
from crawler.extract.document import parse_document
from crawler.extract.feed import parse_feed
from crawler.extract.jsonfeed import parse_json_feed
from crawler.parsed import Document, FeedEntry, ParsedFeed

URL = "https://tea.nl/feed.xml"
FETCHED = datetime(2026, 6, 1, tzinfo=UTC)
BODY = "Oolong stands between green and black tea, and this is how I brew it every day. " * 3

RSS = f"""<?xml version="1.0" encoding="utf-8"?>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"
 xmlns:slash="http://purl.org/rss/1.0/modules/slash/"
 xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:wfw="http://wellformedweb.org/CommentAPI/">
<channel><title>Tea &amp; more</title><link>https://tea.nl/</link>
<language>en-GB</language><generator>WordPress 6</generator>
<item><title>Oolong &lt;b&gt;again&lt;/b&gt;</title><link>/posts/oolong/</link><guid isPermaLink="false">tea-1</guid>
<pubDate>Mon, 04 May 2020 10:00:00 +0200</pubDate><dc:creator>Ann</dc:creator><slash:comments>7</slash:comments>
<wfw:commentRss>https://tea.nl/posts/oolong/feed/</wfw:commentRss>
<description>In short […]</description>
<content:encoded><![CDATA[<p>{BODY}<a rel="sponsored" href="/shop">shop</a></p><script>x()</script>]]>
</content:encoded></item>
<item><title>Later</title><link>https://tea.nl/later/</link><pubDate>Mon, 04 May 2099 10:00:00 GMT</pubDate></item>
<item><title>No address</title></item>
</channel></rss>"""

ATOM = f"""<feed xmlns="http://www.w3.org/2005/Atom" xmlns:thr="http://purl.org/syndication/thread/1.0"
 xml:base="http://localhost:4000/"><title>Thee</title><link href="https://tea.nl/"/><link rel="next" href="?page=2"/>
<link rel="hub" href="https://hub.nl/"/><entry><title>Groene thee</title><id>tag:tea.nl,2020:1</id>
<link rel="alternate" href="groen/"/>
<link rel="replies" type="application/atom+xml" href="/groen/replies" thr:count="3"/>
<published>2020-05-04T08:00:00Z</published><updated>2020-06-01T08:00:00Z</updated><author><name>Bea</name></author>
<content type="html">&lt;p&gt;{BODY}&lt;/p&gt;</content></entry></feed>"""

RDF = """<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
 xmlns:dc="http://purl.org/dc/elements/1.1/"><channel rdf:about="https://tea.nl/"><title>Old tea</title><link>https://tea.nl/</link>
</channel><item rdf:about="https://tea.nl/a"><title>A</title><link>https://tea.nl/a</link><dc:date>2004-02-03</dc:date></item></rdf:RDF>"""

JSON = {
    "version": "https://jsonfeed.org/version/1.1",
    "title": "Tea notes",
    "home_page_url": "https://tea.nl/",
    "next_url": "/feed.json?page=2",
    "language": "en",
    "authors": [{"name": "Ann"}],
    "hubs": [{"type": "WebSub", "url": "https://hub.nl/"}],
    "items": [
        {
            "id": "1",
            "url": "/a/",
            "title": "A",
            "content_html": f"<p>{BODY}</p>",
            "date_published": "2020-05-04T08:00:00Z",
        },
        {"id": "https://tea.nl/b/", "content_text": "A short note on tea."},
        {"id": "3"},
        "nonsense",
    ],
}


def read(body: str, url: str = URL) -> ParsedFeed:
    return parse_feed(Document(url, body.encode(), "application/xml", fetched_at=FETCHED))


def first(body: str) -> FeedEntry:
    return read(body).entries[0]


def test_a_feed_names_itself() -> None:
    feed = read(RSS)
    assert (feed.title, feed.home_url, feed.language, feed.generator) == (
        "Tea & more",
        "https://tea.nl/",
        "en",
        "WordPress 6",
    )


def test_an_rss_entry_is_a_post() -> None:
    post = first(RSS).post
    assert (post.url, post.title, post.author, post.source) == (
        "https://tea.nl/posts/oolong/",
        "Oolong again",
        "Ann",
        PostSource.FEED,
    )
    assert post.published == datetime(2020, 5, 4, 8, tzinfo=UTC)
    assert post.date_source == "feed"
    assert post.language == "en"


def test_text_and_links_come_from_the_content() -> None:
    post = first(RSS).post
    assert post.text == BODY.strip() + " shop"
    assert [(link.target_url, link.rel) for link in post.links] == [("https://tea.nl/shop", ("sponsored",))]
    assert [found.kind for found in post.disclosures] == ["sponsored"]


def test_comment_counts_and_comment_feeds() -> None:
    entry = first(RSS)
    assert [(reading.kind, reading.count) for reading in entry.post.engagement] == [(EngagementKind.COMMENTS, 7)]
    assert entry.comments_feed_url == "https://tea.nl/posts/oolong/feed/"


def test_an_entry_without_address_is_counted_and_a_future_date_dropped() -> None:
    feed = read(RSS)
    assert (len(feed.entries), feed.bad_entries) == (2, 1)
    assert feed.entries[1].post.published is None


def test_atom_with_a_base_address_from_a_developers_machine() -> None:
    entry = first(ATOM)
    assert entry.post.url == "https://tea.nl/groen/"
    assert (entry.post.author, entry.entry_id, entry.is_full_text) == ("Bea", "tag:tea.nl,2020:1", True)
    assert entry.updated == datetime(2020, 6, 1, 8, tzinfo=UTC)
    assert entry.post.engagement[0].count == 3


def test_an_own_base_address_counts() -> None:
    assert (
        first(ATOM.replace("http://localhost:4000/", "https://tea.nl/blog/")).post.url == "https://tea.nl/blog/groen/"
    )


def test_atom_paging_and_hub() -> None:
    feed = read(ATOM)
    assert (feed.next_url, feed.hub_url) == ("https://tea.nl/feed.xml?page=2", "https://hub.nl/")


def test_rdf() -> None:
    post = first(RDF).post
    assert (post.url, post.published) == ("https://tea.nl/a", datetime(2004, 2, 3, tzinfo=UTC))


def test_a_summary_is_not_the_full_text() -> None:
    summary = re.sub(r"<content:encoded>.*?</content:encoded>", "", RSS, count=1, flags=re.DOTALL)
    assert not first(summary).is_full_text
    assert not first(RSS.replace("</p><script>", "… Read more</p><script>").replace(">shop<", "><")).is_full_text
    assert first(RSS).is_full_text


def test_an_address_on_a_local_host_is_brought_home() -> None:
    assert (
        first(RSS.replace("<link>/posts", "<link>http://localhost:1313/posts")).post.url
        == "https://tea.nl/posts/oolong/"
    )


@pytest.mark.parametrize(
    ("url", "title"),
    [
        ("https://tea.nl/comments/feed/", "Tea"),
        (URL, "Comments on: Oolong"),
        (URL, "Kommentare zu Tee"),
        (URL, "Reacties op thee"),
    ],
)
def test_comment_feeds_are_known(url: str, title: str) -> None:
    assert read(RSS.replace("Tea &amp; more", title), url).is_comment_feed


def test_a_feed_of_comment_anchors_is_a_comment_feed() -> None:
    assert read(RDF.replace("<link>https://tea.nl/a<", "<link>https://tea.nl/a#comment-4<")).is_comment_feed
    assert not read(RDF).is_comment_feed


def test_broken_markup_loses_no_entry() -> None:
    broken = RSS.replace("<title>Later</title>", "<title>Later & <unclosed></title>")
    assert [entry.post.url for entry in read(broken).entries] == [
        "https://tea.nl/posts/oolong/",
        "https://tea.nl/later/",
    ]


def test_one_entry_that_its_reader_refuses_loses_no_other() -> None:
    bomb = "<a " + " ".join(f"a{n}" for n in range(20_000)) + ">"
    feed = read(
        RSS.replace("<title>Later</title>", f"<title>Later</title><description><![CDATA[{bomb}]]></description>")
    )
    assert ([entry.post.url for entry in feed.entries], feed.bad_entries) == (["https://tea.nl/posts/oolong/"], 2)


def test_a_feed_whose_reader_fails_is_read_entry_by_entry(monkeypatch: pytest.MonkeyPatch) -> None:
    import feedparser  # noqa: PLC0415

    whole = feedparser.parse

    def fails_on_many(stream: object, **options: object) -> object:
        body = stream.getvalue()  # type: ignore[attr-defined]
        if body.count(b"<item>") > 1 or b"Later" in body:
            raise AssertionError("broken")
        return whole(stream, **options)

    monkeypatch.setattr(feedparser, "parse", fails_on_many)
    feed = read(RSS)
    assert ([entry.post.url for entry in feed.entries], feed.title) == (["https://tea.nl/posts/oolong/"], "Tea & more")
    assert feed.bad_entries == 2


@pytest.mark.parametrize("body", ["", "<html><p>Hello</p></html>", "plain words"])
def test_what_is_no_feed_is_a_parse_error(body: str) -> None:
    with pytest.raises(ParseError):
        read(body)


def test_entries_after_the_fetch_by_less_than_a_day_keep_their_date() -> None:
    late = RSS.replace("Mon, 04 May 2099 10:00:00 GMT", "Mon, 01 Jun 2026 20:00:00 GMT")
    assert read(late).entries[1].post.published == FETCHED + timedelta(hours=20)


def read_json(feed: object) -> ParsedFeed:
    return parse_json_feed(
        Document("https://tea.nl/feed.json", json.dumps(feed).encode(), "application/feed+json", fetched_at=FETCHED)
    )


def test_a_json_feed() -> None:
    feed = read_json(JSON)
    assert (feed.title, feed.next_url, feed.hub_url) == (
        "Tea notes",
        "https://tea.nl/feed.json?page=2",
        "https://hub.nl/",
    )
    assert [(entry.post.url, entry.post.author) for entry in feed.entries] == [
        ("https://tea.nl/a/", "Ann"),
        ("https://tea.nl/b/", "Ann"),
    ]
    assert feed.bad_entries == 2
    assert feed.entries[0].post.text == BODY.strip()


@pytest.mark.parametrize("feed", [[], {}, {"items": 3}, 7, None])
def test_other_json_is_a_parse_error(feed: object) -> None:
    with pytest.raises(ParseError):
        read_json(feed)


@pytest.mark.parametrize("body", [RSS, ATOM, RDF, json.dumps(JSON)])
def test_every_form_is_recognised_without_a_media_type(body: str) -> None:
    assert isinstance(parse_document(Document(URL, body.encode(), None)), ParsedFeed)
