"""From links to reach: the site graph, its centralities and communities, sites that share linkers, and exports.

Works on values alone: `SiteEdge` and `RankableBlogger` in, arrays and files out. Central names: `build.SiteGraph`,
`centrality.pagerank`, `centrality.niche_reach`, `similarity.link_similarity`, `export.export_graph`.
"""
