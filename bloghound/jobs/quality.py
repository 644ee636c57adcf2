"""Measuring the ranking on what the teams themselves judged.

It takes seconds a brief and, for the baselines, every post's vector: so the service measures in a job of the queue,
keeps the figures as the job's result, and tells of which generation and which judgements they are. Central names:
:func:`start_quality`, :func:`measure`, :func:`last_measured`.
"""

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bloghound.errors import BriefError, ConflictError, InputError, JudgementsError
from bloghound.settings import Settings
from storage import jobs, judgements, suppressions
from storage.database import Connection, Database, open_database
from storage.jobs import UNFINISHED, JobRecord
from storage.judgements import Grade, JudgedBrief
from storage.tables.base import utc_now

if TYPE_CHECKING:
    from ranking.engine import RankingEngine
    from ranking.evaluate import Evaluation
    from ranking.judgements import Query

QUALITY = "quality"
"""The kind of job, and the name of its figures in the job's result."""

MAX_BASELINE_POSTS = 50_000
"""Above it the service measures us alone: the baselines read all vectors at once (77 MB here, at 384 dimensions), and
encode posts that the index has none of (a quarter of an hour if that were all of them, at 50 a second)."""

TOO_MANY_POSTS = "too_many_posts"
"""Why there are no baselines; ``bloghound evaluate`` measures them whatever it takes."""

Progress = Callable[[str, int, int | None], None]


@dataclass(frozen=True, slots=True)
class Measured:
    """An evaluation on judged briefs, with what weakens it."""

    evaluation: "Evaluation"
    generation: str
    formula: str
    not_indexed: int
    cautions: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """The evaluation in its stable JSON shape, with where it comes from."""
        found = {"generation": self.generation, "formula": self.formula, "not_indexed": self.not_indexed}
        return found | {"warnings": list(self.cautions)} | self.evaluation.as_dict()


class MeasuredEngine:
    """The engine of the last measuring, so that after a build all teams are measured with one; not thread-safe."""

    def __init__(self) -> None:
        self._opened: tuple[tuple[int, ...], RankingEngine] | None = None

    def current(self, settings: Settings) -> "RankingEngine":
        """The engine over the current generation, opened anew where that is another or was rewritten.

        Raises as :func:`bloghound.jobs.ranking.open_engine` does.
        """
        from bloghound.jobs.ranking import open_engine  # noqa: PLC0415 - loads numpy and scipy, and then the model

        mark = _mark_of_current(settings)
        if self._opened is None or self._opened[0] != mark:
            self._opened = None
            self._opened = (mark, open_engine(settings))
        return self._opened[1]

    def let_go(self) -> None:
        """Nobody waits to be measured: the engine's memory is free."""
        self._opened = None


def _mark_of_current(settings: Settings) -> tuple[int, ...]:
    """What changes when another generation becomes the current one, or an erasure rewrites it."""
    from ranking.index import layout  # noqa: PLC0415 - loads numpy

    number = layout.current_number(settings.index_dir) or 0
    try:
        found = (layout.folder_of(settings.index_dir, number) / layout.META).stat()
    except OSError:
        return (number,)
    return number, found.st_ino, found.st_size, found.st_mtime_ns


def start_quality(database: Database, *, workspace_id: int) -> JobRecord:
    """Ask for a workspace's judgements to be measured; a measuring that waits already will see all of them.

    Raises ConflictError while no blogger is liked.
    """
    with database.transaction() as connection:
        if not any(is_liked(brief) for brief in judgements.judged_briefs(connection, workspace_id=workspace_id)):
            raise ConflictError("Nothing can be measured yet: no blogger is judged to fit a niche or brief.")
        return _submitted(connection, workspace_id)


def start_after_build(database: Database) -> int:
    """Ask for every team's judgements to be measured on a new generation; how many teams like anybody."""
    with database.transaction() as connection:
        teams = judgements.workspaces_with_likes(connection)
        for workspace_id in teams:
            _submitted(connection, workspace_id)
    return len(teams)


