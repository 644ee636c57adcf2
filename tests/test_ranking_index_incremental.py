from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from bloghound.records import BloggerOutline, RankableBlogger
from ranking.index import Generation, StoredBloggers, forget, layout, open_generation, tiers
from ranking.index.previous import LOOK_AGAIN, unchanged
from tests.index_histories import AGES_DAYS, NAMES, Store, Written, bytes_of, histories, index, said, vectors
from tests.ranking_bloggers import documents_of, stored

ESPRESSO, GRAVEL = Written((0, 1, 2)), Written((3, 4, 5), owner=1)


def lived(store: Store, change: dict[str, Any]) -> None:
    store.posts |= change["put"]
    store.links = change["links"]
    store.day += change["days"]
    for number in change["drop"]:
        store.posts.pop(number, None)


@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(history=histories, dead_share=st.sampled_from([0.0, 0.125, 1.0]), merged_at_once=st.sampled_from([2, 4, 99]))
def test_step_by_step_says_the_same_as_all_at_once(
    history: list[dict[str, Any]], dead_share: float, merged_at_once: int
) -> None:
    store = Store()
    with pytest.MonkeyPatch.context() as patch, TemporaryDirectory() as step_by_step, TemporaryDirectory() as at_once:
        patch.setattr(tiers, "DEAD_SHARE", dead_share)
        patch.setattr(tiers, "MERGED_AT_ONCE", merged_at_once)
        for change in history:
            lived(store, change)
            last = index(Path(step_by_step), store)
        assert said(last) == said(index(Path(at_once), store))


@settings(deadline=None, max_examples=15, suppress_health_check=[HealthCheck.too_slow])
@given(
    history=histories,
    name=st.sampled_from(NAMES),
    numbers=st.sets(st.integers(1, 14), max_size=3),
    dead_share=st.sampled_from([0.125, 1.0]),
)
def test_forgetting_in_between_leaves_no_row_and_nothing_that_later_builds_stumble_over(
    history: list[dict[str, Any]], name: str, numbers: set[int], dead_share: float
) -> None:
    store = Store()
    with pytest.MonkeyPatch.context() as patch, TemporaryDirectory() as step_by_step, TemporaryDirectory() as at_once:
        patch.setattr(tiers, "DEAD_SHARE", dead_share)
        for change in history:
            lived(store, change)
            index(Path(step_by_step), store)
            forget(Path(step_by_step), f"blg_{name}", post_ids=numbers)
            kept = [open_generation(Path(step_by_step), number) for number in layout.numbers(Path(step_by_step))]
            assert not numbers & {post for one in kept for part in one.segments for post in part.post_ids.tolist()}
        assert said(index(Path(step_by_step), store)) == said(index(Path(at_once), store))


def test_what_is_unchanged_is_not_read_again(tmp_path: Path) -> None:
    store = Store({1: ESPRESSO, 2: GRAVEL})
    index(tmp_path, store)

    def refuse(names: Any) -> Any:
        raise AssertionError(f"{names} were asked for")

    again = index(tmp_path, store, texts=refuse, vectors_of=refuse)
    assert (again.build.added, again.build.kept, again.build.removed) == (0, 2, 0)


def read_of(tmp_path: Path, store: Store) -> list[str]:
    """Whose facts a build reads."""
    read: list[str] = []

    def noting(bloggers: list[RankableBlogger]) -> StoredBloggers:
        given = stored(bloggers, marked=True)

        def noted(chosen: Sequence[BloggerOutline]) -> Iterable[RankableBlogger]:
            read.extend(one.site_key for one in chosen)
            return given.read(chosen)

        return StoredBloggers(given.outlines, noted)

    index(tmp_path, store, bloggers_of=noting)
    return read


def test_facts_are_read_again_of_those_who_changed_and_when_time_changes_them(tmp_path: Path) -> None:
    store = Store({1: ESPRESSO, 2: GRAVEL, 3: Written((6, 7), day=AGES_DAYS.index(3), owner=2)})
    assert read_of(tmp_path, store) == ["ant.test", "bee.test", "cat.test"]
    assert read_of(tmp_path, store) == []
    store.posts[2] = replace(GRAVEL, words=(4, 5))
    assert read_of(tmp_path, store) == ["bee.test"]
    store.day = 4  # the post that was three days old is a week old
    assert read_of(tmp_path, store) == ["cat.test"]
    store.day = 0  # a clock that was put back
    assert read_of(tmp_path, store) == ["ant.test", "bee.test", "cat.test"]


