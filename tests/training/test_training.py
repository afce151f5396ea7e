"""Training from the inside: batches, loss, evaluation, the model and the tutorial's values."""

from __future__ import annotations

import gc
import shutil
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import torch

from cvrecipes import audio
from cvrecipes.catalog import open_recipe
from cvrecipes.decoding.recognizer import Recognizer
from cvrecipes.errors import Failure, UsageError
from cvrecipes.hookspecs import hookimpl
from cvrecipes.job import Job
from cvrecipes.models.base import open_base
from cvrecipes.models.ctc import Vocabulary
from cvrecipes.models.devices import choose, precision_for, quiet_transformers
from cvrecipes.models.inference import AcousticModel
from cvrecipes.models.vocabulary import save_processor
from cvrecipes.plugins import new_manager
from cvrecipes.records import Evaluation, Trained
from cvrecipes.run import Clock, make_judge, prepare
from cvrecipes.run_folder import RunFolder
from cvrecipes.settings import Settings, preset
from cvrecipes.training import fit
from cvrecipes.training.callbacks import Watchdog, evaluations_of
from cvrecipes.training.collator import IGNORED, Collator, note_unreadable, read_unreadable
from cvrecipes.training.estimate import estimate, steps_an_epoch
from cvrecipes.training.fit import train
from cvrecipes.training.model import build_model, transplant_head
from cvrecipes.training.trainer import CTCTrainer

Make = Callable[..., Any]
VOCABULARY = Vocabulary(("|", "a", "b", "[UNK]", "[PAD]"))
# build_model calls a method that transformers 5.23 renamed; see the report of this test file.
RENAMED = pytest.mark.filterwarnings("ignore:`gradient_checkpointing_enable` is deprecated")


@pytest.fixture(autouse=True)
def _quiet() -> None:
    quiet_transformers()


@pytest.fixture
def job(micro_request: Make) -> Job:
    return prepare(micro_request(), Clock())


def changed(job: Job, **changes: Any) -> Job:
    """The job with other settings, on the CPU."""
    request = replace(job.plan.request, device="cpu")
    plan = replace(job.plan, settings=job.plan.settings.changed(changes), request=request)
    return replace(job, plan=plan)


def trained_on(job: Job, folder: Path, judge: Any = None, *plugins: object) -> Trained:
    recipe, hooks = open_recipe("tr", new_manager(plugins))
    job = replace(job, hooks=hooks)
    return train(job, RunFolder(folder), judge or make_judge(recipe, hooks))


def processor_of(job: Job, folder: Path) -> Any:
    return save_processor(job.vocabulary, job.base.where, folder / "processor", job.base.family)


@pytest.fixture
def make_trainer(tmp_path: Path) -> Callable[..., CTCTrainer]:
    """A trainer as `train` builds it, with a processor beside it in ``trainer.processor``."""
    from transformers import TrainingArguments

    def make(job: Job, judge: Any = lambda references, hypotheses: (0.0, 0.0)) -> CTCTrainer:
        folder = RunFolder(tmp_path / "run")
        torch.manual_seed(job.plan.request.seed)
        processor = processor_of(job, tmp_path)
        arguments = fit._arguments(job, folder, "cpu", "fp32", True, False)
        return CTCTrainer(
            vocabulary=job.vocabulary,
            settings=job.plan.settings,
            judge=judge,
            seed=job.plan.request.seed,
            extractor=processor.feature_extractor,
            model=build_model(job.base, job.vocabulary, job.plan.settings),
            args=TrainingArguments(**arguments),
            data_collator=Collator(processor.feature_extractor, job.vocabulary),
            train_dataset=fit._dataset(job.corpus.train),
            eval_dataset=fit._dataset(job.corpus.dev),
        )

    return make


def reopened(folder: Path) -> Path:
    """The run folder as a training leaves it that was stopped just before its end."""
    RunFolder(folder).trained.unlink()
    return folder


# ---------------------------------------------------------------- batches


@pytest.fixture
def collator(job: Job, tmp_path: Path) -> Collator:
    processor = processor_of(job, tmp_path)
    return Collator(processor.feature_extractor, job.vocabulary)


def rows_of(job: Job, count: int) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = job.corpus.train.slice(0, count).to_pylist()
    return rows


