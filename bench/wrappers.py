"""Would a site's full-text feed teach where the article lies on its other pages? Measured, and not built in. Usage::

    python -m bench.wrappers [--shared ../shared]

For each blog with four or more posts that its feed carries whole, every second one teaches: the element whose words
agree best with the feed's is described by its path of tags, ids and classes. The other posts are read by that path
instead of by the extraction, where it agreed better with the feed on the posts that taught.
"""

import argparse
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

from selectolax.lexbor import LexborHTMLParser, LexborNode

from bench.corpus import SHARED, documents, read_blogs
from bench.shingles import compare
from crawler.extract.encoding import decode_markup
from crawler.extract.text import plain_text

LEAST_PAIRS = 4
MOST_PAIRS = 24
TEACHERS = 6
LEAST_GAIN = 0.01
"""How much better a path must be on the posts that taught before it is believed."""

_VARYING = re.compile(r"\d|^(post|tag|category|status|format|type|author)-|hentry")
"""Classes and ids that differ from post to post."""
_NAME = re.compile(r"[A-Za-z_][\w-]*\Z")
_FRAME = frozenset({"html", "body"})


@dataclass(frozen=True, slots=True)
class Lesson:
    """One post: its page, the words that the extraction found, and those of the feed."""

    page: LexborHTMLParser
    found: str
    right: str

    def f1_by(self, path: str) -> float:
        """F1 of what ``path`` selects; where it selects nothing the extraction serves."""
        nodes = self.page.css(path)
        text = plain_text("".join(node.html or "" for node in nodes)) if nodes else self.found
        return compare(self.right, text).f1

    @property
    def f1(self) -> float:
        """F1 of what the extraction found."""
        return compare(self.right, self.found).f1


def best_path(lessons: list[Lesson]) -> str:
    """The path that agrees best with the feed over all ``lessons``."""
    paths = Counter(_describe(_best_element(lesson)) for lesson in lessons)
    return max(paths, key=lambda path: fmean(lesson.f1_by(path) for lesson in lessons))


def _best_element(lesson: Lesson) -> LexborNode | None:
    """The element with the best F1 on the way down from ``<body>``, at each step into the child that agrees best."""
    best, best_f1, node = lesson.page.body, -1.0, lesson.page.body
    while node is not None:
        f1 = compare(lesson.right, plain_text(node.html or "")).f1
        if f1 >= best_f1:
            best, best_f1 = node, f1
        large = [child for child in node.iter() if 3 * len(child.text() or "") > len(lesson.right)]
        node = max(large, key=lambda child: compare(lesson.right, plain_text(child.html or "")).f1, default=None)
    return best


def _describe(node: LexborNode | None) -> str:
    steps = []
    while node is not None and node.tag not in _FRAME:
        steps.append(_signature(node))
        node = node.parent
    return " > ".join(["body", *reversed(steps)])


def _signature(node: LexborNode) -> str:
    attributes = node.attributes
    names = [("#", attributes.get("id") or ""), *((".", name) for name in (attributes.get("class") or "").split())]
    kept = (mark + name for mark, name in names if _NAME.match(name) and not _VARYING.search(name))
    return f"{node.tag}{''.join(kept)}"


def lessons_by_blog(shared: Path) -> Iterator[tuple[str, list[Lesson]]]:
    """The posts that feeds carry whole, for each blog that has enough of them."""
    covered = {blog.host: blog.covered()[:MOST_PAIRS] for blog in read_blogs(shared / "corpus")}
    covered = {host: pairs for host, pairs in covered.items() if len(pairs) >= LEAST_PAIRS}
    wanted = {page.url for pairs in covered.values() for page, _ in pairs}
    bodies = {
        one.url: decode_markup(one.body, one.content_type) for one in documents(shared / "corpus") if one.url in wanted
    }
    for host, pairs in covered.items():
        yield (
            host,
            [
                Lesson(LexborHTMLParser(bodies[page.url]), page.post.text if page.post else "", entry.post.text)
                for page, entry in pairs
            ],
        )


def compare_on(lessons: list[Lesson]) -> tuple[float, float, bool]:
    """Mean F1 on the posts that did not teach: of the extraction, and with the path where it is believed; and is it?"""
    teachers, others = lessons[::2][:TEACHERS], lessons[1::2]
    path = best_path(teachers)
    is_believed = _mean(teachers, lambda lesson: lesson.f1_by(path)) > _mean(teachers, _own) + LEAST_GAIN
    own = _mean(others, _own)
    return own, _mean(others, lambda lesson: lesson.f1_by(path)) if is_believed else own, is_believed


def _own(lesson: Lesson) -> float:
    return lesson.f1


def _mean(lessons: Iterable[Lesson], f1: Callable[[Lesson], float]) -> float:
    return fmean(map(f1, lessons))


def main() -> None:
    """Measure and print, blog by blog and over all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, default=SHARED, help="folder of the shared test data")
    rows = [(host, *compare_on(lessons)) for host, lessons in lessons_by_blog(parser.parse_args().shared)]
    for host, own, learned, is_believed in rows:
        print(f"{host:32} extraction {own:.4f}  learned {learned:.4f}{'  believed' if is_believed else ''}")
    own, learned = fmean(row[1] for row in rows), fmean(row[2] for row in rows)
    believed = sum(row[3] for row in rows)
    print(
        f"{len(rows)} blogs, {believed} believed: F1 of the extraction {own:.4f}, with what was learned {learned:.4f}"
    )


if __name__ == "__main__":
    main()
