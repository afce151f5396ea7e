"""Speakers that a release does not name: unknown in every count, never zero and never one."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from conftest import Outcome
from cvrecipes.catalog import open_recipe
from cvrecipes.data.certificate import shared_cell
from cvrecipes.data.corpus import read_corpus
from cvrecipes.data.counts import split_counts
from cvrecipes.data.release import open_release
from cvrecipes.models.ctc import Framing
from cvrecipes.plugins import new_manager
from cvrecipes.records import SPLITS, Certificate, Corpus
from cvrecipes.settings import Settings
from support.releases import make_release

pytestmark = pytest.mark.usefixtures("cache")

Call = Callable[..., Outcome]


@pytest.fixture
def manifest(tmp_path: Path) -> Callable[..., Path]:
    """Makes a manifest of a release: ``manifest(speakers)``, with a speaker by sentence's place."""
    place = make_release(tmp_path)

    def make(name: str, speaker: Callable[[int], str] | None) -> Path:
        lines = []
        for split in SPLITS:
            rows = (place / f"{split}.tsv").read_text(encoding="utf-8").splitlines()[1:]
            for cells in (row.split("\t") for row in rows):
                clip = str(place / "clips" / cells[1])
                row = {"audio_filepath": clip, "text": cells[3], "split": split}
                if speaker is not None:
                    row["speaker"] = speaker(len(lines))
                lines.append(json.dumps(row, ensure_ascii=False))
        path = tmp_path / name
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return path

    return make


def corpus_of(where: Path, policy: str = "official") -> Corpus:
    recipe, hooks = open_recipe("tr", new_manager(installed=False))
    release = open_release(str(where), "tr", hooks)
    return read_corpus(release, recipe, hooks, Framing(), Settings(split=policy))


def certificate(corpus: Corpus) -> Certificate:
    assert corpus.certificate is not None
    return corpus.certificate


def of_splits(corpus: Corpus, key: str) -> Mapping[str, Any]:
    return {split: counts[key] for split, counts in split_counts(corpus).items()}


def test_speakers_that_nobody_names_are_unknown_and_not_one_nor_none(
    manifest: Callable[..., Path],
) -> None:
    corpus = corpus_of(manifest("m.jsonl", None))
    made = certificate(corpus)
    assert made.speakers is None and not made.complete
    assert made.shared["dev"]["speakers"] is None and made.shared["test"]["speakers"] is None
    assert made.unknown_speakers == {"train": 4, "dev": 2, "test": 3}
    assert of_splits(corpus, "speakers") == dict.fromkeys(SPLITS)
    assert of_splits(corpus, "unknown_speakers") == {"train": 4, "dev": 2, "test": 3}


def test_speakers_that_some_rows_name_are_counted_beside_the_clips_without(
    manifest: Callable[..., Path],
) -> None:
    corpus = corpus_of(manifest("m.jsonl", lambda place: "" if place % 2 else f"s{place}"))
    assert of_splits(corpus, "speakers") == {"train": 2, "dev": 1, "test": 2}
    assert of_splits(corpus, "unknown_speakers") == {"train": 2, "dev": 1, "test": 1}
    assert certificate(corpus).speakers == 0


def test_the_hash_of_a_certificate_covers_the_speakers_that_are_known(
    manifest: Callable[..., Path],
) -> None:
    hashes = [
        certificate(corpus_of(manifest(f"{number}.jsonl", speaker))).hash
        for number, speaker in enumerate((None, "s{}".format, lambda _: "s1", "s{}".format))
    ]
    assert hashes[1] == hashes[3] and len(set(hashes)) == 3


def test_hours_are_unknown_when_a_length_is() -> None:
    import pyarrow as pa

    table = pa.table({"seconds": pa.array([1800.0, None], pa.float32())})
    known = pa.table({"seconds": pa.array([1800.0, 1800.0], pa.float32())})
    corpus = Corpus(table, known, known.slice(0, 0), ())
    assert [corpus.hours(split) for split in SPLITS] == [None, 1.0, 0.0]


def test_strict_all_warns_that_it_cannot_hold_out_unknown_speakers(
    manifest: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    corpus_of(manifest("m.jsonl", None))
    assert "warning" not in capsys.readouterr().err
    corpus_of(manifest("m.jsonl", None), "strict-all")
    warning = "warning: without a speaker: 4 clips of train, 2 clips of dev, 3 clips of test; "
    assert warning in capsys.readouterr().err
    corpus_of(manifest("m.jsonl", "s{}".format), "strict-all")
    assert "warning" not in capsys.readouterr().err


def test_check_finds_that_speakers_are_unknown(call: Call, manifest: Callable[..., Path]) -> None:
    path = manifest("m.jsonl", None)
    found = json.loads(call("check", "tr", "--data", path, "--json").out)
    assert [found["splits"][split]["speakers"] for split in SPLITS] == [None] * 3
    assert [policy["speakers"] for policy in found["policies"]] == [None] * 2
    (what,) = [f["what"] for f in found["findings"] if "speaker" in f["what"]]
    assert what.startswith("no speaker is known: nobody can know which speakers train shares")
    printed = call("check", "tr", "--data", path).out
    (row,) = [line for line in printed.splitlines() if line.startswith("shared speakers")]
    assert row.split()[2:] == ["unknown", "unknown"]
    some = manifest("some.jsonl", lambda place: "" if place == 0 else f"s{place}")
    printed = call("check", "tr", "--data", some).out
    assert "without a speaker: 1 of 4 clips of train: nobody can know" in " ".join(printed.split())


def test_what_is_shared_is_at_least_so_much_where_a_speaker_is_unknown(
    call: Call, manifest: Callable[..., Path], tmp_path: Path
) -> None:
    some, page = manifest("some.jsonl", lambda place: "" if place == 0 else f"s{place}"), "c.html"
    printed = call("check", "tr", "--data", some, "--html", tmp_path / page).out
    for label in ("shared speakers", "clips these touch"):
        (row,) = [line for line in printed.splitlines() if line.startswith(label)]
        assert row.count("at least 0") == 2
    text = (tmp_path / page).read_text(encoding="utf-8")
    assert text.count("at least 0") == 2 * 2 + 2 * 2
    nobody = manifest("nobody.jsonl", None)
    printed = call("check", "tr", "--data", nobody).out
    (row,) = [line for line in printed.splitlines() if line.startswith("clips these touch")]
    assert row.split()[3:] == ["unknown", "unknown"]
    found = json.loads(call("check", "tr", "--data", nobody, "--json").out)["certificate"]
    assert (found["clips"], found["clips_at_least"]) == (None, 0)
    assert found["shared"]["dev"]["clips"] is None


@pytest.mark.parametrize(
    ("speakers", "clips", "unknown", "cells"),
    [
        (2, 5, 0, ["2", "5"]), (0, 0, 3, ["at least 0", "at least 0"]),
        (None, None, 9, ["unknown", "at least 5"]),
    ],
)  # fmt: skip
def test_a_count_that_depends_on_speakers_is_a_number_a_bound_or_unknown(
    speakers: int | None, clips: int | None, unknown: int, cells: list[str]
) -> None:
    counts = {"speakers": speakers, "clips": clips, "clips_at_least": clips or 0, "sentences": 1}
    if clips is None:
        counts["clips_at_least"] = 5
    assert [shared_cell(counts, key, unknown) for key in ("speakers", "clips")] == cells
    assert shared_cell(counts, "sentences", unknown) == "1"
