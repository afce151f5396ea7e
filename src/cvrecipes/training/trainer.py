"""The training loop: transformers' Trainer with batches by seconds, CTC in fp32, and an
evaluation that streams."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch.utils.data import DataLoader
from transformers import Trainer

from cvrecipes.errors import Failure
from cvrecipes.models.batches import SecondsSampler, bucketed
from cvrecipes.models.ctc import Vocabulary
from cvrecipes.settings import Settings
from cvrecipes.training.collator import IGNORED

# references, hypotheses -> (WER, CER), both fractions
Judge = Callable[[Sequence[str], Sequence[str]], tuple[float, float]]
_EVALUATION_SECONDS = 120.0


class CTCTrainer(Trainer):
    """See the module.

    Arguments:
        vocabulary: the classes, for the blank and for the texts of an evaluation.
        settings: seconds of a batch, and what to do about an infinite loss.
        judge: references and hypotheses to (WER, CER).
        seed: of the order of batches.
        masked: whether the model wants an attention mask; without, dev is heard clip by clip.
        arguments: those of transformers' Trainer.
    """

    def __init__(
        self,
        *,
        vocabulary: Vocabulary,
        settings: Settings,
        judge: Judge,
        seed: int,
        masked: bool,
        **arguments: Any,
    ) -> None:
        super().__init__(**arguments)
        self.vocabulary, self.settings, self.judge = vocabulary, settings, judge
        self.masked = masked
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
            # Fork is unsafe after threads have started, and not there on Windows.
            "multiprocessing_context": "spawn" if workers > 0 else None,
        }

    def _frames(self, model: Any, inputs: dict[str, Any], logits: torch.Tensor) -> torch.Tensor:
        model = self.accelerator.unwrap_model(model)
        mask = inputs.get("attention_mask")
        if mask is None:
            return torch.full((logits.shape[0],), logits.shape[1], device=logits.device)
        return model._get_feat_extract_output_lengths(mask.sum(-1)).to(torch.long)  # type: ignore[no-any-return]

    @contextmanager
    def _fitting_masks(self, model: Any, inputs: dict[str, Any]) -> Iterator[None]:
        """No time masks for a batch that is shorter than one, where transformers raises."""
        inner = self.accelerator.unwrap_model(model)
        size = inputs.get("attention_mask", inputs.get("input_values"))
        config, chance = inner.config, getattr(inner.config, "mask_time_prob", 0.0)
        if not chance or size is None:
            yield
            return
        frames = int(inner._get_feat_extract_output_lengths(size.shape[-1]))
        if frames < config.mask_time_length:
            config.mask_time_prob = 0.0
        try:
            yield
        finally:
            config.mask_time_prob = chance

    def _forward(self, model: Any, inputs: dict[str, Any]) -> tuple[torch.Tensor, torch.Tensor]:
        """Logits in fp32, shape (clips, frames, classes), and frames of each clip."""
        given = {k: v for k, v in inputs.items() if k != "labels"}
        if not self.masked:
            given.pop("attention_mask", None)
        with self._fitting_masks(model, inputs):
            logits = model(**given).logits.float()
        return logits, self._frames(model, inputs, logits)

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
        """Loss, WER, CER and share of blanks on dev, batch by batch; no logits are kept."""
        data = self.eval_dataset if eval_dataset is None else eval_dataset
        model = self._wrap_model(self.model, training=False)
        model.eval()
        references: list[str] = []
        hypotheses: list[str] = []
        total = blanks = all_frames = 0.0
        clips = 64 if self.masked else 1
        batches = bucketed(
            data["seconds"], most_seconds=_EVALUATION_SECONDS, most_clips=clips, seed=None
        )
        loader: DataLoader[Any] = DataLoader(data, batch_sampler=batches, **self._loading())
        with torch.inference_mode():
            for batch in loader:
                inputs = self._prepare_inputs(batch)
                with self.compute_loss_context_manager():
                    logits, frames = self._forward(model, inputs)
                labels = inputs["labels"]
                loss = self.ctc_loss(logits, frames, labels)
                total += (loss.item() if torch.isfinite(loss) else 0.0) * len(labels)
                best = logits.argmax(-1).cpu()
                for row, count in enumerate(frames.tolist()):
                    if not (labels[row] != IGNORED).any():
                        continue  # the silence that stands for an unreadable batch
                    path = best[row, :count].tolist()
                    blanks += sum(label == self.vocabulary.blank for label in path)
                    all_frames += count
                    hypotheses.append(self.vocabulary.decode(path))
                    truth = [x for x in labels[row].tolist() if x != IGNORED]
                    references.append(self.vocabulary.decode(truth, collapsed=True))
        wer, cer = self.judge(references, hypotheses)
        metrics = {
            f"{metric_key_prefix}_loss": total / max(1, len(references)),
            f"{metric_key_prefix}_wer": wer,
            f"{metric_key_prefix}_cer": cer,
            f"{metric_key_prefix}_blank_share": blanks / max(1.0, all_frames),
        }
        self.log(metrics)
        self.control: Any = self.callback_handler.on_evaluate(
            self.args, self.state, self.control, metrics
        )
        model.train()
        return metrics
