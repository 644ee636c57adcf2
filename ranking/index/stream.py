"""The bloggers of a build, one after the other: what is new of them is written, what is known of all is gathered."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from bloghound.records import BloggerOutline, PostText, RankableBlogger, RankablePost
from ranking.activity import moment_of
from ranking.credibility import findings_of
from ranking.duplicates import UNDATED
from ranking.engagement import channels_of
from ranking.index.bloggers import BloggerTableWriter, line_of
from ranking.index.facts import entry_of
from ranking.index.previous import LOOK_AGAIN, PreviousPosts
from ranking.index.segment import MAX_TEXT_CHARS, Document, mean_direction
from ranking.index.settled import Facts, Gathered, Settled
from ranking.index.writing import NewPost, NewPosts, Segments
from ranking.passages import passage_text, readable

VectorsByHash = Callable[[Sequence[str]], Mapping[str, NDArray[np.float32]]]
"""Content hashes → the unit vectors that storage has for them."""

TextsById = Callable[[Sequence[int]], Iterable[PostText]]
"""Post ids → their texts, in the same order; a post that is gone is left out."""

POSTS_AT_ONCE = 1024
"""New posts whose texts and vectors are read and written in one go: 10 MB, and few enough that progress shows."""

BLOGGERS_AT_ONCE = 1024
"""Bloggers that wait at most for others' new posts."""


