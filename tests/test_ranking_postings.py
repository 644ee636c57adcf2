import json
from collections import Counter
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bloghound.errors import IndexDamagedError
from ranking.index import runs
from ranking.index.postings import Postings, PostingsWriter, merge_postings, term_hash

TERMS = "abcdefghij"
FILES = ("hashes.u64", "starts.i64", "rows.u32", "counts.i16", "document_counts.i32", "lengths.i32", "postings.json")

Documents = list[tuple[int, str, int]]
"""Row (-1: withdrawn), terms of one letter, and sign (or times)."""

documents = st.lists(st.tuples(st.integers(-1, 6), st.text(TERMS, max_size=12), st.sampled_from([1, -1])), max_size=12)


def written(folder: Path, entries: Documents, *, rows: int = 0, **options: Any) -> Postings:
    writer = PostingsWriter(folder, **options)
    for row, text, sign in sorted(entries, key=lambda entry: entry[0]):
        if row < 0:
            writer.withdraw(list(text), sign)
        else:
            writer.add(row, list(text), sign)
    writer.finish(rows)
    return Postings(folder)


def counts_of(postings: Postings) -> dict[str, Counter[int]]:
    """Each term's counts by row; several postings of one row add up."""
    found = {}
    for term in TERMS:
        rows, counts, _, _ = postings.find(term)
        assert (np.diff(rows.astype(np.int64)) >= 0).all()
        found[term] = Counter[int]()
        for row, count in zip(rows.tolist(), counts.tolist(), strict=True):
            found[term][row] += count
    return found


def expected_counts(entries: Documents) -> dict[str, dict[int, int]]:
    found: dict[str, Counter[int]] = {term: Counter() for term in TERMS}
    for row, text, sign in entries:
        for term in text if row >= 0 else "":
            found[term][row] += sign
    return {term: {row: count for row, count in rows.items() if count} for term, rows in found.items()}


def signed(entry: tuple[int, str, int]) -> int:
    return entry[2] if entry[0] >= 0 else -entry[2]


def assert_holds(postings: Postings, entries: Documents) -> None:
    assert counts_of(postings) == expected_counts(entries)
    assert postings.documents == sum(map(signed, entries))
    assert postings.total_length == sum(signed(one) * len(one[1]) for one in entries)
    for term in TERMS:
        assert postings.find(term).documents == sum(signed(one) for one in entries if term in one[1])
    for row in range(postings.rows):
        assert postings.lengths[row] == sum(sign * len(text) for place, text, sign in entries if place == row)


@settings(deadline=None)
@given(documents, st.integers(1, 30))
def test_any_documents_and_any_spills_give_what_counting_gives(
    tmp_path_factory: pytest.TempPathFactory, entries: Documents, spill: int
) -> None:
    postings = written(tmp_path_factory.mktemp("postings") / "new", entries, spill_postings=spill)
    assert_holds(postings, entries)
    assert postings.rows == max([0, *(row + 1 for row, _, _ in entries)])


@settings(deadline=None)
@given(
    st.lists(st.tuples(documents, st.lists(st.integers(0, 9), min_size=7, max_size=7)), max_size=4), st.integers(1, 9)
)
def test_any_merge_gives_what_counting_gives(
    tmp_path_factory: pytest.TempPathFactory, parts: list[tuple[Documents, list[int]]], at_a_time: int
) -> None:
    folder = tmp_path_factory.mktemp("merge")
    sources = [
        (written(folder / str(number), entries, rows=7), np.array(new)) for number, (entries, new) in enumerate(parts)
    ]
    with patch.object(runs, "MERGED_POSTINGS", at_a_time):
        merge_postings(sources, folder / "merged")
    everything = [(new[row] if row >= 0 else -1, text, sign) for entries, new in parts for row, text, sign in entries]
    assert_holds(Postings(folder / "merged"), everything)


one_document_each = st.dictionaries(st.integers(0, 6), st.text(TERMS, max_size=12)).map(
    lambda texts: [(row, text, 1) for row, text in sorted(texts.items())]
)


