"""The routes of the API, by noun. Central name: :data:`ROUTERS`."""

from fastapi import APIRouter

from api.routes import (
    bloggers,
    contacts,
    crawls,
    entries,
    erasure,
    exports,
    graph,
    jobs,
    judgements,
    keys,
    lists,
    metrics,
    niche_rankings,
    niches,
    operations,
    optouts,
    proofs,
    quality,
    search,
    session,
    sites,
)

ROUTERS: tuple[APIRouter, ...] = (
    operations.router,
    search.router,
    bloggers.router,
    proofs.router,
    contacts.router,
    graph.router,
    niches.router,
    niche_rankings.router,
    judgements.router,
    quality.router,
    lists.router,
    entries.router,
    exports.router,
    sites.router,
    metrics.router,
    crawls.router,
    jobs.router,
    optouts.public,
    optouts.router,
    erasure.router,
    keys.router,
    session.router,
)
"""Every router, in the order of the reference."""
