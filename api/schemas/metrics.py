"""What became of a file of figures."""

from pydantic import BaseModel, Field

from bloghound.jobs.importing_metrics import MAX_NAMED_LINES, MetricsReport


class BadLineOut(BaseModel):
    """A line that was not taken, and why."""

    line: int
    refused: str = Field(
        description="`unreadable`, `wrong_value`, `contradicts`, `unknown_site`, `unknown_post` or `suppressed`."
    )
    message: str


class MetricsImportOut(BaseModel):
    """The lines of a file of figures by what became of them."""

    lines: int = Field(description="Lines but the header and empty ones.")
    stored: int
    replaced: int
    known: int = Field(description="Lines whose figures were stored before.")
    refused: dict[str, int] = Field(description="Lines that were not taken, by why.")
    bad_lines: list[BadLineOut] = Field(description=f"The first {MAX_NAMED_LINES} of them.")

    @classmethod
    def of(cls, report: MetricsReport) -> "MetricsImportOut":
        """As counted."""
        return cls(
            lines=report.lines,
            stored=report.stored,
            replaced=report.replaced,
            known=report.known,
            refused=dict(report.refused),
            bad_lines=[
                BadLineOut(line=one.number, refused=one.refusal, message=one.message) for one in report.bad_lines
            ],
        )
