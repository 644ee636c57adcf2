"""The search index: immutable generations on disk, built beside each other and switched atomically.

A generation is ``<index>/<number>/meta.json`` and the files it lists: *segments* (posts with texts, vectors, sketches
and postings, shared by generations), one *table* (its bloggers, whose posts lie where, and which rows of segments are
dead) and *columns* over its bloggers (links, reach, engagement, findings). ``<index>/CURRENT`` names the one that
serves.

Central names: :func:`exclusive`, :func:`build_generation`, :func:`open_generation`, :func:`forget`,
:class:`Generation`.
"""

from ranking.index.build import build_generation
from ranking.index.forget import forget
from ranking.index.generation import Generation, open_generation
from ranking.index.layout import current_number, exclusive
from ranking.values import GraphColumns, NicheReach, no_graph

__all__ = [
    "Generation",
    "GraphColumns",
    "NicheReach",
    "build_generation",
    "current_number",
    "exclusive",
    "forget",
    "no_graph",
    "open_generation",
]
