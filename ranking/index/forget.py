"""Taking a blogger out of every kept generation, so that no byte of its texts and vectors stays on disk.

The segments that hold the blogger are written anew without it, under new names; then ``meta.json`` is replaced
atomically, and then the old files go. A removal that is killed leaves a sound generation, and the next one finishes.
"""

import json
import shutil
from pathlib import Path
from typing import Any

from bloghound.errors import IndexDamagedError, IndexMissingError, StorageError
from ranking.index import layout
from ranking.index.columns import read_columns, write_columns
from ranking.index.segment import Segment, SegmentWriter


def forget(index_dir: Path, public_id: str) -> int:
    """Remove a blogger from every kept generation; returns how many generations held it.

    An open generation goes on serving what it has mapped until it is opened anew. A damaged generation is removed
    whole: nobody can say what it holds, and an index can always be rebuilt from storage. Raises StorageError when the
    folder cannot be read or written; what cannot be read is kept, since it may be sound.
    """
    changed = 0
    with layout.exclusive(index_dir):
        layout.remove_drafts(index_dir)
        for number in layout.numbers(index_dir):
            folder, cache = layout.folder_of(index_dir, number), layout.cache_of(index_dir, number)
            try:
                changed += _forget_or_remove(folder, cache, public_id)
                cache.unlink(missing_ok=True)
            except OSError as error:
                raise StorageError(f"The index in {folder} cannot be written: {error.strerror or error}.") from error
    return changed


def _forget_or_remove(folder: Path, cache: Path, public_id: str) -> bool:
    try:
        return _forget_in(folder, cache, public_id)
    except (IndexDamagedError, IndexMissingError):
        shutil.rmtree(folder)
        return True


def _forget_in(folder: Path, cache: Path, public_id: str) -> bool:
    meta = layout.read_meta(folder)
    layout.verify_files(folder, meta["files"], cache)
    position = _position_of(folder, meta, public_id)
    if position is not None:
        rewritten, kept_columns = _rewrite(folder, meta, public_id), read_columns(folder / meta["columns"])
        columns_folder = layout.fresh_name("columns")
        write_columns(folder / columns_folder, kept_columns.without(position))
        layout.write_meta(folder, _new_meta(folder, meta, rewritten, columns_folder))
    layout.remove_unlisted(folder)
    return position is not None


def _position_of(folder: Path, meta: dict[str, Any], public_id: str) -> int | None:
    ids = [
        blogger["public_id"]
        for entry in meta["segments"]
        for blogger in json.loads((folder / entry["folder"] / "bloggers.json").read_bytes())
    ]
    return ids.index(public_id) if public_id in ids else None


def _rewrite(folder: Path, meta: dict[str, Any], public_id: str) -> list[dict[str, Any]]:
    """The manifest's segments, with those that held the blogger replaced by new ones without it."""
    languages = meta["model_languages"]
    entries = []
    for entry in meta["segments"]:
        segment = Segment(folder / entry["folder"], entry)
        if public_id not in {blogger.public_id for blogger in segment.bloggers}:
            entries.append(entry)
            continue
        name = layout.fresh_name("segment")
        writer = SegmentWriter(folder / name, entry["dimensions"], None if languages is None else frozenset(languages))
        for index, blogger in enumerate(segment.bloggers):
            if blogger.public_id != public_id:
                segment.copy_into(writer, index)
        tombstones = [other for other in entry["tombstones"] if other != public_id]
        entries.append({**writer.finish(), "tombstones": tombstones})
    return entries


def _new_meta(folder: Path, meta: dict[str, Any], segments: list[dict[str, Any]], columns: str) -> dict[str, Any]:
    listed = {entry["folder"] for entry in segments} | {columns}
    files = {name: facts for name, facts in layout.seal(folder).items() if name.split("/")[0] in listed}
    counts = {name: sum(entry[name] for entry in segments) for name in ("bloggers", "posts")}
    return {**meta, "segments": segments, "columns": columns, "files": files, "counts": counts}
