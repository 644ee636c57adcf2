"""What is usual among peers: the quartiles of their medians, over those who show the figure."""

from pathlib import Path

import pytest

from bloghound.jobs.peer_bands import PeerBand, peer_bands, quartiles
from tests.ranking_bloggers import COFFEE, blogger, build


@pytest.mark.parametrize(
    ("medians", "band"),
    [
        ([], None),
        ([3.0], PeerBand(3.0, 3.0, 3.0, 1)),
        ([4.0, 0.0, 1.0, 2.0, 3.0], PeerBand(1.0, 2.0, 3.0, 5)),
        ([0.0, 10.0], PeerBand(10 / 4, 10 / 2, 10 * 3 / 4, 2)),
    ],
)
def test_a_band_is_the_middle_half(medians: list[float], band: PeerBand | None) -> None:
    assert quartiles(medians) == band


def test_only_bloggers_who_show_a_figure_are_peers(tmp_path: Path) -> None:
    people = [blogger(f"p{number}", COFFEE, number + 1, comments=number * 2) for number in range(3)]
    generation = build(tmp_path, [*people, blogger("silent", COFFEE, 9)])
    # Medians of 0, 2 and 4 comments a post; the fourth blogger shows none, and nobody shows likes or shares.
    assert peer_bands(generation) == {"comments": PeerBand(1.0, 2.0, 3.0, 3)}
    assert peer_bands(generation) is peer_bands(generation)
