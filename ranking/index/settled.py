"""What was worked out for each blogger alone, kept so that the next build need not read the facts of those who have not
changed: it holds until the mark of a blogger is another (:class:`bloghound.records.BloggerOutline`) or a date passes.

Files: ``settled.npz`` and ``findings.json``, both without what depends on other bloggers.
"""

import hashlib
import inspect
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from bloghound import records, urls
from bloghound.records import BloggerOutline
from ranking import activity, credibility
from ranking.activity import moment_of
from ranking.credibility import Finding
from ranking.engagement import ChannelColumns, channel_columns, channels, discussion, groups, measures
from ranking.engagement.channels import Channel
from ranking.index import bloggers, facts
from ranking.index.bloggers import line_of, read_lines
from ranking.index.layout import reading
from ranking.relevance import POSTS_PER_BLOGGER

_COLUMNS, _FINDINGS = "settled.npz", "findings.json"
_OF_BLOGGERS = ("ids", "marks")
_OF_CHANNELS = tuple(field.name for field in fields(ChannelColumns) if field.name != "bands")
"""How active a channel is follows from its dates."""
UNMARKED = -1
"""Stands for the mark of a blogger who is to be looked at again."""


@lru_cache(maxsize=1)
def settled_kind() -> dict[str, Any]:
    """What must be the same for what is settled to be so: the code that worked it out, and how much it looked at."""
    files = [__file__, *(inspect.getfile(module) for module in _WORKED_OUT_BY)]
    code = b"".join(Path(file).read_bytes() for file in files)
    return {"code": hashlib.sha256(code).hexdigest(), "posts_per_blogger": POSTS_PER_BLOGGER}


_WORKED_OUT_BY = (
    activity, bloggers, credibility, channel_columns, channels, discussion, groups, measures, facts, records, urls
)  # fmt: skip
"""What facts are made and written by, beside the formula: nobody has to remember to raise a number."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What a build says of one blogger by itself: the ``line`` of its entry, findings on its posts and sites, and its
    channels; None where these are as they were settled."""

    line: bytes
    findings: tuple[Finding, ...]
    channels: tuple[Channel, ...] | None = None


@dataclass(slots=True)
class Gathered:
    """What a build learned of all bloggers by themselves, in their order."""

    blogger_ids: list[int] = field(default_factory=list)
    site_keys: list[str] = field(default_factory=list)
    marks: list[int] = field(default_factory=list)
    findings: list[tuple[Finding, ...]] = field(default_factory=list)
    channels: list[tuple[Channel, ...] | None] = field(default_factory=list)
    added: int = 0
    """Posts that were written."""

    def add(self, outline: BloggerOutline, facts: Facts, *, complete: bool) -> None:
        """The next blogger; one whose posts are not ``complete`` is to be looked at again by the next build."""
        self.blogger_ids.append(outline.blogger_id)
        self.site_keys.append(outline.site_key)
        self.marks.append(outline.mark if complete and outline.mark is not None else UNMARKED)
        self.findings.append(facts.findings)
        self.channels.append(facts.channels)


def write_settled(folder: Path, gathered: Gathered, channels: ChannelColumns) -> None:
    """Write what was gathered, with the channels of all, into a new folder."""
    folder.mkdir(parents=True)
    np.savez(
        folder / _COLUMNS,
        ids=np.array(gathered.blogger_ids, np.int64),
        marks=np.array(gathered.marks, np.int64),
        **{name: getattr(channels, name) for name in _OF_CHANNELS},
    )
    shown = {str(row): found for row, found in enumerate(gathered.findings) if found}
    (folder / _FINDINGS).write_bytes(orjson.dumps(shown))


def write_without(folder: Path, source: Path, leaving: Sequence[int]) -> None:
    """Write what is settled in ``source`` into a new folder, but for the bloggers in these rows."""
    with _columns(source) as stored:
        columns, channels = {name: stored[name] for name in _OF_BLOGGERS}, _channels_in(stored)
    kept = np.delete(np.arange(len(columns["ids"])), list(leaving))
    left = channels.of_bloggers(kept)
    folder.mkdir(parents=True)
    of_bloggers: dict[str, Any] = {name: column[kept] for name, column in columns.items()}
    np.savez(folder / _COLUMNS, **of_bloggers, **{name: getattr(left, name) for name in _OF_CHANNELS})
    found = _findings_in(source)
    shown = {str(place): found[row] for place, row in enumerate(kept.tolist()) if row in found}
    (folder / _FINDINGS).write_bytes(orjson.dumps(shown))


