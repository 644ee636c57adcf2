"""What went wrong, as one sentence that names the offending value, and the exit code that goes with it."""

from collections.abc import Sequence

import typer

from bloghound.cli import EXIT_BAD_INPUT, EXIT_INTERNAL, EXIT_INTERRUPTED
from bloghound.errors import BloghoundError

_HELP = "('bloghound --help', or --help after a command, shows what there is.)"


def sentence_for(error: Exception, arguments: Sequence[str]) -> tuple[str, int]:
    """The sentence and the exit code for any failure of a command run with ``arguments``."""
    if isinstance(error, BloghoundError):
        return str(error), EXIT_BAD_INPUT
    if isinstance(error, typer.TyperException):
        return f"{error.format_message()}{_given(error, arguments)} {_HELP}", EXIT_BAD_INPUT
    if isinstance(error, typer.Abort):
        return "Interrupted; what was finished is kept.", EXIT_INTERRUPTED
    if isinstance(error, OSError):
        where = f" ({error.filename})" if error.filename else ""
        return f"A file or device cannot be used: {error.strerror or error}{where}.", EXIT_BAD_INPUT
    sentence = f"This should not have happened: {type(error).__name__}: {error}."
    return f"{sentence} Please report it; 'python -X dev -m bloghound …' shows where.", EXIT_INTERNAL


def _given(error: typer.TyperException, arguments: Sequence[str]) -> str:
    """The value of the option that the error is about, which its message does not tell."""
    names = tuple(getattr(getattr(error, "param", None), "opts", ()))
    for word, following in zip(arguments, [*arguments[1:], ""], strict=True):
        if word in names:
            return f" (It was {following!r}.)"
        if word.startswith(tuple(f"{name}=" for name in names)):
            return f" (It was {word.partition('=')[2]!r}.)"
    return ""
