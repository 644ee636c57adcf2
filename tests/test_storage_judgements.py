"""Judgements: one per niche or brief and blogger, of one team, moving with merged bloggers; on both databases."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, event, select

from bloghound.errors import NotFoundError
from storage import erasure, identity, judgements, niches, sites, suppressions
from storage.database import Database
from storage.judgements import Grade, JudgedFor, Seen, StoredJudgement
from storage.sites import NewSite
from storage.tables import Blogger, Judgement, Site
from storage.tables.base import public_id, table_of
from tests.listing import NOW, make_blogger, make_workspace

SECRET = b"k" * 32
ESPRESSO = JudgedFor(brief="Home espresso")
LATER = NOW + timedelta(hours=1)


@pytest.fixture
def connection(database: Database) -> Iterator[Connection]:
    with database.transaction() as opened:
        yield opened


class Team:
    """A workspace and short names for what it does."""

    def __init__(self, connection: Connection, name: str = "team") -> None:
        self.connection = connection
        self.workspace = make_workspace(connection, name)

    def judge(
        self, blogger: str, grade: Grade = Grade.LIKE, judged_for: JudgedFor = ESPRESSO, **more: Any
    ) -> tuple[StoredJudgement, bool]:
        given: dict[str, Any] = {"seen": Seen(), "judge": "ana", "now": NOW} | more
        return judgements.give(self.connection, self.workspace, judged_for, blogger, grade, **given)

    def niche(self, name: str = "Coffee", **fields: Any) -> str:
        return niches.create(self.connection, self.workspace, {"name": name, **fields}, now=NOW).public_id

    def grades(self, **wanted: Any) -> dict[str, Grade]:
        found = judgements.page(self.connection, self.workspace, limit=100, **wanted)
        return {one.blogger.public_id: one.grade for one in found}


@pytest.fixture
def team(connection: Connection) -> Team:
    return Team(connection)


def test_a_judgement_comes_back_as_it_was_given(team: Team) -> None:
    ann = make_blogger(team.connection, "ann.example", name="Ann")
    made, is_new = team.judge(ann, Grade.PARTLY, seen=Seen("gen_000003", 4, 0.5))
    assert is_new
    assert [made] == judgements.page(team.connection, team.workspace, limit=5)
    assert (made.grade, made.judge, made.seen, made.judged_at) == (Grade.PARTLY, "ana", Seen("gen_000003", 4, 0.5), NOW)
    assert (made.niche, made.brief, made.blogger.name) == (None, "Home espresso", "Ann")


def test_a_later_judgement_takes_the_place_of_an_earlier_one(team: Team) -> None:
    ann = make_blogger(team.connection, "ann.example")
    first, _ = team.judge(ann, seen=Seen("gen_000001", 1, 0.9))
    second, is_new = team.judge(ann, Grade.DISLIKE, judge="bo", now=LATER)
    assert (is_new, second.public_id) == (False, first.public_id)
    assert (second.grade, second.judge, second.judged_at, second.seen) == (Grade.DISLIKE, "bo", LATER, Seen())
    assert team.grades() == {ann: Grade.DISLIKE}


def test_white_space_and_case_make_no_other_brief(team: Team) -> None:
    ann = make_blogger(team.connection, "ann.example")
    team.judge(ann)
    _, is_new = team.judge(ann, judged_for=JudgedFor(brief="  home\n ESPRESSO "))
    _, of_another = team.judge(ann, judged_for=JudgedFor(brief="home espressos"))
    assert (is_new, of_another) == (False, True)


def test_a_niche_is_judged_apart_from_its_words_and_takes_its_judgements_along(team: Team) -> None:
    ann, niche = make_blogger(team.connection, "ann.example"), team.niche(brief="Home espresso")
    team.judge(ann)
    of_niche, _ = team.judge(ann, Grade.DISLIKE, JudgedFor(niche))
    assert (of_niche.niche, of_niche.brief_id) == (niche, niche)
    assert team.grades(brief_id=niche) == {ann: Grade.DISLIKE}
    niches.remove(team.connection, team.workspace, niche)
    assert team.grades() == {ann: Grade.LIKE}


def test_unknown_bloggers_and_niches_are_named(team: Team) -> None:
    ann = make_blogger(team.connection, "ann.example")
    with pytest.raises(NotFoundError, match="blg_none"):
        team.judge("blg_none")
    with pytest.raises(NotFoundError, match="nch_none"):
        team.judge(ann, judged_for=JudgedFor("nch_none"))


def test_pages_go_on_and_can_be_of_one_blogger(team: Team) -> None:
    bloggers = [make_blogger(team.connection, f"{name}.example") for name in "cab"]
    for blogger in bloggers:
        team.judge(blogger)
    first = judgements.page(team.connection, team.workspace, limit=2)
    rest = judgements.page(team.connection, team.workspace, limit=2, after_id=first[-1].judgement_id)
    assert [one.blogger.public_id for one in first + rest] == bloggers
    assert team.grades(blogger=bloggers[1]) == {bloggers[1]: Grade.LIKE}


def test_another_teams_judgements_are_not_there(team: Team) -> None:
    ann, other = make_blogger(team.connection, "ann.example"), Team(team.connection, "other")
    made, _ = team.judge(ann)
    with pytest.raises(NotFoundError):
        judgements.remove(team.connection, other.workspace, made.public_id)
    with pytest.raises(NotFoundError, match="niche"):
        other.judge(ann, judged_for=JudgedFor(team.niche()))
    _, is_new = other.judge(ann, Grade.DISLIKE)
    assert (is_new, other.grades(), team.grades()) == (True, {ann: Grade.DISLIKE}, {ann: Grade.LIKE})
    judgements.remove(team.connection, team.workspace, made.public_id)
    assert (team.grades(), other.grades()) == ({}, {ann: Grade.DISLIKE})


def test_whoever_is_suppressed_is_neither_judged_nor_shown(team: Team) -> None:
    ann, bo = (make_blogger(team.connection, f"{name}.example") for name in ("ann", "bo"))
    team.judge(ann)
    team.judge(bo)
    suppressions.add(team.connection, SECRET, ["ann.example"], reason="opted_out", now=NOW)
    suppressed = suppressions.load(team.connection, SECRET)
    assert team.grades(suppressed=suppressed) == {bo: Grade.LIKE}
    with pytest.raises(NotFoundError, match=ann):
        team.judge(ann, suppressed=suppressed)
    (brief,) = judgements.judged_briefs(team.connection, suppressed=suppressed)
    assert brief.grades == {bo: 2}


def test_the_judgements_on_a_page_are_found_by_blogger(team: Team) -> None:
    ann, bo = (make_blogger(team.connection, f"{name}.example") for name in ("ann", "bo"))
    made, _ = team.judge(ann)
    found = judgements.of_bloggers(team.connection, team.workspace, ESPRESSO.brief_id, [ann, bo])
    assert found == {ann: (made.public_id, Grade.LIKE)}


def test_judged_briefs_hold_grades_keys_and_how_many_were_seen_in_a_ranking(team: Team) -> None:
    ann, bo = (make_blogger(team.connection, f"{name}.example") for name in ("ann", "bo"))
    niche = team.niche()
    team.judge(ann, seen=Seen("gen_000001", 1, 0.5))
    team.judge(bo, Grade.DISLIKE)
    team.judge(bo, Grade.PARTLY, JudgedFor(niche))
    free, kept = sorted(
        judgements.judged_briefs(team.connection, workspace_id=team.workspace), key=lambda one: one.words
    )[::-1]
    assert (free.words, free.niche, free.grades, free.ranked) == ("Home espresso", None, {ann: 2, bo: 0}, 1)
    assert free.site_keys == {ann: "ann.example", bo: "bo.example"}
    assert (kept.brief_id, kept.niche and kept.niche.name, kept.grades) == (niche, "Coffee", {bo: 1})


def test_the_version_changes_with_any_grade_and_with_the_niche(team: Team) -> None:
    ann, niche = make_blogger(team.connection, "ann.example"), team.niche()

    def version() -> str:
        return judgements.version(judgements.judged_briefs(team.connection))

    seen = [version()]
    team.judge(ann, judged_for=JudgedFor(niche))
    seen.append(version())
    team.judge(ann, judged_for=JudgedFor(niche), now=LATER)
    assert version() == seen[-1]
    team.judge(ann, Grade.PARTLY, JudgedFor(niche))
    seen.append(version())
    niches.change(team.connection, team.workspace, niche, {"brief": "tea"}, now=LATER)
    seen.append(version())
    assert len(set(seen)) == 4


def test_only_who_likes_somebody_is_measured(team: Team) -> None:
    ann = make_blogger(team.connection, "ann.example")
    team.judge(ann, Grade.DISLIKE)
    assert judgements.workspaces_with_likes(team.connection) == []
    team.judge(ann, Grade.PARTLY)
    assert judgements.workspaces_with_likes(team.connection) == [team.workspace]


def _two_sites(connection: Connection) -> tuple[str, str]:
    """Two bloggers whom a proof can join."""
    keys = ("ann.example", "net.example/@ann")
    sites.ensure(connection, [NewSite(key, f"https://{key}", depth=0) for key in keys], now=NOW)
    return public_id("blg", keys[0]), public_id("blg", keys[1])


@pytest.mark.parametrize(("of_profile", "stays"), [(LATER, Grade.DISLIKE), (NOW - timedelta(days=1), Grade.LIKE)])
def test_of_two_bloggers_who_are_one_the_later_judgement_stands(team: Team, of_profile: datetime, stays: Grade) -> None:
    blog, profile = _two_sites(team.connection)
    team.judge(blog)
    team.judge(profile, Grade.DISLIKE, now=of_profile)
    team.judge(profile, Grade.PARTLY, JudgedFor(team.niche()))
    ids = sites.ids_by_key(team.connection, ["ann.example", "net.example/@ann"])
    evidence = {"blog": "https://ann.example", "profile": "https://net.example/@ann"}
    identity.join(team.connection, *ids.values(), method="rel-me", evidence=evidence, now=NOW)
    found = judgements.page(team.connection, team.workspace, limit=9)
    assert sorted((one.blogger.public_id, one.grade) for one in found) == sorted([(blog, stays), (blog, Grade.PARTLY)])


def test_a_forgotten_bloggers_judgements_go(team: Team) -> None:
    blog, _ = _two_sites(team.connection)
    team.judge(blog)
    erasure.forget(team.connection, "ann.example", secret_key=SECRET, now=NOW)
    assert team.connection.execute(select(table_of(Judgement))).all() == []


def test_a_blogger_that_loses_a_site_keeps_its_judgements(team: Team) -> None:
    ann = make_blogger(team.connection, "ann.example", languages=("en", "nl"))
    team.judge(ann)
    erasure.forget(team.connection, "ann.example", secret_key=SECRET, now=NOW)
    left = team.connection.execute(
        select(table_of(Blogger).c.public_id, table_of(Site).c.key).join_from(
            table_of(Site), table_of(Blogger), table_of(Site).c.blogger_id == table_of(Blogger).c.id
        )
    ).all()
    assert [row.key for row in left] == ["1.ann.example"]
    assert team.grades() == {left[0].public_id: Grade.LIKE}


def test_what_no_database_holds_makes_no_other_brief(team: Team) -> None:
    ann = make_blogger(team.connection, "ann.example")
    team.judge(ann, judged_for=JudgedFor(brief="Home\x00 espresso"))
    _, is_new = team.judge(ann, Grade.DISLIKE)
    assert is_new is False
    assert [(one.brief_id, one.words) for one in judgements.judged_briefs(team.connection)] == [
        (ESPRESSO.brief_id, "Home espresso")
    ]


def test_a_new_name_of_a_niche_is_no_new_version(team: Team) -> None:
    ann, niche = make_blogger(team.connection, "ann.example"), team.niche()
    team.judge(ann, judged_for=JudgedFor(niche))
    before = judgements.version(judgements.judged_briefs(team.connection))
    niches.change(team.connection, team.workspace, niche, {"name": "Tea"}, now=LATER)
    assert judgements.version(judgements.judged_briefs(team.connection)) == before
    niches.change(team.connection, team.workspace, niche, {"weights": {"reach": 1.0}}, now=LATER)
    assert judgements.version(judgements.judged_briefs(team.connection)) != before


def test_a_niche_names_nobody_who_is_suppressed(team: Team) -> None:
    ann, bo, _ = (
        make_blogger(team.connection, f"{name}.example", languages=("en", "nl")) for name in ("ann", "bo", "cy")
    )
    named: dict[str, Any] = {
        "examples_like": [ann, "bo.example", "nobody"],
        "examples_unlike": ["https://ann.example/about", bo],
        "exclude_sites": ["ann.example", "never-stored.example", "cy.example"],
    }
    team.judge(bo, judged_for=JudgedFor(team.niche(**named)))
    suppressions.add(team.connection, SECRET, ["1.ann.example", "never-stored.example"], reason="opted_out", now=NOW)
    (brief,) = judgements.judged_briefs(team.connection, suppressed=suppressions.load(team.connection, SECRET))
    assert brief.niche is not None
    found = (brief.niche.examples_like, brief.niche.examples_unlike, brief.niche.exclude_sites)
    assert found == (["bo.example", "nobody"], [bo], ["cy.example"])


def test_judged_briefs_take_as_many_questions_for_many_niches_as_for_one(team: Team) -> None:
    ann = make_blogger(team.connection, "ann.example")
    asked: list[str] = []
    event.listen(team.connection, "before_cursor_execute", lambda *call: asked.append(call[2]))
    counts = []
    for number in range(3):
        team.judge(ann, judged_for=JudgedFor(team.niche(f"Niche {number}")))
        asked.clear()
        assert len(judgements.judged_briefs(team.connection)) == number + 1
        counts.append(len(asked))
    assert counts[0] == counts[2]
