"""Versions of an object as ETags, so that nobody overwrites a change that they have not seen (RFC 9110, 13.1.1)."""

from typing import Annotated

from fastapi import Header

from bloghound.errors import PreconditionError

IfMatch = Annotated[
    str | None,
    Header(alias="If-Match", max_length=256, description="Change only this version: the `ETag` of an earlier answer."),
]


def etag(public_id: str, version: int) -> str:
    """The strong ETag of an object at a version."""
    return f'"{public_id}-{version}"'


def require_match(if_match: str | None, current: str) -> None:
    """Raise PreconditionError unless ``If-Match`` is absent, ``*``, or names the current version."""
    if if_match is None or if_match.strip() == "*":
        return
    if current not in {one.strip() for one in if_match.split(",")}:
        raise PreconditionError(f"The object is at version {current} by now; read it again and decide anew.")
