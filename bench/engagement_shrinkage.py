"""Whether five posts tell what the others get: engagement's estimate against the plain mean, median and platform mean.

The data are Medium articles of six publications with claps and responses. They name no authors, so bloggers are made up
in two ways, which bracket what is real:

- ``publications``: a publication's articles are dealt to bloggers of five at random. All are one platform, on which
  bloggers differ as much as publications do.
- ``days``: a publication is a platform, and what it published on one day a blogger: bloggers who hardly differ.

Of each publication or day a random half is held out, and the five posts come from the other half. What is predicted is
the held half's median and mean logarithm (errors are of log(1 + count)) and its share of posts with any. Our estimate
of a count is the one that a post has whose worth is the level after shrinkage; of a share, that with as many posts of
the platform's share added. The best number of added posts is found on half of the draws, and errors are of the others.
Usage::

    python -m bench.engagement_shrinkage [--articles FILE.csv] [--draws 100] [--seed 1]
"""

import argparse
import csv
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.stats import spearmanr

from bench.corpus import SHARED
from bloghound.errors import InputError
from ranking.engagement import Channel, ChannelColumns, engagement_of_all
from ranking.engagement.channels import HIDDEN
from ranking.engagement.levels import SHRINKAGE_POSTS, TYPICAL_LEVEL
from ranking.engagement.measures import COLUMN, NAMES
from ranking.engagement.table import FIGURES

ARTICLES = SHARED / "corpus" / "medium_engagement.csv"
SEEN = 5
"""Posts that an estimate is made from."""
MIN_ARTICLES = 2 * SEEN
"""Of a publication or a day: five to see and five to hold out at least."""
MIN_DAYS = 20
"""Of a publication that is a platform, as many as a group of peers has."""
ADDED = (0, 1, 2, 3, 5, 8, 13, 21, 34, 55)
"""Numbers of posts to add that are tried."""

MEASURE = {"claps": "applause", "responses": "conversation"}
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Article:
    """What one article got."""

    publication: str
    day: str
    claps: int
    responses: int


@dataclass(frozen=True, slots=True)
class Sample:
    """Bloggers of one platform in one draw: ``seen`` has shape (bloggers, 5); ``held[i]`` are the counts of the posts
    that blogger ``i``'s five are to tell of."""

    seen: NDArray[np.int64]
    held: tuple[NDArray[np.int64], ...]


@dataclass(frozen=True, slots=True)
class Estimates:
    """What the five posts of each blogger make, shape (bloggers,) each; counts as log(1 + count)."""

    counts: dict[str, Floats]
    shares: dict[str, Floats]
    level: Floats
    prior: Floats
    half_level: Floats


def read_articles(path: Path) -> list[Article]:
    """The articles of the table; raises InputError when there is no such file or it is another table."""
    try:
        with path.open(encoding="latin-1", newline="") as lines:
            return [
                Article(row["publication"], row["date"], int(row["claps"]), int(row["responses"]))
                for row in csv.DictReader(lines)
            ]
    except FileNotFoundError as error:
        raise InputError(f"There is no file {path}; --articles names another.") from error
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"{path} is no table with publication, date, claps and responses: {error}.") from error


def by_publication(articles: Sequence[Article], kind: str, chance: np.random.Generator) -> Iterator[Sample]:
    """One platform of all publications, whose articles are dealt to bloggers."""
    seen: list[NDArray[np.int64]] = []
    held: list[NDArray[np.int64]] = []
    for counts in _grouped(articles, kind, lambda article: article.publication).values():
        mixed = chance.permutation(counts)
        middle = len(mixed) // 2
        dealt = mixed[: middle - middle % SEEN].reshape(-1, SEEN)
        seen.append(dealt)
        held += [mixed[middle:]] * len(dealt)
    yield Sample(np.concatenate(seen), tuple(held))


