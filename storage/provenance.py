"""Where a blogger's facts come from: the path by which a site was found, and figures over time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Integer, Text, and_, bindparam, literal, or_, select

from storage.audiences import other_profile
from storage.tables import Blogger, EngagementObservation, Post, Site, SiteMetric
from storage.tables.base import UtcDateTime, table_of

_BLOGGER, _SITE, _METRIC = table_of(Blogger), table_of(Site), table_of(SiteMetric)
_OBSERVATION, _POST = table_of(EngagementObservation), table_of(Post)

MAX_PATH_STEPS = 50
"""Links from a seed to a site: crawls go a few links deep; what is longer runs in a circle."""


@dataclass(frozen=True, slots=True)
class PathStep:
    """A site on the way from the seed, and the page from which it was found (None: named as a seed)."""

    site_id: int
    key: str
    home_url: str
    blogger: str
    found_from_url: str | None
    first_seen: datetime


@dataclass(frozen=True, slots=True)
class Observation:
    """A figure as seen at a time: of a post (then with its address and title) or of a site.

    ``value`` is None for an unknown figure and ``reason`` says why. ``imported_from`` says whose figure it is, where it
    came in by a file, and ``profile_url`` of which other profile, as the file has it. ``position`` is what the next
    page starts after.
    """

    kind: str
    value: int | None
    reason: str | None
    source_url: str
    observed_at: datetime
    imported_from: str
    profile_url: str | None
    site_key: str
    post_url: str | None
    post_title: str | None
    position: tuple[str, int]


_STEP_COLUMNS = (_SITE.c.id, _SITE.c.found_from_site_id)
_walk = (
    select(*_STEP_COLUMNS, literal(0, Integer).label("step"))
    .where(_SITE.c.id == bindparam("site_id"))
    .cte("walk", recursive=True)
)
_WALK = _walk.union_all(
    select(*_STEP_COLUMNS, _walk.c.step + 1)
    .join(_walk, _SITE.c.id == _walk.c.found_from_site_id)
    .where(_walk.c.step < MAX_PATH_STEPS)
)
_PATH = (
    select(
        _SITE.c.id.label("site_id"),
        _SITE.c.key,
        _SITE.c.home_url,
        _BLOGGER.c.public_id.label("blogger"),
        _SITE.c.found_from_url,
        _SITE.c.first_seen,
    )
    .join(_WALK, _WALK.c.id == _SITE.c.id)
    .join(_BLOGGER, _BLOGGER.c.id == _SITE.c.blogger_id)
    .order_by(_WALK.c.step)
)
_ENGAGEMENT = (
    select(
        _OBSERVATION.c.id,
        _OBSERVATION.c.kind,
        _OBSERVATION.c["count"].label("value"),
        _OBSERVATION.c.reason,
        _OBSERVATION.c.source_url,
        _OBSERVATION.c.observed_at,
        _OBSERVATION.c.imported_from,
        literal(None, Text).label("profile_url"),
        _SITE.c.key.label("site_key"),
        _POST.c.url.label("post_url"),
        _POST.c.title.label("post_title"),
    )
    .join(_POST, _POST.c.id == _OBSERVATION.c.post_id)
    .join(_SITE, _SITE.c.id == _POST.c.site_id)
    .where(_POST.c.site_id.in_(bindparam("site_ids", expanding=True)), _POST.c.state == "live")
    .order_by(_OBSERVATION.c.observed_at.desc(), _OBSERVATION.c.id.desc())
    .limit(bindparam("limit"))
)
_FIGURES = (
    select(
        _METRIC.c.id,
        _METRIC.c.kind,
        _METRIC.c.value,
        _METRIC.c.source_url,
        _METRIC.c.observed_at,
        _METRIC.c.imported_from,
        _SITE.c.key.label("site_key"),
    )
    .join(_SITE, _SITE.c.id == _METRIC.c.site_id)
    .where(_METRIC.c.site_id.in_(bindparam("site_ids", expanding=True)))
    .order_by(_METRIC.c.observed_at.desc(), _METRIC.c.id.desc())
)


def _after(table: Any) -> Any:
    seen_at = bindparam("seen_at", type_=UtcDateTime())
    return or_(table.c.observed_at < seen_at, and_(table.c.observed_at == seen_at, table.c.id < bindparam("number")))


_ENGAGEMENT_AFTER = _ENGAGEMENT.where(_after(_OBSERVATION))
_FIGURES_PAGE = _FIGURES.limit(bindparam("limit"))
_FIGURES_AFTER = _FIGURES_PAGE.where(_after(_METRIC))


def path(connection: Connection, site_id: int) -> list[PathStep]:
    """The way a site was found, from it back to the seed; a way that runs in a circle ends where it closes."""
    found: dict[int, PathStep] = {}
    for row in connection.execute(_PATH, {"site_id": site_id}):
        found.setdefault(row.site_id, PathStep(*row))
    return list(found.values())


def engagement_history(
    connection: Connection, site_ids: Sequence[int], *, limit: int, after: Sequence[Any] | None = None
) -> list[Observation]:
    """Figures of the sites' live posts as they were seen, newest first."""
    values = _page_values(site_ids, limit, after)
    rows = connection.execute(_ENGAGEMENT_AFTER if after else _ENGAGEMENT, values)
    return [
        Observation(
            **{name: getattr(row, name) for name in Observation.__slots__ if name != "position"},
            position=(row.observed_at.isoformat(), row.id),
        )
        for row in rows
    ]


def figures_history(
    connection: Connection, site_ids: Sequence[int], *, limit: int, after: Sequence[Any] | None = None
) -> list[Observation]:
    """Figures that the sites show of themselves (followers, …) as they were seen, newest first."""
    values = _page_values(site_ids, limit, after)
    return [_figure(row) for row in connection.execute(_FIGURES_AFTER if after else _FIGURES_PAGE, values)]


def latest_figures(connection: Connection, site_ids: Sequence[int]) -> list[Observation]:
    """What each site shows of itself now, and what files state of its other profiles: the newest of each kind."""
    found: dict[tuple[str, str | None, str], Observation] = {}
    for row in connection.execute(_FIGURES, {"site_ids": list(site_ids)}):
        figure = _figure(row)
        found.setdefault((figure.site_key, figure.profile_url, figure.kind), figure)
    return list(found.values())


def _figure(row: Any) -> Observation:
    return Observation(
        kind=row.kind,
        value=row.value,
        reason=None if row.value is not None else "not_exposed",
        source_url=row.source_url,
        observed_at=row.observed_at,
        imported_from=row.imported_from,
        profile_url=other_profile(row.imported_from, row.source_url, row.site_key),
        site_key=row.site_key,
        post_url=None,
        post_title=None,
        position=(row.observed_at.isoformat(), row.id),
    )


def _page_values(site_ids: Sequence[int], limit: int, after: Sequence[Any] | None) -> dict[str, Any]:
    values: dict[str, Any] = {"site_ids": list(site_ids), "limit": limit}
    return values if after is None else values | {"seen_at": datetime.fromisoformat(after[0]), "number": after[1]}
