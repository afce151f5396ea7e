"""A run that was stopped: it is not finished, and --resume finishes it."""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cvrecipes.records import RunReport
from cvrecipes.run import run
from support.runs import PROMISED, facts_of, interrupt_at, losses_of, nothing_finished, rows_of

Call = Callable[..., Any]
Make = Callable[..., Any]


def test_an_interrupted_run_is_no_finished_run_and_resume_finishes_it(
    call: Call,
    micro_words: list[str],
    micro_run: RunReport,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    out = tmp_path / "out"
    with monkeypatch.context() as during:
        interrupt_at(6, during)
        stopped = call(*micro_words, "--out", out)
    assert stopped.code == 130
    (hint,) = [line for line in stopped.err.splitlines() if line.startswith("interrupted")]
    command = hint.removeprefix("interrupted; to go on: ")
    words = [str(word) for word in (*micro_words, "--out", out, "--resume")]
    assert shlex.split(command)[0] == "cvrecipes"
    assert sorted(shlex.split(command)[1:]) == sorted(words)
    nothing_finished(out)
    assert not (out / "model").exists()

    refused = call(*micro_words, "--out", out)
    assert refused.code == 2 and "--resume" in refused.complaint

    assert call(*shlex.split(command)[1:]).code == 0
    facts = facts_of(out)
    assert facts["steps"] == 6
    assert [e["step"] for e in facts["evaluations"]] == [3, 6]
    assert [step for step, _ in losses_of(out)] == [1, 2, 3, 4, 5, 6]
    assert {path.name for path in out.iterdir()} == PROMISED
    assert losses_of(out) == losses_of(micro_run.folder)
    assert rows_of(out / "pairs.tsv") == rows_of(micro_run.folder / "pairs.tsv")


def test_a_run_stopped_after_training_resumes_without_training_again(
    micro_request: Make, micro_run: RunReport, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import cvrecipes.decoding.transcribe as transcribing

    def stop(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as during:
        during.setattr(transcribing, "transcribe", stop)
        with pytest.raises(KeyboardInterrupt):
            run(micro_request(tmp_path / "out"))
    nothing_finished(tmp_path / "out")
    report = run(micro_request(tmp_path / "out", resume=True))
    assert report.facts["steps"] == 6
    assert report.facts["evaluations"] == micro_run.facts["evaluations"]
    assert report.facts["best_step"] == micro_run.facts["best_step"]
    assert report.pairs == micro_run.pairs


def test_a_run_stopped_while_saving_leaves_no_model_folder(
    micro_request: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from transformers import Wav2Vec2Processor

    save = Wav2Vec2Processor.save_pretrained

    def stop(self: Any, folder: Path, **named: Any) -> Any:
        if Path(folder).name.startswith("model"):
            raise KeyboardInterrupt
        return save(self, folder, **named)

    with monkeypatch.context() as during:
        during.setattr(Wav2Vec2Processor, "save_pretrained", stop)
        with pytest.raises(KeyboardInterrupt):
            run(micro_request(tmp_path / "out"))
    nothing_finished(tmp_path / "out")
    assert not (tmp_path / "out" / "model").exists()
    run(micro_request(tmp_path / "out", resume=True))
    assert {path.name for path in (tmp_path / "out").iterdir()} == PROMISED


def test_resume_with_other_settings_is_refused_by_name(
    call: Call, micro_words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    with monkeypatch.context() as during:
        interrupt_at(3, during)
        assert call(*micro_words, "--out", out).code == 130
    before = (out / "plan.json").read_bytes()
    got = call(*micro_words, "--out", out, "--resume", "--seed", 7, "--set", "learning_rate=0.01")
    assert got.code == 2 and "seed: 42 in the folder, 7 now" in got.complaint
    assert "settings.learning_rate: 0.0001 in the folder, 0.01 now" in got.complaint
    got = call(*micro_words, "--out", out, "--resume", "--limit", 3)
    assert got.code == 2 and "limit: none in the folder, 3 now" in got.complaint
    assert (out / "plan.json").read_bytes() == before
    nothing_finished(out)


def test_a_run_is_not_resumed_with_other_rows(
    call: Call, micro_words: list[str], micro_release: Path, tmp_path: Path, monkeypatch: Any
) -> None:
    release, out = tmp_path / micro_release.parent.name / "tr", tmp_path / "out"
    shutil.copytree(micro_release, release)
    words = [release if word == micro_release else word for word in micro_words]
    words = [str(release) if word == str(micro_release) else word for word in words]
    with monkeypatch.context() as during:
        interrupt_at(3, during)
        assert call(*words, "--out", out).code == 130
    train = release / "train.tsv"
    whole = train.read_bytes()
    train.write_bytes(b"".join(whole.splitlines(keepends=True)[:-1]))
    got = call(*words, "--out", out, "--resume")
    assert got.code == 2 and "the data has changed since the run began: train.tsv" in got.complaint
    nothing_finished(out)
    train.write_bytes(whole)
    assert call(*words, "--out", out, "--resume").code == 0


def test_a_finished_run_is_neither_resumed_nor_overwritten(
    call: Call, micro_words: list[str], micro_run: RunReport
) -> None:
    before = (micro_run.folder / "run.json").read_bytes()
    got = call(*micro_words, "--out", micro_run.folder, "--resume")
    assert got.code == 2 and "finished" in got.complaint
    got = call(*micro_words, "--out", micro_run.folder)
    assert got.code == 2 and "not empty" in got.complaint
    assert (micro_run.folder / "run.json").read_bytes() == before


def test_resume_needs_a_folder(call: Call) -> None:
    got = call("run", "tr", "--resume")
    assert got.code == 2 and "--out" in got.complaint


@pytest.mark.parametrize("harm", ["cut", "emptied", "no optimizer", "weights"])
def test_a_run_with_a_damaged_checkpoint_goes_on_from_the_one_before(
    harm: str, call: Call, micro_words: list[str], micro_run: RunReport, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    shutil.copytree(micro_run.folder, out)
    shutil.rmtree(out / "model")
    (out / "run.json").unlink()
    last = out / "checkpoints" / "checkpoint-6"
    if harm == "cut":
        data = (last / "trainer_state.json").read_bytes()
        (last / "trainer_state.json").write_bytes(data[: len(data) // 2])
    elif harm == "emptied":
        (last / "scheduler.pt").write_bytes(b"")
    elif harm == "no optimizer":
        (last / "optimizer.pt").unlink()
    else:
        data = (last / "model.safetensors").read_bytes()
        (last / "model.safetensors").write_bytes(data[:-100])
    got = call(*micro_words, "--out", out, "--resume")
    assert got.code == 0, got.err
    (warning,) = [line for line in got.err.splitlines() if line.startswith("warning: ")]
    assert "checkpoint-6 (" in warning and warning.endswith("going on from checkpoint-3")
    assert losses_of(out) == losses_of(micro_run.folder)
    assert rows_of(out / "pairs.tsv") == rows_of(micro_run.folder / "pairs.tsv")


def test_a_run_with_only_damaged_checkpoints_starts_anew(
    call: Call, micro_words: list[str], micro_run: RunReport, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    shutil.copytree(micro_run.folder, out)
    (out / "run.json").unlink()
    (out / "trained.json").unlink()
    for step in (3, 6):
        (out / "checkpoints" / f"checkpoint-{step}" / "optimizer.pt").write_bytes(b"PK")
    got = call(*micro_words, "--out", out, "--resume")
    assert got.code == 0, got.err
    (warning,) = [line for line in got.err.splitlines() if line.startswith("warning: ")]
    assert warning.endswith("training starts anew")
    assert losses_of(out) == losses_of(micro_run.folder)
