import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bloghound.records import RankableBlogger
from graph.centrality import niche_reach
from ranking.engine import RankingEngine
from ranking.index import Generation, forget, layout, open_generation, tiers
from ranking.index.merging import Source, merge_segments
from ranking.index.postings import term_hash
from ranking.terms import terms_of
from tests.index_histories import Store, Written, bytes_of, index, said
from tests.ranking_bloggers import COFFEE, blogger, build, encoder, engine, graph_of, three_bloggers

SECRET = "zyzzyvaquetzal"


def with_secret() -> list[RankableBlogger]:
    return [
        *three_bloggers()[:1],
        blogger("hidden", (f"My word is {SECRET} and nothing else.",), 9),
        *three_bloggers()[1:],
    ]


def traces_of(generation: Generation, post_id: int) -> tuple[bytes, ...]:
    """The post's vector, and its sketch where it has one."""
    for segment in generation.segments:
        for row in np.flatnonzero(segment.post_ids == post_id).tolist():
            vector, sketch = (np.asarray(rows[row]) for rows in (segment.post_vectors, segment.sketches))
            return (vector.tobytes(), *([sketch.tobytes()] if sketch.any() else []))
    raise AssertionError(f"no post {post_id}")


def hash_of(word: str) -> bytes:
    (term,) = terms_of(word, "en")
    return term_hash(term).to_bytes(8, "little")


def test_forgetting_takes_every_byte_out_of_every_kept_generation(tmp_path: Path) -> None:
    build(tmp_path, with_secret())
    words = (SECRET.encode(), b"hidden.test", b"blg_hidden", hash_of(SECRET), (900).to_bytes(8, "little"))
    traces = (*words, *traces_of(build(tmp_path, with_secret()), 900))
    assert all(trace in bytes_of(tmp_path) for trace in traces)
    assert forget(tmp_path, "blg_hidden").rewritten == 2
    assert not any(trace in bytes_of(tmp_path) for trace in traces)


LONG = Written(tuple(range(12)) * 3, owner=1)
"""Long enough for a sketch, and of words that others have too."""


def many_segments(folder: Path, patch: pytest.MonkeyPatch) -> Generation:
    """Three generations over several segments; the bee has live and dead posts in most of them."""
    patch.setattr(tiers, "MERGED_AT_ONCE", 99)
    patch.setattr(tiers, "DEAD_SHARE", 1.0)
    store = Store({number: Written((number, 2), owner=number % 3) for number in range(1, 9)})
    store.posts[9], store.links = LONG, {(0, 1), (1, 2)}
    index(folder, store)
    store.posts[10] = Written((1, 1, 6), owner=1)
    store.posts[4] = Written((5, 5, 5), owner=1)
    index(folder, store)
    store.posts[10] = Written((2, 7), owner=1)
    store.posts[2] = Written((8, 8), owner=2)
    del store.posts[9]
    return index(folder, store)


