"""Saved niches are ranked again in each generation, and what changed is told with its evidence; on both databases."""

from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from itertools import permutations
from math import fsum
from pathlib import Path
from typing import Any

import pytest

from bloghound.errors import GoneError, InputError, NotFoundError
from bloghound.jobs import niche_changes, reranking
from bloghound.jobs.index import run_index
from bloghound.records import Disclosure, RankableBlogger
from bloghound.settings import Settings
from ranking.changes import ChangeKind
from storage import erasure, identity, niche_rankings, niches, sites, workspaces
from storage.database import open_database
from storage.tables.base import utc_now
from tests.ranking_bloggers import AS_OF, blogger
from tests.reranked import BRIEF, ON_BICYCLES, ON_COFFEE, Reranked, essays, writer
from tests.stored_bloggers import Stored

LATER = AS_OF + timedelta(days=1)
PURE, HALF, THIRD = writer("pure", 1, 6), writer("half", 2, 4, 4), writer("third", 3, 3, 6)
RIDER, LATE = writer("rider", 4, 0, 4), writer("late", 5, 3)
PEERS = [writer(f"p{number}", 10 + number, 3) for number in range(5)]
"""Five who write about the same: what little sets them apart, links and answers outweigh."""


@pytest.fixture
def world(tmp_path: Path, tables_url: str) -> Reranked:
    return Reranked(tmp_path / "data", tables_url)


@pytest.fixture
def quick(tmp_path: Path) -> Reranked:
    """A world for what does not depend on the database."""
    return Reranked(tmp_path / "data")


def texts(one: niche_changes.ShownChange) -> str:
    return "; ".join(reason.text for reason in one.change.because)


def test_a_generation_ranks_every_saved_niche_and_the_first_has_nothing_to_compare(world: Reranked) -> None:
    world.save(name="Rides", brief="Bicycle rides and wheels")
    report = world.generation([HALF, PURE, RIDER])
    assert (report.ranked, report.unchanged, report.failed) == (2, 0, ())
    assert world.order() == ["pure", "half"]
    found = world.changes()
    assert (found.since, found.changes, found.to.generation_public_id) == (None, (), "gen_000001")


def test_ranking_twice_in_one_generation_keeps_one(world: Reranked) -> None:
    world.generation([PURE])
    assert (world.rank().ranked, world.rank().unchanged) == (0, 1)
    assert world.changes().since is None


def test_who_comes_in_is_new_with_its_posts(world: Reranked) -> None:
    world.generation([HALF, PURE])
    world.generation([HALF, PURE, LATE], seen_at=LATER)
    one = world.of("late")
    assert (one.change.kind, one.change.rank_before, one.change.before) == (ChangeKind.NEW, None, None)
    assert texts(one).startswith("not known as a blogger of its own before; 3 of 3 posts on the niche")
    named = [world.changes().posts[post].url for reason in one.change.because for post in reason.posts]
    assert sorted(named) == [f"https://late.test/{number}" for number in range(3)]


def test_new_posts_on_the_niche_raise_and_are_named(world: Reranked) -> None:
    world.generation([HALF, PURE, THIRD])
    more = [*essays(ON_COFFEE, "third", 3), *essays(ON_BICYCLES, "third", 6), *essays(ON_COFFEE, "more", 8)]
    world.generation([HALF, PURE, blogger("third", more, 3)], seen_at=LATER)
    one = world.of("third")
    assert (one.change.kind, one.change.rank_before) == (ChangeKind.ROSE, 3)
    assert one.change.because[0].kind == "posts"
    assert "8 more posts on the niche (3 of 9 → 11 of 17)" in texts(one)
    urls = {world.changes().posts[post].url for post in one.change.because[0].posts}
    assert set() < urls <= {f"https://third.test/{number}" for number in range(9, 17)}


def test_links_of_the_niche_raise(world: Reranked) -> None:
    world.generation(PEERS)
    *others, last = world.order()
    world.generation(PEERS, links=[(one, last) for one in others])
    change = world.of(last).change
    assert (change.kind, change.rank_before, change.rank) == (ChangeKind.ROSE, 5, 1)
    assert [reason.text for reason in change.because] == ["4 more bloggers of the niche link here (0 → 4)"]
    assert change.terms["reach"] == pytest.approx(change.score_difference)
    assert change.passed == tuple(f"blg_{one}" for one in others[:3])


