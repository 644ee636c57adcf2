from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from ranking.index.merging import merge_segments
from ranking.index.segment import Document, Segment
from ranking.index.writing import LocalSegments, NewPost, NewPosts

WORDS = ("soil", "kiln", "mast", "gold")
"""Stemmed to themselves in both languages."""

Row = tuple[int, int, int, bool]
"""Blogger, post number, word, and whether the row is live."""

segments = st.lists(
    st.lists(st.tuples(st.integers(1, 4), st.integers(0, 40), st.integers(0, 3), st.booleans()), max_size=30),
    min_size=1,
    max_size=3,
)


def written(folder: Path, number: int, rows: list[Row]) -> tuple[Segment, NDArray[np.bool_]] | None:
    """A segment of these rows; of one post's rows the last stands."""
    posts = {(blogger, number * 1000 + post): (word, live) for blogger, post, word, live in rows}
    if not posts:
        return None
    sink = LocalSegments(folder, 2)
    for blogger in sorted({blogger for blogger, _ in posts}, reverse=number % 2 == 1):
        own = sorted(post for owner, post in posts if owner == blogger)
        new = tuple(NewPost(post, post, post, document_of(post, posts[blogger, post][0])) for post in own)
        sink.add([NewPosts(blogger, f"blg_{blogger}", new, np.array([[post % 99, 1] for post in own], np.float16))])
    (entry,) = sink.finish()
    segment = Segment(folder / entry["folder"], entry)
    keys = zip(segment.blogger_ids[segment.owners_of_rows()].tolist(), segment.post_ids.tolist(), strict=True)
    return segment, np.array([posts[key][1] for key in keys], np.bool_)


def document_of(post: int, word: int) -> Document:
    return Document(f"https://b.test/{post}", "", f"{WORDS[word]} here", ["en", "de", None][post % 3], None)


def rows_of(segment: Segment, live: NDArray[np.bool_]) -> list[dict[str, Any]]:
    """The live rows with all that a segment says of each, by blogger and post."""
    owners = segment.owners_of_rows()
    found = [
        {
            "key": (int(segment.blogger_ids[owners[row]]), int(segment.post_ids[row])),
            "public_id": segment.public_ids()[owners[row]],
            "facts": (int(segment.fingerprints[row]), int(segment.published[row])),
            "family": segment.family_names[segment.families[row]],
            "vector": segment.post_vectors[row].tolist(),
            "sketch": segment.sketches[row].tolist(),
            "document": segment.document(row),
            "words": [word for word in WORDS if row in segment.posts_text.find(word).rows],
        }
        for row in np.flatnonzero(live).tolist()
    ]
    return sorted(found, key=lambda row: row["key"])


@settings(deadline=None, max_examples=40)
@given(segments)
def test_merging_keeps_all_that_is_said_of_live_rows_and_nothing_else(given: list[list[Row]]) -> None:
    with TemporaryDirectory() as name:
        made = [written(Path(name), number, rows) for number, rows in enumerate(given)]
        sources = [one for one in made if one is not None]
        expected = sorted((row for one in sources for row in rows_of(*one)), key=lambda row: row["key"])
        meta = merge_segments(sources, Path(name) / "merged") if sources else None
        if meta is None:
            assert expected == []
            assert not (Path(name) / "merged").exists()
            return
        merged = Segment(Path(name) / "merged", meta)
        assert rows_of(merged, np.ones(merged.posts, np.bool_)) == expected
        assert_consistent(merged)


def assert_consistent(merged: Segment) -> None:
    """Bloggers' rows lie together by post id, and the postings count exactly what is there."""
    assert len(set(merged.blogger_ids.tolist())) == len(merged.blogger_ids)
    for first, last in zip(merged.offsets[:-1], merged.offsets[1:], strict=True):
        assert (np.diff(merged.post_ids[first:last]) > 0).all()
    documents = list(merged.documents(np.arange(merged.posts)))
    assert merged.posts_text.documents == len(documents)
    for word in WORDS:
        holding = sum(one.text.startswith(word) for one in documents)
        assert merged.posts_text.find(word).documents == holding
        assert int(merged.bloggers_text.find(word).counts.sum()) == holding


def test_a_blogger_is_named_as_where_its_rows_are_taken_from(tmp_path: Path) -> None:
    earlier, later = written(tmp_path, 1, [(1, 0, 0, False), (2, 1, 0, True)]), written(tmp_path, 0, [(1, 2, 0, True)])
    assert earlier is not None
    assert later is not None
    (earlier[0].folder / "public_ids.json").write_text('["blg_2", "blg_stale"]')
    for name, sources in (("one", [earlier, later]), ("two", [later, earlier])):
        meta = merge_segments(sources, tmp_path / name)
        assert meta is not None
        assert sorted(Segment(tmp_path / name, meta).public_ids()) == ["blg_1", "blg_2"]


def test_blocks_that_are_taken_whole_are_copied_as_they_are(tmp_path: Path) -> None:
    source = written(tmp_path, 0, [(1, post, 0, post != 9) for post in range(20)])
    assert source is not None
    meta = merge_segments([source], tmp_path / "merged")
    assert meta is not None
    merged = Segment(tmp_path / "merged", meta)
    assert [merged.packed(block) for block in (0, 1)] == [source[0].packed(block) for block in (0, 2)]
    assert [one.url[-2:] for one in merged.unpacked(2)] == ["/8", "10", "11", "12", "13", "14", "15"]
