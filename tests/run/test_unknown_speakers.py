"""A run on a manifest that names no speakers, and what is said of it everywhere."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cvrecipes.files import read_json
from support.runs import facts_of, replaced, rows_of

Call = Callable[..., Any]


def test_a_run_without_speakers_says_unknown_and_never_that_nothing_is_shared(
    call: Call, micro_release: Path, micro_words: list[str], tmp_path: Path
) -> None:
    manifest, out = tmp_path / "m.jsonl", tmp_path / "out"
    rows = [
        {
            "audio_filepath": str(micro_release / "clips" / row["path"]),
            "text": row["sentence"],
            "split": split,
        }
        for split in ("train", "dev", "test")
        for row in rows_of(micro_release / f"{split}.tsv")
    ]
    manifest.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    words = replaced(micro_words, "--data", manifest)
    assert "speakers unknown" in call(*words, "--dry-run").out
    got = call(*words, "--out", out)
    assert got.code == 0, got.err
    facts = facts_of(out)
    assert [counts["speakers"] for counts in facts["splits"].values()] == [None] * 3
    assert facts["certificate"]["speakers"] is None and facts["interval_unit"] == "clips"
    pages = (out / "report.html", out / "model" / "README.md")
    for text in (got.out, *(page.read_text(encoding="utf-8") for page in pages)):
        assert "train shares an unknown number of speakers" in text and "0 speakers" not in text
        assert "ntervals resample clips, as 4 of 4 clips name no speaker" in " ".join(text.split())
    assert pages[1].read_text(encoding="utf-8").count("| unknown |") == 3
    for words in (["certify", out], ["certify", out, "--against", manifest]):
        got = call(*words)
        assert "nothing is shared" not in got.out and "without a speaker: " in got.out
        assert got.code == 1
        (row,) = [line for line in got.out.splitlines() if line.startswith("clips of train")]
        assert row.split()[4:] == ["unknown", "unknown"]
    assert facts["certificate"]["clips"] is None and facts["certificate"]["clips_at_least"] == 0
    verdict = json.loads(call("certify", out, "--json").out)
    assert verdict["clean"] is None and verdict["certificate"]["speakers"] is None
    scored = json.loads(call("evaluate", out, "--data", manifest, "--json").out)
    assert scored["splits"]["test"]["speakers"] is None


def test_the_certificate_of_another_layout_is_refused_by_its_layout(
    call: Call, micro_run: Any, tmp_path: Path
) -> None:
    facts = read_json(micro_run.folder / "run.json")
    (tmp_path / "run.json").write_text(json.dumps({**facts, "format": 2}), encoding="utf-8")
    got = call("certify", tmp_path)
    assert got.code == 1 and "has layout 2, and this cvrecipes counts from" in got.complaint
