"""Vectors of the made-up posts: near the model's own vector of what they are about, and strewn as its vectors are.

Encoding 3.2 million posts takes a day on two cores, and a search costs the same over any vectors. So only the
sub-topics are encoded. What a post adds lies in the space that these span, as real texts do; noise in all directions
alike would make every post equally far from every other, and neighbours meaningless.
"""

import numpy as np
from numpy.typing import NDArray

from bench.blogs06_words import sub_topics
from ranking.encoder import Encoder

DIRECTIONS = 64
"""Main directions of the sub-topics: they hold two thirds of their variance."""
BLOG_SHARE, POST_SHARE, REST_SHARE = 0.35, 0.7, 0.35
"""Lengths of what the blog, the post, and noise in every direction add to a sub-topic's unit vector."""


class VectorSpace:
    """The sub-topics as the model reads them, shape (sub-topics, d), and the directions in which they differ."""

    def __init__(self, encoder: Encoder) -> None:
        self.model = encoder.name
        self.sub_topics = encoder.encode([one.description for one in sub_topics()])
        centred = self.sub_topics - self.sub_topics.mean(axis=0)
        _, lengths, axes = np.linalg.svd(centred, full_matrices=False)
        spread = lengths[:DIRECTIONS, None] * axes[:DIRECTIONS]
        self._spread = np.asarray(spread / np.linalg.norm(spread), np.float32)

    @property
    def dimensions(self) -> int:
        """Of the model."""
        return int(self.sub_topics.shape[1])

    def draw(
        self, chance: np.random.Generator, about: NDArray[np.int64], blogs: NDArray[np.int64]
    ) -> NDArray[np.float16]:
        """Unit rows for posts of these sub-topics, shape (p, d); posts with the same entry of ``blogs`` lean alike."""
        names, inverse = np.unique(blogs, return_inverse=True)
        leaning = BLOG_SHARE * self._strewn(chance, len(names))
        rows = self.sub_topics[about] + leaning[inverse] + POST_SHARE * self._strewn(chance, len(about))
        noise = chance.standard_normal(rows.shape, np.float32)
        rows += np.float32(REST_SHARE / np.sqrt(self.dimensions)) * noise
        return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float16)

    def _strewn(self, chance: np.random.Generator, rows: int) -> NDArray[np.float32]:
        """Vectors of length 1 on average, in the directions in which sub-topics differ."""
        return np.asarray(chance.standard_normal((rows, DIRECTIONS), np.float32) @ self._spread, np.float32)
