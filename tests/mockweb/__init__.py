"""The tests' web: a real server on loopback whose resources are named after how they misbehave.

``MockWeb({"blog.test": small_blog() | {"/robots.txt": RobotsFail500()}})`` serves an ad-hoc blog by Host name;
``web.requests`` tells who asked for what, when. ``Canary`` stands for an internal service that must never be reached.
"""

from tests.mockweb.moods import (
    RedirectLoop,
    RedirectToInternal,
    Refusing,
    RetryAfterDate,
    RetryAfterGarbage,
    RetryAfterSeconds,
    RobotsFail500,
    RobotsTimeout,
)
from tests.mockweb.pages import (
    BadCharset,
    CanonicalElsewhere,
    CookieSetter,
    MalformedFeed,
    MetaRefresh,
    NoIndex,
    SharedCanonical,
    TdmReserved,
    WrongContentType,
    page,
    post_page,
    small_blog,
)
from tests.mockweb.traps import CalendarTrap, DeeperTrap, SessionIdTrap, SoftNotFound
from tests.mockweb.web import Canary, Content, MockWeb
from tests.mockweb.wire import (
    AttributeBomb,
    BrokenChunked,
    Drop,
    EndlessBody,
    ForeverTaking,
    GzipBomb,
    HeaderFlood,
    HugeRobots,
    NestingBomb,
    SlowDrip,
    TruncatedBody,
)

__all__ = [
    "AttributeBomb",
    "BadCharset",
    "BrokenChunked",
    "CalendarTrap",
    "Canary",
    "CanonicalElsewhere",
    "Content",
    "CookieSetter",
    "DeeperTrap",
    "Drop",
    "EndlessBody",
    "ForeverTaking",
    "GzipBomb",
    "HeaderFlood",
    "HugeRobots",
    "MalformedFeed",
    "MetaRefresh",
    "MockWeb",
    "NestingBomb",
    "NoIndex",
    "RedirectLoop",
    "RedirectToInternal",
    "Refusing",
    "RetryAfterDate",
    "RetryAfterGarbage",
    "RetryAfterSeconds",
    "RobotsFail500",
    "RobotsTimeout",
    "SessionIdTrap",
    "SharedCanonical",
    "SlowDrip",
    "SoftNotFound",
    "TdmReserved",
    "TruncatedBody",
    "WrongContentType",
    "page",
    "post_page",
    "small_blog",
]
