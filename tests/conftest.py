"""What the tests share: a release of a few clips, an encoder of a few thousand weights, and
one real run of the two."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

# Before anything imports huggingface_hub, which reads this once: no test asks the network,
# and no variable of the person who runs the tests changes what they see.
os.environ["HF_HUB_OFFLINE"] = "1"
for _name in [name for name in os.environ if name.startswith("CVRECIPES_")]:
    del os.environ[_name]

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from cvrecipes.decoding.recognizer import Recognizer
    from cvrecipes.job import Job
    from cvrecipes.models.base import Base
    from cvrecipes.plan import Request
    from cvrecipes.records import RunReport
    from cvrecipes.training.trainer import CTCTrainer

CLIPS = {"train": 16, "dev": 4, "test": 4}
# Six steps of about four clips, two evaluations, two checkpoints.
QUICK = {
    "max_steps": 6, "evaluate_every": 3, "log_every": 1, "batch_seconds": 16, "warmup_steps": 2,
    "threads": 1, "workers": 0, "gradient_checkpointing": False,
}  # fmt: skip


@dataclass(frozen=True)
class Outcome:
    """What a command gave back."""

    code: int
    out: str
    err: str

    @property
    def complaint(self) -> str:
        """The one line that says what went wrong; anything more is a failed test."""
        assert "Traceback" not in self.err, self.err
        lines = [line for line in self.err.splitlines() if line.startswith("error: ")]
        assert len(lines) == 1, self.err
        return lines[0].removeprefix("error: ")


@pytest.fixture(autouse=True)
def _clean_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    # The recipes of the person who runs the tests are not asked either.
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path_factory.getbasetemp() / "no-data"))
    for name in [name for name in os.environ if name.startswith("CVRECIPES_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    # One cache for all tests, as a person has one; nobody's own is touched.
    monkeypatch.setenv("CVRECIPES_CACHE", str(tmp_path_factory.getbasetemp() / "cache"))


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of the test's own."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("CVRECIPES_CACHE", str(folder))
    return folder


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> Callable[..., Outcome]:
    """The command line in this process: ``call("run", "tr", "--json")``."""
    from cvrecipes.cli import main

    def run(*words: object) -> Outcome:
        capsys.readouterr()
        with pytest.raises(SystemExit) as left:
            main([str(word) for word in words])
        captured = capsys.readouterr()
        return Outcome(int(left.value.code or 0), captured.out, captured.err)

    return run


@pytest.fixture
def own_recipe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's own recipe of ``xx``, which deletes the letter z."""
    folder = tmp_path / "mine" / "xx"
    folder.mkdir(parents=True)
    (folder / "recipe.toml").write_text(
        'name = "Test"\nscript = "Latn"\nstatus = "generic"\n[text]\ndelete = "z"\n'
        '[alphabet]\nletters = "a b c"\n'
    )
    monkeypatch.setenv("CVRECIPES_RECIPES", str(folder.parent))
    return folder


@pytest.fixture(scope="session")
def micro_release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shortest clips of the built-in sample, as a release of their own; never written to."""
    from cvrecipes.data.release import sample_folder

    source = sample_folder() / "tr"
    folder = tmp_path_factory.mktemp("release") / "cv-corpus-0.0-2026-01-01" / "tr"
    (folder / "clips").mkdir(parents=True)
    listed = (source / "clip_durations.tsv").read_text(encoding="utf-8").splitlines()
    length = dict(line.split("\t") for line in listed[1:])
    chosen: list[str] = []
    for split, count in CLIPS.items():
        header, *lines = (source / f"{split}.tsv").read_text(encoding="utf-8").splitlines()
        place = header.split("\t").index("path")
        lines.sort(key=lambda line: int(length[line.split("\t")[place]]))
        _write(folder / f"{split}.tsv", [header, *lines[:count]])
        chosen += [line.split("\t")[place] for line in lines[:count]]
    for name in chosen:
        shutil.copyfile(source / "clips" / name, folder / "clips" / name)
    durations = [f"{name}\t{length[name]}" for name in chosen]
    _write(folder / "clip_durations.tsv", [listed[0], *durations])
    return folder


def _write(path: Path, lines: list[str]) -> None:
    path.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")


@pytest.fixture(scope="session")
def micro_base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random wav2vec2 with Turkish classes, so that it babbles instead of being silent."""
    import torch
    from transformers import Wav2Vec2Config, Wav2Vec2FeatureExtractor, Wav2Vec2ForCTC

    from cvrecipes.catalog import open_recipe
    from cvrecipes.files import write_json
    from cvrecipes.models.vocabulary import build_vocabulary

    recipe, hooks = open_recipe("tr")
    vocabulary = build_vocabulary(recipe, None, hooks)
    folder = tmp_path_factory.mktemp("base")
    torch.manual_seed(0)
    config = Wav2Vec2Config(
        vocab_size=len(vocabulary), hidden_size=16, num_hidden_layers=1, num_attention_heads=2,
        intermediate_size=32, conv_dim=(8, 8, 8), conv_kernel=(10, 8, 4), conv_stride=(10, 8, 4),
        num_conv_pos_embeddings=4, num_conv_pos_embedding_groups=2, feat_extract_norm="layer",
        do_stable_layer_norm=True, pad_token_id=vocabulary.blank, bos_token_id=None,
        eos_token_id=None,
    )  # fmt: skip
    model = Wav2Vec2ForCTC(config)
    with torch.no_grad():
        model.lm_head.weight.mul_(30)
        for token, bias in (("[UNK]", -1000.0), ("[PAD]", 3.0), ("|", 2.0)):
            model.lm_head.bias[vocabulary.numbers()[token]] = bias
    model.save_pretrained(folder)
    Wav2Vec2FeatureExtractor(return_attention_mask=True).save_pretrained(folder)
    write_json(folder / "vocab.json", vocabulary.numbers())
    return folder


