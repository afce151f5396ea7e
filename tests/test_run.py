"""A run from the command to the last file: what it writes, repeats, resumes and refuses."""

from __future__ import annotations

import csv
import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jiwer
import pytest

from cvrecipes import audio
from cvrecipes.decoding.gate import check_reload
from cvrecipes.errors import Failure, UsageError
from cvrecipes.records import RunReport
from cvrecipes.run import run

Call = Callable[..., Any]
Make = Callable[..., Any]

COMMAND = [sys.executable, "-c", "from cvrecipes.cli import main; main()"]
# It begins as an mp3 frame does, and no frame follows.
GARBAGE = b"\xff\xfb\x90\x64" + bytes(4000)
PROMISED = {
    "run.json", "plan.json", "left_out.tsv", "clips.parquet", "pairs.parquet", "pairs.tsv",
    "vocab.json", "recipe.json", "model", "report.html", "tensorboard", "checkpoints", "job",
    "trained.json",
}  # fmt: skip
MODEL = {
    "README.md", "config.json", "model.safetensors", "processor_config.json", "recipe.json",
    "tokenizer_config.json", "vocab.json",
}  # fmt: skip


def facts_of(folder: Path) -> dict[str, Any]:
    facts = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    assert isinstance(facts, dict)
    return facts


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))


def log_of(folder: Path, step: int = 6) -> list[dict[str, Any]]:
    """Trainer's log at a checkpoint, without what depends on the clock."""
    state = folder / "checkpoints" / f"checkpoint-{step}" / "trainer_state.json"
    history = json.loads(state.read_text(encoding="utf-8"))["log_history"]
    return [{k: v for k, v in entry.items() if "second" not in k} for entry in history]


def losses_of(folder: Path) -> list[tuple[int, float]]:
    return [(entry["step"], entry["loss"]) for entry in log_of(folder) if "loss" in entry]


def nothing_finished(folder: Path) -> None:
    assert (folder / "plan.json").is_file()
    assert not (folder / "run.json").exists()
    assert not (folder / "report.html").exists()


