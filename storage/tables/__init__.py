"""All tables, by what they are about; importing this package registers every one of them in ``metadata``."""

from storage.tables.access import ApiKey, IdempotencyRecord, SignIn, WebSession
from storage.tables.base import metadata
from storage.tables.crawling import Crawl, CrawlSite, Fetch, FetchCount, HostPace, Page, Suppression
from storage.tables.people import Author, Blogger, BloggerProof, Site, SiteMetric
from storage.tables.posts import Commenter, Embedding, EngagementObservation, Link, Post, PostAddress
from storage.tables.teams import Niche, Shortlist, ShortlistEntry, ShortlistEvent, Workspace
from storage.tables.work import Job, OptOut

__all__ = [
    "ApiKey",
    "Author",
    "Blogger",
    "BloggerProof",
    "Commenter",
    "Crawl",
    "CrawlSite",
    "Embedding",
    "EngagementObservation",
    "Fetch",
    "FetchCount",
    "HostPace",
    "IdempotencyRecord",
    "Job",
    "Link",
    "Niche",
    "OptOut",
    "Page",
    "Post",
    "PostAddress",
    "Shortlist",
    "ShortlistEntry",
    "ShortlistEvent",
    "SignIn",
    "Site",
    "SiteMetric",
    "Suppression",
    "WebSession",
    "Workspace",
    "metadata",
]
