"""The certificate of a run: where it is written, and what ``certify`` makes of it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from conftest import Outcome
from cvrecipes.files import read_json, write_json
from cvrecipes.records import RunReport

Call = Callable[..., Outcome]


@pytest.fixture
def copy(micro_run: RunReport, tmp_path: Path) -> Path:
    """A finished run to change."""
    folder = tmp_path / "run"
    shutil.copytree(micro_run.folder, folder)
    return folder


def test_the_certificate_is_in_run_json_the_report_and_the_card(micro_run: RunReport) -> None:
    made = read_json(micro_run.folder / "run.json")["certificate"]
    assert made["policy"] == "official"
    words = f"Official split: train shares {made['speakers']} speaker"
    for path in (micro_run.folder / "report.html", micro_run.folder / "model" / "README.md"):
        text = path.read_text(encoding="utf-8")
        assert words in text and f"(certificate {made['hash']})" in text, path


def test_certify_counts_again_and_finds_another_release(
    call: Call, micro_run: RunReport, micro_release: Path, tmp_path: Path
) -> None:
    got = call("certify", micro_run.folder, "--json")
    again = json.loads(got.out)
    assert again["certificate"] == read_json(micro_run.folder / "run.json")["certificate"]
    assert (got.code, again["clean"], again["certificate"]["clips"]) == (0, True, 0)
    # The next release draws its splits anew: what was train is test.
    other = tmp_path / "cv-corpus-99.0-2030-01-01" / "tr"
    shutil.copytree(micro_release, other)
    (other / "train.tsv").rename(other / "old.tsv")
    (other / "test.tsv").rename(other / "train.tsv")
    (other / "old.tsv").rename(other / "test.tsv")
    got = call("certify", micro_run.folder, "--against", other, "--json")
    counts = json.loads(got.out)
    assert got.code == 1 and counts["clean"] is False
    assert counts["against"] == "cv-corpus-99.0-2030-01-01"
    assert counts["shared"]["test"]["recordings"] == counts["shared"]["test"]["rows_touched"] == 16
    done = call("certify", micro_run.folder, "--against", other)
    assert done.code == 1 and "16 of 16" in done.out


def test_certify_wants_a_finished_run_with_its_own_clips(
    call: Call, copy: Path, tmp_path: Path
) -> None:
    got = call("certify", tmp_path)
    assert got.code == 2 and "no finished run" in got.complaint
    facts = read_json(copy / "run.json")
    facts["certificate"]["lists"]["train"] = "0" * 64
    write_json(copy / "run.json", facts)
    got = call("certify", copy)
    assert got.code == 1 and "the clips of train are not those of the certificate" in got.complaint
    (copy / "clips.parquet").unlink()
    assert "there is no such file" in call("certify", copy).complaint


def test_certify_says_when_the_recipe_is_no_longer_that_of_the_run(
    call: Call, copy: Path, micro_release: Path
) -> None:
    assert "warning" not in call("certify", copy, "--against", micro_release).err
    facts = read_json(copy / "run.json")
    facts["recipe"]["hash"] = "0" * 16
    write_json(copy / "run.json", facts)
    got = call("certify", copy, "--against", micro_release)
    assert got.err.startswith("warning: the recipe of tr has changed since this run")


@pytest.mark.parametrize("path", ["locale", "recipe.hash", "certificate.lists", "certificate"])
def test_a_run_json_that_lacks_what_certify_needs_is_one_error(
    path: str, call: Call, copy: Path
) -> None:
    facts = read_json(copy / "run.json")
    *above, last = path.split(".")
    (facts[above[0]] if above else facts)[last] = None
    write_json(copy / "run.json", facts)
    assert f"does not say {path}" in call("certify", copy).complaint


def test_certify_names_a_list_of_clips_without_a_column(call: Call, copy: Path) -> None:
    clips = copy / "clips.parquet"
    pq.write_table(pq.read_table(clips).drop_columns(["near"]), clips)
    assert call("certify", copy).complaint.startswith(f"{clips}: is damaged")


def test_certify_counts_anew_what_run_json_says(call: Call, copy: Path) -> None:
    facts = read_json(copy / "run.json")
    facts["certificate"]["speakers"] += 1
    write_json(copy / "run.json", facts)
    assert "does not say what the clips" in call("certify", copy).complaint
