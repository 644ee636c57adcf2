"""What became of a niche's bloggers since an earlier ranking: which two are compared, and what is told of each.

Reading only, and light: neither the index nor the model is opened, since all figures were kept with the rankings.
Central names: :func:`ranking_of`, :func:`changes_of`.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bloghound.errors import GoneError, InputError, NotFoundError
from bloghound.jobs.niche_questions import is_outdated
from bloghound.settings import Settings
from ranking.because import Reason
from ranking.changes import KEPT_PLACES, Change, ChangeKind, Kept, Outside, compare
from ranking.readings import reading_from
from ranking.standings import Standing, standing_from
from storage import niche_rankings, niches, suppressions
from storage.database import Connection
from storage.niche_rankings import Left, NamedPost, StoredPlace, StoredRanking
from storage.niches import StoredNiche
from storage.shown_bloggers import ShownBlogger

_GENERATION = re.compile(r"gen_([0-9]{6,18})")


@dataclass(frozen=True, slots=True)
class ShownPlace:
    """A place of a kept ranking; ``position`` orders the places and stays what it is whoever is hidden."""

    rank: int
    blogger: ShownBlogger
    standing: Standing | None
    position: int


@dataclass(frozen=True, slots=True)
class ShownRanking:
    """A kept ranking without who is hidden; ``problem`` is why a later generation could not be ranked, ``outdated``
    whether the niche asks something else by now than the newest ranking answers."""

    niche: StoredNiche
    ranking: StoredRanking
    places: tuple[ShownPlace, ...]
    posts: Mapping[int, NamedPost]
    problem: StoredRanking | None
    outdated: bool


@dataclass(frozen=True, slots=True)
class ShownChange:
    """What became of one blogger; ``position`` is as in :class:`ShownPlace`, those who left come after all others."""

    change: Change
    blogger: ShownBlogger
    position: tuple[int, int]


@dataclass(frozen=True, slots=True)
class NicheChanges:
    """Two kept rankings of a niche compared; ``since`` is None where there is no earlier one."""

    niche: StoredNiche
    since: StoredRanking | None
    to: StoredRanking
    causes: tuple[Reason, ...]
    changes: tuple[ShownChange, ...]
    posts: Mapping[int, NamedPost]
    names: Mapping[str, str]
    """Names of all bloggers of both rankings by public id."""
    problem: StoredRanking | None
    rankings: tuple[StoredRanking, ...]
    """All that are kept and can be compared, the newest first."""
    outdated: bool
    """As in :class:`ShownRanking`."""

    @property
    def counts(self) -> dict[str, int]:
        """How many are new, rose, fell, are gone and stayed."""
        found = Counter(one.change.kind for one in self.changes)
        return {kind.value: found[kind] for kind in ChangeKind}


def ranking_of(
    connection: Connection, settings: Settings, workspace_id: int, niche_id: str, generation: str | None = None
) -> ShownRanking:
    """The ranking of a niche that was kept for a generation (``gen_000012``), or the newest.

    Raises NotFoundError for a niche that the workspace does not have, that was not ranked yet, or for a generation that
    there never was, GoneError for one whose ranking is kept no longer.
    """
    known = _known(connection, settings, workspace_id, niche_id)
    chosen = known.newest if generation is None else _of_generation(known.rankings, generation)
    return _ranking(connection, settings, known, chosen)


def same_ranking(
    connection: Connection, settings: Settings, workspace_id: int, niche_id: str, ranking_id: int
) -> ShownRanking:
    """A ranking by its row id, for the pages after the first; raises GoneError when it is kept no longer."""
    known = _known(connection, settings, workspace_id, niche_id)
    return _ranking(connection, settings, known, *_by_id(known, [ranking_id]))


def _ranking(connection: Connection, settings: Settings, known: "_Known", chosen: StoredRanking) -> ShownRanking:
    suppressed = suppressions.load(connection, settings.secret_key())
    stored = niche_rankings.places(connection, chosen.ranking_id, suppressed=suppressed)
    places = tuple(
        ShownPlace(rank, one.blogger, standing_from(one.figures) if one.figures else None, one.rank)
        for rank, one in enumerate(stored, start=1)
    )
    ids = [post for place in places if place.standing for post in place.standing.best]
    posts = niche_rankings.posts(connection, ids, suppressed=suppressed)
    shown = _without_hidden(chosen, stored)
    return ShownRanking(known.niche, shown, places, posts, known.problem, known.outdated)


def _without_hidden(ranking: StoredRanking, shown: Sequence[StoredPlace]) -> StoredRanking:
    """The ranking with figures that count nobody who was hidden, erased or joined with another since."""
    return replace(ranking, total=ranking.total - (ranking.kept - len(shown)), kept=len(shown))


def changes_of(
    connection: Connection, settings: Settings, workspace_id: int, niche_id: str, since: str | None = None
) -> NicheChanges:
    """What became of everybody since an earlier ranking: the one before the newest, or that of ``since``.

    ``since`` is a generation, or a time (RFC 3339) whose newest ranking is meant. Raises as :func:`ranking_of` does,
    and InputError for a ``since`` that is neither.
    """
    known = _known(connection, settings, workspace_id, niche_id)
    return _compared(connection, settings, known, _earlier(known, since), known.newest)


def same_changes(
    connection: Connection, settings: Settings, workspace_id: int, niche_id: str, pair: Sequence[int]
) -> NicheChanges:
    """The comparison of two rankings by their row ids, for the pages after the first; raises GoneError without one."""
    known = _known(connection, settings, workspace_id, niche_id)
    earlier, to = _by_id(known, pair)
    return _compared(connection, settings, known, earlier, to)


def named_niche(connection: Connection, workspace_id: int, name: str) -> StoredNiche:
    """A niche by its id or its name; raises NotFoundError."""
    if name.startswith("nch_"):
        return niches.get(connection, workspace_id, name)
    found = niches.by_name(connection, workspace_id, name)
    if found is None:
        raise NotFoundError(f"There is no niche {name!r}.")
    return found


@dataclass(frozen=True, slots=True)
class _Known:
    """A niche with its kept rankings, newest first and one at least; ``problem`` is a newer one that failed."""

    niche: StoredNiche
    rankings: tuple[StoredRanking, ...]
    problem: StoredRanking | None
    outdated: bool

    @property
    def newest(self) -> StoredRanking:
        return self.rankings[0]


def _known(connection: Connection, settings: Settings, workspace_id: int, niche_id: str) -> _Known:
    niche = niches.get(connection, workspace_id, niche_id)
    rankings = niche_rankings.of_niche(connection, niche_id)
    problem = rankings[0] if rankings and rankings[0].problem else None
    good = tuple(one for one in rankings if not one.problem)
    if not good:
        why = f": {problem.problem}" if problem else "; the next build of the index does it."
        raise NotFoundError(f"The niche {niche_id} has not been ranked yet{why}")
    return _Known(niche, good, problem, is_outdated(settings, good[0], niche))


def _by_id(known: _Known, ids: Sequence[int]) -> list[StoredRanking]:
    by_id = {one.ranking_id: one for one in known.rankings}
    if not by_id.keys() >= set(ids):
        raise GoneError("The ranking that the cursor belongs to is kept no longer; ask again without the cursor.")
    return [by_id[one] for one in ids]


def _earlier(known: _Known, since: str | None) -> StoredRanking | None:
    newest, *older = known.rankings
    if since is None:
        return older[0] if older else None
    if since.startswith("gen_"):
        # Of the newest one's generation an earlier ranking is meant where there is one: the niche was changed between.
        return _of_generation([*older, newest], since)
    return _at_time(known.rankings, since)


def _of_generation(rankings: Sequence[StoredRanking], generation: str) -> StoredRanking:
    found = _GENERATION.fullmatch(generation)
    number = int(found.group(1)) if found else 0
    chosen = next((one for one in rankings if one.generation == number), None)
    if chosen is not None:
        return chosen
    if 0 < number < max(one.generation for one in rankings):
        raise GoneError(f"No ranking of this niche in {generation} is kept.")
    raise NotFoundError(f"There is no generation {generation!r}.")


def _at_time(known: Sequence[StoredRanking], since: str) -> StoredRanking:
    try:
        moment = datetime.fromisoformat(since)
    except ValueError as error:
        raise InputError(f"since={since!r} is neither a generation nor a time such as 2026-05-01T12:00:00Z.") from error
    if moment.tzinfo is None:
        raise InputError(f"since={since!r} has no time zone; a Z at its end says UTC.")
    chosen = next((one for one in known if one.made_at <= moment), None)
    if chosen is None:
        oldest = known[-1].made_at.isoformat(timespec="seconds")
        raise NotFoundError(f"No ranking of this niche is kept from {since} or before; the oldest is of {oldest}.")
    return chosen


def _compared(
    connection: Connection, settings: Settings, known: _Known, earlier: StoredRanking | None, to: StoredRanking
) -> NicheChanges:
    if earlier is None:
        first = _ranking(connection, settings, known, to).ranking
        return NicheChanges(known.niche, None, first, (), (), {}, {}, known.problem, known.rankings, known.outdated)
    suppressed = suppressions.load(connection, settings.secret_key())
    before, after = (niche_rankings.places(connection, one.ranking_id, suppressed=suppressed) for one in (earlier, to))
    later = _kept(to, after, _left(connection, known.rankings, earlier, to))
    ids = [post for standing in later.standings.values() for post in standing.best]
    posts = niche_rankings.posts(connection, ids, suppressed=suppressed)
    found = compare(
        _kept(earlier, before, {}),
        later,
        new_posts={post_id for post_id, post in posts.items() if post.first_seen > earlier.as_of},
        newcomers={one.blogger.public_id for one in after if one.known_since > earlier.as_of},
    )
    places = {one.blogger.public_id: (1, one) for one in before} | {one.blogger.public_id: (0, one) for one in after}
    changes = tuple(_shown(one, *places[one.blogger]) for one in found.changes)
    names = {public_id: place.blogger.name for public_id, (_, place) in places.items()}
    return NicheChanges(
        niche=known.niche,
        since=_without_hidden(earlier, before),
        to=_without_hidden(to, after),
        causes=found.causes,
        changes=changes,
        posts=posts,
        names=names,
        problem=known.problem,
        rankings=known.rankings,
        outdated=known.outdated,
    )


def _shown(change: Change, group: int, place: StoredPlace) -> ShownChange:
    return ShownChange(change, place.blogger, (group, place.rank))


def _kept(ranking: StoredRanking, places: Sequence[StoredPlace], left: Mapping[str, Left]) -> Kept:
    figures = {public_id: one.figures for public_id, one in left.items()}
    figures |= {one.blogger.public_id: one.figures for one in places}
    return Kept(
        formula=ranking.formula,
        model=ranking.model,
        question=ranking.question,
        weights=ranking.weights,
        order=tuple(one.blogger.public_id for one in places),
        standings={public_id: standing_from(one) for public_id, one in figures.items() if one},
        outside={public_id: Outside(one.outside) for public_id, one in left.items()},
        # How many there are is an estimate, which may be too low where as many were found as are kept.
        cut=ranking.total > ranking.kept or ranking.kept >= KEPT_PLACES,
        asked_at=ranking.asked_at,
        reading=reading_from(ranking.reading),
    )


def _left(
    connection: Connection, rankings: Sequence[StoredRanking], earlier: StoredRanking, to: StoredRanking
) -> dict[str, Left]:
    """Who left after the earlier ranking, up to the later one; by the later one's question, as their scores are."""
    after = [one for one in rankings if earlier.ranking_id < one.ranking_id <= to.ranking_id]
    return niche_rankings.left(connection, [one.ranking_id for one in after if one.question == to.question])
