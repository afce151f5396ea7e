"""cvrecipes transcribe: a line for each file, words in time, and files that fail."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cvrecipes import audio
from cvrecipes.decoding.recognizer import Recognizer
from cvrecipes.decoding.transcribe import transcribe_files
from cvrecipes.errors import CvrecipesError
from cvrecipes.records import RunReport
from support.runs import GARBAGE

Call = Callable[..., Any]


def test_a_file_that_cannot_be_read_does_not_stop_the_others(
    recognizer: Recognizer, micro_files: list[Path], tmp_path: Path
) -> None:
    bad = tmp_path / "bad.mp3"
    bad.write_bytes(GARBAGE)
    failures: list[CvrecipesError] = []
    result = dict(
        transcribe_files(recognizer, [micro_files[0], bad, micro_files[1]], failures.append)
    )
    assert list(result) == micro_files[:2]
    assert [failure.where for failure in failures] == [str(bad)]


def test_transcribe_prints_a_line_for_each_file(
    call: Call, micro_run: RunReport, recognizer: Recognizer, micro_files: list[Path]
) -> None:
    expected = [recognizer.transcribe(audio.load(path)).text for path in micro_files]
    got = call("transcribe", micro_run.folder, *micro_files)
    assert got.code == 0, got.err
    rows = zip(micro_files, expected, strict=True)
    assert got.out.splitlines() == [f"{path}\t{text}" for path, text in rows]
    alone = call("transcribe", micro_run.folder / "model", micro_files[0])
    assert alone.out == f"{expected[0]}\n"


def test_transcribe_words_prints_times_and_confidence(
    call: Call, micro_run: RunReport, micro_files: list[Path]
) -> None:
    got = call("transcribe", micro_run.folder, micro_files[0], "--words")
    assert got.code == 0, got.err
    spans = json.loads(
        call("transcribe", micro_run.folder, micro_files[0], "--words", "--json").out
    )
    assert len(got.out.splitlines()) == len(spans[0]["words"]) > 0
    for line, word in zip(got.out.splitlines(), spans[0]["words"], strict=True):
        name, start, end, confidence, text = line.split("\t")
        assert (name, text) == (str(micro_files[0]), word["word"])
        assert float(start) == pytest.approx(word["start"], abs=0.006)
        assert float(end) == pytest.approx(word["end"], abs=0.006)
        assert float(confidence) == pytest.approx(word["confidence"], abs=0.006)


def test_transcribe_json_is_a_list_of_files(
    call: Call, micro_run: RunReport, recognizer: Recognizer, micro_files: list[Path]
) -> None:
    entries = json.loads(call("transcribe", micro_run.folder, *micro_files, "--json").out)
    assert [entry["file"] for entry in entries] == [str(path) for path in micro_files]
    for entry, path in zip(entries, micro_files, strict=True):
        samples = audio.load(path)
        assert set(entry) == {"file", "seconds", "text"}
        assert entry["seconds"] == pytest.approx(len(samples) / 16_000, abs=0.001)
        assert entry["text"] == recognizer.transcribe(samples).text


def test_transcribe_stops_at_a_missing_file_before_it_loads_anything(
    call: Call, micro_files: list[Path], tmp_path: Path
) -> None:
    got = call("transcribe", tmp_path / "no-model", micro_files[0], tmp_path / "absent.wav")
    assert got.code == 2 and got.out == ""
    assert got.complaint == f"{tmp_path / 'absent.wav'}: there is no such file"


@pytest.mark.parametrize("form", [[], ["--json"], ["--words"]])
def test_transcribe_prints_the_others_when_one_cannot_be_read(
    form: list[str], call: Call, micro_run: RunReport, micro_files: list[Path], tmp_path: Path
) -> None:
    bad = tmp_path / "bad.mp3"
    bad.write_bytes(GARBAGE)
    got = call("transcribe", micro_run.folder, micro_files[0], bad, micro_files[1], *form)
    assert got.code == 1 and got.complaint.startswith(f"{bad}: cannot be decoded")
    assert (
        str(micro_files[0]) in got.out
        and str(micro_files[1]) in got.out
        and str(bad) not in got.out
    )


def test_transcribe_names_a_model_that_is_not_there(
    call: Call, micro_files: list[Path], tmp_path: Path
) -> None:
    got = call("transcribe", tmp_path / "nowhere", micro_files[0])
    assert got.code == 2 and "no such model folder" in got.complaint
