import re

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from ranking.sketches import MIN_WORDS, SHINGLE_WORDS, SKETCH_SIZE, sketches_of

TEXT = " ".join(f"word{number * number % 97} and{number % 13} then{number}" for number in range(60))
words = st.lists(st.sampled_from(["bee", "Honey", "ÎLE", "茶葉", "x_1", "\ud800", "𝒜"]), max_size=80)


def hashes(text: str) -> NDArray[np.uint64]:
    (sketch,) = sketches_of([text])
    return np.asarray(sketch[sketch != 0])


def test_a_sketch_is_small_sorted_and_the_same_every_time() -> None:
    sketch = hashes(TEXT)
    assert len(sketch) == SKETCH_SIZE
    assert (sketch[:-1] < sketch[1:]).all()
    assert (sketch == hashes(TEXT.upper())).all()


def test_short_texts_have_no_sketch_and_repeated_words_one_hash() -> None:
    assert len(hashes("word " * (MIN_WORDS - 1))) == 0
    assert len(hashes("word " * MIN_WORDS)) == 1


@settings(deadline=None)
@given(st.lists(words.map(" - ".join), max_size=6))
def test_texts_sketched_together_are_those_sketched_alone(texts: list[str]) -> None:
    assert (sketches_of(texts) == np.stack([sketches_of([text])[0] for text in [*texts, ""]])[:-1]).all()


@settings(deadline=None)
@given(words.map(", ".join))
def test_each_distinct_run_of_words_is_one_hash(text: str) -> None:
    found = [word.lower() for word in re.findall(r"\w+", text)]
    runs = {tuple(found[start : start + SHINGLE_WORDS]) for start in range(len(found) - SHINGLE_WORDS + 1)}
    assert len(hashes(text)) == (min(len(runs), SKETCH_SIZE) if len(found) >= MIN_WORDS else 0)


def test_the_smallest_hashes_are_spread_over_the_whole_range() -> None:
    text = " ".join(f"w{number}" for number in range(20_004))
    # The smallest 32 of n evenly spread values reach up to about 32/n of the range: a fifth about it is 1.1 sigma.
    assert 0.4 < hashes(text)[-1] / 2**64 * 20_000 / SKETCH_SIZE < 1.6
