"""What a build says when the store changes while it waits, whom it leaves out, and what it does when nobody is left."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, update

from bloghound.cli import run
from bloghound.errors import EncoderError, NotFoundError
from bloghound.jobs import index, reranking
from bloghound.jobs.forgetting import run_forget
from bloghound.jobs.index import run_index
from bloghound.jobs.ranking import run_evaluate, run_rank
from bloghound.records import BloggerOutline, RankableBlogger
from bloghound.settings import Settings
from ranking.index import open_generation
from ranking.index.layout import HeldIndex, exclusive
from storage import niches, rankable, suppressions, workspaces
from storage.database import open_database
from storage.tables import Blogger, Post
from storage.tables.base import table_of, utc_now
from tests.index_histories import bytes_of
from tests.stored_bloggers import BICYCLE, COFFEE, Stored

SECRET = "SECRETWORD coffee beans and shots and more, number {number} of all."
BRIEF = "coffee beans and shots"


@pytest.fixture
def stored(tmp_path: Path, tables_url: str) -> Settings:
    """Three bloggers in a database of each kind."""
    settings = Settings(data_dir=tmp_path / "data", database_url=tables_url)
    write(settings, three_sites)
    return settings


@pytest.fixture
def indexed(settings: Settings) -> Settings:
    """The same three bloggers in SQLite, indexed."""
    write(settings, three_sites)
    run_index(settings)
    return settings


def write(settings: Settings, change: Callable[[Connection], object]) -> None:
    with closing(open_database(settings)) as database, database.transaction() as connection:
        change(connection)


def three_sites(connection: Connection) -> None:
    stored = Stored(connection)
    for key, number, text in (("ann.test", 5, COFFEE), ("cyc.test", 6, BICYCLE), ("secret.test", 4, SECRET)):
        stored.site(key)
        stored.posts(key, number, text=text)


def six_more(connection: Connection) -> None:
    Stored(connection).posts("cyc.test", 6, text=BICYCLE, start=10)


def suppress(settings: Settings, key: str) -> None:
    """As an opt-out does at once, long before the rows are gone."""
    key_of_hashes, reason = settings.secret_key(), suppressions.OPTED_OUT
    write(settings, lambda found: suppressions.add(found, key_of_hashes, [key], reason=reason, now=utc_now()))


def meanwhile(monkeypatch: pytest.MonkeyPatch, event: Callable[[], object]) -> None:
    """Let something happen while the next build waits for the index."""

    def waiting(index_dir: Path) -> AbstractContextManager[HeldIndex]:
        monkeypatch.setattr(index, "exclusive", exclusive)
        event()
        return exclusive(index_dir)

    monkeypatch.setattr(index, "exclusive", waiting)


def site_keys(settings: Settings) -> list[str]:
    return [one.site_key for one in open_generation(settings.index_dir).bloggers]


def ranked(settings: Settings) -> list[str]:
    return [one.blogger.site_key for one in run_rank(settings, BRIEF).results]


def rename_ann(connection: Connection) -> None:
    connection.execute(update(table_of(Blogger)).where(table_of(Blogger).c.site_key == "ann.test").values(name="Ann"))


def test_a_build_reads_those_again_whose_facts_changed(stored: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []

    def noting(connection: Connection, chosen: Sequence[BloggerOutline], newest: int) -> Iterator[RankableBlogger]:
        read.extend(one.site_key for one in chosen)
        return bloggers(connection, chosen, newest)

    bloggers = rankable.bloggers
    monkeypatch.setattr(rankable, "bloggers", noting)
    for change, expected in (
        (lambda _: None, ["ann.test", "cyc.test", "secret.test"]),
        (lambda _: None, []),
        (rename_ann, ["ann.test"]),
        (six_more, ["cyc.test"]),
    ):
        write(stored, change)
        run_index(stored)
        assert read == expected
        read.clear()
    found = open_generation(stored.index_dir)
    assert [(one.name, one.posts) for one in found.bloggers][:2] == [("Ann", 5), ("Cyc", 12)]


def test_who_is_forgotten_while_a_build_waits_does_not_come_back(
    stored: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_index(stored)
    assert b"SECRETWORD" in bytes_of(stored.index_dir)
    meanwhile(monkeypatch, lambda: run_forget(stored, "https://secret.test/"))
    run_index(stored)
    assert site_keys(stored) == ["ann.test", "cyc.test"]
    assert b"SECRETWORD" not in bytes_of(stored.index_dir)


def test_of_two_builds_at_once_the_later_generation_says_more(
    stored: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def other_build() -> None:
        write(stored, six_more)
        run_index(stored)

    meanwhile(monkeypatch, other_build)
    assert run_index(stored).generation == 2
    older, newer = (open_generation(stored.index_dir, number) for number in (1, 2))
    assert (older.post_count, newer.post_count) == (5 + 6 + 4 + 6, 5 + 6 + 4 + 6)
    assert older.as_of < newer.as_of


def test_what_is_stored_while_a_build_waits_is_in_it_and_counted_where_it_lacks_a_vector(
    indexed: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    meanwhile(monkeypatch, lambda: write(indexed, six_more))
    waited = run_index(indexed)
    assert (waited.added, waited.encoded, waited.unencoded) == (6, 0, 6)
    after = run_index(indexed)
    assert (after.added, after.encoded, after.unencoded) == (6, 6, 0)


def test_who_opted_out_is_left_out_of_the_next_build_though_the_rows_are_there(stored: Settings) -> None:
    suppress(stored, "secret.test")
    report = run_index(stored)
    assert (report.bloggers, report.posts) == (2, 5 + 6)
    assert site_keys(stored) == ["ann.test", "cyc.test"]


def test_whoever_has_a_site_that_opted_out_is_left_out_with_all_sites(settings: Settings) -> None:
    def joined(connection: Connection) -> None:
        three_sites(connection)
        Stored(connection).join("ann.test", "secret.test")

    write(settings, joined)
    suppress(settings, "secret.test")
    run_index(settings)
    assert site_keys(settings) == ["cyc.test"]


def test_who_opted_out_since_the_build_is_not_ranked(indexed: Settings) -> None:
    assert {"secret.test", "ann.test"} <= set(ranked(indexed))
    suppress(indexed, "secret.test")
    assert "secret.test" not in ranked(indexed)
    assert "ann.test" in ranked(indexed)


def test_who_opted_out_since_the_build_is_not_in_a_run_over_judged_briefs(indexed: Settings, tmp_path: Path) -> None:
    judged = {"id": "q1", "query": BRIEF, "relevant": {"ann.test": 1}}
    (tmp_path / "briefs.json").write_text(json.dumps({"queries": [judged]}))

    def runs() -> list[str]:
        return [name for name, _ in run_evaluate(indexed, tmp_path / "briefs.json").runs["q1"]]

    assert "secret.test" in runs()
    suppress(indexed, "secret.test")
    assert "secret.test" not in runs()


def test_when_nobody_is_left_an_empty_generation_takes_the_place_of_the_old_one(indexed: Settings) -> None:
    save_niche(indexed)
    write(indexed, lambda connection: connection.execute(update(table_of(Post)).values(state="vanished")))
    report = run_index(indexed)
    assert (report.generation, report.bloggers, report.removed, report.niches_problem) == (2, 0, 5 + 6 + 4, "")
    assert (site_keys(indexed), ranked(indexed)) == ([], [])


def test_without_posts_and_without_an_index_there_is_nothing_to_build(settings: Settings) -> None:
    with pytest.raises(NotFoundError, match="No blogs are stored yet"):
        run_index(settings)
    assert not settings.index_dir.exists()


def save_niche(settings: Settings) -> None:
    def save(connection: Connection) -> None:
        room = workspaces.ensure(connection, workspaces.DEFAULT, now=utc_now()).workspace_id
        niches.create(connection, room, {"name": "Coffee", "brief": BRIEF}, now=utc_now())

    write(settings, save)


@pytest.mark.parametrize(
    ("fault", "told"), [(EncoderError("No such model."), "No such model."), (RuntimeError("oh"), "RuntimeError: oh")]
)
def test_what_goes_wrong_with_the_niches_does_not_undo_the_build(
    indexed: Settings, monkeypatch: pytest.MonkeyPatch, fault: Exception, told: str
) -> None:
    def fail(*_: object) -> Any:
        raise fault

    save_niche(indexed)
    monkeypatch.setattr(index, "_on_processor", fail)
    report = run_index(indexed)
    assert (report.generation, report.niches_problem) == (2, told)
    assert report.niches == reranking.RerankReport()


def test_a_build_with_nothing_to_encode_loads_no_model(indexed: Settings) -> None:
    script = (
        "import sys; from pathlib import Path; from bloghound.jobs.index import run_index;"
        "from bloghound.settings import Settings; found = run_index(Settings(data_dir=Path(sys.argv[1])));"
        "sys.exit(found.encoded != 0 or 'torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", script, indexed.data_dir], check=False).returncode == 0


def test_without_niches_no_model_is_loaded_for_them(indexed: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index, "_on_processor", lambda *_: pytest.fail("a model was loaded"))
    assert run_index(indexed).niches_problem == ""


def test_the_command_warns_of_what_lacks_a_vector_and_of_niches_that_failed(
    indexed: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object) -> Any:
        raise EncoderError("No such model.")

    save_niche(indexed)
    meanwhile(monkeypatch, lambda: write(indexed, six_more))
    monkeypatch.setattr(index, "_on_processor", fail)
    monkeypatch.setenv("BLOGHOUND_DATA_DIR", str(indexed.data_dir))
    assert run(["index"]) == 0
    told = " ".join(capsys.readouterr().err.split())
    assert "6 posts were stored meanwhile and have no vector yet: build again to encode them." in told
    assert "The saved niches could not be ranked: No such model." in told
