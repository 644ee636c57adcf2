"""Posts encoded per second by Bloghound's encoder, against plain SentenceTransformer.encode on the same posts.

    python -m bench.encode [--posts 256] [--rounds 3] [--device cpu]

All sides get the same posts (title and text, lengths drawn as in real blogs: median 255 words, a long tail) and all
cores, in one process, in turns; the best of the rounds counts. The fall-back of processors without bfloat16 arithmetic
is measured on its own. Beside the speeds stands what the rows are worth: their cosines to those of plain encode.
"""

import argparse
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from ranking.encoder import BUNDLED_MODEL, Encoder, has_bfloat16
from ranking.encoding.batches import cores
from ranking.passages import passage_text

AIM = 2.5
MEDIAN_WORDS, SPREAD = 255, 1.0
"""Log-normal lengths of blog posts: median and standard deviation of the logarithm, as in 5,253 real posts."""

WHOLE, PLAIN = "plain SentenceTransformer.encode, whole posts", "plain SentenceTransformer.encode, our passages"
OURS, FALL_BACK = "Bloghound's encoder", "Bloghound's encoder, fall-back in float32"


@dataclass(slots=True)
class Side:
    """One way to encode the posts, on so many torch threads, and the best that it did: by the clock, and in seconds of
    processor time, which say more where something else keeps the cores busy."""

    work: Callable[[], NDArray[np.float32]]
    threads: int
    seconds: float = float("inf")
    core_seconds: float = float("inf")
    rows: NDArray[np.float32] = field(default_factory=lambda: np.zeros((0, 0), np.float32))

    def measure(self) -> None:
        """One round."""
        torch.set_num_threads(self.threads)
        started, used = time.perf_counter(), time.process_time()
        self.rows = self.work()
        self.seconds = min(self.seconds, time.perf_counter() - started)
        self.core_seconds = min(self.core_seconds, time.process_time() - used)


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


def sides_of(posts: list[tuple[str, str]], device: str) -> dict[str, Side]:
    """What is compared; each is warm when it is measured."""
    ours, fall_back = (Encoder.load(BUNDLED_MODEL, device=device) for _ in range(2))
    fall_back._quick_type = None
    plain = ours._model
    whole = [f"{title}. {text}" for title, text in posts]
    passages = [passage_text(title, text) for title, text in posts]
    for warmed in (ours, fall_back):
        warmed.encode(passages[:2])
    return {
        WHOLE: Side(lambda: plain.encode(whole, show_progress_bar=False), cores()),
        PLAIN: Side(lambda: plain.encode(passages, show_progress_bar=False), cores()),
        OURS: Side(lambda: ours.encode(passages), 1),
        FALL_BACK: Side(lambda: fall_back.encode(passages), 1),
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--posts", type=int, default=256)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--device", default="cpu")
    asked = parser.parse_args()
    sides = sides_of(sample_posts(asked.posts, vocabulary()), asked.device)
    for _ in range(asked.rounds):
        for side in sides.values():
            side.measure()
    exact = sides[PLAIN].rows
    for name, side in sides.items():
        cosines = (side.rows * exact).sum(axis=1)
        times = " ".join(f"{sides[other].seconds / side.seconds:5.2f}" for other in (WHOLE, PLAIN))
        times += f" {sides[PLAIN].core_seconds / side.core_seconds:5.2f}"
        of_rows = f"{cosines.min():.5f} {cosines.mean():.5f}" if name in {OURS, FALL_BACK} else ""
        print(f"{name:<48} {asked.posts / side.seconds:8.1f} posts/s  {times}  {of_rows}")
    print("last columns: times plain on whole posts, on our passages, and on those in processor time;")
    print("least and mean cosine to plain encode's rows of our passages")
    print(f"bfloat16 arithmetic: {'yes' if has_bfloat16() else 'no'}, AMX: {torch.cpu._is_amx_tile_supported()}")
    print(f"device: {asked.device}, cores: {cores()}, load: {os.getloadavg()[0]:.1f}, aim: {AIM} where bfloat16 is")


if __name__ == "__main__":
    main()
