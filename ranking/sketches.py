"""Sketches of texts: the smallest hashes of their word shingles, by which near-duplicates are found.

A sketch is the 32 smallest distinct hashes of a text's runs of five words (Broder, "On the resemblance and containment
of documents", 1997, section 4). Many texts are hashed at once, character by character of all of them together.
"""

import re
import sys
from collections.abc import Iterator, Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

SHINGLE_WORDS = 5
SKETCH_SIZE = 32
MIN_WORDS = 30
"""Shorter texts are announcements and quotations, alike without being copies."""

_CHARS_AT_ONCE = 500_000
"""Characters hashed in one go: 30 MB of intermediate values, and little enough to stay near the processor."""

_BASE = np.uint64(0x9E3779B97F4A7C15)
"""2 ** 64 divided by the golden ratio, which is odd: Knuth's multiplicative hashing, TAOCP vol. 3, section 6.4."""
_NOTHING = np.uint64(2**64 - 1)
"""Stands behind the hashes of a row that has fewer than others."""
_INVERSE = np.uint64(pow(int(_BASE), -1, 2**64))


def sketches_of(texts: Sequence[str]) -> NDArray[np.uint64]:
    """The sketch of each text in ascending order, shape (texts, 32).

    Zeros fill the rest of a row whose text has fewer shingles, and the row of a text that is too short.
    """
    found = np.zeros((len(texts), SKETCH_SIZE), np.uint64)
    for places in _batches([len(text) for text in texts]):
        found[places] = _sketched([texts[place].lower() for place in places])
    return found


def _batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """The places of texts of like length, so that what is computed of them fills the rows of a matrix."""
    batch: list[int] = []
    chars = 0
    for place in sorted(range(len(lengths)), key=lengths.__getitem__):
        batch.append(place)
        chars += lengths[place] + SKETCH_SIZE
        if chars >= _CHARS_AT_ONCE:
            yield batch
            batch, chars = [], 0
    if batch:
        yield batch


def _sketched(texts: Sequence[str]) -> NDArray[np.uint64]:
    words, text_of_word = _words(texts)
    counts = np.bincount(text_of_word, minlength=len(texts))
    shingles = np.zeros(max(len(words) - SHINGLE_WORDS + 1, 0), np.uint64)
    for offset in range(SHINGLE_WORDS):
        shingles = _mixed((shingles + words[offset : offset + len(shingles)]) * _BASE)
    owners = text_of_word[: len(shingles)]
    whole = (owners == text_of_word[SHINGLE_WORDS - 1 :][: len(shingles)]) & (counts[owners] >= MIN_WORDS)
    return _smallest(np.clip(shingles[whole], 1, _NOTHING - np.uint64(1)), owners[whole], len(texts))


def _smallest(values: NDArray[np.uint64], owners: NDArray[np.int64], size: int) -> NDArray[np.uint64]:
    """The smallest distinct values of each owner in ascending order, shape (size, 32); ``owners`` are ascending."""
    counts = np.bincount(owners, minlength=size)
    width = max(int(counts.max(initial=0)), SKETCH_SIZE)
    table = np.full((size, width), _NOTHING)
    table[owners, np.arange(len(values)) - np.repeat(np.cumsum(counts) - counts, counts)] = values
    table.sort(axis=1)
    again = table[:, 1:] == table[:, :-1]
    if (again & (table[:, 1:] != _NOTHING)).any():
        table[:, 1:][again] = _NOTHING
        table.sort(axis=1)
    smallest = table[:, :SKETCH_SIZE]
    return np.where(smallest == _NOTHING, np.uint64(0), smallest)


def _words(texts: Sequence[str]) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """A hash of each word of all texts, and the place of its text."""
    codes = np.frombuffer("\n".join([*texts, ""]).encode("utf-32-le", "surrogatepass"), "<u4")
    is_word = _word_characters()[codes]
    edges = np.flatnonzero(np.diff(is_word, prepend=False))
    starts, ends = edges[::2], edges[1::2]
    # A word is a number whose digits are its characters: the difference of two sums, brought to the same power.
    powers, inverses = _powers(len(codes) + 1)
    sums = np.zeros(len(codes) + 1, np.uint64)
    np.cumsum(codes * powers[: len(codes)], out=sums[1:])
    words = _mixed((sums[ends] - sums[starts]) * inverses[starts])
    ends_of_texts = np.cumsum([len(text) + 1 for text in texts])
    return words, np.searchsorted(ends_of_texts, starts, side="right")


def _mixed(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """The values with their high bits spread into the low ones, which a multiplication leaves poor."""
    values ^= values >> np.uint64(29)
    values *= _BASE
    values ^= values >> np.uint64(32)
    return values


def _powers(size: int) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """The powers of the base and of its inverse modulo 2 ** 64, ``size`` at least."""
    return _computed_powers(1 << size.bit_length())


@cache
def _computed_powers(size: int) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    factors = np.full((2, size), [[_BASE], [_INVERSE]], np.uint64)
    factors[:, 0] = 1
    powers, inverses = np.cumprod(factors, axis=1, dtype=np.uint64)
    return powers, inverses


@cache
def _word_characters() -> NDArray[np.bool_]:
    r"""Which characters are part of words, as ``\w`` has it, by code point."""
    every = "".join(map(chr, range(sys.maxunicode + 1)))
    found = np.zeros(sys.maxunicode + 1, np.bool_)
    for run in re.finditer(r"\w+", every):
        found[run.start() : run.end()] = True
    return found
