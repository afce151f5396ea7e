"""Make the tiny encoder that ships with cvrecipes.

A wav2vec2 of 2.3 M parameters learns, from scratch and on the CPU, to write down the
IPA phonemes of synthetic speech in many languages: CTC with espeak-ng's own phonemes as
labels, which are exact because they are what was synthesized. Speech is made on the fly
and never repeats: random words of CLDR and invented ones (`cvrecipes.sample.prompts`),
random voice variants, rates, pitches, vocal tract lengths, noise and mp3 coding. With --crossed,
most voices are crossed from those variants: each line of the voice file from another one.

Left out on purpose: Turkish (the language of the built-in sample), Azerbaijani (its
nearest relative), and the voice variants that speak the sample's dev and test splits. The
error rate that is printed is that of dev's voices; those of test are never heard.

    pip install -e '.[sample]'
    python tools/pretrain_tiny.py --wide --minutes 70 --out wide
    python tools/pretrain_tiny.py --init wide --peak 8e-4 --minutes 55 --out narrow
    python tools/pretrain_tiny.py --init narrow --crossed --peak 6e-4 --minutes 30 \\
        --out src/cvrecipes/builtin/tiny

The schedule follows the clock (warm-up, then cosine to zero at --minutes), so a slower
machine gives a somewhat worse encoder, not an unfinished one.
"""

from __future__ import annotations

import argparse
import io
import json
import math
import multiprocessing as mp
import random
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from queue import Empty
from typing import Any

import numpy as np

from cvrecipes.sample.crossing import crossed
from cvrecipes.sample.espeak import Voice, espeak
from cvrecipes.sample.prompts import Prompts, cldr_words
from cvrecipes.sample.voices import ODD_VARIANTS, TRAIN_VARIANTS, variants_of_splits

# espeak code -> (CLDR locale, weight). Weights favour phonemic spelling and the
# sounds that many languages share; tone languages are left out because the label
# set has no tones.
LANGUAGES: dict[str, tuple[str, float]] = {
    "fi": ("fi", 3), "es": ("es", 2), "it": ("it", 2), "sw": ("sw", 2), "id": ("id", 2),
    "hu": ("hu", 4), "et": ("et", 2), "eu": ("eu", 2), "de": ("de", 2), "fr": ("fr", 1),
    "sv": ("sv", 1), "ro": ("ro", 2), "sq": ("sq", 2), "pl": ("pl", 1), "cs": ("cs", 1),
    "hr": ("hr", 2), "bg": ("bg", 1), "uk": ("uk", 1), "el": ("el", 1), "pt": ("pt_PT", 1),
    "kk": ("kk", 3), "ky": ("ky", 3), "tt": ("tt", 3), "tk": ("tk", 3), "uz": ("uz", 3),
    "ka": ("ka", 1), "ku": ("ku", 2), "nl": ("nl", 1),
}  # fmt: skip
# The first phase of pretraining heard these as well, for sounds the others lack.
MORE_LANGUAGES: dict[str, tuple[str, float]] = {
    "nb": ("nb", 1), "ca": ("ca", 1), "sk": ("sk", 1), "sl": ("sl", 1), "mk": ("mk", 1),
    "ru": ("ru", 1), "lt": ("lt", 1), "lv": ("lv", 1), "en": ("en", 1), "hy": ("hy", 1),
    "ms": ("ms", 1), "mt": ("mt", 1), "cy": ("cy", 1), "is": ("is", 1), "eo": ("eo", 1),
    "hi": ("hi", 1), "ta": ("ta", 1), "bn": ("bn", 1), "ko": ("ko", 1), "fa": ("fa", 1),
    "gn": ("gn", 0.5), "af": ("af", 1),
}  # fmt: skip
ALL_LANGUAGES = LANGUAGES | MORE_LANGUAGES
ODD_SHARE = 0.12
CROSSED_SHARE = 0.7
RATE = 16_000
DROPPED = str.maketrans("", "", "ˈˌ-͡‿.ʔˤ̩̯̝̺̻̪̃̊")  # fmt: skip


def phones(raw: str) -> str | None:
    """IPA without stress, ties and fine diacritics; None where espeak fell back to mnemonics."""
    text = " ".join(raw.translate(DROPPED).split())
    if not text or any(c.isdigit() or c.isupper() or c in "[]_^@#*!?;:" for c in text):
        return None
    return text


