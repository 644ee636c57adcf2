"""What the requests of niches and lists share: names, ids in addresses, and texts with something in them."""

from typing import Annotated

from fastapi import Path
from pydantic import BaseModel, ConfigDict, StringConstraints

from ranking.brief import MAX_BRIEF_CHARS

MAX_NAME_CHARS = 200
"""Longest name: what a heading can show; an index entry of PostgreSQL (2,704 bytes) holds it in any script."""

MAX_NOTE_CHARS = 5_000
"""Longest note: two printed pages."""

_SOMETHING = r"[^\x00-\x20\x7f-\xa0]"
"""A text with at least one character that is no blank and no control character."""

_ID = r"^[A-Za-z0-9_]+$"
_ID_CHARS = 64

Name = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_NAME_CHARS, pattern=_SOMETHING),
]
Owner = Annotated[str, StringConstraints(strip_whitespace=True, max_length=MAX_NAME_CHARS)]
Tag = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60, pattern=_SOMETHING)]
NoteText = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_NOTE_CHARS, pattern=_SOMETHING)
]
Brief = Annotated[str, StringConstraints(max_length=MAX_BRIEF_CHARS)]
PublicId = Annotated[str, StringConstraints(min_length=1, max_length=_ID_CHARS, pattern=_ID)]

ListId = Annotated[str, Path(max_length=_ID_CHARS, pattern=_ID, description="Id of the list: `lst_…`.")]
NicheId = Annotated[str, Path(max_length=_ID_CHARS, pattern=_ID, description="Id of the niche: `nch_…`.")]
BloggerId = Annotated[str, Path(max_length=_ID_CHARS, pattern=_ID, description="Id of the blogger: `blg_…`.")]
NoteId = Annotated[str, Path(max_length=_ID_CHARS, pattern=_ID, description="Id of the note: `note_…`.")]


class RequestBody(BaseModel):
    """A body in which nothing unknown may stand."""

    model_config = ConfigDict(extra="forbid")
