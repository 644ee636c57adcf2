from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bloghound.errors import IndexMissingError, JudgementsError
from ranking.baselines import all_post_vectors
from ranking.engine import RankingEngine
from ranking.evaluate import MEASURES, Query, evaluate
from ranking.niche import NicheTerms
from ranking.score import Weights
from tests.ranking_bloggers import COFFEE, CYCLING, blogger, encoder, engine, three_bloggers, vectors_of

BASELINES = {"bm25_blog", "bm25_posts", "mean", "top3", "vote"}
QUERIES = [
    Query("Q1", "espresso machines and grinders at home", {"coffee.test": 2}),
    Query("Q2", "kilns, clay and glaze", {"pottery.test": 2, "coffee.test": 1}),
    Query("Q3", "stamp collecting", {}),
]


@pytest.fixture(scope="module")
def ranker(tmp_path_factory: pytest.TempPathFactory) -> RankingEngine:
    return engine(tmp_path_factory.mktemp("index"), three_bloggers())


def test_the_shape_is_the_documented_one(ranker: RankingEngine) -> None:
    found = evaluate(ranker, QUERIES).as_dict()
    assert (found["queries"], found["judged"]) == (3, 2)
    assert set(found["baselines"]) == BASELINES
    assert all(set(one) == set(MEASURES) for one in [found["ours"], found["score"], *found["baselines"].values()])
    assert [one["id"] for one in found["per_query"]] == ["Q1", "Q2"]
    assert found["best_baseline"]["baseline"] in BASELINES


def test_figures_are_the_means_of_the_queries(ranker: RankingEngine) -> None:
    found = evaluate(ranker, QUERIES).as_dict()
    assert found["per_query"][0]["ours"]["map"] == 1.0
    assert found["ours"]["map"] == pytest.approx(sum(one["ours"]["map"] for one in found["per_query"]) / 2)
    assert found["ours"]["p@10"] == pytest.approx((1 / 10 + 2 / 10) / 2)


def test_every_baseline_finds_the_plain_answer(ranker: RankingEngine) -> None:
    (only,) = evaluate(ranker, QUERIES[:1]).judged
    expected = dict.fromkeys([*BASELINES, "ours", "score"], 1.0)
    assert {name: found["map"] for name, found in only.methods.items()} == expected


def test_qrels_replace_the_judgements_of_the_file(ranker: RankingEngine) -> None:
    found = evaluate(ranker, QUERIES, {"Q3": {"cycling.test": 1}}).as_dict()
    assert (found["judged"], found["per_query"][0]["id"]) == (1, "Q3")


def test_qrels_of_other_queries_are_refused(ranker: RankingEngine) -> None:
    with pytest.raises(JudgementsError, match="none of the queries"):
        evaluate(ranker, QUERIES, {"Q9": {"coffee.test": 1}})


def test_without_judgements_there_is_still_a_run(ranker: RankingEngine, tmp_path: Path) -> None:
    evaluation = evaluate(ranker, QUERIES[2:])
    evaluation.write_run(tmp_path / "run")
    lines = [line.split() for line in (tmp_path / "run").read_text().splitlines()]
    assert {line[2] for line in lines} == {"coffee.test", "cycling.test", "pottery.test"}
    assert [line[3] for line in lines] == ["1", "2", "3"]
    assert evaluation.as_dict()["ours"] == dict.fromkeys(MEASURES)


def test_baselines_read_posts_that_the_index_has_no_vectors_for(tmp_path: Path) -> None:
    dutch = blogger("fiets", CYCLING, language="nl")
    found = all_post_vectors(engine(tmp_path, [dutch]).generation, encoder())
    expected = np.stack([vectors_of([dutch])[entry.content_hash] for entry in dutch.posts])
    assert np.allclose(found.rows, expected, atol=1e-2)
    assert found.owners.tolist() == [0, 0, 0]


def test_progress_counts_the_posts_to_encode_and_the_briefs(tmp_path: Path) -> None:
    dutch = blogger("fiets", CYCLING, language="nl")
    told: list[tuple[str, int, int | None]] = []
    evaluate(
        engine(tmp_path, [dutch]), [Query("Q1", "bicycle", {"fiets.test": 1})], progress=lambda *one: told.append(one)
    )
    posts = len(CYCLING)
    assert told[-3:] == [("baselines", posts, posts), ("briefs", 0, 1), ("briefs", 1, 1)]


def test_bloggers_of_one_host_count_once_with_the_best_of_them(tmp_path: Path) -> None:
    shared = [
        replace(blogger(name, texts, number), home_url=f"https://shared.test/~{name}/")
        for number, (name, texts) in enumerate([("ann", CYCLING), ("bob", COFFEE)], start=1)
    ]
    evaluation = evaluate(engine(tmp_path, shared), [Query("Q1", "espresso at home", {"shared.test": 2})])
    assert [host for host, _ in evaluation.runs["Q1"]] == ["shared.test"]
    assert all(figures["map"] == 1.0 for figures in evaluation.judged[0].methods.values())
    assert evaluation.judged[0].methods["ours"]["ndcg@10"] == 1.0


