"""What the measurements over made-up stores share: memory of processes, quantiles of times, figures kept by store."""

import json
import os
import sys
import threading
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter
from types import TracebackType
from typing import Any, NoReturn, ParamSpec, TypeVar

from sqlalchemy import func, select

from bench.blogs06_world import site_key
from bench.processes import family
from bloghound.settings import Settings
from storage.database import open_database
from storage.tables import Post, Site
from storage.tables.base import table_of

FIGURES = "blogs06-figures.json"
"""Beside the database of a made-up store: what was measured over it, by kind of measurement."""
MIB = 1 << 20
_KIB = 1 << 10
_SAMPLED_SECONDS = 0.2

Value = TypeVar("Value")
Given = ParamSpec("Given")


@dataclass(frozen=True, slots=True)
class Memory:
    """Bytes of some processes together: resident, of them not shared with anybody, and of them no part of any file."""

    resident: int = 0
    private: int = 0
    anonymous: int = 0

    @property
    def shared(self) -> int:
        """Pages of files that several processes map; each process counts them."""
        return self.resident - self.private

    def __str__(self) -> str:
        parts = ((self.resident, "resident"), (self.private, "private"), (self.anonymous, "anonymous"))
        return ", ".join(f"{size / MIB:.0f} MiB {name}" for size, name in parts)


def memory_of(pids: Iterable[int]) -> Memory:
    """The memory of these processes now, from ``/proc/PID/smaps_rollup`` (proc(5)); those that have ended count 0."""
    total: dict[str, int] = {}
    for pid in pids:
        with suppress(OSError):
            for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]:
                name, size = line.split()[:2]
                total[name] = total.get(name, 0) + int(size) * _KIB
    private = total.get("Private_Clean:", 0) + total.get("Private_Dirty:", 0)
    return Memory(total.get("Rss:", 0), private, total.get("Anonymous:", 0))


def family_of(pid: int) -> list[int]:
    """A process and all its descendants."""
    return [usage.pid for _, usage in family(pid)]


class Watch:
    """Samples the memory of a process and its descendants while the context lasts, for the highest figures."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self.peak = Memory()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> "Watch":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._over.wait(_SAMPLED_SECONDS):
            now = memory_of(family_of(self._pid))
            self.peak = Memory(
                max(now.resident, self.peak.resident),
                max(now.private, self.peak.private),
                max(now.anonymous, self.peak.anonymous),
            )


def bytes_on_disk(folder: Path) -> int:
    """What the files below a folder take up, each once however many names it has."""
    found = {(one.stat().st_dev, one.stat().st_ino): one.stat().st_size for one in folder.rglob("*") if one.is_file()}
    return sum(found.values())


def timed(work: Callable[Given, Value], *arguments: Given.args, **named: Given.kwargs) -> tuple[float, Value]:
    """Seconds that a call takes, and what it returns."""
    began = perf_counter()
    value = work(*arguments, **named)
    return perf_counter() - began, value


def quantile(figures: Sequence[float], share: float) -> float:
    """The figure that this share of all reach at most; nan for none."""
    ordered = sorted(figures)
    return ordered[min(int(share * len(ordered)), len(ordered) - 1)] if ordered else float("nan")


def in_milliseconds(seconds: Sequence[float]) -> dict[str, float]:
    """Median, 95 % and 99 % of some times."""
    return {f"p{round(100 * share)}_ms": round(1000 * quantile(seconds, share), 2) for share in (0.5, 0.95, 0.99)}


def settings_of(folder: Path) -> Settings:
    """The settings for a made-up store; raises SystemExit when the folder holds none, since measuring changes it."""
    settings = Settings(data_dir=folder)
    if not (folder / "bloghound.sqlite3").exists() and not settings.database_url:
        raise SystemExit(f"{folder} holds no store: python -m bench.blogs06 fill --data {folder}")
    if size_of(settings)[0] == 0:
        raise SystemExit(f"{folder} holds other blogs than made-up ones: nothing is measured there.")
    return settings


def size_of(settings: Settings) -> tuple[int, int]:
    """(bloggers, posts) of a made-up store; (0, 0) when it is another one."""
    site, post = table_of(Site), table_of(Post)
    database = open_database(settings)
    try:
        with database.read() as connection:
            if connection.execute(select(site.c.id).where(site.c.key == site_key(0))).first() is None:
                return 0, 0
            bloggers = connection.execute(select(func.count(site.c.id))).scalar_one()
            return bloggers, connection.execute(select(func.count(post.c.id))).scalar_one()
    finally:
        database.close()


def keep_figures(settings: Settings, kind: str, figures: dict[str, Any]) -> None:
    """Write what was measured beside the store, instead of what the last measurement of this kind found."""
    kept = read_figures(settings.data_dir) | {kind: figures | {"load": round(os.getloadavg()[0], 1)}}
    (settings.data_dir / FIGURES).write_text(json.dumps(kept, indent=1, default=_plain), "utf-8")


def read_figures(folder: Path) -> dict[str, dict[str, Any]]:
    """All figures kept beside a store, by kind."""
    path = folder / FIGURES
    return dict(json.loads(path.read_text("utf-8"))) if path.exists() else {}


def measure_stores(
    folders: Iterable[Path],
    kind: str,
    measure: Callable[[Settings], dict[str, Any]],
    missed: Callable[[dict[str, Any]], list[str]],
    show: Callable[[list[dict[str, Any]]], None],
) -> NoReturn:
    """Measure every store, keep its figures, and show them all; ends the program, with 1 when an aim was missed."""
    found, faults = [], []
    for folder in folders:
        settings = settings_of(folder)
        figures = measure(settings)
        keep_figures(settings, kind, figures)
        found.append(figures)
        faults += [f"{figures['bloggers']:,} bloggers: {fault}" for fault in missed(figures)]
    show(found)
    print("\n".join(f"missed: {fault}" for fault in faults) or "every aim is reached")
    sys.exit(bool(faults))


def _plain(value: object) -> object:
    if isinstance(value, Memory):
        return asdict(value)
    raise TypeError(f"{type(value)} is no figure")