def _submitted(connection: Connection, workspace_id: int) -> JobRecord:
    waiting = jobs.unfinished(connection, QUALITY, workspace_id=workspace_id, states=("queued",))
    return waiting or jobs.submit(connection, QUALITY, workspace_id=workspace_id, now=utc_now())


def under_way(connection: Connection, workspace_id: int) -> JobRecord | None:
    """The measuring that waits or runs."""
    return jobs.unfinished(connection, QUALITY, workspace_id=workspace_id, states=UNFINISHED)


def last_measured(connection: Connection, workspace_id: int) -> JobRecord | None:
    """The newest job that has figures, under ``quality`` in its result; None where nothing was ever measured."""
    done = jobs.newest_first(
        connection, workspace_id=workspace_id, with_installation=False, states=("succeeded",), kinds=(QUALITY,), limit=1
    )
    return done[0] if done else None


def measure_workspace(
    settings: Settings,
    database: Database,
    workspace_id: int,
    progress: Progress,
    shared: MeasuredEngine | None = None,
) -> dict[str, Any]:
    """The figures of a workspace's judgements on the current generation, as they are kept with the job.

    They hold no words and no names: briefs stand there by id. ``shared`` keeps the engine for the next workspace.
    Raises JudgementsError where nothing is liked any more.
    """
    from bloghound.jobs.ranking import suppressed_bloggers  # noqa: PLC0415 - loads numpy and scipy, and then the model

    with database.read() as connection:
        suppressed = suppressions.load(connection, settings.secret_key())
        briefs = judgements.judged_briefs(connection, workspace_id=workspace_id, suppressed=suppressed)
    if not any(map(is_liked, briefs)):
        raise JudgementsError("Nothing is judged to fit any more, so there is nothing to measure.")
    progress("load", 0, None)
    engine = (shared or MeasuredEngine()).current(settings)
    rivals = engine.generation.post_count <= MAX_BASELINE_POSTS
    hidden = suppressed_bloggers(engine, suppressed)
    found = measure(engine, briefs, progress, with_baselines=rivals, hidden=hidden).as_dict()
    for one in found["per_query"]:
        del one["query"]
    reason = None if rivals else TOO_MANY_POSTS
    return found | {"judgements_version": judgements.version(briefs), "baselines_reason": reason}


def measure(
    engine: "RankingEngine",
    briefs: Sequence[JudgedBrief],
    progress: Progress,
    *,
    with_baselines: bool = True,
    hidden: Collection[str] = (),
) -> Measured:
    """Our ranking and the baselines on those of ``briefs`` in which a blogger of the generation is liked.

    Judged bloggers whom the generation does not hold are left out, since no method could find them, and so are briefs
    that cannot be ranked: a niche without words and examples, a brief without a word.
    """
    from ranking.evaluate import evaluate  # noqa: PLC0415 - loads numpy
    from ranking.quality import cautions  # noqa: PLC0415 - loads numpy
    from ranking.score import FORMULA  # noqa: PLC0415 - loads numpy

    liked = [brief for brief in briefs if is_liked(brief)]
    indexed = set(engine.generation.table.entries.facts.public_id)
    queries = [query for query in queries_of(liked, indexed) if _can_be_ranked(engine, query)]
    evaluation = evaluate(
        engine,
        queries,
        progress=progress,
        with_baselines=with_baselines,
        hidden=hidden,
    )
    judged = sum(len(brief.grades) for brief in liked)
    missing = sum(one not in indexed for brief in liked for one in brief.grades)
    share = sum(brief.ranked for brief in liked) / judged if judged else 0.0
    warnings = cautions(evaluation, ranked_share=share, not_indexed=missing)
    return Measured(evaluation, engine.generation.public_id, FORMULA, missing, warnings)


def _can_be_ranked(engine: "RankingEngine", query: "Query") -> bool:
    if query.terms.examples_like and not query.text.strip():
        return True
    try:
        engine.read(query.text)
    except BriefError:
        return False
    return True


