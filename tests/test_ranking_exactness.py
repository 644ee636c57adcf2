"""Every score can be recomputed from its own answer, ties have an order, and no run of a process changes a byte."""

import hashlib
import json
import math
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from statistics import fmean
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bloghound.records import Disclosure
from ranking.engine import RankingEngine
from ranking.niche import NicheTerms
from ranking.relevance import TYPICAL_RELEVANT, UNREAD_COSINE
from ranking.score import GATE_MIDDLE, GATE_WIDTH, Weights
from tests.conftest import PROJECT
from tests.ranking_bloggers import COFFEE, CYCLING, POTTERY, blogger, engine, graph_of

BRIEFS = (
    "espresso machines and grinders at home",
    "kilns, clay and glaze",
    "bicycle rides over gravel passes",
    "coffee, bicycles and clay",
    "zzzzzzzzzz",
)
NICHES = (
    NicheTerms(),
    NicheTerms(examples_like=("coffee.test",), examples_unlike=("cycling.test",)),
    NicheTerms(examples_like=("pottery.test", "both.test"), exclude_terms=("spoke",), languages=("en",)),
    NicheTerms(exclude_sites=("coffee.test",)),
)
PRIOR_POSTS = 5
"""Of the published formula: what a blogger with few posts is drawn to its peers by."""


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, RankingEngine]:
    """Bloggers with all that a score is made of: comments shown and hidden, links, two languages, findings."""
    folder = tmp_path_factory.mktemp("exact")
    bloggers = [
        blogger("coffee", COFFEE, 1, comments=6, likes=2),
        blogger("cycling", CYCLING, 2, comments=None, likes=40),
        blogger("pottery", POTTERY, 3, comments=0),
        blogger("both", [COFFEE[0] + CYCLING[0], POTTERY[0]], 4),
        blogger("fiets", CYCLING[:2], 5, language="nl", comments=3),
        blogger("sold", COFFEE[1:], 6, disclosures=(Disclosure("sponsored", "#ad", 0.0),), comments=9),
        blogger("farm", POTTERY, 7, site={"flags": ("spam_suspected",)}),
    ]
    links = [("cycling", "coffee"), ("pottery", "coffee"), ("both", "pottery"), ("fiets", "cycling"), ("sold", "both")]
    return folder, engine(folder, bloggers, graph=graph_of(bloggers, links))


def recomputed(answer: Mapping[str, Any], weights: Mapping[str, float], *, brief_read: bool = True) -> float:
    """The score from the figures of an answer, written anew from the published formula."""
    parts = {name: part["inputs"] for name, part in answer["parts"].items()}
    evidence = [parts["relevance"][name] for name in ("whole_blog", "best_posts", "blog_text", "post_text")]
    mean_known = fmean(one for one in evidence if one is not None)
    assumed = min(mean_known, UNREAD_COSINE) if brief_read else mean_known
    mean = fmean(assumed if one is None else one for one in evidence)
    relevance = 1 - math.exp(-max(mean, 0) / TYPICAL_RELEVANT)
    gate = 1 / (1 + math.exp(-(relevance - GATE_MIDDLE) / GATE_WIDTH))
    engagement = math.fsum(one["weight"] * entered(one) for one in parts["engagement"].values())
    reach = (parts["reach"]["whole"] + parts["reach"]["niche"]) / 2
    parts_sum = weights["relevance"] * relevance + weights["engagement"] * engagement + weights["reach"] * reach
    return float(gate * parts_sum) - math.fsum(one["amount"] for one in answer["deductions"])


def entered(measure: Mapping[str, Any]) -> float:
    """What a measure of engagement counts."""
    if not measure["posts"]:
        return float(measure["floor"])
    posts = measure["of_posts"]
    shrunk = (posts * measure["level"] + PRIOR_POSTS * measure["prior"]) / (posts + PRIOR_POSTS)
    return float(max(shrunk, measure["floor"]))


