"""YouTube's channel feeds, against a server that serves them."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from bloghound.errors import ParseError
from bloghound.records import EngagementKind, EngagementReading, ParsedPost, PostSource, UnknownReason
from crawler.platforms.youtube import MAX_VIDEOS, YouTube
from tests.apiservers.base import Reading, Reply, read_all
from tests.apiservers.youtube import ATOM, CHANNEL, Video, YouTubeServer, feed

HOME = f"https://www.youtube.com/channel/{CHANNEL}"
FEED = "/feeds/videos.xml"


@pytest.fixture
def server() -> Iterator[YouTubeServer]:
    with YouTubeServer() as running:
        yield running


def read(server: YouTubeServer) -> Reading:
    return read_all(YouTube(server.root), HOME)


def only_post(server: YouTubeServer, video: Video) -> ParsedPost:
    server.videos = [video]
    (found,) = read(server).posts
    return found


@pytest.mark.parametrize(
    "url",
    [HOME, f"{HOME}/videos", f"http://youtube.com/channel/{CHANNEL}", f"https://m.youtube.com/channel/{CHANNEL}/"],
)
def test_a_channel_is_recognised_by_its_id(url: str) -> None:
    address = YouTube().recognise(url)
    assert address is not None
    (request,) = YouTube().first_requests(address)
    assert address.url == HOME
    assert request.url == f"https://www.youtube.com/feeds/videos.xml?channel_id={CHANNEL}"


@pytest.mark.parametrize("path", ["@Ann", "user/ann", "c/ann", "channel/ann", f"channel/{CHANNEL}x"])
def test_an_address_without_the_id_is_known_but_leads_to_no_feed(path: str) -> None:
    address = YouTube().recognise(f"https://www.youtube.com/{path}")
    assert address is not None
    assert address.url == f"https://www.youtube.com/{path}"
    assert YouTube().first_requests(address) == ()


@pytest.mark.parametrize(
    "url",
    [
        "https://www.youtube.com/",
        "https://www.youtube.com/watch?v=abc",
        "https://youtube.com.evil.example/@ann",
        "https://evil.example/channel/UCannannannannannannan12",
        "ftp://www.youtube.com/@ann",
    ],
)
def test_other_addresses_are_not(url: str) -> None:
    assert YouTube().recognise(url) is None


def test_a_channel_is_read_from_its_feed(server: YouTubeServer) -> None:
    found = read(server).known
    assert (found.platform, found.url, found.name, found.platform_id) == ("youtube", HOME, "Ann Brouwer", CHANNEL)
    assert (found.followers, found.posts, found.links) == (None, None, ())
    assert found.created == datetime(2018, 4, 27, 5, 1, 7, tzinfo=UTC)


def test_a_video_is_a_post_with_its_description(server: YouTubeServer) -> None:
    words = "Zo maal je bonen voor een goede kop koffie.\nMeer: https://koffie.example/malen. Molen: https://b.example/?tag=ann-21"
    found = only_post(server, Video("a-Bc_123456", "Bonen malen & zetten", words))
    assert (found.url, found.title) == ("https://www.youtube.com/watch?v=a-Bc_123456", "Bonen malen & zetten")
    assert found.text == "Bonen malen & zetten\nZo maal je bonen voor een goede kop koffie.\nMeer: . Molen:"
    assert [link.target_url for link in found.links] == [
        "https://koffie.example/malen",
        "https://b.example/?tag=ann-21",
    ]
    assert (found.source, found.date_source, found.author, found.language) == (
        PostSource.FEED,
        "api",
        "Ann Brouwer",
        "nl",
    )
    assert found.published == datetime(2026, 3, 2, 18, 4, 5, tzinfo=UTC)


def test_views_and_ratings_are_read_and_comments_are_unknown(server: YouTubeServer) -> None:
    assert only_post(server, Video("abcdefghijk", views="3120456", ratings="0")).engagement == (
        EngagementReading(EngagementKind.COMMENTS, None, UnknownReason.NOT_EXPOSED),
        EngagementReading(EngagementKind.LIKES, 0),
        EngagementReading(EngagementKind.VIEWS, 3120456),
    )


@pytest.mark.parametrize("value", [None, "", "-1", "many", "1e9", "９", "9" * 25, "9999999999999999999"])
def test_a_figure_that_is_none_is_unknown(server: YouTubeServer, value: str | None) -> None:
    found = only_post(server, Video("abcdefghijk", views=value, ratings=value))
    assert [reading.count for reading in found.engagement] == [None, None, None]


def test_a_short_has_two_addresses(server: YouTubeServer) -> None:
    watch, short = (f"https://www.youtube.com/{path}abcdefghijk" for path in ("watch?v=", "shorts/"))
    assert only_post(server, Video("abcdefghijk", link=short)).addresses == (watch, short)
    elsewhere = Video("abcdefghijk", link="https://victim.example/abcdefghijk")
    assert only_post(server, elsewhere).addresses == (watch,)


def test_advertising_in_a_description_is_found(server: YouTubeServer) -> None:
    found = only_post(server, Video("abcdefghijk", description="Paid partnership with a roaster."))
    assert [one.kind for one in found.disclosures] == ["sponsored"]


@pytest.mark.parametrize("wrong", [Video("../x"), Video(""), Video("abcdefghijk", published="ooit")])
def test_one_wrong_video_loses_no_other(server: YouTubeServer, wrong: Video) -> None:
    assert only_post_of(server, wrong, Video("abcdefghij2")) == "https://www.youtube.com/watch?v=abcdefghij2"


def only_post_of(server: YouTubeServer, *videos: Video) -> str:
    server.videos = list(videos)
    (found,) = read(server).posts
    return found.url


def test_a_feed_without_end_is_cut(server: YouTubeServer) -> None:
    server.videos = [Video(f"abcdefgh{number:03}") for number in range(MAX_VIDEOS + 50)]
    assert len(read(server).posts) == MAX_VIDEOS


@pytest.mark.parametrize("status", [403, 404, 429, 500, 503])
def test_a_refusal_does_not_mean_that_the_channel_is_gone(server: YouTubeServer, status: int) -> None:
    server.instead[FEED] = Reply(b"<html>", status, "text/html", (("Retry-After", "60"),))
    found = read(server)
    assert (found.profile, found.gone, found.statuses) == (None, False, [status])


ENTITIES = (
    b'<!DOCTYPE feed [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><feed xmlns="http://www.w3.org/2005/Atom">&b;</feed>'
)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"<html><p>",
        b"<rss/>",
        feed()[:-9],
        ENTITIES,
        b"\xff\xfe",
        b"<a>" * 100_000,
        feed().replace(b"UTF-8", b"UTF-K"),
        b"<feed " + b"a " * 20_000,
    ],
)
def test_an_answer_that_is_no_feed_is_an_error(server: YouTubeServer, body: bytes) -> None:
    server.instead[FEED] = Reply(body, content_type=ATOM)
    with pytest.raises(ParseError):
        read(server)


def test_entries_of_another_form_are_left(server: YouTubeServer) -> None:
    server.instead[FEED] = Reply(
        feed("<entry/>", "<entry><title>x</title></entry>", Video("abcdefghijk").entry(), name="")
    )
    found = read(server)
    assert (len(found.posts), found.known.name) == (1, CHANNEL)
