"""cvrecipes evaluate: the numbers of the run, for any split."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cvrecipes.catalog import open_recipe
from cvrecipes.records import RunReport
from support.releases import Row, make_release
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
        "splits": {
            "test": {
                "clips": 2,
                "share": 0.5,
                "reasons": {"missing audio": 1, "unreadable audio": 1},
            }
        },
        "held_out": {},
        "unknown_split": 0,
        "undecodable": {"test": 1},
    }
    assert "left out: 1 " in call("evaluate", micro_run.folder, "--data", release).out


def test_evaluate_of_the_wrong_release_or_no_model_is_one_line(
    call: Call, micro_run: RunReport, micro_release: Path, tmp_path: Path
) -> None:
    (micro_copy := tmp_path / "tr").mkdir()
    got = call("evaluate", micro_run.folder, "--data", micro_copy)
    assert got.code == 2 and "holds no TSVs" in got.complaint
    got = call("evaluate", tmp_path / "nowhere", "--data", micro_release)
    assert got.code == 2 and "there is no such model folder" in got.complaint
    folder = nameless(micro_run, tmp_path)
    got = call("evaluate", folder, "--data", micro_release)
    assert got.code == 2 and "does not say its locale; add --locale" in got.complaint


# Models of another locale


def nameless(micro_run: RunReport, tmp_path: Path, card: str | None = None) -> Path:
    """The model without its recipe, and with another card or none."""
    folder = copied(micro_run, tmp_path)
    (folder / "recipe.json").unlink()
    (folder / "README.md").unlink()
    if card is not None:
        (folder / "README.md").write_text(card, encoding="utf-8")
    return folder


@pytest.fixture
def german_release(micro_release: Path, tmp_path: Path) -> Path:
    """The clips of the quick release, with one German sentence for all of them."""
    release = tmp_path / "cv-corpus-0.0-2026-01-01" / "de"
    shutil.copytree(micro_release, release)
    for path in (release / f"{split}.tsv" for split in ("train", "dev", "test")):
        rows = [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines()]
        for cells in rows[1:]:
            cells[rows[0].index("sentence")] = "Wir wärmen die Straße"
            cells[rows[0].index("locale")] = "de"
        text = "".join("\t".join(cells) + "\n" for cells in rows)
        path.write_text(text, encoding="utf-8", newline="\n")
    return release


def test_a_model_of_another_locale_is_refused(
    call: Call, micro_run: RunReport, german_release: Path
) -> None:
    for model in (micro_run.folder, micro_run.folder / "model"):
        got = call("evaluate", model, "--data", german_release, "--locale", "de")
        assert got.code == 2 and "the model is for tr, not for de; leave out" in got.complaint
        assert "--other-locale" in got.complaint


def test_a_model_of_another_locale_is_scored_where_that_is_asked_for(
    call: Call, micro_run: RunReport, german_release: Path
) -> None:
    words = ["evaluate", micro_run.folder, "--data", german_release, "--locale", "de"]
    got = call(*words, "--other-locale")
    assert got.code == 0, got.err
    assert "warning: the model is for tr, and is scored on de\n" in got.err
    assert "warning: 4 of 4 clips hold letters that the model has no class for (" in got.err
    assert "the model is for tr and the clips are de" in got.out
    facts = json.loads(call(*words, "--other-locale", "--json").out)
    assert (facts["locale"], facts["model_locales"]) == ("de", ["tr"])
    assert facts["no_class"]["clips"] == 4 and {"ä", "ß"} == {*facts["no_class"]["letters"]}


def test_locales_of_one_language_are_other_locales(
    call: Call, micro_run: RunReport, german_release: Path, tmp_path: Path
) -> None:
    folder = copied(micro_run, tmp_path)
    saved = json.loads((folder / "recipe.json").read_text(encoding="utf-8"))
    saved["locale"] = "zh-CN"
    (folder / "recipe.json").write_text(json.dumps(saved), encoding="utf-8")
    got = call("evaluate", folder, "--data", german_release, "--locale", "zh-TW")
    assert got.code == 2 and "the model is for zh-CN, not for zh-TW" in got.complaint


@pytest.mark.parametrize(
    ("language", "locale", "complaint"),
    [
        ("tr", "de", "the model is for tr, not for de"),
        ("[tr, az]", "de", "the model is for az, tr, not for de"),
        ("zh", "de", "the model is for zh-CN, zh-HK, zh-TW, not for de"),
        ("zh-cn", "zh-TW", "the model is for zh-CN, not for zh-TW"),
        ("zh", None, "is for several locales (zh-CN, zh-HK, zh-TW); add --locale"),
        ("multilingual", None, "does not say its locale"),
    ],
)
def test_the_language_of_a_card_is_the_model_s(
    language: str, locale: str | None, complaint: str, call: Call, micro_run: RunReport,
    german_release: Path, tmp_path: Path,
) -> None:  # fmt: skip
    folder = nameless(micro_run, tmp_path, f"---\nlanguage: {language}\n---\n# A model\n")
    chosen = ["--locale", locale] if locale else []
    got = call("evaluate", folder, "--data", german_release, *chosen)
    assert got.code == 2 and complaint in got.complaint


def test_a_card_with_one_locale_spares_the_option(
    call: Call, micro_run: RunReport, micro_release: Path, tmp_path: Path
) -> None:
    folder = nameless(micro_run, tmp_path, "---\nlanguage: tr\n---\n")
    facts = json.loads(call("evaluate", folder, "--data", micro_release, "--json").out)
    assert (facts["locale"], facts["model_locales"]) == ("tr", ["tr"])


@pytest.mark.parametrize("card", [None, "---\nlanguage: {tr\n---\n", "---\nlanguage: tur\n---\n"])
def test_a_model_that_names_no_locale_is_scored_with_a_warning_about_its_letters(
    card: str | None, call: Call, micro_run: RunReport, german_release: Path, tmp_path: Path
) -> None:
    folder = nameless(micro_run, tmp_path, card)
    words = ["evaluate", folder, "--data", german_release, "--locale", "de"]
    got = call(*words)
    assert got.code == 0, got.err
    assert "such as 'wir wärmen die straße': these words count as wrong" in got.err
    assert "the model is for" not in got.out
    assert json.loads(call(*words, "--json").out)["model_locales"] is None


def test_a_model_of_another_variant_is_refused_unless_that_is_asked_for(
    call: Call, micro_run: RunReport, cache: Path, tmp_path: Path
) -> None:
    rows = [Row("syate tsaş'e ma", split, speaker=split) for split in ("train", "dev", "test")]
    release, model = make_release(tmp_path / "data", "ady", rows), copied(micro_run, tmp_path)
    recipe, _ = open_recipe("ady")
    (model / "recipe.json").write_text(json.dumps(recipe.resolved()), encoding="utf-8")
    words = ["evaluate", model, "--data", release]
    got = call(*words)
    assert got.code == 1 and "take them with --variant latn" in got.complaint
    got = call(*words, "--variant", "latn")
    assert got.code == 2 and "for ady in the variant main, not in the variant latn" in got.complaint
    assert "--other-locale" in got.complaint
    got = call(*words, "--variant", "latn", "--other-locale")
    assert got.code == 0, got.err
    assert "warning: the model is for ady in the variant main, and is scored on latn" in got.err
    assert "differs from the one this model was trained with" not in got.err
