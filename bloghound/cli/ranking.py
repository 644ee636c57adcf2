"""Commands that make the index and rank bloggers: index, rank."""

import csv
import dataclasses
import re
import sys
from typing import Annotated, Any

import typer
from rich.panel import Panel
from rich.text import Text

from bloghound.cli.console import output, print_json, printable, progress_bars, table, warn
from bloghound.cli.encoding import (
    DeviceOption,
    LanguagesOption,
    ModelOption,
    PassagePromptOption,
    QueryPromptOption,
    with_model,
)
from bloghound.errors import InputError
from bloghound.jobs import index as index_job
from bloghound.jobs import ranking as ranking_job
from bloghound.settings import load_settings
from graph.clean import formula_safe
from ranking.ranking import SHOWN_GATE
from ranking.score import Weights

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of a table.")]
PARTS = ("relevance", "engagement", "reach")
SHORT_PARTS = ("relev.", "engag.", "reach")
"""Headings of the same in the table, which must fit 80 columns."""


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.command("index")(index)
    app.command("rank")(rank)


def index(
    model: ModelOption = None,
    model_languages: LanguagesOption = None,
    query_prompt: QueryPromptOption = None,
    passage_prompt: PassagePromptOption = None,
    device: DeviceOption = None,
    full: Annotated[bool, typer.Option("--full", help="Take nothing from the generation before.")] = False,
    as_json: AsJson = False,
) -> None:
    """Encode what is new and build the next generation of the index; the old one serves until it is done."""
    chosen = with_model(load_settings(), model, model_languages, query_prompt, passage_prompt, device)
    with progress_bars() as bars:
        report = index_job.run_index(chosen, full=full, progress=bars.show)
    if as_json:
        print_json(dataclasses.asdict(report))
        return
    speed = f" ({report.encoded_per_second:.0f} posts/s)" if report.encoded_per_second else ""
    output.print(
        f"Generation {report.generation}: {report.bloggers} bloggers, {report.posts} posts; "
        f"{report.encoded} encoded{speed}, {report.seconds:.1f} s in all."
    )
    output.print(
        f"Posts: {report.added} added, {report.removed} removed, {report.kept} kept as they were; "
        f"segments: {report.segments}, older ones merged: {report.merged}."
    )
    if report.unencoded:
        warn(f"{report.unencoded} posts were stored meanwhile and have no vector yet: build again to encode them.")
    if report.niches_problem:
        warn(f"The saved niches could not be ranked: {report.niches_problem}")
    if report.niches.ranked:
        output.print(f"Saved niches ranked anew: {report.niches.ranked}.")
    for one in report.niches.failed:
        warn(f"The niche {one.name!r} ({one.niche}) could not be ranked: {one.reason}")


def rank(
    brief: Annotated[str, typer.Argument(help="The niche in words, as you would brief an agency.")],
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many bloggers.")] = 20,
    language: Annotated[list[str] | None, typer.Option(help="Only bloggers who write in it (ISO 639-1).")] = None,
    weights: Annotated[str | None, typer.Option(help="As relevance=0.6,engagement=0.25,reach=0.15.")] = None,
    explain: Annotated[bool, typer.Option("--explain", help="Show what each score is made of.")] = False,
    as_json: AsJson = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV.")] = False,
) -> None:
    """Rank bloggers for a brief, each with the evidence."""
    if as_json and as_csv:
        raise InputError("Choose one of --json and --csv.")
    wrong = [code for code in language or () if not re.fullmatch(r"[a-z]{2,3}", code)]
    if wrong:
        raise InputError(f"--language {wrong[0]!r} is no language code; codes are like en, nl, fi (ISO 639).")
    chosen = Weights.parse(weights) if weights is not None else None
    ranking = ranking_job.run_rank(load_settings(), brief, limit=limit, languages=language or (), weights=chosen)
    found = ranking.as_dict()
    if as_json:
        print_json(found)
        return
    for sentence in found["warnings"]:
        warn(sentence)
    if as_csv:
        _print_csv(found["results"])
    else:
        print_ranking(found, explain=explain)


