"""How good the relevance part is on the corpus's judged briefs, what each piece brings, and how much of it is luck.

    python -m bench.relevance ../shared/corpus [--data DIR] [--halves 8]

Imports and indexes the corpus (some minutes) where DIR does not hold it yet. Prints the measures beside five baselines
over the same posts, the paired bootstrap over the briefs, the figures when every constant is chosen without the briefs
that it is tried on, what each piece brings, other wordings of the briefs, and what examples bring to the rest of a
list. ``--halves`` repeats it on random halves of every blog's posts: a gain that is not seen there is luck.
"""

import argparse
import hashlib
import tempfile
from collections.abc import Iterator, Sequence
from itertools import product
from pathlib import Path
from statistics import fmean

import numpy as np
from numpy.typing import NDArray

from bench.relevance_evidence import BEFORE, MEASURES, Collection, Figures, Formula, best_five_by_words
from bench.relevance_halves import halves
from bloghound.jobs.importing import run_import
from bloghound.jobs.index import run_index
from bloghound.jobs.ranking import open_engine
from bloghound.settings import Settings
from ranking.baselines import Baselines, PostVectors, all_post_vectors
from ranking.engine import RankingEngine
from ranking.index.layout import current_number
from ranking.judgements import read_queries
from ranking.measures import average_precision, share_above_zero
from ranking.niche import NicheTerms, with_examples
from ranking.relevance import EVIDENCE, TYPICAL_RELEVANT, UNREAD_COSINE

GRID = [
    Formula(least, share, most_unread, words_weighted)
    for least, share, most_unread, words_weighted in product(
        (1, 2, 3), (0.05, 0.1, 0.2), (UNREAD_COSINE, 0.25, TYPICAL_RELEVANT, 1.0), (True, False)
    )
]
"""Every choice that was made by looking at figures, with its neighbours."""

REPEATS, SEED = 20, 6
WORDINGS = ("Bloggers who write about {}", "We are looking for blogs and influencers on: {}", "{} (blogs wanted)")


def prepared(corpus: Path, data: Path) -> RankingEngine:
    """An engine over the corpus's index in that folder, made where there is none."""
    settings = Settings(data_dir=data)
    if current_number(settings.index_dir) is None:
        print("importing and indexing the corpus ...", flush=True)
        run_import(settings, [corpus / "dev.warc.gz"])
        run_index(settings)
    return open_engine(settings)


def digest(engine: RankingEngine, corpus: Path) -> str:
    """Of the briefs, the judgements and every post: figures with the same digest are of the same data."""
    found = hashlib.sha256((corpus / "queries.json").read_bytes() + (corpus / "qrels.txt").read_bytes())
    generation = engine.generation
    for index in range(len(generation.bloggers)):
        for row in generation.rows_of(index):
            document = generation.document(row)
            found.update(f"{document.url}\n{document.title}\n{document.text}\n".encode())
    return found.hexdigest()[:16]


def rivals(collection: Collection, data: Path) -> dict[str, Figures]:
    """The baselines' figures; the vectors that only they need are kept in the folder."""
    engine = collection.engine
    kept = data / f"bench-vectors-{engine.generation.number}.npz"
    if kept.exists():
        stored = np.load(kept)
        vectors = PostVectors(stored["rows"], stored["owners"])
    else:
        vectors = all_post_vectors(engine.generation, engine.encoder)
        np.savez(kept, rows=vectors.rows, owners=vectors.owners)
    baselines = Baselines(engine.generation, vectors)
    scores = [
        baselines.scores(brief, engine.encoder.encode_brief(query.text))
        for brief, query in zip(collection.briefs, collection.queries, strict=True)
    ]
    return {name: collection.measured([one[name] for one in scores]) for name in scores[0]}


def folds(count: int, parts: int, random: np.random.Generator) -> Iterator[NDArray[np.bool_]]:
    """Masks of the briefs held out, each brief once."""
    part = random.permutation(count) % parts
    for number in range(parts):
        yield part == number


