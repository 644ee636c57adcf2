"""Ranking a niche again after it was made or changed, behind the answer: the next build of the index does it anyhow."""

import logging

from api.service import Service
from bloghound.errors import BloghoundError
from storage.niches import StoredNiche

_LOG = logging.getLogger(__name__)


def rerank_niche(service: Service, niche: StoredNiche) -> None:
    """Rank a niche with the engine that is open, and keep the ranking; without an open engine nothing is done."""
    if service.engines.state()[0] != "ready":
        return
    from bloghound.jobs import reranking  # noqa: PLC0415 - loads the index's libraries

    try:
        reranking.rerank(service.settings, service.database, service.engines.engine(), [niche])
    except BloghoundError:
        _LOG.warning("the niche %s was not ranked after its change", niche.public_id, exc_info=True)