@given(
    brief=st.sampled_from(BRIEFS),
    niche=st.sampled_from(NICHES),
    shares=st.tuples(*[st.floats(0, 100)] * 3).filter(lambda shares: sum(shares) > 1e-3),
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_score_is_recomputed_from_its_own_answer(
    index: tuple[Path, RankingEngine], brief: str, niche: NicheTerms, shares: tuple[float, float, float]
) -> None:
    _, ranker = index
    weights = Weights(*shares)
    found = ranker.rank(brief, weights=weights, niche=niche).as_dict()
    shown = {one["blogger"]["id"]: one for one in found["results"]}
    for entry in ranker.generation.bloggers:
        answer = ranker.explain(brief, entry.public_id, weights=weights, niche=niche).as_dict()
        assert recomputed(answer, found["weights"]) == pytest.approx(answer["score"], abs=1e-9)
        if entry.public_id in shown:
            assert {**answer, "rank": 0} == {**shown[entry.public_id], "rank": 0}


def test_the_recomputed_scores_hold_all_that_a_score_is_made_of(index: tuple[Path, RankingEngine]) -> None:
    answers = [index[1].explain(BRIEFS[0], one.public_id).as_dict() for one in index[1].generation.bloggers]
    evidence = [one["parts"]["relevance"]["inputs"]["whole_blog"] for one in answers]
    talked = [one["parts"]["engagement"]["inputs"]["conversation"]["posts"] for one in answers]
    assert {one is None for one in evidence} == {posts > 0 for posts in talked} == {True, False}
    assert any(one["deductions"] for one in answers)
    assert any(one["parts"]["reach"]["inputs"]["niche"] > 0 for one in answers)


def test_equal_scores_stand_by_site_key_in_whatever_order_they_were_stored(tmp_path: Path) -> None:
    stored = [
        blogger(name, texts, number)
        for number, (name, texts) in enumerate([("zebra", POTTERY), ("ant", COFFEE), ("mole", CYCLING)], start=1)
    ]
    ranker = engine(tmp_path, stored)
    alone = Weights(relevance=0, engagement=0, reach=1)
    found = ranker.rank(BRIEFS[0], weights=alone).results
    assert [one.score.total for one in found] == [0.0, 0.0, 0.0]
    assert [one.blogger.site_key for one in found] == ["ant.test", "mole.test", "zebra.test"]
    ordered = ranker.candidates(BRIEFS[0], weights=alone)
    assert [ranker.generation.bloggers[one.blogger].site_key for one in ordered] == [
        one.blogger.site_key for one in found
    ]


ANSWERS = """
import hashlib, json, sys
from pathlib import Path
from graph.centrality import niche_reach
from ranking.encoder import BUNDLED_MODEL, Encoder
from ranking.engine import RankingEngine
from ranking.index import open_generation
from tests.test_ranking_exactness import BRIEFS, NICHES
ranker = RankingEngine(open_generation(Path(sys.argv[1])), Encoder.load(BUNDLED_MODEL), niche_reach)
briefs = BRIEFS[::-1] if sys.argv[2] == "backwards" else BRIEFS
for brief in briefs:
    for niche in NICHES:
        answer = json.dumps(ranker.rank(brief, niche=niche).as_dict()).encode()
        print(brief, NICHES.index(niche), hashlib.sha256(answer).hexdigest())
"""


def test_two_processes_give_the_same_bytes_whatever_they_were_asked_before(
    index: tuple[Path, RankingEngine],
) -> None:
    """Hashes of strings, and with them the order of sets, differ between the two."""
    folder, ranker = index
    printed = [_answers(folder, seed, order) for seed, order in (("1", "forwards"), ("2", "backwards"))]
    assert printed[0] == printed[1]
    here = json.dumps(ranker.rank(BRIEFS[0]).as_dict()).encode()
    assert f"{BRIEFS[0]} 0 {hashlib.sha256(here).hexdigest()}" in printed[0]
    assert len(printed[0]) == len(BRIEFS) * len(NICHES)


def _answers(folder: Path, seed: str, order: str) -> set[str]:
    command = [sys.executable, "-c", ANSWERS, str(folder), order]
    environment = os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": str(PROJECT)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.splitlines())
