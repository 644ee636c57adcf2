import multiprocessing
import os
import signal
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from bloghound.records import BloggerOutline, PostText, RankableBlogger
from ranking.index import StoredBloggers, assembly, build_generation, exclusive, layout, no_graph, open_generation
from ranking.index.merging import merge_segments
from tests.index_histories import Store, Written, index, said
from tests.ranking_bloggers import AS_OF, blogger, stored, texts_of

MODEL = "m"


def no_vectors(_: Sequence[str]) -> Mapping[str, NDArray[np.float32]]:
    return {}


def generation_of(index_dir: Path, bloggers: Any, texts: Any) -> None:
    given = bloggers if isinstance(bloggers, StoredBloggers) else stored(bloggers)
    with exclusive(index_dir) as held:
        build_generation(
            held, given, texts, no_vectors, no_graph(()), encoder_name=MODEL, dimensions=4,
            reserved=lambda _: (), model_languages=None, as_of=AS_OF,
        )  # fmt: skip


def three() -> list[RankableBlogger]:
    return [blogger(name, (f"{name} writes about soil",)) for name in ("ant", "bee", "cat")]


def endless(index_dir: str) -> None:
    """Builds on what is there, and has always one more blogger."""
    found = three()

    def bloggers(_: Sequence[BloggerOutline]) -> Iterator[RankableBlogger]:
        yield from found
        while True:
            found.append(blogger(f"new{len(found)}", ("one more",)))
            yield found[-1]

    outlines = [BloggerOutline(number, f"{number}.test", 1, None) for number in range(1_000_000)]

    def texts(post_ids: Sequence[int]) -> Iterable[PostText]:
        return texts_of(found)(post_ids)  # of all that there are by now

    generation_of(Path(index_dir), StoredBloggers(outlines, bloggers), texts)


def stuck_in_a_merge(index_dir: str) -> None:
    """Builds on what is there, and hangs once the merged segment is written."""

    def hang(*arguments: Any) -> None:
        merge_segments(*arguments)
        time.sleep(600)

    found = three()[1:]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(assembly, "merge_segments", hang)
        generation_of(Path(index_dir), found, texts_of(found))


def killed_when(work: Callable[[str], None], index_dir: Path, pattern: str) -> None:
    """Do the work in a process of its own, and kill that once there is a file of that name."""
    process = multiprocessing.get_context("spawn").Process(target=work, args=(str(index_dir),))
    process.start()
    deadline = time.monotonic() + 120
    while not list(index_dir.glob(pattern)) and process.is_alive() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert list(index_dir.glob(pattern))
    os.kill(process.pid or 0, signal.SIGKILL)
    process.join()


@pytest.mark.parametrize(
    ("work", "pattern"),
    [
        (endless, ".building-*/segment-*/post_vectors.f16"),
        (stuck_in_a_merge, ".building-*/segment-*/bloggers/postings.json"),
    ],
)
def test_a_build_upon_another_that_is_killed_leaves_no_harm_and_the_next_one_cleans_up(
    tmp_path: Path, work: Callable[[str], None], pattern: str
) -> None:
    generation_of(tmp_path, three(), texts_of(three()))
    killed_when(work, tmp_path, pattern)
    assert list(tmp_path.glob(".building-*"))
    assert (open_generation(tmp_path).number, open_generation(tmp_path).post_count) == (1, 3)
    generation_of(tmp_path, three()[1:], texts_of(three()))
    assert [one.name for one in open_generation(tmp_path).bloggers] == ["Bee", "Cat"]
    assert not list(tmp_path.glob(".building-*"))


STAGES = ["merged_parts", "with_withdrawals", "post_list", "write_columns", "_switch", "_remove_old"]


@pytest.mark.parametrize("stage", STAGES)
def test_a_build_that_stops_before_any_stage_is_made_up_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stage: str
) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    store = Store({number: Written((number, 1, 2)) for number in range(1, 10)})
    index(tmp_path / "one", store)
    store.posts[3] = Written((5, 5))
    monkeypatch.setattr(f"ranking.index.build.{stage}", stop)
    with pytest.raises(KeyboardInterrupt):
        index(tmp_path / "one", store)
    monkeypatch.undo()
    assert open_generation(tmp_path / "one").post_count == 9
    assert not list((tmp_path / "one").glob(f"{layout.DRAFT_PREFIX}*"))
    store.posts[10] = Written((7,))
    assert said(index(tmp_path / "one", store)) == said(index(tmp_path / "two", store))
