"""Figures that came in by a file: what a profile or site shows of itself, and reactions to stored posts.

A figure is stored with whose it is and of which day. It stands beside what we read ourselves and never takes its place;
whichever is newest is shown. That a profile is a blogger's is what the file states, and joins nothing.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import Connection, Table, delete, insert, select, update

from bloghound.errors import AddressError
from bloghound.urls import holder_key, site_of
from storage import posts, suppressions
from storage.suppressions import Suppressions
from storage.tables import EngagementObservation, Site, SiteMetric
from storage.tables.base import table_of
from storage.upserts import batches

_SITE, _METRIC, _OBSERVATION = table_of(Site), table_of(SiteMetric), table_of(EngagementObservation)


@dataclass(frozen=True, slots=True)
class ImportedFigure:
    """One figure: of a stored post, or else of a profile, of the site ``blog``, or of a profile that it names as its.

    Addresses are canonical; at least one of the three is given.
    """

    metric: str
    value: int
    observed_at: datetime
    source: str
    profile_url: str | None = None
    blog: str | None = None
    post_url: str | None = None

    @property
    def addresses(self) -> Iterator[str]:
        """All addresses of people that it names."""
        return (url for url in (self.profile_url, self.blog, self.post_url) if url is not None)


class Outcome(StrEnum):
    """What became of a figure."""

    STORED = "stored"
    KNOWN = "known"
    REPLACED = "replaced"
    CONTRADICTS = "contradicts"
    """Another value of the same day is stored, and it was not asked to be replaced, or was read by ourselves."""
    UNKNOWN_SITE = "unknown_site"
    UNKNOWN_POST = "unknown_post"
    SUPPRESSED = "suppressed"


class _Place(NamedTuple):
    """Where a figure is stored: the table, and the values of the table's unique key."""

    table: Table
    owner_id: int
    metric: str
    source_url: str
    observed_at: datetime


class _Stored(NamedTuple):
    row_id: int
    value: int | None
    imported_from: str


def keep(
    connection: Connection, figures: Sequence[ImportedFigure], *, secret_key: bytes, replace: bool = False
) -> list[Outcome]:
    """Store figures; what became of each, in order. Storing the same ones again changes nothing.

    With ``replace`` a figure takes the place of the imported one of the same day and profile or post.
    """
    suppressed = suppressions.load(connection, secret_key)
    sites = _Sites(connection, figures)
    places: list[_Place | Outcome] = [
        Outcome.SUPPRESSED if _names_suppressed(figure, suppressed) else _place(connection, sites, figure)
        for figure in figures
    ]
    book = _Book(connection, [place for place in places if isinstance(place, _Place)])
    return [
        place if isinstance(place, Outcome) else book.enter(place, figure, replace=replace)
        for place, figure in zip(places, figures, strict=True)
    ]


def forget(connection: Connection, key: str) -> int:
    """Drop the figures of a profile, wherever a file said that it belongs; how many those were."""
    query = select(_METRIC.c.id, _METRIC.c.source_url).where(_METRIC.c.imported_from != "")
    # The path after the host may be written in many ways; the host itself not.
    named = query.where(_METRIC.c.source_url.icontains(key.partition("/")[0], autoescape=True))
    gone = [row_id for row_id, url in connection.execute(named) if _holder(url) == key]
    for batch in batches(gone):
        connection.execute(delete(_METRIC).where(_METRIC.c.id.in_(batch)))
    return len(gone)


def profile_addresses(connection: Connection) -> list[str]:
    """The addresses of all whose figures came in by a file."""
    query = select(_METRIC.c.source_url).where(_METRIC.c.imported_from != "").distinct()
    return list(connection.execute(query).scalars())


def _names_suppressed(figure: ImportedFigure, suppressed: Suppressions) -> bool:
    keys = {key for url in figure.addresses for key in (site_of(url).key, holder_key(url))}
    return any(key in suppressed for key in keys)


def _holder(url: str) -> str | None:
    try:
        return holder_key(url)
    except AddressError:
        return None


