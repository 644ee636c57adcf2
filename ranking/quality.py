"""What an evaluation on a team's own judgements can say, and what it cannot: the cautions that go with the figures."""

from collections.abc import Iterator

from ranking.evaluate import OURS, Evaluation

FEW_BRIEFS = 10
"""With 5 to 10 queries two rankings of equal worth differ by chance more than most improvements do (Buckley & Voorhees,
"Evaluating evaluation measure stability", SIGIR 2000, who ask for 25 at least)."""

MOSTLY_JUDGED = 0.8
"""Two of ten unjudged results cost P@10 up to 0.2, which is more than what tells good methods from each other."""

MOSTLY_OURS = 0.5
"""From here on most of the pool is ours, and what only others find is mostly unjudged."""


def cautions(evaluation: Evaluation, *, ranked_share: float = 0.0, not_indexed: int = 0) -> tuple[str, ...]:
    """Sentences about what weakens the figures.

    ``ranked_share`` of the judgements were given to bloggers on a list of ours; ``not_indexed`` judged bloggers are
    not in the generation, so that no method could find them.
    """
    return tuple(_cautions(evaluation, ranked_share, not_indexed)) if evaluation.judged else ()


def _cautions(evaluation: Evaluation, ranked_share: float, not_indexed: int) -> Iterator[str]:
    briefs = len(evaluation.judged)
    if briefs < FEW_BRIEFS:
        some = _many(briefs, "brief is", "briefs are")
        yield f"Only {some} judged: with fewer than {FEW_BRIEFS} the figures are noisy."
    judged = evaluation.means()[OURS]["judged@10"]
    if judged < MOSTLY_JUDGED:
        yield (
            f"{1 - judged:.0%} of our first ten is not judged: MAP, nDCG@10 and P@10 take it as not relevant and are "
            "too low; the condensed figures and bpref leave it out."
        )
    liked_only = sum(one.judged == one.liked for one in evaluation.judged)
    if liked_only:
        yield (
            f"{_many(liked_only, 'brief has', 'briefs have')} no disliked blogger: bpref and the condensed figures "
            "compare liked with disliked ones, and leave such briefs out."
        )
    if ranked_share > MOSTLY_OURS:
        yield (
            f"{ranked_share:.0%} of the judged bloggers were seen in a ranking of ours: methods that find others first "
            "are taken for worse than they are."
        )
    if not_indexed:
        yield (
            f"{_many(not_indexed, 'judged blogger is', 'judged bloggers are')} not in this generation, and left out."
        )


def _many(count: int, one: str, more: str) -> str:
    return f"{count} {one if count == 1 else more}"
