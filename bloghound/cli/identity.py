"""The command that takes apart what was joined: separate."""

import json
from collections.abc import Sequence
from contextlib import closing
from typing import Annotated

import typer

from bloghound.cli.console import output, print_json, printable
from bloghound.jobs import identity
from bloghound.settings import load_settings
from storage.database import open_database
from storage.identity import StoredProof
from storage.tables.base import utc_now

BY = "command line"
"""Who is named where a proof was taken back here."""


def register(app: typer.Typer) -> None:
    """Add this module's command."""
    app.command("separate")(separate)


def separate(
    site: Annotated[str, typer.Argument(help="Address of the blog or profile.")],
    other: Annotated[str | None, typer.Option("--from", help="Only what joins it with this site.")] = None,
    show: Annotated[bool, typer.Option("--show", help="Only show the proofs; take none back.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Take back what joins a site with others of its blogger, for good; no crawl joins them by it again."""
    settings = load_settings()
    with closing(open_database(settings)) as database:
        if show:
            with database.read() as connection:
                found = identity.proofs_of_site(connection, settings, site)
        else:
            with database.transaction() as connection:
                found = identity.separate(connection, settings, site, other, by=BY, now=utc_now())
    if as_json:
        print_json({"proofs": [_as_json(proof) for proof in found]})
    else:
        _print(found)


def _as_json(proof: StoredProof) -> dict[str, object]:
    return {
        "id": proof.public_id,
        "site": proof.site_key,
        "other_site": proof.other_site_key,
        "blogger": proof.blogger,
        "other_blogger": proof.other_blogger,
        "method": proof.method,
        "evidence": proof.evidence,
        "observed_at": proof.observed_at.isoformat(),
        "state": proof.state.value,
        "revoked_at": proof.revoked_at and proof.revoked_at.isoformat(),
        "taken_back_by": proof.revoked_by,
    }


def _print(found: Sequence[StoredProof]) -> None:
    """Two lines for each proof, which break nowhere: in a table of a terminal's width addresses could not be read."""
    for proof in found:
        state = proof.state.replace("_", " ") + (f" by {proof.revoked_by}" if proof.revoked_by else "")
        together = "one blogger" if proof.blogger == proof.other_blogger else "two bloggers"
        said = json.dumps(proof.evidence, ensure_ascii=False)
        lines = (
            f"{proof.site_key} and {proof.other_site_key}: {state}; {together}",
            f"  {proof.method}, seen {proof.observed_at:%Y-%m-%d}: {said}",
        )
        for line in lines:
            output.print(printable(line), soft_wrap=True, highlight=False)
    if not found:
        output.print("No proof joins this site with another.")
