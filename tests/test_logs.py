"""The log: one record a line whatever is quoted in it, no secrets, a bounded file, and nothing of who was forgotten."""

import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bloghound.logs import LOG_NAME, JsonFormatter, SharedFile, TextFormatter, remove_records, without_secrets
from bloghound.settings import Settings
from storage.erasure import mentions
from tests.conftest import PROJECT

HOSTILE = "bad\r\n2026-01-01 CRITICAL root: forged\x1b[2J\x9b31m\u2028next\u202e\x00 \ud800"
TRACED = "ValueError: https://gone.test/ said\nforged line\x1b[0m"


def record(message: str, error: Exception | None = None, **fields: object) -> logging.LogRecord:
    trace = (type(error), error, error.__traceback__) if error else None
    made = logging.LogRecord("crawler.test", logging.WARNING, __file__, 1, "%s", (message,), trace)
    made.__dict__.update(fields)
    return made


@pytest.fixture
def raised() -> ValueError:
    with pytest.raises(ValueError, match="forged") as caught:
        raise ValueError(TRACED.removeprefix("ValueError: "))
    return caught.value


@pytest.fixture
def log(settings: Settings) -> Iterator[logging.Logger]:
    """A logger that writes JSON into the log file of a data directory."""
    handler = SharedFile(settings.ensure_data_dir() / LOG_NAME)
    handler.setFormatter(JsonFormatter("crawl"))
    logger = logging.Logger("crawler.test")  # noqa: LOG001 - a logger of the test's own, which pytest does not hear
    logger.addHandler(handler)
    yield logger
    handler.close()


def test_a_json_record_has_its_time_place_and_fields() -> None:
    event = json.loads(JsonFormatter("crawl").format(record("slow", crawl=3, site="a.test", outcome="timeout")))
    assert datetime.now(UTC) - datetime.fromisoformat(event.pop("time")) < timedelta(minutes=1)
    assert event.pop("process") > 0
    assert event == {
        "level": "WARNING",
        "logger": "crawler.test",
        "role": "crawl",
        "message": "slow",
        "crawl": 3,
        "site": "a.test",
        "outcome": "timeout",
    }


def test_a_text_record_names_its_fields() -> None:
    line = TextFormatter("serve").format(record("slow", crawl=3, host="a.test"))
    assert line.endswith("WARNING crawler.test: slow [crawl=3 host=a.test]")
    assert " serve " in line


@pytest.mark.parametrize("formatter", [JsonFormatter("crawl"), TextFormatter("crawl")])
def test_what_is_quoted_forges_no_line_and_drives_no_terminal(formatter: logging.Formatter) -> None:
    line = formatter.format(record(HOSTILE, site=HOSTILE))
    assert line.isprintable()
    assert "forged" in line


def test_json_keeps_what_was_quoted() -> None:
    assert json.loads(JsonFormatter("crawl").format(record(HOSTILE)))["message"] == HOSTILE


def test_a_traceback_in_text_is_marked_on_every_line(raised: ValueError) -> None:
    first, *rest = TextFormatter("crawl").format(record("failed", raised)).split("\n")
    assert first.endswith("crawler.test: failed")
    assert all(line.startswith("    | ") and line.isprintable() for line in rest)
    assert rest[-1] == "    | forged line [0m"


def test_a_traceback_in_json_is_one_field(raised: ValueError) -> None:
    line = JsonFormatter("crawl").format(record("failed", raised))
    assert line.isprintable()
    assert json.loads(line)["exception"].endswith(TRACED)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("postgresql://ann:hunter2@db/x is down", "postgresql://***@db/x is down"),
        ("https://a.test/?token=hunter2&page=3", "https://a.test/?token=***&page=3"),
        ("https://a.test/?page=3&access_token=hunter2#top", "https://a.test/?page=3&access_token=***#top"),
        ("{'Authorization': 'Bearer hunter2'}", "{'Authorization': 'Bearer ***'}"),
        ("the key bh_live_hunter2 was sent", "the key bh_live_*** was sent"),
        ("https://a.test/2026/?p=1 at 10:30, ann@a.test", "https://a.test/2026/?p=1 at 10:30, ann@a.test"),
    ],
)
def test_secrets_are_not_logged(text: str, kept: str) -> None:
    assert without_secrets(text) == kept


def test_a_whole_page_in_a_message_is_cut(log: logging.Logger, settings: Settings) -> None:
    log.warning("://:%s", "@:" * 1_000_000)
    assert len((settings.data_dir / LOG_NAME).read_bytes()) < 3_000


def test_a_record_that_cannot_be_written_ends_nothing(
    log: logging.Logger, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    log.warning("%d pages", "many")
    log.warning("next")
    assert "Logging error" in capsys.readouterr().err
    lines = (settings.data_dir / LOG_NAME).read_text().splitlines()
    assert [json.loads(line)["message"] for line in lines] == ["next"]


def test_the_file_is_bounded_and_the_one_before_is_kept(tmp_path: Path) -> None:
    handler = SharedFile(tmp_path / "log", max_bytes=1_000)
    for number in range(100):
        handler.emit(record(f"{number:099}"))
    handler.close()
    now, before = (tmp_path / "log").read_text(), (tmp_path / "log.1").read_text()
    assert [int(line) for line in (before + now).split()] == list(range(80, 100))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["log", "log.1"]


def test_processes_write_the_same_file_and_lose_nothing(tmp_path: Path) -> None:
    script = (
        "import sys, logging; from pathlib import Path; from bloghound.logs import SharedFile\n"
        "handler = SharedFile(Path(sys.argv[1]), max_bytes=20_000)\n"
        "for number in range(200):\n"
        "    handler.emit(logging.LogRecord('x', 30, '', 1, f'{sys.argv[2]}{number:090}', (), None))\n"
    )
    command = [sys.executable, "-c", script, str(tmp_path / "log")]
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda name: subprocess.run([*command, name], cwd=PROJECT, check=True), ["1", "2"]))
    lines = ((tmp_path / "log.1").read_text() + (tmp_path / "log").read_text()).split()
    assert (len(lines), len(set(lines))) == (400, 400)


def test_who_is_forgotten_leaves_the_log_and_the_one_put_aside(log: logging.Logger, settings: Settings) -> None:
    file = settings.data_dir / LOG_NAME
    log.warning("old", extra={"site": "gone.test"})
    file.rename(file.with_name(f"{LOG_NAME}.1"))
    log.warning("a sentence about\nhttps://gone.test/ in two lines")
    log.warning("all is well", extra={"site": "blog.gone.test"})
    log.warning("visited", extra={"site": "gone.test", "outcome": "ok"})
    assert remove_records(settings, lambda text: mentions(text, "gone.test")) == 3
    log.warning("goes on")
    left = [json.loads(line)["message"] for line in file.read_text().splitlines()]
    assert left == ["all is well", "goes on"]
    assert file.with_name(f"{LOG_NAME}.1").read_text() == ""


def test_a_text_record_goes_with_its_whole_traceback(settings: Settings, raised: ValueError) -> None:
    lines = [TextFormatter("crawl").format(record(*one)) for one in (("one",), ("two", raised), ("three",))]
    file = settings.ensure_data_dir() / LOG_NAME
    file.write_text("".join(f"{line}\n" for line in lines))
    assert remove_records(settings, lambda text: mentions(text, "gone.test")) == lines[1].count("\n") + 1
    assert file.read_text() == f"{lines[0]}\n{lines[2]}\n"
