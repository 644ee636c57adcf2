"""Bloggers like a given one: by what they write, by who links to them, or by both, with both parts shown."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from bloghound.errors import NotFoundError
from graph.similarity import link_similarity
from ranking.cosines import cosines
from ranking.index.generation import Generation


class SimilarBy(StrEnum):
    """What makes two bloggers alike."""

    CONTENT = "content"
    LINKS = "links"
    BOTH = "both"


@dataclass(frozen=True, slots=True)
class SimilarBlogger:
    """A blogger and how alike it is, from 0 to 1: ``content`` is the cosine of the mean directions of both bloggers'
    posts, ``links`` that of their linkers. None where it is unknown: no vector, or no linkers."""

    public_id: str
    name: str
    home_url: str
    similarity: float
    content: float | None
    links: float | None


def similar(
    generation: Generation,
    public_id: str,
    by: SimilarBy,
    *,
    limit: int,
    hidden: Collection[str] = frozenset(),
) -> list[SimilarBlogger]:
    """The bloggers most like one, most alike first; those that are not alike at all are left out.

    Both parts weigh the same in ``both``, an unknown one as nothing. Bloggers whose public ids are ``hidden`` are
    left out. Raises NotFoundError when the generation does not hold the blogger.
    """
    blogger = generation.positions.get(public_id)
    if blogger is None:
        raise NotFoundError(f"The generation {generation.public_id} holds no blogger {public_id!r}.")
    content = _content(generation, blogger)
    links = link_similarity(generation.columns.matrix, blogger)
    linked = generation.columns.distinct_linkers > 0
    links = np.where(linked & linked[blogger], links, np.nan)
    parts = {SimilarBy.CONTENT: [content], SimilarBy.LINKS: [links], SimilarBy.BOTH: [content, links]}[by]
    total = np.mean([np.nan_to_num(part).clip(0.0) for part in parts], axis=0)
    total[~generation.eligible] = 0.0
    total[blogger] = 0.0
    shown: list[SimilarBlogger] = []
    for other in np.argsort(-total, kind="stable").tolist():
        if total[other] <= 0 or len(shown) == limit:
            break
        entry = generation.bloggers[other]
        if entry.public_id not in hidden:
            figures = (float(total[other]), _known(content[other]), _known(links[other]))
            shown.append(SimilarBlogger(entry.public_id, entry.name, entry.home_url, *figures))
    return shown


def _content(generation: Generation, blogger: int) -> NDArray[np.float64]:
    """Cosine of every blogger's mean direction with this one's, shape (n,); nan where either has none."""
    ours = generation.vector_of(blogger)
    known = generation.has_vector & bool(ours.any())
    return np.where(known, cosines(generation.blogger_vectors, ours), np.nan)


def _known(figure: float) -> float | None:
    return None if np.isnan(figure) else float(figure)
