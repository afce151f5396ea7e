"""The gate of every run: the saved model, loaded with plain transformers, must write the same."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path

from cvrecipes import audio
from cvrecipes.errors import Failure
from cvrecipes.models.base import family_of
from cvrecipes.models.inference import WINDOW_SECONDS
from cvrecipes.records import Pair, Segment

_CLIPS = 12
_QUOTED = 80  # characters of a text in a message


def check_reload(folder: Path, pairs: Sequence[Pair], clips: Mapping[str, Segment]) -> int:
    """Load `folder` with AutoModelForCTC and AutoProcessor, and as a pipeline, and compare.

    The pipeline is left out for families that it cannot run. Clips longer than a window are left
    out, too: their hypotheses were joined from windows, and transformers hears a clip in one piece.

    Arguments:
        pairs: the test pairs; the clips to compare are spread evenly over them.
        clips: the audio of each clip, by its name.

    Returns:
        The number of clips compared; 0 where every clip is longer than a window.

    Raises:
        Failure: a text differs.
    """
    import torch
    from transformers import AutoModelForCTC, AutoProcessor, pipeline

    short = [pair for pair in pairs if pair.seconds <= WINDOW_SECONDS]
    chosen = short[:: max(1, len(short) // _CLIPS)][:_CLIPS]
    if not chosen:
        return 0
    processor = AutoProcessor.from_pretrained(folder, trust_remote_code=False)
    model = AutoModelForCTC.from_pretrained(
        folder, use_safetensors=True, trust_remote_code=False, dtype=torch.float32
    ).eval()
    asr = None
    if family_of(model.config.to_dict()).pipeline:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            asr = pipeline("automatic-speech-recognition", model=str(folder), device="cpu")
    rate = processor.feature_extractor.sampling_rate
    compared = 0
    for pair in chosen:
        samples = audio.load(clips[pair.clip], rate)
        if len(samples) > WINDOW_SECONDS * rate:  # the release's duration was wrong
            continue
        compared += 1
        inputs = processor(samples, sampling_rate=rate, return_tensors="pt")
        with torch.inference_mode():
            best = model(**inputs).logits.argmax(-1)
        texts = {"AutoModelForCTC": processor.batch_decode(best)[0]}
        if asr is not None:
            texts["pipeline"] = asr({"raw": samples.copy(), "sampling_rate": rate})["text"]
        for how, text in texts.items():
            if _differs(text, pair.hypothesis):
                raise Failure(
                    f"the saved model, loaded with {how}, writes {_short(text)!r} for {pair.clip} "
                    f"where cvrecipes wrote {_short(pair.hypothesis)!r}",
                    where=folder,
                    remedy="this is a defect; please report it",
                )
    return compared


def _short(text: str) -> str:
    """The beginning of a text, for a message of one line."""
    return text if len(text) <= _QUOTED else text[:_QUOTED] + "..."


def _differs(text: str, expected: str) -> bool:
    """Whether more changed than the one sign that padding may flip between near-equal scores."""
    from rapidfuzz.distance import Levenshtein

    # transformers writes a space for every delimiter; we write one between words.
    return Levenshtein.distance(" ".join(text.split()), expected) > max(1, len(expected) // 50)
