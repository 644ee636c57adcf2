"""The whole OpenAPI document, fuzzed over a real server by schemathesis: no server error, no answer off the schema.

Each database gets two runs: one with invented ids, and one whose ids are of things that are there. Both go over every
parameter's edges. Only the second invents whole requests too: to an invented id they would all be answered alike.
"""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bloghound.settings import Settings
from storage.database import open_database
from tests.conftest import MEASURED
from tests.listing import make_blogger
from tests.ranking_bloggers import build, three_bloggers
from tests.serving import ask, make_key, serving

LEAST_CASES = 5000
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
)


@pytest.fixture
def installation(tmp_path: Path, database_url: str) -> Settings:
    """Three bloggers and an index; the jobs that the fuzzer starts are queued and not done."""
    url = "" if database_url.startswith("sqlite") else database_url
    settings = Settings(data_dir=tmp_path / "data", database_url=url, jobs_in_service=False)
    build(settings.index_dir, three_bloggers())
    return settings


def test_the_whole_schema_on_each_database(installation: Settings, tmp_path: Path) -> None:
    key = make_key(installation)
    with serving(installation) as service:
        known = things_there(installation, service, key)
        free = fuzz(service, key, tmp_path / "free", {}, "coverage")
        pinned = fuzz(service, key, tmp_path / "pinned", known, "coverage,fuzzing")
        assert ask("GET", f"{service}/healthz").status == 200
    kind = "PostgreSQL" if installation.database_url else "SQLite"
    MEASURED.append(f"schemathesis on {kind}: {free} + {pinned} cases, 0 server errors, 0 answers off the schema")
    assert free + pinned >= LEAST_CASES


def things_there(settings: Settings, service: str, key: str) -> dict[str, str]:
    """Ids of a blogger, a list with an entry, and a niche, by the names of the parameters."""
    database = open_database(settings)
    with database.transaction() as connection:
        blogger = make_blogger(connection, "fuzzed.example")
    database.close()
    niche = ask("POST", f"{service}/v1/niches", {"name": "n", "brief": "espresso"}, key=key).json()
    kept = ask("POST", f"{service}/v1/lists", {"name": "l"}, key=key).json()
    entry = ask("POST", f"{service}/v1/lists/{kept['id']}/entries", {"blogger_id": blogger}, key=key)
    assert entry.status == 201, entry.text
    return {"list_id": kept["id"], "blogger_id": blogger, "niche_id": niche["id"]}


def fuzz(service: str, key: str, folder: Path, known: dict[str, Any], phases: str) -> int:
    """Run schemathesis over the service; how many cases it sent. The test fails with its report on any failure.

    Of the ``phases``, coverage sends each parameter at its bounds, beyond them, and left out; fuzzing whole requests.
    """
    folder.mkdir()
    lines = [f'{name} = "{value}"' for name, value in known.items()]
    (folder / "schemathesis.toml").write_text("\n".join(["[parameters]", *lines]) + "\n")
    command = [
        *(sys.executable, "-m", "schemathesis.cli", "run", f"{service}/openapi.json"),
        *("--header", f"Authorization: Bearer {key}"),
        *("--checks", ",".join(CHECKS)),
        *("--phases", phases),
        # An invented request takes twenty times as long to make as one at an edge.
        *("--max-examples", "10", "--seed", "1", "--continue-on-failure"),
        # The key that asks would be revoked, or the list deleted under the other operations.
        *("--exclude-operation-id", "revoke_key"),
        *(("--exclude-operation-id", "delete_list", "--exclude-operation-id", "delete_niche") if known else ()),
        *("--warnings", "off", "--no-color"),
    ]
    environment = os.environ | {"COLUMNS": "200"}
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=800, check=False
    )
    report = done.stdout[-8000:] + done.stderr[-2000:]
    assert done.returncode == 0, report
    found = re.search(r"(\d[\d,]*) generated", report)
    assert found, report
    return int(found[1].replace(",", ""))
