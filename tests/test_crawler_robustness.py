"""Every ill-formed file at hand and mutations of them: parsed into what storage takes, or refused with ParseError."""

import random
from collections import Counter
from pathlib import Path

import pytest

from bloghound.records import Link, LinkContext
from tests.mutations import Original, check_storable, mutants, mutate, originals, trial

MUTATIONS = 500
"""A sample that takes seconds; ``python -m bench.mutations`` runs 10,000."""


@pytest.fixture(scope="module")
def sources(shared_dir: Path) -> list[Original]:
    return originals(shared_dir / "robustness")


def test_the_files_are_all_there(sources: list[Original]) -> None:
    kinds = Counter(source.content_type for source in sources)
    assert kinds["application/xml"] > 2_000
    assert kinds["text/html; charset=utf-8"] == 181 + len(["addresses.html"])
    assert kinds["text/html"] >= 23


def test_every_file_is_read_or_refused_for_a_reason(sources: list[Original]) -> None:
    found = Counter(trial(source.body, source.content_type) for source in sources)
    assert found["read"] >= 0.99 * len(sources)
    assert not [kind for kind in found if "cannot be parsed (" in kind]


def test_every_mutation_is_read_or_refused_for_a_reason(sources: list[Original]) -> None:
    found = Counter(trial(body, source.content_type) for source, body in mutants(sources, MUTATIONS, seed=7))
    assert found.total() == MUTATIONS
    assert found["read"] > MUTATIONS / 2
    assert not [kind for kind in found if "cannot be parsed (" in kind]


def test_mutations_are_the_same_for_the_same_seed_and_really_differ_from_their_original() -> None:
    body = b"<rss><channel><item><title>Oolong</title></item></channel></rss>"
    first, second = (mutate(body, b"other", random.Random(3)) for _ in range(2))  # noqa: S311 - repeatable
    assert first == second != body


@pytest.mark.parametrize("text", ["\ud800", "a\0b"])
def test_a_text_that_databases_refuse_is_noticed_wherever_it_stands(text: str) -> None:
    with pytest.raises(ValueError, match=r"NUL|surrogates"):
        check_storable({"posts": (Link(text, LinkContext.CONTENT),)})
