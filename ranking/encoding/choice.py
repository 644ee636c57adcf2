"""Which embedding model, said in a way that an index can keep and any process of the installation can load."""

from dataclasses import dataclass

BUNDLED_MODEL = "all-MiniLM-L6-v2"


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """A model's name or folder, and what is put before briefs and before posts; an empty prompt is the model's own."""

    model: str = BUNDLED_MODEL
    query_prompt: str = ""
    passage_prompt: str = ""


BUNDLED_CHOICE = ModelChoice()