def test_a_finding_makes_fall(world: Reranked) -> None:
    world.generation(PEERS)
    first = world.order()[0]
    world.generation([paid(one) if one.public_id == f"blg_{first}" else one for one in PEERS])
    change = world.of(first).change
    assert (change.kind, change.rank) == (ChangeKind.FELL, 5)
    assert [reason.text for reason in change.because] == ["sponsored posts: now 3 of 3, none that counted before"]
    # 3 of 3 posts are 3 / 5 with the two that everybody is credited with.
    assert change.terms["deductions"] == pytest.approx(-0.5 * (3 / 5 - 0.1) / 0.9)


def paid(one: RankableBlogger) -> RankableBlogger:
    said = (Disclosure("sponsored", "ad", 0.0),)
    return replace(one, posts=tuple(replace(post, disclosures=said) for post in one.posts))


def test_comments_raise_by_engagement_and_peers_are_not_blamed(quick: Reranked) -> None:
    quick.generation([writer(f"p{number}", 10 + number, 3, comments=0) for number in range(5)])
    *others, last = quick.order()
    counts = {f"p{number}": 20 if f"p{number}" == last else 0 for number in range(5)}
    quick.generation([writer(name, 10 + number, 3, comments=counts[name]) for number, name in enumerate(counts)])
    assert texts(quick.of(last)) == "comments a post 0 → 20 (median of 3 posts)"
    assert quick.of(last).change.terms["engagement"] == pytest.approx(quick.of(last).change.score_difference)
    same = "its readers' figures are the same; what is usual among its peers moved"
    assert [texts(quick.of(one)) for one in others] == [same] * 4


def test_who_is_only_passed_is_told_so(quick: Reranked) -> None:
    quick.generation(PEERS)
    first, *others = quick.order()
    quick.generation(PEERS, links=list(permutations(others, 2)))
    change = quick.of(first).change
    assert (change.kind, change.rank_before, change.rank) == (ChangeKind.FELL, 1, 5)
    assert [reason.text for reason in change.because] == ["4 bloggers rose past it"]
    assert change.passed == tuple(f"blg_{one}" for one in quick.order()[:3])


def test_every_difference_is_the_sum_of_its_terms(quick: Reranked) -> None:
    quick.generation([HALF, THIRD, PURE], links=[("half", "pure")])
    more = paid(writer("third", 3, 8, 2, comments=7))
    quick.generation([HALF, more, PURE, RIDER], links=[("third", "pure"), ("pure", "third")], seen_at=LATER)
    changes = [one.change for one in quick.changes().changes]
    assert [fsum(one.terms.values()) for one in changes] == pytest.approx(
        [one.score_difference for one in changes], abs=1e-9
    )


def test_a_changed_niche_is_the_reason_for_all(world: Reranked) -> None:
    world.generation([HALF, THIRD, PURE, RIDER])
    world.change(brief="Bicycle rides, gravel and wheels", name="Rides")
    assert world.rank().ranked == 1
    found = world.changes()
    assert [cause.text for cause in found.causes] == ["the niche was changed: brief"]
    assert (found.since and found.since.generation, found.to.generation) == (1, 1)
    assert {reason.kind for one in found.changes for reason in one.change.because} == {"niche_changed"}


def test_another_name_is_no_other_niche(quick: Reranked) -> None:
    quick.generation([PURE])
    quick.change(name="Our coffee")
    assert quick.rank().unchanged == 1


def test_changed_weights_are_a_term_of_their_own(quick: Reranked) -> None:
    quick.generation([PURE, HALF])
    quick.change(weights={"relevance": 1.0})
    quick.rank()
    change = quick.of("pure").change
    assert change.terms["weights"] == pytest.approx(change.score_difference)
    assert change.terms["relevance"] == 0
    assert change.because[0].text == "the niche was changed: weights"


def test_another_formula_is_the_reason_for_all(quick: Reranked, monkeypatch: pytest.MonkeyPatch) -> None:
    quick.generation([PURE, HALF])
    monkeypatch.setattr(reranking, "FORMULA", "bloghound-score-99")
    quick.generation([PURE, HALF, THIRD], seen_at=LATER)
    causes = [cause.text for cause in quick.changes().causes]
    assert (len(causes), causes[0].endswith("to bloghound-score-99")) == (1, True)
    assert quick.of("third").change.because == quick.changes().causes


def test_who_opted_out_is_in_no_ranking_old_or_new_and_lifts_nobody(world: Reranked) -> None:
    world.generation([HALF, THIRD, PURE])
    assert world.order()[0] == "pure"
    world.suppress("pure.test")
    assert world.order("gen_000001") == ["half", "third"]
    world.generation([HALF, THIRD, PURE])
    assert world.order() == ["half", "third"]
    assert [(one.change.kind, one.change.rank) for one in world.changes().changes] == [
        (ChangeKind.UNCHANGED, 1),
        (ChangeKind.UNCHANGED, 2),
    ]


