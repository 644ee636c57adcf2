import pytest

from bloghound.errors import BriefError
from ranking.brief import MAX_BRIEF_CHARS, Brief, checked, read_brief
from ranking.language import language_of
from tests.ranking_bloggers import ENGLISH, encoder


def read(text: str) -> Brief:
    return read_brief(text, encoder(), ["en", "plain"], ENGLISH)


@pytest.mark.parametrize("text", ["", "   \n\t"])
def test_an_empty_brief_is_refused(text: str) -> None:
    with pytest.raises(BriefError, match="empty"):
        checked(text)


def test_a_brief_of_a_megabyte_is_refused_with_its_size() -> None:
    with pytest.raises(BriefError, match="1,000,000 characters"):
        checked("x" * 1_000_000)
    assert len(checked("x" * MAX_BRIEF_CHARS)) == MAX_BRIEF_CHARS


@pytest.mark.parametrize("text", ["🎉", "?!", "… — …"])
def test_a_brief_without_a_word_is_refused_by_name(text: str) -> None:
    with pytest.raises(BriefError, match="holds no word"):
        checked(text)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Knitting patterns for children and slow fashion", "en"),
        ("Recepten voor zuurdesembrood en gebak in de winter", "nl"),
        ("ハンドメイドの靴とかばん", "ja"),
        ("espresso", None),
    ],
)
def test_the_language_of_a_brief(text: str, language: str | None) -> None:
    assert language_of(text) == language


def test_a_brief_that_the_model_can_read_has_a_vector_and_no_warning() -> None:
    brief = read("Knitting patterns for children and slow fashion")
    assert brief.vector is not None
    assert brief.warnings == ()


def test_a_brief_in_another_language_warns_and_has_words_only() -> None:
    brief = read("Recepten voor zuurdesembrood en gebak in de winter")
    assert brief.vector is None
    assert "zuurdesembrood" in brief.terms
    assert "(nl; it knows: en)" in brief.warnings[0]


def test_a_very_long_brief_is_cut_to_its_first_words() -> None:
    assert len(read(" ".join(f"word{number}" for number in range(900))).words) == 64


@pytest.mark.parametrize("text", ["caf\udce9 culture in Rotterdam", "\ud83d"])
def test_a_brief_that_is_no_unicode_text_is_refused(text: str) -> None:
    with pytest.raises(BriefError, match="UTF-8"):
        read(text)
