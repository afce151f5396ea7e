"""cvrecipes evaluate and transcribe, as a person meets them: files, warnings, names."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import soundfile

from cvrecipes.errors import Failure
from support.releases import tone

if TYPE_CHECKING:
    from cvrecipes.records import RunReport

Call = Callable[..., Any]


def test_pairs_are_not_written_over_unless_forced(
    call: Call, micro_run: RunReport, micro_release: Path, tmp_path: Path
) -> None:
    file = tmp_path / "pairs.tsv"
    file.write_text("mine")
    words = ("evaluate", micro_run.folder, "--data", micro_release, "--limit", 1, "--pairs", file)
    done = call(*words)
    assert (done.code, done.out, file.read_text()) == (2, "", "mine")
    assert done.complaint == f"{file}: exists already; add --force to overwrite it"
    assert call(*words, "--force").code == 0
    assert file.read_text(encoding="utf-8").startswith("clip\treference\thypothesis\twer\t")


def test_pairs_make_no_folder(call: Call, micro_run: RunReport, tmp_path: Path) -> None:
    done = call("evaluate", micro_run.folder, "--pairs", tmp_path / "new" / "pairs.tsv")
    assert done.code == 2
    assert done.complaint.startswith(f"{tmp_path / 'new'}: there is no such folder")
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_takes_the_pairs_and_not_the_scores(
    call: Call, micro_run: RunReport, micro_release: Path, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    def full(*_: object) -> None:
        raise Failure("cannot be written (No space left on device)", where="pairs.tsv")

    monkeypatch.setattr("cvrecipes.scoring.pairs.write_pairs", full)
    words = ("evaluate", micro_run.folder, "--data", micro_release, "--json")
    done = call(*words, "--pairs", tmp_path / "pairs.tsv")
    assert done.code == 1
    assert "No space left" in done.complaint
    assert json.loads(done.out)["clips"] == 4


@pytest.fixture
def odd_files(tmp_path: Path) -> dict[str, Path]:
    """Audio files a person should be warned of."""
    whole = tone(3.0, kind="wav")
    contents = {"half.wav": whole[: len(whole) // 2], "fine.wav": whole}
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    soundfile.write(tmp_path / "ten.wav", np.zeros(10, np.float32), 16_000)
    nan = np.full(16_000, np.nan, np.float32)
    soundfile.write(tmp_path / "nan.wav", nan, 16_000, subtype="FLOAT")
    return {path.stem: path for path in tmp_path.iterdir()}


def test_odd_audio_is_warned_of_file_by_file(
    call: Call, micro_run: RunReport, odd_files: dict[str, Path]
) -> None:
    done = call("transcribe", micro_run.folder, *odd_files.values())
    assert done.code == 1
    half, ten, nan = (odd_files[name] for name in ("half", "ten", "nan"))
    assert sorted(done.err.splitlines()) == sorted(
        [
            f"error: {nan}: holds samples that are no numbers (nan or infinite)",
            f"warning: {half}: ends early: 1.5 of 3.0 s are there",
            f"warning: {ten}: is only 0.625 ms long",
        ]
    )
    assert len(done.out.splitlines()) == 3


def test_a_warning_is_also_in_the_json(
    call: Call, micro_run: RunReport, odd_files: dict[str, Path]
) -> None:
    words = ("transcribe", micro_run.folder, odd_files["half"], odd_files["fine"], "--json")
    half, fine = json.loads(call(*words).out)
    assert half["warning"] == "ends early: 1.5 of 3.0 s are there"
    assert "warning" not in fine


@pytest.mark.skipif(sys.platform == "win32", reason="no such names there")
def test_control_characters_in_names_do_not_break_the_columns(
    call: Call, micro_run: RunReport, tmp_path: Path
) -> None:
    file = tmp_path / "a\tb\nc\x1b.wav"
    file.write_bytes(tone(1.0, kind="wav"))
    done = call("transcribe", micro_run.folder, file, file)
    lines = done.out.splitlines()
    assert [line.split("\t")[0] for line in lines] == [f"{tmp_path}/a\\tb\\nc\\x1b.wav"] * 2
    assert all(line.count("\t") == 1 for line in lines)
    (one,) = json.loads(call("transcribe", micro_run.folder, file, "--json").out)
    assert one["file"] == str(file)
