"""Bloghound finds the bloggers who matter to a niche and shows the evidence for every rank."""

__version__ = "0.1.0"
