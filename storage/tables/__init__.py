"""All tables, by what they are about; importing this package registers every one of them in ``metadata``."""

from storage.tables.base import metadata
from storage.tables.crawling import Crawl, Fetch, Page, Suppression
from storage.tables.people import Author, Blogger, BloggerProof, Site, SiteMetric
from storage.tables.posts import Commenter, Embedding, EngagementObservation, Link, Post, PostAddress
from storage.tables.teams import ApiKey, Niche, Shortlist, ShortlistEntry, Workspace

__all__ = [
    "ApiKey",
    "Author",
    "Blogger",
    "BloggerProof",
    "Commenter",
    "Crawl",
    "Embedding",
    "EngagementObservation",
    "Fetch",
    "Link",
    "Niche",
    "Page",
    "Post",
    "PostAddress",
    "Shortlist",
    "ShortlistEntry",
    "Site",
    "SiteMetric",
    "Suppression",
    "Workspace",
    "metadata",
]
