"""The language of a text, and what happens when there is too little of it."""

import socket

import pytest

from crawler.extract.language import detect_language, normalize_tag

SENTENCES = {
    "en": "We walked along the river all morning and talked about the books that we had read in the winter.",
    "nl": "We liepen de hele ochtend langs de rivier en praatten over de boeken die we in de winter hadden gelezen.",
    "fi": "Kävelimme koko aamun joen rannalla ja puhuimme kirjoista, joita olimme lukeneet talvella.",
    "de": "Wir gingen den ganzen Morgen am Fluss entlang und sprachen über Bücher, die wir im Winter gelesen hatten.",
    "fr": "Nous avons marché toute la matinée le long de la rivière et parlé des livres que nous avions lus en hiver.",
    "es": "Caminamos toda la mañana junto al río y hablamos de los libros que habíamos leído en el invierno.",
    "zh": "我们整个上午沿着河边散步，谈论冬天读过的书，然后在一家小店里喝了咖啡。",
    "ja": "私たちは午前中ずっと川沿いを歩きながら、冬に読んだ本について話しました。",
    "ko": "우리는 아침 내내 강을 따라 걸으며 겨울에 읽은 책들에 대해 이야기했습니다.",
}


@pytest.mark.parametrize("code", SENTENCES)
def test_the_text_decides_against_a_wrong_declaration(code: str) -> None:
    assert detect_language(SENTENCES[code], "en") == code


def test_a_short_text_takes_the_declaration() -> None:
    assert detect_language("Oslo 2021", "fi-FI") == "fi"


def test_nothing_to_read_and_nothing_declared_is_unknown() -> None:
    assert detect_language("12345 --- 678") is None


def test_addresses_and_code_do_not_count() -> None:
    noise = "https://example.org/the/way/of/the/code " * 20
    assert detect_language(noise + SENTENCES["de"]) == "de"


@pytest.mark.parametrize(
    ("tag", "code"), [("en-GB", "en"), ("zh_Hans", "zh"), ("NB", "no"), ("", None), ("x", None), (None, None)]
)
def test_tags_are_reduced_to_their_language(tag: str | None, code: str | None) -> None:
    assert normalize_tag(tag) == code


def test_no_connection_is_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("language detection opened a connection")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    assert detect_language(SENTENCES["nl"]) == "nl"
