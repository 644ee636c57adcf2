"""The search index: immutable generations on disk, built beside each other and switched atomically.

A generation is ``<index>/<number>/meta.json`` and the files it lists: *segments* (bloggers, texts, vectors, full text)
and columns over all segments (links, reach, engagement, findings). ``<index>/CURRENT`` names the one that serves.

Central names: :func:`build_generation`, :func:`open_generation`, :func:`forget`, :class:`Generation`.
"""

from ranking.index.build import build_generation
from ranking.index.forget import forget
from ranking.index.generation import Generation, open_generation
from ranking.index.layout import current_number
from ranking.values import GraphColumns, NicheReach, no_graph

__all__ = [
    "Generation",
    "GraphColumns",
    "NicheReach",
    "build_generation",
    "current_number",
    "forget",
    "no_graph",
    "open_generation",
]
