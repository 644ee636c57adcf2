"""Who is compared with whom: bloggers on like platforms who publish about as often."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence

EVERYBODY = "all bloggers"

_SOFTWARE = {
    "static sites": (
        "hugo", "jekyll", "hexo", "pelican", "nikola", "gatsby", "eleventy", "astro", "docusaurus", "mkdocs", "sphinx",
        "vuepress", "gitbook", "quarto", "publii", "zola", "octopress", "hakyll",
    ),
    "fediverse": (
        "mastodon", "pleroma", "akkoma", "gotosocial", "misskey", "pixelfed", "activitypub", "friendica", "peertube",
    ),
    "medium": ("medium",), "tumblr": ("tumblr",), "substack": ("substack",), "devto": ("devto",),
}  # fmt: skip
_FAMILIES = {name: family for family, names in _SOFTWARE.items() for name in names}

_BANDS = ("less than monthly", "monthly", "weekly", "daily")
_BAND_STARTS = (1.0, 4.0, 30.0)
"""Posts per month from which the next band begins: one a month, one a week, one a day."""

MIN_PEERS = 20
"""The least size of a group: the half level is what its best tenth reaches, and one blogger alone is no tenth."""


def family_of(platform: str, kind: str) -> str:
    """The platforms that a site is like: the same software's reactions work alike on any server.

    Static sites have no comments of their own. A blog of unknown software is one of ``blogs``, as WordPress, Blogger
    and their like are; a profile is of its own platform.
    """
    return _FAMILIES.get(platform, platform if kind == "profile" and platform else "blogs")


def band_of(posts_per_month: float | None) -> str | None:
    """How active that is; None of an unknown rate, that is of fewer than three dated posts."""
    return None if posts_per_month is None else _BANDS[bisect_right(_BAND_STARTS, posts_per_month)]


def narrow_group_of(family: str, band: str | None) -> str:
    """The name of the narrowest group; it is the family where the activity is unknown."""
    return f"{family}, {band}" if band else family


def groups_of(families: Sequence[str], bands: Sequence[str | None]) -> list[str]:
    """The group of each: family and activity where it has :data:`MIN_PEERS` members, else the family, else everybody.

    Membership never depends on counts, so that nobody changes groups by hiding them.
    """
    narrow = [narrow_group_of(family, band) for family, band in zip(families, bands, strict=True)]
    sizes = Counter(narrow) | Counter(families)
    return [
        next((name for name in names if sizes[name] >= MIN_PEERS), EVERYBODY)
        for names in zip(narrow, families, strict=True)
    ]
