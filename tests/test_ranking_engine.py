import json
from datetime import UTC, datetime
from math import exp
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bloghound.errors import BriefError, IndexMissingError, InputError
from bloghound.records import Disclosure, RankableBlogger
from graph.centrality import niche_reach
from ranking.engine import RankingEngine, percentile
from ranking.ranking import Ranking
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
    assert set(found) == {"query", "generation", "formula", "warnings", "results"}
    first = found["results"][0]
    assert set(first) == {"rank", "blogger", "score", "parts", "deductions", "evidence", "flags"}
    assert set(first["blogger"]) == {"id", "name", "home", "sites", "languages", "followers"}
    part = {"value", "weight", "contribution", "percentile", "sample_size", "known", "inputs"}
    assert [set(first["parts"][name]) for name in ("relevance", "engagement", "reach")] == [part] * 3
    assert set(first["evidence"][0]) == {"url", "title", "published", "sentence", "similarity"}
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


def test_farm_scraper_and_advertiser_sink_below_honest_bloggers(tmp_path: Path) -> None:
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
    ranking = engine(tmp_path, given, graph=graph).rank(BRIEF)
    assert set(names(ranking)[:2]) == {"honest", "modest"}
    found = {one.blogger.public_id: [finding.finding for finding in one.score.deductions] for one in ranking.results}
    assert found["blg_scraper"] == ["copied_text"]
    assert found["blg_adverts"] == ["sponsored_posts"]
    assert found["blg_farm"] == ["flagged_sites"]
    assert ranking.results[names(ranking).index("farm")].flags == ("link_farm",)


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
    assert percentile(peers, float(peers.max())) == round(100 * 2.5 / 3, 1)
    assert percentile(peers, -1.0) == 0.0


def test_words_alone_do_not_carry_a_blog_that_cannot_be_read_above_one_that_can(tmp_path: Path) -> None:
    unread = blogger("unread", ["espresso espresso en verder niets dan espresso"] * 2, 4, language="nl")
    found = engine(tmp_path, [*three_bloggers(), unread]).rank("espresso")
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
