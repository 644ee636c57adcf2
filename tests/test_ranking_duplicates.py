from datetime import UTC, datetime

import pytest

from ranking.duplicates import MIN_WORDS, SKETCH_SIZE, SketchedPost, copied_posts, resemblance, sketch_of

TEXT = " ".join(f"word{number * number % 97} and{number % 13} then{number}" for number in range(60))
OTHER = " ".join(f"else{number * 7 % 89} so{number % 11} now{number}" for number in range(60))


def at(owner: int, text: str, day: int | None = 1) -> SketchedPost:
    return SketchedPost(owner, None if day is None else datetime(2025, 1, day, tzinfo=UTC), sketch_of(text))


def test_a_sketch_is_small_sorted_and_the_same_every_time() -> None:
    sketch = sketch_of(TEXT)
    assert len(sketch) == SKETCH_SIZE
    assert (sketch[:-1] < sketch[1:]).all()
    assert (sketch == sketch_of(TEXT.upper())).all()


def test_short_texts_have_no_sketch() -> None:
    assert len(sketch_of("word " * (MIN_WORDS - 1))) == 0
    assert copied_posts([at(0, "Hello world"), at(1, "Hello world")], [0, 0]) == set()


def test_resemblance_runs_from_nothing_to_all() -> None:
    assert resemblance(sketch_of(TEXT), sketch_of(TEXT)) == 1.0
    assert resemblance(sketch_of(TEXT), sketch_of(OTHER)) == 0.0
    assert resemblance(sketch_of(""), sketch_of("")) == 0.0


def test_the_later_of_two_is_the_copy_even_with_a_frame_around_it() -> None:
    framed = f"Read this first. {TEXT} Originally seen elsewhere, all rights theirs."
    assert copied_posts([at(0, framed, 9), at(1, TEXT, 2)], [9, 0]) == {0}


def test_a_bloggers_own_repeats_are_no_copies() -> None:
    assert copied_posts([at(0, TEXT, 1), at(0, TEXT, 5)], [0]) == set()


@pytest.mark.parametrize("day", [1, None])
def test_without_telling_dates_the_one_with_more_doubles_copied(day: int | None) -> None:
    posts = [at(0, TEXT, day), at(1, TEXT, day), at(1, OTHER, day)]
    assert copied_posts(posts, [5, 0]) == {0}


def test_without_any_other_sign_the_one_with_fewer_linkers_copied() -> None:
    posts = [at(0, TEXT), at(1, TEXT)]
    assert copied_posts(posts, [0, 3]) == {0}
    assert copied_posts(posts, [3, 0]) == {1}
