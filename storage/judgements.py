"""Judgements: which bloggers a team found to fit a niche or a brief in free words.

One judgement per workspace, niche or brief, and blogger; a later one takes its place. A niche's judgements are of the
niche, whatever its words become, and go with it. Central names: :func:`give`, :func:`page`, :func:`judged_briefs`.
"""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum
from typing import Any

from sqlalchemy import Connection, Row, Select, delete, select, update

from bloghound.errors import NotFoundError
from storage import niche_names, niches, shortlist_hiding
from storage.niches import StoredNiche
from storage.shortlist_hiding import NOBODY
from storage.shown_bloggers import COLUMNS, ShownBlogger, shown, with_bloggers
from storage.suppressions import Suppressions
from storage.tables import Blogger, Judgement, Niche, Site, Workspace
from storage.tables.base import clean_text, public_id, random_id, table_of
from storage.upserts import batches, upsert

_JUDGEMENT, _NICHE, _BLOGGER = table_of(Judgement), table_of(Niche), table_of(Blogger)
_SITE, _WORKSPACE = table_of(Site), table_of(Workspace)
_OWN = tuple(
    _JUDGEMENT.c[name]
    for name in ("id", "public_id", "brief_id", "brief", "grade", "judge", "generation", "rank", "score", "judged_at")
)
_KEY = ("workspace_id", "brief_id", "blogger_id")
_REPLACED = ("brief", "grade", "judge", "generation", "rank", "score", "judged_at")


class Grade(IntEnum):
    """How well a blogger fits, as TREC's blog distillation track graded: 2 highly, 1 partly, 0 not."""

    DISLIKE = 0
    PARTLY = 1
    LIKE = 2


@dataclass(frozen=True, slots=True)
class JudgedFor:
    """What a blogger is judged for: a niche by its public id, or the words of a brief."""

    niche: str | None = None
    brief: str = ""

    @property
    def brief_id(self) -> str:
        """The niche's id, or ``brf_…`` made of the words: white space and case make no other brief."""
        return self.niche or public_id("brf", " ".join(clean_text(self.brief).split()).casefold())


@dataclass(frozen=True, slots=True)
class Seen:
    """Where the blogger stood when it was judged; None where it was not seen in a ranking."""

    generation: str | None = None
    rank: int | None = None
    score: float | None = None


@dataclass(frozen=True, slots=True)
class StoredJudgement:
    """A judgement as it is kept; ``judge`` is the name of the key it was given with."""

    judgement_id: int
    public_id: str
    brief_id: str
    brief: str
    grade: Grade
    judge: str
    seen: Seen
    judged_at: datetime
    blogger: ShownBlogger

    @property
    def niche(self) -> str | None:
        """The public id of the niche that was judged, if it was one."""
        return self.brief_id if self.brief_id.startswith("nch_") else None


@dataclass(frozen=True, slots=True)
class JudgedBrief:
    """All that a workspace judged for one brief: ``niche`` where it is a saved one, else the words.

    ``grades`` and ``site_keys`` are by the blogger's public id; ``ranked`` counts the judgements of bloggers who were
    seen in a ranking of ours.
    """

    workspace: str
    brief_id: str
    words: str
    niche: StoredNiche | None
    grades: Mapping[str, int] = field(default_factory=dict)
    site_keys: Mapping[str, str] = field(default_factory=dict)
    ranked: int = 0


def give(
    connection: Connection,
    workspace_id: int,
    judged_for: JudgedFor,
    blogger: str,
    grade: Grade,
    *,
    seen: Seen,
    judge: str,
    now: datetime,
    suppressed: Suppressions = NOBODY,
) -> tuple[StoredJudgement, bool]:
    """Keep a judgement in the place of an earlier one; it, and whether it is the first of its kind.

    Raises NotFoundError for a niche that the workspace does not have, and for a blogger who is unknown or hidden.
    """
    niche_id = _niche_id(connection, workspace_id, judged_for.niche)
    blogger_id = connection.execute(select(_BLOGGER.c.id).where(_BLOGGER.c.public_id == blogger)).scalar()
    if blogger_id is None or shortlist_hiding.among(connection, [blogger], suppressed):
        raise NotFoundError(f"There is no blogger {blogger}.")
    row = {
        "public_id": random_id("jdg"),
        "workspace_id": workspace_id,
        "brief_id": judged_for.brief_id,
        "niche_id": niche_id,
        "brief": judged_for.brief,
        "blogger_id": blogger_id,
        "grade": int(grade),
        "judge": judge,
        "generation": seen.generation,
        "rank": seen.rank,
        "score": seen.score,
        "judged_at": now,
    }
    upsert(connection, _JUDGEMENT, [row], key=_KEY, update=_REPLACED)
    kept = _query(workspace_id, judged_for.brief_id).where(_JUDGEMENT.c.blogger_id == blogger_id)
    stored = _stored(connection.execute(kept).one())
    return stored, stored.public_id == row["public_id"]


