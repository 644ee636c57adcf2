"""What moved a score, split into terms that sum to it, and what is said of it: pure, on made-up standings."""

from dataclasses import replace
from itertools import permutations
from math import fsum, prod

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ranking.attribution import TERMS, shapley, terms
from ranking.because import MEASURED, Reason, reasons
from ranking.changes import LEAST_PLACES, LEAST_SCORE, ChangeKind, Comparison, Kept, Outside, compare, kind_of
from ranking.score import PARTS
from ranking.standings import Deducted, Readers, Standing, standing_from

SHARES = st.floats(0, 1)
TRIPLES = st.tuples(SHARES, SHARES, SHARES)
WEIGHTS = {"relevance": 0.6, "engagement": 0.25, "reach": 0.15}
EVIDENCE = {"whole_blog": 0.5, "best_posts": 0.5, "blog_text": 0.4, "post_text": 0.3}


def standing(weights: dict[str, float] | None = None, **changes: object) -> Standing:
    """A standing whose score is what its parts make."""
    blank = Standing(
        score=0.0,
        gate=0.9,
        values={"relevance": 0.7, "engagement": 0.3, "reach": 0.2},
        deductions=(),
        evidence=EVIDENCE,
        on_topic=5,
        posts=10,
        readers={"conversation": Readers(2.0, 0.8, 10)},
        niche_linkers=1,
        linkers=2,
        sites=1,
        last_post="2026-01-01",
        best=(1, 2, 3),
    )
    made = replace(blank, **changes)  # type: ignore[arg-type]
    counted = weights or WEIGHTS
    parts = [made.gate * counted[part] * made.values[part] for part in PARTS]
    return replace(made, score=fsum([*parts, *(-one.amount for one in made.deductions)]))


def values(**changes: float) -> dict[str, float]:
    return {"relevance": 0.7, "engagement": 0.3, "reach": 0.2, **changes}


def said(before: Standing, after: Standing, new_posts: frozenset[int] = frozenset()) -> list[str]:
    return [one.text for one in reasons(before, after, terms(before, after, WEIGHTS, WEIGHTS), new_posts)]


# Terms


@given(TRIPLES, TRIPLES)
def test_the_shares_of_three_factors_sum_to_the_difference_of_their_products(
    before: tuple[float, float, float], after: tuple[float, float, float]
) -> None:
    assert fsum(shapley(before, after)) == pytest.approx(prod(after) - prod(before), abs=1e-12)


@given(TRIPLES, TRIPLES)
def test_a_share_is_the_mean_over_all_orders_of_moving(
    before: tuple[float, float, float], after: tuple[float, float, float]
) -> None:
    brought = [0.0, 0.0, 0.0]
    for order in permutations(range(3)):
        now = list(before)
        for moved in order:
            then, now[moved] = prod(now), after[moved]
            brought[moved] += (prod(now) - then) / 6
    assert shapley(before, after) == pytest.approx(brought, abs=1e-12)


def test_with_two_that_move_a_share_is_taken_at_the_middle_of_the_other() -> None:
    gate, weight, value = shapley((0.5, 0.6, 0.2), (0.9, 0.6, 0.4))
    assert gate == pytest.approx(0.4 * 0.6 * (0.2 + 0.4) / 2)
    assert value == pytest.approx(0.2 * 0.6 * (0.5 + 0.9) / 2)
    assert weight == 0


@given(TRIPLES, TRIPLES, SHARES, SHARES, TRIPLES, TRIPLES, SHARES, SHARES)
def test_terms_sum_to_the_difference_of_the_scores(
    values_before: tuple[float, float, float],
    values_after: tuple[float, float, float],
    gate_before: float,
    gate_after: float,
    weights_before: tuple[float, float, float],
    weights_after: tuple[float, float, float],
    cost_before: float,
    cost_after: float,
) -> None:
    weights = [dict(zip(PARTS, one, strict=True)) for one in (weights_before, weights_after)]
    before, after = (
        standing(
            one_weights, gate=gate, values=dict(zip(PARTS, one, strict=True)), deductions=(Deducted("x", 1, 2, cost),)
        )
        for one_weights, one, gate, cost in (
            (weights[0], values_before, gate_before, cost_before),
            (weights[1], values_after, gate_after, cost_after),
        )
    )
    found = terms(before, after, *weights)
    assert set(found) == set(TERMS)
    assert fsum(found.values()) == pytest.approx(after.score - before.score, abs=1e-9)


