import gc
import json
import weakref
from datetime import UTC, datetime
from math import exp
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bloghound.errors import BriefError, IndexMissingError, InputError, NotFoundError
from bloghound.records import Disclosure, RankableBlogger, SiteHealth
from graph.centrality import niche_reach
from ranking.engine import RankingEngine
from ranking.filters import Filters
from ranking.niche import NicheTerms, moved
from ranking.peers import Peers
from ranking.ranking import SHOWN_GATE, Ranking, Result
from ranking.relevance import TYPICAL_RELEVANT, UNREAD_COSINE, value_of
from ranking.score import Weights
from tests.ranking_bloggers import COFFEE, CYCLING, POTTERY, blogger, build, encoder, engine, graph_of, three_bloggers

LATER = datetime(2025, 6, 1, tzinfo=UTC)
BRIEF = "Specialty coffee at home: espresso machines, grinders and extraction"


@pytest.fixture(scope="module")
def ranker(tmp_path_factory: pytest.TempPathFactory) -> RankingEngine:
    given = three_bloggers()
    return engine(tmp_path_factory.mktemp("index"), given, graph=graph_of(given, [("pottery", "coffee")]))


def names(ranking: Ranking) -> list[str]:
    return [result.blogger.public_id.removeprefix("blg_") for result in ranking.results]


@pytest.mark.parametrize(
    ("brief", "first"),
    [(BRIEF, "coffee"), ("gravel rides, training and races by bike", "cycling"), ("kilns, clay and glaze", "pottery")],
)
def test_the_blogger_of_the_niche_comes_first(ranker: RankingEngine, brief: str, first: str) -> None:
    assert names(ranker.rank(brief))[0] == first


def test_the_shape_is_the_documented_one(ranker: RankingEngine) -> None:
    found = ranker.rank(BRIEF).as_dict()
    head = {"query", "generation", "formula", "warnings", "total", "facets", "weights"}
    assert set(found) == head | {"results"}
    first = found["results"][0]
    assert set(first) == {"rank", "blogger", "score", "parts", "deductions", "evidence", "flags", "why"}
    known = {"id", "name", "home", "sites", "languages", "followers"}
    assert set(first["blogger"]) == known | {"platforms", "posts", "posts_per_month", "first_post", "last_post"}
    part = {"value", "weight", "contribution", "percentile", "sample_size", "known", "peers_median", "inputs"}
    assert [set(first["parts"][name]) for name in ("relevance", "engagement", "reach")] == [part] * 3
    assert set(first["evidence"][0]) == {"url", "title", "published", "sentence", "similarity", "language"}
    assert json.loads(json.dumps(found, allow_nan=False)) == found


def test_contributions_and_deductions_sum_to_the_score(tmp_path: Path) -> None:
    sold = blogger("sold", COFFEE, 4, disclosures=(Disclosure("sponsored", "#ad", 0.0),))
    for result in engine(tmp_path, [*three_bloggers(), sold]).rank(BRIEF).as_dict()["results"]:
        parts = sum(part["contribution"] for part in result["parts"].values())
        assert result["score"] == pytest.approx(parts - sum(one["amount"] for one in result["deductions"]), abs=1e-9)


def test_evidence_is_the_best_matching_posts_with_a_sentence_of_each(ranker: RankingEngine) -> None:
    evidence = ranker.rank(BRIEF).results[0].evidence
    assert len(evidence) == 3
    assert all(any(found.sentence in " ".join(text.split()) for text in COFFEE) for found in evidence)
    telling = ("espresso", "coffee", "grinder", "extraction", "machine")
    assert all(any(word in found.sentence for word in telling) for found in evidence)


def test_the_same_question_gives_the_same_bytes(ranker: RankingEngine) -> None:
    again = RankingEngine(ranker.generation, encoder(), niche_reach)
    assert json.dumps(ranker.rank(BRIEF).as_dict()) == json.dumps(again.rank(BRIEF).as_dict())


def test_an_answer_is_kept_for_the_same_question_only(ranker: RankingEngine) -> None:
    asked = ranker.rank("espresso, and who knows how to make it")
    assert ranker.rank("espresso, and who knows how to make it", languages=(), weights=Weights()) is asked
    hidden = ranker.rank("espresso, and who knows how to make it", hidden=[asked.results[0].blogger.public_id])
    assert names(hidden) == names(asked)[1:]
    assert ranker.rank("espresso, and who knows how to make it", limit=51) is not asked


