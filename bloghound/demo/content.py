"""The texts of the demo web, read from the data files beside this module: one TOML file a blog, all written for it.

A body is paragraphs separated by empty lines, with ``## heading``, ``- item`` and links of the form
``[anchor](place)`` or ``[anchor](place){rel}``; a place is ``blog``, ``blog/slug`` or ``host/any/path``.
Central names: :class:`Blog`, :class:`BlogPost`, :func:`load_blogs`, :func:`load_crowd`.
"""

import tomllib
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from functools import lru_cache
from importlib.resources import files
from typing import Any

from bloghound.demo.markup import unlinked

_CONTENT = files("bloghound.demo") / "content"
_COPY_LAG = timedelta(days=2, hours=3)
"""How long after the original the scraper publishes its copy: soon enough to look fresh, late enough to be provable."""


@dataclass(frozen=True, slots=True)
class Status:
    """A short message on the Mastodon-like server."""

    text: str
    replies: int = 0
    boosts: int = 0
    favourites: int = 0


@dataclass(frozen=True, slots=True)
class Profile:
    """A blogger's account on the Mastodon-like server."""

    name: str
    followers: int
    following: int
    discoverable: bool = True
    indexable: bool = True
    statuses: tuple[Status, ...] = ()


@dataclass(frozen=True, slots=True)
class BlogPost:
    """One dated text. ``comments`` counts what readers and the author wrote below it."""

    slug: str
    title: str
    published: datetime
    body: str
    tags: tuple[str, ...] = ()
    comments: int = 0


@dataclass(frozen=True, slots=True)
class Blog:
    """One blog of the demo web: who writes it, in which markup it is served, and its posts, newest first."""

    name: str
    title: str
    tagline: str
    language: str
    author: str
    theme: str
    feed: str
    about: str
    niche: str
    posts: tuple[BlogPost, ...]
    blogroll: tuple[str, ...] = ()
    comments: str = "open"
    """``open``, ``hidden`` (readers comment, the page does not show it to machines) or ``closed``."""
    footer_links: tuple[str, ...] = ()
    profile: Profile | None = None
    copies: str | None = None
    """Name of the blog whose posts this one republishes."""


@dataclass(frozen=True, slots=True)
class Crowd:
    """Who comments in one niche and language, and what such people write."""

    names: tuple[str, ...]
    openings: tuple[str, ...]
    details: tuple[str, ...]
    thanks: tuple[str, ...]
    """What an author answers."""
    homes: dict[str, str] = field(default_factory=dict)
    """Blogs of those commenters who give one, by name."""


@lru_cache(maxsize=1)
def load_blogs() -> dict[str, Blog]:
    """All blogs by name, in the order of their file names; a scraper's posts are filled in from its victim."""
    texts = sorted((entry.name, entry.read_text("utf-8")) for entry in _CONTENT.iterdir() if _is_blog(entry.name))
    blogs = {blog.name: blog for name, text in texts for blog in [_blog(name[: -len(".toml")], tomllib.loads(text))]}
    return {name: _filled(blog, blogs) for name, blog in blogs.items()}


def _is_blog(file_name: str) -> bool:
    return file_name.endswith(".toml") and not file_name.startswith("_")


@lru_cache(maxsize=1)
def load_crowd() -> dict[str, Crowd]:
    """Commenters by niche and language, such as ``coffee.en``."""
    raw = tomllib.loads((_CONTENT / "_crowds.toml").read_text("utf-8"))
    return {key: Crowd(**{name: _frozen(value) for name, value in crowd.items()}) for key, crowd in raw.items()}


def _blog(name: str, raw: dict[str, Any]) -> Blog:
    posts = sorted((_post(entry) for entry in raw.pop("posts", [])), key=lambda post: post.published, reverse=True)
    profile = raw.pop("profile", None)
    values = {key: _frozen(value) for key, value in raw.items()}
    return Blog(name=name, posts=tuple(posts), profile=profile and _profile(profile), **values)


def _post(raw: dict[str, Any]) -> BlogPost:
    # Written dates carry no time of day; the slug's length spreads the posts over a plausible working day.
    moment = datetime.combine(raw["published"], time(7), UTC) + timedelta(minutes=17 * len(raw["slug"]))
    values = {**raw, "published": moment, "body": raw["body"].strip()}
    return BlogPost(**{key: _frozen(value) for key, value in values.items()})


def _profile(raw: dict[str, Any]) -> Profile:
    statuses = tuple(Status(**status) for status in raw.pop("statuses", []))
    return Profile(**raw, statuses=statuses)


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _filled(blog: Blog, blogs: dict[str, Blog]) -> Blog:
    if blog.copies is None:
        return blog
    copied = tuple(
        replace(post, published=post.published + _COPY_LAG, body=unlinked(post.body), comments=0)
        for post in blogs[blog.copies].posts
    )
    return replace(blog, posts=tuple(sorted(copied + blog.posts, key=lambda post: post.published, reverse=True)))
