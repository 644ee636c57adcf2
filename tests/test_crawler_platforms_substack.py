import pytest

from bloghound.records import EngagementKind, EngagementReading, UnknownReason
from crawler.extract.page import parse_page
from crawler.parsed import Document, ParsedPage
from crawler.platforms.protocol import ApiAnswer, ApiRequest, Step
from crawler.platforms.substack import Substack
from tests.apiservers.substack import URL, counter, post_page

LIKES, SHARES, COMMENTS = EngagementKind.LIKES, EngagementKind.SHARES, EngagementKind.COMMENTS


def page(*counters: dict[str, object]) -> ParsedPage:
    return parse_page(Document(URL, post_page(*counters).encode(), "text/html; charset=utf-8"))


def readings(*counters: dict[str, object]) -> dict[EngagementKind, EngagementReading]:
    post = page(*counters).post
    assert post is not None
    return {one.kind: one for one in post.engagement}


@pytest.mark.parametrize(
    ("url", "software", "is_known"),
    [
        ("https://tea.substack.com/", "", True),
        ("https://letters.tea.example/", "substack", True),
        ("https://letters.tea.example/", "", False),
        ("https://substack.com/", "", False),
        ("https://tea.substack.com.evil.example/", "", False),
    ],
)
def test_a_publication_is_known_by_its_host_or_its_software(url: str, software: str, is_known: bool) -> None:
    assert (Substack().recognise(url, software) is not None) == is_known


def test_nothing_is_asked_of_it() -> None:
    address = Substack().recognise("https://tea.substack.com/")
    assert address is not None
    assert (Substack().first_requests(address), Substack.max_requests) == ((), 0)
    answer = ApiAnswer(200, b'[{"reaction_count": 5}]')
    assert Substack().read(ApiRequest(URL, "archive", address), answer, None) == Step()


def test_its_pages_name_their_software() -> None:
    assert page().platform == "substack"


def test_a_page_declares_what_readers_did_with_its_post() -> None:
    counters = (counter("LikeAction", 25), counter("ShareAction", 0), counter("CommentAction", 2))
    assert readings(*counters) == {
        LIKES: EngagementReading(LIKES, 25),
        SHARES: EngagementReading(SHARES, 0),
        COMMENTS: EngagementReading(COMMENTS, 2),
    }


def test_subscribers_of_the_publication_are_no_figure_of_a_post() -> None:
    assert readings() == {COMMENTS: EngagementReading(COMMENTS, None, UnknownReason.NOT_EXPOSED)}


@pytest.mark.parametrize("number", [None, "many", -1, 10**12, True])
def test_a_figure_that_is_none_is_not_taken(number: object) -> None:
    assert LIKES not in readings(counter("LikeAction", number))
