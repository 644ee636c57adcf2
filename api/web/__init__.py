"""STUB by the coordinator, to be replaced by helper E."""

from fastapi import APIRouter, FastAPI

WEB_ROUTERS: list[APIRouter] = []


def mount_static(app: FastAPI) -> None:
    """Stub."""
