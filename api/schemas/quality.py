"""Measured ranking quality as it is shown."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from storage.judgements import JudgedBrief


class Unmeasured(StrEnum):
    """Why there are no figures."""

    NOTHING_JUDGED = "nothing_judged"
    NOT_MEASURED = "not_measured"


class Outdated(StrEnum):
    """What has changed since the figures were taken."""

    GENERATION = "generation"
    FORMULA = "formula"
    JUDGEMENTS = "judgements"


class MeasuresOut(BaseModel):
    """A method's measures, each from 0 to 1; null where there is nothing to take them of."""

    model_config = ConfigDict(populate_by_name=True)

    map: float | None = Field(description="Mean average precision; who is not judged counts as not relevant.")
    ndcg_10: float | None = Field(alias="ndcg@10", description="nDCG of the first ten, likewise.")
    p_10: float | None = Field(alias="p@10", description="Precision of the first ten, likewise.")
    judged_10: float | None = Field(alias="judged@10", description="Share of the first ten that is judged.")
    bpref: float | None = Field(description="How often liked bloggers stand before disliked ones; of briefs with both.")
    condensed_map: float | None = Field(description="MAP of the judged bloggers alone, likewise.")
    condensed_ndcg_10: float | None = Field(
        alias="condensed_ndcg@10", description="nDCG@10 of the judged bloggers alone, likewise."
    )


class BestBaselineOut(BaseModel):
    """Ours against the baseline with the highest MAP, brief by brief."""

    baseline: str
    difference: float = Field(description="Mean difference in MAP.")
    bootstrap_share: float = Field(description="Share of bootstrap samples of the briefs in which ours is above.")


class BriefQualityOut(BaseModel):
    """The figures of one niche or brief."""

    brief_id: str
    niche_id: str | None
    name: str | None = Field(description="Of the niche, or the brief's words; null where neither is judged any more.")
    judged: int
    liked: int = Field(description="Of the judged: liked, or partly fitting.")
    ours: MeasuresOut
    score: MeasuresOut
    baselines: dict[str, MeasuresOut]


class MeasuredOut(BaseModel):
    """Figures of one generation on the judgements of one moment."""

    generation: str
    formula: str
    measured_at: datetime
    briefs: int
    judgements: int
    not_indexed: int = Field(description="Judged bloggers whom the generation does not hold; they are left out.")
    ours: MeasuresOut = Field(description="The relevance part, which the baselines are rivals of.")
    score: MeasuresOut = Field(description="The order that is shown, in which engagement and reach count too.")
    baselines: dict[str, MeasuresOut] = Field(description="Five simple methods on the same posts, by name.")
    baselines_reason: str | None = Field(description="Why there are none: `too_many_posts`.")
    best_baseline: BestBaselineOut | None
    warnings: list[str] = Field(description="Sentences about what weakens the figures.")
    per_brief: list[BriefQualityOut]


class QualityOut(BaseModel):
    """Measured ranking quality of the workspace's own judgements."""

    measured: MeasuredOut | None
    reason: Unmeasured | None = Field(description="Why there are no figures.")
    outdated: list[Outdated] = Field(description="What has changed since; empty when the figures are of now.")
    job: str | None = Field(description="The measuring that waits or runs.")


def measured(figures: dict[str, Any], finished_at: datetime, briefs: list[JudgedBrief]) -> MeasuredOut:
    """The figures kept with a job, with the names that the briefs have now."""
    known = {brief.brief_id: brief for brief in briefs}
    return MeasuredOut.model_validate(
        {
            **{name: figures[name] for name in MeasuredOut.model_fields if name in figures},
            "measured_at": finished_at,
            "briefs": figures["judged"],
            "per_brief": [_brief(one, known.get(one["id"])) for one in figures["per_query"]],
        }
    )


def _brief(figures: dict[str, Any], brief: JudgedBrief | None) -> dict[str, Any]:
    name = None if brief is None else brief.niche.name if brief.niche else brief.words
    niche_id = figures["id"] if figures["id"].startswith("nch_") else None
    return {**figures, "brief_id": figures["id"], "niche_id": niche_id, "name": name}