def test_forgetting_reaches_into_every_segment_and_the_withdrawals(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    generation = many_segments(tmp_path, monkeypatch)
    assert len(generation.segments) == 4
    assert generation.blogger_ids.tolist() == [100, 99, 98]
    traces = [b"bee.test", b"blg_bee", *(trace for post in (1, 4, 7, 9, 10) for trace in traces_of(generation, post))]
    assert all(trace in bytes_of(tmp_path) for trace in traces)
    assert forget(tmp_path, "blg_bee").rewritten == 3
    left = bytes_of(tmp_path)
    assert [trace for trace in traces if trace in left] == []
    assert all(99 not in segment.blogger_ids for segment in open_generation(tmp_path).segments)


def test_after_forgetting_all_says_the_same_as_an_index_that_never_knew_the_blogger(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    many_segments(tmp_path / "one", monkeypatch)
    assert forget(tmp_path / "one", "blg_bee").rewritten == 3
    after = said(open_generation(tmp_path / "one"))
    store = Store({number: Written((number, 2), owner=number % 3) for number in (3, 5, 6, 8)})
    store.posts[2] = Written((8, 8), owner=2)
    fresh = said(index(tmp_path / "two", store))
    same = ("ids", "vectors", "families", "documents", "statistics")
    assert {name: after[name] for name in same} == {name: fresh[name] for name in same}


def test_segments_that_held_the_blogger_are_rewritten_once_for_all_generations(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    many_segments(tmp_path, monkeypatch)
    written: list[str] = []

    def counting(sources: Sequence[Source], folder: Path) -> object:
        written.append(folder.name)
        return merge_segments(sources, folder)

    monkeypatch.setattr(sys.modules[forget.__module__], "merge_segments", counting)
    forget(tmp_path, "blg_bee")
    assert len(written) == 3
    folders = [open_generation(tmp_path, number).segments[0].folder for number in (1, 2, 3)]
    assert len({(folder / "posts" / "rows.u32").stat().st_ino for folder in folders}) == 1


def test_who_is_gone_from_storage_is_forgotten_where_rows_are_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tiers, "DEAD_SHARE", 1.0)
    store = Store({number: Written((number, 2)) for number in range(1, 9)} | {9: LONG})
    index(tmp_path, store)
    del store.posts[9]
    for _ in range(3):
        index(tmp_path, store)
    assert [one.public_id for one in open_generation(tmp_path).bloggers] == ["blg_ant"]
    assert b"blg_bee" in bytes_of(tmp_path)
    assert forget(tmp_path, "blg_bee").rewritten == 3
    assert b"blg_bee" not in bytes_of(tmp_path)
    assert open_generation(tmp_path).segments[0].posts == 8


SECRETS = (20, 21, 22)
"""Posts of the site that is forgotten, which is now one blogger's and now another's."""


def moving(folder: Path, patch: pytest.MonkeyPatch, owners: Sequence[int]) -> Store:
    """A generation for each of the owners that a site of three posts has one after the other."""
    patch.setattr(tiers, "DEAD_SHARE", 1.0)
    store = Store({number: Written((number, 2), owner=number % 3) for number in range(1, 9)})
    for owner in owners:
        store.posts |= {number: Written((number % 12, 11), owner=owner) for number in SECRETS}
        index(folder, store)
    return store


@pytest.mark.parametrize("owners", [(0, 3), (3, 0), (0, 3, 0), (3, 0, 1), (0, 0, 3)])
def test_the_posts_of_a_site_are_forgotten_whoever_they_were_written_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, owners: tuple[int, ...]
) -> None:
    moving(tmp_path, monkeypatch, owners)
    assert b"tomato" in bytes_of(tmp_path)
    assert forget(tmp_path, post_ids=SECRETS) == (len(owners), 0)
    left = bytes_of(tmp_path)
    assert not any(trace in left for trace in (b"tomato", *(f"posts.test/{post}".encode() for post in SECRETS)))


def test_who_no_longer_has_the_site_leaves_only_the_generations_that_showed_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    moving(tmp_path, monkeypatch, (0, 3))
    forget(tmp_path, "blg_dog", post_ids=SECRETS)
    then, now = open_generation(tmp_path, 1), open_generation(tmp_path, 2)
    assert [one.public_id for one in then.bloggers] == ["blg_bee", "blg_cat"]
    assert [one.public_id for one in now.bloggers] == ["blg_ant", "blg_bee", "blg_cat"]
    assert (then.post_count, now.post_count) == (6, 8)


@pytest.mark.parametrize("owners", [(0, 3), (3, 0, 1)])
def test_after_a_site_is_forgotten_builds_say_the_same_as_if_it_had_never_been(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, owners: tuple[int, ...]
) -> None:
    store = moving(tmp_path / "one", monkeypatch, owners)
    forget(tmp_path / "one", post_ids=SECRETS)
    store.posts = {number: one for number, one in store.posts.items() if number not in SECRETS}
    assert said(index(tmp_path / "one", store)) == said(index(tmp_path / "two", store))


def test_a_post_that_storage_has_deleted_is_found_by_its_address(tmp_path: Path) -> None:
    ann, ben = blogger("ann", COFFEE, 1), blogger("ben", (f"My word is {SECRET}.", "And another."), 2)
    joined = replace(ann, sites=ann.sites + ben.sites, posts=ann.posts + ben.posts)
    build(tmp_path, [joined])
    build(tmp_path, [replace(joined, posts=ann.posts + ben.posts[1:])])
    build(tmp_path, [ann, replace(ben, blogger_id=3, posts=ben.posts[1:])])
    assert forget(tmp_path, "blg_ben", site_key="ben.test", post_ids=[201]) == (3, 0)
    assert not any(trace in bytes_of(tmp_path) for trace in (SECRET.encode(), b"ben.test", b"blg_ben"))


def test_a_blogger_id_that_storage_gives_again_takes_no_rows_over(tmp_path: Path) -> None:
    hidden = with_secret()[1]
    build(tmp_path, with_secret())
    again = replace(hidden, public_id="blg_other")
    generation = build(tmp_path, [*three_bloggers()[:1], again, *three_bloggers()[1:]])
    assert (generation.build.added, generation.build.kept) == (1, 8)
    assert forget(tmp_path, "blg_other").rewritten == 1
    assert forget(tmp_path, "blg_hidden").rewritten == 2
    assert SECRET.encode() not in bytes_of(tmp_path)


def test_with_a_forgotten_row_goes_what_is_dead_in_its_segment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tiers, "DEAD_SHARE", 1.0)
    store = Store({number: Written((number, 2), owner=number % 2) for number in range(1, 9)} | {9: Written((11,))})
    index(tmp_path, store)
    del store.posts[9]
    for _ in range(3):
        index(tmp_path, store)
    assert b"tomato" in bytes_of(tmp_path)
    forget(tmp_path, "blg_bee")
    assert b"tomato" not in bytes_of(tmp_path)
    assert [segment.posts for segment in open_generation(tmp_path).segments] == [4]


