"""A blogger: who it is and how we know, what it publishes, how readers answer, who links, where it stands."""

import re
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from api.service import ServiceDep
from api.web import channel_facts, placements, profile_facts, profile_reading, reader_facts
from api.web.asking import AskedQuery
from api.web.charts.monthly_bars import monthly_bars
from api.web.judging import judging
from api.web.list_words import origin
from api.web.profile_reading import Reading
from api.web.rendering import render
from api.web.rights import ReaderPage
from bloghound.errors import NotFoundError

router = APIRouter(include_in_schema=False)

RECENT_POSTS = 20
_ID = re.compile(r"[A-Za-z0-9_]{1,64}")


@router.get("/bloggers/{blogger_id}")
def blogger(request: Request, service: ServiceDep, actor: ReaderPage, blogger_id: str, asked: AskedQuery) -> Response:
    """Everything about one blogger; with a brief or niche in the address also its place there."""
    if not _ID.fullmatch(blogger_id):
        raise NotFoundError("There is no blogger of this id.")
    reading = profile_reading.read(service, actor, blogger_id)
    indexed = reading.profile.standing is not None
    here = placements.placement(service, actor, asked, blogger_id) if asked.wanted and indexed else None
    niches, more_niches = placements.in_niches(service, actor, blogger_id) if indexed else ([], False)
    return render(
        request,
        "blogger.html",
        nav="find",
        asked=asked,
        here=here,
        judging=judging(service, actor, here.niche, here.brief, [blogger_id]) if here else None,
        niches=niches,
        more_niches=more_niches,
        **_facts(reading),
    )


def _facts(reading: Reading) -> dict[str, Any]:
    profile, status = reading.profile, reading.profile.activity
    notes = profile_facts.footnotes(profile.sources)
    profiles = {site.key for site in profile.blogger.sites if site.kind == "profile"}
    return {
        "reading": reading,
        "origin": origin,
        "profile": profile,
        "blogger": profile.blogger,
        "status_words": profile_facts.STATUSES[status.status],
        "status_reason": profile_facts.status_reason(status.reason, profile.last_post),
        "placed": profile.standing,
        "unplaced": profile_facts.standing_reason(profile.standing_reason),
        "not_counted": channel_facts.refused(profile.proofs),
        "method_words": channel_facts.method_words,
        "proof_lines": channel_facts.proof_lines,
        "proof_states": channel_facts.STATES,
        "wish_words": channel_facts.WISHES,
        "notes": notes,
        "notes_of": profile_facts.notes_by_fact(notes),
        "measures": reader_facts.measure_rows(profile.standing) if profile.standing else [],
        "talk": reader_facts.talk_rows(reading.readers.talk),
        "findings": profile_facts.finding_rows(profile.standing) if profile.standing else [],
        "bars": monthly_bars({one.month: one.posts for one in reading.activity.months}),
        "months": [one for one in reading.activity.months if one.posts][::-1],
        "kinds": reader_facts.kinds_shown(reading.activity.months),
        "reactions": reader_facts.reaction_charts(reading.posts, reading.bands, status.as_of, profiles),
        "growth": reader_facts.growth_charts(reading.readers.growing),
        "grown": reader_facts.grown,
        "follower_charts": profile_facts.follower_charts(reading.followers, status.as_of),
        "ego": profile_facts.ego_graph(reading.linkers, reading.linked),
        "recent": reading.posts[:RECENT_POSTS],
    }
