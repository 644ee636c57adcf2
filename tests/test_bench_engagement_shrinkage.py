"""The measurement of shrinkage, on a made-up table and on the real one."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from bench.engagement_shrinkage import (
    ADDED,
    ARRANGEMENTS,
    Article,
    Errors,
    Sample,
    by_day,
    by_publication,
    compare,
    estimate,
    main,
    measure,
    ranks,
    read_articles,
    shrunk,
)
from bloghound.errors import InputError

HEAD = "id,url,title,claps,responses,publication,date\n"


def made_up(publications: int = 3, days: int = 24, of_a_day: int = 12) -> list[Article]:
    """Publications of which each gets more than the one before, and some articles far more than others."""
    chance = np.random.default_rng(7)
    return [
        Article(f"P{number}", f"{day:02}", int(chance.lognormal(number, 1)), int(chance.poisson(number)))
        for number in range(publications)
        for day in range(days)
        for _ in range(of_a_day)
    ]


def test_a_table_is_read_as_latin_1(tmp_path: Path) -> None:
    path = tmp_path / "articles.csv"
    path.write_bytes(HEAD.encode() + "1,https://a.example/1,Caf\xe9,120,3,The Paper,01-05-2020\n".encode("latin-1"))
    assert read_articles(path) == [Article("The Paper", "01-05-2020", 120, 3)]


@pytest.mark.parametrize("rows", ["id,url\n1,2\n", HEAD + "1,u,t,many,3,P,d\n", HEAD + "1,u\n"])
def test_another_table_is_one_clear_sentence(tmp_path: Path, rows: str) -> None:
    path = tmp_path / "articles.csv"
    path.write_text(rows)
    with pytest.raises(InputError, match="no table with publication, date, claps and responses"):
        read_articles(path)


def test_without_the_file_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["engagement_shrinkage", "--articles", str(tmp_path / "none.csv")])
    with pytest.raises(SystemExit, match=r"There is no file .*none\.csv; --articles names another\."):
        main()


@pytest.mark.parametrize(
    ("arrange", "samples", "bloggers"), [(by_publication, 1, 3 * (24 * 12 // 2 // 5)), (by_day, 3, 24)]
)
def test_the_held_half_is_never_seen(
    arrange: Callable[[Sequence[Article], str, np.random.Generator], Iterator[Sample]], samples: int, bloggers: int
) -> None:
    articles = [Article(one.publication, one.day, number, 0) for number, one in enumerate(made_up())]
    found = list(arrange(articles, "claps", np.random.default_rng(1)))
    assert [sample.seen.shape for sample in found] == [(bloggers, 5)] * samples
    for sample in found:
        assert not any(
            set(seen.tolist()) & set(held.tolist()) for seen, held in zip(sample.seen, sample.held, strict=True)
        )


def test_no_post_added_is_the_mean_and_many_are_the_prior() -> None:
    own, prior = np.array([1.0, 0.0]), np.array([0.5, 0.5])
    assert shrunk(own, prior, 0).tolist() == [1.0, 0.0]
    assert shrunk(own, prior, 5).tolist() == [(5 * 1 + 5 * 0.5) / 10, 5 * 0.5 / 10]


def test_ranks_of_what_is_the_same_for_all_are_unknown() -> None:
    assert np.isnan(ranks(np.ones(3), np.arange(3.0)))
    assert ranks(np.arange(3.0), np.arange(3.0) ** 2) == pytest.approx(1)


def test_an_estimate_of_equal_posts_is_the_truth_but_for_shrinkage() -> None:
    (sample,) = by_publication([Article("P", "1", 7, 0)] * 400, "claps", np.random.default_rng(1))
    found, errors = estimate(sample, "claps"), Errors()
    compare(sample, found, errors)
    assert found.level == pytest.approx(np.full(40, 1 / 2))
    assert errors["median", "plain median"][0][0] == pytest.approx(0)
    assert errors["share with any", "ours"][0][0] == pytest.approx(0)


@pytest.mark.parametrize("arrangement", ARRANGEMENTS)
@pytest.mark.parametrize("kind", ["claps", "responses"])
def test_a_made_up_table_is_measured_and_the_same_seed_says_the_same(arrangement: str, kind: str) -> None:
    lines = measure(made_up(), arrangement, kind, draws=4, seed=3)
    assert lines == measure(made_up(), arrangement, kind, draws=4, seed=3)
    (choice,) = (line for line in lines if "posts added: best" in line)
    assert all(f"{added}: " in choice for added in ADDED)
    assert sum("RMSE" in line for line in lines) == 5 + 5 + 3


def test_too_few_articles_are_said_to_be_few() -> None:
    assert measure(made_up(days=3), "days", "claps", draws=2, seed=1) == ["claps by days: too few articles"]


def test_the_estimate_beats_plain_mean_and_median_on_medium(shared_dir: Path) -> None:
    articles = read_articles(shared_dir / "corpus" / "medium_engagement.csv")
    for kind in ("claps", "responses"):
        lines = measure(articles, "publications", kind, draws=10, seed=1)
        error = {
            line[18:33].strip(): float(line.split("RMSE ")[1][:5]) for line in lines if line.startswith("  median  ")
        }
        assert error["ours"] < min(error["plain mean"], error["plain median"], error["platform mean"])
