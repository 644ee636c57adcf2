import pytest

from ranking.passages import PASSAGE_CHARS, PASSAGE_WORDS, passage_text, readable


def test_a_passage_is_title_and_opening() -> None:
    text = passage_text(" Bees ", "word " * 500)
    assert text.startswith("Bees. word word")
    assert len(text.split()) == 1 + PASSAGE_WORDS


def test_a_text_without_spaces_is_cut_by_characters() -> None:
    assert len(passage_text("", "茶" * 9000)) == PASSAGE_CHARS


@pytest.mark.parametrize(
    ("title", "text", "expected"), [("", "Only text", "Only text"), ("Only title", "", "Only title"), ("", "", "")]
)
def test_a_missing_half_leaves_no_stray_stop(title: str, text: str, expected: str) -> None:
    assert passage_text(title, text) == expected


def test_a_post_whose_language_is_unknown_is_readable() -> None:
    assert readable(None, frozenset({"en"}))
    assert readable("en-GB", frozenset({"en"}))
    assert readable("nl", None)
    assert not readable("nl", frozenset({"en"}))
