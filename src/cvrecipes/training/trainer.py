"""The training loop.

It is transformers' Trainer with three changes: a batch holds so many seconds of speech, the CTC
loss is computed in fp32, and an evaluation keeps no logits in memory."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch.utils.data import DataLoader
from transformers import Trainer

from cvrecipes.errors import Failure
from cvrecipes.models.base import family_of
from cvrecipes.models.batches import SecondsSampler
from cvrecipes.models.ctc import Vocabulary
from cvrecipes.models.families import set_attribute
from cvrecipes.models.inference import BATCH_SECONDS, AcousticModel, best_path, infer
from cvrecipes.records import Segment
from cvrecipes.settings import Settings
from cvrecipes.training.collator import IGNORED, note_unreadable

# references, hypotheses -> (WER, CER), both fractions
Judge = Callable[[Sequence[str], Sequence[str]], tuple[float, float]]
_EVALUATION_SECONDS = BATCH_SECONDS


class CTCTrainer(Trainer):
    """Transformers' Trainer for CTC, with the changes that the module names.

    Arguments:
        vocabulary: the CTC classes.
        settings: `batch_seconds`, `batch_clips` and `ctc_zero_infinity` are used.
        judge: computes (WER, CER) from references and hypotheses.
        seed: decides the order of the batches.
        extractor: the model's feature extractor, for evaluations.
        unreadable: the file that lists clips of dev that cannot be decoded.
        arguments: all other arguments of transformers' Trainer.
    """

    def __init__(
        self,
        *,
        vocabulary: Vocabulary,
        settings: Settings,
        judge: Judge,
        seed: int,
        extractor: Any,
        unreadable: Path | None = None,
        **arguments: Any,
    ) -> None:
        super().__init__(**arguments)
        self.vocabulary, self.settings, self.judge = vocabulary, settings, judge
        self._extractor, self._unreadable = extractor, unreadable
        values = self.model.config.to_dict()
        self._family = family_of(values)
        self._framing = self._family.framing(values, extractor.to_dict())
        self._masked = bool(getattr(extractor, "return_attention_mask", True))
        self._seed = seed
        # The loss is a mean over clips; Trainer must divide it by the accumulated batches.
        self.model_accepts_loss_kwargs = False

    def get_train_dataloader(self) -> DataLoader[Any]:
        """Batches by seconds, reshuffled every epoch."""
        sampler = SecondsSampler(
            self.train_dataset["seconds"],
            most_seconds=self.settings.batch_seconds,
            most_clips=self.settings.batch_clips,
            seed=self._seed,
        )
        loader: DataLoader[Any] = DataLoader(
            self.train_dataset,
            batch_sampler=sampler,
            **self._loading(),
        )
        return self.accelerator.prepare(loader)  # type: ignore[no-any-return]

    def _loading(self) -> dict[str, Any]:
        workers = self.args.dataloader_num_workers
        return {
            "collate_fn": self.data_collator,
            "num_workers": workers,
            "pin_memory": self.args.dataloader_pin_memory,
            "persistent_workers": workers > 0,
            # Fork is unsafe after threads have started, and Windows has none.
            "multiprocessing_context": "spawn" if workers > 0 else None,
        }

    @contextmanager
    def _fitting_masks(self, model: Any, frames: int) -> Iterator[None]:
        """Turn time masks off for a batch shorter than one mask, for which transformers raises."""
        config, family = self.accelerator.unwrap_model(model).config, self._family
        chance = family.value(config, "mask_time_prob")
        if not chance or frames >= family.value(config, "mask_time_length"):
            yield
            return
        name = family.settings["mask_time_prob"]
        set_attribute(config, name, 0.0)
        try:
            yield
        finally:
            set_attribute(config, name, chance)

    def _forward(self, model: Any, inputs: dict[str, Any]) -> tuple[torch.Tensor, torch.Tensor]:
        """Logits in fp32, shape (clips, frames, classes), and frames of each clip."""
        tensors = {k: v for k, v in inputs.items() if k != "labels"}
        mask = tensors[self._family.mask_name]
        if not self._masked:
            del tensors[self._family.mask_name]
        longest = int(self._framing.frames_of_inputs(mask.shape[-1]))
        with self._fitting_masks(model, longest):
            logits = model(**tensors).logits.float()
        frames = self._framing.frames_of_inputs(mask.sum(-1).cpu().numpy())
        return logits, torch.from_numpy(frames).to(logits.device)

    def ctc_loss(
        self, logits: torch.Tensor, frames: torch.Tensor, labels: torch.Tensor
    ) -> torch.Tensor:
        """Mean CTC loss of a batch, each clip's divided by its labels; always fp32."""
        lengths = (labels != IGNORED).sum(-1)
        targets = labels.clamp(min=0)
        device = logits.device
        if device.type == "mps":  # torch has no CTC loss there (pytorch/pytorch#160829)
            logits, frames, targets, lengths = (t.cpu() for t in (logits, frames, targets, lengths))
        with torch.autocast(device_type=logits.device.type, enabled=False):
            loss = torch.nn.functional.ctc_loss(
                logits.float().log_softmax(-1).transpose(0, 1),
                targets,
                frames,
                lengths,
                blank=self.vocabulary.blank,
                reduction="mean",
                zero_infinity=self.settings.ctc_zero_infinity,
            )
        return loss.to(device)

    def compute_loss(
        self,
        model: Any,
        inputs: dict[str, Any],
        return_outputs: bool = False,
        num_items_in_batch: Any = None,
    ) -> Any:
        """CTC loss of a batch; an infinite or undefined one stops the run."""
        logits, frames = self._forward(model, inputs)
        loss = self.ctc_loss(logits, frames, inputs["labels"])
        if not torch.isfinite(loss):
            raise Failure(
                f"the loss became {loss.item()} at step {self.state.global_step}",
                remedy="lower learning_rate, or set ctc_zero_infinity=true and precision=fp32",
            )
        return (loss, {"logits": logits}) if return_outputs else loss

    def evaluate(
        self,
        eval_dataset: Any = None,
        ignore_keys: list[str] | None = None,
        metric_key_prefix: str = "eval",
    ) -> dict[str, float]:
        """Loss, WER, CER and share of blanks on dev, computed by the same loop as on test.

        The loss is the mean over the clips that are computed in one piece and whose letters all
        have a class: the CTC loss of an hour of speech would take more memory than there is, and
        ``[UNK]`` is no label to learn. WER and CER are over all clips.
        """
        data = self.eval_dataset if eval_dataset is None else eval_dataset
        model = self._wrap_model(self.model, training=False)
        model.eval()
        acoustic = AcousticModel(
            model,
            self._extractor,
            self.args.device,
            config=self.model.config,
            around=self.compute_loss_context_manager,
        )
        names, texts = list(data["clip"]), list(data["text"])
        losses: list[float] = []

        def observe(index: int, logits: torch.Tensor) -> None:
            if self.vocabulary.missing(texts[index]):
                return
            labels = torch.tensor([self.vocabulary.encode(texts[index])], device=logits.device)
            frames = torch.tensor([len(logits)], device=logits.device)
            loss = self.ctc_loss(logits[None], frames, labels).item()
            losses.append(loss if math.isfinite(loss) else 0.0)

        references: list[str] = []
        hypotheses: list[str] = []
        blanks = frames = 0
        for emission in infer(
            acoustic, [Segment.of(row) for row in data], list(data["seconds"]), best_path,
            batch_seconds=_EVALUATION_SECONDS, observe=observe,
        ):  # fmt: skip
            if emission.error:
                note_unreadable(self._unreadable, names[emission.index], emission.error)
                continue
            path = emission.frames
            blanks += int((path == self.vocabulary.blank).sum())
            frames += len(path)
            hypotheses.append(self.vocabulary.decode(path.tolist()))
            references.append(texts[emission.index])
        wer, cer = self.judge(references, hypotheses)
        metrics = {
            f"{metric_key_prefix}_loss": sum(losses) / len(losses) if losses else math.nan,
            f"{metric_key_prefix}_wer": wer,
            f"{metric_key_prefix}_cer": cer,
            f"{metric_key_prefix}_blank_share": blanks / max(1, frames),
        }
        self.log(metrics)
        self.control: Any = self.callback_handler.on_evaluate(
            self.args, self.state, self.control, metrics
        )
        model.train()
        return metrics
