"""Opening a base model: its configuration is found and checked before any long work begins.

Only small files such as config.json are read, without torch.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from cvrecipes.errors import Failure, UsageError
from cvrecipes.files import read_json
from cvrecipes.models import hub
from cvrecipes.models.ctc import Framing
from cvrecipes.models.families import FAMILIES, RATE, REFUSED, Family

TINY = "tiny"
# Sizes that are positive integers in every family that has them, and lists with one for each layer.
_SIZES = (
    "hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size",
    "subsampling_factor", "subsampling_conv_kernel_size", "subsampling_conv_stride",
    "subsampling_conv_channels", "num_mel_bins", "adapter_kernel_size", "adapter_stride",
    "num_adapter_layers", "conv_depthwise_kernel_size",
)  # fmt: skip
_LAYERS = ("conv_dim", "conv_kernel", "conv_stride")
DEFAULT = "facebook/wav2vec2-xls-r-300m"


def tiny_folder() -> Path:
    """The encoder that ships with cvrecipes."""
    return Path(__file__).parents[1] / "builtin" / "tiny"


@dataclass(frozen=True, slots=True)
class Base:
    """A base model that can be fine-tuned with CTC.

    Attributes:
        name: as the user gave it.
        where: what transformers' ``from_pretrained`` takes: a folder or a Hub name.
        config: the content of config.json.
        framing: how samples become logit frames.
        local: whether `where` is a folder.
        license: the license that its model card names, such as ``cc-by-nc-4.0``, or None.
    """

    name: str
    where: str
    config: Mapping[str, Any]
    framing: Framing
    local: bool
    license: str | None = None

    @property
    def family(self) -> Family:
        """The record of its model family."""
        return family_of(self.config)

    @property
    def sizes(self) -> Mapping[str, Any]:
        """The part of config.json that holds ``hidden_size`` and ``num_hidden_layers``."""
        return self.family.sizes(self.config)

    @property
    def parameters(self) -> int:
        """Weights below the output layer, counted from the sizes in config.json."""
        return self.family.parameters(self.config)

    def as_dict(self) -> dict[str, Any]:
        """Plain data, for JSON."""
        return {**asdict(self), "config": dict(self.config)}

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Base:
        """The base that `as_dict` wrote.

        Raises:
            KeyError, TypeError: `content` is not such data.
        """
        framing = content["framing"]
        stages = {name: tuple(framing[name]) for name in ("kernels", "strides")}
        return cls(**{**content, "framing": Framing(**{**framing, **stages})})


def unread_base(name: str) -> Base:
    """Stands for a base model that is out of reach, where only the data are looked at.

    Its configuration is empty. Its frames are those of wav2vec2, XLS-R and most others: 20 ms.
    """
    return Base(name, name, {}, Framing(), local=False)


def family_of(config: Mapping[str, Any], name: str = "") -> Family:
    """The family of a model, by the ``model_type`` in its config.json.

    Arguments:
        name: the model's name, for the message.

    Raises:
        UsageError: the family has no CTC form that can be trained here.
    """
    model_type = config.get("model_type")
    if not isinstance(model_type, str) or not model_type:
        raise UsageError(
            f"base model {name!r} has no model_type in its config.json",
            remedy=f"choose a wav2vec2-like encoder, such as {DEFAULT}",
        )
    family = FAMILIES.get(model_type)
    if family is None:
        why = REFUSED.get(model_type, "which has no CTC form in transformers")
        raise UsageError(
            f"base model {name!r} is a {model_type} model, {why}",
            remedy=f"choose a wav2vec2-like encoder, such as {DEFAULT}",
        )
    return family


def framing_of(config: Mapping[str, Any], extractor: Mapping[str, Any] | None = None) -> Framing:
    """How a model turns samples into frames, by its config and its feature extractor's."""
    return family_of(config).framing(config, extractor or {})


