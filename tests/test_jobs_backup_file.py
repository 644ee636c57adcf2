"""Backups that are damaged, foreign or hostile are refused in a sentence and leave nothing behind."""

import json
import random
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bloghound.errors import BackupError, StorageError
from bloghound.jobs.restoring import check_backup, run_restore
from tests.crawling import query
from tests.safekept import NOW, Kept, forged, kept, one_site, settings_of


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Kept:
    return kept(tmp_path_factory.mktemp("kept"))


@pytest.fixture
def made(first: Kept, tmp_path: Path) -> Path:
    """A backup of an installation with rows in every table."""
    return first.file_in(tmp_path / "backups")


BLOGGER = ["id", "public_id", "name", "site_key", "created_at"]


@pytest.mark.parametrize(
    ("row", "columns"),
    [
        ([1, "blg", "Ann", "a.example", "yesterday"], BLOGGER),
        ([1, "blg", "Ann", "a.example"], BLOGGER),
        ([2**70, "blg", "Ann", "a.example", NOW.isoformat()], BLOGGER),
        ([1, "blg", "\ud800", "a.example", NOW.isoformat()], BLOGGER),
        ([1, None, "Ann", "a.example", NOW.isoformat()], BLOGGER),
        (["1", "blg", "Ann", "a.example", NOW.isoformat()], BLOGGER),
        ([1, "blg", ["Ann"], "a.example", NOW.isoformat()], BLOGGER),
        ({"id": 1}, BLOGGER),
        ([1, "blg", "Ann", "a.example", NOW.isoformat()], [*BLOGGER[:-1], "shoe_size"]),
    ],
)
def test_rows_that_do_not_fit_are_refused(
    row: list[Any], columns: list[str], database_url: str, tmp_path: Path
) -> None:
    target = settings_of(tmp_path / "target", database_url)
    stored = one_site(target)
    with pytest.raises((BackupError, StorageError)):
        run_restore(target, forged(tmp_path, {"blogger": (row, columns)}), force=True)
    assert query(target, "SELECT key FROM site") == [(stored,)]


def test_rows_that_refer_to_nothing_are_refused(database_url: str, tmp_path: Path) -> None:
    row = [1, 77, "seen", NOW.isoformat()]
    file = forged(tmp_path, {"author": (row, ["id", "site_id", "name", "first_seen"])})
    with pytest.raises((BackupError, StorageError)):
        run_restore(settings_of(tmp_path / "target", database_url), file)


@pytest.mark.parametrize("table", ["alembic_version", "sqlite_master", "pg_class"])
def test_tables_that_are_none_of_ours_are_refused(table: str, tmp_path: Path) -> None:
    file = forged(tmp_path, {table: (["0001"], ["version_num"])})
    with pytest.raises(BackupError, match=table):
        run_restore(settings_of(tmp_path / "target"), file)


def test_a_backup_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BackupError, match="newer version"):
        check_backup(forged(tmp_path, {}, revision="9999"))


Change = Callable[[dict[str, Any], dict[str, bytes]], None]


def rewritten(made: Path, change: Change) -> Path:
    """The backup with manifest and members changed."""
    with zipfile.ZipFile(made) as whole:
        members = {name: whole.read(name) for name in whole.namelist()}
    manifest = json.loads(members.pop("manifest.json"))
    change(manifest, members)
    file = made.with_name("rewritten.zip")
    with zipfile.ZipFile(file, "w") as target:
        for name, content in members.items():
            target.writestr(name, content)
        target.writestr("manifest.json", json.dumps(manifest))
    return file


def smuggled(name: str) -> Change:
    def change(manifest: dict[str, Any], members: dict[str, bytes]) -> None:
        members[name] = bytes(32)
        manifest["members"][name] = manifest["members"]["secret.key"]

    return change


def without(part: str, name: str) -> Change:
    def change(manifest: dict[str, Any], members: dict[str, bytes]) -> None:
        (members if part == "file" else manifest[part]).pop(name)

    return change


