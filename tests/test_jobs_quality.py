"""Measuring what was judged as a job: after each build of the service, once at a time, and on what is still stored."""

import os
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from bloghound.errors import ConflictError
from bloghound.jobs import quality
from bloghound.jobs.runner import JobRunner
from bloghound.settings import Settings
from ranking.index import layout
from storage import jobs, judgements, suppressions, workspaces
from storage.database import Database, open_database
from storage.judgements import Grade, JudgedFor, Seen
from storage.tables.base import utc_now
from tests.listing import NOW, make_blogger
from tests.profiled_bloggers import built_world, id_of
from tests.working import ended, wait_for

BRIEF = JudgedFor(brief="Espresso at home: grinders, shots and roasted coffee beans")
BEAN, CUP, WHEEL = (id_of(f"{name}.example") for name in ("bean", "cup", "wheel"))


def judge(database: Database, grades: dict[str, Grade], team: str = workspaces.DEFAULT) -> int:
    """A team's judgements for the brief; its row id."""
    with database.transaction() as connection:
        room = workspaces.ensure(connection, team, now=NOW).workspace_id
        for blogger, grade in grades.items():
            judgements.give(connection, room, BRIEF, blogger, grade, seen=Seen(), judge="ana", now=NOW)
    return room


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return built_world(tmp_path_factory.mktemp("quality"))


def test_a_build_of_the_service_is_followed_by_measuring(world: Settings) -> None:
    with closing(open_database(world)) as database:
        room = judge(database, {BEAN: Grade.LIKE, WHEEL: Grade.DISLIKE})
        judge(database, {BEAN: Grade.DISLIKE}, "nobody liked")
        with database.transaction() as connection:
            build = jobs.submit(connection, "index", workspace_id=room, now=utc_now()).public_id
        runner = JobRunner(world)
        runner.start()
        try:
            built = wait_for(world, build, ended)
            with database.read() as connection:
                (measuring,) = jobs.newest_first(
                    connection, workspace_id=room, with_installation=True, kinds=["quality"], limit=9
                )
            done = wait_for(world, measuring.public_id, ended)
        finally:
            runner.stop()
    assert (built.state, done.state, done.errors) == ("succeeded", "succeeded", [])
    figures: dict[str, Any] = done.result["quality"]
    assert figures["generation"] == f"gen_{built.result['index']['generation']:06d}"
    assert figures["ours"]["condensed_map"] == 1.0


def test_measuring_that_waits_is_asked_for_once(opened: Database) -> None:
    with opened.transaction() as connection:
        room = workspaces.ensure(connection, "team", now=NOW).workspace_id
    with pytest.raises(ConflictError, match="no blogger is judged to fit"):
        quality.start_quality(opened, workspace_id=room)
    assert quality.start_after_build(opened) == 0


def test_two_wishes_are_one_job(world: Settings) -> None:
    with closing(open_database(world)) as database:
        room = judge(database, {BEAN: Grade.LIKE}, "twice")
        first, again = (quality.start_quality(database, workspace_id=room) for _ in range(2))
        assert first.public_id == again.public_id
        quality.start_after_build(database)
        with database.read() as connection:
            found = jobs.newest_first(connection, workspace_id=room, with_installation=False, limit=9)
    assert [one.public_id for one in found] == [first.public_id]


def test_what_a_job_keeps_holds_no_words_and_no_names(world: Settings) -> None:
    with closing(open_database(world)) as database:
        room = judge(database, {BEAN: Grade.LIKE, WHEEL: Grade.DISLIKE}, "discreet")
        kept = str(quality.measure_workspace(world, database, room, lambda *_: None))
    assert BRIEF.brief_id in kept
    assert not any(word in kept for word in ("Espresso", "bean", BEAN, "wheel"))


def test_whoever_opted_out_since_is_neither_measured_nor_ranked(tmp_path: Path) -> None:
    settings = built_world(tmp_path)
    with closing(open_database(settings)) as database:
        room = judge(database, {BEAN: Grade.LIKE, CUP: Grade.LIKE, WHEEL: Grade.DISLIKE})
        before = quality.measure_workspace(settings, database, room, lambda *_: None)
        with database.transaction() as connection:
            suppressions.add(connection, settings.secret_key(), ["cup.example"], reason="opted_out", now=NOW)
        after = quality.measure_workspace(settings, database, room, lambda *_: None)
    assert (before["judgements"], after["judgements"], after["not_indexed"]) == (3, 2, 0)
    assert before["judgements_version"] != after["judgements_version"]
    assert after["ours"]["map"] == 1.0


def test_a_judged_blogger_whom_the_generation_does_not_hold_is_left_out(world: Settings) -> None:
    newcomer = id_of("new.example")
    with closing(open_database(world)) as database:
        with database.transaction() as connection:
            make_blogger(connection, "new.example")
        room = judge(database, {BEAN: Grade.LIKE, newcomer: Grade.LIKE}, "early")
        figures = quality.measure_workspace(world, database, room, lambda *_: None)
    assert (figures["not_indexed"], figures["judgements"], figures["ours"]["map"]) == (1, 1, 1.0)
    assert any("not in this generation" in sentence for sentence in figures["warnings"])


def test_teams_that_are_measured_in_a_row_share_the_engine_of_a_generation(world: Settings) -> None:
    shared = quality.MeasuredEngine()
    first = shared.current(world)
    assert shared.current(world) is first
    current = layout.folder_of(world.index_dir, layout.current_number(world.index_dir) or 0)
    os.utime(current / layout.META, (0, 0))  # as when an erasure rewrites the generation
    second = shared.current(world)
    assert second is not first
    shared.let_go()
    assert shared.current(world) is not second
