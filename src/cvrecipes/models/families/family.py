"""What differs between CTC families, as one record; and the settings that a family lacks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from cvrecipes.errors import UsageError
from cvrecipes.models.ctc import Framing
from cvrecipes.settings import Settings

RATE = 16_000
Config = Mapping[str, Any]

# Training settings that end in the model's configuration.
MODEL_SETTINGS = (
    "attention_dropout", "hidden_dropout", "activation_dropout", "feat_proj_dropout",
    "final_dropout", "layerdrop", "mask_time_prob", "mask_time_length", "mask_feature_prob",
    "mask_feature_length", "ctc_zero_infinity",
)  # fmt: skip
_NO_TOKENS = {"bos_token_id": None, "eos_token_id": None}


@dataclass(frozen=True, slots=True)
class Family:
    """One CTC model family of transformers, and all that the stages need to know of it.

    Attributes:
        model_type: its name in config.json.
        framing: config.json and the feature extractor's configuration to how samples become
            logit frames.
        parameters: config.json to the number of weights below the output layer.
        settings: where in the configuration a training setting stands, as a dotted name; one
            that is missing has no counterpart in this family.
        encoder: name of the nested configuration with the encoder's sizes; empty where they
            stand at the top.
        head: the output layer, as a dotted attribute of the model.
        saved_head: its name among the saved weights, where that is another.
        input_name: what the feature extractor calls its output: ``input_values``, samples, or
            ``input_features``, spectra.
        mask_name: what it calls its mask, over samples or over spectra.
        padding_leaks: the padding of a batch changes a clip's logits, in spite of the mask;
            clips of such a family share a batch only when they are equally long.
        blank_name: the configuration's name for the class of the blank.
        vocabulary_names: every name under which the configuration keeps the number of classes.
        token_ids: other token ids to set; CTC begins and ends nothing.
        feature_encoder: the convolutions over samples, as a dotted attribute of the model;
            empty where there are none to freeze.
        extractor, processor: classes of transformers.
        pipeline: whether transformers' pipeline for speech recognition can run it.
    """

    model_type: str
    framing: Callable[[Config, Config], Framing]
    parameters: Callable[[Config], int]
    settings: Mapping[str, str]
    encoder: str = ""
    head: str = "lm_head"
    saved_head: str = ""
    input_name: str = "input_values"
    mask_name: str = "attention_mask"
    padding_leaks: bool = False
    blank_name: str = "pad_token_id"
    vocabulary_names: tuple[str, ...] = ("vocab_size",)
    token_ids: Mapping[str, int | None] = field(default_factory=lambda: dict(_NO_TOKENS))
    feature_encoder: str = ""
    extractor: str = "Wav2Vec2FeatureExtractor"
    processor: str = "Wav2Vec2Processor"
    pipeline: bool = True

    def sizes(self, config: Config) -> Config:
        """The part of config.json that holds the encoder's sizes."""
        return config.get(self.encoder) or {} if self.encoder else config

    def equal_lengths(self, config: Config) -> bool:
        """Whether clips may share a batch only when they are equally long.

        Group normalization over time (``feat_extract_norm = "group"``) takes its mean and
        variance over the padding, too: such models were trained without a mask.
        """
        return self.padding_leaks or self.sizes(config).get("feat_extract_norm") == "group"

    def value(self, config: Any, setting: str) -> Any:
        """The value of a training setting in a model's configuration; None without one."""
        name = self.settings.get(setting)
        return None if name is None else attribute(config, name)


def attribute(holder: Any, dotted: str) -> Any:
    """What stands under a dotted name in a model or its configuration."""
    for name in dotted.split("."):
        holder = getattr(holder, name)
    return holder


def set_attribute(holder: Any, dotted: str, value: Any) -> None:
    """Replace what stands under a dotted name."""
    path, _, last = dotted.rpartition(".")
    setattr(attribute(holder, path) if path else holder, last, value)


def refuse_settings(family: Family, settings: Settings) -> None:
    """Refuse settings that were changed and have no counterpart in a family.

    Zero is what a family without the counterpart does anyway, and is no reason to refuse.

    Raises:
        UsageError: a setting would be ignored.
    """
    defaults = Settings()
    for name in MODEL_SETTINGS:
        value = getattr(settings, name)
        if name not in family.settings and value and value != getattr(defaults, name):
            raise UsageError(
                f"setting {name} has no counterpart in {family.model_type} models",
                remedy=f"leave it at --set {name}={getattr(defaults, name):g}",
            )


def ignored_settings(family: Family, settings: Settings) -> list[str]:
    """Defaults other than zero that have no effect on a family, SpecAugment's lengths aside."""
    return [
        name
        for name in MODEL_SETTINGS
        if name not in family.settings and getattr(settings, name) and "length" not in name
    ]
