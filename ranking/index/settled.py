"""What was worked out for each blogger alone, kept so that the next build need not read the facts of those who have not
changed: it holds until the mark of a blogger is another (:class:`bloghound.records.BloggerOutline`) or a date passes.

Files: ``settled.npz`` and ``findings.json``, both without what depends on other bloggers.
"""

import hashlib
import inspect
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import astuple, dataclass, field, fields
from datetime import datetime
from functools import lru_cache
from math import isnan
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from bloghound import records, urls
from bloghound.records import BloggerOutline, UnknownReason
from ranking import activity, credibility
from ranking.activity import moment_of, rate_of
from ranking.credibility import Finding
from ranking.engagement import channels, discussion, groups, measures
from ranking.engagement.channels import NEVER, Channel, next_turns
from ranking.engagement.discussion import Talk
from ranking.engagement.groups import band_of
from ranking.engagement.measures import NAMES
from ranking.index import facts
from ranking.index.bloggers import BloggerEntry, line_of, read_lines
from ranking.index.layout import reading
from ranking.relevance import POSTS_PER_BLOGGER

_COLUMNS, _FINDINGS = "settled.npz", "findings.json"
_OF_BLOGGERS = ("ids", "marks", "until", "rates", "sizes")
_OF_CHANNELS = ("families", "counted", "dated", "young", "reasons", "talk")
UNMARKED = -1
"""Stands for the mark of a blogger who is to be looked at again."""
_REASONS = tuple(UnknownReason)
_CODES = {reason.value: code for code, reason in enumerate(_REASONS)}
_TALK = len(fields(Talk))


@lru_cache(maxsize=1)
def settled_kind() -> dict[str, Any]:
    """What must be the same for what is settled to be so: the code that worked it out, and how much it looked at."""
    code = b"".join(Path(inspect.getfile(module)).read_bytes() for module in _WORKED_OUT_BY)
    return {"code": hashlib.sha256(code).hexdigest(), "posts_per_blogger": POSTS_PER_BLOGGER}


_WORKED_OUT_BY = (activity, credibility, channels, discussion, groups, measures, facts, records, urls)
"""What facts are made by, beside the formula: nobody has to remember to raise a number."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What a build says of one blogger by itself: the ``line`` of its entry, with ``rate`` posts per month, its
    channels, and findings on its posts and sites."""

    line: bytes
    rate: float | None
    channels: tuple[Channel, ...]
    findings: tuple[Finding, ...]

    @classmethod
    def of(cls, entry: BloggerEntry, channels: tuple[Channel, ...], findings: tuple[Finding, ...]) -> "Facts":
        """The facts with this entry."""
        return cls(line_of(entry), entry.posts_per_month, channels, findings)


@dataclass(slots=True)
class Gathered:
    """What a build learned of all bloggers by themselves, in their order."""

    blogger_ids: list[int] = field(default_factory=list)
    site_keys: list[str] = field(default_factory=list)
    marks: list[int] = field(default_factory=list)
    rates: list[float | None] = field(default_factory=list)
    channels: list[tuple[Channel, ...]] = field(default_factory=list)
    findings: list[tuple[Finding, ...]] = field(default_factory=list)
    added: int = 0
    """Posts that were written."""

    def add(self, outline: BloggerOutline, facts: Facts, *, complete: bool) -> None:
        """The next blogger; one whose posts are not ``complete`` is to be looked at again by the next build."""
        self.blogger_ids.append(outline.blogger_id)
        self.site_keys.append(outline.site_key)
        self.marks.append(outline.mark if complete and outline.mark is not None else UNMARKED)
        self.rates.append(facts.rate)
        self.channels.append(facts.channels)
        self.findings.append(facts.findings)


def write_settled(folder: Path, gathered: Gathered, as_of: datetime) -> None:
    """Write what was gathered into a new folder."""
    folder.mkdir(parents=True)
    every = [channel for several in gathered.channels for channel in several]
    families, family_of = np.unique(np.array([one.family for one in every], np.str_), return_inverse=True)
    dates = np.concatenate([np.zeros(0, np.int64), *(one.dates for one in every)])
    dated = [sum(len(one.dates) for one in several) for several in gathered.channels]
    np.savez(
        folder / _COLUMNS,
        ids=np.array(gathered.blogger_ids, np.int64),
        marks=np.array(gathered.marks, np.int64),
        until=_least(next_turns(dates, as_of), dated),
        rates=np.array(gathered.rates, np.float64),
        sizes=np.array([len(several) for several in gathered.channels], np.int64),
        family_names=families,
        families=family_of.astype(np.int64),
        counted=np.array([len(one.counts) for one in every], np.int64),
        counts=np.concatenate([np.zeros((0, len(NAMES)), np.int64), *(one.counts for one in every)]),
        dated=np.array([len(one.dates) for one in every], np.int64),
        dates=dates,
        young=np.array([one.young_posts for one in every], np.int64),
        reasons=np.array([[_CODES[name] for name in one.reasons] for one in every], np.int8).reshape(-1, len(NAMES)),
        talk=np.array([astuple(one.talk) for one in every], np.float64).reshape(-1, _TALK),
    )
    shown = {str(row): found for row, found in enumerate(gathered.findings) if found}
    (folder / _FINDINGS).write_bytes(orjson.dumps(shown))


