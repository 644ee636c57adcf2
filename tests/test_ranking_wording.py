import pytest

from ranking.wording import subject_of


@pytest.mark.parametrize(
    ("brief", "subject"),
    [
        ("Bloggers who write about bread and baking.", "bread and baking"),
        ("We are looking for bloggers and influencers with blogs about: Bread, baking.", "Bread, baking"),
        ("People who blog on the subject of Thai food", "Thai food"),
        ("travel bloggers who write about India", "travel, India"),
        ("Mommy blogs", "Mommy"),
        ("micro-influencers in slow fashion, and bloggers for zero-waste living", "slow fashion, zero-waste living"),
    ],
)
def test_that_bloggers_are_looked_for_is_left_out(brief: str, subject: str) -> None:
    assert subject_of(brief, "en") == subject


@pytest.mark.parametrize(
    ("brief", "language", "subject"),
    [
        ("Wir suchen Blogger, die über Brot und Backen schreiben", "de", "Brot und Backen schreiben"),
        ("Nous cherchons des blogueurs qui écrivent sur le vélo", "fr", "vélo"),
        ("Cerco blogger che scrivono di diritto d'autore", "it", "diritto d'autore"),
        ("Bloggers die schrijven over zuurdesem", "nl", "zuurdesem"),
        ("Buscamos blogueras que escriben sobre cocina", "es", "cocina"),
    ],
)
def test_in_other_languages_too(brief: str, language: str, subject: str) -> None:
    assert subject_of(brief, language) == subject


@pytest.mark.parametrize(
    "brief",
    [
        "Simple home cooking: recipes for breads, cakes and dinners.",
        "Letters to my children",
        "Blog software and static sites",
        "Blogs",
        "a blog about blogs",
        "ファッションモデルの私服、髪型",
    ],
)
def test_a_brief_that_says_nothing_of_bloggers_or_nothing_else_stays_whole(brief: str) -> None:
    assert subject_of(brief, "en") == brief
