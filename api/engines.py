"""STUB by the coordinator, to be replaced by helper C."""

from typing import Any, Literal

from bloghound.settings import Settings


class Engines:
    """Stub."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def start_warming(self) -> None:
        """Stub."""

    def state(self) -> tuple[Literal["ready", "warming", "no_index", "failed"], str]:
        """Stub."""
        return "warming", "The model is being loaded."

    def engine(self, generation: str | None = None) -> Any:
        """Stub."""
        from bloghound.jobs.ranking import open_engine

        return open_engine(self._settings)

    def close(self) -> None:
        """Stub."""
