"""Building the model to fine-tune: a pretrained encoder and a new output layer."""

from __future__ import annotations

from typing import Any

from cvrecipes.console import say
from cvrecipes.errors import Failure, UsageError
from cvrecipes.models.base import Base
from cvrecipes.models.ctc import Vocabulary
from cvrecipes.models.families import Family, attribute, ignored_settings, set_attribute
from cvrecipes.settings import Settings


def build_model(base: Base, vocabulary: Vocabulary, settings: Settings) -> Any:
    """Load the base model's encoder in fp32 and give it an output layer for `vocabulary`.

    Where the base model was itself trained with CTC, the new layer starts from its rows
    for the characters that both know (the blank and the word delimiter above all), so
    that a model moves between languages without unlearning what silence is.

    Raises:
        UsageError: the installed transformers does not have the family.
        Failure: the weights cannot be fetched or are no safetensors.
    """
    import torch
    from safetensors import SafetensorError
    from transformers import AutoConfig, AutoModelForCTC

    _check_installed(base)
    try:
        config = AutoConfig.from_pretrained(base.where, trust_remote_code=False)
        configure(config, base.family, vocabulary, settings)
        model = AutoModelForCTC.from_pretrained(
            base.where,
            config=config,
            use_safetensors=True,
            trust_remote_code=False,
            dtype=torch.float32,
            ignore_mismatched_sizes=True,
        )
    except SafetensorError as error:
        raise Failure(
            f"the weights of base model {base.name} are damaged ({error})",
            remedy="fetch or copy the model again",
        ) from None
    except (OSError, ValueError) as error:
        first = str(error).strip().splitlines()[0]
        raise Failure(
            f"base model {base.name} cannot be loaded: {first}",
            remedy="only safetensors weights are read; choose a repository that has them",
        ) from None
    if settings.transplant_head:
        transplant_head(model, base, vocabulary)
    if settings.freeze_feature_encoder and base.family.feature_encoder:
        freeze_feature_encoder(model, base.family)
    if settings.gradient_checkpointing:
        # transformers 5.18 renamed it; the old name goes in 6.
        enable = getattr(model, "activation_checkpointing_enable", None)
        (enable or model.gradient_checkpointing_enable)()
    return model


def _check_installed(base: Base) -> None:
    """Refuse a family that came later to transformers than the version installed."""
    import transformers
    from transformers.models.auto.modeling_auto import MODEL_FOR_CTC_MAPPING_NAMES

    model_type = base.family.model_type
    if model_type not in MODEL_FOR_CTC_MAPPING_NAMES:
        raise UsageError(
            f"transformers {transformers.__version__} has no {model_type} models for CTC",
            remedy="pip install --upgrade transformers, or choose another base",
        )


def configure(config: Any, family: Family, vocabulary: Vocabulary, settings: Settings) -> None:
    """Write settings and classes into a model's configuration, under its family's names.

    Defaults without a counterpart in the family are named in a line; see `refuse_settings` for
    those that were changed.
    """
    for name, place in family.settings.items():
        set_attribute(config, place, getattr(settings, name))
    for name in family.vocabulary_names:
        set_attribute(config, name, len(vocabulary))
    config.pad_token_id = vocabulary.blank
    set_attribute(config, family.blank_name, vocabulary.blank)
    for name, value in family.token_ids.items():
        setattr(config, name, value)
    config.ctc_loss_reduction = "mean"
    if "mask_time_prob" in family.settings:
        config.apply_spec_augment = max(settings.mask_time_prob, settings.mask_feature_prob) > 0
    ignored = ignored_settings(family, settings)
    if ignored:
        say(f"{family.model_type} models have no {', '.join(ignored)}; training goes without")


def freeze_feature_encoder(model: Any, family: Family) -> None:
    """Keep the convolutions over samples as they are."""
    freeze = getattr(model, "freeze_feature_encoder", None)
    if freeze is not None:
        freeze()
        return
    for weight in attribute(model, family.feature_encoder).parameters():
        weight.requires_grad = False


def transplant_head(model: Any, base: Base, vocabulary: Vocabulary) -> int:
    """Copy output rows of characters that the base model already writes.

    Returns:
        The number of rows copied; 0 where the base model has no output layer.
    """
    import torch

    rows = _base_head(base)
    if rows is None:
        return 0
    weight, bias, numbers = rows
    head = attribute(model, base.family.head)
    if weight.shape[1:] != head.weight.shape[1:]:
        return 0
    copied = 0
    with torch.no_grad():
        for number, token in enumerate(vocabulary.tokens):
            source = numbers.get(token)
            if source is not None:
                head.weight[number] = weight[source]
                head.bias[number] = bias[source]
                copied += 1
    return copied


def _base_head(base: Base) -> tuple[Any, Any, dict[str, int]] | None:
    """Output weights, biases and class numbers of a base model in a local folder."""
    from pathlib import Path

    from safetensors import safe_open

    from cvrecipes.files import read_json

    folder = Path(base.where)
    weights, classes = folder / "model.safetensors", folder / "vocab.json"
    if not (base.local and weights.is_file() and classes.is_file()):
        return None
    head = base.family.saved_head or base.family.head
    with safe_open(str(weights), framework="pt") as tensors:
        if not {f"{head}.weight", f"{head}.bias"} <= set(tensors.keys()):
            return None
        weight = tensors.get_tensor(f"{head}.weight").float()
        bias = tensors.get_tensor(f"{head}.bias").float()
    numbers = read_json(classes)
    return (weight, bias, numbers) if isinstance(numbers, dict) else None
