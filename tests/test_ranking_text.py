"""BM25 over segments, against the formula worked out post by post with plain counting."""

from collections import Counter
from math import log
from pathlib import Path
from typing import NamedTuple
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

import ranking.index.text
from ranking.index.post_list import PostRows
from ranking.index.postings import Postings, PostingsWriter
from ranking.index.text import BM25_B, BM25_K1, BloggersText, PostsText, ideal_score, inverse_document_frequency

TERMS = "abcde"
WEIGHTS = {"a": 1.0, "b": 0.5, "e": 2.0, "x": 1.0}


class Post(NamedTuple):
    """A post by one of four bloggers, in one of three segments; a gone one is withdrawn by a last segment."""

    blogger: int
    segment: int
    text: str
    gone: bool


posts_drawn = st.lists(
    st.builds(Post, st.integers(0, 3), st.integers(0, 2), st.text(TERMS, max_size=9), st.booleans()), max_size=14
)
BLOGGERS, SEGMENTS = 4, 3


def rows_in(posts: list[Post], segment: int) -> list[int]:
    """The posts of a segment in the order of its rows: by blogger."""
    return sorted((at for at, post in enumerate(posts) if post.segment == segment), key=lambda at: posts[at].blogger)


def written(folder: Path, posts: list[Post]) -> tuple[list[Postings], list[Postings]]:
    """The postings of the posts and of the bloggers of each segment, and of what the last one takes back."""
    for segment in range(SEGMENTS):
        by_post, by_blogger = (PostingsWriter(folder / f"{kind}{segment}") for kind in ("posts", "bloggers"))
        for row, at in enumerate(rows_in(posts, segment)):
            by_post.add(row, list(posts[at].text))
            by_blogger.add(posts[at].blogger, list(posts[at].text))
        by_post.finish()
        by_blogger.finish(BLOGGERS)
    by_post, by_blogger = (PostingsWriter(folder / f"{kind}{SEGMENTS}") for kind in ("posts", "bloggers"))
    for post in sorted(posts):
        if post.gone:
            by_post.withdraw(list(post.text))
            by_blogger.add(post.blogger, list(post.text), -1)
    by_post.finish()
    by_blogger.finish(BLOGGERS)
    parts = range(SEGMENTS + 1)
    return [Postings(folder / f"posts{one}") for one in parts], [Postings(folder / f"bloggers{one}") for one in parts]


def live_rows(posts: list[Post], bloggers: list[int]) -> tuple[PostRows, list[Post]]:
    """The live posts of these bloggers as rows, in the order of the bloggers, and the posts themselves."""
    chosen = [
        [at for at, post in enumerate(posts) if post.blogger == blogger and not post.gone] for blogger in bloggers
    ]
    flat = [at for several in chosen for at in several]
    places = [(posts[at].segment, rows_in(posts, posts[at].segment).index(at)) for at in flat]
    offsets = np.cumsum([0, *map(len, chosen)])
    segments, rows = np.array(places, np.int64).reshape(-1, 2).T
    return PostRows(offsets, segments.astype(np.uint16), rows.astype(np.uint32)), [posts[at] for at in flat]


def bm25(texts: list[str], shown: list[str], weights: dict[str, float] = WEIGHTS) -> NDArray[np.float64]:
    """The scores of ``shown``, which are among ``texts``, by the formula."""
    mean = sum(map(len, texts)) / max(len(texts), 1)
    scores = np.zeros(len(shown))
    for term, weight in weights.items():
        holding = sum(term in text for text in texts)
        idf = log(1 + (len(texts) - holding + 0.5) / (holding + 0.5)) if holding else 0.0
        for place, text in enumerate(shown):
            count = Counter(text)[term]
            norm = BM25_K1 * (1 - BM25_B + BM25_B * len(text) / max(mean, 1))
            scores[place] += weight * idf * (1 + BM25_K1) * count / (count + norm) if count else 0.0
    return scores


@settings(deadline=None, max_examples=40)
@given(posts_drawn, st.permutations(range(BLOGGERS)))
def test_posts_score_as_the_formula_says_wherever_they_lie(
    tmp_path_factory: pytest.TempPathFactory, posts: list[Post], order: list[int]
) -> None:
    text = PostsText(written(tmp_path_factory.mktemp("text"), posts)[0])
    rows, shown = live_rows(posts, order[:3])
    counting = {term: weight * text.inverse_document_frequency(term) for term, weight in WEIGHTS.items()}
    expected = bm25([post.text for post in posts if not post.gone], [post.text for post in shown])
    assert text.scores(counting, rows) == pytest.approx(expected, rel=1e-12)


