"""Paired bootstrap over queries: how sure is it that one method is better than another?

Source: Sakai, "Evaluating evaluation metrics based on the bootstrap", SIGIR 2006.
"""

from collections.abc import Sequence

import numpy as np

SAMPLES = 10_000
SEED = 20_260
"""Fixed, so that the same judgements give the same figure."""


def share_above_zero(differences: Sequence[float]) -> float:
    """Share of resamples of the per-query differences whose mean is above 0, from 0 to 1; 0 without differences."""
    if not differences:
        return 0.0
    drawn = np.random.default_rng(SEED).choice(np.array(differences), (SAMPLES, len(differences)))
    return float((drawn.mean(axis=1) > 0).mean())
