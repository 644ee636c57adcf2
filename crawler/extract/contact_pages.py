"""Which pages of a site are for those who want to reach the blogger, by the names that such pages have."""

import re
import tomllib
import unicodedata
from collections.abc import Mapping
from enum import Enum
from functools import lru_cache
from pathlib import Path
from typing import Any

from crawler.extract.paths import date_in_path, is_date_archive, is_listing_path, is_paging, is_term_path, path_of
from crawler.parsed import PageKind

_TABLE = Path(__file__).with_name("contact.toml")

MAX_SEGMENTS = 4
"""Pages for visitors lie near the root; deeper ones with such a name belong to something else."""


class PageRole(Enum):
    """What a page is for, by its name."""

    CONTACT = "contact"
    WORK = "work"
    """Working together: cooperation, press, advertising, guest posts."""
    ABOUT = "about"
    IMPRINT = "imprint"
    POLICY = "policy"
    """What is accepted and disclosed."""


FOR_CONTACT = frozenset({PageRole.CONTACT, PageRole.WORK})
FOR_ADDRESSES = FOR_CONTACT | {PageRole.ABOUT, PageRole.IMPRINT}


def page_role(url: str) -> PageRole | None:
    """What the page at ``url`` is for, by the last part of its path; None for every other page."""
    path = path_of(url)
    segments = path.split("/")
    if not path or len(segments) > MAX_SEGMENTS or date_in_path(url) is not None or is_term_path(url):
        return None
    return _roles_by_name().get(_slug(segments[-1]))


def may_show_frame(url: str, kind: PageKind) -> bool:
    """Whether the frame around a page is the site's own word: posts may be by guests, and of listings one is enough."""
    if kind is PageKind.LISTING:
        return not (is_listing_path(url) or is_date_archive(url) or is_paging(url))
    return kind in {PageKind.HOME, PageKind.PAGE}


@lru_cache(maxsize=1)
def contact_table() -> Mapping[str, Any]:
    """The table of page names and words about contact (``contact.toml``)."""
    return tomllib.loads(_TABLE.read_text(encoding="utf-8"))


@lru_cache(maxsize=1)
def _roles_by_name() -> dict[str, PageRole]:
    pages = contact_table()["pages"]
    return {name: role for role in PageRole for name in pages[role.value].split()}


def _slug(segment: str) -> str:
    plain = unicodedata.normalize("NFKD", segment).encode("ascii", "ignore").decode("ascii")
    return re.sub(r"[\s_.-]+", "-", plain).strip("-")
