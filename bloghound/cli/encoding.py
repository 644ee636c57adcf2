"""Commands around embeddings: encode, and vectors (list, drop); and the options that choose a model."""

import dataclasses
from typing import Annotated

import typer

from bloghound.cli.console import output, print_json, printable, progress_bars, table, warn
from bloghound.errors import InputError
from bloghound.jobs import encoding as job
from bloghound.settings import Settings, load_settings

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of a table.")]
ModelOption = Annotated[str | None, typer.Option("--model", help="Another embedding model than the one that is set.")]
LanguagesOption = Annotated[
    str | None, typer.Option("--model-languages", help="What it reads, as en,nl (ISO 639-1); * for everything.")
]
QueryPromptOption = Annotated[
    str | None, typer.Option("--query-prompt", help="What it wants before a brief, if its configuration does not say.")
]
PassagePromptOption = Annotated[
    str | None, typer.Option("--passage-prompt", help="What it wants before a post, if its configuration does not say.")
]
DeviceOption = Annotated[str | None, typer.Option("--device", help="Where to encode: cpu, cuda, cuda:1.")]


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.command("encode")(encode)
    vectors = typer.Typer(help="Stored embeddings of posts, of several models side by side: list, drop.")
    vectors.command("list")(list_vectors)
    vectors.command("drop")(drop_vectors)
    app.add_typer(vectors, name="vectors", no_args_is_help=True)


def with_model(
    settings: Settings,
    model: str | None,
    languages: str | None,
    query_prompt: str | None,
    passage_prompt: str | None,
    device: str | None,
) -> Settings:
    """The settings with what the options say instead; prompts and languages that are set belong to the model that is.

    Raises InputError for another model without a word on its languages.
    """
    asked: dict[str, str | None] = {
        "model_languages": languages,
        "model_query_prompt": query_prompt,
        "model_passage_prompt": passage_prompt,
        "device": device,
    }
    if model is not None and model != settings.model:
        if languages is None:
            raise InputError(
                f"Say with --model-languages what the model {model!r} reads, as en,nl or * for everything."
            )
        warn(f"BLOGHOUND_MODEL is {settings.model}: without --model the next index is built with that one again.")
        asked |= {
            "model": model,
            "model_query_prompt": query_prompt or "",
            "model_passage_prompt": passage_prompt or "",
        }
    return settings.model_copy(update={name: value for name, value in asked.items() if value is not None})


def encode(
    model: ModelOption = None,
    model_languages: LanguagesOption = None,
    query_prompt: QueryPromptOption = None,
    passage_prompt: PassagePromptOption = None,
    device: DeviceOption = None,
    as_json: AsJson = False,
) -> None:
    """Encode posts that have no vector of the model yet, and build nothing: so that a later index is done sooner."""
    chosen = with_model(load_settings(), model, model_languages, query_prompt, passage_prompt, device)
    with progress_bars() as bars:
        report = job.run_encode(chosen, progress=bars.show)
    if as_json:
        print_json(dataclasses.asdict(report))
        return
    speed = f" ({report.encoded_per_second:.0f} posts/s)" if report.encoded_per_second else ""
    output.print(
        f"{report.encoded} posts encoded{speed} with {printable(report.model)}, {report.seconds:.1f} s in all."
    )


def list_vectors(as_json: AsJson = False) -> None:
    """List the models with vectors in the database, and what uses each: the settings, generations of the index."""
    stored = job.stored_models(load_settings())
    if as_json:
        print_json({"models": [dataclasses.asdict(one) for one in stored]})
        return
    shown = table("Vectors", ["model", "posts", "used by"], numeric=["posts"])
    for one in stored:
        shown.add_row(printable(one.model), f"{one.vectors:,}", ", ".join(one.used_by) or "nothing")
    output.print(shown)


def drop_vectors(
    model: Annotated[str | None, typer.Argument(help="As 'bloghound vectors list' shows it.")] = None,
    unused: Annotated[bool, typer.Option("--unused", help="Those of every model that nothing uses.")] = False,
    as_json: AsJson = False,
) -> None:
    """Remove the vectors of a model that neither the settings nor a kept generation use."""
    if (model is None) is not unused:
        raise InputError("Name one model, or say --unused for all that nothing uses.")
    with progress_bars() as bars:
        dropped = job.drop_vectors(load_settings(), model, progress=bars.show)
    if as_json:
        print_json({"dropped": dropped})
        return
    for name, number in dropped.items():
        output.print(f"{number:,} vectors of {printable(name)} removed.")
    if not dropped:
        output.print("The vectors of every model are in use.")
