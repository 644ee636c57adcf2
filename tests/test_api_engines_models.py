import gc
import shutil
import weakref
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from itertools import groupby
from pathlib import Path

import pytest

from api.engines import Engines
from bloghound.errors import EncoderError
from bloghound.jobs.index import run_index
from bloghound.jobs.models import Encoders
from bloghound.jobs.ranking import open_engine
from bloghound.settings import Settings
from ranking.encoding.choice import BUNDLED_MODEL, ModelChoice
from storage.database import open_database
from storage.tables.base import utc_now
from tests.profiled_bloggers import fill
from tests.serving import ask, make_key, serving
from tests.small_models import PROMPTS, saved_model
from tests.stored_bloggers import Stored
from tests.waiting import until

BRIEF = "Espresso machines and grinders at home"


def indexed(data_dir: Path, model: str) -> Settings:
    """The settings of a small world that is indexed with this model."""
    settings = Settings(data_dir=data_dir, model=model)
    with closing(open_database(settings)) as database, database.transaction() as connection:
        fill(Stored(connection, seen_at=utc_now()))
    run_index(settings)
    return settings


@pytest.fixture
def changing(tmp_path: Path) -> tuple[Settings, Settings]:
    """A world indexed with the bundled model, and its settings with another model, which nothing was encoded with."""
    settings = indexed(tmp_path / "data", BUNDLED_MODEL)
    return settings, settings.model_copy(update={"model": str(saved_model(tmp_path / "small", prompts=PROMPTS))})


def test_a_generation_of_another_model_takes_over_while_the_old_one_serves(changing: tuple[Settings, Settings]) -> None:
    settings, other = changing
    with closing(Engines(settings)) as engines:
        old = engines.engine()
        before = old.rank(BRIEF).as_dict()
        run_index(other)
        assert engines.engine("gen_000001") is old
        until(lambda: engines.engine().generation.number == 2)
        new = engines.engine()
        assert new.encoder.choice == ModelChoice(other.model, "query: ", "passage: ")
        assert new.rank(BRIEF).results
        assert engines.engine("gen_000001").rank(BRIEF).as_dict() == before


def test_every_request_is_answered_while_the_model_changes_and_back(
    changing: tuple[Settings, Settings],
) -> None:
    settings, other = changing
    key = make_key(settings)
    seen: list[tuple[int, str]] = []
    with serving(settings) as address, ThreadPoolExecutor(1) as pool:

        def generation(number: int) -> str:
            answer = ask("POST", f"{address}/v1/search", {"query": f"{BRIEF}, number {number}"}, key=key)
            seen.append((answer.status, answer.json().get("generation", "")))
            return seen[-1][1]

        until(lambda: ask("GET", f"{address}/readyz").status == 200)
        for number, change in enumerate((other, settings), start=2):
            built = pool.submit(run_index, change)
            until(lambda: generation(len(seen)) == f"gen_{number:06d}")  # noqa: B023 - asked within the turn
            built.result()
    assert {status for status, _ in seen} == {200}
    assert [name for name, _ in groupby(name for _, name in seen)] == [f"gen_{one:06d}" for one in (1, 2, 3)]


def test_engines_share_the_models_of_their_generations(changing: tuple[Settings, Settings]) -> None:
    settings, other = changing
    run_index(other)
    run_index(settings)
    with closing(Engines(settings)) as engines:
        found = [engines.engine(f"gen_{number:06d}").encoder for number in (1, 2, 3)]
    assert found[0] is found[2]
    assert found[0].name != found[1].name


def test_a_model_that_no_engine_needs_any_more_is_let_go(changing: tuple[Settings, Settings]) -> None:
    settings, other = changing
    run_index(other)
    encoders = Encoders(settings)
    engine = open_engine(settings, 2, encoders)
    kept = weakref.ref(engine.encoder)
    assert kept() is encoders.of(engine.generation)
    del engine
    gc.collect()
    assert kept() is None


def test_without_its_model_a_generation_leaves_the_one_before_serving(changing: tuple[Settings, Settings]) -> None:
    settings, other = changing
    run_index(other)
    shutil.rmtree(other.model)
    with closing(Engines(settings)) as engines:
        ranking = engines.engine().rank(BRIEF)
        assert (engines.state()[0], ranking.generation) == ("ready", "gen_000001")
        assert "small@" in ranking.warnings[0]
        assert ranking.warnings[0].endswith("Generation 1 serves until then.")
        with pytest.raises(EncoderError, match="Generation 2 of the index was built with the model small@"):
            engines.engine("gen_000002")


def test_without_any_model_it_says_which_one_is_needed(tmp_path: Path) -> None:
    settings = indexed(tmp_path / "data", str(saved_model(tmp_path / "small")))
    shutil.rmtree(settings.model)
    with closing(Engines(settings)) as engines:
        with pytest.raises(EncoderError, match="'bloghound index' builds one with the model that is set"):
            engines.engine()
        assert engines.state()[0] == "failed"


def test_a_model_that_was_moved_is_found_where_it_is_set_to_be(changing: tuple[Settings, Settings]) -> None:
    _, other = changing
    run_index(other)
    there = Path(other.model)
    moved = shutil.move(there, there.parent / "elsewhere" / there.name)
    with closing(Engines(other.model_copy(update={"model": str(moved)}))) as engines:
        assert engines.engine().generation.number == 2


def test_another_prompt_for_briefs_waits_for_the_next_generation(changing: tuple[Settings, Settings]) -> None:
    _, other = changing
    run_index(other)
    asking = other.model_copy(update={"model_query_prompt": "question: "})
    with closing(Engines(asking)) as engines:
        assert engines.engine().encoder.choice.query_prompt == "query: "
        assert run_index(asking).encoded == 0
        until(lambda: engines.engine().encoder.choice.query_prompt == "question: ")