def _channels_in(stored: Mapping[str, NDArray[Any]]) -> ChannelColumns:
    """The channels, as if the activity of all were unknown; raises ValueError when the columns do not fit."""
    columns = {name: stored[name] for name in _OF_CHANNELS}
    found = ChannelColumns(**columns, bands=np.full(len(columns["families"]), "", np.str_))
    if not found.fit(len(stored["ids"])):
        raise ValueError("The columns are not of one length.")
    return found


def _findings_in(folder: Path) -> dict[int, tuple[Finding, ...]]:
    with reading(folder, ValueError, KeyError, TypeError, AttributeError):
        findings = orjson.loads((folder / _FINDINGS).read_bytes())
        return {int(row): tuple(map(_finding, found)) for row, found in findings.items()}


def marks_of(folder: Path | None) -> dict[int, int]:
    """The marks alone, by storage id; raises what :class:`Settled` does."""
    if folder is None:
        return {}
    with _columns(folder) as stored:
        return dict(zip(stored["ids"].tolist(), stored["marks"].tolist(), strict=True))


def unchanged(outlines: Iterable[BloggerOutline], marks: Mapping[int, int]) -> frozenset[int]:
    """The bloggers, by storage id, about whom storage says the same as when they had these marks."""
    return frozenset(one.blogger_id for one in outlines if one.mark == marks.get(one.blogger_id, UNMARKED))


@contextmanager
def _columns(folder: Path) -> Iterator[Mapping[str, NDArray[Any]]]:
    damages = (ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile)
    with reading(folder, *damages), np.load(folder / _COLUMNS, allow_pickle=False) as stored:
        yield stored


class Settled:
    """What a generation has settled, as it is at another time: ``before`` is the generation's, and ``table`` the folder
    of its bloggers.

    Without a ``folder`` nothing is. Raises IndexDamagedError when the files are damaged, StorageError when they cannot
    be read.
    """

    def __init__(
        self, as_of: datetime, folder: Path | None = None, table: Path = Path(), before: datetime | None = None
    ) -> None:
        self._now = moment_of(as_of)
        self._rows: dict[int, int] = {}
        self._marks: dict[int, int] = {}
        self._until: dict[int, int] = {}
        self._channels = ChannelColumns.of(())
        if folder is None or before is None or as_of < before:
            return
        with _columns(folder) as stored:
            ids, marks = (stored[name].tolist() for name in _OF_BLOGGERS)
            self._rows = dict(zip(ids, range(len(ids)), strict=True))
            self._marks = dict(zip(ids, marks, strict=True))
            channels = _channels_in(stored)
        self._until = dict(zip(ids, channels.next_turns(before).tolist(), strict=True))
        self._rates_before, self._rates = channels.rates_at(before), channels.rates_at(as_of)
        self._channels = channels.at(as_of)
        self._findings, self._lines = _findings_in(folder), read_lines(table)

    def lasting(self, outlines: Iterable[BloggerOutline]) -> frozenset[int]:
        """Those of whom nothing else is to be said now but the rate of posts, which follows from their dates."""
        return frozenset(one for one in unchanged(outlines, self._marks) if self._now < self._until[one])

    def facts_of(self, blogger_id: int) -> Facts:
        """The facts of a blogger of whom they hold."""
        row = self._rows[blogger_id]
        line, rate = self._lines[row], self._rates[row]
        if rate != self._rates_before[row]:
            line = line_of({**orjson.loads(line), "posts_per_month": rate})
        return Facts(line, self._findings.get(row, ()))

    def channels_of_all(self, gathered: Gathered) -> ChannelColumns:
        """The channels of all whom a build looked at, in its order."""
        new = [channels for channels in gathered.channels if channels is not None]
        is_new = np.array([channels is not None for channels in gathered.channels], np.bool_)
        ids = zip(gathered.blogger_ids, gathered.channels, strict=True)
        rows = np.array([self._rows[one] for one, channels in ids if channels is None], np.int64)
        if not len(rows):
            return ChannelColumns.of(new)
        places = np.where(is_new, len(rows) + np.cumsum(is_new), np.cumsum(~is_new)) - 1
        return ChannelColumns.joined([self._channels.of_bloggers(rows), ChannelColumns.of(new)]).of_bloggers(places)


def _finding(stored: dict[str, Any]) -> Finding:
    return Finding(**{**stored, "evidence": tuple(stored["evidence"])})
