import pytest

from ranking.wording import names_topic, subject_of


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


@pytest.mark.parametrize(
    "brief",
    [
        "influencer marketing",
        "Blogger outreach for small brands",
        "software for bloggers",
        "Software for food bloggers",
        "tips for influencers who want to grow",
        "how to start a blog",
        "How to find influencers for your brand",
        "The history of blogs and influencers",
        "SEO, blogs, newsletters",
        "brands and influencers",
        "influencers and the press",
    ],
)
def test_bloggers_as_the_topic_stay(brief: str) -> None:
    assert subject_of(brief, "en") == brief


@pytest.mark.parametrize(
    ("brief", "language", "subject"),
    [
        ("Bloggers who write about influencer marketing", "en", "influencer marketing"),
        ("Blogs on blogging and bloggers' rights", "en", "blogging and bloggers' rights"),
        ("We need blogs. Topics: sourdough, rye", "en", "Topics: sourdough, rye"),
        ("Looking for travel bloggers", "en", "Looking for travel"),
        ("Slow fashion (blogs wanted)", "en", "Slow fashion ("),
        ("東京 blogs", "en", "東京"),
        ("Tipps für Blogger", "de", "Tipps für Blogger"),
        ("Marketing con influencers", "es", "Marketing con influencers"),
        ("Procuro blogs no Brasil sobre pão", "pt", "Brasil sobre pão"),
    ],
)
def test_only_what_asks_for_bloggers_is_left_out(brief: str, language: str, subject: str) -> None:
    assert subject_of(brief, language) == subject


@pytest.mark.parametrize(
    ("brief", "language", "subject"),
    [
        (
            "Blogs about bread, but not bloggers who write about cake",
            "en",
            "bread, but not bloggers who write about cake",
        ),
        ("Bloggers who do not write about cake", "en", "Bloggers who do not write about cake"),
        ("We don't want blogs on cake. Blogs on bread", "en", "We don't want blogs on cake. Blogs on bread"),
        ("Keine Blogger, die über Kuchen schreiben", "de", "Keine Blogger, die über Kuchen schreiben"),
    ],
)
def test_what_is_denied_stays_denied(brief: str, language: str, subject: str) -> None:
    assert subject_of(brief, language) == subject


@pytest.mark.parametrize(
    ("brief", "language", "named"),
    [
        ("We are looking for bloggers", "en", False),
        ("who is it about", "en", False),
        ("Wir suchen Blogger", "de", False),
        ("bread bloggers", "en", True),
        ("ファッション", "ja", True),
    ],
)
def test_whether_a_brief_names_a_topic(brief: str, language: str, named: bool) -> None:
    assert names_topic(brief, language) is named