def print_ranking(found: dict[str, Any], *, explain: bool = False) -> None:
    """The ranking as a table with one line of evidence each; with ``explain`` also what each score is made of."""
    columns = ["#", "blogger", "score", *SHORT_PARTS, "minus", "followers", "lang"]
    shown = table(
        f"Bloggers for: {printable(found['query'])}",
        columns,
        numeric=["#", "score", *SHORT_PARTS, "minus", "followers"],
    )
    for result in found["results"]:
        shown.add_row(*_cells(result), style=None if _in_niche(result) else "dim")
    output.print(shown)
    if not found["results"]:
        output.print("No blogger matches this brief. A wider brief, or another --language, may find some.")
    elif any(not result["parts"]["engagement"]["known"] for result in found["results"]):
        output.print(
            "~ unknown: enters at what is typical where all others hide it too, and at no more than any known figure",
            style="dim",
        )
    if not all(_in_niche(result) for result in found["results"]):
        output.print("dim rows: hardly or not in this niche", style="dim")
    for result in filter(_in_niche, found["results"]):
        output.print(_explanation(result) if explain else _evidence_line(result))


def _in_niche(result: dict[str, Any]) -> bool:
    return bool(result["parts"]["relevance"]["inputs"]["gate"] >= SHOWN_GATE)


def _cells(result: dict[str, Any]) -> list[Text]:
    parts = [_part(result["parts"][name]) for name in PARTS]
    deducted = -sum(one["amount"] for one in result["deductions"])
    followers = result["blogger"]["followers"]
    cells = [
        str(result["rank"]),
        result["blogger"]["name"],
        f"{result['score']:.3f}",
        *parts,
        f"{deducted:.2f}" if deducted else "",
        f"{followers:,}" if followers is not None else "unknown",
        " ".join(result["blogger"]["languages"]),
    ]
    return [Text(printable(cell)) for cell in cells]


def _part(part: dict[str, Any]) -> str:
    return f"{part['value']:.2f}" if part["known"] else f"~{part['value']:.2f}"


def _evidence_line(result: dict[str, Any]) -> Text:
    line = Text(f"{result['rank']:>3}. ", style="bold")
    line.append(f"{printable(result['blogger']['home'])}  ", style="cyan")
    if result["evidence"]:
        best = result["evidence"][0]
        line.append(printable(f"“{best['sentence']}” ({best['title']})"), style="default")
    line.append(printable(f"\n     {result['why']}"), style="dim")
    return line


def _explanation(result: dict[str, Any]) -> Panel:
    body = Text()
    for name in PARTS:
        part = result["parts"][name]
        known = "" if part["known"] else " (unknown)"
        body.append(
            f"{name:<11} {part['value']:.3f} × weight {part['weight']:.2f} → {part['contribution']:+.4f}"
            f"   percentile {part['percentile']}, from {part['sample_size']}{known}\n"
        )
        body.append(f"            {_inputs(part['inputs'])}\n", style="dim")
    for one in result["deductions"]:
        body.append(f"{one['finding']:<11} {one['count']} of {one['of']} → {-abs(one['amount']):+.4f}\n", style="red")
        for url in one["evidence"][:3]:
            body.append(f"            {printable(url)}\n", style="dim")
    body.append(f"{'score':<11} {result['score']:.4f}\n", style="bold")
    body.append(printable(f"{result['why']}\n"))
    for found in result["evidence"]:
        body.append(printable(f"“{found['sentence']}”\n  {found['title']} · {found['published'] or 'undated'} · "))
        body.append(f"{printable(found['url'])}\n", style="cyan")
    flags = f"  [{', '.join(result['flags'])}]" if result["flags"] else ""
    title = Text(printable(f"{result['rank']}. {result['blogger']['name']} · {result['blogger']['home']}{flags}"))
    return Panel(body, title=title, title_align="left")


def _inputs(inputs: dict[str, Any]) -> str:
    return printable(", ".join(f"{name.replace('_', ' ')} {_short(value)}" for name, value in inputs.items()))


def _short(value: Any) -> str:
    if isinstance(value, dict):
        if value["reason"] is not None:
            return f"unknown ({value['reason'].replace('_', ' ')})"
        return f"{value['median']:.3g} a post (median of {value['posts']}, {value['share_with_any']:.0%} with any)"
    if value is None:
        return "unknown"
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def _print_csv(results: list[dict[str, Any]]) -> None:
    writer = csv.writer(sys.stdout)
    writer.writerow(
        ["rank", "external_id", "name", "home", "score", *PARTS, "deducted", "followers", "languages", "why"]
    )
    for result in results:
        blogger, parts = result["blogger"], result["parts"]
        cells = [
            result["rank"],
            blogger["id"],
            blogger["name"],
            blogger["home"],
            round(result["score"], 6),
            *(round(parts[name]["value"], 6) if parts[name]["known"] else "unknown" for name in PARTS),
            round(sum(one["amount"] for one in result["deductions"]), 6),
            blogger["followers"] if blogger["followers"] is not None else "unknown",
            " ".join(blogger["languages"]),
            result["why"],
        ]
        writer.writerow([formula_safe(cell) for cell in cells])
