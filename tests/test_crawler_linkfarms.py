"""Link farms are known by how they link, and nobody else is taken for one."""

from contextlib import closing
from itertools import permutations

import pytest

from bloghound.records import LinkContext
from bloghound.settings import Settings
from crawler.linkfarms import MIN_FAMILY, MIN_LINKS_PER_POST, MIN_POSTS, MIN_TWINS, LinkRow, find_farms
from storage import sites
from storage.database import open_database
from storage.farms import links_of
from storage.status import site_statuses
from tests.shown_demo import shown_demo

ROLL, CONTENT = LinkContext.BLOGROLL, LinkContext.CONTENT


def ring(keys: list[str]) -> list[LinkRow]:
    """Each links to every other on all its pages."""
    return [LinkRow(one, other, ROLL) for one, other in permutations(keys, 2)]


def family(size: int, domain: str = "linkfarm.co.uk") -> list[str]:
    return [f"s{number:03}.{domain}" for number in range(size)]


def outward(keys: list[str], each: int) -> list[LinkRow]:
    """Links of each to sites of strangers."""
    return [LinkRow(key, f"stranger{number}.example", CONTENT, 1) for key in keys for number in range(each)]


def farms(rows: list[LinkRow], titles: dict[str, str] | None = None) -> list[tuple[str, ...]]:
    return [farm.site_keys for farm in find_farms(rows, titles)]


def test_hundreds_of_sites_of_one_owner_that_link_to_each_other_are_a_farm() -> None:
    keys = family(300)
    # Each links to twenty of them, and the farm to one shop outside.
    rows = [LinkRow(keys[n], keys[(n + step) % 300], ROLL) for n in range(300) for step in range(1, 21)]
    rows += [LinkRow(key, "shop.example", CONTENT, 1) for key in keys]
    (farm,) = find_farms(rows)
    assert farm.site_keys == tuple(keys)
    assert farm.reason.startswith("300 sites of one owner")


@pytest.mark.parametrize(("size", "each"), [(MIN_FAMILY - 1, 0), (20, 19)])
def test_few_sites_of_one_owner_and_sites_that_link_outward_are_none(size: int, each: int) -> None:
    keys = family(size)
    assert farms(ring(keys) + outward(keys, each)) == []


def test_the_blogs_of_a_shared_host_have_no_common_owner() -> None:
    assert farms(ring(family(20, "wordpress.com"))) == []
    assert farms(ring(family(20, "many-words.co.uk"))) == [tuple(family(20, "many-words.co.uk"))]


def test_twins_that_exchange_links_are_a_farm_and_friends_are_none() -> None:
    keys = [f"{name}.example" for name in ("one", "two", "three")]
    assert len(keys) == MIN_TWINS
    twins = {key: f"The best top deals and offers hub {number}" for number, key in enumerate(keys)}
    friends = dict(zip(keys, ("Slow Tea", "The Kettle Diaries", "Leaf by leaf"), strict=True))
    assert farms(ring(keys), twins) == [tuple(sorted(keys))]
    assert farms(ring(keys), friends) == []
    assert farms(ring(keys) + outward(keys, 3), twins) == []


def stuffed(posts: int, links_per_post: int) -> list[LinkRow]:
    targets = [f"client{number}.example" for number in range(links_per_post)]
    return [LinkRow("hub.example", target, CONTENT, post) for post in range(posts) for target in targets]


def test_posts_that_all_link_to_the_same_sites_are_a_farms() -> None:
    assert farms(stuffed(MIN_POSTS, MIN_LINKS_PER_POST)) == [("hub.example",)]
    assert farms(stuffed(MIN_POSTS - 1, MIN_LINKS_PER_POST)) == []
    assert farms(stuffed(MIN_POSTS, MIN_LINKS_PER_POST - 1)) == []


def test_links_to_platforms_and_in_comments_tell_nothing() -> None:
    platforms = ["twitter.com", "github.com", "en.wikipedia.org", "t.co", "amazon.de", "bit.ly", "w3.org", "imdb.com"]
    everywhere = [LinkRow("ann.example", target, CONTENT, post) for post in range(9) for target in platforms]
    comments = [LinkRow(one, other, LinkContext.COMMENT) for one, other in permutations(family(9), 2)]
    assert farms(everywhere + comments) == []


@pytest.fixture
def demo_rows(tmp_path_factory: pytest.TempPathFactory, bare_settings: Settings) -> list[LinkRow]:
    """What the crawl of the demo stored, which looks for farms at its end and leaves the rows as they are."""
    shown_demo(tmp_path_factory).copied_to(bare_settings.data_dir)
    with closing(open_database(bare_settings)) as database, database.read() as connection:
        ids = sites.ids_by_key(connection, [one.key for one in site_statuses(connection)])
        return [LinkRow(*row) for row in links_of(connection, list(ids.values()))]


def test_the_demos_link_farm_is_found_and_nobody_else(demo_rows: list[LinkRow]) -> None:
    assert len({row.source_key for row in demo_rows}) > 20
    ((farm,),) = farms(demo_rows)
    assert farm.startswith("cheapdeals.demo.test")
