"""Hosts on which many thousand people publish, with the rate at which one worker may ask them.

One request at a time with a gap, the rule for everyone else, would take a day for the home pages of 40,000 blogs on
one of them. None publishes a limit for anonymous readers: big platforms behind a content delivery network get two
requests a second and small ones, which one person or a small team pays for, one in two seconds.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SharedRate:
    """What one worker may ask of a shared host: starts of requests a second, and how many at the same time."""

    requests_per_second: float
    concurrent: int


_BIG = SharedRate(requests_per_second=2.0, concurrent=4)
_SMALL = SharedRate(requests_per_second=0.5, concurrent=1)

SHARED_HOSTS: dict[str, SharedRate] = {
    **dict.fromkeys(
        (
            "blogspot.com",
            "bsky.app",
            "github.io",
            "gitlab.io",
            "hatenablog.com",
            "medium.com",
            "netlify.app",
            "pages.dev",
            "squarespace.com",
            "substack.com",
            "tumblr.com",
            "vercel.app",
            "weebly.com",
            "wixsite.com",
            "wordpress.com",
            "youtube.com",
        ),
        _BIG,
    ),
    **dict.fromkeys(
        (
            "ameblo.jp",
            "bearblog.dev",
            "blogg.se",
            "dev.to",
            "dreamwidth.org",
            "ghost.io",
            "hashnode.dev",
            "livejournal.com",
            "mastodon.social",
            "micro.blog",
            "mataroa.blog",
            "neocities.org",
            "over-blog.com",
            "posthaven.com",
            "prose.sh",
            "tistory.com",
            "typepad.com",
            "write.as",
        ),
        _SMALL,
    ),
}
"""By ICANN registrable domain (:func:`bloghound.urls.registrable_domain`)."""
