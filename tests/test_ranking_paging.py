"""Mapped files brought into the page tables before anybody asks."""

import mmap
from pathlib import Path

import numpy as np
import pytest

from ranking.index import open_generation, paging
from ranking.index.layout import mapped
from ranking.index.paging import BYTES_AT_A_TIME, populate
from tests.ranking_bloggers import build, three_bloggers

SIZE = BYTES_AT_A_TIME // 8 + mmap.PAGESIZE
PATIENCE = 60.0


@pytest.fixture
def path(tmp_path: Path) -> Path:
    np.arange(SIZE).astype("<i8").tofile(tmp_path / "rows.i64")
    return tmp_path / "rows.i64"


def resident_bytes(path: Path) -> int:
    """How much of a mapped file this process has in its page tables: of the fullest mapping, for a generation that was
    opened before may not be collected yet."""
    found, is_ours = [], False
    for line in Path("/proc/self/smaps").read_text("utf-8").splitlines():
        if not line.partition(" ")[0].endswith(":"):
            is_ours = line.endswith(str(path))
        elif is_ours and line.startswith("Rss:"):
            found.append(1024 * int(line.split()[1]))
    return max(found)


def test_all_pages_of_a_mapped_file_are_there_before_they_are_read(path: Path) -> None:
    rows = mapped(path, "<i8", (SIZE,))
    assert resident_bytes(path) == 0
    assert populate([np.zeros(3), rows[:5]], PATIENCE)
    assert resident_bytes(path) == path.stat().st_size


def test_no_more_time_is_taken_than_is_given(path: Path) -> None:
    rows = mapped(path, "<i8", (SIZE,))
    assert not populate([rows], -1.0)
    assert resident_bytes(path) == 0


def test_a_kernel_that_does_not_know_how_leaves_it_to_the_first_use(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paging, "MADV_POPULATE_READ", 9999)
    rows = mapped(path, "<i8", (SIZE,))
    assert not populate([rows], PATIENCE)
    assert rows[-1] == SIZE - 1


def test_a_generation_is_populated_whole(tmp_path: Path) -> None:
    build(tmp_path, three_bloggers())
    generation = open_generation(tmp_path)
    assert generation.populate(PATIENCE)
    for name in ("post_vectors.f16", "documents.bin", "posts/rows.u32", "bloggers/lengths.i32"):
        path = generation.segments[0].folder / name
        assert resident_bytes(path) >= path.stat().st_size
