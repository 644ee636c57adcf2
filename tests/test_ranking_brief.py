import pytest

from bloghound.errors import BriefError
from ranking.brief import LEAST_WEIGHT, MAX_BRIEF_CHARS, NO_TOPIC, Brief, checked, read_brief
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


def test_words_count_by_their_nearness_to_the_brief() -> None:
    weights = read("Parenting small children: motherhood, family days out, product reviews for kids.").weights
    assert min(weights, key=weights.__getitem__) in {"days", "out", "product"}
    assert min(weights[word] for word in ("parenting", "motherhood", "children")) > 2 * weights["days"]
    assert all(LEAST_WEIGHT <= weight <= 1 for weight in weights.values())


def test_the_only_word_of_a_brief_counts_whole() -> None:
    assert read("espresso").weights == {"espresso": pytest.approx(1, abs=1e-5)}


def test_words_count_alike_where_the_model_cannot_read() -> None:
    assert set(read("Recepten voor zuurdesembrood en gebak in de winter").weights.values()) == {1.0}


def test_a_term_has_the_weight_of_the_first_word_that_it_belongs_to() -> None:
    words = {"baking": ("bake", "baking"), "baked": ("bake", "baked")}
    brief = Brief("baking, baked", "en", words, {"baking": 0.5, "baked": 0.2}, None)
    assert brief.term_weights == {"bake": 0.5, "baking": 0.5, "baked": 0.2}


def test_how_a_brief_is_worded_changes_nothing_but_its_text() -> None:
    plain, worded = read("sourdough bread and baking"), read("Bloggers who write about sourdough bread and baking")
    assert worded.text.startswith("Bloggers")
    assert (worded.words, worded.weights) == (plain.words, plain.weights)
    assert worded.vector is not None
    assert plain.vector is not None
    assert worded.vector.tobytes() == plain.vector.tobytes()


@pytest.mark.parametrize("text", ["We are looking for bloggers", "who is it about", "Blogs!"])
def test_a_brief_without_a_topic_warns_once(text: str) -> None:
    assert read(text).warnings.count(NO_TOPIC) == 1


@pytest.mark.parametrize("text", ["espresso", "influencer marketing", "bread bloggers"])
def test_a_brief_with_a_topic_does_not_warn_of_it(text: str) -> None:
    assert NO_TOPIC not in read(text).warnings
