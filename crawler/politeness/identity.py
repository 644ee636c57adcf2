"""How the crawler names itself to servers. Loads nothing of Scrapy, so that a page can show it."""

from importlib.metadata import version

from bloghound.settings import Settings
from crawler.politeness.robots import ROBOT_NAME


def user_agent(settings: Settings) -> str:
    """``Bloghound/VERSION (+contact)``, as servers' logs show it; without the bracket when no contact is set."""
    product = f"{ROBOT_NAME}/{version('bloghound')}"
    return f"{product} (+{settings.contact})" if settings.contact else product
