from ranking.evidence import MAX_SENTENCE_CHARS, SentencePicker
from ranking.index.segment import Document
from ranking.index.text import inverse_document_frequency
from ranking.terms import content_words, query_terms, terms_of

TEXTS = (
    "We keep bees behind the barn.",
    "The honey harvest was poor.",
    "Rain again today and tomorrow.",
    "今日は蜂蜜を集めました。",
)


def best(brief: str, text: str, title: str = "A title") -> str:
    terms = [term for terms in query_terms(content_words(brief, "en"), ["en"]).values() for term in terms]
    held = [terms_of(text, "en") for text in TEXTS]
    idf = {term: inverse_document_frequency(len(held), sum(term in one for one in held)) for term in terms}
    return SentencePicker(idf).best(Document("https://a.test/", title, text, "en", None))


def test_the_sentence_with_the_telling_words_is_picked() -> None:
    text = "It rained for the whole week.\nThen our bees made honey, at last! Nothing else happened there."
    assert best("beekeeping: bees and honey", text) == "Then our bees made honey, at last!"


def test_inflected_words_count() -> None:
    assert best("harvest", "Nothing to tell you this time. They were harvesting all day.") == (
        "They were harvesting all day."
    )


def test_a_script_without_spaces_is_searched_too() -> None:
    text = "昨日は雨が降っていて寒かったので家にいました。今日は庭で蜂蜜をたくさん集めることができました。"
    assert best("蜂蜜", text) == "今日は庭で蜂蜜をたくさん集めることができました。"


def test_the_first_sentence_serves_where_no_word_matches() -> None:
    assert best("submarines", "A first sentence of some length. A second one follows it.") == (
        "A first sentence of some length."
    )


def test_a_post_without_text_shows_its_title() -> None:
    assert best("honey", "", title="Honey at last") == "Honey at last"


def test_a_long_sentence_is_cut() -> None:
    found = best("honey", "honey " * 200)
    assert len(found) <= MAX_SENTENCE_CHARS
    assert found.endswith("…")


def test_letters_that_grow_in_lower_case_do_no_harm() -> None:
    assert best("honey", "İİİ sells honey in a far away town.") == "İİİ sells honey in a far away town."
