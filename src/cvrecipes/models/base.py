"""The base model: found, checked and described before anything long begins.

Only config files are read here, without torch.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cvrecipes.console import say
from cvrecipes.errors import Failure, UsageError
from cvrecipes.files import read_json
from cvrecipes.models.ctc import Framing

TINY = "tiny"
DEFAULT = "facebook/wav2vec2-xls-r-300m"
RATE = 16_000
_PATIENCE = 6.0  # seconds for each of connecting and answering
_CTC_TYPES = (
    "data2vec-audio", "hubert", "mctct", "parakeet_ctc", "sew", "sew-d", "unispeech",
    "unispeech-sat", "wav2vec2", "wav2vec2-bert", "wav2vec2-conformer", "wavlm",
)  # fmt: skip


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
    """

    name: str
    where: str
    config: Mapping[str, Any]
    framing: Framing
    local: bool

    @property
    def parameters(self) -> int:
        """Number of weights, counted from the sizes in config.json; 0 if it has none."""
        return _count(self.config)


def open_base(name: str) -> Base:
    """Find a base model by name (``tiny``), folder or Hub repository.

    Raises:
        UsageError: it has no CTC form in transformers, or expects another sampling rate.
        Failure: it is not there and cannot be fetched.
    """
    folder = tiny_folder() if name == TINY else Path(name)
    if folder.is_dir():
        config = _read_local(folder, "config.json", needed=True)
        extractor = _read_local(folder, "preprocessor_config.json", needed=False) or _read_local(
            folder, "processor_config.json", needed=False
        )
        if not any(folder.glob("*.safetensors")):
            raise UsageError(
                "this model folder has no .safetensors weights", where=folder,
                remedy="convert it: AutoModelForCTC.from_pretrained(...).save_pretrained(...)",
            )  # fmt: skip
        where = str(folder)
    else:
        if name.count("/") != 1 or name.startswith((".", "/", "~")):
            raise UsageError(f"there is no model folder {name!r}")
        where = name
        config, extractor = _fetch(name)
    kind = str(config.get("model_type", "unknown"))
    if kind not in _CTC_TYPES:
        raise UsageError(
            f"base model {name!r} is a {kind} model, which has no CTC form in transformers",
            remedy=f"choose a wav2vec2-like encoder, such as {DEFAULT}",
        )
    extractor = extractor.get("feature_extractor", extractor)
    rate = int(extractor.get("sampling_rate", RATE))
    if rate != RATE:
        raise UsageError(
            f"base model {name!r} expects {rate} Hz, cvrecipes works at {RATE} Hz",
            remedy="choose a 16 kHz model",
        )
    return Base(name, where, config, framing_of(config), folder.is_dir())


def framing_of(config: Mapping[str, Any]) -> Framing:
    """The convolutions that turn samples into frames."""
    if "conv_kernel" in config and "conv_stride" in config:
        kernels, strides = tuple(config["conv_kernel"]), tuple(config["conv_stride"])
        if config.get("add_adapter"):
            layers = int(config.get("num_adapter_layers", 3))
            kernels += (int(config.get("adapter_kernel_size", 3)),) * layers
            strides += (int(config.get("adapter_stride", 2)),) * layers
        return Framing(RATE, kernels, strides)
    if config.get("model_type") in ("wav2vec2-bert", "parakeet_ctc"):
        # Mel frames of 25 ms every 10 ms, stacked in pairs by the feature extractor.
        return Framing(RATE, (400, 2), (160, 2))
    return Framing(RATE)


def _read_local(folder: Path, name: str, *, needed: bool) -> dict[str, Any]:
    path = folder / name
    if not path.is_file():
        if needed:
            raise UsageError(f"has no {name}", where=folder, remedy="is it a model folder?")
        return {}
    return _table(path)