def prompts_for(language: str, seed: int) -> Prompts:
    words = [w for w in cldr_words(ALL_LANGUAGES[language][0]) if not w.isupper() or len(w) == 1]
    return Prompts(words, random.Random(seed), invented=0.6)


def label_set() -> list[str]:
    """[PAD] (the blank), [UNK], | and every phoneme sign that is not a rarity."""
    counts: Counter[str] = Counter()
    for language in ALL_LANGUAGES:
        prompts = prompts_for(language, 7)
        espeak().use(language, Voice())
        for _ in range(150):
            counts.update(phones(espeak().phonemes(prompts.sentence())) or "")
    signs = sorted(c for c, n in counts.items() if n >= 40 and c != " ")
    return ["[PAD]", "[UNK]", "|", *signs]


def augment(samples: np.ndarray, rate: int, rng: np.random.Generator) -> np.ndarray:
    """Vocal tract length, noise, reverberation, mp3 and gain; float32 at 16 kHz."""
    import soundfile
    import soxr

    speech = samples.astype(np.float32) / 32768
    # LAME takes 20 ms a clip here, ten times everything else: a few clips must do.
    if rng.random() < 0.05:
        speech = soxr.resample(speech, rate, 48_000, quality="LQ")
        coded = io.BytesIO()
        soundfile.write(
            coded, speech, 48_000, format="MP3", bitrate_mode="CONSTANT", compression_level=0.99
        )
        coded.seek(0)
        speech, rate = soundfile.read(coded, dtype="float32")
    stretch = rng.uniform(0.86, 1.16) if rng.random() < 0.7 else 1.0
    speech = soxr.resample(speech, rate * stretch, RATE, quality="LQ")
    if rng.random() < 0.15:
        length = int(rng.uniform(0.02, 0.12) * RATE)
        room = rng.normal(0, 1, length) * np.exp(-np.linspace(0, rng.uniform(4, 9), length))
        room[0] = rng.uniform(4, 12)
        tail = np.convolve(speech, (room / np.abs(room).sum()).astype(np.float32))
        speech = tail[: len(speech)].astype(np.float32)
    if rng.random() < 0.6:
        noise = rng.normal(0, 1, len(speech)).astype(np.float32)
        if rng.random() < 0.5:
            noise = np.cumsum(noise - 0.05 * np.cumsum(noise) / max(1, len(noise)))
            noise = noise - np.convolve(noise, np.ones(64) / 64, "same")
        level = np.std(speech) * 10 ** (-rng.uniform(10, 45) / 20)
        speech = speech + (noise / (np.std(noise) + 1e-9) * level).astype(np.float32)
    return ((speech - speech.mean()) / (speech.std() + 1e-5)).astype(np.float32)


def produce(
    queue: Any, seed: int, variants: list[str], labels: list[str], seconds: float, wide: bool,
    folder: Path | None = None,
) -> None:  # fmt: skip
    """Fill `queue` with batches of (samples, label ids), each about `seconds` long, forever."""
    rng, draw = np.random.default_rng(seed), random.Random(seed)
    if folder:
        tempfile.tempdir = str(folder)  # espeak-ng's data are copied there for crossed voices
    files = espeak().variants()
    heard = [files[name] for name in (*TRAIN_VARIANTS, *ODD_VARIANTS) if name]
    engine = espeak()
    number = {sign: index for index, sign in enumerate(labels)}
    number[" "] = number["|"]
    spoken_here = ALL_LANGUAGES if wide else LANGUAGES
    names, weights = list(spoken_here), [weight for _, weight in spoken_here.values()]
    odd = ODD_SHARE if variants[0] == TRAIN_VARIANTS[0] else 0.0
    sentences = {language: prompts_for(language, seed) for language in names}
    while True:
        pool = []
        for language in draw.choices(names, weights, k=16):
            for _ in range(6):
                variant = draw.choice(ODD_VARIANTS if draw.random() < odd else variants)
                own = folder is not None and draw.random() < CROSSED_SHARE
                voice = Voice(
                    variant=variant,
                    file=crossed(heard, draw) if own else "",
                    rate=draw.randint(115, 240),
                    pitch=draw.randint(15, 90),
                    pitch_range=draw.randint(15, 90),
                    word_gap=draw.choice((0, 0, 0, 0, 1, 2, 4)),
                )
                engine.use(language, voice)
                text = sentences[language].sentence(2, 8)
                spoken = phones(engine.phonemes(text))
                samples = engine.speak(text)
                if spoken is None or not 0.8 < len(samples) / engine.sample_rate < 9:
                    continue
                if not samples.any():
                    continue
                ids = [number[c] for c in spoken if c in number]
                speech = augment(samples, engine.sample_rate, rng)
                if len(ids) + 5 < len(speech) / 480 * 0.9:
                    pool.append((speech, ids))
        pool.sort(key=lambda pair: len(pair[0]))
        batches, batch = [], []
        for pair in pool:
            batch.append(pair)
            if len(batch) * len(pair[0]) / RATE >= seconds:
                batches.append(batch)
                batch = []
        draw.shuffle(batches)
        for batch in batches:
            queue.put(batch)


