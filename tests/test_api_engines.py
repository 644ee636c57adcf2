import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from itertools import pairwise
from pathlib import Path

import pytest

from api.engines import MAX_OPEN, Engines
from bloghound.errors import GoneError, IndexDamagedError, IndexMissingError, NotFoundError
from bloghound.settings import Settings
from ranking.index import forget, layout
from storage import suppressions
from storage.database import open_database
from storage.tables.base import utc_now
from tests.conftest import MEASURED, PROJECT
from tests.ranking_bloggers import build, three_bloggers
from tests.serving import ask, make_key
from tests.waiting import PAUSE_SECONDS, until

BRIEF = "Espresso machines and grinders at home"


@pytest.fixture
def engines(settings: Settings) -> Iterator[Engines]:
    build(settings.index_dir, three_bloggers())
    with closing(Engines(settings)) as made:
        yield made


def test_the_first_question_waits_for_the_engine(engines: Engines) -> None:
    assert engines.state()[0] == "warming"
    assert engines.engine().rank(BRIEF).results[0].blogger.public_id == "blg_coffee"
    assert engines.state() == ("ready", "")


def test_without_an_index_it_says_so_and_takes_up_the_first_one(settings: Settings) -> None:
    with closing(Engines(settings)) as engines:
        engines.start_warming()
        with pytest.raises(IndexMissingError, match="bloghound index"):
            engines.engine()
        assert engines.state()[0] == "no_index"
        build(settings.index_dir, three_bloggers())
        until(lambda: engines.state()[0] == "ready")


def test_a_newer_generation_opens_while_the_old_one_serves(engines: Engines, settings: Settings) -> None:
    old = engines.engine()
    build(settings.index_dir, three_bloggers())
    assert engines.engine("gen_000001") is old
    until(lambda: engines.engine().generation.number == 2)
    assert engines.engine("gen_000001") is old
    assert engines.engine().encoder is old.encoder


def test_a_generation_that_was_replaced_is_gone(engines: Engines, settings: Settings) -> None:
    for _ in range(4):
        build(settings.index_dir, three_bloggers()[:1])
    assert engines.engine().generation.number == 5
    for number in (1, 2):
        with pytest.raises(GoneError, match=f"gen_{number:06d}"):
            engines.engine(f"gen_{number:06d}")
    assert [engines.engine(f"gen_{number:06d}").generation.number for number in (3, 4, 5)] == [3, 4, 5]
    assert len(engines._older) == MAX_OPEN - 1


@pytest.mark.parametrize("name", ["", "gen_", "gen_0", "gen_000000", "gen_0000001", "gen_000009", "x", "gen_²²²²²²"])
def test_a_generation_that_never_was_is_not_found(engines: Engines, name: str) -> None:
    with pytest.raises(NotFoundError):
        engines.engine(name)


def test_a_generation_of_an_older_format_is_gone(engines: Engines, settings: Settings) -> None:
    build(settings.index_dir, three_bloggers())
    folder = layout.folder_of(settings.index_dir, 1)
    layout.write_meta(folder, {**layout.read_meta(folder), "format": layout.FORMAT - 1})
    with pytest.raises(GoneError, match="format"):
        engines.engine("gen_000001")


def test_a_damaged_index_is_named_and_tried_again_when_it_changes(settings: Settings) -> None:
    build(settings.index_dir, three_bloggers())
    meta = layout.folder_of(settings.index_dir, 1) / layout.META
    sound = meta.read_bytes()
    meta.write_bytes(b"{}")
    with closing(Engines(settings)) as engines:
        with pytest.raises(IndexDamagedError, match="damaged"):
            engines.engine()
        assert engines.state()[0] == "failed"
        layout.write_durably(meta, sound)
        until(lambda: engines.state()[0] == "ready")


def test_a_blogger_who_was_forgotten_leaves_every_engine(engines: Engines, settings: Settings) -> None:
    build(settings.index_dir, three_bloggers())
    engines.engine("gen_000001")
    forget(settings.index_dir, "blg_coffee")
    assert "blg_coffee" not in engines.engine("gen_000001").generation.positions
    until(lambda: "blg_coffee" not in engines.engine().generation.positions)


def test_who_opted_out_is_hidden_until_that_is_lifted(engines: Engines, settings: Settings) -> None:
    engine, key = engines.engine(), settings.secret_key()
    with closing(open_database(settings)) as database:
        assert engines.hidden(engine, database) == frozenset()
        with database.transaction() as connection:
            names = ["coffee.test", "elsewhere.test"]
            suppressions.add(connection, key, names, reason=suppressions.OPTED_OUT, now=utc_now())
        assert engines.hidden(engine, database) == engines.hidden(engine, database) == {"blg_coffee"}
        with database.transaction() as connection:
            suppressions.lift(connection, key, ["coffee.test"])
        assert engines.hidden(engine, database) == frozenset()


def test_many_questions_at_once_open_one_engine(engines: Engines, settings: Settings) -> None:
    build(settings.index_dir, three_bloggers())
    found: list[object] = []
    threads = [threading.Thread(target=lambda: found.append(engines.engine("gen_000001"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(map(id, found))) == 1


def test_a_copied_index_folder_serves_without_its_pointer(engines: Engines, settings: Settings, tmp_path: Path) -> None:
    other = settings.model_copy(update={"data_dir": tmp_path / "other"})
    shutil.copytree(settings.index_dir, other.index_dir)
    (other.index_dir / layout.CURRENT).unlink()
    with closing(Engines(other)) as made:
        assert made.engine().generation.number == 1


@contextmanager
def started(settings: Settings) -> Iterator[str]:
    """The service in a process of its own, since this one has the model's libraries loaded already."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    environment = os.environ | {"BLOGHOUND_DATA_DIR": str(settings.data_dir)}
    command = [sys.executable, "-m", "bloghound", "serve", "--port", str(port)]
    with subprocess.Popen(command, env=environment, cwd=PROJECT, stdout=subprocess.DEVNULL) as process:
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait()


def healthy_at(address: str) -> float | None:
    try:
        return time.monotonic() if ask("GET", f"{address}/healthz").status == 200 else None
    except OSError:
        return None


def test_health_answers_while_the_model_loads(settings: Settings) -> None:
    build(settings.index_dir, three_bloggers())
    key, start, answers = make_key(settings), time.monotonic(), list[float]()
    with started(settings) as address:
        until(lambda: healthy_at(address) is not None)
        first = time.monotonic() - start
        with ThreadPoolExecutor(1) as pool:
            ranked = pool.submit(ask, "POST", f"{address}/v1/search", {"query": BRIEF}, key=key)
            while not ranked.done():
                answers += [moment for moment in [healthy_at(address)] if moment is not None]
                threading.Event().wait(PAUSE_SECONDS)
        whole = time.monotonic() - start
    gap = max(later - sooner for sooner, later in pairwise(answers))
    MEASURED.append(f"healthy after {first:.2f} s, ranked after {whole:.2f} s, longest silence {gap:.2f} s")
    assert ranked.result().json()["results"][0]["blogger"]["id"] == "blg_coffee"
    assert first < whole
    assert len(answers) > 1
