"""The command that tells what became of a saved niche's bloggers: changes."""

from contextlib import closing
from typing import Annotated

import typer
from rich.text import Text

from api.schemas.niche_rankings import ChangeOut, RankingRef, ReasonOut
from bloghound.cli.console import output, print_json, printable, warn
from bloghound.errors import NotFoundError
from bloghound.jobs import niche_changes
from bloghound.jobs.niche_changes import NicheChanges, ShownChange
from bloghound.settings import Settings, load_settings
from ranking.changes import ChangeKind
from storage import workspaces
from storage.database import open_database

ARROWS = {
    ChangeKind.NEW: "+",
    ChangeKind.ROSE: "↑",
    ChangeKind.FELL: "↓",
    ChangeKind.GONE: "−",
    ChangeKind.UNCHANGED: "=",
}
_COLUMNS = "{:<11}  {:>4}  {:>4}  {:>6}  {:>6}  {}"
"""What happened, place before, place, points, difference, and the blogger, whose name may be of any length."""


def register(app: typer.Typer) -> None:
    """Add this module's command."""
    app.command("changes")(changes)


def changes(
    niche: Annotated[str, typer.Argument(help="Id or name of the niche.")],
    since: Annotated[
        str | None, typer.Option(help="A generation or a time (RFC 3339); the ranking before the newest by default.")
    ] = None,
    workspace: Annotated[str, typer.Option(help="The team's room.")] = workspaces.DEFAULT,
    show_all: Annotated[bool, typer.Option("--all", help="Also those who are where they were.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document instead of a table.")] = False,
) -> None:
    """Tell who rose, fell, is new or gone in a saved niche, and because of which evidence."""
    found = _read(load_settings(), workspace, niche, since)
    shown = [one for one in found.changes if show_all or one.change.kind is not ChangeKind.UNCHANGED]
    if as_json:
        print_json(_as_json(found, shown))
    else:
        _print(found, shown)


def _read(settings: Settings, workspace: str, niche: str, since: str | None) -> NicheChanges:
    with closing(open_database(settings)) as database, database.read() as connection:
        room = workspaces.find(connection, workspace)
        if room is None:
            raise NotFoundError(f"There is no workspace {workspace!r}.")
        named = niche_changes.named_niche(connection, room.workspace_id, niche)
        return niche_changes.changes_of(connection, settings, room.workspace_id, named.public_id, since)


def _as_json(found: NicheChanges, shown: list[ShownChange]) -> dict[str, object]:
    return {
        "niche": {"id": found.niche.public_id, "name": found.niche.name},
        "since": RankingRef.of(found.since).model_dump(mode="json") if found.since else None,
        "to": RankingRef.of(found.to).model_dump(mode="json"),
        "outdated": found.outdated,
        "causes": [ReasonOut.of(one, found.posts).model_dump(mode="json") for one in found.causes],
        "counts": found.counts,
        "changes": [ChangeOut.of(one, found).model_dump(mode="json") for one in shown],
    }


def _print(found: NicheChanges, shown: list[ShownChange]) -> None:
    """Lines that break nowhere: addresses and names stay whole whatever the terminal's width."""
    if found.problem is not None:
        warn(f"In {found.problem.generation_public_id} the niche could not be ranked: {found.problem.problem}")
    elif found.outdated:
        warn("The niche was changed since; it has not been ranked as it is now.")
    to = f"{found.to.generation_public_id} ({found.to.made_at:%Y-%m-%d})"
    if found.since is None:
        _line(f"{found.niche.name}: first ranked in {to}. What changes is told from the next ranking on.")
        return
    _line(f"{found.niche.name}: {found.since.generation_public_id} ({found.since.made_at:%Y-%m-%d}) → {to}")
    _line(", ".join(f"{count} {kind}" for kind, count in found.counts.items()))
    for cause in found.causes:
        _line(f"For all of them: {cause.text}.")
    if shown:
        _line(_COLUMNS.format("", "was", "is", "points", "by", "blogger"), style="bold")
    for one in shown:
        _print_change(one, found)


def _print_change(one: ShownChange, found: NicheChanges) -> None:
    change, blogger = one.change, one.blogger
    standing = change.after or change.before
    score = f"{100 * standing.score:.1f}" if standing else ""
    difference = "" if change.score_difference is None else f"{100 * change.score_difference:+.1f}"
    name = f"{ARROWS[change.kind]} {change.kind.value}"
    places = (str(place or "") for place in (change.rank_before, change.rank))
    _line(_COLUMNS.format(name, *places, score, difference, f"{blogger.name}  {blogger.home_url}"))
    for reason in () if found.causes else change.because:
        amount = f"{100 * reason.amount:+.1f}" if reason.amount else ""
        _line(f"{'':<11}  {amount:>6}  {reason.text}", style="dim")
        for post in (found.posts[one] for one in reason.posts if one in found.posts):
            _line(f"{'':<21}{post.url}  {post.title}", style="dim")


def _line(text: str, style: str = "") -> None:
    output.print(Text(printable(text).replace("\n", " "), style=style), soft_wrap=True)
