import pytest

from ranking.terms import content_words, family_of, query_terms, telling_words, terms_of


def test_words_are_stemmed_by_their_language() -> None:
    assert terms_of("Baking breads", "en") == ["bake", "bread"]
    assert terms_of("Talossa", "fi") == terms_of("talot", "fi")
    assert terms_of("Fietsers", "nl") == terms_of("fietser", "nl")


@pytest.mark.parametrize("language", ["zh", "ja", None, "xx"])
def test_a_language_without_a_stemmer_keeps_its_words(language: str | None) -> None:
    assert family_of(language) == "plain"
    assert terms_of("Breads", language) == ["breads"]


def test_a_region_does_not_change_the_family() -> None:
    assert family_of("en-GB") == family_of("en") == "en"


def test_scripts_without_spaces_become_overlapping_pairs() -> None:
    assert terms_of("私服とDocker", "ja") == ["私服", "服と", "docker"]
    assert terms_of("茶", "zh") == ["茶"]


def test_pairs_let_a_short_word_be_found_within_a_sentence() -> None:
    assert set(terms_of("咖啡", "zh")) <= set(terms_of("我喜欢咖啡和茶", "zh"))


@pytest.mark.parametrize(
    ("british", "american"),
    [
        ("decentralised", "decentralized"),
        ("organisations", "organizations"),
        ("flavour", "flavor"),
        ("behaviours", "behaviors"),
        ("neighbourhood", "neighborhood"),
        ("colourful", "colorful"),
    ],
)
def test_british_spellings_fold_to_american_ones(british: str, american: str) -> None:
    assert terms_of(british, "en") == terms_of(american, "en")


@pytest.mark.parametrize("word", ["our", "four", "mourning", "tour", "wise", "course"])
def test_words_that_only_look_british_keep_a_stem_of_their_own(word: str) -> None:
    assert terms_of(word, "en") != terms_of(word.replace("our", "or").replace("ise", "ize"), "en")


def test_a_brief_loses_its_stop_words_and_repeats() -> None:
    assert content_words("The bees and the hives of the bees", "en") == ["bees", "hives"]


def test_no_brief_is_a_syntax_error() -> None:
    assert content_words('title:"x" AND (a:b OR +c~2 -*)', "en") == ["title", "x", "b", "c", "2"]


def test_each_word_gets_its_terms_in_every_family() -> None:
    families = ["en", "de", "plain"]
    every = {term for family in families for term in terms_of("recipes", family)}
    assert set(query_terms(["recipes"], families)["recipes"]) == every
    assert len(every) > 1


def test_a_stop_word_of_any_family_tells_nothing() -> None:
    assert telling_words("The war and peace", ["en", "plain"]) == ["war", "peace"]
    assert telling_words("The war and peace", ["de", "en"]) == ["peace"]
    assert telling_words("…", ["en"]) == []
