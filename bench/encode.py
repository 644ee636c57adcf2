"""Posts encoded per second by Bloghound's encoder, against plain SentenceTransformer.encode on the same posts.

    python bench/encode.py [--posts 256]

Both sides get the same posts (title and text, lengths drawn as in real blogs: median 255 words, a long tail) and
all cores, in one process, in turns; the best of three rounds counts. Each step of what makes the difference is
printed on its own, so that a machine without bfloat16 arithmetic shows what is left.
"""

import argparse
import os
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from ranking.encoder import BUNDLED_MODEL, Encoder, has_bfloat16
from ranking.passages import passage_text

ROUNDS = 3
MEDIAN_WORDS, SPREAD = 255, 1.0
"""Log-normal lengths of blog posts: median and standard deviation of the logarithm, as in 5,253 real posts."""


def sample_posts(count: int, words: list[str]) -> list[tuple[str, str]]:
    """Titles and texts of random words with realistic lengths; the same for every run."""
    random = np.random.default_rng(1)
    lengths = np.clip(random.lognormal(np.log(MEDIAN_WORDS), SPREAD, count), 20, 5000).astype(int)
    return [(" ".join(random.choice(words, 6)), " ".join(random.choice(words, length))) for length in lengths]


def vocabulary() -> list[str]:
    """The words of this project's own documents."""
    folder = Path(__file__).resolve().parent.parent
    text = " ".join(path.read_text("utf-8") for path in sorted(folder.glob("ranking/*.py")))
    return sorted({word for word in text.split() if word.isalpha()})


def seconds(work: Callable[[], NDArray[np.float32]], threads: int) -> tuple[float, NDArray[np.float32]]:
    """Time of one round on this many torch threads, and its rows."""
    torch.set_num_threads(threads)
    started = time.perf_counter()
    rows = work()
    return time.perf_counter() - started, rows


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--posts", type=int, default=256)
    count = parser.parse_args().posts
    cores = len(os.sched_getaffinity(0))
    encoder = Encoder.load(BUNDLED_MODEL)
    plain = encoder._model
    posts = sample_posts(count, vocabulary())
    whole = [f"{title}. {text}" for title, text in posts]
    passages = [passage_text(title, text) for title, text in posts]
    sides: dict[str, tuple[Callable[[], NDArray[np.float32]], int]] = {
        "plain SentenceTransformer.encode, whole posts": (lambda: plain.encode(whole, show_progress_bar=False), cores),
        "plain SentenceTransformer.encode, our passages": (
            lambda: plain.encode(passages, show_progress_bar=False),
            cores,
        ),
        "Bloghound's encoder": (lambda: encoder.encode(passages), 1),
    }
    best = dict.fromkeys(sides, float("inf"))
    rows: dict[str, NDArray[np.float32]] = {}
    for _ in range(ROUNDS):
        for name, (work, threads) in sides.items():
            taken, rows[name] = seconds(work, threads)
            best[name] = min(best[name], taken)
    base, same, ours = (best[name] for name in sides)
    for name, taken in best.items():
        print(f"{name:<48} {count / taken:8.1f} posts/s")
    cosines = (rows["Bloghound's encoder"] * rows["plain SentenceTransformer.encode, our passages"]).sum(axis=1)
    print(f"bfloat16 arithmetic: {'yes' if has_bfloat16() else 'no'}, AMX: {torch.cpu._is_amx_tile_supported()}")
    print(f"cores: {cores}, load: {os.getloadavg()[0]:.1f}, least cosine to float32: {cosines.min():.5f}")
    print(f"ratio: {base / ours:.2f} against whole posts, {same / ours:.2f} against the same passages (aim 2.5)")


if __name__ == "__main__":
    main()
