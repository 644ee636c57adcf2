"""The command line: ``bloghound COMMAND``. Messages and progress go to standard error, results to standard output.

Every failure is one sentence on standard error and exit code 2, never a traceback. Central name: :func:`run`.
"""

import os
import sys
from collections.abc import Sequence

EXIT_BAD_INPUT = 2
EXIT_INTERRUPTED = 130  # 128 + SIGINT, as shells count
EXIT_INTERNAL = 70  # EX_SOFTWARE of sysexits.h


def main() -> None:
    """Run the command that was typed."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run a command and return its exit code."""
    try:
        return _run(arguments)
    except KeyboardInterrupt:
        sys.stderr.write("bloghound: Interrupted; what was finished is kept.\n")
        return EXIT_INTERRUPTED


def _run(arguments: Sequence[str]) -> int:
    # These imports take a second, in which Ctrl-C must be answered as well.
    from bloghound.cli.app import make_app  # noqa: PLC0415
    from bloghound.cli.console import fail  # noqa: PLC0415
    from bloghound.cli.failures import sentence_for  # noqa: PLC0415

    if sys.stdout is None:
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115 - standard output was closed
    try:
        result = make_app(arguments[0] if arguments else None)(args=list(arguments), standalone_mode=False)
        sys.stdout.flush()
    except BrokenPipeError:
        _discard_output()
        return EXIT_BAD_INPUT
    except Exception as error:
        if sys.flags.dev_mode:
            raise
        sentence, code = sentence_for(error, arguments)
        _discard_output()
        return fail(sentence, code)
    return result if isinstance(result, int) else 0


def _discard_output() -> None:
    """What is still buffered for an output that cannot take it must not fail again when Python ends."""
    try:
        sys.stdout.flush()
    except OSError:
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115