@dataclass(frozen=True, slots=True)
class StoredBloggers:
    """All bloggers of a build by the keys of their founding sites; ``read`` gives those asked for, in their order."""

    outlines: Sequence[BloggerOutline]
    read: Callable[[Sequence[BloggerOutline]], Iterable[RankableBlogger]]


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A blogger whose row is not written yet; ``places`` say where its posts lie unchanged.

    ``public_id`` and ``posts`` are there where something may have changed.
    """

    outline: BloggerOutline
    facts: Facts
    places: NDArray[np.int64]
    public_id: str = ""
    posts: tuple[RankablePost, ...] = ()

    @property
    def new(self) -> list[RankablePost]:
        return [self.posts[index] for index in np.flatnonzero(self.places < 0).tolist()]


class BloggerStream:
    """Writes the new posts of bloggers to segments, and a row of the table for each blogger."""

    def __init__(
        self,
        previous: PreviousPosts,
        settled: Settled,
        segments: Segments,
        table: BloggerTableWriter,
        *,
        texts: TextsById,
        vectors: VectorsByHash,
        dimensions: int,
        model_languages: frozenset[str] | None,
        as_of: datetime,
    ) -> None:
        self._previous, self._settled, self._segments, self._table = previous, settled, segments, table
        self._texts, self._vectors = texts, vectors
        self._dimensions, self._model_languages, self._as_of = dimensions, model_languages, as_of
        self._gathered = Gathered()

    def write(self, bloggers: StoredBloggers, progress: Callable[[int], None] | None) -> Gathered:
        """Take all bloggers, in the order of the keys of their founding sites; what was learned of them."""
        for waiting in self._batches(bloggers):
            self._write_batch(waiting)
            if progress is not None:
                progress(sum(len(one.places) for one in waiting))
        return self._gathered

    def _batches(self, bloggers: StoredBloggers) -> Iterator[list[_Waiting]]:
        waiting: list[_Waiting] = []
        new_posts = 0
        for one in self._matched(bloggers):
            waiting.append(one)
            new_posts += int(np.count_nonzero(one.places < 0))
            if new_posts >= POSTS_AT_ONCE or len(waiting) >= BLOGGERS_AT_ONCE:
                yield waiting
                waiting, new_posts = [], 0
        if waiting:
            yield waiting

    def _matched(self, bloggers: StoredBloggers) -> Iterator[_Waiting]:
        lasting = self._settled.lasting(bloggers.outlines)
        read = iter(bloggers.read([one for one in bloggers.outlines if one.blogger_id not in lasting]))
        for outline in bloggers.outlines:
            if outline.blogger_id in lasting:
                facts = self._settled.facts_of(outline.blogger_id)
                yield _Waiting(outline, facts, self._previous.keep_all(outline.blogger_id))
            else:
                yield self._compared(outline, next(read))

    def _compared(self, outline: BloggerOutline, blogger: RankableBlogger) -> _Waiting:
        posts = tuple(sorted(blogger.posts, key=lambda post: post.post_id))
        post_ids, fingerprints = [post.post_id for post in posts], [post.fingerprint for post in posts]
        places = self._previous.keep(blogger.blogger_id, blogger.public_id, post_ids, fingerprints)
        entry, findings = entry_of(blogger, self._as_of), findings_of(blogger.posts, blogger.sites)
        facts = Facts(line_of(entry), findings, channels_of(blogger, self._as_of))
        return _Waiting(outline, facts, places, blogger.public_id, posts)

    def _write_batch(self, waiting: Sequence[_Waiting]) -> None:
        new = self._new_posts(waiting)
        self._segments.add([one for one in new if one is not None])
        for one, written in zip(waiting, new, strict=True):
            self._table.add(one.outline.blogger_id, one.facts.line, self._vector_of(one, written))
            complete = written is None or all(post.fingerprint != LOOK_AGAIN for post in written.posts)
            self._gathered.add(one.outline, one.facts, complete=complete)

    def _new_posts(self, waiting: Sequence[_Waiting]) -> list[NewPosts | None]:
        """The new posts of each of the bloggers with their texts and vectors; None where there is none."""
        new = [one.new for one in waiting]
        every = list(chain.from_iterable(new))
        texts = {text.post_id: text for text in self._texts([post.post_id for post in every])} if every else {}
        wanted = [post.content_hash for post in every if self._may_have_vector(post)]
        vectors = self._vectors(wanted) if wanted else {}
        self._gathered.added += len(every)
        return [
            self._new_posts_of(one, posts, texts, vectors) if posts else None
            for one, posts in zip(waiting, new, strict=True)
        ]

    def _new_posts_of(
        self,
        one: _Waiting,
        posts: Sequence[RankablePost],
        texts: Mapping[int, PostText],
        vectors: Mapping[str, NDArray[np.float32]],
    ) -> NewPosts:
        rows = np.zeros((len(posts), self._dimensions), np.float16)
        written = []
        for row, post in enumerate(posts):
            text = texts.get(post.post_id)
            has_words = text is not None and bool(passage_text(text.title, text.text))
            vector = vectors.get(post.content_hash) if has_words and self._may_have_vector(post) else None
            if vector is not None:
                rows[row] = vector
            is_complete = text is not None and (vector is not None or not (has_words and self._may_have_vector(post)))
            written.append(
                NewPost(
                    post_id=post.post_id,
                    fingerprint=post.fingerprint if is_complete else LOOK_AGAIN,
                    published=UNDATED if post.published is None else moment_of(post.published),
                    document=document_of(post, text or PostText(post.post_id, "", "")),
                )
            )
        return NewPosts(one.outline.blogger_id, one.public_id, tuple(written), rows)

    def _may_have_vector(self, post: RankablePost) -> bool:
        return not post.text_reserved and readable(post.language, self._model_languages)

    def _vector_of(self, one: _Waiting, written: NewPosts | None) -> NDArray[np.float32]:
        """The mean direction of the blogger's posts by post id, the same however they came into the index."""
        if written is None:
            known = self._previous.vector_of(one.outline.blogger_id, len(one.places))
            if known is not None:
                return known
        rows = np.zeros((len(one.places), self._dimensions), np.float16)
        kept = one.places >= 0
        if kept.any():
            rows[kept] = self._previous.post_vectors(one.places[kept])
        if written is not None:
            rows[~kept] = written.vectors
        return mean_direction(rows.astype(np.float32))


def document_of(post: RankablePost, text: PostText) -> Document:
    """A post as the index keeps it; of a post whose site reserves text mining only the address and the date."""
    published = post.published.astimezone(UTC).isoformat() if post.published else None
    if post.text_reserved:
        return Document(post.url, "", "", post.language, published)
    return Document(post.url, _sound(text.title), _sound(text.text[:MAX_TEXT_CHARS]), post.language, published)


def _sound(text: str) -> str:
    """The text with a question mark for each half of a surrogate pair, which no file can hold."""
    return text.encode("utf-8", "replace").decode("utf-8")
