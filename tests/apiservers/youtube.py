"""YouTube's channel feeds: Atom with the elements of the push-notification guide and of Media RSS."""

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape

from tests.apiservers.base import ApiServer, Reply

CHANNEL = "UCannannannannannannan12"
ATOM = "text/xml; charset=UTF-8"


@dataclass
class Video:
    """One entry; ``views`` and ``ratings`` are written as they are, and left out when None."""

    video_id: str
    title: str = "Koffie malen"
    description: str = ""
    published: str = "2026-03-02T18:04:05+00:00"
    views: str | None = "3120"
    ratings: str | None = "41"
    link: str = ""

    def entry(self) -> str:
        """The entry in the order in which YouTube writes it."""
        rated = f'<media:starRating count="{self.ratings}" average="5.00" min="1" max="5"/>' if self.ratings else ""
        seen = f'<media:statistics views="{self.views}"/>' if self.views else ""
        link = self.link or f"https://www.youtube.com/watch?v={self.video_id}"
        return (
            f"<entry><id>yt:video:{self.video_id}</id><yt:videoId>{self.video_id}</yt:videoId>"
            f"<yt:channelId>{CHANNEL}</yt:channelId><title>{escape(self.title)}</title>"
            f'<link rel="alternate" href="{escape(link)}"/><author><name>Ann Brouwer</name>'
            f"<uri>https://www.youtube.com/channel/{CHANNEL}</uri></author><published>{self.published}</published>"
            f"<updated>2026-03-03T00:00:00+00:00</updated><media:group><media:title>{escape(self.title)}</media:title>"
            f"<media:description>{escape(self.description)}</media:description>"
            f"<media:community>{rated}{seen}</media:community></media:group></entry>"
        )


def feed(*entries: str, name: str = "Ann Brouwer") -> bytes:
    """A channel's feed."""
    head = (
        '<?xml version="1.0" encoding="UTF-8"?><feed xmlns:yt="http://www.youtube.com/xml/schemas/2015" '
        'xmlns:media="http://search.yahoo.com/mrss/" xmlns="http://www.w3.org/2005/Atom">'
        f'<link rel="self" href="http://www.youtube.com/feeds/videos.xml?channel_id={CHANNEL}"/>'
        f"<id>yt:channel:{CHANNEL[2:]}</id><yt:channelId>{CHANNEL[2:]}</yt:channelId><title>{escape(name)}</title>"
        f"<author><name>{escape(name)}</name><uri>https://www.youtube.com/channel/{CHANNEL}</uri></author>"
        "<published>2018-04-27T05:01:07+00:00</published>"
    )
    return f"{head}{''.join(entries)}</feed>".encode()


class YouTubeServer(ApiServer):
    """Feeds of one channel with ``videos``."""

    def __init__(self, limit: int | None = None) -> None:
        super().__init__(limit)
        self.videos: list[Video] = []

    def route(self, path: str, query: Mapping[str, str]) -> Reply:
        if path != "/feeds/videos.xml" or query.get("channel_id") != CHANNEL:
            return Reply(b"<!DOCTYPE html><title>Error 404 (Not Found)!!1</title>", 404, "text/html; charset=UTF-8")
        return Reply(feed(*(video.entry() for video in self.videos)), content_type=ATOM)
