"""Who rose, who fell, who is new and who left between two kept rankings of a niche, and because of what.

Pure functions. Both rankings are given without whoever may not be shown, and places are counted among the others: so
nobody seems to rise because somebody asked to be left out. Central name: :func:`compare`.
"""

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from ranking.attribution import terms
from ranking.because import Reason, counted, reasons, standing_in_words
from ranking.readings import BriefReading, settings_changed, vector_moved
from ranking.standings import Standing

KEPT_PLACES = 200
"""Bloggers kept of each ranking: several times what a campaign talks to, and 0.1 MB of figures."""
LEAST_PLACES = 3
"""Fewer places count as unchanged unless the own score moved too: neighbours lie so near that a post more or less
anywhere swaps some of them."""
LEAST_SCORE = 0.005
"""Half a point of 100. A score that moved less did not move its blogger by itself; see ``docs/scores.md``."""
KEY_FIELD = "secret_key"
"""Of a ranking's question: tells that its digests were made with another key, and nothing of the niche."""
NAMED_PASSERS = 3
"""Of those who passed a blogger so many are named, the best first."""


class ChangeKind(StrEnum):
    """What became of a blogger from one ranking to the next."""

    NEW = "new"
    ROSE = "rose"
    FELL = "fell"
    GONE = "gone"
    UNCHANGED = "unchanged"


class Outside(StrEnum):
    """Why a blogger who stood in the ranking before has no place in one."""

    BELOW = "below"
    OFF_NICHE = "off_niche"
    OTHER_LANGUAGE = "other_language"
    EXCLUDED = "excluded"
    SET_ASIDE = "set_aside"
    NOT_INDEXED = "not_indexed"


@dataclass(frozen=True, slots=True)
class Kept:
    """A ranking as it was kept.

    ``question`` maps each field of the niche to a digest of what it asked, and :data:`KEY_FIELD` to one of the key;
    ``weights`` are shares of 1; ``order`` are the bloggers from the first place on; ``standings`` holds theirs, and
    those of bloggers ``outside`` who still have a score, as far as they may be kept. ``cut`` is true where the niche
    may have more bloggers than were kept. ``asked_at`` is when the niche had last been edited, ``reading`` how its
    brief was read.
    """

    formula: str
    model: str
    question: Mapping[str, str]
    weights: Mapping[str, float]
    order: tuple[str, ...]
    standings: Mapping[str, Standing]
    outside: Mapping[str, Outside]
    cut: bool
    asked_at: datetime | None = None
    reading: BriefReading | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """What became of one blogger: places from 1, and the terms of the score's difference (empty where it is unknown).

    ``passed_by`` names the first of those who came past it, or whom it passed when it rose.
    """

    blogger: str
    kind: ChangeKind
    rank_before: int | None
    rank: int | None
    before: Standing | None
    after: Standing | None
    terms: Mapping[str, float]
    because: tuple[Reason, ...]
    passed: tuple[str, ...] = ()

    @property
    def score_difference(self) -> float | None:
        """How far the score moved; None where one of both is not known."""
        return None if self.before is None or self.after is None else self.after.score - self.before.score


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two rankings beside each other: what changed for all of them at once, and each blogger's change.

    The changes stand in the order of the later ranking, then those who are gone in the order of the earlier one.
    """

    causes: tuple[Reason, ...]
    changes: tuple[Change, ...]


def compare(earlier: Kept, later: Kept, *, new_posts: Container[int], newcomers: Container[str]) -> Comparison:
    """What became of everybody; ``new_posts`` and ``newcomers`` (bloggers) were first stored since ``earlier``."""
    return _Comparer(earlier, later, new_posts, newcomers).comparison()


class _Comparer:
    """Both rankings with everybody's places."""

    def __init__(self, earlier: Kept, later: Kept, new_posts: Container[int], newcomers: Container[str]) -> None:
        self.earlier, self.later = earlier, later
        self.new_posts, self.newcomers = new_posts, newcomers
        self.before = {one: rank for rank, one in enumerate(earlier.order, start=1)}
        self.after = {one: rank for rank, one in enumerate(later.order, start=1)}
        self.causes = _causes(earlier, later)

    def comparison(self) -> Comparison:
        changes = [self._moved(one) if one in self.before else self._new(one) for one in self.later.order]
        changes += [self._gone(one) for one in self.earlier.order if one not in self.after]
        return Comparison(self.causes, tuple(changes))

    def _moved(self, blogger: str) -> Change:
        rank_before, rank = self.before[blogger], self.after[blogger]
        then, now = self.earlier.standings.get(blogger), self.later.standings.get(blogger)
        moved = 0.0 if then is None or now is None else now.score - then.score
        kind = kind_of(rank_before - rank, moved)
        because, passed = self._because(blogger), self._passed(blogger, rose=rank < rank_before)
        if kind is ChangeKind.UNCHANGED:
            passed = ()
        elif not self.causes and (abs(moved) < LEAST_SCORE or moved * (rank_before - rank) < 0):
            because = (*self._others(blogger, passed, moved), *because)
        return Change(
            blogger, kind, rank_before, rank, then, now, self._terms(blogger), because, passed[:NAMED_PASSERS]
        )

    def _new(self, blogger: str) -> Change:
        now = self.later.standings.get(blogger)
        because = self.causes or (Reason("outside", self._where_before(blogger)),)
        if now is not None and not self.causes:
            because += standing_in_words(now, self.new_posts)
        return Change(blogger, ChangeKind.NEW, None, self.after[blogger], None, now, {}, because)

    def _where_before(self, blogger: str) -> str:
        if blogger in self.newcomers:
            return "not known as a blogger of its own before"
        if self.earlier.cut:
            return f"below place {len(self.earlier.order)} or outside the niche before"
        return "outside the niche before"

    def _gone(self, blogger: str) -> Change:
        then, now = self.earlier.standings.get(blogger), self.later.standings.get(blogger)
        why = Reason("outside", _outside(self.later.outside.get(blogger), len(self.later.order)))
        because = self.causes or (why, *self._because(blogger))
        rank = self.before[blogger]
        return Change(blogger, ChangeKind.GONE, rank, None, then, now, self._terms(blogger), because)

    def _terms(self, blogger: str) -> dict[str, float]:
        then, now = self.earlier.standings.get(blogger), self.later.standings.get(blogger)
        if then is None or now is None:
            return {}
        return terms(then, now, self.earlier.weights, self.later.weights)

    def _because(self, blogger: str) -> tuple[Reason, ...]:
        if self.causes:
            return self.causes
        then, now = self.earlier.standings.get(blogger), self.later.standings.get(blogger)
        if then is not None and now is not None:
            return reasons(then, now, self._terms(blogger), self.new_posts)
        if blogger in self.after:
            return (Reason("sites_removed", "one of its sites was removed, and what it stood on with it"),)
        return ()

    def _others(self, blogger: str, passed: Sequence[str], moved: float) -> Iterator[Reason]:
        """What others did, where a blogger's own score does not say why it moved."""
        if self.after[blogger] > self.before[blogger]:
            own = ", though its own score rose" if moved >= LEAST_SCORE else ""
            if passed:
                yield Reason("others", f"{counted(len(passed), 'blogger')} rose past it{own}")
            return
        ahead = self.earlier.order[: self.before[blogger] - 1]
        left = sum(other not in self.after for other in ahead)
        if passed:
            yield Reason("others", f"{counted(len(passed), 'blogger')} before it fell back")
        if left:
            yield Reason("others", f"{counted(left, 'blogger')} before it left the ranking")

    def _passed(self, blogger: str, *, rose: bool) -> tuple[str, ...]:
        """Who came past a blogger, or whom it came past when it ``rose``, in the order of the later ranking."""
        low, here = len(self.before) + 1, (self.before[blogger], self.after[blogger])
        sign = 1 if rose else -1

        def crossed(other: str) -> bool:
            # Who was not there before stood behind all; nobody is passed who is not there any more.
            then = self.before.get(other, low)
            return sign * (here[0] - then) > 0 and sign * (here[1] - self.after[other]) < 0

        return tuple(other for other in self.later.order if crossed(other))


