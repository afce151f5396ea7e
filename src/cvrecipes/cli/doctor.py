"""The command doctor: what this machine has, what is missing, and the command that adds it."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import click

from cvrecipes.cli import options
from cvrecipes.cli.output import fitted, print_json


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one check.

    Attributes:
        what: the part that was checked.
        state: ``ok``, ``note`` (a run works without it) or ``bad`` (a run would fail).
        found: version or state of the part.
        mend: the command that repairs it.
    """

    what: str
    state: str
    found: str
    mend: str = ""


_INDENT = 21  # columns before the text of a finding
_REINSTALL = "pip install 'torch>=2.11,<2.13' 'torchaudio>=2.11,<2.12'"


def _guarded(what: str, mend: str, check: Callable[[], str]) -> Finding:
    try:
        return Finding(what, "ok", check())
    except Exception as error:  # whatever is broken is the finding
        first = (str(error).strip().splitlines() or [""])[0]
        return Finding(what, "bad", f"{type(error).__name__}: {first}"[:200], mend)


def _packages() -> Iterator[Finding]:
    for name in ("transformers", "datasets", "accelerate", "rapidfuzz", "soundfile", "soxr",
                 "tensorboard"):  # fmt: skip
        try:
            yield Finding(name, "ok", version(name))
        except PackageNotFoundError:
            yield Finding(name, "bad", "not installed", "pip install --upgrade cvrecipes")


def _torch() -> str:
    import torch

    return str(torch.__version__)


def _torchaudio() -> str:
    import torchaudio
    from torchaudio.functional import forced_align  # noqa: F401 (fails where it is missing)

    return str(torchaudio.__version__)


def _gpu() -> Finding:
    try:
        import torch
    except Exception:
        return Finding("gpu", "bad", "torch does not import", _REINSTALL)
    if torch.cuda.is_available():
        memory = torch.cuda.get_device_properties(0).total_memory / 1024**3
        bf16 = "bf16" if torch.cuda.is_bf16_supported(including_emulation=False) else "no bf16"
        return Finding("gpu", "ok", f"{torch.cuda.get_device_name(0)}, {memory:.0f} GB, {bf16}")
    if torch.backends.mps.is_available():
        return Finding("gpu", "ok", "Apple GPU (CTC loss runs on the CPU)")
    return Finding(
        "gpu", "note", f"none; {torch.get_num_threads()} CPU threads, enough for --base tiny"
    )


def _mp3() -> str:
    import numpy as np
    import soundfile

    from cvrecipes import audio

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "probe.mp3"
        soundfile.write(str(path), np.zeros(4800, np.float32), 48_000, format="MP3")
        samples = audio.load(path)
    return f"libsndfile {soundfile.__libsndfile_version__}, {len(samples)} samples decoded"


def _builtin() -> Finding:
    from cvrecipes.data.release import sample_folder
    from cvrecipes.models.base import tiny_folder

    missing = [
        str(path)
        for path in (tiny_folder() / "model.safetensors", sample_folder() / "tr" / "train.tsv")
        if not path.is_file()
    ]
    if missing:
        return Finding("built-in sample", "bad", f"{missing[0]} is missing", "reinstall cvrecipes")
    return Finding("built-in sample", "ok", "release and tiny encoder are installed")


def _cache() -> Finding:
    from cvrecipes.models.base import DEFAULT

    try:
        from huggingface_hub import try_to_load_from_cache
    except ImportError:
        return Finding(
            "base model", "bad", "huggingface_hub is missing", "pip install transformers"
        )
    if isinstance(try_to_load_from_cache(DEFAULT, "config.json"), str):
        return Finding("base model", "ok", f"{DEFAULT} is in the local cache")
    return Finding(
        "base model", "note", f"{DEFAULT} is not in the local cache; the first run fetches it",
        f"hf download {DEFAULT}",
    )  # fmt: skip


def _espeak() -> Finding:
    try:
        return Finding("voices", "ok", f"espeakng-loader {version('espeakng-loader')}")
    except PackageNotFoundError:
        return Finding(
            "voices", "note", "espeak-ng is not installed; only cvrecipes sample needs it",
            "pip install 'cvrecipes[sample]'",
        )  # fmt: skip


def _plugins() -> str:
    from cvrecipes.catalog import find_recipes
    from cvrecipes.plugins import new_manager

    manager = new_manager()
    catalog = find_recipes(manager)
    return f"{len(manager.list_name_plugin())} plugins, {len(catalog.recipes)} recipes"


def examine() -> list[Finding]:
    """Check everything that a run needs."""
    import platform

    free = shutil.disk_usage(Path.cwd()).free / 1024**3
    return [
        Finding("python", "ok", f"{platform.python_version()} on {platform.platform(terse=True)}"),
        _guarded("torch", _REINSTALL, _torch),
        _guarded("torchaudio", _REINSTALL, _torchaudio),
        *_packages(),
        _guarded("mp3", "pip install --upgrade soundfile soxr", _mp3),
        _gpu(),
        Finding("cpu", "ok", f"{os.cpu_count()} cores"),
        Finding("disk", "ok" if free > 5 else "note", f"{free:.0f} GB free here"),
        _builtin(),
        _cache(),
        _espeak(),
        _guarded(
            "recipes", "see the message; cvrecipes plugins lists what each plugin adds", _plugins
        ),
    ]


@click.command()
@options.as_json
def doctor(as_json: bool) -> int:
    """Check that this machine has what a run needs.

    For everything that is missing, the command that installs it is printed. The exit code is 1
    when a run would fail.
    """
    findings = examine()
    if as_json:
        print_json(
            [{"what": f.what, "state": f.state, "found": f.found, "mend": f.mend} for f in findings]
        )
    else:
        colors = {"ok": "green", "note": "yellow", "bad": "red"}
        for finding in findings:
            state = click.style(f"{finding.state:4}", fg=colors[finding.state])
            first, *rest = fitted(finding.found, _INDENT)
            click.echo(f"{state} {finding.what:15} {first}")
            for line in rest:
                click.echo(" " * _INDENT + line)
            if finding.mend:  # a command to copy is never wrapped
                click.echo(f"{'':20} mend with: {finding.mend}")
    return 1 if any(finding.state == "bad" for finding in findings) else 0