@pytest.mark.parametrize("judged", [QUERIES[:1], QUERIES[2:]])
def test_an_index_without_bloggers_cannot_be_measured(tmp_path: Path, judged: list[Query]) -> None:
    with pytest.raises(IndexMissingError, match="holds no bloggers"):
        evaluate(engine(tmp_path, []), judged)


def test_judgements_may_name_a_blogger_by_id_key_or_host(ranker: RankingEngine) -> None:
    entry = next(one for one in ranker.generation.bloggers if one.site_key == "coffee.test")
    found = [
        evaluate(ranker, [Query("Q1", "espresso machines", {name: 2})], with_baselines=False).judged[0].methods["ours"]
        for name in (entry.public_id, entry.site_key, "coffee.test")
    ]
    assert found[0] == found[1] == found[2]
    assert found[0]["map"] == 1.0


def test_two_bloggers_of_one_host_are_told_apart_by_their_keys(tmp_path: Path) -> None:
    shared = [
        replace(blogger(name, texts, number), home_url=f"https://s.test/@{name}", site_key=f"s.test/@{name}")
        for number, (name, texts) in enumerate([("ann", CYCLING), ("bob", COFFEE)], start=1)
    ]
    query = Query("Q1", "espresso machines and grinders", {"s.test/@bob": 2})
    evaluation = evaluate(engine(tmp_path, shared), [query])
    assert [name for name, _ in evaluation.runs["Q1"]] == ["s.test/@bob", "s.test/@ann"]
    assert evaluation.judged[0].methods["ours"]["map"] == 1.0


def test_a_niches_examples_languages_and_exclusions_count(ranker: RankingEngine) -> None:
    like, only = NicheTerms(examples_like=("pottery.test",)), NicheTerms(exclude_sites=("coffee.test",))
    queries = [Query("Q1", "", {"pottery.test": 2}, like), Query("Q2", "espresso at home", {"coffee.test": 2}, only)]
    by_example, without = evaluate(ranker, queries).judged
    assert by_example.methods["ours"]["map"] == 1.0
    assert by_example.baselines == {}
    assert (without.methods["ours"]["map"], without.methods["score"]["map"]) == (0.0, 0.0)
    assert without.baselines["mean"]["map"] == 1.0


def test_who_is_hidden_stands_in_no_run(ranker: RankingEngine) -> None:
    hidden = [one.public_id for one in ranker.generation.bloggers if one.site_key == "coffee.test"]
    (found,) = evaluate(ranker, QUERIES[:1], hidden=hidden).judged
    assert {name: one["map"] for name, one in found.methods.items()} == dict.fromkeys(found.methods, 0.0)


def test_the_score_is_measured_with_the_querys_weights(ranker: RankingEngine) -> None:
    alone = Weights(relevance=1, engagement=0, reach=0)
    (found,) = evaluate(ranker, [replace(QUERIES[1], weights=alone)], with_baselines=False).judged
    assert found.methods["score"] == found.methods["ours"]
    assert (found.judged, found.liked) == (2, 2)


def test_what_likes_alone_cannot_say_is_no_figure_and_no_part_of_a_mean(ranker: RankingEngine) -> None:
    liked = Query("Q1", "espresso machines and grinders at home", {"coffee.test": 2})
    both = Query("Q2", "kilns, clay and glaze", {"pottery.test": 0, "coffee.test": 1})
    found = evaluate(ranker, [liked, both], with_baselines=False).as_dict()
    first, second = (one["ours"] for one in found["per_query"])
    for name in ("bpref", "condensed_map", "condensed_ndcg@10"):
        assert first[name] is None
        assert found["ours"][name] == second[name] < 1
    assert found["ours"]["map"] == pytest.approx((first["map"] + second["map"]) / 2)
    alone = evaluate(ranker, [liked], with_baselines=False).as_dict()
    assert (alone["ours"]["bpref"], alone["ours"]["map"]) == (None, 1.0)


def test_case_behind_a_host_tells_bloggers_apart(tmp_path: Path) -> None:
    shared = [
        replace(blogger(name, texts, number), home_url=f"https://s.test/@{name}", site_key=f"s.test/@{name}")
        for number, (name, texts) in enumerate([("Ann", CYCLING), ("ann", COFFEE)], start=1)
    ]
    query = Query("Q1", "espresso machines and grinders", {"s.test/@ann": 2, "s.test/@Ann": 0})
    evaluation = evaluate(engine(tmp_path, shared), [query], with_baselines=False)
    assert [name for name, _ in evaluation.runs["Q1"]] == ["s.test/@ann", "s.test/@Ann"]
    assert evaluation.judged[0].methods["ours"]["bpref"] == 1.0