def test_an_erased_blogger_leaves_every_kept_ranking(world: Reranked) -> None:
    world.generation([HALF, THIRD, PURE])
    with closing(open_database(world.settings)) as database, database.transaction() as connection:
        erasure.forget(connection, "pure.test", secret_key=world.settings.secret_key(), now=utc_now())
        places = niche_rankings.placed(connection, world.changes().to.ranking_id)
    assert places == ["blg_half", "blg_third"]
    assert world.order() == ["half", "third"]


def joined(world: Reranked, first: str, second: str) -> None:
    with closing(open_database(world.settings)) as database, database.transaction() as connection:
        ids = sites.ids_by_key(connection, [first, second])
        identity.join(connection, ids[first], ids[second], method="rel-me", evidence={}, now=utc_now())


def test_of_two_who_are_one_the_better_place_stays(world: Reranked) -> None:
    world.generation([HALF, THIRD, PURE])
    joined(world, "half.test", "pure.test")
    assert world.order() == ["half", "third"]
    united = replace(HALF, sites=(*HALF.sites, *PURE.sites), posts=(*HALF.posts, *PURE.posts))
    world.generation([united, THIRD])
    change = world.of("half").change
    assert (change.rank_before, change.rank) == (1, 1)
    assert change.because[0].text == "another site was found to be the same blogger's (1 → 2 sites)"


def test_of_a_blogger_with_a_forgotten_site_only_the_place_is_kept(world: Reranked) -> None:
    world.generation([HALF, THIRD, PURE])
    joined(world, "half.test", "pure.test")
    with closing(open_database(world.settings)) as database, database.transaction() as connection:
        erasure.forget(connection, "pure.test", secret_key=world.settings.secret_key(), now=utc_now())
    world.generation([HALF, THIRD])
    change = world.of("half").change
    assert (change.before, change.terms, change.score_difference) == (None, {}, None)
    assert change.because[0].text == "one of its sites was removed, and what it stood on with it"


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"exclude_sites": ["pure.test"]}, "the niche was changed: exclude sites"),
        ({"languages": ["fi"]}, "the niche was changed: languages"),
    ],
)
def test_who_leaves_with_the_niches_own_change_is_told_so(
    quick: Reranked, fields: dict[str, list[str]], said: str
) -> None:
    quick.generation([HALF, PURE])
    quick.change(**fields)
    quick.rank()
    assert (quick.of("pure").change.kind, texts(quick.of("pure"))) == (ChangeKind.GONE, said)


def test_who_writes_on_other_things_now_leaves_with_the_evidence(quick: Reranked) -> None:
    quick.generation([HALF, PURE])
    quick.generation([HALF, writer("pure", 1, 0, 6)], seen_at=LATER)
    one = quick.of("pure")
    assert (one.change.kind, one.change.rank) == (ChangeKind.GONE, None)
    assert texts(one).startswith("no longer within the niche; 6 fewer posts on the niche (6 of 6 → 0 of 6)")
    assert fsum(one.change.terms.values()) == pytest.approx(one.change.score_difference, abs=1e-9)


def test_who_left_the_index_is_told_so_also_later(world: Reranked) -> None:
    world.generation([HALF, PURE])
    world.generation([HALF])
    assert texts(world.of("pure")) == "no longer in the index"
    world.generation([HALF])
    assert texts(world.of("pure", "gen_000001")) == "no longer in the index"
    assert [one.change.kind for one in world.changes().changes] == [ChangeKind.UNCHANGED]


@pytest.mark.parametrize(
    ("niche", "change", "said"),
    [
        (
            {"exclude_terms": ["bicycle"]},
            {"texts": [f"{text} A bicycle stands by." for text in essays(ON_COFFEE, "pure", 6)]},
            "left out by what",
        ),
        (
            {"languages": ["en"]},
            {"texts": essays(ON_COFFEE, "pure", 6), "language": "fi"},
            "writes in none of the niche's languages any more",
        ),
    ],
)
def test_who_is_left_out_by_what_it_wrote_since(
    tmp_path: Path, niche: dict[str, Any], change: dict[str, Any], said: str
) -> None:
    world = Reranked(tmp_path / "data", **niche)
    world.generation([HALF, PURE])
    written = {"site": {"language": change.get("language", "en")}, "language": change.get("language", "en")}
    world.generation([HALF, blogger("pure", change["texts"], 1, **written)])
    assert texts(world.of("pure")).startswith(said)


