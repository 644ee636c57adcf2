"""Locks between processes; two openings of a file in one process keep each other out as two processes do."""

from pathlib import Path
from threading import Event, Thread

import pytest

from bloghound.errors import ConflictError, StorageError
from bloghound.jobs.locks import locked


def refuse() -> None:
    raise ConflictError("It is taken.")


def test_one_at_a_time_holds_it_and_it_is_free_afterwards(tmp_path: Path) -> None:
    path = tmp_path / "one.lock"
    with locked(path), pytest.raises(ConflictError, match="taken"), locked(path, while_taken=refuse):
        pytest.fail("both hold it")
    with locked(path, while_taken=refuse):
        assert path.exists()


def test_an_error_of_who_holds_it_frees_it(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), locked(tmp_path / "one.lock"):
        raise ZeroDivisionError
    with locked(tmp_path / "one.lock", while_taken=refuse):
        pass


def test_many_share_it_and_keep_out_who_wants_it_alone(tmp_path: Path) -> None:
    path = tmp_path / "one.lock"
    with locked(path, shared=True):
        with locked(path, shared=True, while_taken=refuse):
            pass
        with pytest.raises(ConflictError), locked(path, while_taken=refuse):
            pytest.fail("both hold it")


def test_who_waits_gets_it_when_it_is_free(tmp_path: Path) -> None:
    path, asked, got = tmp_path / "one.lock", Event(), Event()

    def wait() -> None:
        with locked(path, while_taken=asked.set):
            got.set()

    waiting = Thread(target=wait)
    with locked(path):
        waiting.start()
        assert asked.wait(10)
        assert not got.is_set()
    waiting.join(10)
    assert got.is_set()


def test_a_file_that_cannot_be_made_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="cannot be made"), locked(tmp_path / "nowhere" / "one.lock"):
        pytest.fail("there is no such folder")