@settings(deadline=None)
@given(one_document_each, st.sets(st.integers(0, 6)))
def test_a_row_that_goes_leaves_nothing(
    tmp_path_factory: pytest.TempPathFactory, entries: Documents, gone: set[int]
) -> None:
    folder = tmp_path_factory.mktemp("merge")
    source = written(folder / "source", entries)
    new = np.array([-1 if row in gone else row for row in range(source.rows)], np.int64)
    merge_postings([(source, new)], folder / "merged")
    kept, merged = [entry for entry in entries if entry[0] not in gone], Postings(folder / "merged")
    assert counts_of(merged) == expected_counts(kept)
    assert merged.total_length == merged.lengths.sum() == sum(len(text) for _, text, _ in kept)
    assert terms_in(folder / "merged") == len({term for _, text, _ in kept for term in text})
    assert all(merged.find(term).documents == len(counts_of(merged)[term]) for term in TERMS)


def terms_in(folder: Path) -> int:
    return int(json.loads((folder / "postings.json").read_bytes())["terms"])


def test_what_is_withdrawn_twice_and_given_back_twice_leaves_nothing(tmp_path: Path) -> None:
    written(tmp_path / "none", [(-1, "ab", 2), (-1, "ab", -2)])
    assert (terms_in(tmp_path / "none"), Postings(tmp_path / "none").documents) == (0, 0)


def test_a_dropped_row_of_all_documents_counts_down(tmp_path: Path) -> None:
    source = written(tmp_path / "source", [(0, "aab", 1), (1, "", 1), (2, "a", 1)])
    merge_postings([(source, np.array([-1, -1, 0]))], tmp_path / "merged", rows=3)
    merged = Postings(tmp_path / "merged")
    assert (merged.documents, merged.total_length, merged.find("a").documents, merged.rows) == (1, 1, 1, 3)


@pytest.mark.parametrize("count", [32_767, 32_768, 65_534, 65_535, 150_001])
@pytest.mark.parametrize("sign", [1, -1])
def test_a_count_beyond_16_bits_is_exact(tmp_path: Path, count: int, sign: int) -> None:
    source = written(tmp_path / "source", [(0, "a" * count, sign), (0, "a", sign), (1, "a", sign)])
    assert counts_of(source)["a"] == {0: sign * (count + 1), 1: sign}
    merge_postings([(source, np.array([0, 0]))] * 2, tmp_path / "merged")
    assert counts_of(Postings(tmp_path / "merged"))["a"] == {0: sign * 2 * (count + 2)}


def test_terms_beyond_the_remembered_ones_are_the_same_terms(tmp_path: Path) -> None:
    with patch("ranking.index.postings.MAX_KNOWN_TERMS", 3):
        postings = written(tmp_path / "small", [(row, "abcdefg"[row:], 1) for row in range(7)])
    assert_holds(postings, [(row, "abcdefg"[row:], 1) for row in range(7)])


def test_nothing_leaves_files_that_can_be_read(tmp_path: Path) -> None:
    assert_holds(written(tmp_path / "empty", []), [])
    merge_postings([], tmp_path / "merged")
    assert_holds(Postings(tmp_path / "merged"), [])


def test_only_the_files_of_the_format_stay(tmp_path: Path) -> None:
    written(tmp_path / "new", [(0, "abc", 1), (1, "abc", 1)], spill_postings=1)
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == sorted(FILES)


def test_a_term_has_the_same_name_on_every_machine() -> None:
    assert term_hash("espresso") == 0x3D0EA650954F0026
    assert term_hash("\ud800") != term_hash("?")


@pytest.mark.parametrize("name", FILES)
def test_a_missing_or_shortened_file_is_named(tmp_path: Path, name: str) -> None:
    written(tmp_path / "new", [(0, "abc", 1), (3, "a", 1)])
    path = tmp_path / "new" / name
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(IndexDamagedError, match=name.replace(".", r"\.")):
        Postings(tmp_path / "new")
    path.unlink()
    with pytest.raises(IndexDamagedError, match=name.replace(".", r"\.")):
        Postings(tmp_path / "new")


@pytest.mark.parametrize("totals", ["[]", "{}", '{"terms": "x"}', "null"])
def test_totals_that_are_none_are_damage(tmp_path: Path, totals: str) -> None:
    written(tmp_path / "new", [(0, "abc", 1)])
    (tmp_path / "new" / "postings.json").write_text(totals)
    with pytest.raises(IndexDamagedError, match=r"postings\.json"):
        Postings(tmp_path / "new")
