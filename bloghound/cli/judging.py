"""Commands around judged briefs: evaluate, judgements."""

from pathlib import Path
from typing import Annotated, Any

import typer

from bloghound.cli.console import output, print_json, printable, progress_bars, table, warn
from bloghound.errors import InputError
from bloghound.jobs import quality
from bloghound.jobs import ranking as ranking_job
from bloghound.settings import load_settings
from storage.judgements import Grade, JudgedBrief

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of a table.")]
WorkspaceName = Annotated[str | None, typer.Option("--workspace", help="Only what is judged in the room of this name.")]

MEASURES = {
    "map": "MAP",
    "ndcg@10": "nDCG@10",
    "p@10": "P@10",
    "judged@10": "judged",
    "bpref": "bpref",
    "condensed_map": "MAP'",
    "condensed_ndcg@10": "nDCG'",
}
"""Measures by name, and their headings, short enough for a table of 80 columns."""


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.command("evaluate")(evaluate)
    app.command("judgements")(judgements)


def evaluate(
    queries: Annotated[
        Path | None, typer.Argument(help="Judged briefs (JSON); without: what the teams judged.")
    ] = None,
    workspace: WorkspaceName = None,
    qrels: Annotated[Path | None, typer.Option(help="Judgements in TREC form, instead of those in the file.")] = None,
    run: Annotated[Path | None, typer.Option(help="Write our ranking as a TREC run file.")] = None,
    as_json: AsJson = False,
) -> None:
    """Measure our relevance against judged briefs, beside five baselines on the same posts."""
    if queries is None and qrels is not None:
        raise InputError("--qrels judges the briefs of a file: name that file too.")
    if queries is not None and workspace is not None:
        raise InputError("Give a file of judged briefs or --workspace, not both.")
    found = _stored(workspace, run) if queries is None else _of_file(queries, qrels, run)
    if as_json:
        print_json(found)
    else:
        _print(found)


def _stored(workspace: str | None, run: Path | None) -> dict[str, Any]:
    with progress_bars() as bars:
        found = quality.measure_stored(load_settings(), workspace, bars.show)
    if run is not None:
        found.evaluation.write_run(run)
    return found.as_dict()


def _of_file(queries: Path, qrels: Path | None, run: Path | None) -> dict[str, Any]:
    with progress_bars() as bars:
        return ranking_job.run_evaluate(load_settings(), queries, qrels, run, progress=bars.show).as_dict()


def _print(found: dict[str, Any]) -> None:
    if not found["judged"]:
        output.print(f"{found['queries']} briefs ranked; none is judged, so there is nothing to measure.")
        return
    title = f"{found['judged']} judged of {found['queries']} briefs, {found['judgements']} judgements"
    shown = table(title, ["method", *MEASURES.values()], list(MEASURES.values()))
    for name, figures in {"ours": found["ours"], "whole score": found["score"], **found["baselines"]}.items():
        shown.add_row(name, *(_figure(figures[measure]) for measure in MEASURES))
    output.print(shown)
    output.print(
        "judged: share of the first ten that is judged; bpref, MAP' and nDCG' leave out what is not.", style="dim"
    )
    best = found["best_baseline"]
    if best is not None:
        output.print(
            f"MAP is {best['difference']:+.3f} against {best['baseline']}; in {best['bootstrap_share']:.0%} of "
            "bootstrap samples of the briefs it is above."
        )
    for sentence in found.get("warnings", ()):
        warn(sentence)


def _figure(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def judgements(
    workspace: WorkspaceName = None,
    qrels: Annotated[Path | None, typer.Option(help="Write the judgements, in TREC form.")] = None,
    queries: Annotated[Path | None, typer.Option(help="Write the judged briefs, for 'bloghound evaluate'.")] = None,
    as_json: AsJson = False,
) -> None:
    """Show what the teams judged, or write it down for other tools."""
    if queries is not None and qrels is None:
        raise InputError("--queries goes with --qrels: briefs alone are not judged.")
    briefs, _ = quality.stored_briefs(load_settings(), workspace)
    if qrels is not None:
        quality.write_judgements(briefs, qrels, queries)
    rows = [_row(brief) for brief in briefs]
    if as_json:
        print_json({"briefs": rows, "files": [str(path) for path in (qrels, queries) if path is not None]})
        return
    shown = table(f"{len(rows)} judged briefs", ["id", "brief", "likes", "partly", "dislikes"], ["likes", "partly"])
    for row in rows:
        shown.add_row(row["id"], printable(row["brief"]), *(str(row[name]) for name in ("likes", "partly", "dislikes")))
    output.print(shown)


def _row(brief: JudgedBrief) -> dict[str, Any]:
    grades = list(brief.grades.values())
    return {
        "id": brief.brief_id,
        "workspace": brief.workspace,
        "brief": brief.niche.name if brief.niche else brief.words,
        "likes": grades.count(Grade.LIKE),
        "partly": grades.count(Grade.PARTLY),
        "dislikes": grades.count(Grade.DISLIKE),
    }