def cross_validated(collection: Collection, parts: int) -> tuple[Figures, int]:
    """Each brief's figures under the formula that was best on the briefs of the other parts, by the mean of MAP and
    nDCG@10; and how many different formulas that were."""
    tried = [collection.figures(formula) for formula in GRID]
    tables = {name: np.array([figures[name] for figures in tried]) for name in MEASURES}
    aims = (tables["MAP"] + tables["nDCG@10"]) / 2
    random, chosen = np.random.default_rng(SEED), set()
    sums = {name: np.zeros(len(collection.queries)) for name in MEASURES}
    repeats = 1 if parts == len(collection.queries) else REPEATS
    for _ in range(repeats):
        for held_out in folds(len(collection.queries), parts, random):
            best = int(aims[:, ~held_out].mean(axis=1).argmax())
            chosen.add(best)
            for name, table in tables.items():
                sums[name][held_out] += table[best, held_out]
    return {name: (total / repeats).tolist() for name, total in sums.items()}, len(chosen)


def line(name: str, figures: Figures, ours: Figures | None = None) -> str:
    """A row of a table; with ``ours`` how they compare: briefs won and lost, and the bootstrap's P(ours is better)."""
    row = f"{name:<42}" + "".join(f"{fmean(figures[one]):9.4f}" for one in MEASURES)
    if ours is None:
        return row
    gains = [mine - theirs for mine, theirs in zip(ours["MAP"], figures["MAP"], strict=True)]
    won, lost = sum(gain > 1e-9 for gain in gains), sum(gain < -1e-9 for gain in gains)
    return f"{row}   {won:3d} : {lost:<3d} {share_above_zero(gains):7.4f}"


def ablations(collection: Collection) -> dict[str, Figures]:
    """The formula with something left out or otherwise."""
    without = {
        f"without {name}": Formula(pieces=tuple(place for place in range(len(EVIDENCE)) if place != left))
        for left, name in enumerate(EVIDENCE)
    }
    others = {
        "all words count alike": Formula(words_weighted=False),
        "best posts: three, or one in twenty": Formula(least=3, share=0.05),
        "unread meaning counts what words say": Formula(most_unread=1.0),
        "all three: the formula of before": BEFORE,
    }
    figures = {name: collection.figures(formula) for name, formula in (without | others).items()}
    figures["flagged sites left in"] = collection.figures(Formula(), open_to=collection.with_spam)
    figures["bm25_posts, flagged sites left in"] = collection.measured(
        [best_five_by_words(found) for found in collection.plain], open_to=collection.with_spam
    )
    return figures


def worded(collection: Collection, wording: str) -> Figures:
    """The briefs as PR teams word them; those that are not in English stay as they are."""
    values = []
    for query, brief, found in zip(collection.queries, collection.briefs, collection.found, strict=True):
        if brief.language != "en":
            values.append(Formula().value(found))
            continue
        subject = query.text[0].lower() + query.text[1:].rstrip(".")
        values.append(Formula().value(collection.look(collection.engine.read(wording.format(subject)))))
    return collection.measured(values)


def with_examples_of(
    collection: Collection, place: int, words: int | None, *, liked: bool
) -> list[tuple[float, float]]:
    """Average precision of one brief on the rest of the list without an example and with it, for each example.

    Each relevant blog in turn is named as liked, or the highest of the others as disliked; it counts in neither list.
    With ``words``, the brief is cut to so many.
    """
    text, grades = collection.queries[place].text, collection.grades[place]
    brief = collection.engine.read(" ".join(text.split()[:words]))
    run = collection.run(Formula().value(collection.look(brief)), collection.open_to)
    relevant, others = [host for host in run if host in grades], [host for host in run if host not in grades]
    pairs = []
    for host in relevant if liked else others[:1]:
        rest = {name: grade for name, grade in grades.items() if name != host}
        key = collection.engine.generation.bloggers[collection.hosts.index(host)].site_key
        niche = NicheTerms(examples_like=(key,)) if liked else NicheTerms(examples_unlike=(key,))
        moved = collection.look(with_examples(brief, collection.engine.generation, niche))
        after = collection.run(Formula().value(moved), collection.open_to)
        before_after = (average_precision([one for one in hosts if one != host], rest) for hosts in (run, after))
        if rest:
            pairs.append((next(before_after), next(before_after)))
    return pairs