def test_who_was_flagged_since_is_told_so(quick: Reranked) -> None:
    quick.generation([HALF, PURE])
    quick.generation([HALF, writer("pure", 1, 6, site={"flags": ("link_farm",)})])
    assert texts(quick.of("pure")).startswith("set aside before any ranking")


def test_a_niche_that_cannot_be_ranked_is_counted_and_stops_no_other(world: Reranked) -> None:
    world.save(name="A broken one")
    report = world.generation([PURE])
    assert (report.ranked, [one.name for one in report.failed]) == (1, ["A broken one"])
    assert world.order() == ["pure"]
    assert [one.reason for one in world.rank().failed] == [report.failed[0].reason]


def test_a_failure_is_told_beside_the_ranking_before(quick: Reranked) -> None:
    quick.generation([PURE])
    quick.change(brief="")
    quick.rank()
    found = quick.changes()
    assert (found.to.problem, found.problem and found.problem.generation) == ("", 1)
    quick.change(brief="Espresso at home")
    quick.rank()
    assert quick.changes().problem is None


def test_since_names_a_generation_or_a_time(world: Reranked) -> None:
    for _ in range(3):
        world.generation([PURE])
    first, second = (world.changes(f"gen_00000{number}").since for number in (1, 2))
    assert first is not None
    assert second is not None
    assert (first.generation, second.generation) == (1, 2)
    assert world.changes(second.made_at.isoformat()).since == second
    assert world.changes("gen_000003").counts["unchanged"] == 1


@pytest.mark.parametrize(
    ("since", "error"),
    [
        ("gen_000009", NotFoundError),
        ("gen_9", NotFoundError),
        ("2020-01-01T00:00:00Z", NotFoundError),
        ("2020-01-01T00:00:00", InputError),
        ("yesterday", InputError),
    ],
)
def test_a_since_of_nothing_is_refused(quick: Reranked, since: str, error: type[Exception]) -> None:
    quick.generation([PURE])
    with pytest.raises(error):
        quick.changes(since)


def test_a_generation_whose_ranking_is_let_go_is_gone(quick: Reranked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(niche_rankings, "KEPT_GENERATIONS", 2)
    for _ in range(3):
        quick.generation([PURE])
    with pytest.raises(GoneError, match="gen_000001"):
        quick.changes("gen_000001")
    assert len(quick.changes().rankings) == 2


def test_a_niche_that_was_deleted_meanwhile_is_no_failure(quick: Reranked) -> None:
    quick.generation([PURE])
    with closing(open_database(quick.settings)) as database:
        with database.transaction() as connection:
            saved = niches.every(connection)
            niches.remove(connection, quick.room, quick.niche.public_id)
        report = reranking.rerank(quick.settings, database, quick.engine, saved)
    assert (report.ranked, report.unchanged, report.failed) == (0, 1, ())


def test_progress_counts_the_niches(quick: Reranked) -> None:
    quick.save(name="Rides", brief="Bicycle rides")
    quick.generation([PURE])
    told: list[tuple[str, int, int | None]] = []
    with closing(open_database(quick.settings)) as database:
        with database.read() as connection:
            saved = niches.every(connection)
        reranking.rerank(quick.settings, database, quick.engine, saved, lambda *step: told.append(step))
    assert told == [("niches", 0, 2), ("niches", 1, 2), ("niches", 2, 2)]


def test_building_an_index_ranks_the_saved_niches(settings: Settings) -> None:
    told: list[tuple[str, int, int | None]] = []
    with closing(open_database(settings)) as database:
        with database.transaction() as connection:
            stored = Stored(connection, seen_at=utc_now())
            stored.site("bean.example")
            stored.posts("bean.example", 3)
            room = workspaces.ensure(connection, workspaces.DEFAULT, now=utc_now()).workspace_id
            niche = niches.create(connection, room, {"name": "Coffee", "brief": BRIEF}, now=utc_now())
            niches.create(connection, room, {"name": "Broken"}, now=utc_now())
        built = run_index(settings, progress=lambda *step: told.append(step)).niches
        with database.read() as connection:
            shown = niche_changes.ranking_of(connection, settings, room, niche.public_id)
    assert (built.ranked, [one.name for one in built.failed]) == (1, ["Broken"])
    assert told[-1] == ("niches", 2, 2)
    assert [place.blogger.name for place in shown.places] == ["Bean"]
    assert len(shown.posts) == 3
