"""A trained model that writes down speech, clip by clip or file by file of any length."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from cvrecipes import audio
from cvrecipes.console import progress
from cvrecipes.errors import CvrecipesError, Failure, UsageError
from cvrecipes.files import read_json
from cvrecipes.models.base import reach
from cvrecipes.models.batches import bucketed
from cvrecipes.models.ctc import Vocabulary
from cvrecipes.models.vocabulary import read_vocabulary
from cvrecipes.records import UNREADABLE_AUDIO, LeftOut, Pair
from cvrecipes.run_folder import RunFolder
from cvrecipes.words import plural

if TYPE_CHECKING:
    import pyarrow as pa
    import torch

_CHUNK_SECONDS, _STRIDE_SECONDS = 30.0, 5.0
Samples = npt.NDArray[np.float32]

# A WER is not published when more than this share of the clips could not be decoded.
MOST_LOST = 0.05
# What the corpus adds; every other column of its tables is the release's own.
_CORPUS_COLUMNS = frozenset(
    ("clip", "path", "speaker", "raw", "text", "near", "seconds", "line", "file")
)


@dataclass(frozen=True, slots=True)
class Heard:
    """What a model heard in one file.

    Attributes:
        text: the transcript.
        seconds: duration of the audio.
        scores: log-probabilities of the classes, shape (frames, classes).
        frame_seconds: seconds from one frame to the next.
    """

    text: str
    seconds: float
    scores: Samples
    frame_seconds: float


class Recognizer:
    """A model folder (or Hub name) ready to transcribe.

    Arguments:
        where: a transformers folder, or a Hub repository.
        device: ``cpu``, ``cuda``, ``mps``, ``cuda:1``, or ``auto``.

    Raises:
        UsageError: it is no CTC model folder.
        Failure: it cannot be loaded.
    """

    def __init__(self, where: str | Path, device: str = "auto") -> None:
        from cvrecipes.models.devices import choose, quiet_transformers

        quiet_transformers()
        from safetensors import SafetensorError
        from transformers import AutoModelForCTC, AutoProcessor

        local = model_folder(where)
        if local is None:
            reach(str(where), "connect, or give the folder of a model")
        where = str(local or where)
        try:
            self.processor = AutoProcessor.from_pretrained(where)
            model = AutoModelForCTC.from_pretrained(where, use_safetensors=True, dtype="float32")
        except (OSError, ValueError, KeyError, SafetensorError) as error:
            first = str(error).strip().splitlines()[0]
            raise Failure(f"the model cannot be loaded: {first}", where=where) from None
        self.device = choose(device)
        self.model = model.to(self.device).eval()
        self.vocabulary = _vocabulary_of(self.processor, where)
        if len(self.vocabulary) != model.config.vocab_size:
            raise Failure(
                f"the model writes {model.config.vocab_size} classes, "
                f"its vocabulary holds {len(self.vocabulary)}",
                where=where,
            )

    @property
    def rate(self) -> int:
        """Samples a second that the model expects."""
        return int(self.processor.feature_extractor.sampling_rate)

    def paths(self, clips: Sequence[Samples]) -> list[list[int]]:
        """The best class of every frame of each clip, computed as one batch.

        Only the classes leave the device, never the logits.
        """
        logits, frames = self._logits(clips)
        best = logits.argmax(dim=-1).cpu()
        return [best[row, :count].tolist() for row, count in enumerate(frames)]

    def _logits(
        self, clips: Sequence[Samples], *, normalized: bool = False
    ) -> tuple[torch.Tensor, list[int]]:
        """Logits of a batch, shape (clips, frames, classes), and each clip's frames."""
        import torch

        extractor = self.processor.feature_extractor
        if normalized:
            extractor = copy.copy(extractor)
            extractor.do_normalize = False
        inputs = extractor(
            list(clips), sampling_rate=self.rate, padding=True, return_tensors="pt",
            return_attention_mask=True,
        )  # fmt: skip
        mask = inputs["attention_mask"]
        if not getattr(extractor, "return_attention_mask", True):
            # Models with group norm were trained without a mask and see the padding; they
            # get it only where there is none.
            inputs.pop("attention_mask")
        with torch.inference_mode():
            logits = self.model(**{k: v.to(self.device) for k, v in inputs.items()}).logits
        frames = self.model._get_feat_extract_output_lengths(mask.sum(-1)).tolist()
        return logits, [int(count) for count in frames]

    def scores(self, samples: Samples, *, normalized: bool = False) -> Samples:
        """Log-probabilities of one clip's classes, shape (frames, classes).

        Arguments:
            normalized: mean and variance are already what the model expects.
        """
        logits, _ = self._logits([_long_enough(samples, self.rate)], normalized=normalized)
        return logits[0].float().log_softmax(dim=-1).cpu().numpy()

    @property
    def padded(self) -> bool:
        """Whether clips of different length may share a batch without changing the result."""
        return bool(getattr(self.processor.feature_extractor, "return_attention_mask", True))

    def listen(self, samples: Samples) -> Heard:
        """Transcribe audio of any length: windows of 30 s that overlap by 5 s on each side.

        Of every window only the middle counts, so no word is heard at a cut. The
        memory of the model's activations does not grow with the length. Where the model wants
        its input normalized, the file is, not each window: the same second would otherwise be
        scaled by what happens to surround it, and up to 3 % of the signs come out different
        than from the file in one piece.
        """
        chunk, stride = int(_CHUNK_SECONDS * self.rate), int(_STRIDE_SECONDS * self.rate)
        seconds = len(samples) / self.rate
        if len(samples) <= chunk:
            return self._heard(self.scores(samples), seconds, max(len(samples), self.rate // 10))
        samples, normalized = self._normalize(samples)
        middles: list[Samples] = []
        heard_to = 0  # samples whose frames are in `middles`
        per_frame = 0.0
        while heard_to < len(samples):
            start = max(0, heard_to - stride)
            scores = self.scores(samples[start : start + chunk], normalized=normalized)
            last = start + chunk >= len(samples)
            per_frame = per_frame or chunk / len(scores)
            left = round((heard_to - start) / per_frame)
            right = len(scores) if last else round((chunk - stride) / per_frame)
            middles.append(scores[left:right])
            heard_to = len(samples) if last else start + chunk - stride
        return self._heard(np.concatenate(middles), seconds, len(samples))

    def _normalize(self, samples: Samples) -> tuple[Samples, bool]:
        """The samples as the feature extractor would scale them, and whether it would.

        Extractors of spectra scale other things than samples; those are left to them.
        """
        extractor = self.processor.feature_extractor
        scale = getattr(extractor, "zero_mean_unit_var_norm", None)
        spectral = "input_values" not in extractor.model_input_names
        if spectral or scale is None or not getattr(extractor, "do_normalize", False):
            return samples, False
        return scale([samples], None)[0].astype(np.float32), True

    def _heard(self, scores: Samples, seconds: float, samples: int) -> Heard:
        text = self.text(scores.argmax(axis=1).tolist())
        return Heard(text, seconds, scores, samples / self.rate / max(1, len(scores)))

    def text(self, path: Sequence[int]) -> str:
        """Text of a frame-wise path."""
        return self.vocabulary.decode(path)


def _long_enough(samples: Samples, rate: int) -> Samples:
    """At least a tenth of a second, so that a short sound still gives a frame."""
    shortage = rate // 10 - len(samples)
    return np.pad(samples, (0, shortage)) if shortage > 0 else samples


def model_folder(where: str | Path) -> Path | None:
    """The transformers folder meant: the folder itself, or ``model/`` of a run folder.

    Returns:
        None for what can only be the name of a Hub repository.

    Raises:
        UsageError: it is no folder of a CTC model.
        Failure: its config.json is damaged.
    """
    folder = Path(where)
    if not folder.is_dir():
        if str(where).count("/") == 1 and not str(where).startswith((".", "/", "~")):
            return None
        raise UsageError("there is no such model folder", where=folder)
    run = RunFolder(folder)
    if (folder / "trainer_state.json").is_file():
        model = folder.parent.parent / "model"
        remedy = f"give {model}" if model.is_dir() else "finish the run with --resume first"
        raise UsageError(
            "is a checkpoint of a training, not a finished model", where=folder, remedy=remedy
        )
    if not (folder / "config.json").is_file():
        if (run.model / "config.json").is_file():
            folder = run.model
        elif run.plan.is_file():
            raise UsageError(
                "is an unfinished run, which has no model yet", where=folder,
                remedy=f"finish it first: cvrecipes run ... --out {folder} --resume",
            )  # fmt: skip
        else:
            raise UsageError(
                "is no model folder: it has no config.json", where=folder,
                remedy="give the model/ folder of a run",
            )  # fmt: skip
    read_json(folder / "config.json")
    return folder


def _vocabulary_of(processor: Any, where: str) -> Vocabulary:
    if Path(where).is_dir() and (Path(where) / "vocab.json").is_file():
        return read_vocabulary(Path(where))
    tokenizer = processor.tokenizer
    numbers: dict[str, int] = tokenizer.get_vocab()
    return Vocabulary(
        tuple(sorted(numbers, key=numbers.__getitem__)),
        blank_token=tokenizer.pad_token,
        unknown_token=tokenizer.unk_token,
        delimiter=tokenizer.word_delimiter_token,
    )


def transcribe(
    recognizer: Recognizer,
    table: pa.Table,
    *,
    split: str = "test",
    batch_seconds: float = 120.0,
    what: str = "transcribing test",
) -> tuple[list[Pair], list[LeftOut]]:
    """Transcribe every clip of a split.

    Arguments:
        table: a split of a `Corpus`.
        split: its name, for the clips that turn out to be unreadable.
        batch_seconds: speech in a batch; one clip each for models without a mask.

    Returns:
        The pairs in the table's order, and the clips that could not be decoded.
    """
    seconds = table["seconds"].to_pylist()
    paths = table["path"].to_pylist()
    clips = 64 if recognizer.padded else 1
    batches = bucketed(seconds, most_seconds=batch_seconds, most_clips=clips, seed=None)
    hypotheses: dict[int, str] = {}
    lost: dict[int, str] = {}
    with progress(what, sum(seconds)) as advance:
        for batch in batches:
            good, samples = [], []
            for index in batch:
                try:
                    samples.append(
                        _long_enough(audio.load(paths[index], recognizer.rate), recognizer.rate)
                    )
                    good.append(index)
                except CvrecipesError as error:
                    lost[index] = error.what
            if good:
                for index, path in zip(good, recognizer.paths(samples), strict=True):
                    hypotheses[index] = recognizer.text(path)
            advance(sum(seconds[index] for index in batch))
    names, speakers = table["clip"].to_pylist(), table["speaker"].to_pylist()
    references, raws = table["text"].to_pylist(), table["raw"].to_pylist()
    lines, files = table["line"].to_pylist(), table["file"].to_pylist()
    own = table.select([name for name in table.column_names if name not in _CORPUS_COLUMNS])
    released = own.to_pylist() if own.num_columns else [{}] * table.num_rows
    pairs = [
        Pair(
            names[i], speakers[i], references[i], hypotheses[i], seconds[i], raws[i],
            {name: value or "" for name, value in released[i].items()},
        )
        for i in range(table.num_rows)
        if i in hypotheses
    ]  # fmt: skip
    return pairs, [
        LeftOut(
            split=split,
            file=files[i],
            line=lines[i],
            clip=names[i],
            rule=UNREADABLE_AUDIO,
            detail=detail,
            raw=raws[i],
        )
        for i, detail in sorted(lost.items())
    ]


def check_losses(lost: Sequence[LeftOut], count: int, split: str) -> None:
    """Refuse to score what is left when too many clips could not be decoded.

    Raises:
        Failure: more than a twentieth of the `count` clips are lost.
    """
    if len(lost) > MOST_LOST * count:
        raise Failure(
            f"{len(lost)} of {plural(count, 'clip')} of {split} cannot be decoded, "
            f"the first because {lost[0].clip}: {lost[0].reason}",
            remedy=f"a WER of the others would not be that of {split}: unpack the release again",
        )


def transcribe_files(
    recognizer: Recognizer, files: Iterable[Path], failed: Callable[[CvrecipesError], None]
) -> Iterator[tuple[Path, Heard]]:
    """Transcribe files of any length one after the other; `failed` hears of unreadable ones."""
    for file in files:
        try:
            samples = audio.load(file, recognizer.rate)
        except CvrecipesError as error:
            failed(error)
            continue
        yield file, recognizer.listen(samples)
