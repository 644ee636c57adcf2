"""The demo web: blogs, a shop and a social server by name, on one loopback port. Central name: :class:`DemoWeb`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from types import TracebackType
from typing import Self

from bloghound.demo import wordpress_api
from bloghound.demo.atlas import SHOP, SOCIAL, Atlas, Site
from bloghound.demo.content import load_blogs, load_crowd
from bloghound.demo.exchange import Document, Request, Resource, problem, redirect
from bloghound.demo.mastodon import SocialServer
from bloghound.demo.pages import blog_resources, not_found
from bloghound.demo.server import LoopbackServer
from bloghound.demo.shop import shop_resources


@dataclass(frozen=True, slots=True)
class DemoBrief:
    """A niche as a PR team would word it, and the name of the blog that ought to win it."""

    name: str
    text: str
    winner: str


BRIEFS = (
    DemoBrief(
        "espresso",
        "Home espresso technique: grinding, dialling in light roasts, preinfusion, water and temperature on a small "
        "machine.",
        "koffie",
    ),
    DemoBrief(
        "cycling",
        "Bicycle touring and repair: building and truing wheels, broken spokes, chains, gears and roadside fixes.",
        "spokesong",
    ),
    DemoBrief(
        "plants",
        "Houseplants and windowsill gardening: light, soil, repotting, cuttings, pests and herbs.",
        "windowsill",
    ),
)
SEEDS = ("doublewall", "slowpannier", "balconyacre")
"""One ordinary blog of each niche; everything else is found by their links."""


class DemoWeb:
    """Serves the demo web while the context is open; port 0 takes a free port.

    Raises PortError, naming the port, when it is taken.
    """

    def __init__(self, port: int = 0, host: str = "127.0.0.1") -> None:
        self._server = LoopbackServer(self._route, port, host)
        self._routes: dict[str, Callable[[Request], Resource]] = {}

    def __enter__(self) -> Self:
        self._server.bind()
        self._atlas = Atlas(load_blogs(), load_crowd(), self.port)
        self._routes = host_routes(self._atlas)
        self._server.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.__exit__(kind, error, trace)

    @property
    def address(self) -> str:
        """The address that all the host names stand for, such as ``127.0.0.1``."""
        return self._server.host

    @property
    def port(self) -> int:
        """The port that all the hosts share."""
        return self._server.port

    @property
    def hosts(self) -> tuple[str, ...]:
        """All host names that are served, blogs first."""
        return tuple(self._routes)

    @property
    def seeds(self) -> tuple[str, ...]:
        """Home addresses from which all the other blogs can be reached by links."""
        return tuple(f"{self._atlas.origin(name)}/" for name in SEEDS)

    @property
    def briefs(self) -> tuple[DemoBrief, ...]:
        """One brief for each niche."""
        return BRIEFS

    @property
    def expected_winner(self) -> dict[str, str]:
        """The key of the site that ought to win, by the brief's name."""
        return {brief.name: f"{self._atlas.host(brief.winner)}:{self.port}" for brief in BRIEFS}

    @property
    def atlas(self) -> Atlas:
        """The content and addresses behind the web, for checks against what a crawl found."""
        return self._atlas

    def _route(self, request: Request) -> Resource:
        if request.method not in {"GET", "HEAD"}:
            return problem(HTTPStatus.METHOD_NOT_ALLOWED)
        route = self._routes.get(request.host)
        return route(request) if route else problem(HTTPStatus.MISDIRECTED_REQUEST)


def host_routes(atlas: Atlas) -> dict[str, Callable[[Request], Resource]]:
    """What answers for each host name."""
    routes: dict[str, Callable[[Request], Resource]] = {}
    for name, blog in atlas.blogs.items():
        site = atlas.site(blog)
        static = StaticHost(blog_resources(site), not_found(site))
        routes[atlas.host(name)] = _with_interface(site, static) if blog.theme == "wordpress" else static.route
    routes[atlas.host(SHOP)] = StaticHost(shop_resources(), problem(HTTPStatus.NOT_FOUND)).route
    routes[atlas.host(SOCIAL)] = SocialServer(atlas).route
    return routes


def _with_interface(site: Site, static: "StaticHost") -> Callable[[Request], Resource]:
    return lambda request: wordpress_api.answer(site, request) or static.route(request)


class StaticHost:
    """Documents by path, as a plain file server gives them out."""

    def __init__(self, documents: Mapping[str, Document], missing: Document) -> None:
        self._documents = documents
        self._missing = missing

    def route(self, request: Request) -> Document:
        """The document at the target; unknown parameters are ignored and a lacking final slash is put right.

        Another form of a feed (Blogger's ``alt=json``) is none of its documents.
        """
        if "alt" in request.query:
            return self._missing
        found = self._documents.get(request.target) or self._documents.get(request.path)
        if found:
            return found
        return redirect(f"{request.path}/") if f"{request.path}/" in self._documents else self._missing
