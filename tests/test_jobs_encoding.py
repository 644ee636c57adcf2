from collections.abc import Sequence
from contextlib import closing
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from bloghound.errors import ConflictError, EncoderError, NotFoundError
from bloghound.jobs.encoding import (
    StoredModel,
    StoredVectors,
    drop_vectors,
    keeping_vectors,
    run_encode,
    stored_models,
)
from bloghound.jobs.index import run_index
from bloghound.records import Outcome, ParsedPost, PostSource
from bloghound.settings import Settings
from ranking.encoder import Encoder
from ranking.encoding.batches import Plan
from storage import embeddings, results, sites, unencoded
from storage.database import Connection, open_database
from storage.merging import ReadPost
from storage.results import PageResult
from tests.small_models import saved_model
from tests.stored_bloggers import NOW, SECRET, Stored

SHARED = "The same words about espresso stand on both blogs."


def store(settings: Settings, texts: dict[str, Sequence[str]], language: str | None = "en") -> None:
    """Blogs by key with posts of these texts; a second call is a second visit."""
    with closing(open_database(settings)) as database, database.transaction() as connection:
        stored = Stored(connection)
        for key, own in texts.items():
            stored.site(key)
            site_id = sites.ids_by_key(connection, [key])[key]
            for number, text in enumerate(own):
                address = f"https://{key}/{number}"
                post = ParsedPost(address, "Entry", text, PostSource.PAGE, NOW, "json-ld", language=language)
                stored.keep(site_id, post)


@pytest.fixture
def small(settings: Settings, tmp_path: Path) -> Settings:
    """Settings with a small model of the test's own."""
    return settings.model_copy(update={"model": str(saved_model(tmp_path / "small"))})


@pytest.fixture
def other(small: Settings, tmp_path: Path) -> Settings:
    """The same database with another model."""
    return small.model_copy(update={"model": str(saved_model(tmp_path / "other", seed=2))})


def reserve(settings: Settings, key: str) -> None:
    """The first post's page now says that its text is not for mining."""
    with closing(open_database(settings)) as database, database.transaction() as connection:
        stored = Stored(connection)
        site_id = sites.ids_by_key(connection, [key])[key]
        post = ParsedPost(f"https://{key}/0", "Entry", "Coffee", PostSource.PAGE, NOW)
        read = ReadPost(post, text_reserved=True)
        page = PageResult(stored.crawl_id, site_id, post.url, Outcome.POST, NOW, "live", posts=(read,))
        results.record(connection, [page], secret_key=SECRET, now=NOW)


def encoded(settings: Settings) -> int:
    return run_encode(settings).encoded


def stored_vectors(settings: Settings) -> dict[str, int]:
    with closing(open_database(settings)) as database, database.read() as connection:
        return embeddings.counts(connection)


def test_what_was_encoded_is_never_encoded_again(small: Settings) -> None:
    store(small, {"bean.example": ["Coffee", "Espresso"]})
    assert [encoded(small), encoded(small)] == [2, 0]
    store(small, {"bean.example": ["Coffee", "Espresso", "Grinder"]})
    assert encoded(small) == 1


def test_a_post_with_a_new_text_is_encoded(small: Settings) -> None:
    store(small, {"bean.example": ["Coffee"]})
    encoded(small)
    store(small, {"bean.example": ["Coffee and bread"]})
    assert encoded(small) == 1


def test_posts_with_the_same_content_are_encoded_once(small: Settings) -> None:
    store(small, {"bean.example": [SHARED], "cup.example": [SHARED, "Another"]})
    assert encoded(small) == 2


@pytest.mark.parametrize("texts_at_once", [1, 2, 3, 100])
def test_contents_that_ranges_of_bloggers_share_are_encoded_once(
    small: Settings, monkeypatch: pytest.MonkeyPatch, texts_at_once: int
) -> None:
    store(small, {f"blog{number}.example": [SHARED, f"Only {number}"] for number in range(5)})
    monkeypatch.setattr(unencoded, "gaps", partial(unencoded.gaps, size=1))
    monkeypatch.setattr(Encoder, "plan", Plan(texts_at_once, 1024, 1))
    assert encoded(small) == 1 + 5
    assert list(stored_vectors(small).values()) == [6]


def test_changing_the_model_back_and_forth_encodes_once_for_each(small: Settings, other: Settings) -> None:
    store(small, {"bean.example": ["Coffee", "Espresso"]})
    assert [encoded(one) for one in (small, other, small, other)] == [2, 2, 0, 0]
    assert sorted(stored_vectors(small).values()) == [2, 2]


def test_another_prompt_for_posts_is_another_model_and_one_for_briefs_is_not(small: Settings) -> None:
    store(small, {"bean.example": ["Coffee"]})
    encoded(small)
    assert encoded(small.model_copy(update={"model_query_prompt": "query: "})) == 0
    assert encoded(small.model_copy(update={"model_passage_prompt": "passage: "})) == 1


def test_reserved_texts_and_foreign_languages_are_not_encoded(small: Settings) -> None:
    store(small, {"bean.example": ["Kaffee"]}, language="de")
    store(small, {"mug.example": ["Tea"]}, language=None)
    store(small, {"cup.example": ["Coffee"]})
    reserve(small, "cup.example")
    assert encoded(small) == 1
    assert encoded(small.model_copy(update={"model_languages": "*"})) == 1


def test_the_stored_vector_is_that_of_the_post(small: Settings) -> None:
    store(small, {"bean.example": ["Coffee", "Espresso beans"]})
    encoded(small)
    encoder = Encoder.load(small.model)
    with closing(open_database(small)) as database, database.read() as connection:
        names = [name for one in unencoded.blogger_groups(connection) for name in contents_of(connection, one)]
        rows = embeddings.load(connection, encoder.name, names)
        texts = {name: f"{title}. {text}" for name, title, text in embeddings.texts_of(connection, names)}
    assert len(rows) == 2
    for name, row in rows.items():
        assert encoder.encode_brief(texts[name]) @ row == pytest.approx(1, abs=1e-3)


