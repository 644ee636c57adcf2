"""What a list shows of a blogger without asking for more: public id, name, home address, languages."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, FromClause, Join, func, select

from storage.tables import Blogger, Site
from storage.tables.base import table_of

_BLOGGER, _SITE = table_of(Blogger), table_of(Site)
FOUNDING = _SITE.alias("founding")
"""The site that a blogger is named and found by, for joins."""

# Of a site without a title or name the key is the name; an address has one always.
NAME = func.coalesce(func.nullif(_BLOGGER.c.name, ""), func.nullif(FOUNDING.c.title, ""), _BLOGGER.c.site_key)
"""The name shown, as an expression to sort by."""

_LANGUAGES = (
    select(func.aggregate_strings(_SITE.c.language, ","))
    .where(_SITE.c.blogger_id == _BLOGGER.c.id)
    .correlate(_BLOGGER)
    .scalar_subquery()
)

COLUMNS = (
    _BLOGGER.c.public_id.label("blogger_public_id"),
    NAME.label("blogger_name"),
    FOUNDING.c.home_url.label("blogger_home_url"),
    _LANGUAGES.label("blogger_languages"),
)
"""The columns that :func:`shown` reads; to be selected from :func:`with_bloggers`."""


@dataclass(frozen=True, slots=True)
class ShownBlogger:
    """A blogger on a list; ``languages`` are the ISO 639-1 codes of all sites, sorted."""

    public_id: str
    name: str
    home_url: str
    languages: tuple[str, ...]


def with_bloggers(source: FromClause, blogger_id: Column[Any], *, optional: bool = False) -> Join:
    """``source`` joined to its bloggers and their founding sites; ``optional`` keeps rows without a blogger."""
    return source.join(_BLOGGER, _BLOGGER.c.id == blogger_id, isouter=optional).outerjoin(
        FOUNDING, FOUNDING.c.key == _BLOGGER.c.site_key
    )


def bloggers_only() -> Join:
    """All bloggers with their founding sites."""
    return _BLOGGER.outerjoin(FOUNDING, FOUNDING.c.key == _BLOGGER.c.site_key)


def shown(columns: Sequence[Any]) -> ShownBlogger:
    """The blogger in the values of :data:`COLUMNS`."""
    public_id, name, home_url, languages = columns
    return ShownBlogger(public_id, name, home_url or "", tuple(sorted(set(languages.split(",")))) if languages else ())