def page(
    connection: Connection,
    workspace_id: int,
    *,
    limit: int,
    brief_id: str | None = None,
    blogger: str | None = None,
    after_id: int = 0,
    suppressed: Suppressions = NOBODY,
) -> list[StoredJudgement]:
    """At most ``limit`` judgements in the order they were first given, those after ``after_id``, without the hidden."""
    query = _query(workspace_id, brief_id).where(_JUDGEMENT.c.id > after_id)
    if blogger is not None:
        query = query.where(_BLOGGER.c.public_id == blogger)
    hidden = _hidden(connection, workspace_id, suppressed)
    if hidden:
        query = query.where(_JUDGEMENT.c.blogger_id.not_in(sorted(hidden)))
    return [_stored(row) for row in connection.execute(query.order_by(_JUDGEMENT.c.id).limit(limit))]


def remove(connection: Connection, workspace_id: int, judgement_public_id: str) -> None:
    """Take a judgement back; raises NotFoundError."""
    mine = (_JUDGEMENT.c.workspace_id == workspace_id) & (_JUDGEMENT.c.public_id == judgement_public_id)
    if not connection.execute(delete(_JUDGEMENT).where(mine)).rowcount:
        raise NotFoundError(f"There is no judgement {judgement_public_id}.")


def of_bloggers(
    connection: Connection, workspace_id: int, brief_id: str, bloggers: Sequence[str]
) -> dict[str, tuple[str, Grade]]:
    """The judgements of some bloggers for a brief, by the blogger's public id: id and grade."""
    found = {}
    for batch in batches(bloggers):
        query = _query(workspace_id, brief_id).where(_BLOGGER.c.public_id.in_(batch))
        stored = (_stored(row) for row in connection.execute(query))
        found.update({one.blogger.public_id: (one.public_id, one.grade) for one in stored})
    return found


def judged_briefs(
    connection: Connection, *, workspace_id: int | None = None, suppressed: Suppressions = NOBODY
) -> list[JudgedBrief]:
    """All judged briefs of a workspace, or of all of them, by workspace and in the order of their ids.

    Whoever is suppressed stands in them neither as judged nor as an example of a niche.
    """
    columns = (_WORKSPACE.c.id, _WORKSPACE.c.name, _JUDGEMENT.c.brief_id, _JUDGEMENT.c.brief, _JUDGEMENT.c.grade)
    query = (
        select(*columns, _JUDGEMENT.c.rank, _JUDGEMENT.c.blogger_id, _BLOGGER.c.public_id, _BLOGGER.c.site_key)
        .join(_WORKSPACE, _WORKSPACE.c.id == _JUDGEMENT.c.workspace_id)
        .join(_BLOGGER, _BLOGGER.c.id == _JUDGEMENT.c.blogger_id)
        .order_by(_WORKSPACE.c.id, _JUDGEMENT.c.brief_id, _BLOGGER.c.site_key)
    )
    if workspace_id is not None:
        query = query.where(_JUDGEMENT.c.workspace_id == workspace_id)
    hidden = _hidden(connection, workspace_id, suppressed)
    rows = [row for row in connection.execute(query) if row.blogger_id not in hidden]
    grouped: dict[tuple[int, str], list[Any]] = {}
    for row in rows:
        grouped.setdefault((row.id, row.brief_id), []).append(row)
    kept = niches.with_ids(connection, [brief_id for _, brief_id in grouped if brief_id.startswith("nch_")])
    kept = niche_names.without_hidden(connection, kept, suppressed)
    return [_judged_brief(group, kept.get(group[0].brief_id)) for group in grouped.values()]


