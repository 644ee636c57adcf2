import pkgutil
import resource
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bloghound.errors import IndexDamagedError, IndexMissingError, StorageError
from bloghound.records import BloggerOutline, RankableBlogger, SiteHealth
from ranking.index import (
    StoredBloggers,
    build_generation,
    current_number,
    exclusive,
    forget,
    layout,
    no_graph,
    open_generation,
)
from tests.ranking_bloggers import (
    AS_OF,
    COFFEE,
    CYCLING,
    blogger,
    build,
    documents_of,
    engine,
    graph_of,
    stored,
    texts_of,
    three_bloggers,
    vectors_of,
    words_of,
)

SECRET = "zyzzyvaquetzal"


def files_of(index_dir: Path, number: int = 1) -> list[Path]:
    return sorted(path for path in layout.folder_of(index_dir, number).rglob("*") if path.is_file())


def flip(path: Path, position: int) -> None:
    content = bytearray(path.read_bytes())
    content[position % len(content)] ^= 1
    path.write_bytes(content)


def test_a_generation_reads_back_what_it_was_built_from(index_dir: Path) -> None:
    generation, given = open_generation(index_dir), three_bloggers()
    assert [one.public_id for one in generation.bloggers] == [one.public_id for one in given]
    assert (generation.blogger_count, generation.post_count) == (3, 8)
    for number, one in enumerate(given):
        assert [found.text for found in documents_of(generation, number)] == [
            words_of(entry).text for entry in one.posts
        ]
        assert [found.url for found in documents_of(generation, number)] == [entry.url for entry in one.posts]


def test_vectors_are_contiguous_half_floats_with_a_mean_for_each_blogger(index_dir: Path) -> None:
    given, generation = three_bloggers(), open_generation(index_dir)
    (segment,) = generation.segments
    full = np.stack([vectors_of(given)[entry.content_hash] for one in given for entry in one.posts])
    rows = full.astype(np.float16).astype(np.float32)
    assert segment.post_vectors.dtype == np.float16
    assert (segment.post_vectors == rows).all()
    mean = rows[:3].mean(axis=0)
    assert np.allclose(generation.blogger_vectors[0], mean / np.linalg.norm(mean), atol=1e-5)


def test_the_graph_lands_in_the_order_of_the_bloggers(tmp_path: Path) -> None:
    given = three_bloggers()
    graph = graph_of(given[::-1], [("coffee", "pottery"), ("cycling", "pottery")])
    columns = build(tmp_path, given, graph=graph).columns
    assert columns.distinct_linkers.tolist() == [0, 0, 2]
    assert columns.matrix.toarray().tolist() == [[0, 0, 1], [0, 0, 1], [0, 0, 0]]
    assert columns.reach.argmax() == 2


def test_what_is_no_blog_and_who_has_no_posts_is_no_candidate(tmp_path: Path) -> None:
    shop = blogger("shop", COFFEE, 4, site={"health": SiteHealth.NOT_A_BLOG})
    generation = build(tmp_path, [*three_bloggers(), shop, blogger("silent", (), 5)])
    assert generation.eligible.tolist() == [True, True, True, False, False]
    assert [one.reason for one in generation.bloggers[3:]] == ["not_a_blog", "no_posts"]


def test_a_site_that_reserves_text_mining_leaves_address_and_date_only(tmp_path: Path) -> None:
    generation = build(tmp_path, [blogger("reserved", (SECRET,), text_reserved=True), *three_bloggers()])
    (document,) = documents_of(generation, 0)
    assert (document.title, document.text) == ("", "")
    assert document.url == "https://reserved.test/0"
    assert not np.asarray(generation.segments[0].post_vectors[0]).any()


def test_a_post_in_a_language_that_the_model_does_not_know_gets_no_vector(tmp_path: Path) -> None:
    dutch = blogger("fiets", CYCLING, language="nl")
    vectors = vectors_of([dutch])
    assert not np.asarray(build(tmp_path, [dutch], vectors=vectors).segments[0].post_vectors).any()


def test_an_empty_index_opens_and_has_nobody(tmp_path: Path) -> None:
    assert build(tmp_path, []).blogger_count == 0
    assert open_generation(tmp_path).bloggers == ()


def test_no_index_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(IndexMissingError, match="bloghound index"):
        open_generation(tmp_path / "nowhere")


def test_a_generation_that_is_not_there_is_missing(index_dir: Path) -> None:
    with pytest.raises(IndexMissingError, match="000007"):
        open_generation(index_dir, 7)


def test_a_flipped_byte_anywhere_is_found_and_names_the_file(three_indexed: Path, tmp_path: Path) -> None:
    for number, original in enumerate(files_of(three_indexed)):
        copy = Path(shutil.copytree(three_indexed, tmp_path / str(number)))
        damaged = layout.folder_of(copy, 1) / original.relative_to(layout.folder_of(three_indexed, 1))
        flip(damaged, 7919 * number)
        with pytest.raises(IndexDamagedError, match=damaged.name.replace(".", r"\.")):
            open_generation(copy)


def test_a_verified_file_that_changes_later_is_found_too(index_dir: Path) -> None:
    open_generation(index_dir)
    (vectors,) = [path for path in files_of(index_dir) if path.name == "post_vectors.f16"]
    flip(vectors, 100)
    with pytest.raises(IndexDamagedError, match=r"post_vectors\.f16"):
        open_generation(index_dir)


def test_a_missing_file_is_named(index_dir: Path) -> None:
    (links,) = [path for path in files_of(index_dir) if path.name == "links.npz"]
    links.unlink()
    with pytest.raises(IndexDamagedError, match=r"links\.npz is missing"):
        open_generation(index_dir)


