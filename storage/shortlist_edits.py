"""What an edit changes on an entry of a shortlist: pure decisions over values."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from bloghound.errors import InputError
from bloghound.records import Stage

MAX_TAGS = 50
"""Tags of one entry: more than anybody reads on a card."""

MAX_NOTES = 200
"""Notes of one entry: they are kept in one row, which every change of the entry writes anew."""


class EditOutcome(StrEnum):
    """What became of one blogger of a bulk edit."""

    ADDED = "added"
    CHANGED = "changed"
    REMOVED = "removed"
    UNCHANGED = "unchanged"
    NOT_LISTED = "not_listed"
    UNKNOWN_BLOGGER = "unknown_blogger"


@dataclass(frozen=True, slots=True)
class Edit:
    """What to set; None and empty leave as it is. ``tags`` sets them all, before the others add and remove some."""

    stage: Stage | None = None
    owner: str | None = None
    tags: Sequence[str] | None = None
    add_tags: Sequence[str] = ()
    remove_tags: Sequence[str] = ()


def changed_fields(edit: Edit, *, stage: str, owner: str, tags: Sequence[str]) -> dict[str, list[Any]]:
    """Field → [before, after] of what the edit changes, empty for nothing; raises InputError for too many tags."""
    after = {
        "stage": (stage, stage if edit.stage is None else edit.stage.value),
        "owner": (owner, owner if edit.owner is None else edit.owner),
        "tags": (list(tags), edited_tags(edit, tags)),
    }
    return {name: list(pair) for name, pair in after.items() if pair[0] != pair[1]}


def edited_tags(edit: Edit, tags: Sequence[str]) -> list[str]:
    """The tags after the edit, each once, in the order in which they came; raises InputError for too many."""
    kept = unique([*(tags if edit.tags is None else edit.tags), *edit.add_tags])
    dropped = frozenset(edit.remove_tags)
    after = [tag for tag in kept if tag not in dropped]
    if len(after) > MAX_TAGS and len(after) > len(tags):
        raise InputError(f"An entry has at most {MAX_TAGS} tags; this would make {len(after)}.")
    return after


def unique(texts: Iterable[str]) -> list[str]:
    """Each text once, at its first place."""
    return list(dict.fromkeys(texts))
