"""The blog that WordPress and Ghost are filled with, and what a reader of it should find out."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

AUTHOR = "Mara Feld"
CO_AUTHOR = "Jon Ahl"
TITLE = "Crumb and crust"
READERS_OF_THE_POPULAR_POST = 15
COMMENTS_ON_THE_POPULAR_POST = 130
"""More than one page of any interface here holds."""
LOAVES = 14

_REMARKS = (
    "I tried this last weekend and it worked at once.",
    "How long did you let it rest in the cold?",
    "Thank you, this is the clearest account I have read.",
    "Mine was a little flat, maybe the flour was old.",
    "The second picture helped me most.",
)


@dataclass(frozen=True)
class Said:
    """A comment; ``answers`` is the place, among the post's comments, of the one that it answers."""

    by: str
    words: str
    answers: int | None = None
    state: str = "published"
    """``published``, ``held`` for the author's approval, ``spam``, or ``pingback``: another blog that links here."""


@dataclass(frozen=True)
class Post:
    """A post as its author wrote it, with what was said under it, one comment an hour."""

    slug: str
    title: str
    text: str
    published: datetime
    author: str = AUTHOR
    comments: Sequence[Said] = ()
    is_closed: bool = False
    is_reserved: bool = False
    """Behind a password (WordPress), or for members (Ghost)."""

    @property
    def readers(self) -> list[str]:
        """Who commented, in order, without the author."""
        return [said.by for said in self.published_comments if said.by != self.author]

    @property
    def author_answers(self) -> int:
        """How many comments the author wrote."""
        return len(self.published_comments) - len(self.readers)

    def said_at(self, place: int) -> datetime:
        """When the comment at that place was written."""
        return self.published + timedelta(hours=place + 1)

    @property
    def published_comments(self) -> list[Said]:
        """What everybody may read, pingbacks aside."""
        return [said for said in self.comments if said.state == "published"]


def posts() -> list[Post]:
    """The whole blog, the oldest post first."""
    weekly = [_at(days=7 * week) for week in range(8)]
    popular = [
        _said(f"Reader {place % READERS_OF_THE_POPULAR_POST:02}", place)
        for place in range(COMMENTS_ON_THE_POPULAR_POST)
    ]
    return [
        Post("sourdough-in-winter", "Sourdough in winter", _WINTER, weekly[0], comments=_WINTER_TALK),
        Post("a-starter-of-rye", "A starter of rye", "Rye and water, nothing else.", weekly[1], comments=_RYE_TALK),
        Post("a-word-from-jon", "A word from Jon", "Jon writes here for once.", weekly[2], CO_AUTHOR, _JON_TALK),
        Post("no-questions", "No questions", "Comments are closed here from the start.", weekly[3], is_closed=True),
        Post("closed-later", "Closed later", "One reader wrote first.", weekly[4], comments=_ONE, is_closed=True),
        Post("for-friends", "For friends", "Only those who know may read.", weekly[5], comments=_ONE, is_reserved=True),
        Post("nobody-answered", "Nobody answered", "A post without a comment.", weekly[6]),
        Post("what-everybody-read", "What everybody read", "Thirty mistakes with bread.", weekly[7], comments=popular),
        *(_loaf(number) for number in range(LOAVES)),
    ]


def post(slug: str) -> Post:
    """The post with this last part of its address."""
    return next(one for one in posts() if one.slug == slug)


def returning(written: Sequence[Post]) -> set[str]:
    """Readers who commented on more than one of these posts; the blog's author on a co-author's is one."""
    seen = Counter(name for one in written for name in set(one.readers))
    return {name for name, count in seen.items() if count > 1}


def as_json(written: Sequence[Post]) -> list[dict[str, Any]]:
    """The posts for a seeding script in another language; times as ``2026-01-05 08:00:00``, in UTC."""
    return [
        asdict(one)
        | {
            "published": f"{one.published:%Y-%m-%d %H:%M:%S}",
            "comments": [
                asdict(said) | {"at": f"{one.said_at(place):%Y-%m-%d %H:%M:%S}"}
                for place, said in enumerate(one.comments)
            ],
        }
        for one in written
    ]


def _at(days: float) -> datetime:
    return datetime(2026, 1, 5, 8, tzinfo=UTC) + timedelta(days=days)


def _said(by: str, number: int) -> Said:
    return Said(by, _REMARKS[number % len(_REMARKS)])


def _loaf(number: int) -> Post:
    return Post(
        slug=f"loaf-{number}",
        title=f"Loaf number {number}",
        text=f"Notes on loaf {number}, its crust and how it rose.",
        published=_at(days=60 + number),
        comments=(_said("Ada", number),) if number % 2 else (),
    )


_WINTER = 'A cold kitchen slows the dough down. <a href="https://mill.example/flour">This mill</a> explains why.'
_WINTER_TALK = (
    _said("Ada", 0),
    _said("Bo", 1),
    Said(AUTHOR, "Twelve hours, Bo, on the lowest shelf.", answers=1),
    _said("Ada", 2),
    _said("Cy", 3),
    Said("A stranger", "Cheap watches.", state="spam"),
    Said("Hana", "Nobody has approved this yet.", state="held"),
    Said("Bread, elsewhere", "[…] Mara writes about dough in winter […]", state="pingback"),
)
_RYE_TALK = (_said("Ada", 2), _said("Dee", 4), Said(AUTHOR, "You are welcome, both of you.", answers=0))
_JON_TALK = (_said(AUTHOR, 2), _said(CO_AUTHOR, 0), _said("Bo", 1))
_ONE = (_said("Bo", 3),)