def test_a_damaged_generation_falls_back_to_the_one_before_with_a_warning(index_dir: Path) -> None:
    build(index_dir, three_bloggers()[:2])
    flip(layout.folder_of(index_dir, 2) / layout.META, 40)
    generation = open_generation(index_dir)
    assert (generation.number, generation.blogger_count) == (1, 3)
    assert layout.META in generation.warnings[0]
    assert "Generation 1 serves instead" in generation.warnings[0]


@pytest.mark.parametrize("content", ["", "x", "9\n", "9" * 5000])
def test_a_damaged_current_file_serves_the_newest_with_a_warning(index_dir: Path, content: str) -> None:
    (index_dir / layout.CURRENT).write_text(content)
    generation = open_generation(index_dir)
    assert generation.number == 1
    assert generation.warnings


def test_three_generations_are_kept(index_dir: Path) -> None:
    for _ in range(4):
        build(index_dir, three_bloggers()[:1])
    assert layout.numbers(index_dir) == [3, 4, 5]
    assert current_number(index_dir) == 5
    assert open_generation(index_dir, 3).number == 3


def test_a_build_that_fails_leaves_the_old_generation_serving(index_dir: Path) -> None:
    def breaking(_: Sequence[BloggerOutline]) -> Iterator[RankableBlogger]:
        yield three_bloggers()[0]
        raise RuntimeError("the database went away")

    with pytest.raises(RuntimeError), exclusive(index_dir) as held:
        build_generation(
            held, StoredBloggers(stored(three_bloggers()).outlines, breaking), texts_of(three_bloggers()),
            lambda _: {}, no_graph(()), encoder_name="m",
            reserved=lambda _: (), dimensions=4, model_languages=None, as_of=AS_OF,
        )  # fmt: skip
    assert open_generation(index_dir).number == 1
    assert not list(index_dir.glob(f"{layout.DRAFT_PREFIX}*"))


def test_a_build_that_finds_the_disk_full_is_one_sentence_and_leaves_nothing_behind(index_dir: Path) -> None:
    given, before = three_bloggers(), sorted(index_dir.iterdir())
    vectors, limits = vectors_of(given), resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, limits[1]))
    try:
        with pytest.raises(StorageError, match="cannot be written"):
            build(index_dir, given[:2], vectors=vectors, full=True)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert sorted(index_dir.iterdir()) == before


@pytest.mark.parametrize("step", ["ranking.index.layout.verify_files", "ranking.index.generation.read_table"])
def test_opening_while_somebody_is_forgotten_opens_what_is_left(
    index_dir: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    original = pkgutil.resolve_name(step)

    def forgetting(*arguments: Any) -> Any:
        monkeypatch.setattr(step, original)
        forget(index_dir, "blg_coffee")
        return original(*arguments)

    build(index_dir, three_bloggers())
    monkeypatch.setattr(step, forgetting)
    generation = open_generation(index_dir)
    assert (generation.number, generation.warnings) == (2, ())
    assert [one.name for one in generation.bloggers] == ["Cycling", "Pottery"]


def test_a_text_with_half_a_character_is_kept_without_it(tmp_path: Path) -> None:
    generation = build(tmp_path, [blogger("coffee", ("one \ud800 espresso",), title="\udfff")], vectors={})
    (document,) = documents_of(generation, 0)
    assert (document.title, document.text) == ("?", "one ? espresso")


def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="cannot be written"):
        build(tmp_path / "file", [], vectors={})


def test_relevance_needs_no_peers(tmp_path: Path) -> None:
    alone = engine(tmp_path / "alone", three_bloggers()[:1])
    among = engine(tmp_path / "among", three_bloggers())
    values = [float(one.relevance(one.read("espresso extraction at home")).value[0]) for one in (alone, among)]
    assert values[0] == pytest.approx(values[1], abs=0.1)
    assert min(values) > 0.5


def test_an_index_folder_that_cannot_be_listed_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="cannot be read"):
        layout.numbers(tmp_path / ("n" * 300))


def test_folders_that_are_no_generations_are_passed_over(index_dir: Path) -> None:
    for name in ("²", "٣", "000x"):
        (index_dir / name).mkdir()
    assert layout.numbers(index_dir) == [1]


def make_unreadable(path: Path) -> None:
    """Put a file there that nobody can open, root neither: a link to itself."""
    path.unlink()
    path.symlink_to(path.name)


@pytest.mark.parametrize("pattern", [layout.META, "*/links.npz", "*/bloggers.json", "*/posts/postings.json"])
def test_a_generation_that_cannot_be_read_now_is_not_deleted(index_dir: Path, pattern: str) -> None:
    (found,) = layout.folder_of(index_dir, 1).glob(pattern)
    make_unreadable(found)
    with pytest.raises(StorageError, match="cannot be read"):
        open_generation(index_dir)
    with pytest.raises(StorageError, match="cannot be"):
        forget(index_dir, "blg_coffee")
    assert layout.numbers(index_dir) == [1]


def test_a_damaged_generation_that_cannot_be_removed_is_one_sentence(index_dir: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    layout.folder_of(index_dir, 2).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StorageError, match="cannot be written"):
        forget(index_dir, "blg_nobody")


def test_a_generation_of_an_older_format_says_what_to_do(index_dir: Path) -> None:
    folder = layout.folder_of(index_dir, 1)
    layout.write_meta(folder, {**layout.read_meta(folder), "format": layout.FORMAT - 1})
    with pytest.raises(IndexMissingError, match="'bloghound index' builds a new one"):
        open_generation(index_dir)