def test_an_engine_that_nobody_holds_is_freed_at_once(ranker: RankingEngine) -> None:
    held = RankingEngine(ranker.generation, encoder(), niche_reach)
    held.rank(BRIEF)
    known = weakref.ref(held)
    gc.disable()
    try:
        del held
        assert known() is None
    finally:
        gc.enable()


def test_equal_scores_are_ordered_by_site_key(ranker: RankingEngine) -> None:
    nothing = ranker.rank("zzzzzzzzzz", weights=Weights(relevance=0, engagement=0, reach=1))
    scores = [result.score.total for result in nothing.results]
    assert scores[1] == scores[2] == 0.0
    assert names(nothing) == ["coffee", "cycling", "pottery"]


def with_followers(factor: int) -> list[RankableBlogger]:
    counts = {"coffee": 40, "cycling": 90_000, "pottery": 300}
    return [
        blogger(name, texts, number, site={"followers": counts[name] * factor}, comments=number)
        for number, (name, texts) in enumerate([("coffee", COFFEE), ("cycling", CYCLING), ("pottery", POTTERY)])
    ]


def test_followers_times_a_thousand_change_no_rank_and_no_score(tmp_path: Path) -> None:
    few, many = (engine(tmp_path / str(factor), with_followers(factor)).rank(BRIEF) for factor in (1, 1000))
    assert [(one.blogger.public_id, one.score) for one in few.results] == [
        (one.blogger.public_id, one.score) for one in many.results
    ]
    assert many.results[0].blogger.followers == 1000 * (few.results[0].blogger.followers or 0)


# Too short to be taken for copies of each other, so that comments alone decide.
SHORT = [" ".join(text.split()[:20]) for text in COFFEE]


def rivals(**winner: Any) -> list[RankableBlogger]:
    return [
        blogger("winner", SHORT, 1, **{"comments": 12, **winner}),
        blogger("rival", SHORT, 2, comments=3),
        blogger("quiet", SHORT, 3),
        blogger("cycling", CYCLING, 4, comments=40),
    ]


@pytest.mark.parametrize("taken", [None, 0, 1])
def test_taking_the_winners_comments_away_never_raises_it(tmp_path: Path, taken: int | None) -> None:
    before = engine(tmp_path / "before", rivals()).rank(BRIEF)
    after = engine(tmp_path / "after", rivals(comments=taken)).rank(BRIEF)
    place = {name: (names(before).index(name), names(after).index(name)) for name in names(before)}
    assert names(before)[0] == "winner"
    assert place["winner"][1] >= place["winner"][0]
    scores = [one.results[names(one).index("winner")].score.total for one in (before, after)]
    assert scores[1] < scores[0]


def test_unknown_engagement_is_marked_and_keeps_its_weight(tmp_path: Path) -> None:
    found = engine(tmp_path, rivals()).rank(BRIEF)
    quiet = found.results[names(found).index("quiet")].parts["engagement"]
    assert not quiet.known
    assert quiet.weight == Weights().engagement
    assert quiet.inputs["conversation"]["reason"] == "not_exposed"
    assert quiet.value <= min(one.parts["engagement"].value for one in found.results if one.parts["engagement"].known)


def test_a_small_discussed_blog_beats_a_huge_one_off_the_niche(tmp_path: Path) -> None:
    small = blogger("small", COFFEE[:2], 1, comments=4)
    huge = blogger("huge", CYCLING * 4, 2, comments=900, likes=9000, site={"followers": 2_000_000})
    links = [(f"fan{number}", "huge") for number in range(5)]
    fans = [blogger(f"fan{number}", POTTERY, 10 + number) for number in range(5)]
    given = [small, huge, *fans]
    assert names(engine(tmp_path, given, graph=graph_of(given, links)).rank(BRIEF))[0] == "small"