def test_inputs_and_labels_are_padded_apart(job: Job, collator: Collator) -> None:
    rows = rows_of(job, 4)
    batch = collator(rows)
    assert set(batch) == {"input_values", "attention_mask", "labels"}
    lengths = [len(audio.load(row["path"])) for row in rows]
    assert batch["input_values"].shape == (4, max(lengths))
    assert batch["input_values"].dtype == torch.float32
    assert batch["attention_mask"].sum(-1).tolist() == lengths
    assert batch["labels"].shape == (4, max(len(row["text"]) for row in rows))
    assert batch["labels"].dtype == torch.long
    for row, labels, values, length in zip(
        rows, batch["labels"], batch["input_values"], lengths, strict=True
    ):
        count = len(row["text"])
        assert job.vocabulary.decode(labels[:count].tolist(), collapsed=True) == row["text"]
        assert labels[count:].eq(IGNORED).all() and values[length:].eq(0).all()


def test_labels_never_hold_the_blank_and_keep_doubled_letters(collator: Collator) -> None:
    row = {"path": "", "clip": "x", "text": "dikkat saat"}
    numbers = collator._numbers
    with pytest.MonkeyPatch.context() as during:
        during.setattr(audio, "load", lambda *_: np.zeros(1600, np.float32))
        labels = collator([row])["labels"][0].tolist()
    assert labels == [numbers["|" if sign == " " else sign] for sign in row["text"]]
    assert numbers["[PAD]"] not in labels


def test_an_unreadable_clip_leaves_its_batch_and_is_remembered(
    job: Job, collator: Collator, tmp_path: Path
) -> None:
    rows = rows_of(job, 3)
    bad = tmp_path / "bad.mp3"
    bad.write_bytes(b"\xff\xfb\x90\x64" + bytes(500))
    rows[1] = {**rows[1], "path": str(bad), "clip": "bad.mp3"}
    written = tmp_path / "checkpoints" / "unreadable.jsonl"
    collator._unreadable = written
    batch = collator(rows)
    assert len(batch["input_values"]) == len(batch["labels"]) == 2
    ((clip, why),) = read_unreadable(written).items()
    assert clip == "bad.mp3" and "decoded" in why


def test_odd_names_and_a_line_cut_short_do_not_spoil_the_list_of_unreadable_clips(
    tmp_path: Path,
) -> None:
    file = tmp_path / "checkpoints" / "unreadable.jsonl"
    assert read_unreadable(file) == {}
    note_unreadable(file, "a\tb\n.mp3", "no\taudio")
    note_unreadable(file, "ç.mp3", "empty")
    note_unreadable(None, "x", "y")
    with file.open("a") as lines:
        lines.write('{"clip": "half')
    assert read_unreadable(file) == {"a\tb\n.mp3": "no\taudio", "ç.mp3": "empty"}


def test_a_batch_without_a_single_readable_clip_is_silence_without_labels(
    job: Job, collator: Collator
) -> None:
    batch = collator([{**row, "path": "nowhere.mp3"} for row in rows_of(job, 2)])
    assert len(batch["input_values"]) == 1
    assert (batch["labels"] == -100).all()


def test_an_epoch_has_as_many_steps_as_batches_over_accumulation() -> None:
    settings = Settings(batch_seconds=10.0, batch_clips=4, accumulation=1)
    assert steps_an_epoch([5.0] * 8, settings) == 4
    assert steps_an_epoch([1.0] * 8, settings) == 2
    assert steps_an_epoch([5.0] * 8, replace(settings, accumulation=3)) == 2
    assert steps_an_epoch([50.0], replace(settings, accumulation=3)) == 1
    assert steps_an_epoch([5.0] * 8, replace(settings, batch_seconds=0.0)) == 2


def test_every_epoch_trains_on_every_clip_once(
    job: Job, make_trainer: Callable[..., CTCTrainer]
) -> None:
    trainer = make_trainer(changed(job))
    seen: list[str] = []

    def note(rows: Sequence[dict[str, Any]]) -> Any:
        seen.extend(row["clip"] for row in rows)
        return {"labels": torch.zeros(1)}

    trainer.data_collator = note
    for _ in trainer.get_train_dataloader():
        pass
    assert sorted(seen) == sorted(job.corpus.train["clip"].to_pylist())


# ---------------------------------------------------------------- the loss


def loss_of(
    logits: torch.Tensor, frames: list[int], labels: list[list[int]], *, zero: bool = True
) -> torch.Tensor:
    """`CTCTrainer.ctc_loss` without a trainer around it."""
    longest = max(map(len, labels))
    padded = [row + [IGNORED] * (longest - len(row)) for row in labels]
    trainer: Any = SimpleNamespace(vocabulary=VOCABULARY, settings=Settings(ctc_zero_infinity=zero))
    return CTCTrainer.ctc_loss(trainer, logits, torch.tensor(frames), torch.tensor(padded))


