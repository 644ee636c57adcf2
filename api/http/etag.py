"""Versions of an object as ETags, so that nobody overwrites a change that they have not seen (RFC 9110, 13.1.1)."""

import hashlib
from typing import Annotated

from fastapi import Header
from pydantic import BaseModel

from bloghound.errors import PreconditionError

IfMatch = Annotated[
    str | None,
    Header(alias="If-Match", max_length=256, description="Change only this version: the `ETag` of an earlier answer."),
]


IfNoneMatch = Annotated[
    str | None,
    Header(alias="If-None-Match", max_length=2048, description="Answer 304 where this `ETag` is still the right one."),
]


def content_etag(body: BaseModel) -> str:
    """The ETag of an answer made of many rows: it changes whenever anything in the answer does."""
    return f'"{hashlib.blake2b(body.model_dump_json().encode("utf-8", "replace"), digest_size=16).hexdigest()}"'


def is_unchanged(if_none_match: str | None, current: str) -> bool:
    """Whether the caller has this version already (RFC 9110, 13.1.2)."""
    known = {one.strip().removeprefix("W/") for one in (if_none_match or "").split(",")}
    return current in known or known == {"*"}


def etag(public_id: str, version: int) -> str:
    """The strong ETag of an object at a version."""
    return f'"{public_id}-{version}"'


def require_match(if_match: str | None, current: str) -> None:
    """Raise PreconditionError unless ``If-Match`` is absent, ``*``, or names the current version."""
    if if_match is None or if_match.strip() == "*":
        return
    if current not in {one.strip() for one in if_match.split(",")}:
        raise PreconditionError(f"The object is at version {current} by now; read it again and decide anew.")