def start_producer(context: Any, *arguments: Any) -> Any:
    process = context.Process(target=produce, args=arguments, daemon=True)
    process.start()
    return process


def produced(
    context: Any, variants: list[str], labels: list[str], seconds: float, wide: bool,
    folder: Path | None,
) -> Iterator[list[Any]]:  # fmt: skip
    """Batches without end. espeak-ng crashes on some crossed voices: another process goes on."""
    for seed in count(1):
        place = folder and folder / str(seed)
        if place:
            place.mkdir()
        queue = context.Queue(24)
        arguments = (queue, seed, variants, labels, seconds, wide, place)
        process = start_producer(context, *arguments)
        while process.is_alive() or not queue.empty():
            try:
                yield queue.get(timeout=5)
            except Empty:
                continue


def make_config(labels: list[str]) -> Any:
    from transformers import Wav2Vec2Config

    return Wav2Vec2Config(
        vocab_size=len(labels), pad_token_id=0, ctc_loss_reduction="mean", ctc_zero_infinity=True,
        hidden_size=192, num_hidden_layers=4, num_attention_heads=4, intermediate_size=768,
        conv_dim=(64, 96, 128, 160, 192), conv_kernel=(40, 8, 3, 3, 5),
        conv_stride=(10, 4, 2, 2, 3),
        num_feat_extract_layers=5, conv_bias=True, feat_extract_norm="layer",
        feat_extract_activation="relu", do_stable_layer_norm=True,
        num_conv_pos_embeddings=32, num_conv_pos_embedding_groups=8,
        hidden_dropout=0.0, attention_dropout=0.0, activation_dropout=0.0, feat_proj_dropout=0.0,
        final_dropout=0.0, layerdrop=0.0, mask_time_prob=0.05, mask_time_length=5,
        mask_feature_prob=0.05, mask_feature_length=10,
    )  # fmt: skip


def tensors(batch: list[tuple[np.ndarray, list[int]]]) -> tuple[Any, Any, Any]:
    import torch

    longest = max(len(speech) for speech, _ in batch)
    inputs, mask = torch.zeros(len(batch), longest), torch.zeros(len(batch), longest).long()
    targets = torch.full((len(batch), max(len(ids) for _, ids in batch)), -100)
    for row, (speech, ids) in enumerate(batch):
        inputs[row, : len(speech)] = torch.from_numpy(speech)
        mask[row, : len(speech)] = 1
        targets[row, : len(ids)] = torch.tensor(ids)
    return inputs, mask, targets