@pytest.mark.parametrize("autocast", [False, True])
def test_the_loss_is_torch_s_ctc_loss_in_fp32_clip_by_clip(autocast: bool) -> None:
    logits = torch.randn(3, 20, 5, generator=torch.Generator().manual_seed(0)) * 4
    frames, labels = [20, 14, 9], [[1, 2, 1, 0, 2], [2], [1, 1, 2]]
    around = torch.autocast("cpu", dtype=torch.bfloat16) if autocast else nullcontext()
    with around:
        got = loss_of(logits, frames, labels)
    by_hand = [
        torch.nn.functional.ctc_loss(
            logits[i : i + 1, : frames[i]].double().log_softmax(-1).transpose(0, 1),
            torch.tensor([labels[i]]), torch.tensor([frames[i]]), torch.tensor([len(labels[i])]),
            blank=4, reduction="sum",
        ).item() / len(labels[i])
        for i in range(3)
    ]  # fmt: skip
    assert got.dtype == torch.float32
    assert got.item() == pytest.approx(sum(by_hand) / 3, rel=1e-5)


def test_logits_in_half_precision_are_raised_to_fp32_before_the_loss() -> None:
    logits = torch.randn(2, 12, 5, generator=torch.Generator().manual_seed(1)).bfloat16()
    exact = loss_of(logits.float(), [12, 12], [[1, 2], [2, 1, 2]])
    assert loss_of(logits, [12, 12], [[1, 2], [2, 1, 2]]).item() == exact.item()


def test_an_impossible_clip_counts_nothing_or_is_infinite() -> None:
    logits = torch.zeros(1, 3, 5, requires_grad=True)
    impossible = loss_of(logits, [3], [[1, 1, 1, 1]])
    assert impossible.item() == 0.0
    impossible.backward()
    assert logits.grad is not None and torch.isfinite(logits.grad).all()
    assert loss_of(torch.zeros(1, 3, 5), [3], [[1, 1, 1, 1]], zero=False).isinf()