def open_base(name: str) -> Base:
    """Find a base model by name (``tiny``), folder or Hub repository.

    Raises:
        UsageError: the model has no CTC form in transformers, or expects another sampling rate.
        Failure: the model is not on this machine and cannot be fetched.
    """
    folder = tiny_folder() if name == TINY else Path(name)
    if folder.is_dir():
        files, where = _local(folder), str(folder)
    else:
        if not hub.is_name(name):
            raise UsageError(f"there is no model folder {name!r}")
        files, where = hub.fetch(name), name
    family = family_of(files.config, name)
    extractor = files.extractor.get("feature_extractor", files.extractor)
    nested = "feature_extractor" in files.extractor
    file = "processor_config.json" if nested else "preprocessor_config.json"
    if not isinstance(extractor, dict):
        raise UsageError("feature_extractor is not a table", where=f"{where}/{file}")
    rate = extractor.get("sampling_rate", RATE)
    if not _positive(rate):
        raise _bad("sampling_rate", rate, f"{where}/{file}")
    if rate != RATE:
        raise UsageError(
            f"base model {name!r} expects {rate} Hz, cvrecipes works at {RATE} Hz",
            remedy="choose a 16 kHz model",
        )
    _check_extractor(family, extractor, f"{where}/{file}")
    _check_sizes(family, files.config, f"{where}/config.json")
    try:
        framing = family.framing(files.config, extractor)
        family.parameters(files.config)
    except (TypeError, ValueError, KeyError, ArithmeticError, AttributeError) as error:
        raise UsageError(
            f"a size is no number that fits ({error})", where=f"{where}/config.json",
            remedy="is the model folder damaged?",
        ) from None  # fmt: skip
    return Base(
        name,
        where,
        files.config,
        framing,
        folder.is_dir(),
        license_of(files.card),
    )


def _positive(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def _bad(key: str, value: Any, where: str, wanted: str = "a positive integer") -> UsageError:
    return UsageError(
        f"{key} is {value!r}, not {wanted}", where=where, remedy="is the model folder damaged?"
    )


def _check_extractor(family: Family, extractor: Mapping[str, Any], where: str) -> None:
    """Refuse another family's feature extractor: a model cannot use, say, Whisper's spectra."""
    kind = extractor.get("feature_extractor_type")
    if not isinstance(kind, str) or kind == family.extractor:
        return
    from transformers.models.auto.feature_extraction_auto import FEATURE_EXTRACTOR_MAPPING_NAMES

    if kind in FEATURE_EXTRACTOR_MAPPING_NAMES.values():
        raise UsageError(
            f"feature_extractor_type is {kind}, but {family.model_type} models take "
            f"{family.extractor}",
            where=where,
            remedy="correct or delete that file",
        )


def _check_sizes(family: Family, config: Mapping[str, Any], where: str) -> None:
    """Check the numbers of config.json that the family reads.

    Raises:
        UsageError: one is not what transformers could build a model of; names the key.
    """
    sizes, inside = config, ""
    if family.encoder:
        sizes, inside = config.get(family.encoder, {}), f"{family.encoder}."
        if not isinstance(sizes, dict):
            raise _bad(family.encoder, sizes, where, "a table")
    for key in _SIZES:
        if key in sizes and not _positive(sizes[key]):
            raise _bad(inside + key, sizes[key], where)
    for key in _LAYERS:
        layers = sizes.get(key, [1])
        if not isinstance(layers, list) or not layers or not all(map(_positive, layers)):
            raise _bad(inside + key, layers, where, "a list of positive integers")
    lengths = {key: len(sizes[key]) for key in _LAYERS if key in sizes}
    if len(set(lengths.values())) > 1:
        raise UsageError(
            "lists of different lengths: "
            + ", ".join(f"{inside}{key} has {length}" for key, length in lengths.items()),
            where=where,
            remedy="is the model folder damaged?",
        )


def license_of(card: str) -> str | None:
    """The license that a model card names in its metadata, or None.

    With ``license: other``, the card gives the name in ``license_name``. A list or free text is
    no identifier of a license.
    """
    card = card.lstrip()
    if not card.startswith("---"):
        return None
    hub.quiet()
    from huggingface_hub import RepoCard

    try:
        # ModelCard would refuse the whole card for another key that is wrong.
        data: Any = RepoCard(card, ignore_metadata_errors=True).data
        metadata = data.to_dict()
    except Exception:  # people write cards by hand; the error depends on the YAML library
        return None
    license = metadata.get("license")
    if license == "other":
        license = metadata.get("license_name") or license
    if isinstance(license, str) and re.fullmatch(r"[\w.+-]+", license):
        return license
    return None


def _local(folder: Path) -> hub.Repository:
    """The small files of a model folder."""
    config = _read(folder / "config.json")
    if config is None:
        raise UsageError("has no config.json", where=folder, remedy="is it a model folder?")
    if not any(folder.glob("*.safetensors")):
        raise UsageError(
            "this model folder has no .safetensors weights", where=folder,
            remedy="convert it: AutoModelForCTC.from_pretrained(...).save_pretrained(...)",
        )  # fmt: skip
    extractor = _read(folder / "preprocessor_config.json")
    if not extractor:
        extractor = _read(folder / "processor_config.json")
    card = folder / "README.md"
    text = card.read_text(encoding="utf-8-sig", errors="replace") if card.is_file() else ""
    return hub.Repository(config, extractor or {}, text)


def _read(path: Path) -> dict[str, Any] | None:
    if not path.is_file():
        return None
    value = read_json(path)
    if not isinstance(value, dict):
        raise Failure("is not a table", where=path)
    return value
