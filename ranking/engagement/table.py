"""Every blogger's engagement as columns, from which the figures of one are read when asked for."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from math import isnan
from pathlib import Path
from typing import overload

import numpy as np
from numpy.typing import NDArray

from bloghound.records import UnknownReason
from ranking.engagement.channels import REASONS
from ranking.engagement.discussion import MIN_DISCUSSED_POSTS, TALK
from ranking.engagement.measures import COLUMN, MEASURES, NAMES
from ranking.engagement.population import Matrix

Inputs = dict[str, dict[str, float | int | str | None]]

FIGURES = (
    "posts", "of_posts", "young_posts", "median", "share_with_any", "level", "half_level", "prior", "floor",
    "entered_at",
)  # fmt: skip
_WHOLE = ("posts", "of_posts", "young_posts")
_OF_SHOWN = ("median", "share_with_any", "level")
"""Unknown where no post shows the figure."""

_WHOLE_TALK = TALK[:2]

KNOWN = -1
"""Stands in a column of reasons where the figure is known."""


@dataclass(frozen=True, slots=True)
class Engagement:
    """A blogger's engagement: ``value`` from 0 to 1, and what it was computed from, measure by measure."""

    value: float
    known: bool
    sample_size: int
    inputs: Inputs


@dataclass(frozen=True, slots=True)
class EngagementTable(Sequence[Engagement]):
    """Engagement of n bloggers in m measures; item ``i`` is blogger ``i``'s :class:`Engagement`."""

    values: Matrix
    """Shape (n,), from 0 to 1."""
    known: NDArray[np.bool_]
    sample_sizes: NDArray[np.int64]
    """Posts that show a reaction, of the reaction that most posts show."""
    figures: Matrix
    """Shape (n, m, :data:`FIGURES`)."""
    reasons: NDArray[np.int64]
    """Shape (n, m): places in :data:`REASONS`, or :data:`KNOWN`."""
    groups: NDArray[np.int64]
    """Shape (n, m): places in ``group_names``."""
    channels: NDArray[np.int64]
    """Shape (n, m): places in ``channel_names``, the channel from which each measure enters."""
    talk: Matrix
    """Shape (n, :data:`TALK`); nan is unknown."""
    channel_names: NDArray[np.str_]
    group_names: NDArray[np.str_]
    group_sizes: NDArray[np.int64]
    bands: Matrix
    """Shape (groups, m, 4): peers who show the figure, and the quartiles of their medians; nan of nobody."""

    def __len__(self) -> int:
        return len(self.values)

    @overload
    def __getitem__(self, index: int) -> Engagement: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Engagement]: ...
    def __getitem__(self, index: int | slice) -> Engagement | Sequence[Engagement]:
        """The engagement of one blogger, or of several; raises IndexError beyond the last."""
        if isinstance(index, slice):
            return [self[row] for row in range(*index.indices(len(self)))]
        return Engagement(
            value=float(self.values[index]),
            known=bool(self.known[index]),
            sample_size=int(self.sample_sizes[index]),
            inputs=self._inputs(index),
        )

    def without(self, *bloggers: int) -> "EngagementTable":
        """The same without these bloggers; every other figure stays as it was."""
        of_bloggers = ("values", "known", "sample_sizes", "figures", "reasons", "groups", "channels", "talk")
        return replace(self, **{name: np.delete(getattr(self, name), bloggers, axis=0) for name in of_bloggers})

    def _inputs(self, index: int) -> Inputs:
        # Whole rows are read at once: to take one figure out of an array takes longer than all that is done with it.
        columns = (self.figures, self.reasons, self.groups, self.channels)
        found: Inputs = {}
        for name, figures, code, group, channel in zip(
            NAMES, *(column[index].tolist() for column in columns), strict=True
        ):
            reason = None if code == KNOWN else REASONS[code].value
            shown = dict(zip(FIGURES, figures, strict=True))
            own = found[name] = {**shown, **{figure: int(shown[figure]) for figure in _WHOLE}}
            if reason is not None:
                own.update(dict.fromkeys(_OF_SHOWN))
            own.update(weight=MEASURES[name], reason=reason, channel=str(self.channel_names[channel]))
            own.update(self._peers(group, COLUMN[name]))
            if name == "commenters":
                own.update(self._talk(index, reason))
        return found

    def _peers(self, group: int, column: int) -> dict[str, float | int | str | None]:
        shown, *quartiles = self.bands[group, column].tolist()
        low, median, high = quartiles if shown else (None, None, None)
        return {
            "peers_group": str(self.group_names[group]),
            "peers_size": int(self.group_sizes[group]),
            "peers": int(shown),
            "peers_low": low,
            "peers_median": median,
            "peers_high": high,
        }

    def _talk(self, index: int, reason: str | None) -> dict[str, float | int | str | None]:
        """How readers talk, in the words of :class:`ranking.engagement.discussion.Talk`, each unknown with a reason."""
        figures = dict(zip(TALK, self.talk[index].tolist(), strict=True))
        found: dict[str, float | int | str | None] = {}
        for name, value in figures.items():
            if reason is not None or isnan(value):
                found[name] = None
            else:
                found[name] = int(value) if name in _WHOLE_TALK else value
        if reason is None and self.talk[index, 0] < MIN_DISCUSSED_POSTS:
            reason = UnknownReason.TOO_FEW_POSTS.value
        lengths = UnknownReason.NOT_EXPOSED.value if found["words_per_comment"] is None else None
        return {**found, "talk_reason": reason, "words_reason": reason or lengths}


def write_table(path: Path, table: EngagementTable) -> None:
    """Write the columns into a new file."""
    np.savez(path, **{field.name: getattr(table, field.name) for field in fields(table)})


def read_table(path: Path) -> EngagementTable:
    """The columns in a file; raises ValueError, KeyError or BadZipFile when they are damaged."""
    with np.load(path, allow_pickle=False) as stored:
        return EngagementTable(**{field.name: stored[field.name] for field in fields(EngagementTable)})
