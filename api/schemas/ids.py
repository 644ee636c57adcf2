"""Ids in paths: text of another form is refused before it is looked for."""

from typing import Annotated

from fastapi import Path

_ID = r"^[A-Za-z0-9_]+$"
_ID_CHARS = 64

JobId = Annotated[str, Path(max_length=_ID_CHARS, pattern=_ID, description="Id of the job: `job_…`.")]
CrawlId = Annotated[str, Path(max_length=_ID_CHARS, pattern=_ID, description="Id of the crawl: `crw_…`.")]
SiteId = Annotated[str, Path(max_length=_ID_CHARS, pattern=_ID, description="Id of the site: `site_…`.")]
OptOutId = Annotated[str, Path(max_length=_ID_CHARS, pattern=_ID, description="Id of the request: `opt_…`.")]
ProofId = Annotated[str, Path(max_length=_ID_CHARS, pattern=_ID, description="Id of the proof: `prf_…`.")]
