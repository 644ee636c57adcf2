"""Signs of sponsorship in six languages, and the words that must not be taken for one."""

import pytest

from bloghound.records import Disclosure, Link, LinkContext
from crawler.extract.disclosure import find_disclosures, link_mark


def kinds(text: str, title: str = "") -> set[str]:
    return {found.kind for found in find_disclosures(title, text)}


def link(url: str, *rel: str, anchor: str = "") -> Link:
    return Link(url, LinkContext.CONTENT, rel, anchor)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("What a morning. #ad", "sponsored"),
        ("This post is sponsored by a kettle maker.", "sponsored"),
        ("A paid partnership with a tea house.", "sponsored"),
        ("Advertentie\nVandaag drink ik thee.", "sponsored"),
        ("Dit is een betaalde samenwerking.", "sponsored"),
        ("Mainos: teetä kaikille", "sponsored"),
        ("Kaupallinen yhteistyö\nTänään juon teetä.", "sponsored"),
        ("[Werbung] Heute trinke ich Tee.", "sponsored"),
        ("Der Beitrag enthält Werbung.", "sponsored"),
        ("Article sponsorisé : mon thé du matin.", "sponsored"),
        ("Colaboración pagada con una tienda de té.", "sponsored"),
        ("This page has affiliate links.", "affiliate"),
        ("We may earn a commission when you buy.", "affiliate"),
        ("Dit artikel bevat affiliatelinks.", "affiliate"),
        ("Cet article contient des liens affiliés.", "affiliate"),
        ("Contiene enlaces de afiliados.", "affiliate"),
        ("The kettle was gifted by the maker.", "gifted"),
        ("De thee is gratis aangeboden.", "gifted"),
        ("Tuote saatu mainostarkoituksessa.", "gifted"),
        ("Das Buch wurde mir kostenlos zur Verfügung gestellt.", "gifted"),
        ("Use my discount code TEA10.", "coupon"),
        ("Met de kortingscode THEE krijg je korting.", "coupon"),
        ("Mit dem Gutscheincode TEE.", "coupon"),
    ],
)
def test_words_that_disclose(text: str, kind: str) -> None:
    assert kind in kinds(text)


@pytest.mark.parametrize(
    "text",
    [
        "She is a gifted child who reads a lot.",
        "The conference was a success and the adverts were few.",
        "In de krant stond een advertentie voor fietsen.",
        "Goede samenwerking is belangrijk op het werk.",
        "In der Zeitung stand eine Anzeige und viel Werbung.",
        "We added a #adventure tag.",
        "El periódico vive de la publicidad impresa.",
    ],
)
def test_everyday_words_do_not(text: str) -> None:
    assert kinds(text) == set()


def test_the_position_is_the_share_of_text_before() -> None:
    text = "x" * 50 + " #ad " + "y" * 45
    assert find_disclosures("", text) == (Disclosure("sponsored", "#ad", 51 / 100),)


def test_a_title_stands_at_the_start() -> None:
    assert find_disclosures("Sponsored: my tea", "Long text.") == (Disclosure("sponsored", "Sponsored", 0.0),)


def test_the_first_place_of_a_word_counts() -> None:
    text = "#ad " + "tea " * 24 + "#ad "
    assert find_disclosures("", text) == (Disclosure("sponsored", "#ad", 0.0),)


@pytest.mark.parametrize(
    ("found", "mark"),
    [
        (link("https://shop.nl/tea", "sponsored"), ("sponsored", "rel=sponsored")),
        (link("https://shop.nl/tea?tag=ann-21"), ("affiliate", "link parameter tag")),
        (link("https://shop.nl/tea?tag=green"), None),
        (link("https://shop.nl/tea?aff_id=7"), ("affiliate", "link parameter aff_id")),
        (link("https://shop.nl/tea?couponcode=TEA"), ("coupon", "link parameter couponcode")),
        (link("https://shop.nl/tea", "nofollow"), None),
        (link("http://[bad?aff=1"), None),
    ],
)
def test_links_that_disclose(found: Link, mark: tuple[str, str] | None) -> None:
    assert link_mark(found) == mark


def test_a_link_stands_where_its_anchor_stands() -> None:
    text = "Before it the shop after it"
    found = find_disclosures("", text, [link("https://shop.nl/", "sponsored", anchor="the shop")])
    assert found == (Disclosure("sponsored", "rel=sponsored", text.index("the shop") / len(text)),)


def test_there_is_a_limit() -> None:
    text = " ".join(f"received thing{n} for free" for n in range(100))
    assert len(find_disclosures("", text)) == 20
