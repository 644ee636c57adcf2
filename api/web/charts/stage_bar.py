"""The entries of a list by stage, as one stacked bar: positions in percent of its width."""

from collections.abc import Mapping
from dataclasses import dataclass

from bloghound.records import Stage


@dataclass(frozen=True, slots=True)
class StageSegment:
    """The entries at one stage; ``x`` and ``width`` in percent."""

    stage: Stage
    count: int
    x: float
    width: float


def stage_bar(counts: Mapping[str, int]) -> list[StageSegment]:
    """One segment per stage that anybody is at, in the order of the stages, as wide as its share of all entries."""
    total = sum(counts.values())
    segments: list[StageSegment] = []
    before = 0
    for stage in Stage:
        count = counts.get(stage.value, 0)
        if count:
            segments.append(StageSegment(stage, count, 100 * before / total, 100 * count / total))
            before += count
    return segments
