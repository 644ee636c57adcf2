from pathlib import Path

import numpy as np
import pytest

from ranking.engine import RankingEngine
from ranking.niche import NicheTerms, mostly_excluded
from ranking.ranking import Ranking
from tests.ranking_bloggers import COFFEE, blogger, engine, three_bloggers

FINNISH = ("Kahvi on hyvää, ja espresso myös, mutta tämä teksti on kirjoitettu suomeksi.",)


@pytest.fixture(scope="module")
def ranker(tmp_path_factory: pytest.TempPathFactory) -> RankingEngine:
    given = [*three_bloggers(), blogger("finn", FINNISH, 7, language="fi"), blogger("krieg", COFFEE, 8, language="de")]
    return engine(tmp_path_factory.mktemp("niche"), given)


def warned(ranking: Ranking, about: str) -> list[str]:
    return [warning for warning in ranking.warnings if about in warning]


@pytest.mark.parametrize(
    ("holds", "on_topic", "expected"),
    [
        ([1, 0], [1, 1], True),
        ([1, 0, 0], [1, 1, 1], False),
        ([1, 0, 0], [1, 0, 0], True),
        ([1, 1, 0], [0, 0, 1], False),
        ([1, 1, 0], [0, 0, 0], True),
        ([0, 0], [0, 0], False),
        ([], [], False),
    ],
)
def test_who_mostly_writes_of_what_is_excluded(holds: list[int], on_topic: list[int], expected: bool) -> None:
    before, after = [1, 0, 0], [0]
    offsets = np.cumsum([0, len(before), len(holds), len(after)])
    held = np.array([*before, *holds, *after], np.bool_)
    topical = np.array([1, 1, 1, *on_topic, 1], np.bool_)
    assert mostly_excluded(held, topical, offsets).tolist() == [False, expected, False]


def test_examples_that_the_model_cannot_read_are_named(ranker: RankingEngine) -> None:
    alone = ranker.rank("", niche=NicheTerms(examples_like=("finn.test",)))
    assert warned(alone, "Examples") == ["Examples that the embedding model cannot read do not count: finn.test."]
    beside = ranker.rank("espresso", niche=NicheTerms(("coffee.test",), ("finn.test",)))
    assert len(warned(beside, "cannot read do not count: finn.test")) == 1


def test_examples_that_count_need_no_warning(ranker: RankingEngine) -> None:
    assert not warned(ranker.rank("", niche=NicheTerms(examples_like=("coffee.test",))), "Examples")


@pytest.mark.parametrize("term", ["the", "The and", "die", "!!!", ""])
def test_excluded_terms_that_every_text_holds_exclude_nobody(ranker: RankingEngine, term: str) -> None:
    found = ranker.rank("espresso", niche=NicheTerms(exclude_terms=(term, "celadon")))
    assert warned(found, "Excluded") == [f"Excluded terms without a telling word do not count: {term!r}."]
    assert {one.blogger.public_id for one in found.results} == {"blg_coffee", "blg_cycling", "blg_finn", "blg_krieg"}


def test_stop_words_beside_others_exclude_nobody_more(ranker: RankingEngine) -> None:
    found = ranker.rank("espresso", niche=NicheTerms(exclude_terms=("the celadon",)))
    assert "blg_pottery" not in {one.blogger.public_id for one in found.results}
    assert (len(found.results), warned(found, "Excluded")) == (4, [])


def test_a_stop_word_of_a_language_that_nobody_writes_in_excludes(tmp_path: Path) -> None:
    english = engine(
        tmp_path, [*three_bloggers(), blogger("war", ("The long war in the hills, told by a veteran.",), 9)]
    )
    found = english.rank("war", niche=NicheTerms(exclude_terms=("war",)))
    assert "blg_war" not in {one.blogger.public_id for one in found.results}
