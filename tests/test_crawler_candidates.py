"""Which linked site comes next: who speaks for it, how loudly, and for whom there is a place."""

from collections import Counter

import pytest

from bloghound.records import LinkContext
from crawler.candidates import (
    CONTEXT_WEIGHTS,
    MAX_SITES_PER_DOMAIN,
    OFF_TOPIC_WEIGHT,
    Budget,
    Candidate,
    Candidates,
    Endorsement,
    places_at,
    weight_of,
)

CONTENT, BLOGROLL = LinkContext.CONTENT, LinkContext.BLOGROLL


def says(target: str, linker: str = "a.example", weight: float = 1.0, depth: int = 1) -> Endorsement:
    return Endorsement(
        site_key=target,
        home_url=f"https://{target}/",
        domain=".".join(target.split(".")[-2:]),
        linker=linker,
        from_site_id=len(linker),
        from_url=f"https://{linker}/post",
        depth=depth,
        weight=weight,
    )


def budget(max_sites: int = 100) -> Budget:
    return Budget(max_sites, Counter(), Counter())


def take(
    candidates: Candidates, places: int = 99, limit: Budget | None = None, refused: tuple[str, ...] = ()
) -> list[str]:
    taken = candidates.take(places, limit or budget(), lambda one: one.site_key not in refused)
    return [one.site_key for one in taken]


def holding(*said: Endorsement, max_kept: int = 100) -> Candidates:
    made = Candidates(max_kept)
    made.add(said)
    return made


@pytest.mark.parametrize(
    ("context", "rel", "relevance", "weight"),
    [
        (CONTENT, (), None, 1.0),
        (BLOGROLL, (), None, CONTEXT_WEIGHTS[BLOGROLL]),
        (CONTENT, (), 0.6, 0.6),
        (BLOGROLL, (), 0.6, 0.6 * CONTEXT_WEIGHTS[BLOGROLL]),
        (CONTENT, (), 0.0, OFF_TOPIC_WEIGHT),
        (CONTENT, ("noopener",), None, 1.0),
        (CONTENT, ("nofollow",), 1.0, 0.0),
        (CONTENT, ("sponsored", "noopener"), 1.0, 0.0),
        (LinkContext.BOILERPLATE, (), 1.0, 0.0),
        (LinkContext.COMMENT, (), 1.0, 0.0),
    ],
)
def test_what_a_link_says(context: LinkContext, rel: tuple[str, ...], relevance: float | None, weight: float) -> None:
    assert weight_of(context, rel, relevance) == pytest.approx(weight)


def test_the_most_distinct_linkers_come_first() -> None:
    candidates = holding(
        *(says("often.example", "one.example") for _ in range(5)),
        *(says("liked.example", linker) for linker in ("one.example", "two.example")),
        says("rolled.example", weight=CONTEXT_WEIGHTS[BLOGROLL]),
    )
    assert take(candidates) == ["liked.example", "often.example", "rolled.example"]
    assert len(candidates) == 0


def test_one_linker_on_topic_speaks_louder_than_many_who_are_not() -> None:
    many = [says("popular.example", f"off{n}.example", OFF_TOPIC_WEIGHT) for n in range(10)]
    assert take(holding(*many, says("niche.example", weight=0.6))) == ["niche.example", "popular.example"]


def test_the_weightiest_link_of_a_linker_counts_and_is_the_way_in() -> None:
    low, high = says("x.example", "one.example", 0.2, depth=1), says("x.example", "one.example", 0.7, depth=2)
    (taken,) = holding(low, high, low).take(1, budget(), lambda _: True)
    assert (taken.priority, taken.best, taken.weights) == (0.7, high, {"one.example": 0.7})


def test_equals_come_by_nearness_and_then_as_they_were_found() -> None:
    candidates = holding(says("far.example", depth=2), says("second.example"), says("third.example"))
    assert take(candidates) == ["second.example", "third.example", "far.example"]


def test_a_link_that_says_nothing_makes_no_candidate() -> None:
    assert len(holding(says("x.example", weight=0.0))) == 0


def test_who_may_not_come_in_leaves_the_place_to_the_next() -> None:
    candidates = holding(says("a.example", weight=0.9), says("b.example", weight=0.8), says("c.example", weight=0.7))
    assert take(candidates, 1, refused=("a.example",)) == ["b.example"]
    assert take(candidates, 1) == ["c.example"]


def test_one_domain_gets_so_many_places_and_a_shared_host_any_number() -> None:
    owned = [says(f"s{n}.owned.example") for n in range(MAX_SITES_PER_DOMAIN + 5)]
    shared = [says(f"s{n}.wordpress.com") for n in range(MAX_SITES_PER_DOMAIN + 5)]
    domains = Counter(key.partition(".")[2] for key in take(holding(*owned, *shared), 99, budget(1000)))
    assert domains == {"owned.example": MAX_SITES_PER_DOMAIN, "wordpress.com": MAX_SITES_PER_DOMAIN + 5}


def test_what_the_crawl_holds_already_counts() -> None:
    full = Budget(1000, Counter({"owned.example": MAX_SITES_PER_DOMAIN}), Counter())
    assert take(holding(says("new.owned.example"), says("other.example")), 9, full) == ["other.example"]


@pytest.mark.parametrize(("depth", "places"), [(0, 100), (1, 100), (2, 50), (3, 25), (9, 1)])
def test_each_hop_gets_half_the_places_of_the_hop_before(depth: int, places: int) -> None:
    assert places_at(depth, 100) == places


def test_no_more_sites_come_from_far_away_than_there_are_places_for() -> None:
    candidates = holding(*(says(f"s{n}.example", depth=2) for n in range(8)))
    assert len(take(candidates, 8, budget(10))) == 10 * 0.5


def test_only_the_best_are_kept() -> None:
    candidates = holding(*(says(f"s{n}.example", weight=n / 100) for n in range(1, 100)), max_kept=50)
    assert len(candidates) == 50
    assert take(candidates, 1) == ["s99.example"]


def test_a_candidate_names_its_linkers() -> None:
    candidate = Candidate("x.example", 1, says("x.example"))
    for linker in ("a.example", "b.example", "a.example"):
        candidate.add(says("x.example", linker, 0.5))
    assert (candidate.priority, sorted(candidate.weights)) == (1.0, ["a.example", "b.example"])
