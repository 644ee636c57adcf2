"""Commands that bring blogs in: crawl, import, reparse; and that show and remove them: status, posts, forget."""

import dataclasses
from pathlib import Path
from typing import Annotated

import typer

from bloghound.cli.console import output, print_json, printable, progress_bars, readable_file, table, warn
from bloghound.cli.crawl_view import AGAIN, watching
from bloghound.errors import InputError
from bloghound.jobs import contacts, forgetting, importing, recrawl
from bloghound.jobs import crawl as crawl_job
from bloghound.jobs.seeds import read_seeds
from bloghound.records import CrawlReport
from bloghound.settings import Settings, load_settings
from bloghound.urls import parse_address

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of a table.")]


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.command("crawl")(crawl)
    app.command("import")(import_)
    app.command("reparse")(reparse)
    app.command("forget")(forget)
    app.command("forget-contacts")(forget_contacts)


def crawl(
    sites: Annotated[list[str] | None, typer.Argument(help="Home addresses of blogs or profiles.")] = None,
    seeds: Annotated[Path | None, typer.Option(help="File of addresses: text, CSV or OPML.")] = None,
    max_sites: Annotated[int, typer.Option(min=1, help="Most sites in this crawl.")] = 1000,
    max_pages_per_site: Annotated[int | None, typer.Option(min=1, help="Most pages asked of one site.")] = None,
    depth: Annotated[int, typer.Option(min=0, help="How many hops from the seeds to follow links to other sites.")] = 1,
    archive: Annotated[list[Path] | None, typer.Option(help="Answer from these WARC files, never the network.")] = None,
    due: Annotated[bool, typer.Option("--due", help="Visit the known sites that are due again.")] = False,
    worker: Annotated[
        bool, typer.Option("--worker", help="Stay: work on every unfinished crawl, and on what becomes due.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Crawl blogs from their home addresses outward, politely, and store what they write."""
    settings = load_settings()
    if due or worker:
        _refuse_beside("--due" if due else "--worker", sites or seeds, archive, max_pages_per_site, both=due and worker)
        _visit_again(settings, stays=worker, as_json=as_json)
        return
    addresses = [parse_address(site) for site in sites or ()] + (read_seeds(seeds) if seeds else [])
    if not addresses:
        raise InputError("There is nothing to crawl: name sites, or a file of them with --seeds.")
    archives = [readable_file(path, "archive") for path in archive or ()]
    with watching(settings) as progress:
        report = crawl_job.run_crawl(
            settings,
            addresses,
            max_sites=max_sites,
            max_pages_per_site=max_pages_per_site or settings.max_pages_per_site,
            depth=depth,
            archives=archives,
            progress=progress,
        )
    _show_report(report, as_json=as_json)


def _refuse_beside(option: str, named: object, archive: object, max_pages: object, *, both: bool) -> None:
    """Raise InputError for what makes no sense beside an option that visits known sites."""
    if both:
        raise InputError("--due ends when nothing is due, and --worker stays: give one of them.")
    if named:
        raise InputError(f"{option} visits sites that are known already: name no sites and no --seeds with it.")
    if archive:
        raise InputError(f"{option} asks sites for what is new, which no --archive can tell.")
    if max_pages is not None:
        raise InputError(f"{option} goes by the setting BLOGHOUND_MAX_PAGES_PER_SITE, not by --max-pages-per-site.")


def _visit_again(settings: Settings, *, stays: bool, as_json: bool) -> None:
    again = "A worker goes on where this one ended." if stays else AGAIN
    with watching(settings, again=again, until_stopped=stays) as progress:
        if stays:
            recrawl.run_standing(settings, progress=progress)
            return
        report = recrawl.run_due(settings, progress=progress)
    _show_report(report, as_json=as_json)


def import_(
    archives: Annotated[list[Path], typer.Argument(help="WARC files: .warc, .warc.gz, .warc.zst.")],
    as_json: AsJson = False,
) -> None:
    """Store the posts of web archives that anybody made; nothing is fetched."""
    settings = load_settings()
    files = [readable_file(path, "archive") for path in archives]
    with progress_bars() as bars:
        report = importing.run_import(
            settings, files, progress=lambda read, total, pages: bars.show("import", read, total, f"{pages} pages")
        )
    _show_report(report, as_json=as_json)


def reparse(as_json: AsJson = False) -> None:
    """Read the archives of our own crawls again with today's extraction; no site is asked again."""
    settings = load_settings()
    with progress_bars() as bars:
        report = importing.run_reparse(
            settings, progress=lambda read, total, pages: bars.show("reparse", read, total, f"{pages} pages")
        )
    _show_report(report, as_json=as_json)


def _show_report(report: CrawlReport, *, as_json: bool) -> None:
    if as_json:
        values = dataclasses.asdict(report)
        del values["errors"]
        print_json(values | {"seconds": round(report.seconds, 3)})
    else:
        _print_report(report)
    for sentence in report.errors:
        warn(sentence)
    if report.errors:
        raise typer.Exit(2)


def _print_report(report: CrawlReport) -> None:
    sites = table("Sites by health", list(report.sites), numeric=list(report.sites))
    sites.add_row(*(str(number) for number in report.sites.values()))
    outcomes = table("Pages by outcome", ["outcome", "pages"], numeric=["pages"])
    for name, number in sorted(report.outcomes.items(), key=lambda item: -item[1]):
        outcomes.add_row(name, str(number))
    output.print(sites)
    output.print(outcomes)
    output.print(
        f"{report.posts_new} new posts, {report.posts_updated} updated, "
        f"{report.pages_fetched} pages in {report.seconds:.1f} s"
    )


def forget(
    site: Annotated[str, typer.Argument(help="Address of the blog or profile.")], as_json: AsJson = False
) -> None:
    """Remove a site and everything stored about it, for good: it will not be stored again."""
    done = forgetting.run_forget(load_settings(), site)
    receipt = {
        "site": done.site_key,
        "removed": done.receipt.removed,
        "archived_records": done.archived_records,
        "generations_rewritten": done.generations,
        "generations_deleted": done.generations_deleted,
        "log_lines": done.log_lines,
    }
    if done.generations_deleted:
        warn(forgetting.deleted_whole(done.generations_deleted))
    if done.twin_key:
        warn(f"{done.twin_key} is stored too, as a site of its own: forget it by that name if it is meant as well.")
    if as_json:
        print_json(receipt)
        return
    shown = table(f"Forgotten: {printable(done.site_key)}", ["what", "removed"], numeric=["removed"])
    for name, number in {
        **done.receipt.removed,
        "archived records": done.archived_records,
        "log lines": done.log_lines,
    }.items():
        shown.add_row(name.replace("_", " "), str(number))
    output.print(shown)


def forget_contacts() -> None:
    """Remove every address, contact page and wish that was collected, of all bloggers."""
    removed = contacts.forget_contacts(load_settings())
    output.print(f"{removed} statements removed")