def interrupt_at(step: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C while the evaluation at `step` is under way."""
    from cvrecipes.training.trainer import CTCTrainer

    evaluate = CTCTrainer.evaluate

    def interrupted(self: Any, *arguments: Any, **named: Any) -> Any:
        if self.state.global_step == step:
            raise KeyboardInterrupt
        return evaluate(self, *arguments, **named)

    monkeypatch.setattr(CTCTrainer, "evaluate", interrupted)


@pytest.fixture
def broken_release(micro_release: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """One clip of each split starts like an mp3, has a duration, and is garbage."""
    # So few clips would all be decoded while reading; larger releases believe their durations.
    monkeypatch.setattr("cvrecipes.data.clips.ClipFiles.enough_for_usual_size", 1)
    folder = tmp_path / "broken" / "tr"
    shutil.copytree(micro_release, folder)
    for split in ("train", "dev", "test"):
        name = rows_of(folder / f"{split}.tsv")[1]["path"]
        clip = folder / "clips" / name
        # As long as the clip was: reading looks into files that are suspiciously short.
        clip.write_bytes((GARBAGE[:4] + bytes(clip.stat().st_size))[: clip.stat().st_size])
    return folder


@pytest.fixture
def lenient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run goes on without one of the four clips of test."""
    monkeypatch.setattr("cvrecipes.decoding.transcribe.MOST_LOST", 0.25)


# ---------------------------------------------------------------- what a run writes


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
        "splits": {"train": nothing, "dev": nothing, "test": nothing},
        "held_out": {},
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


# ---------------------------------------------------------------- repeating


def test_the_same_seed_gives_the_same_losses_and_another_seed_does_not(
    micro_run: RunReport, micro_request: Make, tmp_path: Path
) -> None:
    again = run(micro_request(tmp_path / "again"))
    other = run(micro_request(tmp_path / "other", seed=7))
    assert log_of(again.folder) == log_of(micro_run.folder)
    assert again.pairs == micro_run.pairs
    assert again.facts["evaluations"] == micro_run.facts["evaluations"]
    assert losses_of(other.folder) != losses_of(micro_run.folder)


# ---------------------------------------------------------------- --dry-run and --json


@pytest.mark.parametrize("form", [[], ["--json"]])
def test_a_dry_run_trains_nothing_and_writes_nothing(
    form: list[str],
    call: Call,
    micro_words: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import cvrecipes.training.fit

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(cvrecipes.training.fit, "train", lambda *_: pytest.fail("it trains"))
    got = call(*micro_words, "--out", "made", "--dry-run", *form)
    assert got.code == 0, got.err
    assert list(tmp_path.iterdir()) == []
    if form:
        plan = json.loads(got.out)
        assert plan["estimate"]["steps"] == plan["settings"]["max_steps"] == 6
        assert {split: one["clips"] for split, one in plan["splits"].items()} == {
            "train": 16, "dev": 4, "test": 4
        }  # fmt: skip
        assert plan["left_out"] == {} and "[PAD]" in plan["vocabulary"]
    else:
        for word in ("language", "release", "train", "left out", "steps", "memory", "disk"):
            assert any(line.startswith(word) for line in got.out.splitlines()), word


@pytest.mark.slow
def test_json_prints_the_content_of_run_json_and_nothing_else(
    micro_words: list[str], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    done = subprocess.run(
        [*COMMAND, *micro_words, "--out", str(out), "--json"],
        capture_output=True, encoding="utf-8", check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == facts_of(out)
    assert "step 3/6" in done.stderr and "Traceback" not in done.stderr
    assert "Warning" not in done.stderr


# ---------------------------------------------------------------- interrupted and resumed


def test_an_interrupted_run_is_no_finished_run_and_resume_finishes_it(
    call: Call,
    micro_words: list[str],
    micro_run: RunReport,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    out = tmp_path / "out"
    with monkeypatch.context() as during:
        interrupt_at(6, during)
        stopped = call(*micro_words, "--out", out)
    assert stopped.code == 130
    (hint,) = [line for line in stopped.err.splitlines() if line.startswith("interrupted")]
    command = hint.removeprefix("interrupted; to go on: ")
    words = [str(word) for word in (*micro_words, "--out", out, "--resume")]
    assert shlex.split(command)[0] == "cvrecipes"
    assert sorted(shlex.split(command)[1:]) == sorted(words)
    nothing_finished(out)
    assert not (out / "model").exists()

    refused = call(*micro_words, "--out", out)
    assert refused.code == 2 and "--resume" in refused.complaint

    assert call(*shlex.split(command)[1:]).code == 0
    facts = facts_of(out)
    assert facts["steps"] == 6
    assert [e["step"] for e in facts["evaluations"]] == [3, 6]
    assert [step for step, _ in losses_of(out)] == [1, 2, 3, 4, 5, 6]
    assert {path.name for path in out.iterdir()} == PROMISED
    assert losses_of(out) == losses_of(micro_run.folder)
    assert rows_of(out / "pairs.tsv") == rows_of(micro_run.folder / "pairs.tsv")


def test_a_run_stopped_after_training_resumes_without_training_again(
    micro_request: Make, micro_run: RunReport, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import cvrecipes.decoding.transcribe as transcribing

    def stop(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as during:
        during.setattr(transcribing, "transcribe", stop)
        with pytest.raises(KeyboardInterrupt):
            run(micro_request(tmp_path / "out"))
    nothing_finished(tmp_path / "out")
    report = run(micro_request(tmp_path / "out", resume=True))
    assert report.facts["steps"] == 6
    assert report.facts["evaluations"] == micro_run.facts["evaluations"]
    assert report.facts["best_step"] == micro_run.facts["best_step"]
    assert report.pairs == micro_run.pairs


def test_a_run_stopped_while_saving_leaves_no_model_folder(
    micro_request: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from transformers import Wav2Vec2Processor

    save = Wav2Vec2Processor.save_pretrained

    def stop(self: Any, folder: Path, **named: Any) -> Any:
        if Path(folder).name.startswith("model"):
            raise KeyboardInterrupt
        return save(self, folder, **named)

    with monkeypatch.context() as during:
        during.setattr(Wav2Vec2Processor, "save_pretrained", stop)
        with pytest.raises(KeyboardInterrupt):
            run(micro_request(tmp_path / "out"))
    nothing_finished(tmp_path / "out")
    assert not (tmp_path / "out" / "model").exists()
    run(micro_request(tmp_path / "out", resume=True))
    assert {path.name for path in (tmp_path / "out").iterdir()} == PROMISED


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="there are no signals to send")
@pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_the_process_with_its_code_and_one_line(
    sent: signal.Signals, code: int, micro_words: list[str], tmp_path: Path
) -> None:
    out = tmp_path / "my runs" / "out"
    words = [*micro_words, "--set", "max_steps=20000", "--out", str(out)]
    process = subprocess.Popen(
        [*COMMAND, *words],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8",
        # A suite started in the background inherits an ignored SIGINT, and so would this.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip
    try:
        first = out / "checkpoints" / "checkpoint-3" / "trainer_state.json"
        while not first.exists() and process.poll() is None:
            time.sleep(0.02)
        process.send_signal(sent)
        printed, said = process.communicate(timeout=120)
    finally:
        process.kill()
    assert process.returncode == code, said
    assert printed == "" and "Traceback" not in said
    last = said.splitlines()[-1]
    assert last.startswith("interrupted; to go on: cvrecipes run tr --data ")
    assert last.endswith(f"--set max_steps=20000 --device cpu --out '{out}' --resume")
    nothing_finished(out)
    assert not (out / "model").exists()


def test_resume_with_other_settings_is_refused_by_name(
    call: Call, micro_words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    with monkeypatch.context() as during:
        interrupt_at(3, during)
        assert call(*micro_words, "--out", out).code == 130
    before = (out / "plan.json").read_bytes()
    got = call(*micro_words, "--out", out, "--resume", "--seed", 7, "--set", "learning_rate=0.01")
    assert got.code == 2 and "seed: 42 in the folder, 7 now" in got.complaint
    assert "settings.learning_rate: 0.0001 in the folder, 0.01 now" in got.complaint
    got = call(*micro_words, "--out", out, "--resume", "--limit", 3)
    assert got.code == 2 and "limit: none in the folder, 3 now" in got.complaint
    assert (out / "plan.json").read_bytes() == before
    nothing_finished(out)


def test_a_run_is_not_resumed_with_other_rows(
    call: Call, micro_words: list[str], micro_release: Path, tmp_path: Path, monkeypatch: Any
) -> None:
    release, out = tmp_path / micro_release.parent.name / "tr", tmp_path / "out"
    shutil.copytree(micro_release, release)
    words = [release if word == micro_release else word for word in micro_words]
    words = [str(release) if word == str(micro_release) else word for word in words]
    with monkeypatch.context() as during:
        interrupt_at(3, during)
        assert call(*words, "--out", out).code == 130
    train = release / "train.tsv"
    whole = train.read_bytes()
    train.write_bytes(b"".join(whole.splitlines(keepends=True)[:-1]))
    got = call(*words, "--out", out, "--resume")
    assert got.code == 2 and "the data has changed since the run began: train.tsv" in got.complaint
    nothing_finished(out)
    train.write_bytes(whole)
    assert call(*words, "--out", out, "--resume").code == 0


def test_a_finished_run_is_neither_resumed_nor_overwritten(
    call: Call, micro_words: list[str], micro_run: RunReport
) -> None:
    before = (micro_run.folder / "run.json").read_bytes()
    got = call(*micro_words, "--out", micro_run.folder, "--resume")
    assert got.code == 2 and "finished" in got.complaint
    got = call(*micro_words, "--out", micro_run.folder)
    assert got.code == 2 and "not empty" in got.complaint
    assert (micro_run.folder / "run.json").read_bytes() == before


def test_resume_needs_a_folder(call: Call) -> None:
    got = call("run", "tr", "--resume")
    assert got.code == 2 and "--out" in got.complaint


# ---------------------------------------------------------------- the reload gate


def files_of(report: RunReport, release: Path) -> dict[str, str]:
    return {pair.clip: str(release / "clips" / pair.clip) for pair in report.pairs}


def test_the_gate_passes_the_model_of_a_run(micro_run: RunReport, micro_release: Path) -> None:
    files = files_of(micro_run, micro_release)
    assert check_reload(micro_run.folder / "model", micro_run.pairs, files) == 4


def test_the_gate_refuses_a_model_whose_weights_were_changed(
    micro_run: RunReport, micro_release: Path, tmp_path: Path
) -> None:
    from safetensors.torch import load_file, save_file

    folder = tmp_path / "model"
    shutil.copytree(micro_run.folder / "model", folder)
    weights = load_file(folder / "model.safetensors")
    weights["lm_head.weight"] = -weights["lm_head.weight"]
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(Failure, match="AutoModelForCTC, writes"):
        check_reload(folder, micro_run.pairs, files_of(micro_run, micro_release))


@pytest.mark.parametrize(
    ("text", "differs"),
    [
        ("bir iki üç", False),
        (" bir iki üç ", False),
        ("bir iki üc", False),  # one sign may flip between nearly equal scores
        ("bir  iki  üç", False),  # a delimiter, a blank and a delimiter are two spaces there
        ("bir ki uç", True),
        ("", True),
    ],
)
def test_the_gate_forgives_one_sign_and_any_white_space(text: str, differs: bool) -> None:
    from cvrecipes.decoding.gate import _differs

    assert _differs(text, "bir iki üç") is differs


def test_the_gate_stops_a_run_before_run_json(
    micro_request: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cvrecipes.decoding.recognizer import Recognizer

    monkeypatch.setattr(Recognizer, "text", lambda self, path: "something else altogether")
    with pytest.raises(Failure, match="loaded with"):
        run(micro_request(tmp_path / "out"))
    nothing_finished(tmp_path / "out")


# ---------------------------------------------------------------- clips that cannot be decoded


@pytest.mark.usefixtures("lenient")
def test_clips_found_unreadable_only_while_decoding_are_listed_and_count_nowhere(
    call: Call, broken_release: Path, micro_words: list[str], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    # A step for each clip, so that all of train is met.
    words = [*replaced(micro_words, "--data", broken_release), "--set", "batch_clips=1"]
    got = call(*words, "--set", "max_steps=16", "--set", "evaluate_every=16", "--out", out)
    assert got.code == 0, got.err
    listed = {row["split"]: row for row in rows_of(out / "left_out.tsv")}
    assert set(listed) == {"train", "dev", "test"}
    for split, row in listed.items():
        lost = rows_of(broken_release / f"{split}.tsv")[1]
        assert (row["file"], row["line"], row["clip"], row["sentence"]) == (
            f"{split}.tsv", "3", lost["path"], lost["sentence"]
        )  # fmt: skip
        assert row["reason"].startswith("unreadable audio: ")
    pairs = rows_of(out / "pairs.tsv")
    assert len(pairs) == 3 and listed["test"]["clip"] not in {pair["clip"] for pair in pairs}
    facts = facts_of(out)
    assert {s: one["clips"] for s, one in facts["splits"].items()} == {
        "train": 15, "dev": 3, "test": 3
    }  # fmt: skip
    assert facts["left_out"] == {
        "clips": 3,
        "share": 3 / 24,
        "reasons": {"unreadable audio": 3},
        "splits": {
            "train": {"clips": 1, "share": 1 / 16},
            "dev": {"clips": 1, "share": 1 / 4},
            "test": {"clips": 1, "share": 1 / 4},
        },
        "held_out": {},
        "undecodable": {"train": 1, "dev": 1, "test": 1},
    }
    said = "1 clip of train, 1 clip of dev, 1 clip of test could not be decoded"
    assert said in got.out and said in (out / "report.html").read_text(encoding="utf-8")
    card = (out / "model" / "README.md").read_text(encoding="utf-8")
    assert "| train | 15 |" in card and "12.50%" in card
    assert call("certify", out).code in (0, 1), "the list of clips and its hash disagree"


def test_a_run_fails_when_much_of_test_cannot_be_decoded(
    call: Call, broken_release: Path, micro_words: list[str], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    got = call(*replaced(micro_words, "--data", broken_release), "--out", out)
    assert got.code == 1
    assert "1 of 4 clips of test cannot be decoded" in got.complaint
    assert "unreadable audio: " in got.complaint and "--resume" in got.complaint
    nothing_finished(out)
    assert "test" in {row["split"] for row in rows_of(out / "left_out.tsv")}


@pytest.mark.usefixtures("lenient")
def test_an_unreadable_clip_alone_in_its_batch_does_not_end_the_training(
    broken_release: Path, micro_request: Make, tmp_path: Path
) -> None:
    # As happens to the last batch of an epoch; 16 steps are one whole epoch here.
    changes = {"batch_clips": 1, "max_steps": 16, "evaluate_every": 16}
    report = run(micro_request(tmp_path / "out", data=broken_release, **changes))
    assert report.facts["steps"] == 16


def test_an_unreadable_clip_of_dev_does_not_end_a_training_without_masks(
    micro_release: Path, micro_base: Path, micro_request: Make, tmp_path: Path
) -> None:
    from dataclasses import replace

    base, release = tmp_path / "base", tmp_path / "release" / "tr"
    shutil.copytree(micro_base, base)
    shutil.copytree(micro_release, release)
    settings = json.loads((base / "preprocessor_config.json").read_text(encoding="utf-8"))
    settings["return_attention_mask"] = False  # as wav2vec2-base has it: evaluated one by one
    (base / "preprocessor_config.json").write_text(json.dumps(settings), encoding="utf-8")
    name = rows_of(release / "dev.tsv")[0]["path"]
    (release / "clips" / name).write_bytes(GARBAGE)
    report = run(replace(micro_request(tmp_path / "out", data=release), base=str(base)))
    assert report.facts["steps"] == 6


@pytest.mark.parametrize("found", ["while reading", "while training"])
def test_a_run_stops_with_one_line_when_no_clip_can_be_decoded(
    found: str, call: Call, broken_release: Path, micro_words: list[str], tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    for clip in (broken_release / "clips").iterdir():
        size = clip.stat().st_size  # reading looks into files that are suspiciously short
        content = GARBAGE[:4] + clip.name.encode() + bytes(size)  # no two are the same
        clip.write_bytes(content[:size])
    words = [str(broken_release) if "cv-corpus" in word else word for word in micro_words]
    if found == "while reading":
        monkeypatch.setattr("cvrecipes.data.clips.ClipFiles.enough_for_usual_size", 100)
    got = call(*words, "--out", tmp_path / "out")
    assert got.code == 1
    if found == "while reading":
        assert "16 unreadable audio" in got.complaint and "unpack it again" in got.complaint
        assert not (tmp_path / "out").exists()
    else:
        assert "none of" in got.complaint and "can be decoded" in got.complaint
        nothing_finished(tmp_path / "out")


# ---------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    ("assignment", "says"),
    [
        ("learning_rat=1", "did you mean learning_rate"),
        ("nonsense=1", "unknown setting 'nonsense'"),
        ("learning_rate=fast", "must be a number, not 'fast'"),
        ("learning_rate=nan", "must be a number, not 'nan'"),
        ("max_steps=2.5", "must be a whole number"),
        ("merge_dev=perhaps", "must be true or false"),
        ("layerdrop=1.5", "must be at most 0.99"),
        ("warmup_steps=-1", "must be at least 0"),
        ("learning_rate=0", "must be at least 1e-09"),
        ("learning_rate=1e300", "must be at most 1"),
        ("threads=1000000", "must be at most 1024"),
        ("workers=100000", "must be at most 256"),
        ("mask_time_length=1000000", "frames of the longest clip; --set mask_time_length="),
        ("select=worst", "must be one of best, last"),
        ("epochs", "is not of the form key=value"),
    ],
)
def test_a_wrong_setting_is_refused_in_one_line(
    assignment: str, says: str, call: Call, micro_words: list[str], tmp_path: Path
) -> None:
    got = call(*micro_words, "--set", assignment, "--out", tmp_path / "out")
    assert got.code == 2 and says in got.complaint
    assert got.out == "" and not (tmp_path / "out").exists()


def replaced(words: list[str], option: str, value: object) -> list[str]:
    place = words.index(option) + 1
    return [*words[:place], str(value), *words[place + 1 :]]


def test_a_base_without_a_ctc_form_is_refused_before_anything_is_read(
    call: Call, micro_words: list[str], tmp_path: Path
) -> None:
    base = tmp_path / "whisper"
    base.mkdir()
    (base / "config.json").write_text('{"model_type": "whisper"}', encoding="utf-8")
    (base / "model.safetensors").write_bytes(b"")
    got = call(*replaced(micro_words, "--base", base), "--out", tmp_path / "out")
    assert got.code == 2 and "whisper model, which has no CTC form" in got.complaint
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("change", "code", "says"),
    [
        ("no folder", 2, "there is no model folder"),
        ("no weights", 2, "no .safetensors weights"),
        ("no config", 2, "has no config.json"),
        ("not JSON", 1, "is not JSON"),
        ("8 kHz", 2, "expects 8000 Hz"),
        ("not on the Hub", 1, "not in the local cache"),
    ],
)
def test_a_base_that_cannot_be_used_is_refused_in_one_line(
    change: str, code: int, says: str, call: Call, micro_words: list[str], micro_base: Path,
    tmp_path: Path,
) -> None:  # fmt: skip
    base = tmp_path / "base"
    shutil.copytree(micro_base, base)
    given: object = base
    if change == "no folder":
        given = tmp_path / "absent"
    elif change == "no weights":
        (base / "model.safetensors").unlink()
    elif change == "no config":
        (base / "config.json").unlink()
    elif change == "not JSON":
        (base / "config.json").write_text("{", encoding="utf-8")
    elif change == "8 kHz":
        extractor = json.loads((base / "preprocessor_config.json").read_text(encoding="utf-8"))
        extractor["sampling_rate"] = 8000
        text = json.dumps(extractor)
        (base / "preprocessor_config.json").write_text(text, encoding="utf-8")
    else:
        given = "nobody/nothing-of-this-name"
    got = call(*replaced(micro_words, "--base", given), "--out", tmp_path / "out")
    assert got.code == code and says in got.complaint
    assert not (tmp_path / "out").exists()


def test_weights_that_are_no_safetensors_end_in_one_line(
    call: Call, micro_words: list[str], micro_base: Path, tmp_path: Path
) -> None:
    base = tmp_path / "base"
    shutil.copytree(micro_base, base)
    (base / "model.safetensors").write_bytes(b"these are no weights")
    got = call(*replaced(micro_words, "--base", base), "--out", tmp_path / "out")
    assert got.code == 1 and "base model" in got.complaint
    assert "defect" not in got.complaint


def test_a_folder_that_is_not_empty_is_left_alone(
    call: Call, micro_words: list[str], tmp_path: Path
) -> None:
    (tmp_path / "mine.txt").write_text("precious", encoding="utf-8")
    got = call(*micro_words, "--out", tmp_path)
    assert got.code == 2 and "not empty" in got.complaint
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_limit_takes_at_most_so_many_clips_of_each_split(
    call: Call, micro_words: list[str]
) -> None:
    def chosen(*more: object) -> dict[str, Any]:
        plan = json.loads(call(*micro_words, "--limit", 3, "--dry-run", "--json", *more).out)
        return {split: one["clips"] for split, one in plan["splits"].items()}

    assert chosen() == {"train": 3, "dev": 3, "test": 3}


def test_a_run_on_a_part_of_test_says_so_and_stays_out_of_leaderboards(
    call: Call, micro_words: list[str], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    got = call(*micro_words, "--limit", 3, "--set", "max_steps=3", "--out", out)
    assert got.code == 0, got.err
    said = "a part of test: 3 of 4 clips, --limit"
    card = (out / "model" / "README.md").read_text(encoding="utf-8")
    assert said in got.out and said in card
    assert said in (out / "report.html").read_text(encoding="utf-8")
    assert "model-index" not in card and "- wer\n- cer\n" in card
    facts = facts_of(out)
    assert facts["scored_part"] == {"clips": 3, "of": 4}
    assert facts["left_out"]["share"] == 0.0


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 s"), (0.2, "under 1 s"), (45, "45 s"), (59.6, "1 min"), (600, "10 min"),
     (12_240, "3.4 h")],
)  # fmt: skip
def test_a_duration_has_a_unit_that_fits_it(seconds: float, words: str) -> None:
    from cvrecipes.words import length

    assert length(seconds) == words


@pytest.mark.parametrize("dry", [[], ["--dry-run"]])
@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--device", "cuda"], "torch sees no CUDA device here"),
        (["--set", "max_steps=1000000000000"], "asks for 1e+12 steps"),
        (["--set", "max_steps=0", "--set", "epochs=1e300"], "setting epochs asks for"),
        (["--set", "precision=fp16"], "fp16 training needs a CUDA GPU"),
    ],
)
def test_a_dry_run_refuses_what_a_run_would(
    dry: list[str], words: list[str], says: str, call: Call, micro_words: list[str],
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    import torch

    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    got = call(*micro_words, *words, *dry, "--out", tmp_path / "out")
    assert got.code == 2 and says in got.complaint
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("device", ["auto", "cpu"])
def test_a_dry_run_does_not_wait_for_torch(
    device: str, micro_words: list[str], tmp_path: Path
) -> None:
    words = [*replaced(micro_words, "--device", device), "--dry-run"]
    code = (
        "import sys; from cvrecipes.cli.main import exit_code_of as f; code = f(sys.argv[1:]); "
        "sys.exit(code or 'torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code, *words], cwd=tmp_path, check=False)
    assert done.returncode == 0


@pytest.mark.parametrize("harm", ["no folder", "no column", "no test", "device", "setting"])
def test_what_is_wrong_here_is_said_before_the_base_model_is_asked_for(
    harm: str, call: Call, micro_words: list[str], micro_release: Path, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    import torch

    monkeypatch.setattr("cvrecipes.run.open_base", lambda _: pytest.fail("the base is opened"))
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    release = tmp_path / "tr"
    shutil.copytree(micro_release, release)
    words = replaced(micro_words, "--data", release)
    if harm == "no folder":
        words = replaced(words, "--data", tmp_path / "nowhere")
    elif harm == "no column":
        text = (release / "test.tsv").read_text(encoding="utf-8")
        text = text.replace("\tsentence\t", "\twords\t", 1)
        (release / "test.tsv").write_text(text, encoding="utf-8")
    elif harm == "no test":
        (release / "test.tsv").unlink()
    elif harm == "device":
        words = replaced(words, "--device", "cuda")
    else:
        words += ["--set", "learning_rate=fast"]
    got = call(*words, "--out", tmp_path / "out")
    assert got.code in (1, 2) and got.complaint
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("words", [["--device", "abacus"], ["--preset", "blg"], ["--dry-run"]])
def test_the_sample_is_only_announced_when_a_run_starts(
    words: list[str], call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert "built-in sample" not in call("run", "tr", *words).err


def test_a_full_folder_is_refused_before_the_release_is_read(
    call: Call, micro_words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mine.txt").write_text("precious", encoding="utf-8")
    monkeypatch.setattr("cvrecipes.run.prepare", lambda *_: pytest.fail("it reads"))
    assert call(*micro_words, "--out", tmp_path).code == 2


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="pipes close in another way")
@pytest.mark.parametrize("errors_too", [False, True])
def test_a_run_whose_reader_has_left_finishes_all_the_same(
    errors_too: bool, micro_words: list[str], tmp_path: Path
) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    out = tmp_path / "out"
    with os.fdopen(writing, "w") as closed:
        done = subprocess.run(
            [*COMMAND, *micro_words, "--out", str(out)],
            stdout=closed, stderr=closed if errors_too else subprocess.PIPE, encoding="utf-8",
            check=False,
        )  # fmt: skip
    assert done.returncode in (0, 141) and "Traceback" not in (done.stderr or "")
    assert {path.name for path in out.iterdir()} == PROMISED


@pytest.mark.parametrize("harm", ["cut", "emptied", "no optimizer", "weights"])
def test_a_run_with_a_damaged_checkpoint_goes_on_from_the_one_before(
    harm: str, call: Call, micro_words: list[str], micro_run: RunReport, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    shutil.copytree(micro_run.folder, out)
    shutil.rmtree(out / "model")
    (out / "run.json").unlink()
    last = out / "checkpoints" / "checkpoint-6"
    if harm == "cut":
        data = (last / "trainer_state.json").read_bytes()
        (last / "trainer_state.json").write_bytes(data[: len(data) // 2])
    elif harm == "emptied":
        (last / "scheduler.pt").write_bytes(b"")
    elif harm == "no optimizer":
        (last / "optimizer.pt").unlink()
    else:
        data = (last / "model.safetensors").read_bytes()
        (last / "model.safetensors").write_bytes(data[:-100])
    got = call(*micro_words, "--out", out, "--resume")
    assert got.code == 0, got.err
    (warning,) = [line for line in got.err.splitlines() if line.startswith("warning: ")]
    assert "checkpoint-6 (" in warning and warning.endswith("going on from checkpoint-3")
    assert losses_of(out) == losses_of(micro_run.folder)
    assert rows_of(out / "pairs.tsv") == rows_of(micro_run.folder / "pairs.tsv")


def test_a_run_with_only_damaged_checkpoints_starts_anew(
    call: Call, micro_words: list[str], micro_run: RunReport, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    shutil.copytree(micro_run.folder, out)
    (out / "run.json").unlink()
    (out / "trained.json").unlink()
    for step in (3, 6):
        (out / "checkpoints" / f"checkpoint-{step}" / "optimizer.pt").write_bytes(b"PK")
    got = call(*micro_words, "--out", out, "--resume")
    assert got.code == 0, got.err
    (warning,) = [line for line in got.err.splitlines() if line.startswith("warning: ")]
    assert warning.endswith("training starts anew")
    assert losses_of(out) == losses_of(micro_run.folder)


@pytest.mark.parametrize("limit", ["0", "-1", "many"])
def test_a_limit_that_is_no_number_of_clips_is_wrong_usage(
    limit: str, call: Call, micro_words: list[str]
) -> None:
    got = call(*micro_words, "--limit", limit, "--dry-run")
    assert got.code == 2 and "--limit" in got.err
    assert "Traceback" not in got.err and got.out == ""


def test_a_release_of_another_locale_is_refused_and_named(
    call: Call, micro_words: list[str], tmp_path: Path
) -> None:
    words = ["run", "de", *micro_words[2:]]
    got = call(*words, "--out", tmp_path / "out")
    assert got.code == 2 and "is a release of tr, not of de" in got.complaint
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["run", "xx"], "no recipe for 'xx'"),
        (["run", "tr", "--data", "nowhere"], "there is no such folder"),
        (["run", "tr", "--preset", "blg"], "did you mean blog"),
        (["run", "tr", "--preset", "blog", "--device", "cpu", "--out", "o"], "fp16"),
        (["run", "tr", "--device", "abacus", "--out", "o"], "unknown device 'abacus'"),
    ],
)
def test_what_is_not_there_is_named_in_one_line(
    words: list[str], says: str, call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    got = call(*words)
    assert got.code == 2 and says in got.complaint


def test_what_is_neither_file_nor_folder_is_no_release(call: Call) -> None:
    got = call("run", "tr", "--data", os.devnull, "--dry-run")
    assert got.code == 2 and "is a file, but neither an archive nor a manifest" in got.complaint


def test_a_merged_dev_of_strict_all_is_trained_on_once_and_lost_nowhere(call: Call) -> None:
    got = call("run", "tr", "--dry-run", "--json", "--split", "strict-all", "--set", "merge_dev=1")
    plan = json.loads(got.out)
    assert plan["splits"]["train"]["clips"] == 498 + 50 and plan["splits"]["dev"]["clips"] == 0
    assert plan["left_out"] == {} and sum(plan["held_out"].values()) == 75 + 50


def test_a_setting_that_leaves_nothing_is_not_blamed_on_the_recipe(call: Call) -> None:
    got = call("run", "tr", "--dry-run", "--set", "longest=0.6")
    assert got.code == 1 and "no clip of train can be used (498 too long)" in got.complaint
    assert "cvrecipes settings" in got.complaint and "cvrecipes show" not in got.complaint


@pytest.mark.parametrize(("visible", "given"), [("", "1"), ("5,7", "7")])
def test_a_gpu_asked_for_twice_is_the_same_gpu(
    visible: str, given: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cvrecipes.models.devices import pin

    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    assert pin("cuda:1") == pin("cuda:1") == "cuda"
    assert os.environ["CUDA_VISIBLE_DEVICES"] == given


def test_a_wrong_device_is_refused_before_the_folder_is_made(
    micro_request: Make, tmp_path: Path
) -> None:
    from dataclasses import replace

    with pytest.raises(UsageError):
        run(replace(micro_request(tmp_path / "out"), device="abacus"))
    assert not (tmp_path / "out").exists()
