"""check --no-audio: no clip is needed and none is opened."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from support.checking import DEFECTIVE, facts
from support.releases import make_release

pytestmark = pytest.mark.usefixtures("cache", "eighty_columns")

Call = Callable[..., Any]


def test_no_audio_needs_no_clips(call: Call, tmp_path: Path) -> None:
    place = make_release(tmp_path, rows=DEFECTIVE, clips=False)
    assert not (place / "clips").exists()
    found = facts(call, place, "--no-audio")
    assert found["audio"] is False
    assert not {"missing audio", "unreadable audio", "same audio"} & found["left_out"].keys()
    assert found["rows_read"] == found["rows_in_files"]
    assert found["splits"]["train"]["hours"] > 0
    assert "has no clips folder" in call("check", "tr", "--data", place).complaint


def test_no_audio_opens_no_clip(
    call: Call, micro_release: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a clip was inspected")

    monkeypatch.setattr("cvrecipes.data.clips.open_files", refuse)
    monkeypatch.setattr("cvrecipes.data.clips.stamps", refuse)
    found = facts(call, micro_release, "--no-audio", "--html", tmp_path / "a.html")
    assert found["splits"]["train"]["clips"] == 16
    assert "<audio" not in (tmp_path / "a.html").read_text(encoding="utf-8")


def test_lengths_that_nobody_knows_are_unknown(call: Call, tmp_path: Path) -> None:
    place = make_release(tmp_path, durations=False)
    found = facts(call, place, "--no-audio")
    assert found["splits"]["train"]["hours"] is None and found["durations"] is None
    outcome = call("check", "tr", "--data", place, "--no-audio")
    assert outcome.code == 0
    assert "unknown" in outcome.out and "no length is known" in outcome.out