def kind_of(places: int, score: float) -> ChangeKind:
    """What a move by so many places (up is positive) is called, with what the own score did."""
    is_own = abs(score) >= LEAST_SCORE and places * score > 0
    if abs(places) < (1 if is_own else LEAST_PLACES):
        return ChangeKind.UNCHANGED
    return ChangeKind.ROSE if places > 0 else ChangeKind.FELL


def _causes(earlier: Kept, later: Kept) -> tuple[Reason, ...]:
    """What alone would move everybody, and therefore nobody's evidence is named beside it."""
    found = _niche_changed(earlier, later)
    if earlier.formula != later.formula:
        found.append(Reason("formula_changed", f"the formula changed from {earlier.formula} to {later.formula}"))
    if earlier.model != later.model:
        found.append(Reason("model_changed", f"the language model changed from {earlier.model} to {later.model}"))
    read = settings_changed(earlier.reading, later.reading)
    # Another brief or another model has another vector anyhow.
    moved = "" if found or read else vector_moved(earlier.reading, later.reading)
    told = [*read, moved] if moved else read
    if told:
        found.append(Reason("reading_changed", f"how the brief is read changed: {'; '.join(told)}"))
    return tuple(found)


def _niche_changed(earlier: Kept, later: Kept) -> list[Reason]:
    if earlier.question.get(KEY_FIELD) == later.question.get(KEY_FIELD):
        fields = sorted(
            name.replace("_", " ")
            for name in earlier.question.keys() | later.question.keys()
            if earlier.question.get(name) != later.question.get(name)
        )
        return [Reason("niche_changed", f"the niche was changed: {', '.join(fields)}")] if fields else []
    if earlier.asked_at == later.asked_at:
        return []
    text = "the niche was edited, and another secret key is in use since: what it asked before cannot be compared"
    return [Reason("niche_changed", text)]


def _outside(where: Outside | None, places: int) -> str:
    return {
        None: "no longer among those who are ranked",
        Outside.BELOW: f"fell below place {places}",
        Outside.OFF_NICHE: "no longer within the niche",
        Outside.OTHER_LANGUAGE: "writes in none of the niche's languages any more",
        Outside.EXCLUDED: "left out by what the niche excludes",
        Outside.SET_ASIDE: "set aside before any ranking: flagged, or with nothing to rank it by",
        Outside.NOT_INDEXED: "no longer in the index",
    }[where]