def test_a_date_of_the_future_is_looked_at_again_when_it_is_a_week_away(tmp_path: Path) -> None:
    """To the microsecond: then it is not yet young, and just afterwards it is."""
    store = Store({1: replace(ESPRESSO, day=AGES_DAYS.index(-7))})
    assert read_of(tmp_path, store) == ["ant.test"]
    store.day = 1
    assert read_of(tmp_path, store) == ["ant.test"]


def test_who_was_forgotten_is_settled_no_more_and_the_others_are(tmp_path: Path) -> None:
    store = Store({1: ESPRESSO, 2: replace(GRAVEL, language="de"), 3: Written((6, 7), language="de", owner=2)})
    index(tmp_path, store)
    del store.posts[2]
    forget(tmp_path, "blg_bee")
    (folder,) = tmp_path.glob("000001/settled-*")
    assert np.load(folder / "settled.npz")["ids"].tolist() == [100, 98]
    assert read_of(tmp_path, store) == []
    with TemporaryDirectory() as at_once:
        assert said(open_generation(tmp_path)) == said(index(Path(at_once), store))


def test_a_changed_post_is_one_removed_and_one_added(tmp_path: Path) -> None:
    store = Store(dict.fromkeys(range(1, 10), ESPRESSO))
    index(tmp_path, store)
    store.posts[5] = Written((3, 4, 5))
    built = index(tmp_path, store).build
    assert (built.added, built.kept, built.removed, built.merged) == (1, 8, 1, 0)


def test_segments_are_shared_by_hard_link(tmp_path: Path) -> None:
    store = Store({1: ESPRESSO, 2: GRAVEL})
    first = index(tmp_path, store)
    store.posts[3] = ESPRESSO
    second = index(tmp_path, store)
    assert [segment.posts for segment in second.segments] == [2, 1]
    for path in first.segments[0].folder.rglob("*.*"):
        assert path.samefile(second.folder / path.relative_to(first.folder))


def test_where_the_file_system_has_no_links_files_are_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError("no links here")

    store = Store({1: ESPRESSO, 2: GRAVEL})
    index(tmp_path, store)
    monkeypatch.setattr("os.link", refuse)
    store.posts[3] = ESPRESSO
    copied = index(tmp_path, store)
    assert [path.stat().st_nlink for path in copied.segments[0].folder.glob("*.i64")] == [1, 1, 1, 1, 1, 1]
    assert open_generation(tmp_path).post_count == 3


def test_another_model_or_a_full_build_takes_nothing_over(tmp_path: Path) -> None:
    store = Store({1: ESPRESSO, 2: GRAVEL})
    index(tmp_path, store)
    assert index(tmp_path, store, full=True).build.added == 2
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ranking.index.build.FORMULA", "another")
        assert index(tmp_path, store).build.added == 2


def test_a_damaged_generation_is_not_built_upon(tmp_path: Path) -> None:
    store = Store({1: ESPRESSO, 2: GRAVEL})
    folder = index(tmp_path, store).folder
    (folder / "meta.json").write_bytes(b"{}")
    assert index(tmp_path, store).build.added == 2


def test_a_post_without_its_vector_is_looked_at_again(tmp_path: Path) -> None:
    store = Store({1: ESPRESSO, 2: GRAVEL})
    bare = index(tmp_path, store, vectors_of=lambda _: {})
    assert not bare.has_vector.any()
    again = index(tmp_path, store)
    assert (again.build.added, again.has_vector.tolist()) == (2, [True, True])


def reserving(folder: Path, store: Store, number: int) -> Generation:
    """The next generation, when the words of a post are reserved."""
    store.posts[number] = replace(store.posts[number], reserved=True)
    return index(folder, store)


def test_words_that_a_site_reserves_leave_every_generation_with_the_next(tmp_path: Path) -> None:
    store = Store({number: Written((number, 1)) for number in range(1, 12)})
    index(tmp_path, store)
    index(tmp_path, store)
    built = reserving(tmp_path, store, 11)
    assert [bool(document.text) for document in documents_of(built, 0)] == [True] * 10 + [False]
    assert b"tomato" not in bytes_of(tmp_path)
    assert [open_generation(tmp_path, number).blogger_count for number in (1, 2, 3)] == [0, 0, 1]


