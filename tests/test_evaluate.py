"""cvrecipes evaluate: the numbers of the run, for any split."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cvrecipes.records import RunReport
from support.runs import GARBAGE

Call = Callable[..., Any]


def copied(micro_run: RunReport, tmp_path: Path) -> Path:
    folder = tmp_path / "model"
    shutil.copytree(micro_run.folder / "model", folder)
    return folder


def test_evaluate_repeats_the_numbers_of_the_run(
    call: Call, micro_run: RunReport, micro_release: Path, tmp_path: Path
) -> None:
    pairs = tmp_path / "pairs.tsv"
    got = call("evaluate", micro_run.folder, "--data", micro_release, "--pairs", pairs, "--json")
    assert got.code == 0, got.err
    facts = json.loads(got.out)
    assert facts["model"] == str(micro_run.folder)
    assert (facts["scored_on"], facts["clips"], list(facts["splits"])) == ("test", 4, ["test"])
    for key in facts.keys() - {"model", "splits", "left_out"}:
        assert facts[key] == micro_run.facts[key], key
    assert facts["splits"]["test"] == micro_run.facts["splits"]["test"]
    assert pairs.read_text(encoding="utf-8") == (micro_run.folder / "pairs.tsv").read_text(
        encoding="utf-8"
    )


def test_evaluate_says_nothing_of_a_changed_recipe_when_it_has_not_changed(
    call: Call, micro_run: RunReport, micro_release: Path
) -> None:
    got = call("evaluate", micro_run.folder, "--data", micro_release)
    assert got.code == 0 and "warning" not in got.err
    assert "WER" in got.out and f"{micro_run.score.wer.value:.1%}" in got.out


def test_evaluate_warns_when_the_recipe_has_changed_since(
    call: Call, micro_run: RunReport, micro_release: Path, tmp_path: Path
) -> None:
    folder = copied(micro_run, tmp_path)
    saved = json.loads((folder / "recipe.json").read_text(encoding="utf-8"))
    saved["name"] = "Old Turkish"
    (folder / "recipe.json").write_text(json.dumps(saved), encoding="utf-8")
    got = call("evaluate", folder, "--data", micro_release, "--limit", 1)
    assert got.code == 0
    assert got.err.startswith("warning: the recipe of tr differs from the one")


@pytest.mark.parametrize(("split", "clips"), [("train", 16), ("dev", 4), ("test", 4)])
def test_evaluate_scores_any_split_and_any_number_of_clips(
    split: str, clips: int, call: Call, micro_run: RunReport, micro_release: Path
) -> None:
    words = ["evaluate", micro_run.folder, "--data", micro_release, "--split", split, "--json"]
    assert json.loads(call(*words).out)["clips"] == clips
    assert json.loads(call(*words, "--limit", 2).out)["clips"] == 2


def test_evaluate_lists_what_it_left_out(
    call: Call, micro_run: RunReport, micro_release: Path, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    release = tmp_path / "tr"
    shutil.copytree(micro_release, release)
    with (release / "test.tsv").open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))
    clip = release / "clips" / rows[0]["path"]
    clip.write_bytes(GARBAGE[:4] + bytes(clip.stat().st_size - 4))
    (release / "clips" / rows[1]["path"]).unlink()
    # So few clips would all be decoded while reading; larger releases believe their durations.
    monkeypatch.setattr("cvrecipes.data.clips.ClipFiles.enough_for_usual_size", 1)
    got = call("evaluate", micro_run.folder, "--data", release)
    assert got.code == 1 and "1 of 3 clips of test cannot be decoded" in got.complaint
    monkeypatch.setattr("cvrecipes.decoding.transcribe.MOST_LOST", 0.5)
    facts = json.loads(call("evaluate", micro_run.folder, "--data", release, "--json").out)
    assert facts["clips"] == facts["splits"]["test"]["clips"] == 2
    assert facts["splits"]["test"]["rows"] == 4
    assert facts["left_out"] == {
        "clips": 2,
        "share": 0.5,
        "reasons": {"missing audio": 1, "unreadable audio": 1},
        "splits": {"test": {"clips": 2, "share": 0.5}},
        "held_out": {},
        "undecodable": {"test": 1},
    }
    assert "left out: 1 " in call("evaluate", micro_run.folder, "--data", release).out


def test_evaluate_of_the_wrong_release_or_no_model_is_one_line(
    call: Call, micro_run: RunReport, micro_release: Path, tmp_path: Path
) -> None:
    got = call("evaluate", micro_run.folder, "--data", micro_release, "--locale", "de")
    assert got.code == 2 and "release of tr, not of de" in got.complaint
    (micro_copy := tmp_path / "tr").mkdir()
    got = call("evaluate", micro_run.folder, "--data", micro_copy)
    assert got.code == 2 and "holds no TSVs" in got.complaint
    got = call("evaluate", tmp_path / "nowhere", "--data", micro_release)
    assert got.code == 2 and "there is no such model folder" in got.complaint
    shutil.copytree(micro_run.folder / "model", tmp_path / "model")
    (tmp_path / "model" / "recipe.json").unlink()
    got = call("evaluate", tmp_path / "model", "--data", micro_release)
    assert got.code == 2 and "add --locale" in got.complaint
