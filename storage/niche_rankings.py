"""Kept rankings of saved niches: written once for each generation, read by whoever asks what changed.

The figures of a place name no text and no address, only ids of posts, so what is erased vanishes from them by itself.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, insert, select, update

from storage import shortlist_hiding
from storage.shortlist_hiding import NOBODY
from storage.shown_bloggers import COLUMNS, ShownBlogger, shown, with_bloggers
from storage.suppressions import Suppressions
from storage.tables import Blogger, Niche, NichePlace, NicheRanking, Post, Site
from storage.tables.base import table_of
from storage.upserts import batches

_NICHE, _RANKING, _PLACE = table_of(Niche), table_of(NicheRanking), table_of(NichePlace)
_BLOGGER, _SITE, _POST = table_of(Blogger), table_of(Site), table_of(Post)

KEPT_GENERATIONS = 60
"""Generations whose rankings are kept of each niche: two months of daily ones, more than a year of weekly ones."""

_FIELDS = (
    "generation",
    "formula",
    "model",
    "question",
    "asked_at",
    "reading",
    "weights",
    "total",
    "kept",
    "problem",
    "as_of",
    "made_at",
)
_OF_NICHE = (
    select(_RANKING.c.id, *(_RANKING.c[name] for name in _FIELDS))
    .join(_NICHE, _NICHE.c.id == _RANKING.c.niche_id)
    .where(_NICHE.c.public_id == bindparam("niche"))
    .order_by(_RANKING.c.id.desc())
)
_PLACES = (
    select(_PLACE.c.rank, _PLACE.c.outside, _PLACE.c.figures, _BLOGGER.c.created_at, *COLUMNS)
    .select_from(with_bloggers(_PLACE, _PLACE.c.blogger_id))
    .where(_PLACE.c.ranking_id == bindparam("ranking"))
    .order_by(_PLACE.c.rank, _PLACE.c.id)
)
_PLACED = (
    select(_BLOGGER.c.public_id)
    .join(_PLACE, _PLACE.c.blogger_id == _BLOGGER.c.id)
    .where(_PLACE.c.ranking_id == bindparam("ranking"), _PLACE.c.rank.is_not(None))
    .order_by(_PLACE.c.rank)
)
_LEFT = (
    select(_BLOGGER.c.public_id, _PLACE.c.outside, _PLACE.c.figures)
    .join(_PLACE, _PLACE.c.blogger_id == _BLOGGER.c.id)
    .where(_PLACE.c.ranking_id.in_(bindparam("rankings", expanding=True)), _PLACE.c.rank.is_(None))
    .order_by(_PLACE.c.ranking_id)
)
_POST_FIELDS = (_POST.c.id, _POST.c.url, _POST.c.title, _POST.c.published_at, _POST.c.language, _POST.c.first_seen)
_POSTS = (
    select(_SITE.c.key, *_POST_FIELDS)
    .join(_SITE, _SITE.c.id == _POST.c.site_id)
    .where(_POST.c.id.in_(bindparam("ids", expanding=True)), _POST.c.state == "live")
)
_POST_IDS = (
    select(_BLOGGER.c.public_id, _POST.c.url, func.min(_POST.c.id))
    .join(_SITE, _SITE.c.blogger_id == _BLOGGER.c.id)
    .join(_POST, _POST.c.site_id == _SITE.c.id)
    .where(
        _BLOGGER.c.public_id.in_(bindparam("bloggers", expanding=True)),
        _POST.c.url.in_(bindparam("urls", expanding=True)),
    )
    .group_by(_BLOGGER.c.public_id, _POST.c.url)
)


@dataclass(frozen=True, slots=True)
class NewRanking:
    """A ranking to be kept; the fields are those of :class:`storage.tables.NicheRanking`."""

    generation: int
    formula: str
    model: str
    question: Mapping[str, str]
    asked_at: datetime
    reading: Mapping[str, Any]
    weights: Mapping[str, float]
    total: int
    kept: int
    problem: str
    as_of: datetime
    made_at: datetime

    def is_same_as(self, other: "StoredRanking") -> bool:
        """Whether the other one says the same: of the same generation and question, and whether it could be ranked."""
        mine, theirs = ((one.built, dict(one.question), one.problem) for one in (self, other))
        return mine == theirs

    @property
    def built(self) -> tuple[int, datetime]:
        """Which generation: numbers begin anew where an index folder was removed."""
        return self.generation, self.as_of


@dataclass(frozen=True, slots=True)
class StoredRanking(NewRanking):
    """A ranking as it is kept."""

    ranking_id: int = 0

    @property
    def generation_public_id(self) -> str:
        """Such as ``gen_000012``."""
        return f"gen_{self.generation:06d}"


class Keeping(StrEnum):
    """What became of a ranking that was to be kept."""

    KEPT = "kept"
    SAME = "same"
    """The newest one says the same."""
    OLDER_QUESTION = "older_question"
    """The niche was changed since it was read."""
    LATER_GENERATION = "later_generation"
    """The newest one is of a generation begun later."""
    NO_NICHE = "no_niche"


@dataclass(frozen=True, slots=True)
class NewPlace:
    """A blogger's place to be kept; ``rank`` is None for one of the ranking before who has none in this one."""

    blogger: str
    rank: int | None
    outside: str
    figures: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class StoredPlace:
    """A place as it is kept; ``known_since`` is when the blogger was first stored."""

    rank: int
    figures: dict[str, Any] | None
    known_since: datetime
    blogger: ShownBlogger