def error_rate(model: Any, batches: list[Any]) -> float:
    """Phoneme error rate of greedy decoding."""
    import torch
    from rapidfuzz.distance import Levenshtein

    model.eval()
    errors = total = 0
    with torch.inference_mode():
        for batch in batches:
            inputs, mask, _ = tensors(batch)
            best = model(inputs, attention_mask=mask).logits.argmax(-1)
            frames = model._get_feat_extract_output_lengths(mask.sum(-1))
            for row, (_, ids) in enumerate(batch):
                path = torch.unique_consecutive(best[row, : int(frames[row])]).tolist()
                errors += Levenshtein.distance([i for i in path if i != 0], ids)
                total += len(ids)
    model.train()
    return errors / total


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=75)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--peak", type=float, default=1.5e-3, help="highest learning rate")
    parser.add_argument("--seconds", type=float, default=64, help="speech per batch")
    parser.add_argument("--init", type=Path, help="go on from an encoder made before")
    parser.add_argument("--wide", action="store_true", help="all languages, not the main ones")
    parser.add_argument("--crossed", action="store_true", help="mostly voices crossed from others")
    parser.add_argument("--masks", action="store_true", help="SpecAugment")
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    labels = label_set()
    print(len(labels), "labels:", " ".join(labels), flush=True)
    context = mp.get_context("spawn")
    unseen = context.Queue(24)
    crossed = Path(tempfile.mkdtemp()) if arguments.crossed else None
    dev = list(variants_of_splits(espeak().variants())["dev"])
    common = (labels, arguments.seconds, arguments.wide)
    start_producer(context, unseen, 2, dev, *common)
    speech = produced(context, list(TRAIN_VARIANTS), *common, crossed)
    held_out = [unseen.get() for _ in range(6)]

    import torch
    from transformers import Wav2Vec2ForCTC

    torch.manual_seed(0)
    torch.set_num_threads(arguments.threads)
    model = Wav2Vec2ForCTC(make_config(labels))
    if arguments.init:
        model = Wav2Vec2ForCTC.from_pretrained(arguments.init, dtype=torch.float32)
    if not arguments.masks:
        model.config.apply_spec_augment = False
    model.train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.01)
    limit, spent, step, heard, running = arguments.minutes * 60, 0.0, 0, 0.0, 0.0
    last, usual, skipped = time.monotonic(), None, 0
    print(sum(p.numel() for p in model.parameters()), "parameters", flush=True)
    while spent < limit:
        now = time.monotonic()
        spent += min(10.0, now - last)  # a machine that was asleep has not been training
        last = now
        warm = min(1.0, (step + 1) / 150)
        rate = arguments.peak * warm * max(0.01, 0.5 * (1 + math.cos(math.pi * spent / limit)))
        for group in optimizer.param_groups:
            group["lr"] = rate
        inputs, mask, targets = tensors(next(speech))
        loss = model(inputs, attention_mask=mask, labels=targets).loss
        optimizer.zero_grad(set_to_none=True)
        usual = loss.item() if usual is None else 0.98 * usual + 0.02 * min(loss.item(), 2 * usual)
        if not math.isfinite(loss.item()) or (step > 300 and loss.item() > 2 * usual):
            skipped += 1
            continue
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        step, heard, running = step + 1, heard + mask.sum().item() / RATE, running + loss.item()
        if step % 100 == 0:
            print(
                f"{spent / 60:5.1f} min  step {step}  {heard / 3600:.2f} h  "
                f"loss {running / 100:.3f}  lr {rate:.2e}  skipped {skipped}",
                flush=True,
            )
            running = 0.0
        if step % 500 == 0:
            print(
                f"    phoneme error rate, dev's voices: {error_rate(model, held_out):.3f}",
                flush=True,
            )
            save(model, labels, arguments.out)
    rate = error_rate(model, held_out)
    print(f"final phoneme error rate, dev's voices: {rate:.4f}  {heard / 3600:.1f} h, {step} steps")
    save(model, labels, arguments.out)


def save(model: Any, labels: list[str], out: Path) -> None:
    """A plain transformers folder, weights in half precision to stay small."""
    import copy

    import torch
    from transformers import Wav2Vec2CTCTokenizer, Wav2Vec2FeatureExtractor, Wav2Vec2Processor

    out.mkdir(parents=True, exist_ok=True)
    copy.deepcopy(model).to(torch.float16).save_pretrained(out)
    (out / "vocab.json").write_text(
        json.dumps(
            {sign: index for index, sign in enumerate(labels)}, ensure_ascii=False, indent=1
        ),
        encoding="utf-8",
    )
    tokenizer = Wav2Vec2CTCTokenizer(
        str(out / "vocab.json"), unk_token="[UNK]", pad_token="[PAD]", word_delimiter_token="|",
        bos_token=None, eos_token=None,
    )  # fmt: skip
    extractor = Wav2Vec2FeatureExtractor(
        feature_size=1, sampling_rate=RATE, padding_value=0.0, do_normalize=True,
        return_attention_mask=True,
    )  # fmt: skip
    Wav2Vec2Processor(feature_extractor=extractor, tokenizer=tokenizer).save_pretrained(out)


if __name__ == "__main__":
    main()