def measure_stored(settings: Settings, workspace: str | None, progress: Progress) -> Measured:
    """The same over all that is judged in one workspace, or in all; baselines included, whatever they take.

    Raises JudgementsError where no blogger is liked, InputError for a workspace that nobody judged in.
    """
    from bloghound.jobs.ranking import open_engine, suppressed_bloggers  # noqa: PLC0415 - loads numpy, scipy, the model

    briefs, suppressed = stored_briefs(settings, workspace)
    if not any(map(is_liked, briefs)):
        raise JudgementsError(
            "No blogger is judged to fit a niche or brief yet: judge results on the page or by POST /v1/judgements, "
            "or name a file of judged briefs."
        )
    engine = open_engine(settings)
    return measure(engine, briefs, progress, hidden=suppressed_bloggers(engine, suppressed))


def stored_briefs(
    settings: Settings, workspace: str | None = None
) -> tuple[list[JudgedBrief], suppressions.Suppressions]:
    """All judged briefs, or those of the workspace of this name, and who is left out of them.

    Raises InputError for a workspace in which nothing is judged.
    """
    with closing(open_database(settings)) as database, database.read() as connection:
        suppressed = suppressions.load(connection, settings.secret_key())
        briefs = judgements.judged_briefs(connection, suppressed=suppressed)
    kept = [brief for brief in briefs if workspace in {None, brief.workspace}]
    if workspace is not None and not kept:
        raise InputError(f"Nothing is judged in a workspace named {workspace!r}.")
    return kept, suppressed


def is_liked(brief: JudgedBrief) -> bool:
    """Whether any blogger fits, without which no measure can be taken."""
    return any(grade > Grade.DISLIKE for grade in brief.grades.values())


def queries_of(
    briefs: Sequence[JudgedBrief], among: Collection[str] | None = None, *, by_key: bool = False
) -> Iterator["Query"]:
    """Judged briefs as queries, with the judgements of bloggers whose public id is ``among`` (None: all).

    Judged bloggers are named by public id, or ``by_key`` by site key. A brief that two teams judged comes twice, with
    a number behind its id.
    """
    from bloghound.jobs.searching import question_of_stored  # noqa: PLC0415 - loads numpy
    from ranking.judgements import Query  # noqa: PLC0415 - loads numpy

    times: dict[str, int] = {}
    for brief in briefs:
        times[brief.brief_id] = nth = times.get(brief.brief_id, 0) + 1
        name = brief.brief_id if nth == 1 else f"{brief.brief_id}.{nth}"
        grades = {one: grade for one, grade in brief.grades.items() if among is None or one in among}
        named = {brief.site_keys[one]: grade for one, grade in grades.items()} if by_key else grades
        if brief.niche is None:
            yield Query(name, brief.words, named)
        else:
            question = question_of_stored(brief.niche)
            weights = question.weights if brief.niche.weights else None
            yield Query(name, question.brief, named, question.terms, weights)


def write_judgements(briefs: Sequence[JudgedBrief], qrels: Path, queries: Path | None = None) -> int:
    """Write judgements in TREC form, and their briefs as a queries file; how many judgements.

    Raises InputError when a file cannot be written.
    """
    found = list(queries_of(briefs, by_key=True))
    _write(qrels, qrels_text(found))
    if queries is not None:
        _write(queries, queries_text(found))
    return sum(len(query.relevant) for query in found)


def qrels_text(queries: Sequence["Query"]) -> str:
    """The judgements of queries as a file in TREC form."""
    from ranking.judgements import qrels_lines  # noqa: PLC0415 - loads numpy

    grades: Mapping[str, Mapping[str, int]] = {query.id: query.relevant for query in queries}
    return "".join(qrels_lines(grades))


def queries_text(queries: Sequence["Query"]) -> str:
    """The queries themselves as a file."""
    from ranking.judgements import queries_document  # noqa: PLC0415 - loads numpy

    return json.dumps(queries_document(queries), ensure_ascii=False, indent=1) + "\n"


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, "utf-8")
    except OSError as error:
        raise InputError(f"{path} cannot be written: {error.strerror}.") from error
