"""The cautions that go with measured figures."""

from ranking.evaluate import MEASURES, Evaluation, QueryFigures
from ranking.quality import FEW_BRIEFS, cautions


def evaluation(briefs: int, *, judged: int = 4, liked: int = 2, judged_share: float = 1.0) -> Evaluation:
    """Briefs that are all alike."""
    figures = {**dict.fromkeys(MEASURES, 0.5), "judged@10": judged_share}
    one = QueryFigures("Q", "tea", judged, liked, {"ours": figures, "score": figures})
    return Evaluation({}, (one,) * briefs)


def test_enough_briefs_well_judged_need_no_caution() -> None:
    assert cautions(evaluation(FEW_BRIEFS), ranked_share=0.5) == ()
    assert cautions(Evaluation({}, ())) == ()


def test_few_briefs_are_noisy() -> None:
    assert cautions(evaluation(1)) == ("Only 1 brief is judged: with fewer than 10 the figures are noisy.",)
    assert cautions(evaluation(9))[0].startswith("Only 9 briefs are judged")


def test_the_unjudged_share_of_the_first_ten_is_told() -> None:
    (said,) = cautions(evaluation(10, judged_share=0.7))
    assert said.startswith("30% of our first ten is not judged")
    assert cautions(evaluation(10, judged_share=0.8)) == ()


def test_likes_without_dislikes_say_nothing_for_condensed_lists() -> None:
    (said,) = cautions(evaluation(10, judged=2, liked=2))
    assert said.startswith("10 briefs have no disliked blogger")


def test_a_pool_of_our_own_and_missing_bloggers_are_told() -> None:
    pool, missing = cautions(evaluation(10), ranked_share=0.75, not_indexed=1)
    assert pool.startswith("75% of the judged bloggers were seen in a ranking of ours")
    assert missing == "1 judged blogger is not in this generation, and left out."