def version(briefs: Sequence[JudgedBrief]) -> str:
    """A digest of judged briefs: another one as soon as any grade or question is another; a niche's name is none."""
    digest = hashlib.sha256()
    for one in briefs:
        changed = _question(one.niche) if one.niche else one.words
        grades = sorted(one.grades.items())
        digest.update(repr((one.workspace, one.brief_id, changed, grades)).encode("utf-8", "replace"))
    return digest.hexdigest()


def _question(niche: StoredNiche) -> list[Any]:
    lists = (niche.examples_like, niche.examples_unlike, niche.languages, niche.exclude_terms, niche.exclude_sites)
    return [niche.brief, *lists, sorted(niche.weights.items())]


def workspaces_with_likes(connection: Connection) -> list[int]:
    """Ids of the workspaces that found anybody to fit, at least partly."""
    liked = _JUDGEMENT.c.grade > int(Grade.DISLIKE)
    query = select(_JUDGEMENT.c.workspace_id).distinct().where(liked).order_by(_JUDGEMENT.c.workspace_id)
    return list(connection.execute(query).scalars())


def transfer(connection: Connection, given_up: int, kept: int) -> None:
    """Give the judgements of one blogger to another, who turned out to be the same; of two the later one stands."""
    columns = (_JUDGEMENT.c.id, _JUDGEMENT.c.workspace_id, _JUDGEMENT.c.brief_id, _JUDGEMENT.c.judged_at)
    both = _JUDGEMENT.c.blogger_id.in_([given_up, kept])
    rows = connection.execute(select(*columns).where(both).order_by(*columns[1:], _JUDGEMENT.c.id)).all()
    standing = {(row.workspace_id, row.brief_id): row.id for row in rows}
    gone = [row.id for row in rows if row.id not in standing.values()]
    for batch in batches(gone):
        connection.execute(delete(_JUDGEMENT).where(_JUDGEMENT.c.id.in_(batch)))
    moved = _JUDGEMENT.c.blogger_id == given_up
    connection.execute(update(_JUDGEMENT).where(moved).values(blogger_id=kept))


def _niche_id(connection: Connection, workspace_id: int, niche: str | None) -> int | None:
    if niche is None:
        return None
    mine = (_NICHE.c.workspace_id == workspace_id) & (_NICHE.c.public_id == niche)
    found = connection.execute(select(_NICHE.c.id).where(mine)).scalar()
    if found is None:
        raise NotFoundError(f"There is no niche {niche}.")
    return int(found)


def _query(workspace_id: int, brief_id: str | None) -> Select[Any]:
    query = select(*_OWN, *COLUMNS).select_from(with_bloggers(_JUDGEMENT, _JUDGEMENT.c.blogger_id))
    query = query.where(_JUDGEMENT.c.workspace_id == workspace_id)
    return query if brief_id is None else query.where(_JUDGEMENT.c.brief_id == brief_id)


def _stored(row: Row[Any]) -> StoredJudgement:
    own = row[: len(_OWN)]
    row_id, judgement, brief_id, brief, grade, judge, generation, rank, score, judged_at = own
    seen, blogger = Seen(generation, rank, score), shown(row[len(_OWN) :])
    return StoredJudgement(row_id, judgement, brief_id, brief, Grade(grade), judge, seen, judged_at, blogger)


def _judged_brief(rows: Sequence[Any], niche: StoredNiche | None) -> JudgedBrief:
    first = rows[0]
    return JudgedBrief(
        workspace=first.name,
        brief_id=first.brief_id,
        words=first.brief,
        niche=niche,
        grades={row.public_id: row.grade for row in rows},
        site_keys={row.public_id: row.site_key for row in rows},
        ranked=sum(row.rank is not None for row in rows),
    )


def _hidden(connection: Connection, workspace_id: int | None, suppressed: Suppressions) -> Collection[int]:
    """Row ids of the judged bloggers with a suppressed site."""
    if not suppressed:
        return frozenset()
    query = select(_JUDGEMENT.c.blogger_id, _SITE.c.key).join(_SITE, _SITE.c.blogger_id == _JUDGEMENT.c.blogger_id)
    if workspace_id is not None:
        query = query.where(_JUDGEMENT.c.workspace_id == workspace_id)
    return frozenset(blogger_id for blogger_id, key in connection.execute(query) if key in suppressed)