def _least(turns: NDArray[np.int64], sizes: list[int]) -> NDArray[np.int64]:
    """The least of as many turns as each blogger has."""
    found = np.full(len(sizes), NEVER)
    np.minimum.at(found, np.repeat(np.arange(len(sizes)), sizes), turns)
    return found


def write_without(folder: Path, source: Path, leaving: Sequence[int]) -> None:
    """Write what is settled in ``source`` into a new folder, but for the bloggers in these rows."""
    with _columns(source) as stored:
        columns = dict(stored)
    kept = np.ones(len(columns["ids"]), np.bool_)
    kept[list(leaving)] = False
    channels = np.repeat(kept, columns["sizes"])
    rows = {
        "counts": np.repeat(channels, columns["counted"]),
        "dates": np.repeat(channels, columns["dated"]),
        **dict.fromkeys(_OF_BLOGGERS, kept),
        **dict.fromkeys(_OF_CHANNELS, channels),
    }
    folder.mkdir(parents=True)
    left: dict[str, Any] = {name: one[rows[name]] if name in rows else one for name, one in columns.items()}
    np.savez(folder / _COLUMNS, **left)
    found, places = _findings_in(source), (np.cumsum(kept) - 1).tolist()
    shown = {str(places[row]): several for row, several in found.items() if kept[row]}
    (folder / _FINDINGS).write_bytes(orjson.dumps(shown))


def _findings_in(folder: Path) -> dict[int, tuple[Finding, ...]]:
    with reading(folder, ValueError, KeyError, TypeError):
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
    damages = (ValueError, KeyError, TypeError, zipfile.BadZipFile)
    with reading(folder, *damages), np.load(folder / _COLUMNS, allow_pickle=False) as stored:
        yield stored


class Settled:
    """What a generation has settled; ``table`` is the folder of its bloggers, and ``as_of`` its time.

    Without a ``folder`` nothing is. Raises IndexDamagedError when the files are damaged, StorageError when they cannot
    be read.
    """

    def __init__(self, folder: Path | None = None, table: Path = Path(), as_of: datetime | None = None) -> None:
        self._rows: dict[int, int] = {}
        self._marks: dict[int, int] = {}
        self._until: dict[int, int] = {}
        self._as_of = as_of
        if folder is None:
            return
        with _columns(folder) as stored:
            self._columns = column = dict(stored)
        self._findings, self._lines = _findings_in(folder), read_lines(table)
        self._firsts = _starts(column["sizes"])
        self._rates, self._young, self._talk = (column[name].tolist() for name in ("rates", "young", "talk"))
        self._families = column["family_names"][column["families"]].tolist()
        self._counts_at, self._dates_at = _starts(column["counted"]), _starts(column["dated"])
        self._reasons = [tuple(_REASONS[code].value for code in row) for row in column["reasons"].tolist()]
        ids = column["ids"].tolist()
        self._rows = dict(zip(ids, range(len(ids)), strict=True))
        self._marks = dict(zip(ids, column["marks"].tolist(), strict=True))
        self._until = dict(zip(ids, column["until"].tolist(), strict=True))

    def lasting(self, outlines: Iterable[BloggerOutline], as_of: datetime) -> frozenset[int]:
        """Those of whom nothing else is said at ``as_of`` but the rate of posts, which follows from their dates."""
        if self._as_of is None or as_of < self._as_of:
            return frozenset()
        now = moment_of(as_of)
        return frozenset(one for one in unchanged(outlines, self._marks) if now < self._until[one])

    def facts_of(self, blogger_id: int, as_of: datetime) -> Facts:
        """The facts at ``as_of`` of a blogger of whom they hold."""
        row = self._rows[blogger_id]
        first, end = self._firsts[row : row + 2]
        now = moment_of(as_of)
        own = tuple(self._channel(number, now) for number in range(first, end))
        dates = own[0].dates if len(own) == 1 else np.sort(np.concatenate([one.dates for one in own]))
        rate = rate_of(dates, now)
        line = self._lines[row]
        if rate != _known(self._rates[row]):
            line = line_of({**orjson.loads(line), "posts_per_month": rate})
        return Facts(line, rate, own, self._findings.get(row, ()))

    def _channel(self, number: int, now: int) -> Channel:
        dates = self._columns["dates"][self._dates_at[number] : self._dates_at[number + 1]]
        discussed, commenters, *shares = self._talk[number]
        return Channel(
            family=self._families[number],
            band=band_of(rate_of(dates, now)),
            counts=self._columns["counts"][self._counts_at[number] : self._counts_at[number + 1]],
            reasons=self._reasons[number],
            young_posts=self._young[number],
            talk=Talk(int(discussed), int(commenters), *map(_known, shares)),
            dates=dates,
        )


def _starts(sizes: NDArray[np.int64]) -> list[int]:
    return [0, *np.cumsum(sizes).tolist()]


def _known(figure: float) -> float | None:
    return None if isnan(figure) else figure


def _finding(stored: dict[str, Any]) -> Finding:
    return Finding(**{**stored, "evidence": tuple(stored["evidence"])})
