"""The search index: immutable generations on disk, built beside each other and switched atomically.

A generation is ``<index>/<number>/meta.json`` and the files it lists: *segments* (posts with texts, vectors, sketches
and postings, shared by generations), one *table* (its bloggers, whose posts lie where, and which rows of segments are
dead), *columns* over its bloggers (links, reach, engagement, findings), and what is *settled* about each of them by
itself, which spares the next build the reading. ``<index>/CURRENT`` names the one that serves.

Central names: :func:`exclusive`, :func:`build_generation`, :func:`open_generation`, :func:`forget`,
:class:`Generation`.
"""

from ranking.index.build import build_generation, complete_bloggers
from ranking.index.forget import forget
from ranking.index.generation import Generation, open_generation
from ranking.index.layout import current_number, exclusive
from ranking.index.stream import StoredBloggers
from ranking.values import GraphColumns, NicheReach, no_graph

__all__ = [
    "Generation",
    "GraphColumns",
    "NicheReach",
    "StoredBloggers",
    "build_generation",
    "complete_bloggers",
    "current_number",
    "exclusive",
    "forget",
    "no_graph",
    "open_generation",
]
