"""What a saved niche asks the ranking, as keyed digests that are kept with each ranking of it."""

import json

from bloghound.settings import Settings
from ranking.changes import KEY_FIELD
from storage import suppressions
from storage.niche_rankings import NewRanking
from storage.niches import StoredNiche

ASKED = ("brief", "examples_like", "examples_unlike", "languages", "exclude_terms", "exclude_sites", "weights")
"""What a niche asks the ranking; its name is no part of it."""
_DIGEST_CHARS = 16


def question_digests(settings: Settings, niche: StoredNiche) -> dict[str, str]:
    """What a niche asks, field by field, as keyed digests: they tell what was changed, and name nobody.

    One more is of nothing, by which another key is known.
    """
    key = settings.secret_key()
    fields = ((name, json.dumps(getattr(niche, name), sort_keys=True)) for name in ASKED)
    return {
        name: suppressions.keyed_hash(key, f"{name}\x00{text}")[:_DIGEST_CHARS]
        for name, text in (*fields, (KEY_FIELD, ""))
    }


def is_outdated(settings: Settings, ranking: NewRanking, niche: StoredNiche) -> bool:
    """Whether a ranking answers something else than the niche asks by now."""
    return ranking.asked_at != niche.updated_at and dict(ranking.question) != question_digests(settings, niche)