def test_the_only_blogger_can_be_forgotten(tmp_path: Path) -> None:
    index(tmp_path, Store({1: LONG}))
    assert forget(tmp_path, "blg_bee").rewritten == 1
    assert (open_generation(tmp_path).blogger_count, open_generation(tmp_path).segments) == (0, ())


def test_forgetting_changes_nothing_for_the_others(tmp_path: Path) -> None:
    ranker = engine(
        tmp_path, with_secret(), graph=graph_of(with_secret(), [("cycling", "coffee"), ("hidden", "coffee")])
    )
    before = ranker.generation
    forget(tmp_path, "blg_hidden")
    after = open_generation(tmp_path)
    assert [one.public_id for one in after.bloggers] == ["blg_coffee", "blg_cycling", "blg_pottery"]
    assert after.columns.matrix.toarray().tolist() == [[0, 0, 0], [1, 0, 0], [0, 0, 0]]
    assert after.columns.reach.tolist() == np.delete(before.columns.reach, 1).tolist()
    assert (after.segments[0].post_vectors == np.delete(before.segments[0].post_vectors, 3, axis=0)).all()


def test_an_engine_that_is_open_goes_on_and_a_new_one_finds_nobody(tmp_path: Path) -> None:
    old = engine(tmp_path, with_secret())
    forget(tmp_path, "blg_hidden")
    assert found_by_words(old.generation, SECRET) == ["blg_hidden"]
    assert found_by_words(open_generation(tmp_path), SECRET) == []


def found_by_words(generation: Generation, word: str) -> list[str]:
    (term,) = terms_of(word, "en")
    rows = generation.segments[0].bloggers_text.find(term).rows
    return [generation.bloggers[owner].public_id for owner in generation.owners[0][rows].tolist()]


def test_forgetting_somebody_unknown_changes_nothing(index_dir: Path) -> None:
    folder = layout.folder_of(index_dir, 1)
    before = [path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()]
    assert forget(index_dir, "blg_nobody").rewritten == 0
    assert [path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()] == before


def test_a_damaged_generation_is_removed_whole_when_somebody_must_be_forgotten(index_dir: Path) -> None:
    build(index_dir, three_bloggers())
    (layout.folder_of(index_dir, 1) / layout.META).write_bytes(b"{}")
    assert forget(index_dir, "blg_coffee") == (1, 1)
    assert layout.numbers(index_dir) == [2]
    assert open_generation(index_dir).blogger_count == 2


def test_a_generation_of_another_format_is_removed_whole_and_counted_apart(
    index_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(layout, "FORMAT", layout.FORMAT + 1)
    assert forget(index_dir, "blg_nobody") == (0, 1)
    assert layout.numbers(index_dir) == []


def test_leftovers_of_a_removal_that_was_killed_go_with_the_next(index_dir: Path) -> None:
    leftover = layout.folder_of(index_dir, 1) / "segment-old" / "documents.bin"
    leftover.parent.mkdir()
    leftover.write_bytes(SECRET.encode())
    forget(index_dir, "blg_nobody")
    assert not leftover.parent.exists()


@pytest.mark.parametrize("stage", ["write_meta", "remove_unlisted"])
def test_a_removal_that_stops_half_way_leaves_sound_generations_and_is_finished_by_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stage: str
) -> None:
    many_segments(tmp_path, monkeypatch)
    real, calls = getattr(layout, stage), []

    def stop_at_the_second(*arguments: object) -> object:
        calls.append(arguments)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return real(*arguments)

    monkeypatch.setattr(layout, stage, stop_at_the_second)
    with pytest.raises(KeyboardInterrupt):
        forget(tmp_path, "blg_bee")
    assert [open_generation(tmp_path, number).number for number in (1, 2, 3)] == [1, 2, 3]
    forget(tmp_path, "blg_bee")
    assert b"bee.test" not in bytes_of(tmp_path)
    assert len(open_generation(tmp_path).bloggers) == 2


def test_forgetting_leaves_the_whole_reach_of_the_others_as_it_was_built(tmp_path: Path) -> None:
    ring = [("coffee", "hidden"), ("hidden", "cycling"), ("cycling", "coffee")]
    built = engine(tmp_path, with_secret(), graph=graph_of(with_secret(), ring))
    before = reaches_of(built)
    assert forget(tmp_path, "blg_hidden").rewritten == 1
    after = reaches_of(RankingEngine(open_generation(tmp_path), encoder(), niche_reach))
    assert after == {name: before[name] for name in ("blg_coffee", "blg_cycling", "blg_pottery")}
    assert after["blg_cycling"] > 0


def reaches_of(ranker: RankingEngine) -> dict[str, float]:
    results = ranker.rank("espresso extraction and gravel rides").results
    return {result.blogger.public_id: result.parts["reach"].inputs["whole"] for result in results}
