"""The files of a run: which there are, what they hold, and that a run repeats itself."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jiwer
import pytest

from cvrecipes import audio
from cvrecipes.records import SPLITS, RunReport
from cvrecipes.run import run
from support.runs import PROMISED, facts_of, log_of, losses_of, rows_of
from support.spontaneous import make_spontaneous

Make = Callable[..., Any]

MODEL = {
    "README.md", "config.json", "model.safetensors", "processor_config.json", "recipe.json",
    "tokenizer_config.json", "vocab.json",
}  # fmt: skip


def test_the_run_folder_holds_exactly_the_promised_files(micro_run: RunReport) -> None:
    assert {path.name for path in micro_run.folder.iterdir()} == PROMISED
    assert {path.name for path in (micro_run.folder / "model").iterdir()} == MODEL
    assert list((micro_run.folder / "tensorboard").glob("events.out.tfevents.*"))
    checkpoints = {path.name for path in (micro_run.folder / "checkpoints").glob("checkpoint-*")}
    assert checkpoints == {"checkpoint-3", "checkpoint-6"}


def test_no_decoded_audio_and_no_half_written_file_stays_on_disk(micro_run: RunReport) -> None:
    files = [path for path in micro_run.folder.rglob("*") if path.is_file()]
    decoded = {".npy", ".npz", ".arrow", ".wav", ".flac", ".mp3"}
    files = [path for path in files if path.suffix != ".parquet"]  # names and texts
    assert not [path for path in files if path.suffix in decoded]
    assert not [path for path in files if path.name.startswith(".") or ".half" in str(path)]


def test_a_run_writes_nothing_beside_its_folder(micro_run: RunReport, micro_release: Path) -> None:
    assert [path.name for path in micro_run.folder.parent.iterdir()] == ["tr"]
    names = {path.name for path in micro_release.iterdir()}
    assert names == {"clips", "clip_durations.tsv", "train.tsv", "dev.tsv", "test.tsv"}


def test_run_json_holds_what_the_command_returned(micro_run: RunReport) -> None:
    assert facts_of(micro_run.folder) == json.loads(json.dumps(micro_run.facts))


@pytest.mark.parametrize(
    ("key", "kind"),
    [
        ("wer", float), ("cer", float), ("substitutions", int), ("deletions", int),
        ("insertions", int), ("words", int), ("characters", int), ("locale", str),
        ("split", str), ("scored_on", str), ("release", str), ("base", str), ("preset", str),
        ("settings", dict), ("changed", dict), ("seed", int), ("versions", dict),
        ("seconds", dict), ("recipe", dict), ("splits", dict), ("left_out", dict),
        ("wer_interval", list), ("cer_interval", list), ("evaluations", list), ("steps", int),
        ("best_step", int), ("device", str), ("precision", str), ("parameters", int),
        ("vocabulary", int), ("builtin_sample", bool), ("reload_check", dict),
    ],
)  # fmt: skip
def test_run_json_has_each_promised_key_with_its_type(
    micro_run: RunReport, key: str, kind: type
) -> None:
    assert type(facts_of(micro_run.folder)[key]) is kind


def test_run_json_says_what_was_asked_for_and_what_was_used(
    micro_run: RunReport, micro_base: Path
) -> None:
    facts = facts_of(micro_run.folder)
    recipe = json.loads((micro_run.folder / "recipe.json").read_text(encoding="utf-8"))
    assert (facts["locale"], facts["split"], facts["scored_on"]) == ("tr", "official", "test")
    assert facts["release"] == "cv-corpus-0.0-2026-01-01"
    assert (facts["base"], facts["seed"], facts["preset"]) == (str(micro_base), 42, "default")
    assert facts["settings"]["max_steps"] == facts["changed"]["max_steps"] == 6
    assert "learning_rate" not in facts["changed"]
    assert len(facts["recipe"]["hash"]) >= 8 and recipe["locale"] == "tr"
    assert {"python", "cvrecipes", "torch", "transformers"} <= set(facts["versions"])
    assert {"open", "read", "train", "transcribe", "score", "check"} <= set(facts["seconds"])
    assert facts["splits"]["train"]["clips"] == 16
    for one in facts["splits"].values():
        assert 0 < one["hours"] < 0.1 and one["speakers"] >= 1 and one["rows"] == one["clips"]
    nothing = {"clips": 0, "share": 0.0}
    assert facts["left_out"] == {
        **nothing,
        "reasons": {},
        "splits": {split: {**nothing, "reasons": {}} for split in SPLITS},
        "held_out": {},
        "unknown_split": 0,
        "undecodable": {"train": 0, "dev": 0, "test": 0},
    }
    assert facts["selected_on"] == "dev" and facts["scored_part"] is None
    assert [e["step"] for e in facts["evaluations"]] == [3, 6]
    assert facts["reload_check"] == {"clips": 4, "passed": True}


def test_rates_in_run_json_follow_from_pairs_tsv(micro_run: RunReport) -> None:
    facts, pairs = facts_of(micro_run.folder), rows_of(micro_run.folder / "pairs.tsv")
    references = [pair["reference"] for pair in pairs]
    hypotheses = [pair["hypothesis"] for pair in pairs]
    words = jiwer.process_words(references, hypotheses)
    letters = jiwer.process_characters(references, hypotheses)
    counts = (words.substitutions, words.deletions, words.insertions)
    assert tuple(facts[k] for k in ("substitutions", "deletions", "insertions")) == counts
    assert facts["words"] == sum(len(reference.split()) for reference in references)
    assert facts["wer"] == pytest.approx(words.wer) == pytest.approx(sum(counts) / facts["words"])
    assert facts["cer"] == pytest.approx(letters.cer)
    for rate in ("wer", "cer"):
        low, high = facts[f"{rate}_interval"]
        assert low <= facts[rate] <= high
    for pair in pairs:
        alone = jiwer.process_words(pair["reference"], pair["hypothesis"]).wer
        assert float(pair["wer"]) == pytest.approx(alone, abs=1e-4)


def test_references_are_the_normalized_sentences_of_test_in_order(
    micro_run: RunReport, micro_release: Path
) -> None:
    from cvrecipes.catalog import open_recipe

    normalize = open_recipe("tr")[0].normalizer
    pairs = rows_of(micro_run.folder / "pairs.tsv")
    rows = rows_of(micro_release / "test.tsv")
    assert [pair["clip"] for pair in pairs] == [row["path"] for row in rows]
    assert [pair["reference"] for pair in pairs] == [normalize(row["sentence"]) for row in rows]


def test_plain_transformers_hears_what_pairs_tsv_says(
    micro_run: RunReport, micro_release: Path
) -> None:
    import torch
    from transformers import AutoModelForCTC, AutoProcessor, pipeline

    folder = micro_run.folder / "model"
    processor = AutoProcessor.from_pretrained(folder)
    model = AutoModelForCTC.from_pretrained(folder).eval()
    asr = pipeline("automatic-speech-recognition", model=str(folder), device="cpu")
    pairs = rows_of(micro_run.folder / "pairs.tsv")
    assert all(pair["hypothesis"] for pair in pairs), "a silent model would prove nothing"
    for pair in pairs:
        samples = audio.load(micro_release / "clips" / pair["clip"])
        inputs = processor(samples, sampling_rate=16_000, return_tensors="pt")
        with torch.inference_mode():
            best = model(**inputs).logits.argmax(-1)
        for text in (processor.batch_decode(best)[0], asr(samples.copy())["text"]):
            assert " ".join(text.split()) == pair["hypothesis"]


def test_the_saved_model_has_the_classes_of_the_recipe(micro_run: RunReport) -> None:
    classes = json.loads((micro_run.folder / "vocab.json").read_text(encoding="utf-8"))
    saved = json.loads((micro_run.folder / "model" / "vocab.json").read_text(encoding="utf-8"))
    config = json.loads((micro_run.folder / "model" / "config.json").read_text(encoding="utf-8"))
    assert classes == saved and config["vocab_size"] == len(classes)
    assert config["pad_token_id"] == classes["[PAD]"]
    assert {"|", "[UNK]", "ı", "ğ"} <= set(classes)


def test_the_same_seed_gives_the_same_losses_and_another_seed_does_not(
    micro_run: RunReport, micro_request: Make, tmp_path: Path
) -> None:
    again = run(micro_request(tmp_path / "again"))
    other = run(micro_request(tmp_path / "other", seed=7))
    assert log_of(again.folder) == log_of(micro_run.folder)
    assert again.pairs == micro_run.pairs
    assert again.facts["evaluations"] == micro_run.facts["evaluations"]
    assert losses_of(other.folder) != losses_of(micro_run.folder)


def test_a_run_on_spontaneous_speech_counts_the_tags_and_scores_the_words(
    call: Callable[..., Any], micro_words: list[str], tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setenv("CVRECIPES_CACHE", str(tmp_path / "cache"))
    rows = [("train", f"[disfluency] {word} git") for word in ("eve", "okula", "yola", "dağa")]
    rows += [("dev", "yarın gel"), ("test", "bugün [laugh] gel"), ("test", "bir [unclear] iki")]
    place = make_spontaneous(tmp_path, rows)
    words = [str(place) if word == micro_words[3] else word for word in micro_words]
    got = call(*words, "--out", tmp_path / "made")
    assert got.code == 0, got.err
    line = "tags removed from transcripts: 4 [disfluency] in 4 clips, 1 [laugh] in 1 clip"
    assert line in got.err.replace("\n", " ")
    facts = facts_of(tmp_path / "made")
    assert facts["transcript_tags"] == {
        "[disfluency]": {"times": 4, "clips": 4}, "[laugh]": {"times": 1, "clips": 1},
    }  # fmt: skip
    assert facts["left_out"]["reasons"] == {"unintelligible": 1} and facts["words"] == 2
    pairs = (tmp_path / "made" / "pairs.tsv").read_text(encoding="utf-8")
    assert "bugün gel" in pairs and "laugh" not in pairs
