"""Clips that cannot be decoded: counted nowhere, listed, and no end of a run."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cvrecipes.run import run
from support.runs import GARBAGE, facts_of, nothing_finished, replaced, rows_of

Call = Callable[..., Any]
Make = Callable[..., Any]


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
        # As long as the clip was: reading opens files that are suspiciously short.
        clip.write_bytes((GARBAGE[:4] + bytes(clip.stat().st_size))[: clip.stat().st_size])
    return folder


@pytest.fixture
def lenient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run goes on without one of the four clips of test."""
    monkeypatch.setattr("cvrecipes.decoding.transcribe.MOST_LOST", 0.25)


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
        source = rows_of(broken_release / f"{split}.tsv")[1]
        assert (row["file"], row["line"], row["clip"], row["sentence"]) == (
            f"{split}.tsv", "3", source["path"], source["sentence"]
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
            "train": {"clips": 1, "share": 1 / 16, "reasons": {"unreadable audio": 1}},
            "dev": {"clips": 1, "share": 1 / 4, "reasons": {"unreadable audio": 1}},
            "test": {"clips": 1, "share": 1 / 4, "reasons": {"unreadable audio": 1}},
        },
        "held_out": {},
        "unknown_split": 0,
        "undecodable": {"train": 1, "dev": 1, "test": 1},
    }
    sentence = "1 clip of train, 1 clip of dev, 1 clip of test could not be decoded"
    assert sentence in got.out and sentence in (out / "report.html").read_text(encoding="utf-8")
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
        size = clip.stat().st_size  # reading opens files that are suspiciously short
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