@dataclass(frozen=True, slots=True)
class Left:
    """Somebody of an earlier ranking without a place later: why, and the figures of then where there are any."""

    outside: str
    figures: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class NamedPost:
    """A live post by which a place is explained."""

    post_id: int
    url: str
    title: str
    published: datetime | None
    language: str | None
    first_seen: datetime


def of_niche(connection: Connection, niche_public_id: str) -> list[StoredRanking]:
    """All kept rankings of a niche, the newest first; whose niche it is, the caller has looked at."""
    rows = connection.execute(_OF_NICHE, {"niche": niche_public_id})
    return [StoredRanking(**dict(zip(_FIELDS, rest, strict=True)), ranking_id=row_id) for row_id, *rest in rows]


def keep(connection: Connection, niche_public_id: str, ranking: NewRanking, places: Sequence[NewPlace]) -> Keeping:
    """Keep a ranking as the newest of its niche, or say why not, and let go of those that it makes superfluous.

    The niche's row is locked, so that no change of the niche comes between. Bloggers who are no longer stored are left
    out.
    """
    locked = select(_NICHE.c.id, _NICHE.c.updated_at).where(_NICHE.c.public_id == niche_public_id).with_for_update()
    niche = connection.execute(locked).first()
    if niche is None:
        return Keeping.NO_NICHE
    known = of_niche(connection, niche_public_id)
    if niche.updated_at != ranking.asked_at:
        return Keeping.OLDER_QUESTION
    if known and known[0].as_of > ranking.as_of:
        return Keeping.LATER_GENERATION
    if known and ranking.is_same_as(known[0]):
        return Keeping.SAME
    ids = _blogger_ids(connection, [place.blogger for place in places])
    stored = [place for place in places if place.blogger in ids]
    row = {**asdict(ranking), "niche_id": niche.id, "kept": sum(place.rank is not None for place in stored)}
    ranking_id = connection.execute(insert(_RANKING).values(**row).returning(_RANKING.c.id)).scalar_one()
    if stored:
        connection.execute(insert(_PLACE), [_row(ranking_id, ids[place.blogger], place) for place in stored])
    for batch in batches([one.ranking_id for one in _superfluous(known, ranking)]):
        connection.execute(delete(_RANKING).where(_RANKING.c.id.in_(batch)))
    return Keeping.KEPT


def _superfluous(known: Sequence[StoredRanking], newest: NewRanking) -> list[StoredRanking]:
    """Of the rankings known before, newest first, those that need not be kept beside a newer one.

    Of each generation the first ranking and the newest are kept, however often the niche was changed between; of what
    could not be ranked the newest alone is, and it takes nobody's place.
    """
    good = [one for one in known if not one.problem]
    firsts = {one.built: one for one in good}
    ranked = [*([] if newest.problem else [newest.built]), *(one.built for one in good)]
    generations = list(dict.fromkeys(ranked))[:KEPT_GENERATIONS]

    def is_replaced(one: StoredRanking) -> bool:
        return one.built == newest.built and not newest.problem and one is not firsts[one.built]

    return [one for one in known if one.problem or one.built not in generations or is_replaced(one)]


def _row(ranking_id: int, blogger_id: int, place: NewPlace) -> dict[str, Any]:
    return {
        "ranking_id": ranking_id,
        "blogger_id": blogger_id,
        "rank": place.rank,
        "outside": place.outside,
        "figures": place.figures,
    }


