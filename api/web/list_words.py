"""Lists in words: names of stages, where an entry came from, what an event changed, what became of many. Pure."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from api.web.formatting import day, number, plural, points
from bloghound.records import Stage
from storage.shortlist_edits import EditOutcome

STAGE_NAMES = {
    Stage.CANDIDATE: "Candidate",
    Stage.SHORTLISTED: "Shortlisted",
    Stage.CONTACTED: "Contacted",
    Stage.REPLIED: "Replied",
    Stage.AGREED: "Agreed",
    Stage.PUBLISHED: "Published",
    Stage.DECLINED: "Declined",
    Stage.DO_NOT_CONTACT: "Do not contact",
}
"""In the order of the board's columns."""

MAX_QUERY_CHARS = 60
"""Of a brief in a sentence: its first words say which one it was."""

_GENERATION = re.compile(r"gen_0*(\d+)")

_BULK_VERBS = {
    EditOutcome.CHANGED: "changed",
    EditOutcome.REMOVED: "removed from the list",
    EditOutcome.UNCHANGED: "left alone: nothing to change",
    EditOutcome.NOT_LISTED: "not on the list any more",
    EditOutcome.UNKNOWN_BLOGGER: "not known any more",
}


def stage_name(stage: str) -> str:
    """The stage as people say it."""
    return STAGE_NAMES[Stage(stage)]


def generation_shown(name: str) -> str:
    """``generation 2`` for ``gen_000002``."""
    match = _GENERATION.fullmatch(name)
    return f"generation {number(int(match.group(1)))}" if match else f"generation {name}"


def origin(added_from: Mapping[str, Any], added_at: Any, niche_name: str | None = None) -> str:
    """Where an entry came from: ``rank 3 of ‘espresso at home’, generation 2, score 61.0 of 100, on 12 Nov 2026``."""
    of = _brief_words(added_from, niche_name)
    rank = f"rank {number(added_from['rank'])}" if added_from.get("rank") is not None else ""
    said = [f"{rank} of {of}" if rank and of else rank or (f"found by {of}" if of else "")]
    if added_from.get("generation"):
        said.append(generation_shown(added_from["generation"]))
    if added_from.get("score") is not None:
        said.append(f"score {points(added_from['score'])} of 100")
    known = [one for one in said if one] or ["added by hand, not from a ranking"]
    return ", ".join([*known, f"on {day(added_at)}"])


def _brief_words(added_from: Mapping[str, Any], niche_name: str | None) -> str:
    if niche_name:
        return f"the niche ‘{niche_name}’"
    query = " ".join((added_from.get("query") or "").split())
    if query:
        return f"‘{query[:MAX_QUERY_CHARS]}…’" if len(query) > MAX_QUERY_CHARS else f"‘{query}’"
    return "a niche that was deleted since" if added_from.get("niche") else ""


def event_phrases(action: str, changes: Mapping[str, Sequence[Any]]) -> list[str]:
    """What an event of a list's history did, one phrase per field, such as ``stage: Candidate → Contacted``."""
    first = {
        "list.created": "made the list",
        "entry.added": "added to the list",
        "entry.removed": "removed from the list",
        "note.added": "note added",
        "note.removed": "note deleted",
    }.get(action)
    fields: dict[str, Callable[[Any, Any], str]] = {
        "stage": _stage_phrase,
        "owner": _owner_phrase,
        "tags": _tags_phrase,
        "name": _name_phrase,
    }
    said = [fields[name](before, after) for name, (before, after) in changes.items() if name in fields]
    notes = [f"“{after or before}”" for name, (before, after) in changes.items() if name == "note"]
    return [one for one in (first, *said, *notes) if one]


def _stage_phrase(before: str | None, after: str | None) -> str:
    if before and after:
        return f"stage: {stage_name(before)} → {stage_name(after)}"
    return f"at {stage_name(after or before or Stage.CANDIDATE)}"


def _owner_phrase(before: str | None, after: str | None) -> str:
    return f"owner: {before or 'nobody'} → {after or 'nobody'}" if before is not None else f"owner: {after}"


def _tags_phrase(before: list[str] | None, after: list[str] | None) -> str:
    added = [tag for tag in after or () if tag not in (before or ())]
    dropped = [tag for tag in before or () if tag not in (after or ())]
    parts = [f"tagged {', '.join(added)}" if added else "", f"no longer tagged {', '.join(dropped)}" if dropped else ""]
    return "; ".join(part for part in parts if part)


def _name_phrase(before: str | None, after: str | None) -> str:
    return f"renamed: “{before}” → “{after}”" if before else f"named “{after}”"


def outcome_sentence(counts: Mapping[EditOutcome, int]) -> str:
    """What became of the bloggers of a bulk edit: ``3 bloggers changed, 1 blogger not on the list any more.``"""
    said = [f"{plural(counts[one], 'blogger')} {words}" for one, words in _BULK_VERBS.items() if counts.get(one)]
    return f"{', '.join(said)}." if said else "Nobody was marked, so nothing was changed."