def test_scraper_and_advertiser_sink_below_honest_bloggers_and_a_farm_is_set_aside(tmp_path: Path) -> None:
    words = COFFEE[0].split()
    long = [f"{text} {' '.join(f'{word}{number}' for word in words)}" for number, text in enumerate(COFFEE)]
    given = [
        blogger("honest", long, 1, comments=1),
        blogger("scraper", [f"{text} Seen elsewhere first." for text in long], 2, comments=9, published=LATER),
        blogger("modest", SHORT, 3),
        blogger("adverts", SHORT * 2, 4, comments=9, disclosures=(Disclosure("sponsored", "#ad", 0.0),)),
        blogger("farm", SHORT, 5, comments=9, site={"flags": ("link_farm",)}),
    ]
    graph = graph_of(given, [("modest", "honest")])
    ranker = engine(tmp_path, given, graph=graph)
    ranking, farm = ranker.rank(BRIEF), ranker.explain(BRIEF, "blg_farm")
    assert set(names(ranking)[:2]) == {"honest", "modest"}
    assert set(names(ranking)[2:]) == {"scraper", "adverts"}
    found = {one.blogger.public_id: [finding.finding for finding in one.score.deductions] for one in ranking.results}
    assert found["blg_scraper"] == ["copied_text"]
    assert found["blg_adverts"] == ["sponsored_posts"]
    assert [finding.finding for finding in farm.score.deductions] == ["flagged_sites"]
    assert farm.flags == ("link_farm",)


def test_a_brief_in_an_unknown_language_warns_and_finds_by_words(tmp_path: Path) -> None:
    dutch = blogger(
        "koffie", ("Verse koffiebonen malen en langzaam zetten, dat is het geheim van espresso.",) * 2, 7, language="nl"
    )
    ranking = engine(tmp_path, [*three_bloggers(), dutch]).rank("Koffiebonen branden en malen voor espresso thuis")
    assert names(ranking)[0] == "koffie"
    assert "does not know (nl" in ranking.warnings[0]
    assert ranking.results[0].evidence[0].similarity is None
    assert ranking.results[0].parts["relevance"].inputs["whole_blog"] is None


def test_a_blogger_in_an_unknown_language_is_flagged(tmp_path: Path) -> None:
    dutch = blogger("koffie", ("Mijn espresso en mijn grinder, elke dag coffee.",), 7, language="nl")
    ranking = engine(tmp_path, [*three_bloggers(), dutch]).rank(BRIEF)
    assert "full_text_only" in ranking.results[names(ranking).index("koffie")].flags
    assert "(nl)" in ranking.warnings[0]


def test_only_bloggers_of_a_language_when_asked(tmp_path: Path) -> None:
    dutch = blogger("koffie", ("Mijn espresso en mijn grinder, elke dag coffee.",), 7, language="nl")
    ranker = engine(tmp_path, [*three_bloggers(), dutch])
    assert names(ranker.rank(BRIEF, languages=["nl"])) == ["koffie"]
    assert names(ranker.rank(BRIEF, languages=["sv"])) == []


@pytest.mark.parametrize("brief", ["", "🎉", "x" * 1_000_000])
def test_a_brief_that_cannot_be_used_is_refused(ranker: RankingEngine, brief: str) -> None:
    with pytest.raises(BriefError):
        ranker.rank(brief)


@pytest.mark.parametrize("limit", [0, -1, 1001])
def test_a_limit_out_of_range_is_named(ranker: RankingEngine, limit: int) -> None:
    with pytest.raises(InputError, match=str(limit)):
        ranker.rank(BRIEF, limit=limit)


@pytest.mark.parametrize("brief", ['"quote AND (a:b', "x " * 4000, "the and of", "zzzzzzzzzz qqqqqqqq"])
def test_odd_briefs_never_break(ranker: RankingEngine, brief: str) -> None:
    assert len(ranker.rank(brief).results) == 3


def test_nobody_to_rank_gives_no_results(tmp_path: Path) -> None:
    assert engine(tmp_path, []).rank(BRIEF).results == ()


def test_an_index_of_another_model_is_refused(tmp_path: Path) -> None:
    generation = build(tmp_path, three_bloggers()[:1])
    generation.model = "another"
    with pytest.raises(IndexMissingError, match="another"):
        RankingEngine(generation, encoder(), niche_reach)


def test_percentiles_are_mid_ranks(ranker: RankingEngine) -> None:
    peers = ranker.relevance(ranker.read(BRIEF)).value
    assert Peers(peers).percentile(float(peers.max())) == round(100 * 2.5 / 3, 1)
    assert Peers(peers).percentile(-1.0) == 0.0