def test_words_that_are_dead_leave_too_when_their_site_reserves_them(tmp_path: Path) -> None:
    store = Store({number: Written((number, 1)) for number in range(1, 21)} | {20: Written((11, 1))})
    store.posts = {number: replace(one, words=(number % 10, 1)) for number, one in store.posts.items()}
    store.posts[20] = Written((11, 1))
    index(tmp_path, store)
    store.posts[20] = Written((3, 1), owner=1)
    index(tmp_path, store)
    assert b"tomato" in bytes_of(tmp_path)
    reserving(tmp_path, store, 20)
    assert b"tomato" not in bytes_of(tmp_path)


def test_words_of_a_post_that_no_generation_shows_leave_when_they_are_reserved(tmp_path: Path) -> None:
    store = Store({number: Written((number % 10, 1)) for number in range(1, 20)} | {20: Written((11, 1))})
    index(tmp_path, store)
    gone = store.posts.pop(20)
    index(tmp_path, store)
    assert b"tomato" in bytes_of(tmp_path)
    hidden = Store({20: replace(gone, reserved=True)})
    index(tmp_path, store, reserved=hidden.reserved)
    assert b"tomato" not in bytes_of(tmp_path)


def test_a_reserved_post_that_was_never_kept_with_words_has_nothing_rewritten(tmp_path: Path) -> None:
    store = Store({number: Written((number, 1), reserved=number == 9) for number in range(1, 12)})
    first = index(tmp_path, store)
    store.posts[9] = replace(store.posts[9], day=2)
    second = index(tmp_path, store)
    assert (first.segments[0].folder / "post_ids.i64").samefile(second.segments[0].folder / "post_ids.i64")
    assert open_generation(tmp_path, 1).meta == first.meta


def test_vectors_asked_for_are_those_of_posts_that_the_model_can_read(tmp_path: Path) -> None:
    asked: list[str] = []
    store = Store({1: ESPRESSO, 2: Written((1,), language="fi"), 3: Written((1,), reserved=True)})

    def asking(names: Sequence[str]) -> Mapping[str, NDArray[np.float32]]:
        asked.extend(names)
        return vectors(names)

    index(tmp_path, store, vectors_of=asking)
    assert asked == [post.content_hash for post in store.bloggers()[0].posts[:1]]


def test_unchanged_is_the_same_id_with_the_same_fingerprint() -> None:
    ids, prints = np.array([2, 3, 5, 7, 9]), np.array([20, 30, 50, LOOK_AGAIN, 90], np.uint64)
    known_ids, known_prints = np.array([2, 5, 7, 9]), np.array([20, 51, LOOK_AGAIN, 90], np.uint64)
    assert unchanged(ids, prints, known_ids, known_prints).tolist() == [0, -1, -1, -1, 3]
    assert unchanged(ids, prints, known_ids[:0], known_prints[:0]).tolist() == [-1] * 5


def settle(folder: Path, meta: dict[str, Any], **columns: NDArray[Any]) -> None:
    """Write these columns into a generation as if it had been built with them."""
    np.savez(folder / meta["settled"]["folder"] / "settled.npz", **columns)  # type: ignore[arg-type]
    files = layout.seal(folder)
    layout.write_meta(folder, {**meta, "files": {name: files[name] for name in meta["files"]}})


@pytest.mark.parametrize("spoil", ["kind", "columns"])
def test_who_is_forgotten_goes_though_nothing_of_what_is_settled_can_be_read(tmp_path: Path, spoil: str) -> None:
    """Such as in a generation that an older version made."""
    store = Store({1: ESPRESSO, 2: GRAVEL})
    folder = index(tmp_path, store).folder
    meta = layout.read_meta(folder)
    if spoil == "kind":
        meta["settled"]["kind"] = {"code": "of before"}
    settle(folder, meta, ids=np.array([100, 99]))
    del store.posts[2]

    assert forget(tmp_path, "blg_bee").rewritten == 1
    assert not list(folder.glob("settled-*"))
    assert read_of(tmp_path, store) == ["ant.test"]


def test_columns_that_do_not_fit_each_other_are_settled_anew(tmp_path: Path) -> None:
    store = Store({1: ESPRESSO, 2: GRAVEL})
    folder = index(tmp_path, store).folder
    meta = layout.read_meta(folder)
    with np.load(folder / meta["settled"]["folder"] / "settled.npz") as stored:
        columns = dict(stored)
    settle(folder, meta, **{**columns, "dates": columns["dates"][:-1]})
    assert read_of(tmp_path, store) == ["ant.test", "bee.test"]
