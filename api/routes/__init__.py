"""The routes of the API, by noun. Central name: :data:`ROUTERS`."""

from fastapi import APIRouter

from api.routes import keys, operations, session

ROUTERS: tuple[APIRouter, ...] = (operations.router, keys.router, session.router)
"""Every router, in the order of the reference."""
