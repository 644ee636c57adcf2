"""Which rows of the kept generations must go: those of a site, and those with words that a site reserves by now.

A row is found whoever it was written for and whether it is live or not: sites are joined and separated, and what a
build leaves behind lies in its segment until that is written anew.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bloghound.urls import key_or_empty
from ranking.index.assembly import Part
from ranking.index.generation import Generation, live_rows
from ranking.index.segment import Segment

Marks = Mapping[str, NDArray[np.bool_]]
"""By the name of each segment which of its rows are meant, shape (p,)."""

ReservedAmong = Callable[[Sequence[int]], Collection[int]]
"""Post ids → those of them whose site reserves their text by now."""


@dataclass(frozen=True, slots=True)
class Sought:
    """A site whose rows are wanted: the public ids of bloggers who go with it, its key, and the ids of its posts.

    Storage gives no post id twice; ids of bloggers may come back, so that rows are not sought by those.
    """

    public_ids: frozenset[str]
    site_key: str = ""
    post_ids: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))

    def names(self, generation: Generation) -> list[int]:
        """The numbers of the generation's bloggers who are sought, or have the site among theirs."""
        named = (*self.public_ids, self.site_key)
        return sorted({generation.positions[name] for name in named if name in generation.positions})


def parts_of(folder: Path, meta: Mapping[str, Any]) -> list[Part]:
    """The segments of a generation with their live rows."""
    found = []
    for entry in meta["segments"]:
        live = live_rows(folder / meta["table"], entry)
        part = Segment(folder / entry["folder"], entry)
        found.append(Part(part, np.ones(part.posts, np.bool_) if live is None else live))
    return found


def owner_ids(segment: Segment) -> NDArray[np.int64]:
    """The storage id of the blogger for whom each row was written, shape (p,)."""
    return np.asarray(segment.blogger_ids[segment.owners_of_rows()], np.int64)


def rows_of_site(generations: Sequence[Generation], sought: Sought) -> Marks:
    """The rows of a site: by post id, by the public id they were written or are shown under, and by address.

    Addresses are read of the rows of those bloggers alone who have or had the site: a post that storage has deleted is
    found by nothing else.
    """
    parts = [(one, part) for one in generations for part in parts_of(one.folder, one.meta)]
    segments = {part.name: part.segment for _, part in parts}
    marks = {name: _by_id(segment, sought) for name, segment in segments.items()}
    kin = {int(one.blogger_ids[place]) for one in generations for place in sought.names(one)}
    for generation, part in parts:
        shown = [place for place in sought.names(generation) if _is_shown_as(generation, place, sought)]
        marks[part.name] |= part.live & np.isin(owner_ids(part.segment), generation.blogger_ids[shown])
    kin.update(*(owner_ids(segment)[marks[name]].tolist() for name, segment in segments.items()))
    if sought.site_key:
        for name, segment in segments.items():
            rows = np.flatnonzero(~marks[name] & np.isin(owner_ids(segment), sorted(kin)))
            keys = [key_or_empty(document.url) for document in segment.documents(rows)]
            marks[name][rows] = np.array([key == sought.site_key for key in keys], np.bool_)
    return marks


def _is_shown_as(generation: Generation, place: int, sought: Sought) -> bool:
    return generation.bloggers[place].public_id in sought.public_ids


def _by_id(segment: Segment, sought: Sought) -> NDArray[np.bool_]:
    named = np.array([name in sought.public_ids for name in segment.public_ids()], np.bool_)
    return np.asarray(named[segment.owners_of_rows()] | np.isin(segment.post_ids, sought.post_ids), np.bool_)


def rows_with_reserved_words(parts: Iterable[Part], newest: Iterable[Part], reserved: ReservedAmong) -> Marks:
    """The rows among ``parts`` with words of posts that are ``reserved`` by now.

    What is live in the ``newest`` generation is as storage has it, and need not be looked at.
    """
    segments = {part.name: part.segment for part in parts}
    live = {part.name: part.live for part in newest}
    rows = {name: np.flatnonzero(~live.get(name, np.zeros(one.posts, np.bool_))) for name, one in segments.items()}
    post_ids = {name: segment.post_ids[rows[name]] for name, segment in segments.items()}
    asked = np.unique(np.concatenate([np.zeros(0, np.int64), *post_ids.values()]))
    known = np.array(sorted(reserved(asked.tolist())), np.int64)
    marks = {}
    for name, segment in segments.items():
        marks[name] = np.zeros(segment.posts, np.bool_)
        found = rows[name][np.isin(post_ids[name], known)]
        has_words = [bool(document.title or document.text) for document in segment.documents(found)]
        marks[name][found] = np.array(has_words, np.bool_)
    return marks


def doomed(marks: Marks, parts: Iterable[Part]) -> Marks:
    """What is dropped when the segments with marked rows are written anew: those rows, and all that nobody shows any
    more; of ``parts``, those of all generations, a segment is one for each generation that has it."""
    live: dict[str, NDArray[np.bool_]] = {}
    for part in parts:
        live[part.name] = part.live | live.get(part.name, False)
    return {name: mark | ~live[name] for name, mark in marks.items() if mark.any()}
