"""The pages: server-rendered, readable without scripts, every state in the address.

How to add a view:

1. ``views/<noun>.py`` with ``router = APIRouter(include_in_schema=False)``; routes are plain ``def``, take
   ``request: Request``, ``service: ServiceDep``, ``actor: PageActor`` (which sends strangers to the sign-in page) and
   return ``render(request, "<noun>.html", nav="<key>", **names)``. Add the router to :data:`WEB_ROUTERS`.
2. ``templates/<noun>.html`` extends ``layout.html`` and fills its blocks: ``title``, ``head`` (a script of its own:
   ``<script type="module" src="{{ static_url('js/<noun>.js') }}">``), ``main``, ``keys`` (rows of the key help),
   ``dialogs``. A style sheet of its own goes into ``head`` in the same way.
3. Forms post to a page route of yours with ``<input type="hidden" name="csrf_token" value="{{ csrf }}">`` and the
   dependency ``CsrfChecked``, and are answered by a redirect (303). Scripts call ``/v1/...`` by ``api()`` of
   ``js/api.js``, which sends the token.

What there is to build from, in ``templates/parts/`` (macros; those that show dates are imported ``with context``):
``card.html`` blogger_card; ``score.html`` bar, legend, value_bar, part_rows, deductions; ``evidence.html`` quote;
``states.html`` empty, failure, warming, warnings; ``forms.html`` field, select, choice, slider, range_of;
``dialog.html`` dialog; ``pager.html`` pager. Classes: ``chip`` (``minus``), ``button`` (``primary``, ``secondary``,
``quiet``), ``figure`` for numbers in tables, ``unknown``, ``negative``, ``aside``, ``hint``, ``scroll`` around wide
tables, ``swatch swatch-<part>``, ``fill-<part>``, ``visually-hidden``. Filters: number, points, percent, plural, day,
safe_link, language_name, platform_name, address_shown; functions: ``date(value)``, ``ago(value)``,
``foreign(language)`` (attributes of an element with crawled text), ``static_url(path)``. Charts: geometry as pure
functions in ``charts/``, drawn by templates with percent positions. Scripts: ``js/page.js`` runs on every page;
``js/api.js`` api, ApiError; ``js/notices.js`` toast, announce; ``js/dialogs.js`` openDialog; ``js/keys.js`` onKeys;
``js/moving.js`` animateMoves.

Rules that tests hold: no inline script or style, no ``style=``, no ``|safe``; crawled text is escaped and stands in an
element with ``{{ foreign(language) }}``; links to crawled addresses are made by ``safe_link``.
Central names: :func:`api.web.rendering.render`, :data:`WEB_ROUTERS`, :func:`mount_static`.
"""

from fastapi import APIRouter

from api.web.assets import mount_static
from api.web.views import (
    bloggers,
    board,
    compare,
    crawl,
    entries,
    find,
    lists,
    niche_map,
    niches,
    optout,
    session,
    settings,
    sites,
)

__all__ = ["WEB_ROUTERS", "mount_static"]

WEB_ROUTERS: list[APIRouter] = [
    find.router,
    compare.router,
    lists.router,
    board.router,
    entries.router,
    niches.router,
    bloggers.router,
    niche_map.router,
    sites.router,
    crawl.router,
    settings.router,
    session.router,
    optout.router,
]
