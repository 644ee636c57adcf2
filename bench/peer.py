"""The peer that the service is measured beside: a list of the same rows as the tutorials write it, and no more.

FastAPI with SQLModel, a session per request, the model as the answer: no keys, no limits, no joins.
"""

import os
from collections.abc import Iterator
from typing import Annotated

from fastapi import Depends, FastAPI, Query
from sqlmodel import Session, create_engine, select

from storage.tables import Site

DATABASE_VARIABLE = "BENCH_PEER_DATABASE"
"""The path of the SQLite file to list from; a name of its own, since our settings refuse unknown ones."""


def create_app() -> FastAPI:
    """The peer's application."""
    app = FastAPI()
    engine = create_engine(f"sqlite:///{os.environ[DATABASE_VARIABLE]}")

    def session() -> Iterator[Session]:
        with Session(engine) as opened:
            yield opened

    @app.get("/sites")
    def list_sites(
        session: Annotated[Session, Depends(session)], offset: int = 0, limit: Annotated[int, Query(le=100)] = 50
    ) -> list[Site]:
        return list(session.exec(select(Site).order_by(Site.key).offset(offset).limit(limit)).all())

    return app
