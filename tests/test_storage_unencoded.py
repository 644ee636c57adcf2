from collections.abc import Iterator

import numpy as np
import pytest

from bloghound.records import SiteHealth, Vectors
from storage import embeddings
from storage.database import Connection, Database
from storage.unencoded import Wanted, blogger_groups, contents, gaps
from tests.stored_bloggers import Stored

MODEL = "a-model@1"
ALL = Wanted(MODEL, newest=100)


@pytest.fixture
def connection(database: Database) -> Iterator[Connection]:
    with database.transaction() as opened:
        yield opened


@pytest.fixture
def store(connection: Connection) -> Stored:
    """Three blogs with 2, 3 and 1 posts, in three languages."""
    made = Stored(connection)
    for key, number, language in (("a.example", 2, "en"), ("b.example", 3, "de"), ("c.example", 1, None)):
        made.site(key)
        made.posts(key, number, language=language)
    return made


def missing(connection: Connection, wanted: Wanted = ALL) -> list[str]:
    return [name for bloggers in blogger_groups(connection) for name in contents(connection, wanted, bloggers)]


def count(connection: Connection, wanted: Wanted) -> int:
    return sum(gaps(connection, wanted).values())


def keep(connection: Connection, names: list[str], model: str = MODEL) -> None:
    embeddings.keep(connection, Vectors(model, tuple(names), np.eye(4, dtype=np.float32)[[0] * len(names)]))


def test_every_content_is_missing_at_first(store: Stored) -> None:
    assert len(set(missing(store.connection))) == count(store.connection, ALL) == 2 + 3 + 1


@pytest.mark.parametrize("size", [1, 2, 3, 100])
def test_groups_hold_every_blogger_once_in_the_order_of_ids(store: Stored, size: int) -> None:
    groups = list(blogger_groups(store.connection, size))
    assert [len(one) for one in groups] == [min(size, 3 - start) for start in range(0, 3, size)]
    assert sorted(set().union(*groups)) == [one for group in groups for one in group]
    names = [name for bloggers in groups for name in contents(store.connection, ALL, bloggers)]
    assert sorted(names) == sorted(missing(store.connection))
    assert len(names) == 6


def test_groups_without_a_gap_are_not_looked_at_again(store: Stored) -> None:
    first, *others = gaps(store.connection, ALL, size=1)
    keep(store.connection, contents(store.connection, ALL, first))
    assert list(gaps(store.connection, ALL, size=1)) == others
    assert list(gaps(store.connection, ALL, size=1, without=set(others[0]))) == others[1:]


def test_no_bloggers_are_no_groups(connection: Connection) -> None:
    assert list(blogger_groups(connection)) == []
    assert count(connection, ALL) == 0
    assert contents(connection, ALL, tuple(range(10))) == []


def test_what_has_a_vector_of_the_model_is_not_missing(store: Stored) -> None:
    names = missing(store.connection)
    keep(store.connection, names[:2])
    keep(store.connection, names[2:], "another@1")
    assert missing(store.connection) == names[2:]
    assert count(store.connection, ALL) == 4


def test_only_the_newest_of_each_blogger_are_wanted(store: Stored) -> None:
    assert count(store.connection, Wanted(MODEL, newest=1)) == 3
    assert count(store.connection, Wanted(MODEL, newest=2)) == 2 + 2 + 1


def test_languages_that_the_model_does_not_know_are_left_out_and_unknown_ones_are_not(store: Stored) -> None:
    assert count(store.connection, Wanted(MODEL, 100, ("en",))) == 2 + 1
    assert count(store.connection, Wanted(MODEL, 100, ("de", "en"))) == 6


def test_a_site_that_is_no_blog_is_left_out(store: Stored) -> None:
    store.site("shop.example", health=SiteHealth.NOT_A_BLOG)
    store.posts("shop.example", 2)
    assert count(store.connection, ALL) == 6


def test_vectors_are_counted_by_model_and_dropped_by_range(store: Stored) -> None:
    names = missing(store.connection)
    keep(store.connection, names)
    keep(store.connection, names[:4], "another@1")
    assert embeddings.counts(store.connection) == {MODEL: 6, "another@1": 4}
    dropped = [embeddings.drop(store.connection, MODEL, keys) for keys in embeddings.key_ranges()]
    assert sum(dropped) == 6
    assert embeddings.counts(store.connection) == {"another@1": 4}
