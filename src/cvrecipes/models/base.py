"""Opening a base model: its configuration is found and checked before any long work begins.

Only small files such as config.json are read, without torch.
"""

from __future__ import annotations

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


def family_of(config: Mapping[str, Any], name: str = "") -> Family:
    """The family of a model, by the ``model_type`` in its config.json.

    Arguments:
        name: the model's name, for the message.

    Raises:
        UsageError: the family has no CTC form that can be trained here.
    """
    model_type = str(config.get("model_type", "unknown"))
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
    rate = int(extractor.get("sampling_rate", RATE))
    if rate != RATE:
        raise UsageError(
            f"base model {name!r} expects {rate} Hz, cvrecipes works at {RATE} Hz",
            remedy="choose a 16 kHz model",
        )
    return Base(
        name,
        where,
        files.config,
        family.framing(files.config, extractor),
        folder.is_dir(),
        license_of(files.card),
    )


def license_of(card: str) -> str | None:
    """The license that a model card names in its metadata, or None.

    With ``license: other``, the card gives the name in ``license_name``.
    """
    if not card.startswith("---"):
        return None
    hub.quiet()
    from huggingface_hub import ModelCard

    try:
        data: Any = ModelCard(card, ignore_metadata_errors=True).data
        metadata = data.to_dict()
    except Exception:  # people write cards by hand; the error depends on the YAML library
        return None
    license = metadata.get("license")
    if license == "other":
        license = metadata.get("license_name") or license
    if isinstance(license, list):
        license = ", ".join(map(str, license))
    return str(license) if license else None


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
