"""How readers answer a blogger: how they talk, beside the peers; how counts grew; who cites, and talks elsewhere."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from bloghound.jobs.profiles import visible
from bloghound.settings import Settings
from ranking.engagement.discussion import TALK
from ranking.engagement.measures import COLUMN
from ranking.index.generation import Generation
from storage import citations, discussions, growth, post_pages
from storage.database import Connection
from storage.discussions import DiscussedPost
from storage.growth import Look
from storage.post_pages import ShownPost

WATCHED_POSTS = 20
"""The newest posts whose growth is looked at: as many as engagement is computed over."""

GROWING_SHOWN = 5
"""Lines of one drawing that can be told apart by colour, dashes and number."""

DISCUSSIONS_SHOWN = 20
CITED_SHOWN = 10


@dataclass(frozen=True, slots=True)
class TalkFigure:
    """How readers talk, with the median of the ``peers`` other members of the group of whom it is known.

    ``value`` is None with a reason where it is unknown.
    """

    name: str
    value: float | None
    reason: str | None
    peers_median: float | None
    peers: int
    peers_group: str


@dataclass(frozen=True, slots=True)
class GrowingPost:
    """A post whose count of one kind was seen to change; the looks are in order of time."""

    url: str
    title: str
    language: str | None
    published_at: datetime | None
    kind: str
    looks: tuple[Look, ...]

    @property
    def grown(self) -> int:
        """By how much, from the first look to the last; negative where comments were removed."""
        return self.looks[-1].count - self.looks[0].count


@dataclass(frozen=True, slots=True)
class CitedPost:
    """A post with the number of other bloggers whose posts link to it."""

    url: str
    title: str
    language: str | None
    published_at: datetime | None
    citing_bloggers: int


@dataclass(frozen=True, slots=True)
class Readers:
    """What is shown of a blogger's readers beside the figures of the index."""

    talk: dict[str, TalkFigure]
    growing: list[GrowingPost]
    cited: list[CitedPost]
    discussions: list[DiscussedPost]


def readers(connection: Connection, settings: Settings, public_id: str, generation: Generation | None) -> Readers:
    """What readers do with a blogger's posts; ``talk`` is empty without a generation that holds the blogger.

    Raises NotFoundError when there is no such blogger, or when it asked to be left out.
    """
    blogger = visible(connection, settings, public_id)
    ids = [site.site_id for site in blogger.sites]
    posts = post_pages.page(connection, ids, limit=WATCHED_POSTS)
    return Readers(
        talk=talk_figures(generation, public_id) if generation is not None else {},
        growing=growing_posts(posts, growth.looks(connection, [post.post_id for post in posts])),
        cited=most_cited(posts, citations.citing_bloggers(connection, ids)),
        discussions=discussions.of_blogger(connection, blogger.blogger_id, limit=DISCUSSIONS_SHOWN),
    )


def talk_figures(generation: Generation, public_id: str) -> dict[str, TalkFigure]:
    """How readers talk in the counted posts, beside those of the same group; empty when the generation lacks it."""
    blogger = generation.positions.get(public_id)
    if blogger is None:
        return {}
    table = generation.columns.engagement
    inputs = table[blogger].inputs["commenters"]
    of_group = table.groups[:, COLUMN["commenters"]]
    others = of_group == of_group[blogger]
    others[blogger] = False
    peers = table.talk[others]
    found: dict[str, TalkFigure] = {}
    for column, name in enumerate(TALK):
        value, known = inputs[name], peers[:, column]
        known = known[~np.isnan(known) & (peers[:, 0] > 0)]
        reason = inputs["words_reason" if name == "words_per_comment" else "talk_reason"]
        found[name] = TalkFigure(
            name=name,
            value=None if value is None else float(value),
            reason=None if value is not None or reason is None else str(reason),
            peers_median=float(np.median(known)) if len(known) else None,
            peers=len(known),
            peers_group=str(inputs["peers_group"]),
        )
    return found


def growing_posts(posts: Sequence[ShownPost], seen: Mapping[int, Mapping[str, tuple[Look, ...]]]) -> list[GrowingPost]:
    """The newest posts whose counts changed between two looks, kind by kind; GROWING_SHOWN of each kind at most."""
    found = [
        GrowingPost(post.url, post.title, post.language, post.published_at, kind, looks)
        for post in posts
        for kind, looks in sorted(seen.get(post.post_id, {}).items())
        if len(looks) > 1
    ]
    shown: dict[str, list[GrowingPost]] = {}
    for one in found:
        if len(shown.setdefault(one.kind, [])) < GROWING_SHOWN:
            shown[one.kind].append(one)
    return [one for kind in sorted(shown) for one in shown[kind]]


def most_cited(posts: Sequence[ShownPost], citing: Mapping[int, int]) -> list[CitedPost]:
    """The most cited of some posts, those that nobody cites left out."""
    cited = [
        CitedPost(post.url, post.title, post.language, post.published_at, citing[post.post_id])
        for post in posts
        if citing.get(post.post_id)
    ]
    return sorted(cited, key=lambda one: -one.citing_bloggers)[:CITED_SHOWN]
