"""Engines made ready for a service."""

import gc
import weakref
from pathlib import Path

from bloghound.jobs.ranking import warm
from tests.ranking_bloggers import COFFEE, blogger, engine


def test_a_warm_engine_is_looked_at_by_no_collection_and_freed_all_the_same(tmp_path: Path) -> None:
    held = engine(tmp_path, [blogger("coffee", COFFEE, 1)])
    known = weakref.ref(held), weakref.ref(held.generation)
    warm(held)
    try:
        assert gc.get_freeze_count() > 0
        assert not any(one is held for one in gc.get_objects())
        del held
        assert [one() for one in known] == [None, None]
    finally:
        gc.unfreeze()
