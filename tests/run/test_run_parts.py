"""A run on parts of files hears the same as one on files that hold these parts alone."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
import soundfile

from cvrecipes import audio
from support.runs import facts_of, interrupt_at, losses_of, replaced, rows_of

Call = Callable[..., Any]
RATE = 16_000


@pytest.fixture
def both(micro_release: Path, tmp_path: Path) -> tuple[Path, Path]:
    """The same clips twice: each a file, and all of them in one file."""
    files: list[dict[str, Any]] = []
    parts: list[dict[str, Any]] = []
    whole: list[np.ndarray] = []
    place = 0
    for split in ("train", "dev", "test"):
        for number, row in enumerate(rows_of(micro_release / f"{split}.tsv")):
            samples = np.round(audio.load(micro_release / "clips" / row["path"]) * 32767) / 32768
            name = f"{split}{number}.wav"
            soundfile.write(tmp_path / name, samples, RATE, subtype="PCM_16")
            row = {"text": row["sentence"], "split": split, "speaker": row["client_id"]}
            seconds = len(samples) / RATE
            files.append({"audio_filepath": name, "duration": seconds, **row})
            parts.append(
                {"audio_filepath": "all.wav", "offset": place / RATE, "duration": seconds, **row}
            )
            whole.append(samples)
            place += len(samples)
    soundfile.write(tmp_path / "all.wav", np.concatenate(whole), RATE, subtype="PCM_16")
    made = []
    for name, rows in (("files", files), ("parts", parts)):
        path = tmp_path / f"{name}.jsonl"
        path.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
        made.append(path)
    return made[0], made[1]


def pairs_of(path: Path) -> list[tuple[str, str]]:
    return [(row["reference"], row["hypothesis"]) for row in rows_of(path)]


def test_training_evaluation_and_transcription_hear_the_part_alone(
    call: Call, both: tuple[Path, Path], micro_words: list[str], tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    outs = [tmp_path / path.stem for path in both]
    for path, out in zip(both, outs, strict=True):
        got = call(*replaced(micro_words, "--data", path), "--out", out)
        assert got.code == 0, got.err
    files, parts = (facts_of(out) for out in outs)
    assert [e["loss"] for e in files["evaluations"]] == [e["loss"] for e in parts["evaluations"]]
    assert losses_of(outs[0]) == losses_of(outs[1])
    assert (files["wer"], files["clips"]) == (parts["wer"], parts["clips"])
    assert parts["reload_check"]["passed"]
    assert pairs_of(outs[0] / "pairs.tsv") == pairs_of(outs[1] / "pairs.tsv")
    names = [row["clip"] for row in rows_of(outs[1] / "pairs.tsv")]
    assert len(set(names)) == len(names) and all(n.startswith("all.wav#t=") for n in names)
    assert set(names) <= set(pq.read_table(outs[1] / "clips.parquet")["clip"].to_pylist())
    made = tmp_path / "dev.tsv"
    got = call("evaluate", outs[0], "--data", both[1], "--split", "dev", "--pairs", made)
    assert got.code == 0, got.err
    other = tmp_path / "dev-files.tsv"
    call("evaluate", outs[0], "--data", both[0], "--split", "dev", "--pairs", other)
    assert pairs_of(made) == pairs_of(other)
    # Once begun, a run reads its clips from the job.
    out = tmp_path / "again"
    words = [*replaced(micro_words, "--data", both[1]), "--out", out]
    with monkeypatch.context() as patched:
        interrupt_at(files["evaluations"][-1]["step"], patched)
        assert call(*words).code == 130
    assert call(*words, "--resume").code == 0
    assert facts_of(out)["wer"] == parts["wer"]


def test_a_part_that_cannot_be_decoded_is_lost_alone_whatever_its_file_is_called(
    call: Call, both: tuple[Path, Path], micro_words: list[str], tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr("cvrecipes.decoding.transcribe.MOST_LOST", 0.25)
    odd = "a\tb\nc\u2028d\x85e\\f.wav"
    shutil.copyfile(tmp_path / "all.wav", tmp_path / odd)
    rows = [json.loads(line) for line in both[1].read_text(encoding="utf-8").splitlines()]
    chosen = {
        split: next(n for n, row in enumerate(rows) if row["split"] == split)
        for split in ("train", "dev", "test")
    }
    for row in rows:
        row["audio_filepath"] = odd
    both[1].write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    starts = {rows[n]["offset"] for n in chosen.values()}
    load = audio.load

    def broken(clip: Any, *more: Any) -> Any:
        if any(abs((clip.start or 0) - start) < 1e-5 for start in starts):
            from cvrecipes.errors import Failure

            raise Failure("cannot be decoded: it is broken", where=clip.path)
        return load(clip, *more)

    monkeypatch.setattr(audio, "load", broken)
    out = tmp_path / "out"
    words = [*replaced(micro_words, "--data", both[1]), "--set", "batch_clips=1", "--out", out]
    got = call(*words, "--set", "max_steps=16", "--set", "evaluate_every=16")
    assert got.code == 0, got.err
    escaped = r"a\tb\nc\u2028d\x85e\\f.wav"
    lost = {row["split"]: row for row in rows_of(out / "left_out.tsv")}
    for split, number in chosen.items():
        assert lost[split]["line"] == str(number + 1)
        assert lost[split]["clip"].startswith(f"{escaped}#t=")
        assert lost[split]["reason"] == "unreadable audio: cannot be decoded: it is broken"
    assert len(lost) == len(rows_of(out / "left_out.tsv")) == 3
    pairs = rows_of(out / "pairs.tsv")
    assert len(pairs) == facts_of(out)["clips"] == 3
    assert all(pair["clip"].startswith(f"{escaped}#t=") and pair["wer"] for pair in pairs)
