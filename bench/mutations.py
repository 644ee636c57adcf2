"""Ill-formed files and seeded mutations of them through the parsers: what ends in anything but a result or ParseError?

Prints how many were read, refused with a reason of ours, and caught by the last net around the parsers (named by the
type of what was raised), and the slowest. Exits with 1 when anything came through. Usage::

    python -m bench.mutations --robustness FOLDER [--count 10000] [--seed 1]
"""

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from tests.mutations import mutants, originals, trial


def measure(documents: Iterable[tuple[str, bytes, str]]) -> tuple[Counter[str], list[str], float, str]:
    """What became of the documents by kind, what came through, and the longest time with its document's name."""
    kinds: Counter[str] = Counter()
    uncaught: list[str] = []
    slowest, name_of_slowest = 0.0, ""
    for name, body, content_type in documents:
        started = time.perf_counter()
        try:
            kinds[trial(body, content_type)] += 1
        except Exception as error:  # noqa: BLE001 - any type is what is looked for
            uncaught.append(f"{name}: {type(error).__name__}: {error}")
        seconds = time.perf_counter() - started
        if seconds > slowest:
            slowest, name_of_slowest = seconds, name
    return kinds, uncaught, slowest, name_of_slowest


def main() -> int:
    """Run both, print the figures; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--robustness", type=Path, required=True)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    sources = originals(arguments.robustness)
    as_they_came = ((source.name, source.body, source.content_type) for source in sources)
    mutated = (
        (source.name, body, source.content_type) for source, body in mutants(sources, arguments.count, arguments.seed)
    )
    found = [_report(title, documents) for title, documents in (("files", as_they_came), ("mutations", mutated))]
    return 1 if any(found) else 0


def _report(title: str, documents: Iterable[tuple[str, bytes, str]]) -> int:
    started = time.perf_counter()
    kinds, uncaught, slowest, name = measure(documents)
    seconds = time.perf_counter() - started
    print(f"{title}: {kinds.total() + len(uncaught)} in {seconds:.1f} s, slowest {slowest:.2f} s ({name})")
    for kind, count in kinds.most_common():
        print(f"  {count:6} {kind}")
    print(f"  {len(uncaught):6} uncaught")
    for line in uncaught[:20]:
        print(f"         {line}")
    return len(uncaught)


if __name__ == "__main__":
    sys.exit(main())
