"""Who says what below a post. The same post always has the same comments. Pure functions."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from zlib import crc32

from bloghound.demo.content import Blog, BlogPost, Crowd

_AUTHOR_EVERY = 4
"""Every fourth comment is the author's answer, about what attentive bloggers do."""


@dataclass(frozen=True, slots=True)
class Comment:
    """One comment; ``home`` is the address a commenter gave, ``answers`` the number of the comment it replies to."""

    number: int
    name: str
    home: str | None
    written: datetime
    text: str
    answers: int | None = None


def discuss(blog: Blog, post: BlogPost, crowd: Crowd, origin: Callable[[str], str]) -> tuple[Comment, ...]:
    """``post.comments`` comments, oldest first, by as many different people as the crowd has."""
    return tuple(
        _answer(blog, post, crowd, origin, number)
        if number % _AUTHOR_EVERY == 0
        else _remark(blog, post, crowd, origin, number)
        for number in range(1, post.comments + 1)
    )


def _answer(blog: Blog, post: BlogPost, crowd: Crowd, origin: Callable[[str], str], number: int) -> Comment:
    text = crowd.thanks[(_seed(blog, post) + number) % len(crowd.thanks)]
    return Comment(number, blog.author, f"{origin(blog.name)}/", _written(post, number), text, answers=number - 1)


def _remark(blog: Blog, post: BlogPost, crowd: Crowd, origin: Callable[[str], str], number: int) -> Comment:
    seed = _seed(blog, post)
    readers = [name for name in crowd.names if name != blog.author]
    name = readers[(seed + number) % len(readers)]
    home = crowd.homes.get(name)
    # Two steps of different length through lists of different length: a pair comes again only after a long walk.
    opening = crowd.openings[(seed // 7 + number) % len(crowd.openings)]
    detail = crowd.details[(seed // 13 + 5 * number) % len(crowd.details)]
    return Comment(number, name, home and f"{origin(home)}/", _written(post, number), f"{opening} {detail}")


def _seed(blog: Blog, post: BlogPost) -> int:
    return crc32(f"{blog.name}/{post.slug}".encode())


def _written(post: BlogPost, number: int) -> datetime:
    """The first comments come within hours, later ones ever more slowly."""
    return post.published + timedelta(minutes=41 * number * number)
