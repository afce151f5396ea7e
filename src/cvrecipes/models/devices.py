"""The device and the precision of a run, and the warnings of libraries that mean nothing here."""

from __future__ import annotations

import os
import platform
import shutil
import sys
import warnings
from typing import TYPE_CHECKING

from cvrecipes.errors import UsageError

if TYPE_CHECKING:
    import torch


# The value that `pin` set CUDA_VISIBLE_DEVICES to, by device. A second call must know it: when one
# GPU is visible, cuda:1 is no longer the second of them.
_pinned: dict[str, str] = {}

# oneDNN, torch's library for CPUs, keeps what it compiled for each shape of its inputs: for 1024 of
# them, unless this says otherwise. Nearly every batch has a length of its own, so little is used
# twice: over a run on the sample that took 1 GB and made no step faster.
_ONEDNN = ("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "16")


def quiet_transformers() -> None:
    """Silence the progress bars and warnings of transformers that a user cannot act on.

    transformers warns about every new output layer ("newly initialized"), and every run has one.
    Real errors are raised and not logged, so they are still seen.
    """
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    import transformers

    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    warnings.filterwarnings("ignore", message=".*`torch.jit.*", category=DeprecationWarning)
    # WavLM gives torch a mask of another type than its position bias, in every layer; LASR's
    # convolutions have an even kernel.
    for message in ("Support for mismatched key_padding_mask", "Using padding='same' with even"):
        warnings.filterwarnings("ignore", message=message)


def pin(device: str) -> str:
    """Check a device's name, hide every other GPU and bound oneDNN's cache.

    The environment must be so before torch is imported.

    A run takes one GPU. Trainer would otherwise split each batch over all GPUs that it sees, and
    the parts would no longer fit their CTC lengths.

    Returns:
        ``auto``, ``cpu``, ``cuda`` or ``mps``.

    Raises:
        UsageError: the name is unknown.
    """
    os.environ.setdefault(*_ONEDNN)
    kind, _, number = device.partition(":")
    if kind not in ("auto", "cpu", "cuda", "mps") or (number and kind != "cuda"):
        raise UsageError(f"unknown device {device!r}", remedy="use auto, cpu, cuda, cuda:N or mps")
    if number and not number.isdigit():
        raise UsageError(f"unknown device {device!r}", remedy="use cuda:0, cuda:1 ...")
    if kind in ("auto", "cuda"):
        variable = os.environ.get("CUDA_VISIBLE_DEVICES", "")
        if variable and _pinned.get(device) == variable:
            return kind
        visible = [n for n in variable.split(",") if n.strip()]
        index = int(number or 0)
        if visible and index >= len(visible):
            raise UsageError(f"there is no {device}", remedy=f"{len(visible)} visible")
        _pinned[device] = visible[index] if visible else str(index)
        os.environ["CUDA_VISIBLE_DEVICES"] = _pinned[device]
    return kind


def choose(device: str) -> torch.device:
    """The torch device of ``auto``, ``cpu``, ``cuda``, ``cuda:1`` or ``mps``.

    Raises:
        UsageError: the device is unknown, or this machine does not have it.
    """
    device = pin(device)
    import torch

    if device == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda")
        if torch.backends.mps.is_available():
            return torch.device("mps")
        return torch.device("cpu")
    if device == "cuda" and not torch.cuda.is_available():
        raise UsageError("torch sees no CUDA device here", remedy="use --device cpu")
    if device == "mps" and not torch.backends.mps.is_available():
        raise UsageError("torch sees no Apple GPU here", remedy="use --device cpu")
    return torch.device(device)


def kind_of(device: str) -> str:
    """``cpu``, ``cuda`` or ``mps``; torch is only imported where something points to a GPU.

    Raises:
        UsageError: see `choose`.
    """
    kind = pin(device)
    if kind == "cpu" or (kind == "auto" and not _gpu_possible()):
        return "cpu"
    return choose(device).type


def _gpu_possible() -> bool:
    """Whether this machine has the driver of a GPU that torch may use: NVIDIA, AMD or Apple."""
    if sys.platform == "darwin":
        return platform.machine() == "arm64"
    if shutil.which("nvidia-smi"):
        return True
    windows = os.environ.get("SYSTEMROOT", "C:/Windows")
    drivers = ("/proc/driver/nvidia", "/dev/kfd", "/dev/dxg", f"{windows}/System32/nvcuda.dll")
    return any(map(os.path.exists, drivers))


def name_of(device: torch.device) -> str:
    """The name of a device, for people."""
    import torch

    if device.type == "cuda":
        return str(torch.cuda.get_device_name(device))
    return {"cpu": f"CPU ({torch.get_num_threads()} threads)", "mps": "Apple GPU"}[device.type]


def check(device: str, precision: str) -> None:
    """Refuse a device or precision that this machine does not have, before a run begins.

    Raises:
        UsageError: see `choose` and `precision_for`.
    """
    precision_for(precision, choose(device))


def precision_for(precision: str, device: torch.device) -> str:
    """``fp32``, ``bf16`` or ``fp16``; for ``auto``, the best that the device has.

    Raises:
        UsageError: the device cannot train in this precision.
    """
    import torch

    has_bf16 = device.type == "cuda" and torch.cuda.is_bf16_supported(including_emulation=False)
    if precision == "auto":
        if device.type == "cuda":
            return "bf16" if has_bf16 else "fp16"
        return "fp32"
    if precision == "bf16" and device.type == "cuda" and not has_bf16:
        raise UsageError("this GPU has no bf16", remedy="--set precision=fp16")
    refuse_precision(precision, device.type)
    return precision


def refuse_precision(precision: str, kind: str) -> None:
    """Refuse fp16 on a kind of device that cannot train in it. This check needs no torch.

    Raises:
        UsageError: fp16 on ``cpu`` or ``mps``.
    """
    if precision == "fp16" and kind in ("cpu", "mps"):
        raise UsageError("fp16 training needs a CUDA GPU", remedy="--set precision=fp32")
