"""Pages of a listing: ``data``, ``has_more``, ``next_cursor``, and a ``Link`` header to the next one."""

from collections.abc import Callable, Sequence
from typing import Annotated, Generic, TypeVar

from fastapi import Query, Request, Response
from pydantic import BaseModel, Field

MAX_LIMIT = 100
"""Longest page; a client that wants all follows the cursor."""

Item = TypeVar("Item")

PageLimit = Annotated[int, Query(ge=1, le=MAX_LIMIT, description="Entries on a page.")]
Cursor = Annotated[str | None, Query(max_length=2048, description="`next_cursor` of the page before.")]


class Page(BaseModel, Generic[Item]):
    """One page of a listing."""

    data: list[Item]
    has_more: bool = Field(description="Whether a page follows.")
    next_cursor: str | None = Field(description="Hand it back as `cursor` to get the page that follows.")


def page_of(
    request: Request, response: Response, *, rows: Sequence[Item], limit: int, cursor_of: Callable[[Item], str]
) -> Page[Item]:
    """The page of the first ``limit`` of ``rows``, of which there is one more when another page follows."""
    shown = list(rows[:limit])
    following = cursor_of(shown[-1]) if shown and len(rows) > limit else None
    if following is not None:
        target = request.url.include_query_params(cursor=following)
        response.headers["Link"] = f'<{target.path}?{target.query}>; rel="next"'
    return Page(data=shown, has_more=following is not None, next_cursor=following)