@settings(deadline=None, max_examples=40)
@given(posts_drawn, st.sampled_from([0, 1_000]))
def test_bloggers_score_as_one_text_each_counted_either_way(
    tmp_path_factory: pytest.TempPathFactory, posts: list[Post], sparse: int
) -> None:
    postings = written(tmp_path_factory.mktemp("text"), posts)[1]
    text = BloggersText(postings, [np.arange(BLOGGERS)] * len(postings), BLOGGERS)
    texts = ["".join(post.text for post in posts if post.blogger == one and not post.gone) for one in range(BLOGGERS)]
    with patch.object(ranking.index.text, "SPARSE", sparse):
        hits = text.search(WEIGHTS)
    assert hits.scores == pytest.approx(bm25(texts, texts), rel=1e-12)
    assert [text.holders(term) for term in TERMS] == [sum(term in one for one in texts) for term in TERMS]
    assert hits.idf["a"] == inverse_document_frequency(BLOGGERS, sum("a" in one for one in texts))


@settings(deadline=None, max_examples=40)
@given(posts_drawn)
def test_who_left_the_generation_counts_for_nothing(
    tmp_path_factory: pytest.TempPathFactory, posts: list[Post]
) -> None:
    postings = written(tmp_path_factory.mktemp("text"), posts)[1]
    text = BloggersText(postings, [np.array([1, -1, 0, -1])] * len(postings), 2)
    texts = ["".join(post.text for post in posts if post.blogger == one and not post.gone) for one in (2, 0)]
    assert text.search(WEIGHTS).scores == pytest.approx(bm25(texts, texts), rel=1e-12)


@settings(deadline=None, max_examples=40)
@given(posts_drawn, st.lists(st.lists(st.sampled_from("abx"), max_size=2), max_size=3))
def test_posts_that_hold_every_word(
    tmp_path_factory: pytest.TempPathFactory, posts: list[Post], words: list[list[str]]
) -> None:
    text = PostsText(written(tmp_path_factory.mktemp("text"), posts)[0])
    rows, shown = live_rows(posts, list(range(BLOGGERS)))
    expected = [bool(words) and all(any(term in post.text for term in word) for word in words) for post in shown]
    assert text.holding(words, rows).tolist() == expected


@settings(deadline=None, max_examples=40)
@given(posts_drawn)
def test_the_same_bytes_whatever_else_is_scored(tmp_path_factory: pytest.TempPathFactory, posts: list[Post]) -> None:
    text = PostsText(written(tmp_path_factory.mktemp("text"), posts)[0])
    rows, _ = live_rows(posts, list(range(BLOGGERS)))
    whole = text.scores(WEIGHTS, rows)
    alone = [text.scores(WEIGHTS, rows.of(np.array([one]))) for one in range(BLOGGERS)]
    assert np.concatenate(alone).tobytes() == whole.tobytes()


def test_nothing_to_search(tmp_path: Path) -> None:
    postings = written(tmp_path, [])
    assert BloggersText(postings[1], [np.arange(4)] * 4, 4).search(WEIGHTS).scores.tolist() == [0.0] * 4
    assert BloggersText([], [], 0).search(WEIGHTS).scores.shape == (0,)
    assert PostsText(postings[0]).scores(WEIGHTS, live_rows([], [0])[0]).shape == (0,)


def test_the_ideal_counts_words_that_nobody_uses_as_average_ones() -> None:
    words, idf = {"one": ["a", "b"], "two": ["c"], "three": ["d"]}, {"a": 1.0, "b": 4.0, "c": 2.0, "d": 0.0}
    weights = {"one": 0.5, "two": 2.0, "three": 1.0}
    assert ideal_score(idf, words, weights) == (1 + BM25_K1) * 3 * (0.5 * 4 + 2 * 2) / 2
    assert ideal_score({"d": 0.0}, {"three": ["d"]}, weights) == 0.0
    assert ideal_score({}, {}, {}) == 0.0


def test_a_term_saturates_once_however_often_it_is_repeated(tmp_path: Path) -> None:
    times = 3 * 32_767 + 1
    writer = PostingsWriter(tmp_path / "posts")
    for row, text in enumerate((["a"], ["a"] * times, ["b"])):
        writer.add(row, text)
    writer.finish()
    rows = PostRows(np.array([0, 3]), np.zeros(3, np.uint16), np.arange(3, dtype=np.uint32))
    norm = BM25_K1 * (1 - BM25_B + BM25_B * times / ((times + 2) / 3))
    found = PostsText([Postings(tmp_path / "posts")]).scores({"a": 1.0}, rows)
    assert found[1] == pytest.approx((1 + BM25_K1) * times / (times + norm), rel=1e-12)
