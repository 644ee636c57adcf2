"""What a user would pick instead: five simple methods over the same posts, the same words and the same model.

Each gives one score per blogger, shape (n,); -inf means that the blogger is not retrieved.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ranking.brief import Brief
from ranking.encoder import Encoder
from ranking.index.generation import Generation
from ranking.index.segment import mean_direction
from ranking.index.text import BloggersText, PostsText
from ranking.passages import passage_text

ROWS_AT_A_TIME = 65_536
"""Posts whose vectors are widened at a time: 100 MB of floats."""

VOTERS = 500
"""Posts that vote: the corpus README's figure, a tenth of its posts."""


@dataclass(frozen=True, slots=True)
class PostVectors:
    """All posts' vectors, shape (p, dimensions), and the blogger of each, shape (p,).

    The index holds none for posts in languages that the model does not know; the baselines know no such rule, so those
    posts are encoded for them. All are half floats, as in the index: five million posts take 4 GB.
    """

    rows: NDArray[np.float16]
    owners: NDArray[np.int64]
    """Ascending: a blogger's posts lie side by side."""

    def cosines(self, vector: NDArray[np.float32]) -> NDArray[np.float32]:
        """The dot product of each row with the vector, shape (p,)."""
        found = np.empty(len(self.rows), np.float32)
        for start in range(0, len(found), ROWS_AT_A_TIME):
            block = slice(start, start + ROWS_AT_A_TIME)
            np.vecdot(self.rows[block].astype(np.float32), vector, out=found[block])
        return found

    def means(self, bloggers: int) -> NDArray[np.float32]:
        """The mean direction of each blogger's posts, shape (n, dimensions)."""
        bounds = np.searchsorted(self.owners, np.arange(bloggers + 1)).tolist()
        return np.stack([mean_direction(self.rows[start:end].astype(np.float32)) for start, end in pairwise(bounds)])


def all_post_vectors(
    generation: Generation, encoder: Encoder, progress: Callable[[int, int], None] = lambda _done, _total: None
) -> PostVectors:
    """Every post's vector; ``progress`` gets how many posts are encoded of those that have to be."""
    posts = generation.posts
    rows = np.zeros((len(posts.rows), encoder.dimensions), np.float16)
    for number, segment in enumerate(generation.segments):
        own = np.flatnonzero(posts.segments == number)
        for block in np.split(own, range(ROWS_AT_A_TIME, len(own), ROWS_AT_A_TIME)):
            rows[block] = segment.post_vectors[posts.rows[block]]
    owners = np.repeat(np.arange(len(generation.bloggers)), np.diff(posts.offsets))
    missing = np.flatnonzero(~rows.any(axis=1)).tolist()
    documents = [generation.segments[posts.segments[place]].document(int(posts.rows[place])) for place in missing]
    texts = [passage_text(document.title, document.text) for document in documents]
    written = [(index, text) for index, text in zip(missing, texts, strict=True) if text]
    if written:
        rows[[index for index, _ in written]] = _encoded(encoder, [text for _, text in written], progress)
    return PostVectors(rows, owners)


def _encoded(encoder: Encoder, texts: Sequence[str], progress: Callable[[int, int], None]) -> NDArray[np.float32]:
    done = 0

    def add(number: int) -> None:
        nonlocal done
        done += number
        progress(done, len(texts))

    return encoder.encode(texts, add)


class Baselines:
    """The five methods over one generation."""

    def __init__(self, generation: Generation, vectors: PostVectors) -> None:
        self._generation = generation
        self._vectors = vectors
        self._size = len(generation.bloggers)
        self._means = vectors.means(self._size)
        self._bloggers_text, self._posts_text = BloggersText.of(generation), PostsText.of(generation)

    def scores(self, brief: Brief, vector: NDArray[np.float32]) -> dict[str, NDArray[np.float64]]:
        """Each method's scores for a brief; ``vector`` is the brief's, whatever its language."""
        cosines = self._vectors.cosines(vector)
        return {
            "bm25_blog": self._bm25_blog(brief),
            "bm25_posts": self._best(self._bm25_posts(brief), 5),
            "mean": np.asarray(self._means @ vector, np.float64),
            "top3": self._best(cosines, 3),
            "vote": self._vote(cosines),
        }

    def _bm25_blog(self, brief: Brief) -> NDArray[np.float64]:
        """BM25 of one document per blogger (Robertson & Zaragoza, 2009)."""
        return self._bloggers_text.search(dict.fromkeys(brief.terms, 1.0)).scores

    def _bm25_posts(self, brief: Brief) -> NDArray[np.float64]:
        """BM25 of each post, shape (p,)."""
        text = self._posts_text
        counting = {term: text.inverse_document_frequency(term) for term in brief.terms}
        return text.scores(counting, self._generation.posts)

    def _best(self, posts: NDArray[np.floating], count: int) -> NDArray[np.float64]:
        """Mean of each blogger's best posts."""
        owners = self._vectors.owners
        order = np.lexsort((-posts, owners))
        place = np.arange(len(owners)) - np.searchsorted(owners, owners)
        best = order[place < count]
        counted = np.bincount(owners[best], minlength=self._size)
        sums = np.bincount(owners[best], weights=posts[best], minlength=self._size)
        means = np.divide(sums, counted, out=np.full(self._size, -np.inf), where=counted > 0)
        return np.asarray(means, np.float64)

    def _vote(self, cosines: NDArray[np.floating]) -> NDArray[np.float64]:
        """Exponential vote of the best posts (expCombSUM: Macdonald & Ounis, "Voting for candidates", CIKM 2006).

        Similarities are standardised over the voters first; without that the method reaches MAP 0.57, with it 0.72.
        """
        voters = np.argsort(-cosines, kind="stable")[:VOTERS]
        strength = cosines[voters]
        standard = np.exp((strength - strength.mean()) / max(float(strength.std()), 1e-9))
        return np.bincount(self._vectors.owners[voters], weights=standard, minlength=self._size).astype(np.float64)
