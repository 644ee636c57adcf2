"""Results as cards: the stacked bar, the parts in words, deductions, and differences between bloggers."""

import pytest

from api.web.cards import REASONS, Detail, card, in_words
from api.web.charts.score_bar import UNKNOWN_SLIVER, score_bar
from api.web.differences import differences
from api.web.formatting import plural
from bloghound.records import UnknownReason
from tests.web_results import finding, result

PARTS = {"relevance": 0.48, "engagement": 0.1, "reach": 0.03}
KNOWN = dict.fromkeys(PARTS, True)


def test_segments_stand_one_after_the_other_on_a_scale_of_100() -> None:
    bar = score_bar(PARTS, KNOWN, [])
    assert [(one.part, one.x, one.width) for one in bar.segments] == [
        ("relevance", 0, 48),
        ("engagement", 48, 10),
        ("reach", 58, 3),
    ]
    assert (bar.gross, bar.net, bar.deducted, bar.below_zero) == (61, 61, 0, False)


def test_deductions_cut_a_notch_from_the_right() -> None:
    bar = score_bar(PARTS, KNOWN, [0.1, 0.2])
    assert (bar.gross, bar.net, bar.deducted) == (61, 31, 30)


def test_a_negative_score_ends_at_the_left_edge() -> None:
    bar = score_bar(PARTS, KNOWN, [0.8])
    assert (bar.net, bar.deducted, bar.below_zero) == (0, 61, True)


def test_an_unknown_part_is_marked_and_never_invisible() -> None:
    bar = score_bar({**PARTS, "reach": 0.0}, {**KNOWN, "reach": False}, [])
    assert (bar.segments[-1].known, bar.segments[-1].width) == (False, UNKNOWN_SLIVER)


def test_the_score_can_be_heard() -> None:
    spoken = card(result(comments=None, deductions=[finding()])).spoken
    assert spoken.startswith("Score 51.0 of 100: relevance 48.0, engagement 10.0 (unknown")
    assert spoken.endswith("minus 10.0 for findings")


def test_parts_say_value_peers_sample_and_source() -> None:
    relevance, engagement, reach = card(result()).parts
    assert (relevance.sample, engagement.sample, reach.sample) == (
        "8\u00a0posts",
        "8\u00a0posts",
        "8\u00a0linking bloggers",
    )
    assert relevance.peers_median == 0.3
    assert all(part.source for part in (relevance, engagement, reach))
    assert [(one.label, one.text) for one in relevance.details][:2] == [("Posts on topic", "5"), ("Gate", "100\u00a0%")]


def test_an_unknown_figure_is_the_word_with_its_reason() -> None:
    row = card(result(comments=None)).parts[1]
    assert (row.known, row.reason) == (False, "comments are closed")
    comments = row.details[0]
    assert (comments.known, comments.text, comments.peers) == (False, "unknown", "2")
    assert comments.note.startswith("comments are closed")


def with_peers(peers: int, comments: float | None) -> Detail:
    """The comments of a blogger in whose group that many are known to have a figure."""
    shown = result(comments=comments)
    shown["parts"]["engagement"]["inputs"]["conversation"]["peers"] = peers
    return card(shown).parts[1].details[0]


@pytest.mark.parametrize(("peers", "comments"), [(1, 6.0), (0, None)])
def test_nobody_is_a_peer_of_itself(peers: int, comments: float | None) -> None:
    alone = with_peers(peers, comments)
    assert (alone.peers, "known of nobody else" in alone.note) == ("unknown", True)


@pytest.mark.parametrize(("peers", "comments"), [(2, 6.0), (1, None)])
def test_one_other_is_a_peer(peers: int, comments: float | None) -> None:
    beside = with_peers(peers, comments)
    assert (beside.peers, f"known of {plural(peers, 'blogger')}" in beside.note) == ("2", True)


def test_what_the_model_cannot_read_is_unknown_too() -> None:
    words = card(result()).parts[0].details[-1]
    assert (words.text, words.note) == ("unknown", "the model does not read this language")


def test_every_reason_for_the_unknown_has_words() -> None:
    assert set(REASONS) == {reason.value for reason in UnknownReason}


def test_findings_are_named_counted_and_linked() -> None:
    (one,) = card(result(deductions=[finding()])).deductions
    assert (one.name, one.count, one.amount) == ("Sponsored posts", "4 of 8\u00a0posts", 0.1)
    assert one.evidence == ("https://ann.example/ad",)


def test_findings_and_flags_that_nobody_named_are_still_shown() -> None:
    shown = card(result(deductions=[finding("odd_thing")], flags=["new_flag"]))
    assert (shown.deductions[0].name, shown.flags) == ("Odd thing", ("New flag",))


@pytest.mark.parametrize(("gate", "off"), [(0.049, True), (0.05, False), (1.0, False)])
def test_who_is_hardly_in_the_niche_is_marked(gate: float, off: bool) -> None:
    assert card(result(gate=gate)).off_niche is off


def test_the_formula_names_the_parts_that_count() -> None:
    words = in_words({"relevance": 0.7, "engagement": 0.0, "reach": 0.3}).replace("\u00a0", " ")
    assert words == "score = gate × (0.70 × relevance + 0.30 × reach) − deductions"


def test_one_blogger_alone_differs_from_nobody() -> None:
    assert differences([result()]) == []


def test_the_gap_is_told_with_the_part_that_makes_it() -> None:
    said = differences([result("Ann"), result("Ben", relevance=0.5)])
    assert said[0] == "Ann scores 18.0 points more than Ben, most of all by relevance (+18.0)."
    assert "Ann leads in relevance, 80.0 against 50.0 of Ben." in said
    assert "Engagement hardly differs: 40.0 to 40.0 of 100." in said


def test_near_scores_are_called_the_same() -> None:
    assert differences([result("Ann"), result("Ben", relevance=0.79)])[0].startswith("Ann and Ben score about the same")


def test_counts_are_compared_in_their_units() -> None:
    said = " ".join(
        differences([result("Ann", comments=6.0, linkers=3, pace=2.0), result("Ben", comments=1.5, linkers=1)])
    )
    assert "Ann: 6\u00a0comments a post in the median; Ben: 1.5." in said
    assert "Ann: 3\u00a0bloggers of this niche linking to it; Ben: 1." in said
    assert "a month" not in said


def test_unknown_and_findings_are_said_and_never_compared() -> None:
    said = differences([result("Ann", comments=None), result("Ben", pace=None, deductions=[finding()])])
    assert "Ann: engagement is unknown and counts 40.0, no more than its peers." in said
    assert "Ben loses 10.0 points for sponsored posts (4 of 8)." in said
    assert not [sentence for sentence in said if "leads in engagement" in sentence or "a month" in sentence]