def contents_of(connection: Connection, bloggers: unencoded.BloggerGroup) -> list[str]:
    return unencoded.contents(connection, unencoded.Wanted("no model", 100), bloggers)


def test_progress_ends_at_all_there_is(small: Settings) -> None:
    store(small, {"bean.example": ["Coffee", "Espresso", "Grinder"]})
    told: list[tuple[str, int, int | None]] = []
    run_encode(small, progress=lambda *step: told.append(step))
    assert told[0] == ("encode", 0, 3)
    assert told[-1] == ("encode", 3, 3)


def test_an_empty_database_has_nothing_to_encode(small: Settings) -> None:
    report = run_encode(small)
    assert (report.encoded, report.encoded_per_second) == (0, None)


def test_a_device_that_is_not_there_is_one_sentence(small: Settings) -> None:
    with pytest.raises(EncoderError, match="'tpu'"):
        run_encode(small.model_copy(update={"device": "tpu"}))


def test_models_with_vectors_say_what_uses_them(small: Settings, other: Settings) -> None:
    store(small, {"bean.example": ["Coffee", "Espresso"]})
    run_index(small)
    encoded(other)
    used, idle = Encoder.load(small.model).name, Encoder.load(other.model).name
    assert stored_models(small) == [StoredModel(idle, 2, ()), StoredModel(used, 2, ("settings", "gen_000001"))]
    assert stored_models(other) == [StoredModel(idle, 2, ("settings",)), StoredModel(used, 2, ("gen_000001",))]


def quiet(_stage: str, _done: int, _total: int | None) -> None:
    """Nobody watches."""


def test_vectors_that_nothing_uses_are_dropped(small: Settings, other: Settings) -> None:
    store(small, {"bean.example": [f"Coffee {number}" for number in range(40)]})
    encoded(small)
    encoded(other)
    idle = Encoder.load(other.model).name
    assert drop_vectors(small, None, progress=quiet) == {idle: 40}
    assert list(stored_vectors(small)) == [Encoder.load(small.model).name]
    assert drop_vectors(small, None, progress=quiet) == {}
    assert encoded(other) == 40


def test_one_model_is_dropped_by_name(small: Settings, other: Settings) -> None:
    store(small, {"bean.example": ["Coffee"]})
    encoded(small)
    encoded(other)
    idle = Encoder.load(other.model).name
    assert drop_vectors(small, idle, progress=quiet) == {idle: 1}
    with pytest.raises(NotFoundError, match=idle.replace("+", r"\+")):
        drop_vectors(small, idle, progress=quiet)


def test_vectors_in_use_are_not_dropped(small: Settings, other: Settings) -> None:
    store(small, {"bean.example": ["Coffee"]})
    run_index(small)
    with pytest.raises(ConflictError, match="gen_000001"):
        drop_vectors(other, Encoder.load(small.model).name, progress=quiet)
    assert list(stored_vectors(small).values()) == [1]


def test_vectors_are_not_dropped_while_something_is_encoded(small: Settings, other: Settings) -> None:
    store(small, {"bean.example": ["Coffee"]})
    encoded(other)
    refused: list[str] = []

    def drop(stage: str, done: int, _total: int | None) -> None:
        if (stage, done) == ("encode", 1) and not refused:
            with pytest.raises(ConflictError, match="being built") as raised:
                drop_vectors(small, None, progress=quiet)
            refused.append(str(raised.value))

    run_encode(small, progress=drop)
    assert refused
    assert sorted(stored_vectors(small).values()) == [1, 1]


def test_vectors_are_not_dropped_while_an_index_is_built(small: Settings, other: Settings) -> None:
    store(small, {"bean.example": ["Coffee", "Espresso"]})
    refused: list[str] = []

    def drop(stage: str, _done: int, _total: int | None) -> None:
        if stage in {"encode", "build"}:
            with pytest.raises(ConflictError):
                drop_vectors(small, None, progress=quiet)
            refused.append(stage)

    # The model of this build is neither the one that is set nor one that a generation was built with.
    run_index(other, progress=drop)
    assert set(refused) == {"encode", "build"}
    assert list(stored_vectors(small).values()) == [2]


def test_builds_and_encoding_keep_vectors_side_by_side(small: Settings) -> None:
    store(small, {"bean.example": ["Coffee"]})
    with keeping_vectors(small), keeping_vectors(small):
        assert encoded(small) == 1
        with pytest.raises(ConflictError):
            drop_vectors(small, None, progress=quiet)
    assert drop_vectors(small, None, progress=quiet) == {}


def test_contents_without_a_vector_are_counted_once(small: Settings) -> None:
    store(small, {"bean.example": ["Coffee", "Espresso"]})
    encoded(small)
    with closing(open_database(small)) as database, database.read() as connection:
        names = [name for one in unencoded.blogger_groups(connection) for name in contents_of(connection, one)]
        vectors = StoredVectors(connection, Encoder.load(small.model).name)
        assert set(vectors([*names, "none", "none", "neither"])) == set(names)
    assert vectors.missing == 2


def test_key_ranges_cover_every_hash_once() -> None:
    ranges = list(embeddings.key_ranges())
    hashes = [f"{byte:02x}{rest}" for byte in range(256) for rest in ("", "00", "ff")]
    held = [[first <= one and (end is None or one < end) for first, end in ranges] for one in hashes]
    assert np.sum(held, axis=1).tolist() == [1] * len(hashes)
