"""Geometry of the charts that stand still: figures in, positions out; templates draw them as SVG."""