def test_what_did_not_move_gets_nothing() -> None:
    found = terms(standing(), standing(values=values(reach=0.6)), WEIGHTS, WEIGHTS)
    assert {name for name, amount in found.items() if amount} == {"reach"}
    assert found["reach"] == pytest.approx(0.9 * 0.15 * 0.4)


def test_a_standing_survives_json() -> None:
    made = standing(deductions=(Deducted("copied_text", 1, 3, 0.1),))
    assert standing_from(made.as_json()) == made


# Evidence in words


def test_nothing_is_said_where_nothing_moved() -> None:
    assert said(standing(), standing()) == []


def test_evidence_that_points_the_other_way_is_not_named() -> None:
    after = standing(
        values=values(relevance=0.8), on_topic=4, evidence={**EVIDENCE, "whole_blog": 0.6}, last_post="now"
    )
    assert said(standing(), after) == ["the blog as a whole reads nearer to the brief (0.50 → 0.60)"]


def test_words_are_no_evidence_where_no_post_changed() -> None:
    after = standing(values=values(relevance=0.8), evidence={**EVIDENCE, "blog_text": 0.6})
    assert said(standing(), after) == ["the same posts, weighed anew"]


def test_the_share_of_posts_on_the_niche_falls_with_posts_on_other_things() -> None:
    after = standing(values=values(relevance=0.6), posts=20)
    assert said(standing(), after) == ["5 of 10 posts on the niche → 5 of 20"]


def test_only_new_posts_that_were_not_among_the_best_are_called_new() -> None:
    after = standing(values=values(relevance=0.8), best=(1, 7, 8))
    (found,) = reasons(standing(), after, terms(standing(), after, WEIGHTS, WEIGHTS), {1, 7})
    assert (found.kind, found.text, found.posts) == ("posts", "1 new post among its best", (7,))


@pytest.mark.parametrize(
    ("readers", "value", "expected"),
    [
        ({"conversation": Readers(9.0, 0.8, 10)}, 0.5, "comments a post 2 → 9 (median of 10 posts)"),
        ({"conversation": Readers(2.0, 0.9, 10)}, 0.5, "posts with comments 80% → 90%"),
        ({}, 0.1, "comments are no longer shown"),
        ({"conversation": Readers(9.0, 0.8, 10)}, 0.1, "other posts count among its readers' figures than before"),
    ],
)
def test_readers_are_told_by_their_own_figures(readers: dict[str, Readers], value: float, expected: str) -> None:
    assert said(standing(), standing(values=values(engagement=value), readers=readers)) == [expected]


def test_figures_that_became_known_are_told_so() -> None:
    shown = {"applause": Readers(4.0, 1.0, 3)}
    after = standing(values=values(engagement=0.4), readers={**standing().readers, **shown})
    assert said(standing(), after) == ["likes became known (4 a post, median of 3 posts)"]
    assert set(shown) < set(MEASURED)


@pytest.mark.parametrize(
    ("linkers", "reach", "expected"),
    [
        ((3, 4), 0.5, "2 more bloggers of the niche link here (1 → 3)"),
        ((1, 3), 0.5, "1 more blogger links here (2 → 3)"),
        ((0, 2), 0.1, "1 fewer blogger of the niche links here (1 → 0)"),
        ((1, 2), 0.5, "as many bloggers link here; what their links carry moved"),
        ((0, 1), 0.5, "other bloggers link here than before"),
    ],
)
def test_reach_is_told_by_who_links(linkers: tuple[int, int], reach: float, expected: str) -> None:
    after = standing(values=values(reach=reach), niche_linkers=linkers[0], linkers=linkers[1])
    assert said(standing(), after) == [expected]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ((), (Deducted("sponsored_posts", 6, 20, 0.1),), "sponsored posts: now 6 of 20, none that counted before"),
        (
            (Deducted("copied_text", 1, 3, 0.1),),
            (),
            "posts that copy another blogger: 1 of 3 before, none that counts now",
        ),
        ((Deducted("odd", 1, 9, 0.1),), (Deducted("odd", 2, 9, 0.2),), "odd: 1 of 9 → 2 of 9"),
    ],
)
def test_findings_are_told_with_their_counts(
    before: tuple[Deducted, ...], after: tuple[Deducted, ...], expected: str
) -> None:
    assert said(standing(deductions=before), standing(deductions=after)) == [expected]


def test_the_weightiest_reason_comes_first() -> None:
    after = standing(
        values=values(engagement=0.9, reach=0.3), niche_linkers=2, readers={"conversation": Readers(9, 1, 9)}
    )
    assert [
        one.startswith(word) for one, word in zip(said(standing(), after), ("comments", "1 more"), strict=True)
    ] == [
        True,
        True,
    ]