def reach(name: str, remedy: str) -> None:
    """See, once and briefly, whether the Hub can be asked for a model.

    huggingface_hub tries an unreachable Hub six times, with waits and a line for each. When
    the model is in the local cache, this process goes on offline.

    Arguments:
        name: a Hub repository.
        remedy: what to do when it is neither in the cache nor to be had.

    Raises:
        Failure: the Hub cannot be reached or is out of order, and the model is not cached.
    """
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    from huggingface_hub import (
        constants,
        get_session,
        get_token,
        hf_hub_url,
        is_offline_mode,
        try_to_load_from_cache,
    )
    from huggingface_hub.errors import HFValidationError

    logging.getLogger("huggingface_hub").setLevel(logging.ERROR)
    if is_offline_mode():
        return
    try:
        url = hf_hub_url(name, "config.json")
        cached = isinstance(try_to_load_from_cache(name, "config.json"), str)
    except HFValidationError:
        return  # said better where the file is asked for
    try:
        token = get_token()
        headers = {"authorization": f"Bearer {token}"} if token else {}
        answer = get_session().head(url, headers=headers, timeout=_PATIENCE)
    except Exception as error:  # which ones depends on the HTTP library of this version
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        trouble = f"cannot reach the Hub ({constants.ENDPOINT}: {reason})"
    else:
        if answer.status_code < 500 and answer.status_code != 429:
            return
        trouble = f"the Hub ({constants.ENDPOINT}) answers {answer.status_code}"
    if not cached:
        raise Failure(f"{trouble}, and {name} is not in the local cache", remedy=remedy)
    say(f"{trouble}; taking {name} from the local cache")
    os.environ["HF_HUB_OFFLINE"] = "1"
    constants.HF_HUB_OFFLINE = True


def _fetch(name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """config.json and preprocessor_config.json of a Hub repository, from cache or network."""
    remedy = (
        f"connect, or fetch it elsewhere with: hf download {name}; "
        "or give a local folder with --base, or --base tiny"
    )
    reach(name, remedy)
    from huggingface_hub import hf_hub_download, is_offline_mode
    from huggingface_hub.errors import (
        EntryNotFoundError,
        GatedRepoError,
        HfHubHTTPError,
        HFValidationError,
        LocalEntryNotFoundError,
        RepositoryNotFoundError,
    )

    try:
        config = _table(Path(hf_hub_download(name, "config.json")))
    except HFValidationError:
        raise UsageError(f"{name!r} is no model folder and no Hub repository name") from None
    except GatedRepoError:
        raise Failure(
            f"the Hub wants you to accept the terms of {name}",
            remedy="visit its page, then run: hf auth login",
        ) from None
    except RepositoryNotFoundError:
        raise Failure(
            f"the Hub has no model {name!r} that you may read", remedy="check the name"
        ) from None
    except LocalEntryNotFoundError as error:
        answer = getattr(error.__cause__, "response", None)
        if answer is not None and answer.status_code in (401, 403):
            raise Failure(
                f"the Hub refuses to give {name} ({answer.status_code})",
                remedy="log in with: hf auth login",
            ) from None
        why = "HF_HUB_OFFLINE is set" if is_offline_mode() else "the Hub cannot be reached"
        raise Failure(
            f"base model {name} is not in the local cache, and {why}",
            remedy=remedy,
        ) from None
    except EntryNotFoundError:
        raise UsageError(f"{name!r} has no config.json", remedy="is it a model?") from None
    except (HfHubHTTPError, OSError) as error:
        first = str(error).strip().splitlines()[0]
        raise Failure(f"base model {name} cannot be fetched: {first}", remedy=remedy) from None
    for file in ("preprocessor_config.json", "processor_config.json"):
        try:
            return config, _table(Path(hf_hub_download(name, file)))
        except (EntryNotFoundError, LocalEntryNotFoundError, HfHubHTTPError, OSError):
            continue
    return config, {}


def _table(path: Path) -> dict[str, Any]:
    value = read_json(path)
    if not isinstance(value, dict):
        raise Failure("is not a table", where=path)
    return value


def _count(config: Mapping[str, Any]) -> int:
    hidden: int = int(config.get("hidden_size", 0))
    layers = int(config.get("num_hidden_layers", 0))
    inner = int(config.get("intermediate_size", 4 * hidden))
    block = 4 * hidden * hidden + 2 * hidden * inner + 9 * hidden + inner
    channels: list[int] = [1, *config.get("conv_dim", ())]
    convolutions: int = sum(
        before * after * kernel + 3 * after
        for before, after, kernel in zip(
            channels, channels[1:], config.get("conv_kernel", ()), strict=False
        )
    )
    groups = int(config.get("num_conv_pos_embedding_groups", 16)) or 1
    position = int(config.get("num_conv_pos_embeddings", 0)) * hidden * hidden // groups
    projection = (channels[-1] + 1) * hidden if len(channels) > 1 else 0
    return layers * block + convolutions + position + projection
