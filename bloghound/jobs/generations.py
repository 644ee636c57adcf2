"""The generations that can still be asked."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bloghound.errors import GoneError, IndexDamagedError, IndexMissingError, NotFoundError
from bloghound.settings import Settings
from ranking.index import layout

PREFIX = "gen_"


@dataclass(frozen=True, slots=True)
class GenerationSummary:
    """A generation: what it was built from and with; ``as_of`` is RFC 3339."""

    public_id: str
    is_current: bool
    as_of: str
    model: str
    model_languages: tuple[str, ...] | None
    formula: str
    bloggers: int
    posts: int


def generations(settings: Settings) -> list[GenerationSummary]:
    """The generations on disk that can be read, newest first."""
    current = layout.current_number(settings.index_dir)
    found = []
    for number in reversed(layout.numbers(settings.index_dir)):
        try:
            meta = layout.read_meta(layout.folder_of(settings.index_dir, number))
        except (IndexDamagedError, IndexMissingError):
            continue  # nobody can ask it, so it is not listed
        found.append(_summary(meta, current))
    return found


def generation(settings: Settings, public_id: str) -> GenerationSummary:
    """One generation; raises GoneError for one that was replaced, NotFoundError for one that never was."""
    listed = generations(settings)
    found = next((one for one in listed if one.public_id == public_id), None)
    if found is not None:
        return found
    digits = public_id.removeprefix(PREFIX)
    number = int(digits) if public_id.startswith(PREFIX) and digits.isascii() and digits.isdecimal() else None
    newest = max(layout.numbers(settings.index_dir), default=0)
    if number is not None and 0 < number <= newest and public_id == f"{PREFIX}{number:06d}":
        raise GoneError(f"The generation {public_id} was replaced; ask the current one.")
    raise NotFoundError(f"There is no generation {public_id!r}.")


def _summary(meta: Mapping[str, Any], current: int | None) -> GenerationSummary:
    languages = meta["model_languages"]
    return GenerationSummary(
        public_id=f"{PREFIX}{int(meta['number']):06d}",
        is_current=meta["number"] == current,
        as_of=str(meta["as_of"]),
        model=str(meta["model"]),
        model_languages=None if languages is None else tuple(languages),
        formula=str(meta["formula"]),
        bloggers=int(meta["counts"]["bloggers"]),
        posts=int(meta["counts"]["posts"]),
    )