# Places


@pytest.mark.parametrize(
    ("places", "score", "kind"),
    [
        (0, 0.3, ChangeKind.UNCHANGED),
        (1, LEAST_SCORE, ChangeKind.ROSE),
        (1, LEAST_SCORE / 2, ChangeKind.UNCHANGED),
        (LEAST_PLACES - 1, 0.0, ChangeKind.UNCHANGED),
        (LEAST_PLACES, 0.0, ChangeKind.ROSE),
        (-1, -LEAST_SCORE, ChangeKind.FELL),
        (-1, LEAST_SCORE, ChangeKind.UNCHANGED),
        (-LEAST_PLACES, 0.2, ChangeKind.FELL),
    ],
)
def test_small_moves_are_noise(places: int, score: float, kind: ChangeKind) -> None:
    assert kind_of(places, score) is kind


def kept(order: str, *, formula: str = "f", cut: bool = False, **changes: Standing) -> Kept:
    """A ranking of bloggers with names of one letter."""
    standings = {one: changes.get(one, standing()) for one in order}
    return Kept(formula, "m", {"brief": "b"}, WEIGHTS, tuple(order), standings | changes, {}, cut=cut)


def compared(earlier: Kept, later: Kept) -> Comparison:
    return compare(earlier, later, new_posts=frozenset(), newcomers=frozenset({"n"}))


@given(st.permutations("abcdefg"), st.permutations("bcdefgn"))
def test_everybody_has_one_change_with_both_places(before: list[str], after: list[str]) -> None:
    changes = {one.blogger: one for one in compared(kept("".join(before)), kept("".join(after))).changes}
    assert set(changes) == set("abcdefgn")
    assert [changes[one].rank_before for one in before] == list(range(1, 8))
    assert [changes[one].rank for one in after] == list(range(1, 8))
    assert (changes["a"].kind, changes["n"].kind) == (ChangeKind.GONE, ChangeKind.NEW)


@given(st.permutations("abcdefg"), st.permutations("abcdefg"))
def test_whoever_moves_without_an_own_change_is_told_who_did(before: list[str], after: list[str]) -> None:
    for one in compared(kept("".join(before)), kept("".join(after))).changes:
        moved = one.kind is not ChangeKind.UNCHANGED
        assert [reason.kind for reason in one.because] == ["others"] * moved
        assert bool(one.passed) == moved


def test_who_rises_because_others_left_is_told_so() -> None:
    found = {one.blogger: one for one in compared(kept("abcd"), kept("d")).changes}["d"]
    assert (found.kind, found.because) == (
        ChangeKind.ROSE,
        (Reason("others", "3 bloggers before it left the ranking"),),
    )


def test_who_falls_though_its_score_rose_is_told_so() -> None:
    better = standing(values=values(reach=0.5), niche_linkers=4)
    found = {one.blogger: one for one in compared(kept("abcd"), kept("bcda", a=better)).changes}["a"]
    assert (found.kind, found.because[0].text) == (
        ChangeKind.FELL,
        "3 bloggers rose past it, though its own score rose",
    )
    assert found.because[1].text == "3 more bloggers of the niche link here (1 → 4)"


@pytest.mark.parametrize(
    ("cut", "blogger", "expected"),
    [
        (False, "n", "not known as a blogger of its own before"),
        (True, "x", "below place 2 or outside the niche before"),
        (False, "x", "outside the niche before"),
    ],
)
def test_who_is_new_was_somewhere_before(cut: bool, blogger: str, expected: str) -> None:
    found = compared(kept("ab", cut=cut), kept(f"ab{blogger}")).changes[-1]
    assert (found.because[0].text, found.because[1].text) == (
        expected,
        "5 of 10 posts on the niche; 1 blogger of the niche links here",
    )


@pytest.mark.parametrize("where", [None, *Outside])
def test_who_is_gone_is_somewhere_now(where: Outside | None) -> None:
    later = replace(kept("a"), outside={} if where is None else {"b": where})
    found = compared(kept("ab"), later).changes[-1]
    assert (found.kind, found.rank, len(found.because)) == (ChangeKind.GONE, None, 1)
    assert found.because[0].kind == "outside"


def test_what_changed_for_all_silences_everybodys_evidence() -> None:
    earlier = kept("ab")
    later = replace(kept("nb", b=standing(values=values(reach=0.9), niche_linkers=9)), formula="g", model="n")
    found = compared(earlier, later)
    assert [one.kind for one in found.causes] == ["formula_changed", "model_changed"]
    assert {one.because for one in found.changes} == {found.causes}