def show_examples(collection: Collection) -> None:
    """Print what a liked and a disliked example bring, to whole briefs and to vague ones."""
    print("\nOne example, measured on the rest of the list (MAP without it, with it, briefs, P(with is better))")
    for words, (name, liked) in product((None, 3, 2), (("liked", True), ("disliked", False))):
        found = [with_examples_of(collection, place, words, liked=liked) for place in range(len(collection.queries))]
        means = np.array([np.mean(pairs, axis=0) for pairs in found if pairs])
        title = f"{name}, {'whole briefs' if words is None else f'their first {words} words'}"
        gain = share_above_zero((means[:, 1] - means[:, 0]).tolist())
        print(f"{title:<42}{means[:, 0].mean():9.4f}{means[:, 1].mean():9.4f}{len(means):9d}{gain:9.4f}", flush=True)


def show(collection: Collection, data: Path) -> None:
    """Print all tables."""
    ours, baselines = collection.figures(Formula()), rivals(collection, data)
    print(f"\n{'':<42}" + "".join(f"{name:>9}" for name in MEASURES) + "   won : lost  P(ours is better)")
    print(line("ours", ours))
    for name, figures in baselines.items():
        print(line(name, figures, ours))
    best = max(baselines.values(), key=lambda figures: fmean(figures["MAP"]))
    print(f"\nEvery constant chosen without the briefs that it is tried on (of {len(GRID)} formulas)")
    for name, parts in (("leave one out", len(collection.queries)), ("8 parts", 8), ("4 parts", 4)):
        figures, formulas = cross_validated(collection, parts)
        gains = [mine - theirs for mine, theirs in zip(figures["MAP"], best["MAP"], strict=True)]
        print(f"{line(name, figures)}   {formulas:3d} formulas {share_above_zero(gains):7.4f}")
    print("\nOtherwise (won and lost by ours)")
    for name, figures in ablations(collection).items():
        print(line(name, figures, ours))
    print("\nOther wordings")
    for wording in WORDINGS:
        print(line(wording, worded(collection, wording)))
    show_examples(collection)


def show_halves(data: Path, collection: Collection, count: int) -> None:
    """Print the figures on halves of the posts: means, and those of each."""
    print(f"\n{count} random halves of every blog's posts (MAP: ours, the formula of before, bm25_posts)")
    rows = []
    for engine in halves(data, count):
        half = Collection(engine, collection.queries)
        words = half.measured([best_five_by_words(found) for found in half.plain])
        rows.append([fmean(one["MAP"]) for one in (half.figures(Formula()), half.figures(BEFORE), words)])
        print("".join(f"{figure:9.4f}" for figure in rows[-1]), flush=True)
    print("mean" + "".join(f"{figure:9.4f}" for figure in np.mean(rows, axis=0)))


def measure(corpus: Path, data: Path, half_count: int) -> None:
    """Everything, over the corpus's index in a folder."""
    engine = prepared(corpus, data)
    collection = Collection(engine, read_queries(corpus / "queries.json"))
    posts, bloggers = engine.generation.post_count, engine.generation.blogger_count
    print(f"{len(collection.queries)} briefs, {bloggers} bloggers, {posts} posts, model {engine.encoder.name}")
    print(f"digest of the data: {digest(engine, corpus)}")
    show(collection, data)
    if half_count:
        show_halves(data, collection, half_count)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--data", type=Path, help="keeps the imported corpus for the next time")
    parser.add_argument("--halves", type=int, default=0)
    chosen = parser.parse_args(arguments)
    if chosen.data is not None:
        measure(chosen.corpus, chosen.data, chosen.halves)
        return
    with tempfile.TemporaryDirectory() as folder:
        measure(chosen.corpus, Path(folder), chosen.halves)


if __name__ == "__main__":
    main()
