"""The embedding models of an installation: the one that is set, and those that its generations were built with."""

from dataclasses import replace
from threading import Lock
from weakref import WeakValueDictionary

from bloghound.errors import EncoderError
from bloghound.settings import Settings
from ranking.encoder import Encoder
from ranking.encoding.choice import ModelChoice
from ranking.index import Generation


def choice_of(settings: Settings) -> ModelChoice:
    """The model that is set."""
    return ModelChoice(settings.model, settings.model_query_prompt, settings.model_passage_prompt)


def load(choice: ModelChoice, device: str = "cpu") -> Encoder:
    """That model; raises EncoderError when it or the device is not there. It takes seconds: at once, or for the
    bundled model when it first encodes something."""
    return Encoder.load(
        choice.model, query_prompt=choice.query_prompt, passage_prompt=choice.passage_prompt, device=device
    )


class Encoders:
    """The models of the generations that are open, each loaded once and let go with the last of them; thread-safe."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._loading = Lock()
        self._loaded: WeakValueDictionary[tuple[str, str], Encoder] = WeakValueDictionary()
        """By the name of its vectors and the prompt for briefs."""

    def of(self, generation: Generation) -> Encoder:
        """The model that the generation was built with, from where it was then or where it is set to be now.

        Raises EncoderError when this machine does not have it.
        """
        key = (generation.model, generation.model_choice.query_prompt)
        with self._loading:
            found = self._loaded.get(key)
            if found is None:
                found = self._loaded[key] = self._load(generation)
        return found

    def _load(self, generation: Generation) -> Encoder:
        cause: EncoderError | None = None
        for model in dict.fromkeys((generation.model_choice.model, self._settings.model)):
            try:
                encoder = load(replace(generation.model_choice, model=model))
            except EncoderError as error:
                cause = error
                continue
            if encoder.name == generation.model:
                return encoder
        raise EncoderError(
            f"Generation {generation.number} of the index was built with the model {generation.model}, which is not on "
            "this machine; 'bloghound index' builds one with the model that is set."
        ) from cause
