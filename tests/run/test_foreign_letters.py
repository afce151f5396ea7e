"""A run on a release with foreign letters: train leaves them out, dev and test keep them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from cvrecipes.plan import Request
from cvrecipes.records import RunReport
from cvrecipes.run import run
from support.runs import rows_of

FOREIGN = {"train": ["taɣi əɣ"], "dev": ["taɣi əɣ"], "test": ["taɣi əɣ", "saat 5"]}


@pytest.fixture(scope="module")
def foreign_release(micro_release: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The quick release, with other sentences in the first rows of each split."""
    release = tmp_path_factory.mktemp("foreign") / "cv-corpus-0.0-2026-01-01" / "tr"
    shutil.copytree(micro_release, release)
    for split, sentences in FOREIGN.items():
        path = release / f"{split}.tsv"
        header, *lines = path.read_text(encoding="utf-8").splitlines()
        place = header.split("\t").index("sentence")
        for number, sentence in enumerate(sentences):
            cells = lines[number].split("\t")
            cells[place] = sentence
            lines[number] = "\t".join(cells)
        path.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8", newline="\n")
    return release


@pytest.fixture(scope="module")
def foreign_run(
    foreign_release: Path, micro_request: Callable[..., Request],
    tmp_path_factory: pytest.TempPathFactory,
) -> RunReport:  # fmt: skip
    return run(micro_request(tmp_path_factory.mktemp("run") / "tr", data=foreign_release))


def test_test_keeps_them_and_says_how_many_clips_were_scored(foreign_run: RunReport) -> None:
    facts = foreign_run.facts
    assert (facts["clips"], facts["splits"]["test"]["rows"]) == (3, 4)
    assert facts["left_out"]["splits"]["test"]["reasons"] == {"digits": 1}
    assert facts["left_out"]["splits"]["train"]["reasons"] == {"outside alphabet": 1}
    assert facts["left_out"]["splits"]["dev"]["clips"] == 0
    assert facts["splits"]["dev"]["clips"] == 4 and facts["splits"]["train"]["clips"] == 15
    assert facts["inside_alphabet"]["clips"] == 2 and facts["model_locales"] == ["tr"]
    assert facts["no_class"] == {"clips": 1, "letters": ["ə", "ɣ"], "examples": ["taɣi əɣ"]}
    assert facts["words"] == facts["inside_alphabet"]["words"] + 2


def test_dev_with_foreign_letters_has_a_loss_and_selects_the_weights(
    foreign_run: RunReport,
) -> None:
    assert foreign_run.facts["selected_on"] == "dev"
    assert all(one["loss"] > 0 for one in foreign_run.facts["evaluations"])


def test_saved_pairs_say_which_references_are_inside_the_alphabet(foreign_run: RunReport) -> None:
    rows = rows_of(foreign_run.folder / "pairs.tsv")
    assert [row["inside_alphabet"] for row in rows] == ["no", "yes", "yes"]
    assert (rows[0]["reference"], float(rows[0]["wer"]) > 0) == ("taɣi əɣ", True)
    table = pq.read_table(foreign_run.folder / "pairs.parquet")
    assert table["inside_alphabet"].to_pylist() == [False, True, True]
    clips = pq.read_table(foreign_run.folder / "clips.parquet").to_pylist()
    assert [row["split"] for row in clips if row["text"] == "taɣi əɣ"] == ["dev", "test"]


def test_card_and_report_say_so(foreign_run: RunReport) -> None:
    card = (foreign_run.folder / "model" / "README.md").read_text(encoding="utf-8")
    page = (foreign_run.folder / "report.html").read_text(encoding="utf-8")
    for text in (card, page):
        assert "3 of 4 clips of the release" in text and "left out: 1 digits" in text
        assert "1 clip with letters outside the alphabet, whose words count as wrong" in text
        assert "resampling clips" in text and "that the model has no class for (ə ɣ)" in text


def test_evaluate_and_its_screen_say_the_same(
    call: Callable[..., Any], foreign_run: RunReport, foreign_release: Path
) -> None:
    words = ["evaluate", foreign_run.folder, "--data", foreign_release]
    facts = json.loads(call(*words, "--json").out)
    for key in ("clips", "wer", "inside_alphabet", "no_class", "model_locales"):
        assert facts[key] == foreign_run.facts[key], key
    out = call(*words).out
    assert "3 of 4 clips of the release's test; left out: 1 digits\n" in out
    assert "1 clip with letters outside the alphabet" in out
    assert "(ə ɣ), such as 'taɣi əɣ': these words count as wrong" in out
    assert "95 % interval, resampling clips" in out.splitlines()[1]
