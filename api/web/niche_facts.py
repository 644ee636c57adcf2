"""What changed in a niche as the page tells it: pure functions over the comparison of two kept rankings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from api.web.charts.rank_slopes import Moved
from api.web.formatting import NO_BREAK, plural, points
from bloghound.jobs.niche_changes import NicheChanges, ShownChange
from ranking.attribution import TERMS
from ranking.because import SHOWN_AMOUNT
from ranking.changes import Change, ChangeKind
from storage.niche_rankings import NamedPost
from storage.shown_bloggers import ShownBlogger

ARROWS = {ChangeKind.NEW: "+", ChangeKind.ROSE: "↑", ChangeKind.FELL: "↓", ChangeKind.GONE: "−"}
HEADINGS = {
    ChangeKind.NEW: "New",
    ChangeKind.ROSE: "Rose",
    ChangeKind.FELL: "Fell",
    ChangeKind.GONE: "Gone",
}
"""The groups of the page in their order; who stays where it was is counted only."""


@dataclass(frozen=True, slots=True)
class ReasonRow:
    """A reason with its points (empty where it is not counted) and posts to read."""

    text: str
    amount: str
    posts: tuple[NamedPost, ...]


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """One blogger's change in words; ``terms`` are the points of each term, those that are shown as 0.0 left out."""

    kind: str
    arrow: str
    words: str
    blogger: ShownBlogger
    score: str
    terms: tuple[tuple[str, str], ...]
    reasons: tuple[ReasonRow, ...]
    passed: tuple[tuple[str, str], ...]
    passed_words: str


@dataclass(frozen=True, slots=True)
class ChangeGroup:
    """All who are new, rose, fell or are gone."""

    kind: str
    heading: str
    rows: tuple[ChangeRow, ...]


def groups_of(found: NicheChanges) -> tuple[ChangeGroup, ...]:
    """The changes by kind, those who moved furthest first; kinds without anybody are left out."""
    made = []
    for kind, heading in HEADINGS.items():
        ones = [one for one in found.changes if one.change.kind is kind]
        if kind in {ChangeKind.ROSE, ChangeKind.FELL}:
            ones.sort(key=lambda one: -abs(_places(one.change)))
        made.append(ChangeGroup(kind.value, heading, tuple(_row(one, found) for one in ones)))
    return tuple(group for group in made if group.rows)


def summary_of(counts: Mapping[str, int]) -> str:
    """``2 are new, 3 rose, 1 fell, nobody left, 12 hardly moved``."""
    told = (
        (counts["new"], "is new", "are new"),
        (counts["rose"], "rose", "rose"),
        (counts["fell"], "fell", "fell"),
        (counts["gone"], "left", "left"),
        (counts["unchanged"], "hardly moved", "hardly moved"),
    )
    return _capital(", ".join(f"{count or 'nobody'} {many if count > 1 else one}" for count, one, many in told))


def moved_of(changes: Sequence[ShownChange]) -> list[Moved]:
    """Everybody with both places, for the chart."""
    return [
        Moved(one.blogger.public_id, one.blogger.name, one.change.kind.value, one.change.rank_before, one.change.rank)
        for one in changes
    ]


def signed(amount: float) -> str:
    """Points with their sign: ``+1.2``, ``−0.4``."""
    return f"+{points(amount)}" if amount > 0 else points(amount)


def _row(one: ShownChange, found: NicheChanges) -> ChangeRow:
    change = one.change
    # What moved everybody is said once, above.
    reasons = () if found.causes else change.because
    return ChangeRow(
        kind=change.kind.value,
        arrow=ARROWS[change.kind],
        words=_words(change),
        blogger=one.blogger,
        score=_score(change),
        terms=tuple(
            (term, signed(change.terms[term])) for term in TERMS if abs(change.terms.get(term, 0.0)) >= SHOWN_AMOUNT / 2
        ),
        reasons=tuple(
            ReasonRow(
                _sentence(reason.text),
                signed(reason.amount) if reason.amount else "",
                tuple(found.posts[post] for post in reason.posts if post in found.posts),
            )
            for reason in reasons
        ),
        passed=tuple((public_id, found.names[public_id]) for public_id in change.passed),
        passed_words="Came past" if change.kind is ChangeKind.ROSE else "Behind these now",
    )


def _places(change: Change) -> int:
    return (change.rank_before or 0) - (change.rank or 0)


def _words(change: Change) -> str:
    if change.kind is ChangeKind.NEW:
        return f"new at place {change.rank}"
    if change.kind is ChangeKind.GONE:
        return f"gone from place {change.rank_before}"
    verb = "up" if change.kind is ChangeKind.ROSE else "down"
    return f"{verb} {plural(abs(_places(change)), 'place')}, {change.rank_before}{NO_BREAK}→{NO_BREAK}{change.rank}"


def _score(change: Change) -> str:
    if change.before is not None and change.after is not None:
        moved = signed(change.after.score - change.before.score)
        return f"{points(change.before.score)}{NO_BREAK}→{NO_BREAK}{points(change.after.score)} of 100 ({moved})"
    known = change.after or change.before
    return f"{points(known.score)} of 100" if known else "score unknown: one of its sites was removed"


def _sentence(text: str) -> str:
    return f"{_capital(text)}."


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
