"""Whose facts have changed, so that a build of the index need not read everybody's."""

from sqlalchemy import BigInteger
from sqlmodel import Field, SQLModel


class SiteChange(SQLModel, table=True):
    """A note that something changed of what the index says about a site; triggers write it (migration 0010).

    There is no key to the site: it may be gone, and writers of the same site must not wait for each other.
    """

    __tablename__ = "site_change"

    id: int | None = Field(default=None, primary_key=True)
    site_id: int = Field(index=True)


class SiteMark(SQLModel, table=True):
    """A number drawn anew for a site each time it has changed: equal marks mean that it says the same.

    It is no counter, since a database that is restored would count the same numbers a second time.
    """

    __tablename__ = "site_mark"

    site_id: int = Field(
        primary_key=True, foreign_key="site.id", ondelete="CASCADE", sa_column_kwargs={"autoincrement": False}
    )
    mark: int = Field(sa_type=BigInteger)
