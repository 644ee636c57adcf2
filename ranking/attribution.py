"""Why a score moved: the difference of two scores as a sum over what it is made of.

A contribution is gate · weight · value. Where several of the three moved, each gets its Shapley value: the mean, over
all orders in which they could have moved one after the other, of what it brought (Shapley, "A value for n-person
games", 1953). For the factor a of a·b·c, from 0 to 1, that is

    (a₁ − a₀) · (b₀c₀ / 3 + (b₀c₁ + b₁c₀) / 6 + b₁c₁ / 3)

and where c did not move, the change of a at the middle between both b. It favours no order, gives nothing to what did
not move, and the terms sum to the difference.
"""

from collections.abc import Mapping

from ranking.score import PARTS
from ranking.standings import Standing

GATE, WEIGHTS, DEDUCTIONS = "gate", "weights", "deductions"
TERMS = (*PARTS, GATE, WEIGHTS, DEDUCTIONS)
"""What a difference is split into: the value of each part, the gate, the niche's weights, and the deductions."""

Factors = tuple[float, float, float]


def terms(
    before: Standing, after: Standing, weights_before: Mapping[str, float], weights_after: Mapping[str, float]
) -> dict[str, float]:
    """The difference of two scores by :data:`TERMS`; they sum to it within rounding."""
    found = dict.fromkeys(TERMS, 0.0)
    for part in PARTS:
        gate, weight, value = shapley(
            (before.gate, weights_before[part], before.values[part]),
            (after.gate, weights_after[part], after.values[part]),
        )
        found[part] += value
        found[GATE] += gate
        found[WEIGHTS] += weight
    found[DEDUCTIONS] = deducted(before) - deducted(after)
    return found


def deducted(standing: Standing) -> float:
    """What all findings together cost."""
    return sum(one.amount for one in standing.deductions)


def shapley(before: Factors, after: Factors) -> Factors:
    """What each of three factors brought to the difference of their products."""
    first, second, third = range(3)
    return (
        _share(before, after, first, second, third),
        _share(before, after, second, first, third),
        _share(before, after, third, first, second),
    )


def _share(before: Factors, after: Factors, moved: int, one: int, other: int) -> float:
    alone = before[one] * before[other] / 3
    with_one_other = (before[one] * after[other] + after[one] * before[other]) / 6
    last = after[one] * after[other] / 3
    return (after[moved] - before[moved]) * (alone + with_one_other + last)
