"""Which bloggers a search may show: filters over columns that are made once per generation.

A filter never guesses: a blogger whose figure is unknown passes no bound on that figure. Times count from the
generation's ``as_of``, never from the clock, so the same generation gives the same answer tomorrow.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bloghound.errors import InputError
from ranking.engagement import EngagementTable
from ranking.facets import Facet
from ranking.index.bloggers import BloggerFacts

PERSONAL_SHARE = 0.8
"""A blog is personal when one author wrote four of five posts that name one: guests write now and then."""

SECONDS_PER_DAY = timedelta(days=1).total_seconds()
NOBODY: NDArray[np.int64] = np.zeros(0, np.int64)


class Bounds(NamedTuple):
    """The least and the most that a figure may be, both included; None is no bound."""

    minimum: float | None = None
    maximum: float | None = None


UNBOUNDED = Bounds()


@dataclass(frozen=True, slots=True)
class Filters:
    """What a shown blogger must fulfil; every one that is given must hold, and the default lets everybody pass.

    ``languages`` are ISO 639-1 codes and ``platforms`` names as the crawl gives them: one of each is enough.
    ``last_post_within_days`` counts back from the generation's ``as_of``; ``min_engagement`` is a value of the
    engagement part, from 0 to 1, and passes those only whose engagement is known; ``max_sponsored_share`` is a share
    of posts, from 0 to 1; ``personal_only`` passes whoever one person writes (:data:`PERSONAL_SHARE`).
    Raises InputError for a range that nothing can lie in.
    """

    languages: tuple[str, ...] = ()
    last_post_within_days: int | None = None
    posts_per_month: Bounds = UNBOUNDED
    min_engagement: float | None = None
    max_sponsored_share: float | None = None
    platforms: tuple[str, ...] = ()
    followers: Bounds = UNBOUNDED
    personal_only: bool = False

    def __post_init__(self) -> None:
        for name in ("posts_per_month", "followers"):
            minimum, maximum = getattr(self, name)
            if minimum is not None and maximum is not None and minimum > maximum:
                raise InputError(f"The filter {name} asks for at least {minimum:g} and at most {maximum:g}.")


@dataclass(frozen=True, slots=True)
class FilterColumns:
    """Columns of shape (n,), nan where a figure is unknown, and the bloggers of each language and platform."""

    size: int
    languages: Mapping[str, NDArray[np.int64]]
    platforms: Mapping[str, NDArray[np.int64]]
    days_since_post: NDArray[np.float64]
    posts_per_month: NDArray[np.float64]
    sponsored_share: NDArray[np.float64]
    followers: NDArray[np.float64]
    engagement: NDArray[np.float64]
    main_author_share: NDArray[np.float64]


def filter_columns(
    facts: BloggerFacts, languages: Facet, platforms: Facet, engagement: EngagementTable, as_of: datetime
) -> FilterColumns:
    """The columns of the bloggers with these facts, in their order."""
    return FilterColumns(
        size=len(facts.public_id),
        languages=languages.bearers(),
        platforms=platforms.bearers(),
        days_since_post=_days_before(as_of, facts.last_post),
        posts_per_month=_column(facts.posts_per_month),
        sponsored_share=_column(facts.sponsored_share),
        followers=_column(facts.followers),
        engagement=np.where(engagement.known, engagement.values, np.nan),
        main_author_share=_column(facts.main_author_share),
    )


def passing(columns: FilterColumns, filters: Filters) -> NDArray[np.bool_]:
    """Which bloggers pass, shape (n,)."""
    open_to = np.ones(columns.size, np.bool_)
    if filters.languages:
        open_to &= any_of(columns.languages, filters.languages, columns.size)
    if filters.platforms:
        open_to &= any_of(columns.platforms, filters.platforms, columns.size)
    bounds = (
        (columns.days_since_post, Bounds(maximum=filters.last_post_within_days)),
        (columns.posts_per_month, filters.posts_per_month),
        (columns.engagement, Bounds(minimum=filters.min_engagement)),
        (columns.sponsored_share, Bounds(maximum=filters.max_sponsored_share)),
        (columns.followers, filters.followers),
        (columns.main_author_share, Bounds(minimum=PERSONAL_SHARE if filters.personal_only else None)),
    )
    for figures, (minimum, maximum) in bounds:  # a comparison with nan is False: unknown never passes
        if minimum is not None:
            open_to &= figures >= minimum
        if maximum is not None:
            open_to &= figures <= maximum
    return open_to


def any_of(bloggers_by_name: Mapping[str, NDArray[np.int64]], names: Iterable[str], size: int) -> NDArray[np.bool_]:
    """Which of ``size`` bloggers have at least one of the names, whatever their case."""
    found = np.zeros(size, np.bool_)
    for name in names:
        found[bloggers_by_name.get(name.lower(), NOBODY)] = True
    return found


def _column(figures: Sequence[float | None]) -> NDArray[np.float64]:
    return np.array(figures, np.float64)  # of None it makes nan


def _days_before(as_of: datetime, moments: Sequence[str | None]) -> NDArray[np.float64]:
    known = [place for place, moment in enumerate(moments) if moment is not None]
    days = np.full(len(moments), np.nan)
    times = map(datetime.fromisoformat, filter(None, moments))
    days[known] = [(as_of - moment).total_seconds() for moment in times]
    return days / SECONDS_PER_DAY
