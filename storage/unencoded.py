"""Contents that have no vector yet, a group of bloggers at a time: their number does not matter to memory."""

from collections.abc import Container, Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, Select, exists, func, or_, select

from bloghound.records import SiteHealth
from storage.tables import Blogger, Embedding, Post, Site
from storage.tables.base import table_of
from storage.upserts import batches

_BLOGGER, _SITE, _POST, _EMBEDDING = table_of(Blogger), table_of(Site), table_of(Post), table_of(Embedding)

BLOGGERS_AT_ONCE = 500
"""Of one group: at 150 posts each 75,000 content hashes, 10 MB."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Vectors of this model for each blogger's newest posts; in ``languages`` or of unknown language (None: in all)."""

    model: str
    newest: int
    languages: tuple[str, ...] | None = None


BloggerGroup = tuple[int, ...]
"""Storage ids of some bloggers, ascending."""


def blogger_groups(
    connection: Connection, size: int = BLOGGERS_AT_ONCE, *, without: Container[int] = ()
) -> Iterator[BloggerGroup]:
    """All bloggers but some in groups of ``size``, in the order of their ids."""
    every = connection.execute(select(_BLOGGER.c.id).order_by(_BLOGGER.c.id)).scalars()
    for group in batches([one for one in every if one not in without], size):
        yield tuple(group)


def contents(connection: Connection, wanted: Wanted, bloggers: BloggerGroup) -> list[str]:
    """Hashes of the wanted contents of these bloggers without a vector, each once; none whose text is reserved."""
    return list(dict.fromkeys(str(name) for name in connection.execute(_missing(wanted, bloggers)).scalars()))


def gaps(
    connection: Connection, wanted: Wanted, size: int = BLOGGERS_AT_ONCE, *, without: Container[int] = ()
) -> dict[BloggerGroup, int]:
    """The groups of bloggers with posts without a vector, and how many; contents are fewer where posts share one.

    Those ``without`` any, as is known already, are not looked at.
    """
    found = {}
    for bloggers in blogger_groups(connection, size, without=without):
        posts = _missing(wanted, bloggers).subquery()
        if number := connection.execute(select(func.count()).select_from(posts)).scalar_one():
            found[bloggers] = number
    return found


def _missing(wanted: Wanted, bloggers: BloggerGroup) -> Select[tuple[str]]:
    place = func.row_number().over(
        partition_by=_SITE.c.blogger_id, order_by=(_POST.c.published_at.desc().nulls_last(), _POST.c.id.desc())
    )
    is_blog = or_(_SITE.c.health.is_(None), _SITE.c.health != SiteHealth.NOT_A_BLOG.value)
    posts = (
        select(_POST.c.content_hash, _POST.c.language, _POST.c.text_reserved, place.label("place"))
        .join(_SITE, _SITE.c.id == _POST.c.site_id)
        .where(_SITE.c.blogger_id.in_(bloggers), _POST.c.state == "live", is_blog)
        .subquery()
    )
    has_vector = exists().where(_EMBEDDING.c.content_hash == posts.c.content_hash, _EMBEDDING.c.model == wanted.model)
    query = select(posts.c.content_hash).where(posts.c.place <= wanted.newest, posts.c.text_reserved.is_(False))
    if wanted.languages is not None:
        query = query.where(or_(posts.c.language.is_(None), posts.c.language.in_(wanted.languages)))
    return query.where(~has_vector)
