"""Whose facts have changed, so that a build of the index need not read everybody's."""

from typing import Any

from sqlalchemy import BigInteger, Integer
from sqlmodel import Field, SQLModel

_NUMBER: Any = BigInteger().with_variant(Integer(), "sqlite")
"""There are many more notes than rows, and PostgreSQL counts on."""


class SiteChange(SQLModel, table=True):
    """A note that something changed of what the index says about a site; triggers write it (migration 0010)."""

    __tablename__ = "site_change"

    id: int | None = Field(default=None, primary_key=True, sa_type=_NUMBER)
    site_id: int = Field(index=True)


class SiteMark(SQLModel, table=True):
    """A number drawn anew for a site each time it has changed: equal marks mean that it says the same.

    It is no counter, since a database that is restored would count the same numbers a second time. Neither table refers
    to the sites: these may be gone, and whoever removes one must not wait for whoever looks for changes.
    """

    __tablename__ = "site_mark"

    site_id: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    mark: int = Field(sa_type=BigInteger)
