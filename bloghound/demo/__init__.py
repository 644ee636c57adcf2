"""The demo web that ``bloghound demo`` crawls: blogs written for it, served by name on one loopback port.

``with DemoWeb() as web:`` serves it; ``web.hosts`` at ``web.address`` and ``web.port`` is what the crawler's resolver
maps, ``web.seeds`` where a crawl starts, ``web.briefs`` what to rank by, ``web.expected_winner`` what should come out.
"""

from bloghound.demo.web import BRIEFS, DemoBrief, DemoWeb

__all__ = ["BRIEFS", "DemoBrief", "DemoWeb"]
