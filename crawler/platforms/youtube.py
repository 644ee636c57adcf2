"""YouTube: the public feed of a channel, which names its newest 15 videos with views and ratings.

Only addresses with the channel's id lead to a feed. The id behind ``/@handle``, ``/user/NAME`` or ``/c/NAME`` stands on
YouTube's pages alone, which its terms close to robots, or behind a key; such a profile is known but not read. YouTube's
robots.txt decides at each visit whether the feeds may be asked for: in 2026 it said no, to every robot.

Sources: developers.google.com/youtube/v3/guides/push_notifications (the feed and its elements), RFC 4287 (Atom),
rssboard.org/media-rss (``media:community``). Central name: :class:`YouTube`.
"""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit
from xml.etree.ElementTree import Element
from xml.etree.ElementTree import ParseError as XmlError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from bloghound.errors import ParseError
from bloghound.hosts import shared_site
from bloghound.records import EngagementKind, Link, LinkContext, ParsedPost, PostSource
from bloghound.urls import host_of, shorten
from crawler.extract.disclosure import find_disclosures
from crawler.extract.language import detect_language
from crawler.extract.prescan import check_markup
from crawler.platforms.protocol import ApiAnswer, ApiRequest, Profile, ProfileAddress, Step
from crawler.platforms.richtext import links_in, without_addresses
from crawler.platforms.values import count, moment, readings, text, web_address

MAX_VIDEOS = 100
"""A feed has 15; one with more is not YouTube's."""
TITLE_CHARS = 300

_CHANNEL = re.compile(r"^channel/(UC[A-Za-z0-9_-]{22})$")
_NAMES = {
    "atom": "http://www.w3.org/2005/Atom",
    "yt": "http://www.youtube.com/xml/schemas/2015",
    "media": "http://search.yahoo.com/mrss/",
}


class YouTube:
    """Reads one channel's feed. How many subscribe and comment is not in it, and so unknown."""

    name = "youtube"
    # No limit is published for feeds; our own gap between two requests stands.
    gap_seconds = 0.0
    max_requests = 1
    is_crawled = False

    def __init__(self, api_root: str = "https://www.youtube.com") -> None:
        """``api_root`` is where feeds are asked for."""
        self._api_root = api_root

    def recognise(self, url: str, software: str = "") -> ProfileAddress | None:  # noqa: ARG002 - the form tells enough
        """``/channel/ID``, ``/@handle``, ``/user/NAME`` and ``/c/NAME``, and the channel's pages below them."""
        parts = urlsplit(url)
        host = host_of(url)
        if host not in {"youtube.com", "www.youtube.com", "m.youtube.com"} or parts.scheme not in {"http", "https"}:
            return None
        key = shared_site(host, parts.path)
        root = "https://www.youtube.com"
        return ProfileAddress(f"https://{key}", root, key.partition("/")[2]) if key else None

    def first_requests(self, address: ProfileAddress) -> tuple[ApiRequest, ...]:
        """The feed, where the address has the channel's id; nothing where it has not."""
        match = _CHANNEL.match(address.user)
        if match is None:
            return ()
        url = f"{self._api_root}/feeds/videos.xml?channel_id={match[1]}"
        return (ApiRequest(url, "feed", address, "application/atom+xml"),)

    def read(self, request: ApiRequest, answer: ApiAnswer, profile: Profile | None) -> Step:
        """The channel and its videos. Raises ParseError for what is no such feed.

        A 404 does not mean that the channel is gone: for hours at a time YouTube answers so for channels that exist.
        """
        if answer.status != 200:
            return Step(profile=profile)
        feed = _parse(answer.body, request.url)
        found = _profile(feed, request.address)
        posts = (_post(entry, found) for entry in feed.findall("atom:entry", _NAMES)[:MAX_VIDEOS])
        return Step(profile=found, posts=tuple(post for post in posts if post is not None))


def _parse(body: bytes, source: str) -> Element:
    """The root of an Atom feed. Raises ParseError."""
    check_markup(body, is_html=False)
    try:
        root: Element = fromstring(body)
    # LookupError: an encoding that Python does not know.
    except (XmlError, DefusedXmlException, ValueError, LookupError, RecursionError) as error:
        raise ParseError(f"{source} did not answer with a feed.") from error
    if root.tag != f"{{{_NAMES['atom']}}}feed":
        raise ParseError(f"{source} did not answer with an Atom feed.")
    return root


def _profile(feed: Element, address: ProfileAddress) -> Profile:
    name = _words(feed, "atom:title") or _words(feed, "atom:author/atom:name")
    channel_id = address.user.partition("/")[2]
    return Profile(
        platform=YouTube.name,
        url=address.url,
        handle=channel_id,
        name=name or channel_id,
        created=moment(_words(feed, "atom:published")),
        platform_id=channel_id,
    )


def _post(entry: Element, profile: Profile) -> ParsedPost | None:
    video_id, published = _words(entry, "yt:videoId"), moment(_words(entry, "atom:published"))
    if not re.fullmatch(r"[A-Za-z0-9_-]{6,20}", video_id) or published is None:
        return None
    title, description = _words(entry, "atom:title"), _words(entry, "media:group/media:description")
    words = "\n".join(part for part in (title, without_addresses(description)) if part)
    links = tuple(Link(url, LinkContext.CONTENT) for url in links_in(description))
    return ParsedPost(
        url=f"https://www.youtube.com/watch?v={video_id}",
        title=shorten(title, TITLE_CHARS),
        text=words,
        source=PostSource.FEED,
        published=published,
        date_source="api",
        author=_words(entry, "atom:author/atom:name") or profile.name,
        language=detect_language(words),
        links=links,
        engagement=readings(
            {
                EngagementKind.COMMENTS: None,
                # A rating has been a "like" since YouTube took the stars and then the dislikes away.
                EngagementKind.LIKES: _number(entry, "media:starRating", "count"),
                EngagementKind.VIEWS: _number(entry, "media:statistics", "views"),
            }
        ),
        disclosures=find_disclosures(title, words, links),
        addresses=tuple(dict.fromkeys((f"https://www.youtube.com/watch?v={video_id}", *_page(entry, video_id)))),
    )


def _page(entry: Element, video_id: str) -> Iterator[str]:
    """The address that the feed itself gives, which for a short is ``/shorts/ID``."""
    for link in entry.findall("atom:link[@rel='alternate']", _NAMES):
        url = web_address(link.get("href"))
        if url and host_of(url) == "www.youtube.com" and video_id in url:
            yield url


def _words(element: Element, path: str) -> str:
    return text(element.findtext(path, "", _NAMES)).strip()


def _number(entry: Element, name: str, attribute: str) -> int | None:
    found = entry.find(f"media:group/media:community/{name}", _NAMES)
    stated = "" if found is None else found.get(attribute, "")
    return count(int(stated)) if re.fullmatch(r"[0-9]{1,19}", stated) else None