@pytest.fixture(scope="session")
def micro_request(micro_release: Path, micro_base: Path) -> Callable[..., Request]:
    """Makes requests for the quick run: ``micro_request(out, seed=1, learning_rate=1e-3)``."""

    from cvrecipes.plan import Request

    def make(
        out: Path | None = None, *, data: Path | None = None, seed: int = 42, resume: bool = False,
        preset: str | None = None, quick: bool = True, **changes: Any,
    ) -> Request:  # fmt: skip
        return Request(
            locale="tr",
            data=str(data or micro_release),
            out=out,
            base=str(micro_base),
            preset=preset,
            changes={**(QUICK if quick else {}), **changes},
            seed=seed,
            device="cpu",
            resume=resume,
        )

    return make


@pytest.fixture(scope="session")
def micro_words(micro_release: Path, micro_base: Path) -> list[str]:
    """The same run on the command line, without ``--out``."""
    words = [
        "run",
        "tr",
        "--data",
        str(micro_release),
        "--base",
        str(micro_base),
        "--device",
        "cpu",
    ]
    return words + [word for key, value in QUICK.items() for word in ("--set", f"{key}={value}")]


@pytest.fixture(scope="session")
def micro_run(
    micro_request: Callable[..., Request], tmp_path_factory: pytest.TempPathFactory
) -> RunReport:
    """One finished run, for tests that only read it."""
    from cvrecipes.run import run

    return run(micro_request(tmp_path_factory.mktemp("run") / "tr"))


@pytest.fixture(scope="session")
def micro_clips(micro_release: Path) -> list[npt.NDArray[np.float32]]:
    """The samples of every clip of the release."""
    from cvrecipes import audio

    return [audio.load(path) for path in sorted((micro_release / "clips").iterdir())]


@pytest.fixture(scope="session")
def micro_files(micro_release: Path) -> list[Path]:
    """Three audio files of the release."""
    return sorted((micro_release / "clips").iterdir())[:3]


@pytest.fixture(scope="session")
def recognizer(micro_run: RunReport) -> Recognizer:
    """The model of the finished run."""
    from cvrecipes.decoding.recognizer import Recognizer

    return Recognizer(micro_run.folder, "cpu")


@pytest.fixture(scope="session")
def local_recognizer(recognizer: Recognizer) -> Recognizer:
    """A model that decides each frame from a tenth of a second around it.

    What it hears does not depend on what else is in the window, so windows that are cut and
    joined rightly give exactly what one long window gives, however well it was trained.
    """
    import torch

    from cvrecipes.decoding.recognizer import Recognizer

    local = Recognizer(recognizer.model.config._name_or_path, "cpu")
    with torch.no_grad():
        for layer in local.model.wav2vec2.encoder.layers:
            for part in (layer.attention.out_proj, layer.feed_forward.output_dense):
                part.weight.zero_()
                part.bias.zero_()
    return local


@pytest.fixture
def quiet_transformers() -> None:
    """What a command does to the messages of transformers and torch."""
    from cvrecipes.models import devices

    devices.quiet_transformers()


@pytest.fixture
def job(micro_request: Callable[..., Request]) -> Job:
    """The quick run, prepared for training."""
    from cvrecipes.run import Clock, prepare

    return prepare(micro_request(), Clock())


@pytest.fixture
def make_trainer(tmp_path: Path) -> Callable[..., CTCTrainer]:
    """Makes the trainer of a job, as `train` builds it: ``make_trainer(job, judge)``."""
    from support.training import trainer_of

    def make(job: Job, judge: Any = lambda references, hypotheses: (0.0, 0.0)) -> CTCTrainer:
        return trainer_of(job, tmp_path, judge)

    return make


@pytest.fixture
def base_of(tmp_path: Path) -> Callable[..., Base]:
    """Makes the tiny base of a family, or skips where transformers does not have it yet."""
    from cvrecipes.models.base import open_base
    from support.tiny_models import installed, save_tiny

    def make(model_type: str, **changes: Any) -> Base:
        if model_type not in installed():
            pytest.skip(f"this version of transformers has no {model_type}")
        return open_base(str(save_tiny(model_type, tmp_path / "base", **changes)))

    return make


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder on Python's path, for packages."""
    folder = tmp_path / "packages"
    folder.mkdir()
    monkeypatch.syspath_prepend(folder)
    return folder


@pytest.fixture
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, away from the recipes of the checkout."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def eighty_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal of 80 columns."""
    monkeypatch.setenv("COLUMNS", "80")