def with_member(name: str, content: bytes) -> Change:
    def change(_: dict[str, Any], members: dict[str, bytes]) -> None:
        members[name] = content

    return change


def saying(**values: object) -> Change:
    def change(manifest: dict[str, Any], _: dict[str, bytes]) -> None:
        manifest.update(values)

    return change


WRONG: list[dict[str, Any]] = [{"version": 2}, {"made_at": "soon"}, {"tables": []}, {"extra": 1}]


def endless(manifest: dict[str, Any], _: dict[str, bytes]) -> None:
    manifest["members"]["tables/site.jsonl"]["bytes"] = 10**18


@pytest.mark.parametrize(
    "change",
    [
        *(
            smuggled(name)
            for name in ("../evil", "/etc/evil", "archive/../../evil.warc.gz", "archive/..", "tables/x/y")
        ),
        *(smuggled(name) for name in ("archive/.hidden.warc.gz", "C:\\evil")),
        with_member("unknown.txt", b""),
        with_member("tables/site.jsonl", b"[]\n"),
        *(without("file", name) for name in ("secret.key", "tables/site.jsonl")),
        without("members", "tables/site.jsonl"),
        without("tables", "site"),
        endless,
        *(saying(**values) for values in WRONG),
    ],
)
def test_a_tampered_backup_is_refused_and_leaves_nothing(change: Change, made: Path, tmp_path: Path) -> None:
    target = settings_of(tmp_path / "target")
    with pytest.raises(BackupError):
        run_restore(target, rewritten(made, change))
    assert [path.name for path in target.data_dir.iterdir()] == ["restore.lock"]
    assert not list(tmp_path.rglob("evil*"))


@pytest.mark.parametrize("compression", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_backup_that_unpacks_whole_blocks_at_once_is_refused(compression: int, made: Path) -> None:
    with zipfile.ZipFile(made) as whole:
        members = {name: whole.read(name) for name in whole.namelist()}
    with zipfile.ZipFile(made.with_name("other.zip"), "w", compression) as target:
        for name, content in members.items():
            target.writestr(name, content)
    with pytest.raises(BackupError, match="compressed in a way"):
        check_backup(made.with_name("other.zip"))


def test_a_flipped_bit_is_found_and_the_member_named(made: Path, tmp_path: Path) -> None:
    def flip(_: dict[str, Any], members: dict[str, bytes]) -> None:
        text_of = bytearray(members["tables/post.jsonl"])
        text_of[len(text_of) // 2] ^= 1
        members["tables/post.jsonl"] = bytes(text_of)

    with pytest.raises(BackupError, match=r"checksum of tables/post\.jsonl"):
        run_restore(settings_of(tmp_path / "target"), rewritten(made, flip))


def damaged(whole: bytes, chance: random.Random) -> bytes:
    """The file with some bytes changed, cut, or doubled."""
    content = bytearray(whole)
    for _ in range(chance.randint(1, 4)):
        place = chance.randrange(len(content))
        kind = chance.randrange(4)
        if kind == 0:
            content[place] = chance.randrange(256)
        elif kind == 1:
            del content[place:]
        elif kind == 2:
            content[place:place] = content[: chance.randrange(200)]
        else:
            content[place : place + 8] = b"\xff" * 8
        content = content or bytearray(b"P")
    return bytes(content)


def test_1000_damaged_backups_raise_no_other_error(made: Path, tmp_path: Path) -> None:
    whole, chance = made.read_bytes(), random.Random(4)  # noqa: S311 - the same every time
    refused: list[str] = []
    for _ in range(1000):
        file = tmp_path / "damaged.zip"
        file.write_bytes(damaged(whole, chance))
        try:
            check_backup(file)
        except BackupError as error:
            refused.append(str(error))
    assert [one for one in refused if "damaged.zip" not in one and "newer" not in one] == []
    assert len(refused) > 900
