"""What was judged of the bloggers on a page, and whether whoever looks at it may judge."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from api.auth.actor import Actor, Scope
from api.service import Service
from storage import judgements
from storage.judgements import Grade, JudgedFor

NO_RIGHT = f"Judging results needs a key with the scope {Scope.LISTS_WRITE}; yours only reads."


@dataclass(frozen=True, slots=True)
class Given:
    """A judgement: its id, and ``like``, ``partly`` or ``dislike``."""

    judgement_id: str
    grade: str


@dataclass(frozen=True, slots=True)
class Judging:
    """The judgements by blogger; ``problem`` says why no other can be given, and is empty where one can."""

    given: Mapping[str, Given]
    problem: str


def judging(service: Service, actor: Actor, niche: str, brief: str, bloggers: Sequence[str]) -> Judging:
    """What the workspace judged of these bloggers for a niche, or where that is empty for a brief."""
    brief_id = JudgedFor(niche or None, brief).brief_id
    with service.database.read() as connection:
        found = judgements.of_bloggers(connection, actor.workspace_id, brief_id, bloggers)
    given = {blogger: Given(judgement, Grade(grade).name.lower()) for blogger, (judgement, grade) in found.items()}
    return Judging(given, "" if actor.may(Scope.LISTS_WRITE) else NO_RIGHT)