def _blogger_ids(connection: Connection, public_ids: Sequence[str]) -> dict[str, int]:
    """Row ids, held so that no erasure takes one away before its place is written."""
    query = select(_BLOGGER.c.public_id, _BLOGGER.c.id).order_by(_BLOGGER.c.id)
    held = query.with_for_update(read=True, key_share=True)
    found: dict[str, int] = {}
    for batch in batches(sorted(public_ids)):
        found.update(connection.execute(held.where(_BLOGGER.c.public_id.in_(batch))).all())
    return found


def compared_with(known: Sequence[StoredRanking], built: tuple[int, datetime]) -> StoredRanking | None:
    """Of a niche's rankings, newest first, the one that a new one of this generation is compared with.

    It is the generation's first, since those after it are replaced; without one the newest of all.
    """
    good = [one for one in known if not one.problem]
    return next((one for one in reversed(good) if one.built == built), good[0] if good else None)


def placed(connection: Connection, ranking_id: int) -> list[str]:
    """Public ids of all who have a place in a ranking, from the first place on."""
    return list(connection.execute(_PLACED, {"ranking": ranking_id}).scalars())


def places(connection: Connection, ranking_id: int, *, suppressed: Suppressions = NOBODY) -> list[StoredPlace]:
    """The places of a ranking from the first on, without who is hidden; a rank is the one that was kept."""
    rows = [row for row in connection.execute(_PLACES, {"ranking": ranking_id}) if row.rank is not None]
    found = [StoredPlace(rank, figures, since, shown(rest)) for rank, _, figures, since, *rest in rows]
    hidden = shortlist_hiding.among(connection, [one.blogger.public_id for one in found], suppressed)
    return [one for one in found if one.blogger.public_id not in hidden]


def left(connection: Connection, ranking_ids: Sequence[int]) -> dict[str, Left]:
    """Who left the ranking in any of these, by public id, as the last of them tells it."""
    rows = connection.execute(_LEFT, {"rankings": list(ranking_ids)})
    return {public_id: Left(outside, figures) for public_id, outside, figures in rows}


def post_ids(connection: Connection, addresses: Mapping[str, Iterable[str]]) -> dict[tuple[str, str], int]:
    """Ids of posts by blogger's public id and address, as far as they are stored under it."""
    found: dict[tuple[str, str], int] = {}
    for bloggers in batches(sorted(addresses)):
        urls = sorted({url for one in bloggers for url in addresses[one]})
        rows = connection.execute(_POST_IDS, {"bloggers": list(bloggers), "urls": urls})
        found.update(((blogger, url), post_id) for blogger, url, post_id in rows)
    return found


def posts(connection: Connection, ids: Iterable[int], *, suppressed: Suppressions = NOBODY) -> dict[int, NamedPost]:
    """Those of the posts that are still live and of no hidden site, by id."""
    found: dict[int, NamedPost] = {}
    for batch in batches(sorted(set(ids))):
        rows = connection.execute(_POSTS, {"ids": list(batch)})
        found.update((row[0], NamedPost(*row)) for key, *row in rows if key not in suppressed)
    return found


def transfer(connection: Connection, given_up: int, kept: int) -> None:
    """Two bloggers turned out to be one: its place in a ranking is the better one that either had."""
    both = select(_PLACE.c.id, _PLACE.c.ranking_id).where(_PLACE.c.blogger_id.in_([given_up, kept]))
    # A place comes before none at all; of two, the lower number is the better one.
    rows = connection.execute(both.order_by(_PLACE.c.rank.is_(None), _PLACE.c.rank, _PLACE.c.id)).all()
    best: dict[int, int] = {}
    for place_id, ranking_id in rows:
        best.setdefault(ranking_id, place_id)
    for batch in batches([place_id for place_id, ranking_id in rows if best[ranking_id] != place_id]):
        connection.execute(delete(_PLACE).where(_PLACE.c.id.in_(batch)))
    connection.execute(update(_PLACE).where(_PLACE.c.blogger_id == given_up).values(blogger_id=kept))


def strip(connection: Connection, blogger_id: int) -> None:
    """Keep only the places of a blogger of whom a site is forgotten: the figures were made of that site's posts too."""
    mine = _PLACE.c.blogger_id == blogger_id
    connection.execute(delete(_PLACE).where(mine, _PLACE.c.rank.is_(None)))
    connection.execute(update(_PLACE).where(mine).values(figures=None))
