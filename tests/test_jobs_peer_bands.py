"""What is usual among a blogger's peers: the quartiles of their medians, over those who show the figure."""

from pathlib import Path

from bloghound.jobs.peer_bands import PeerBand, peer_bands
from tests.ranking_bloggers import COFFEE, blogger, build


def test_a_band_is_the_middle_half_of_the_peers_who_show_a_figure(tmp_path: Path) -> None:
    people = [blogger(f"p{number}", COFFEE, number + 1, comments=number * 2) for number in range(3)]
    generation = build(tmp_path, [*people, blogger("silent", COFFEE, 9)])
    # Medians of 0, 2 and 4 comments a post; the fourth blogger shows none, and nobody shows likes, shares or views.
    band = PeerBand(low=1.0, median=2.0, high=3.0, peers=3, group="all bloggers")
    assert peer_bands(generation, "blg_p0") == peer_bands(generation, "blg_silent") == {"comments": band}
    assert peer_bands(generation, "blg_nobody") == {}


def test_one_peer_is_a_band_of_no_width(tmp_path: Path) -> None:
    generation = build(tmp_path, [blogger("only", COFFEE, comments=3)])
    assert peer_bands(generation, "blg_only")["comments"] == PeerBand(3.0, 3.0, 3.0, 1, "all bloggers")
