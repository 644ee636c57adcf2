"""What a crawl takes for on topic: the niches of all teams."""

import pickle

from bloghound.jobs.judging import NicheJudge, judge_of_niches
from storage import niches, workspaces
from storage.database import Database
from storage.tables.base import utc_now

TEA = "Oolong tea: picking, oxidation, roasting the leaves and brewing them in a small pot."
ABOUT_TEA = ("A pot in the morning", "The roasted leaves of this oolong were steeped for a minute in a small tea pot.")
ABOUT_TAX = ("Minutes", "The committee postponed its vote on the water tax until the next session in autumn.")


def judge(database: Database, **teams: dict[str, object]) -> NicheJudge | None:
    """The judge once each team has kept one niche."""
    with database.transaction() as connection:
        for name, fields in teams.items():
            room = workspaces.ensure(connection, name, now=utc_now())
            niches.create(connection, room.workspace_id, {"name": name, **fields}, now=utc_now())
        return judge_of_niches(connection)


def test_without_a_brief_nothing_is_judged(opened: Database) -> None:
    assert judge(opened) is None
    assert judge(opened, blank={"brief": "  "}) is None


def test_the_niches_of_all_teams_count(opened: Database) -> None:
    made = judge(opened, one={"brief": "Bicycle touring and repair"}, two={"brief": TEA})
    assert made is not None
    assert made("a.example", *ABOUT_TEA) > 3 * made("a.example", *ABOUT_TAX)


def test_examples_are_on_topic_whatever_they_write(opened: Database) -> None:
    made = judge(
        opened,
        one={"brief": TEA, "examples_like": ["https://liked.example/about", "both.example", "mailto:x"]},
        two={"brief": TEA, "examples_unlike": ["spam.example", "both.example"], "exclude_sites": ["shop.example"]},
    )
    assert made is not None
    assert [made(f"{name}.example", *ABOUT_TAX) for name in ("liked", "both")] == [1.0, 1.0]
    assert [made(f"{name}.example", *ABOUT_TEA) for name in ("spam", "shop")] == [0.0, 0.0]


def test_it_travels_to_the_crawling_process() -> None:
    made = NicheJudge((TEA,))
    assert made("a.example", *ABOUT_TEA) == pickle.loads(pickle.dumps(made))("a.example", *ABOUT_TEA)  # noqa: S301
