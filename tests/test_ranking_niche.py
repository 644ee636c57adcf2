import numpy as np
import pytest

from ranking.niche import mostly_excluded


@pytest.mark.parametrize(
    ("holds", "on_topic", "expected"),
    [
        ([1, 0], [1, 1], True),
        ([1, 0, 0], [1, 1, 1], False),
        ([1, 0, 0], [1, 0, 0], True),
        ([1, 1, 0], [0, 0, 1], False),
        ([1, 1, 0], [0, 0, 0], True),
        ([0, 0], [0, 0], False),
        ([], [], False),
    ],
)
def test_who_mostly_writes_of_what_is_excluded(holds: list[int], on_topic: list[int], expected: bool) -> None:
    before, after = [1, 0, 0], [0]
    offsets = np.cumsum([0, len(before), len(holds), len(after)])
    held = np.array([*before, *holds, *after], np.bool_)
    topical = np.array([1, 1, 1, *on_topic, 1], np.bool_)
    assert mostly_excluded(held, topical, offsets).tolist() == [False, expected, False]