def test_words_alone_do_not_carry_a_blog_that_cannot_be_read_above_one_that_can(tmp_path: Path) -> None:
    unread = blogger("unread", ["espresso espresso en verder niets dan espresso"] * 2, 4, language="nl")
    found = engine(tmp_path, [*three_bloggers(), unread]).rank("espresso at home")
    assert names(found)[:2] == ["coffee", "unread"]
    coffee, other = (result.parts["relevance"] for result in found.results[:2])
    assert other.inputs["blog_text"] > coffee.inputs["blog_text"]
    assert coffee.value > other.value


def test_unread_meaning_enters_at_what_the_words_say_and_at_little_where_they_say_much() -> None:
    unknown = float("nan")
    evidence = np.array([[unknown, unknown, 0.04, 0.06], [unknown, unknown, 0.9, 0.7]])
    weak, strong = value_of(evidence, brief_read=True)
    assert value_of(evidence, brief_read=False)[1] == pytest.approx(1 - exp(-0.8 / TYPICAL_RELEVANT))
    assert weak == pytest.approx(1 - exp(-0.05 / TYPICAL_RELEVANT))
    assert strong == pytest.approx(1 - exp(-(0.9 + 0.7 + 2 * UNREAD_COSINE) / 4 / TYPICAL_RELEVANT))


@pytest.mark.parametrize("filters", [Filters(), Filters(languages=("en",)), Filters(last_post_within_days=3650)])
def test_pages_join_to_the_whole_list(ranker: RankingEngine, filters: Filters) -> None:
    pages = [ranker.rank(BRIEF, limit=1, offset=offset, filters=filters) for offset in range(4)]
    assert [Result.as_dict(one) for page in pages for one in page.results] == [
        Result.as_dict(one) for one in ranker.rank(BRIEF, filters=filters).results
    ]
    assert (pages[3].ranked, pages[3].results) == (3, ())


def test_a_negative_offset_is_named(ranker: RankingEngine) -> None:
    with pytest.raises(InputError, match="-1"):
        ranker.rank(BRIEF, offset=-1)


def test_total_and_facets_count_those_in_the_niche(ranker: RankingEngine) -> None:
    found = ranker.rank(BRIEF, limit=1).as_dict()
    gates = [one.score.gate for one in ranker.rank(BRIEF).results]
    assert found["total"] == sum(gate >= SHOWN_GATE for gate in gates) == 1
    assert found["facets"] == {"languages": {"en": 1}, "platforms": {"wordpress": 1}}
    assert found["weights"] == {"relevance": 0.6, "engagement": 0.25, "reach": 0.15}


def test_an_explanation_agrees_with_the_list_for_everybody(ranker: RankingEngine) -> None:
    weights = Weights(relevance=0.5, engagement=0.2, reach=0.3)
    for result in ranker.rank(BRIEF, weights=weights).results:
        assert Result.as_dict(ranker.explain(BRIEF, result.blogger.public_id, weights=weights)) == Result.as_dict(
            result
        )


def test_filters_change_no_score(tmp_path: Path) -> None:
    given = [*three_bloggers(), blogger("roast", COFFEE[1:], 7, language="nl", comments=2)]
    ranker = engine(tmp_path, given, graph=graph_of(given, [("coffee", "roast"), ("roast", "coffee")]))
    (shown,) = ranker.rank(BRIEF, languages=["nl"]).results
    explained = ranker.explain(BRIEF, "blg_roast")
    assert shown.score.total == pytest.approx(explained.score.total, abs=1e-9)
    assert {**Result.as_dict(shown), "rank": 0} == {**Result.as_dict(explained), "rank": 0}


def test_who_can_be_no_candidate_can_be_explained(tmp_path: Path) -> None:
    shop = blogger("shop", COFFEE, 4, site={"health": SiteHealth.NOT_A_BLOG})
    ranker = engine(tmp_path, [*three_bloggers(), shop, blogger("empty", (), 5)])
    assert "blg_shop" not in [one.blogger.public_id for one in ranker.rank(BRIEF).results]
    assert "not_a_blog" in ranker.explain(BRIEF, "blg_shop").flags
    nothing = ranker.explain(BRIEF, "blg_empty")
    assert (nothing.parts["relevance"].value, nothing.evidence) == (0.0, ())


@pytest.mark.parametrize("unknown", ["blg_nobody", "", "coffee.test"])
def test_explaining_somebody_unknown_is_not_found(ranker: RankingEngine, unknown: str) -> None:
    with pytest.raises(NotFoundError):
        ranker.explain(BRIEF, unknown)