class _Sites:
    """The stored sites that figures name, by key, each with its blogger."""

    def __init__(self, connection: Connection, figures: Sequence[ImportedFigure]) -> None:
        keys = sorted({site_of(url).key for figure in figures for url in figure.addresses})
        self._found: dict[str, tuple[int, int]] = {}
        for batch in batches(keys):
            query = select(_SITE.c.key, _SITE.c.id, _SITE.c.blogger_id).where(_SITE.c.key.in_(batch))
            self._found |= {key: (site_id, blogger_id) for key, site_id, blogger_id in connection.execute(query)}

    def of_post(self, figure: ImportedFigure) -> int | None:
        return self._id(figure.blog or figure.post_url)

    def of_figure(self, figure: ImportedFigure) -> int | None:
        """The profile's own site where it is stored and nobody else's, or else the blog that the file names."""
        profile, blog = (self._found.get(_key(url)) for url in (figure.profile_url, figure.blog))
        if profile is not None and (figure.blog is None or (blog is not None and blog[1] == profile[1])):
            return profile[0]
        return blog[0] if blog is not None else None

    def _id(self, url: str | None) -> int | None:
        return self._found.get(_key(url), (None, 0))[0]


def _key(url: str | None) -> str:
    return site_of(url).key if url is not None else ""


def _place(connection: Connection, sites: _Sites, figure: ImportedFigure) -> _Place | Outcome:
    if figure.post_url is None:
        site_id = sites.of_figure(figure)
        about = figure.profile_url or figure.blog or ""
        if site_id is None:
            return Outcome.UNKNOWN_SITE
        return _Place(_METRIC, site_id, figure.metric, about, figure.observed_at)
    site_id = sites.of_post(figure)
    found = posts.at_addresses(connection, site_id, [figure.post_url]) if site_id is not None else {}
    if figure.post_url not in found:
        return Outcome.UNKNOWN_POST
    return _Place(_OBSERVATION, found[figure.post_url], figure.metric, "", figure.observed_at)


class _Book:
    """What is stored at some places, kept up to date while figures are entered."""

    def __init__(self, connection: Connection, places: Sequence[_Place]) -> None:
        self._connection = connection
        self._stored: dict[_Place, _Stored] = {}
        for table in (_METRIC, _OBSERVATION):
            self._read(table, [place for place in places if place.table is table])

    def _read(self, table: Table, places: Sequence[_Place]) -> None:
        owner, value = _columns(table)
        for batch in batches(places):
            query = select(table).where(
                table.c[owner].in_({place.owner_id for place in batch}),
                table.c.observed_at.in_({place.observed_at for place in batch}),
            )
            for row in self._connection.execute(query).mappings():
                about = row["source_url"] if table is _METRIC else ""
                place = _Place(table, row[owner], row["kind"], about, row["observed_at"])
                self._stored[place] = _Stored(row["id"], row[value], row["imported_from"])

    def enter(self, place: _Place, figure: ImportedFigure, *, replace: bool) -> Outcome:
        stored = self._stored.get(place)
        if stored is not None and stored.value == figure.value:
            return Outcome.KNOWN
        if stored is not None and not (replace and stored.imported_from):
            return Outcome.CONTRADICTS
        values = {_columns(place.table)[1]: figure.value, "imported_from": figure.source}
        if stored is None:
            row_id = self._insert(place, values)
        else:
            row_id = stored.row_id
            self._connection.execute(update(place.table).where(place.table.c.id == row_id).values(**values))
        self._stored[place] = _Stored(row_id, figure.value, figure.source)
        return Outcome.STORED if stored is None else Outcome.REPLACED

    def _insert(self, place: _Place, values: Mapping[str, Any]) -> int:
        row = {
            _columns(place.table)[0]: place.owner_id,
            "kind": place.metric,
            "source_url": place.source_url,
            "observed_at": place.observed_at,
        }
        inserted = insert(place.table).values(**row, **values).returning(place.table.c.id)
        return int(self._connection.execute(inserted).scalar_one())


def _columns(table: Table) -> tuple[str, str]:
    """The columns that say whose a figure is, and what it is."""
    return ("site_id", "value") if table is _METRIC else ("post_id", "count")
