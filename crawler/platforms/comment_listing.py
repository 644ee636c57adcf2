"""What the comment interfaces of blogs have in common: how long comments are, and on which posts all are known.

An interface lists a blog's comments newest first, and only some pages of it are asked for. A comment comes after its
post; so all comments are known on every post that is newer than the oldest comment listed, and where none is listed
there is none. Central names: :class:`Listing`, :func:`words_in`. Pure.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Self
from urllib.parse import urlsplit

from bloghound.errors import AddressError, ParseError
from bloghound.records import Comment, EngagementKind, EngagementReading, UnknownReason, count_words
from bloghound.urls import parse_address
from crawler.extract.text import plain_text
from crawler.platforms.protocol import ProfileAddress
from crawler.platforms.values import check_fragment

PostReading = tuple[str, EngagementReading]
"""A figure with the address of the post that it is about."""


@dataclass(frozen=True, slots=True)
class ListedPost:
    """A post as its blog's interface lists it; ``author`` is the interface's own id of who wrote it."""

    post_id: str
    url: str
    published: datetime | None = None
    author: str = ""
    is_open: bool = True
    """Whether readers may comment."""
    stated: int | None = None
    """How many comments the interface itself says that there are."""


@dataclass(frozen=True, slots=True)
class ListedComment:
    """A comment as its blog's interface lists it.

    ``stands_for`` is how many comments it is counted as: more than one with answers that are not listed, and none where
    only its place in a thread is left. One that is not ``is_shown`` counts for such answers alone. A pinned comment
    stands before newer ones and tells nothing of how far back the listing goes.
    """

    post_id: str
    comment: Comment
    stands_for: int = 1
    is_pinned: bool = False
    is_shown: bool = True


@dataclass(frozen=True, slots=True)
class Listing:
    """What a blog's interface has listed so far; pages of posts come first, then pages of comments."""

    posts: tuple[ListedPost, ...] = ()
    counts: tuple[tuple[str, int], ...] = ()
    seen: frozenset[str] = frozenset()
    oldest: datetime | None = None
    """When the oldest comment listed was written."""
    is_whole: bool = False
    """Whether all comments of the blog are listed."""

    def with_posts(self, posts: Iterable[ListedPost]) -> Self:
        """The listing with further posts; of a post that is there already the first stays."""
        known = {post.post_id: post for post in (*posts, *self.posts)}
        return replace(self, posts=tuple(known.values()))

    def with_comments(self, found: Sequence[ListedComment], *, is_whole: bool = False) -> Self:
        """The listing with one more page of comments; one that is there already is not counted again."""
        counts = Counter(dict(self.counts))
        for one in {one.comment.comment_id: one for one in found}.values():
            if one.comment.comment_id not in self.seen:
                counts[one.post_id] += one.stands_for
        dates = [one.comment.published for one in found if one.comment.published and not one.is_pinned]
        return replace(
            self,
            counts=tuple(counts.items()),
            seen=self.seen | {one.comment.comment_id for one in found},
            oldest=min([*dates, self.oldest] if self.oldest else dates, default=None),
            is_whole=is_whole,
        )

    @property
    def covers_all(self) -> bool:
        """Whether all comments on every dated post are listed, so that no more of them need be asked for."""
        return all(self._covers(post) for post in self.posts if post.published)

    def addressed(self, found: Iterable[ListedComment]) -> tuple[tuple[str, Comment], ...]:
        """The comments with the addresses of their posts; those on other pages of the blog are left out."""
        urls = {post.post_id: post.url for post in self.posts}
        kept = (one for one in found if one.stands_for and one.is_shown and one.post_id in urls)
        return tuple((urls[one.post_id], one.comment) for one in kept)

    def readings(self, *, zeros_are_known: bool = False) -> tuple[PostReading, ...]:
        """The number of comments on each post of which it is known: as stated, or all of them being listed.

        A blog without a single comment may take them elsewhere (a service in a script, a forum): unless
        ``zeros_are_known``, none of its zeros counts, and what its pages show stands.
        """
        counts = dict(self.counts)
        is_used = zeros_are_known or any(counts.values()) or any(post.stated for post in self.posts)
        numbers = (
            (post, counts.get(post.post_id, 0) if post.stated is None and self._covers(post) else post.stated)
            for post in self.posts
        )
        found = ((post.url, _reading(number, post, is_used)) for post, number in numbers)
        return tuple((url, reading) for url, reading in found if reading is not None)

    def news_since(self, before: "Listing", *, zeros_are_known: bool = False) -> tuple[PostReading, ...]:
        """The readings that are not in ``before``: each is told at once, since the next page may not come."""
        told = set(before.readings(zeros_are_known=zeros_are_known))
        return tuple(one for one in self.readings(zeros_are_known=zeros_are_known) if one not in told)

    def unknown(self, reason: UnknownReason) -> tuple[PostReading, ...]:
        """A reading that says why the comments are unknown, of each post that readers may comment on."""
        reading = EngagementReading(EngagementKind.COMMENTS, None, reason)
        return tuple((post.url, reading) for post in self.posts if post.is_open)

    def _covers(self, post: ListedPost) -> bool:
        """Whether all comments on the post are listed."""
        return self.is_whole or bool(post.published and self.oldest and post.published > self.oldest)


def _reading(number: int | None, post: ListedPost, is_used: bool) -> EngagementReading | None:
    if number is None:
        return None
    if number:
        return EngagementReading(EngagementKind.COMMENTS, number)
    if not post.is_open:
        return EngagementReading(EngagementKind.COMMENTS, None, UnknownReason.COMMENTS_CLOSED)
    return EngagementReading(EngagementKind.COMMENTS, 0) if is_used else None


def words_in(rendered: str) -> int | None:
    """Length in words of a comment in HTML, without what it quotes; None where its tags would hold a parser up."""
    try:
        check_fragment(rendered)
    except ParseError:
        return None
    return count_words(plain_text(rendered, without="blockquote"))


def entries_in(value: Any, source: str) -> list[dict[str, Any]]:
    """``value`` as a page of a listing. Raises ParseError for anything else, which must not pass for the end of it."""
    if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
        raise ParseError(f"{source} did not answer with a list.")
    return value


def blog_at(url: str) -> ProfileAddress | None:
    """The blog whose home page is at ``url``: its root is the folder, without the final slash."""
    try:
        parts = urlsplit(parse_address(url))
    except AddressError:
        return None
    folder, _, last = parts.path.rpartition("/")
    # A last part without a dot is a folder named without its slash; with one it is a page in it (index.php).
    path = folder if not last or "." in last else f"{folder}/{last}"
    return ProfileAddress(url, f"{parts.scheme}://{parts.netloc}{path}", "")
