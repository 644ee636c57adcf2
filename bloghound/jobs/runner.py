"""STUB by the coordinator, to be replaced by helper D."""

from bloghound.settings import Settings


class JobRunner:
    """Stub."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def start(self) -> None:
        """Stub."""

    def stop(self) -> None:
        """Stub."""