def test_an_infinite_loss_stops_the_training_with_a_remedy(
    job: Job, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(CTCTrainer, "ctc_loss", lambda *_: torch.tensor(float("inf")))
    with pytest.raises(Failure, match="loss became inf at step 0"):
        trained_on(changed(job), tmp_path / "run")


def test_masks_longer_than_a_whole_batch_leave_that_batch_alone(
    job: Job, make_trainer: Callable[..., CTCTrainer]
) -> None:
    trainer = make_trainer(changed(job, mask_time_prob=0.5, mask_time_length=400))
    batch = trainer._prepare_inputs(next(iter(trainer.get_train_dataloader())))
    trainer.model.train()
    frames = trainer._forward(trainer.model, batch)[0].shape[1]
    assert frames < 400
    assert trainer.model.config.mask_time_prob == 0.5


def test_masks_that_fit_no_feature_are_refused(micro_request: Make, tmp_path: Path) -> None:
    changes = {"mask_feature_prob": 0.1, "mask_feature_length": 17}
    with pytest.raises(UsageError, match=r"17.* is above the 16 features of the base"):
        estimate(prepare(micro_request(tmp_path / "out", **changes), Clock()))


def test_the_logged_loss_does_not_grow_with_accumulation(job: Job, tmp_path: Path) -> None:
    one = trained_on(changed(job, max_steps=1), tmp_path / "one")
    two = trained_on(changed(job, max_steps=1, accumulation=2), tmp_path / "two")
    assert two.losses[0][1] == pytest.approx(one.losses[0][1], rel=0.3)


@RENAMED
def test_gradient_checkpointing_saves_memory_and_changes_no_loss(job: Job, tmp_path: Path) -> None:
    saving = changed(job, max_steps=3, gradient_checkpointing=True)
    plain = trained_on(changed(job, max_steps=3), tmp_path / "plain").losses
    for (step, loss, _), (other, expected, _) in zip(
        trained_on(saving, tmp_path / "saving").losses, plain, strict=True
    ):
        assert step == other and loss == pytest.approx(expected, rel=1e-4)


# ---------------------------------------------------------------- evaluation


def test_an_evaluation_hears_what_the_recognizer_hears(
    job: Job, make_trainer: Callable[..., CTCTrainer], tmp_path: Path
) -> None:
    recipe, hooks = open_recipe("tr")
    heard: list[tuple[str, str]] = []

    def judge(references: Sequence[str], hypotheses: Sequence[str]) -> tuple[float, float]:
        heard.extend(zip(references, hypotheses, strict=True))
        return make_judge(recipe, hooks)(references, hypotheses)

    job = changed(job)
    trainer = make_trainer(job, judge)
    metrics = trainer.evaluate()
    processor = processor_of(job, tmp_path)
    fit._save(trainer.model, processor, job, RunFolder(tmp_path / "run"))
    recognizer = Recognizer(tmp_path / "run" / "model", "cpu")
    rows = job.corpus.dev.to_pylist()
    alone = [recognizer.transcribe(audio.load(row["path"])).text for row in rows]
    assert any(alone), "a silent model would prove nothing"
    assert sorted(heard) == sorted(zip((row["text"] for row in rows), alone, strict=True))
    wer, cer = make_judge(recipe, hooks)([row["text"] for row in rows], alone)
    assert metrics["eval_wer"] == pytest.approx(wer)
    assert metrics["eval_cer"] == pytest.approx(cer)
    paths = [
        recognizer.transcribe(audio.load(row["path"])).log_probabilities.argmax(axis=1)
        for row in rows
    ]
    blanks = sum(int((path == job.vocabulary.blank).sum()) for path in paths)
    assert metrics["eval_blank_share"] == pytest.approx(blanks / sum(map(len, paths)))


def test_an_evaluation_does_not_depend_on_its_batches(
    job: Job, make_trainer: Callable[..., CTCTrainer], monkeypatch: pytest.MonkeyPatch
) -> None:
    import cvrecipes.training.trainer as trainers

    trainer = make_trainer(changed(job))
    together = trainer.evaluate()
    monkeypatch.setattr(trainers, "_EVALUATION_SECONDS", 0.1)
    assert trainer.evaluate() == pytest.approx(together, rel=1e-4)


def test_the_loss_of_an_evaluation_is_that_of_training_without_dropout(
    job: Job, make_trainer: Callable[..., CTCTrainer]
) -> None:
    trainer = make_trainer(changed(job))
    batch = trainer._prepare_inputs(trainer.data_collator(job.corpus.dev.to_pylist()))
    trainer.model.eval()
    with torch.no_grad():
        expected = float(trainer.compute_loss(trainer.model, batch))
    assert trainer.evaluate()["eval_loss"] == pytest.approx(expected, rel=1e-5)


def test_a_long_clip_of_dev_is_heard_in_windows_and_has_no_loss(
    job: Job, make_trainer: Callable[..., CTCTrainer], tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    import soundfile

    dev = job.corpus.dev.to_pylist()
    path = tmp_path / "long.wav"
    soundfile.write(path, np.tile(audio.load(dev[0]["path"]), 200)[: 130 * 16_000], 16_000)
    long = {**dev[0], "path": str(path), "clip": "long.wav", "seconds": 130.0}
    absent = {**dev[0], "path": "absent.wav", "clip": "absent.wav"}
    table = pa.Table.from_pylist([*dev, long, absent], schema=job.corpus.dev.schema)
    references: list[str] = []

    def judge(texts: Sequence[str], hypotheses: Sequence[str]) -> tuple[float, float]:
        references.extend(texts)
        return 0.5, 0.25

    trainer = make_trainer(changed(job), judge)
    without = trainer.evaluate()
    del references[:]
    seconds: list[float] = []
    forward = AcousticModel._forward

    def watched(self: AcousticModel, inputs: Any) -> Any:
        seconds.append(inputs["input_values"].numel() / 16_000)
        return forward(self, inputs)

    monkeypatch.setattr(AcousticModel, "_forward", watched)
    trainer._unreadable = tmp_path / "unreadable.jsonl"
    metrics = trainer.evaluate(fit._dataset(table))
    assert max(seconds) <= 120
    assert sorted(references) == sorted([*(row["text"] for row in dev), long["text"]])
    assert metrics["eval_loss"] == pytest.approx(without["eval_loss"], rel=1e-5)
    assert list(read_unreadable(tmp_path / "unreadable.jsonl")) == ["absent.wav"]


def test_an_evaluation_keeps_no_logits(
    job: Job, make_trainer: Callable[..., CTCTrainer], monkeypatch: pytest.MonkeyPatch
) -> None:
    import cvrecipes.training.trainer as trainers

    monkeypatch.setattr(trainers, "_EVALUATION_SECONDS", 0.1)  # a batch of each clip
    trainer = make_trainer(changed(job))
    trainer.evaluation_loop = lambda *_, **__: pytest.fail("Trainer's loop keeps logits")
    kept: list[weakref.ref[torch.Tensor]] = []
    alive: list[int] = []
    forward = AcousticModel.logits

    def watched(self: AcousticModel, clips: Any) -> Any:
        alive.append(sum(logits() is not None for logits in kept))
        outputs = forward(self, clips)
        kept.extend(weakref.ref(logits) for logits in outputs)
        return outputs

    monkeypatch.setattr(AcousticModel, "logits", watched)
    trainer.evaluate()
    gc.collect()
    assert len(kept) == 4 and max(alive) <= 1
    assert all(logits() is None for logits in kept)


def test_an_evaluation_leaves_the_model_training_and_unchanged(
    job: Job, make_trainer: Callable[..., CTCTrainer]
) -> None:
    trainer = make_trainer(changed(job, hidden_dropout=0.5))
    before = {name: weight.clone() for name, weight in trainer.model.state_dict().items()}
    first, second = trainer.evaluate(), trainer.evaluate()
    assert first == second, "dropout was on"
    assert trainer.model.training
    for name, weight in trainer.model.state_dict().items():
        assert torch.equal(weight, before[name])


# ---------------------------------------------------------------- the model


def test_the_output_layer_starts_from_the_rows_of_the_same_characters(job: Job) -> None:
    from safetensors.torch import load_file

    base = open_base("tiny")
    model = build_model(base, job.vocabulary, preset("tiny"))
    weights = load_file(Path(base.where) / "model.safetensors")
    from cvrecipes.files import read_json

    numbers = read_json(Path(base.where) / "vocab.json")
    shared = set(numbers) & set(job.vocabulary.tokens)
    assert {"[PAD]", "|", "a"} <= shared
    for token in shared:
        row, source = job.vocabulary.numbers()[token], numbers[token]
        assert torch.equal(model.lm_head.weight[row], weights["lm_head.weight"][source].float())
        assert torch.equal(model.lm_head.bias[row], weights["lm_head.bias"][source].float())
    assert transplant_head(model, base, job.vocabulary) == len(shared)


def test_without_transplanting_the_output_layer_is_fresh(job: Job) -> None:
    from safetensors.torch import load_file

    model = build_model(job.base, job.vocabulary, Settings(transplant_head=False,
        gradient_checkpointing=False))  # fmt: skip
    # The vocabularies are equal, so the rows are loaded as any other weights are.
    weights = load_file(Path(job.base.where) / "model.safetensors")
    assert torch.equal(model.lm_head.weight, weights["lm_head.weight"])
    smaller = Vocabulary(("|", "a", "[UNK]", "[PAD]"))
    model = build_model(job.base, smaller, Settings(transplant_head=False,
        gradient_checkpointing=False))  # fmt: skip
    assert model.lm_head.weight.shape == (4, 16)
    assert not any(
        torch.equal(model.lm_head.weight[row], source)
        for row in range(4)
        for source in weights["lm_head.weight"]
    )


def test_a_base_without_an_output_layer_gives_no_rows(job: Job, tmp_path: Path) -> None:
    folder = tmp_path / "base"
    shutil.copytree(job.base.where, folder)
    (folder / "vocab.json").unlink()
    model = build_model(job.base, job.vocabulary, job.plan.settings)
    assert transplant_head(model, open_base(str(folder)), job.vocabulary) == 0


@pytest.mark.parametrize("frozen", [True, False])
def test_the_feature_encoder_is_frozen_when_asked(job: Job, frozen: bool) -> None:
    settings = job.plan.settings.changed({"freeze_feature_encoder": frozen})
    model = build_model(job.base, job.vocabulary, settings)
    convolutions = list(model.wav2vec2.feature_extractor.parameters())
    assert convolutions and all(weight.requires_grad != frozen for weight in convolutions)
    assert all(weight.requires_grad for weight in model.lm_head.parameters())


def test_the_model_is_fp32_with_the_classes_of_the_vocabulary(job: Job) -> None:
    model = build_model(open_base("tiny"), job.vocabulary, preset("tiny"))
    assert {weight.dtype for weight in model.parameters()} == {torch.float32}
    assert model.config.vocab_size == model.lm_head.out_features == len(job.vocabulary)
    assert model.config.pad_token_id == job.vocabulary.blank


def test_the_frozen_convolutions_do_not_change_and_the_rest_does(job: Job, tmp_path: Path) -> None:
    from safetensors.torch import load_file

    trained_on(changed(job, max_steps=2, learning_rate=0.01), tmp_path / "run")
    after = load_file(tmp_path / "run" / "model" / "model.safetensors")
    before = load_file(Path(job.base.where) / "model.safetensors")
    convolutions = [name for name in after if "feature_extractor" in name]
    assert convolutions and all(torch.equal(after[n], before[n]) for n in convolutions)
    assert not torch.equal(after["lm_head.weight"], before["lm_head.weight"])


# ---------------------------------------------------------------- the tutorial's values


@pytest.fixture
def blog(micro_request: Make) -> Job:
    # On a CPU its fp16 is refused; a dry run with the device auto does not look.
    return prepare(
        replace(micro_request(preset="blog", quick=False), device="auto"), Clock(), dry=True
    )


def of_tutorial_size(blog: Job) -> Job:
    """As many clips as it takes that no value is cut down for a short training."""
    job = changed(blog)
    many = pa.concat_tables([job.corpus.train] * 200)
    return replace(job, corpus=replace(job.corpus, train=many))


def test_the_blog_preset_trains_on_train_and_dev_together(blog: Job) -> None:
    assert blog.corpus.train.num_rows == 20 and blog.corpus.dev.num_rows == 0
    names = blog.corpus.train["clip"].to_pylist()
    assert len(set(names)) == 20


def test_the_blog_preset_reaches_training_arguments(blog: Job, tmp_path: Path) -> None:
    from transformers import TrainingArguments

    job = of_tutorial_size(blog)
    given = fit._arguments(job, RunFolder(tmp_path), "cuda", "fp16", True, False)
    assert given.pop("fp16") is True  # refused by transformers where there is no GPU
    assert given.pop("dataloader_pin_memory") is True
    arguments = TrainingArguments(**given)
    assert arguments.per_device_train_batch_size == 16
    assert arguments.gradient_accumulation_steps == 2
    assert arguments.learning_rate == 3e-4
    assert arguments.warmup_steps == 500
    assert arguments.weight_decay == 0.0
    assert str(arguments.lr_scheduler_type) in ("linear", "SchedulerType.LINEAR")
    assert arguments.eval_strategy == "steps" and arguments.eval_steps == 400
    assert arguments.save_strategy == "steps" and arguments.save_steps == 400
    assert arguments.logging_steps == 400
    assert arguments.save_total_limit == 2
    assert arguments.load_best_model_at_end is False
    assert arguments.max_grad_norm == 1.0
    assert (arguments.adam_beta1, arguments.adam_beta2) == (0.9, 0.999)
    clips = 20 * 200
    assert arguments.max_steps == 30 * (clips // 32)
    assert blog.plan.settings.watch == "test"


@RENAMED
def test_the_blog_preset_reaches_the_model(blog: Job) -> None:
    model = build_model(blog.base, blog.vocabulary, blog.plan.settings)
    config = model.config
    assert config.attention_dropout == config.hidden_dropout == config.feat_proj_dropout == 0.0
    assert config.layerdrop == config.activation_dropout == config.final_dropout == 0.0
    assert config.mask_time_prob == 0.05 and config.mask_time_length == 10
    assert config.mask_feature_prob == 0.0 and config.apply_spec_augment
    assert config.ctc_loss_reduction == "mean"
    assert config.ctc_zero_infinity is False
    renamed = hasattr(type(model), "is_activation_checkpointing")
    assert model.is_activation_checkpointing if renamed else model.is_gradient_checkpointing
    assert not any(w.requires_grad for w in model.wav2vec2.feature_extractor.parameters())


@RENAMED
def test_the_blog_preset_groups_clips_of_like_length(
    blog: Job, make_trainer: Callable[..., CTCTrainer]
) -> None:
    seconds = np.random.default_rng(0).uniform(1, 10, 320).tolist()
    trainer = make_trainer(
        replace(changed(blog), corpus=replace(blog.corpus, dev=blog.corpus.test))
    )
    trainer.train_dataset = {"seconds": seconds}
    batches = list(trainer.get_train_dataloader().batch_sampler)
    assert {len(batch) for batch in batches} == {16}
    spread = [max(seconds[i] for i in b) - min(seconds[i] for i in b) for b in batches]
    assert np.mean(spread) < 2.0, "a batch drawn at random spreads over about eight seconds"


def test_the_blog_preset_needs_a_gpu_and_says_so() -> None:
    with pytest.raises(UsageError, match="fp16 training needs a CUDA GPU"):
        precision_for(preset("blog").precision, choose("cpu"))


def test_a_short_training_warms_up_for_half_of_it_at_most(job: Job, tmp_path: Path) -> None:
    job = changed(job, warmup_steps=500)
    assert fit._arguments(job, RunFolder(tmp_path), "cpu", "fp32", True, True)["warmup_steps"] == 3


# ---------------------------------------------------------------- callbacks


def history() -> Iterator[dict[str, Any]]:
    dev = {"eval_loss": 2.5, "eval_wer": 0.5, "eval_cer": 0.25, "eval_blank_share": 0.75}
    yield {"step": 5, "epoch": 0.5, **dev}
    yield {"step": 6, "epoch": 0.6, "loss": 4.0, "learning_rate": 1e-4}
    yield {"step": 8, "epoch": 0.8, "loss": 3.0, "learning_rate": 1e-4}
    yield {"step": 10, "epoch": 1.004, **dev}
    yield {"step": 15, "epoch": 1.5, **dev}
    yield {"step": 10, "train_runtime": 1.0, "train_loss": 3.5}


def test_the_evaluation_table_is_read_from_the_log() -> None:
    assert list(evaluations_of(history())) == [
        Evaluation(5, 0.5, None, 2.5, 0.5, 0.25, 0.75),
        Evaluation(10, 1.0, 3.5, 2.5, 0.5, 0.25, 0.75),
        Evaluation(15, 1.5, None, 2.5, 0.5, 0.25, 0.75),
    ]


def test_evaluations_survive_a_resume(job: Job, tmp_path: Path) -> None:
    whole = trained_on(changed(job), tmp_path / "whole")

    class Stop(Exception):
        pass

    calls: list[int] = []

    def stops(references: Sequence[str], hypotheses: Sequence[str]) -> tuple[float, float]:
        calls.append(len(references))
        if len(calls) == 2:
            raise Stop
        recipe, hooks = open_recipe("tr")
        return make_judge(recipe, hooks)(references, hypotheses)

    with pytest.raises(Stop):
        trained_on(changed(job), tmp_path / "run", stops)
    resumed = trained_on(changed(job), tmp_path / "run")
    assert [e.step for e in resumed.evaluations] == [3, 6]
    assert resumed.evaluations == whole.evaluations
    assert resumed.losses == whole.losses


def test_a_checkpoint_cut_short_is_passed_over(job: Job, tmp_path: Path) -> None:
    whole = trained_on(changed(job), tmp_path / "run")
    last = tmp_path / "run" / "checkpoints" / "checkpoint-6"
    (last / "trainer_state.json").unlink()
    assert trained_on(changed(job), reopened(tmp_path / "run")).losses == whole.losses


def test_a_run_folder_that_was_moved_keeps_its_best_weights(job: Job, tmp_path: Path) -> None:
    def judge(references: Sequence[str], hypotheses: Sequence[str]) -> tuple[float, float]:
        return next(rates), 0.0

    rates = iter([0.1, 0.9])
    trained_on(changed(job), tmp_path / "run", judge)
    reopened(tmp_path / "run").rename(tmp_path / "moved")
    moved = trained_on(changed(job), tmp_path / "moved", judge)
    assert (moved.best_step, moved.selected_on) == (3, "dev")
    folder = tmp_path / "moved"
    best = (folder / "checkpoints" / "checkpoint-3" / "model.safetensors").read_bytes()
    assert (folder / "model" / "model.safetensors").read_bytes() == best


def test_a_checkpoint_whose_best_weights_are_damaged_is_not_resumed(
    job: Job, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def judge(references: Sequence[str], hypotheses: Sequence[str]) -> tuple[float, float]:
        return next(rates), 0.0

    rates = iter([0.1, 0.9, 0.1, 0.9])
    trained_on(changed(job), tmp_path / "run", judge)
    (tmp_path / "run" / "checkpoints" / "checkpoint-3" / "model.safetensors").write_bytes(b"x")
    assert trained_on(changed(job), reopened(tmp_path / "run"), judge).best_step == 3
    (warning,) = [x for x in capsys.readouterr().err.splitlines() if x.startswith("warning")]
    assert warning.endswith("training starts anew")


def test_a_dev_split_without_a_readable_clip_is_refused(job: Job, tmp_path: Path) -> None:
    dev = job.corpus.dev
    broken = dev.set_column(
        dev.column_names.index("path"), "path", pa.array(["nowhere.mp3"] * dev.num_rows)
    )
    job = replace(changed(job), corpus=replace(job.corpus, dev=broken))
    with pytest.raises(Failure, match="none of 4 clips of dev can be decoded"):
        trained_on(job, tmp_path / "run")


def test_a_training_that_is_over_is_read_back(job: Job, tmp_path: Path) -> None:
    whole = trained_on(changed(job), tmp_path / "run")
    (tmp_path / "run").rename(tmp_path / "moved")

    def never(*_: object) -> tuple[float, float]:
        pytest.fail("it trains")

    again = trained_on(changed(job), tmp_path / "moved", never)
    assert again == replace(whole, folder=tmp_path / "moved" / "model")
    RunFolder(tmp_path / "moved").trained.write_text('{"steps": 6}', encoding="utf-8")
    with pytest.raises(Failure, match="is damaged"):
        trained_on(changed(job), tmp_path / "moved", never)


@pytest.mark.parametrize(
    ("seconds", "clips", "remedy"),
    [
        (160.0, 64, "--set batch_seconds=80 --set accumulation=4"),
        (0.0, 16, "--set batch_clips=8 --set accumulation=4"),
    ],
)
def test_the_remedy_for_short_memory_halves_what_decides_a_batch(
    seconds: float, clips: int, remedy: str
) -> None:
    settings = Settings().changed(
        {"batch_seconds": seconds, "batch_clips": clips, "accumulation": 2}
    )
    assert fit._smaller_batches(settings) == remedy


def test_the_watchdog_warns_once_and_only_after_the_warm_up(
    capsys: pytest.CaptureFixture[str],
) -> None:
    dog, arguments = Watchdog(), SimpleNamespace(warmup_steps=100)

    def at(step: int, share: float) -> str:
        state = SimpleNamespace(global_step=step)
        dog.on_evaluate(arguments, state, None, metrics={"eval_blank_share": share})
        return capsys.readouterr().err

    assert at(299, 1.0) == ""
    assert at(300, 0.9) == ""
    warning = at(300, 1.0)
    assert warning.startswith("warning: after 300 steps") and warning.count("\n") == 1
    assert at(400, 1.0) == ""


# ---------------------------------------------------------------- hooks and selection


def test_a_plugin_can_change_the_training_arguments(job: Job, tmp_path: Path) -> None:
    class Plugin:
        @hookimpl
        def prepare_training(self, arguments: dict[str, Any], corpus: Any, recipe: Any) -> None:
            assert corpus.train.num_rows == 16 and recipe.locale == "tr"
            arguments["max_steps"] = arguments["save_steps"] = arguments["eval_steps"] = 2

    trained = trained_on(changed(job), tmp_path / "run", None, Plugin())
    assert trained.steps == 2
    assert [e.step for e in trained.evaluations] == [2]


@pytest.mark.parametrize(
    ("watch", "select", "kept"), [("dev", "best", 3), ("dev", "last", 6), ("test", "best", 6)]
)
def test_weights_are_selected_on_dev_and_never_on_test(
    watch: str, select: str, kept: int, job: Job, tmp_path: Path
) -> None:
    from safetensors.torch import load_file

    rates = iter([0.1, 0.9])  # the first evaluation looks better by far

    def judge(references: Sequence[str], hypotheses: Sequence[str]) -> tuple[float, float]:
        rate = next(rates)
        return rate, rate

    job = changed(job, watch=watch, select=select, learning_rate=0.01)
    trained = trained_on(job, tmp_path / "run", judge)
    assert trained.best_step == kept
    assert trained.selected_on == ("dev" if (watch, select) == ("dev", "best") else None)
    saved = load_file(trained.folder / "model.safetensors")
    folder = tmp_path / "run" / "checkpoints" / f"checkpoint-{kept}"
    checkpoint = load_file(folder / "model.safetensors")
    assert all(torch.equal(saved[name], checkpoint[name]) for name in saved)


def test_without_dev_training_keeps_the_last_weights(job: Job, tmp_path: Path) -> None:
    job = changed(job, max_steps=2)
    job = replace(job, corpus=replace(job.corpus, dev=job.corpus.dev.slice(0, 0)))
    trained = trained_on(job, tmp_path / "run")
    assert trained.evaluations == () and trained.best_step == trained.steps == 2
    assert trained.selected_on is None
