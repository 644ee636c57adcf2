import os
from pathlib import Path

import numpy as np
import pytest

from bloghound.errors import StorageError
from ranking.index import workers
from ranking.index.segment import Document, Segment
from ranking.index.workers import GrowingSegments, WorkerSegments
from ranking.index.writing import LocalSegments, NewPost, NewPosts
from tests.index_histories import Store, Written, index, said

DIMENSIONS = 4


def posts_of(blogger_id: int, number: int) -> NewPosts:
    documents = [Document(f"https://b.test/{place}", "Soil", f"word{place}", "en", None) for place in range(number)]
    posts = tuple(NewPost(100 * blogger_id + place, 7, 0, one) for place, one in enumerate(documents))
    return NewPosts(blogger_id, f"blg_{blogger_id}", posts, np.full((number, DIMENSIONS), blogger_id, np.float16))


def held(folder: Path, entries: list[dict[str, object]]) -> list[list[int]]:
    """The bloggers of each segment, and that each has its posts."""
    found = []
    for entry in entries:
        segment = Segment(folder / str(entry["folder"]), entry)
        owners = segment.blogger_ids[segment.owners_of_rows()]
        assert (segment.post_ids // 100 == owners).all()
        assert (segment.post_vectors[:, 0] == owners).all()
        assert segment.posts_text.find("soil").documents == segment.posts
        found.append(segment.blogger_ids.tolist())
    return found


def test_a_segment_ends_with_a_whole_blogger_before_it_is_too_large(tmp_path: Path) -> None:
    segments = LocalSegments(tmp_path, DIMENSIONS, max_posts=5)
    segments.add([posts_of(1, 3), posts_of(2, 2), posts_of(3, 1), posts_of(4, 9), posts_of(5, 1)])
    assert held(tmp_path, segments.finish()) == [[1, 2], [3], [4], [5]]


def test_workers_write_in_turn_and_say_what_they_wrote(tmp_path: Path) -> None:
    segments = WorkerSegments(tmp_path, DIMENSIONS)
    for blogger_id in range(1, 6):
        segments.add([posts_of(blogger_id, 3)])
    assert held(tmp_path, segments.finish()) == [[1, 3, 5], [2, 4]]


def test_workers_are_started_when_there_is_much_to_write(tmp_path: Path) -> None:
    segments = GrowingSegments(tmp_path, DIMENSIONS, local_posts=4)
    for blogger_id in range(1, 5):
        segments.add([posts_of(blogger_id, 3)])
    assert held(tmp_path, segments.finish()) == [[1, 2], [3], [4]]


def test_a_worker_that_cannot_write_says_why(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    segments = WorkerSegments(tmp_path / "file", DIMENSIONS, workers=1)
    segments.add([posts_of(1, 90)])
    with pytest.raises(StorageError, match="Not a directory"):
        segments.finish()


def test_a_worker_that_is_killed_is_one_sentence(tmp_path: Path) -> None:
    segments = WorkerSegments(tmp_path, DIMENSIONS, workers=1)
    segments.add([posts_of(1, 3)])
    os.kill(segments._workers[0]._process.pid or 0, 9)
    with pytest.raises(StorageError, match="A process that writes the index stopped"):
        segments.finish()


def test_workers_end_when_the_build_is_abandoned(tmp_path: Path) -> None:
    segments = WorkerSegments(tmp_path, DIMENSIONS)
    segments.abandon()
    assert [worker._process.is_alive() for worker in segments._workers] == [False, False]


def test_a_build_by_workers_says_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store({number: Written((number, 2, 4), owner=number % 5) for number in range(1, 12)})
    alone = said(index(tmp_path / "alone", store))
    monkeypatch.setattr("ranking.index.stream.POSTS_AT_ONCE", 2)
    monkeypatch.setattr(workers.GrowingSegments.__init__, "__defaults__", (0,))
    together = index(tmp_path / "together", store)
    assert len(together.segments) == 3
    assert said(together) == alone
