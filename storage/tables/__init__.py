"""All tables, by what they are about; importing this package registers every one of them in ``metadata``."""

from storage.tables.access import ApiKey, IdempotencyRecord, SignIn, WebSession
from storage.tables.base import metadata
from storage.tables.changes import SiteChange, SiteMark
from storage.tables.crawling import Crawl, CrawlSite, Fetch, FetchCount, HostPace, Page, Suppression
from storage.tables.judging import Judgement
from storage.tables.people import Author, Blogger, BloggerProof, Site, SiteClaim, SiteMetric, SiteStatement
from storage.tables.posts import Discussion, Embedding, EngagementObservation, Link, Post, PostAddress, PostComment
from storage.tables.rankings import NichePlace, NicheRanking
from storage.tables.teams import Niche, Shortlist, ShortlistEntry, ShortlistEvent, Workspace
from storage.tables.work import Job, OptOut

__all__ = [
    "ApiKey",
    "Author",
    "Blogger",
    "BloggerProof",
    "Crawl",
    "CrawlSite",
    "Discussion",
    "Embedding",
    "EngagementObservation",
    "Fetch",
    "FetchCount",
    "HostPace",
    "IdempotencyRecord",
    "Job",
    "Judgement",
    "Link",
    "Niche",
    "NichePlace",
    "NicheRanking",
    "OptOut",
    "Page",
    "Post",
    "PostAddress",
    "PostComment",
    "Shortlist",
    "ShortlistEntry",
    "ShortlistEvent",
    "SignIn",
    "Site",
    "SiteChange",
    "SiteClaim",
    "SiteMark",
    "SiteMetric",
    "SiteStatement",
    "Suppression",
    "WebSession",
    "Workspace",
    "metadata",
]
