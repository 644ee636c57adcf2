"""How well an extracted text agrees with the right one, in shingles of four words.

The measure is that of the article extraction benchmark (github.com/scrapinghub/article-extraction-benchmark, MIT):
words are runs of letters and digits, every four in a row are a shingle, and shingles are counted with repetitions.
Precision and recall are means over the texts, F1 is made of the two means, and accuracy is the share of texts whose
words are all right.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

SHINGLE_WORDS = 4
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Agreement:
    """One text against the right one. A share is None where nothing was found, or nothing is right."""

    precision: float | None
    recall: float | None
    is_exact: bool

    @property
    def f1(self) -> float:
        """The harmonic mean of both shares."""
        return _harmonic(self.precision or 0.0, self.recall or 0.0)


@dataclass(frozen=True, slots=True)
class Scores:
    """The means over many texts."""

    precision: float
    recall: float
    accuracy: float
    texts: int

    @property
    def f1(self) -> float:
        """The harmonic mean of mean precision and mean recall."""
        return _harmonic(self.precision, self.recall)

    def __str__(self) -> str:
        shares = f"precision {self.precision:.4f}  recall {self.recall:.4f}  accuracy {self.accuracy:.3f}"
        return f"F1 {self.f1:.4f}  {shares}  ({self.texts} texts)"


def compare(right: str, found: str) -> Agreement:
    """How well ``found`` agrees with ``right``."""
    right_words, found_words = _WORD.findall(right), _WORD.findall(found)
    wanted, got = shingles(right_words), shingles(found_words)
    shared = (wanted & got).total()
    return Agreement(
        precision=shared / got.total() if got else None,
        recall=shared / wanted.total() if wanted else None,
        is_exact=right_words == found_words,
    )


def shingles(words: Sequence[str]) -> Counter[tuple[str, ...]]:
    """Every four words in a row with their counts; a shorter text is one shingle, an empty one none."""
    starts = range(max(1, len(words) - SHINGLE_WORDS + 1)) if words else ()
    return Counter(tuple(words[start : start + SHINGLE_WORDS]) for start in starts)


def summarize(agreements: Sequence[Agreement]) -> Scores:
    """The means over ``agreements``, of which there is at least one."""
    return Scores(
        precision=fmean(one.precision for one in agreements if one.precision is not None),
        recall=fmean(one.recall for one in agreements if one.recall is not None),
        accuracy=fmean(one.is_exact for one in agreements),
        texts=len(agreements),
    )


def _harmonic(precision: float, recall: float) -> float:
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0