def by_day(articles: Sequence[Article], kind: str, chance: np.random.Generator) -> Iterator[Sample]:
    """Each publication with enough days as a platform, whose bloggers are its days."""
    for publication in sorted({article.publication for article in articles}):
        own = [article for article in articles if article.publication == publication]
        days = [chance.permutation(counts) for counts in _grouped(own, kind, lambda article: article.day).values()]
        if len(days) >= MIN_DAYS:
            yield Sample(np.array([day[:SEEN] for day in days]), tuple(day[len(day) // 2 :] for day in days))


def _grouped(articles: Sequence[Article], kind: str, name_of: Callable[[Article], str]) -> dict[str, NDArray[np.int64]]:
    found: dict[str, list[int]] = defaultdict(list)
    for article in articles:
        found[name_of(article)].append(getattr(article, kind))
    return {name: np.array(counts) for name, counts in sorted(found.items()) if len(counts) >= MIN_ARTICLES}


def estimate(sample: Sample, kind: str) -> Estimates:
    """Every estimate of what each blogger's other posts get."""
    seen = sample.seen.astype(np.float64)
    logs, shares = np.log1p(seen), (seen > 0).mean(axis=1)
    table = engagement_of_all(ChannelColumns.of([(_channel(row, kind),) for row in sample.seen]))
    figures = table.figures[:, COLUMN[MEASURE[kind]]]
    level, prior, half = (figures[:, FIGURES.index(name)] for name in ("level", "prior", "half_level"))
    return Estimates(
        counts={
            "plain mean": np.log1p(seen.mean(axis=1)),
            "plain median": np.log1p(np.median(seen, axis=1)),
            "mean logarithm": logs.mean(axis=1),
            "platform mean": np.full(len(seen), logs.mean()),
            "ours": _log_count(shrunk(level, prior, SHRINKAGE_POSTS), half),
        },
        shares={
            "plain share": shares,
            "platform share": np.full(len(seen), shares.mean()),
            "ours": shrunk(shares, np.full(len(seen), shares.mean()), SHRINKAGE_POSTS),
        },
        level=level,
        prior=prior,
        half_level=half,
    )


def shrunk(own: Floats, prior: Floats, added: int) -> Floats:
    """The mean over five posts with as many of the prior added."""
    return np.asarray((SEEN * own + added * prior) / (SEEN + added))


def _log_count(level: Floats, half: Floats) -> Floats:
    """The count whose worth is ``level``, as log(1 + count)."""
    return np.log1p(half * level / np.maximum(1 - level, 1e-9))


def _channel(counts: NDArray[np.int64], kind: str) -> Channel:
    columns = np.full((len(counts), len(NAMES)), HIDDEN)
    columns[:, COLUMN[MEASURE[kind]]] = np.sort(counts)
    return Channel("medium", "daily", columns, ("not_exposed",) * len(NAMES), 0)


def level_errors(sample: Sample, found: Estimates) -> Floats:
    """For each number of posts to add the mean squared error of the level against that of the held posts."""
    held = np.array(
        [np.mean(counts / (counts + half)) for counts, half in zip(sample.held, found.half_level, strict=True)]
    )
    return np.array([np.mean((shrunk(found.level, found.prior, added) - held) ** 2) for added in ADDED])


Errors = dict[tuple[str, str], list[tuple[float, float]]]
"""By target and estimator: root mean squared error and rank correlation of each draw."""


def compare(sample: Sample, found: Estimates, errors: Errors) -> None:
    """Add the errors of one draw."""
    targets = {
        "median": np.array([np.log1p(np.median(counts)) for counts in sample.held]),
        "mean logarithm": np.array([np.log1p(counts).mean() for counts in sample.held]),
        "share with any": np.array([np.mean(counts > 0) for counts in sample.held]),
    }
    for target, right in targets.items():
        for name, guess in (found.shares if target == "share with any" else found.counts).items():
            errors.setdefault((target, name), []).append(
                (float(np.sqrt(np.mean((guess - right) ** 2))), ranks(guess, right))
            )


def ranks(guess: Floats, right: Floats) -> float:
    """Spearman's correlation; nan where one of both is the same for all."""
    if np.ptp(guess) == 0 or np.ptp(right) == 0:
        return float("nan")
    return float(spearmanr(guess, right).statistic)


ARRANGEMENTS: Mapping[str, Callable[[Sequence[Article], str, np.random.Generator], Iterator[Sample]]] = {
    "publications": by_publication,
    "days": by_day,
}


def measure(articles: Sequence[Article], arrangement: str, kind: str, *, draws: int, seed: int) -> list[str]:
    """The lines to print of one arrangement and one kind of reaction."""
    chance = np.random.default_rng(seed)
    training, testing, levels, errors = np.zeros(len(ADDED)), np.zeros(len(ADDED)), [], Errors()
    for draw in range(draws):
        for sample in ARRANGEMENTS[arrangement](articles, kind, chance):
            found = estimate(sample, kind)
            levels.append(np.median(found.level))
            if draw % 2:
                training += level_errors(sample, found)
            else:
                testing += level_errors(sample, found)
                compare(sample, found, errors)
    if not levels:
        return [f"{kind} by {arrangement}: too few articles"]
    return [f"{kind} by {arrangement}", *_error_lines(errors), *_choice_lines(training, testing), _typical_line(levels)]


def _error_lines(errors: Errors) -> Iterator[str]:
    for (target, name), pairs in errors.items():
        error, rank = np.array(pairs).T
        shown = f"{np.nanmean(rank):5.2f}" if not np.isnan(rank).all() else "    –"
        yield f"  {target:15} {name:15} RMSE {error.mean():.3f} ± {error.std():.3f}   Spearman {shown}"


def _choice_lines(training: Floats, testing: Floats) -> Iterator[str]:
    best, used = int(training.argmin()), ADDED.index(SHRINKAGE_POSTS)
    relative = np.sqrt(testing / testing[0])
    tried = ", ".join(f"{added}: {error:.2f}" for added, error in zip(ADDED, relative, strict=True))
    yield f"  posts added: best {ADDED[best]}, used {SHRINKAGE_POSTS}; error of the level beside none added: {tried}"
    yield f"  the one used loses {100 * (relative[used] / relative[best] - 1):.1f} % against the best"


def _typical_line(levels: Sequence[np.floating]) -> str:
    return f"  level of the median blogger {np.mean(levels):.2f}, TYPICAL_LEVEL {TYPICAL_LEVEL}"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--articles", type=Path, default=ARTICLES, help="table of articles (CSV, latin-1)")
    parser.add_argument("--draws", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    try:
        articles = read_articles(options.articles)
    except InputError as error:
        raise SystemExit(str(error)) from error
    print(f"{len(articles)} articles, {options.draws} draws from seed {options.seed}")
    for arrangement in ARRANGEMENTS:
        for kind in MEASURE:
            print("\n".join(measure(articles, arrangement, kind, draws=options.draws, seed=options.seed)))


if __name__ == "__main__":
    main()