def test_allowed_and_hidden_bloggers(ranker: RankingEngine) -> None:
    assert names(ranker.rank(BRIEF, allowed={"blg_pottery", "blg_other"})) == ["pottery"]
    assert names(ranker.rank(BRIEF, allowed=set())) == []
    assert sorted(names(ranker.rank(BRIEF, hidden={"blg_pottery", "blg_other"}))) == ["coffee", "cycling"]


def test_why_and_peers_are_told_in_figures(tmp_path: Path) -> None:
    given = [
        blogger("coffee", COFFEE, 1, comments=6),
        blogger("roast", COFFEE[:2], 4, comments=2),
        *three_bloggers()[1:],
    ]
    ranker = engine(tmp_path, given, graph=graph_of(given, [("roast", "coffee"), ("pottery", "coffee")]))
    first, *_, last = ranker.rank(BRIEF).results
    assert (
        first.why == "writes about it in 3 of 3 posts; 1 blogger of this niche links here; 6 comments a post, peers 4"
    )
    assert last.why.startswith(("no post of 3 is on it", "no post of 2 is on it"))
    assert last.why.endswith("comments, shares and likes unknown (the site does not show them)")
    conversation = first.parts["engagement"].inputs["conversation"]
    assert (conversation["peers"], conversation["peers_median"]) == (2, (6 + 2) / 2)
    assert first.parts["reach"].inputs["niche_linkers"] == 1


def test_unknown_links_are_said_to_be_unknown(tmp_path: Path) -> None:
    (first, *_) = engine(tmp_path, three_bloggers()).rank(BRIEF).results
    assert "links unknown" in first.why
    assert first.parts["reach"].peers_median is None
    assert first.parts["engagement"].peers_median is None


@pytest.mark.parametrize("example", ["blg_pottery", "pottery.test", "https://pottery.test/2", " pottery.test "])
def test_examples_alone_make_a_niche(ranker: RankingEngine, example: str) -> None:
    found = ranker.rank("", niche=NicheTerms(examples_like=(example,)))
    assert names(found)[0] == "pottery"
    assert "example_like" in found.results[0].flags
    assert found.warnings == ()


def test_examples_move_a_brief(ranker: RankingEngine) -> None:
    def relevance_of(niche: NicheTerms) -> float:
        return ranker.explain("things made by hand", "blg_pottery", niche=niche).parts["relevance"].value

    plain = relevance_of(NicheTerms())
    assert relevance_of(NicheTerms(examples_like=("pottery.test",))) > plain
    assert relevance_of(NicheTerms(examples_unlike=("pottery.test",))) < plain


def test_an_example_that_is_not_there_is_told(ranker: RankingEngine) -> None:
    found = ranker.rank(BRIEF, niche=NicheTerms(examples_like=("nobody.test",)))
    assert "nobody.test" in found.warnings[0]
    with pytest.raises(BriefError):
        ranker.rank(" ", niche=NicheTerms(examples_unlike=("coffee.test",)))


def test_excluded_sites_terms_and_languages_of_a_niche(ranker: RankingEngine) -> None:
    def without(**terms: Any) -> list[str]:
        return sorted({"coffee", "cycling", "pottery"} - set(names(ranker.rank(BRIEF, niche=NicheTerms(**terms)))))

    assert without(exclude_sites=("https://cycling.test/", "nobody.test")) == ["cycling"]
    assert without(exclude_terms=("kilns and clays",)) == ["pottery"]  # one of its two posts
    assert without(exclude_terms=("kilns and espresso", "lever")) == []
    assert without(exclude_terms=("espressos",)) == ["coffee"]
    assert without(exclude_terms=("celadon", "zzz", "…")) == ["pottery"]
    assert without(languages=("nl",)) == ["coffee", "cycling", "pottery"]


def test_rocchio_moves_by_its_weights() -> None:
    brief, like, unlike = np.eye(3, dtype=np.float32)
    expected = np.array([1, 0.25, -0.05]) / np.sqrt(1 + 0.25**2 + 0.05**2)
    assert moved(brief, [like], [unlike]) == pytest.approx(expected)
    assert moved(None, [like, unlike], []) == pytest.approx(np.array([0, 1, 1]) / np.sqrt(2))
    assert moved(brief, [np.zeros(3, np.float32)], []) is brief
    assert moved(None, [], [unlike]) is None
