"""From audio to text: any length, any company in a batch, words in time, and the commands."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from rapidfuzz.distance import Levenshtein

from cvrecipes import audio
from cvrecipes.decoding.alignment import align_words
from cvrecipes.decoding.recognizer import Recognizer, Transcript
from cvrecipes.decoding.transcribe import transcribe, transcribe_files
from cvrecipes.errors import CvrecipesError
from cvrecipes.models.inference import AcousticModel, best_path, infer, log_probabilities
from cvrecipes.records import RunReport

Call = Callable[..., Any]
Samples = npt.NDArray[np.float32]
GARBAGE = b"\xff\xfb\x90\x64" + bytes(2000)


@pytest.fixture(scope="session")
def recognizer(micro_run: RunReport) -> Recognizer:
    return Recognizer(micro_run.folder, "cpu")


@pytest.fixture(scope="session")
def nearsighted(recognizer: Recognizer) -> Recognizer:
    """A model that decides each frame from a tenth of a second around it.

    What it hears does not depend on what else is in the window, so windows that are cut and
    joined rightly give exactly what one long window gives, however well it was trained.
    """
    import torch

    blind = Recognizer(recognizer.model.config._name_or_path, "cpu")
    with torch.no_grad():
        for layer in blind.model.wav2vec2.encoder.layers:
            for part in (layer.attention.out_proj, layer.feed_forward.output_dense):
                part.weight.zero_()
                part.bias.zero_()
    return blind


@pytest.fixture(scope="session")
def clips(micro_release: Path) -> list[Samples]:
    return [audio.load(path) for path in sorted((micro_release / "clips").iterdir())]


@pytest.fixture(scope="session")
def files(micro_release: Path) -> list[Path]:
    return sorted((micro_release / "clips").iterdir())[:3]


# ---------------------------------------------------------------- long and short audio


def in_one_piece(recognizer: Recognizer, samples: Samples) -> Samples:
    """Log-probabilities of a clip of any length, as one batch of one."""
    return log_probabilities(recognizer.acoustic.logits([samples])[0])


def test_long_audio_is_heard_as_its_clips_are(
    nearsighted: Recognizer, clips: list[Samples]
) -> None:
    # Each clip begins where a frame begins; a random model hears a shift of a few samples.
    whole = [clip[: len(clip) // 320 * 320] for clip in clips]
    chosen: list[Samples] = []
    while sum(map(len, chosen)) < 75 * nearsighted.rate:
        chosen.append(whole[len(chosen) % len(whole)])
    long = np.concatenate(chosen)
    heard = nearsighted.transcribe(long)
    pieces = [nearsighted.transcribe(clip).text for clip in chosen]
    expected = "".join(pieces).replace(" ", "")
    errors = Levenshtein.distance(heard.text.replace(" ", ""), expected)
    assert len(expected) > 500 and errors < 0.1 * len(expected)
    assert heard.seconds == len(long) / nearsighted.rate
    assert heard.frame_seconds == pytest.approx(0.02, rel=0.01)
    assert len(heard.log_probabilities) == pytest.approx(heard.seconds / 0.02, abs=3)
    assert heard.log_probabilities.shape[1] == len(nearsighted.vocabulary)
    assert np.exp(heard.log_probabilities).sum(axis=1) == pytest.approx(1.0, abs=1e-3)


@pytest.mark.parametrize("seconds", [29.99, 30.0, 30.01, 44.7, 50.0, 50.02, 75.0])
def test_windows_are_joined_without_a_seam(
    seconds: float, nearsighted: Recognizer, clips: list[Samples]
) -> None:
    endless = np.tile(np.concatenate(clips), 3)
    long = endless[: round(seconds * nearsighted.rate)]
    whole = in_one_piece(nearsighted, long)
    heard = nearsighted.transcribe(long)
    assert heard.log_probabilities.shape == whole.shape
    assert heard.log_probabilities == pytest.approx(whole, abs=1e-3)
    assert heard.text == nearsighted.text(whole.argmax(axis=1))


def test_long_audio_is_normalized_as_a_whole_whatever_its_windows_hold(
    nearsighted: Recognizer, clips: list[Samples]
) -> None:
    # Half a minute of nearly nothing before the speech: a window of it would be blown up.
    speech = np.tile(np.concatenate(clips), 2)[: 40 * nearsighted.rate]
    long = np.concatenate([speech[: 35 * nearsighted.rate] * 0.001, speech]) + np.float32(0.02)
    assert nearsighted.transcribe(long).log_probabilities == pytest.approx(
        in_one_piece(nearsighted, long), abs=1e-3
    )


def test_a_model_that_normalizes_nothing_gets_the_samples_as_they_are(
    nearsighted: Recognizer, clips: list[Samples], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nearsighted.processor.feature_extractor, "do_normalize", False)
    long = np.tile(clips[0], 20)[: 40 * nearsighted.rate]
    given: list[float] = []

    def measured(_: Any, inputs: Any) -> None:
        given.append(float(inputs["input_values"].abs().max()))

    handle = nearsighted.model.register_forward_pre_hook(
        lambda module, _, kwargs: measured(module, kwargs), with_kwargs=True
    )
    nearsighted.transcribe(long)
    handle.remove()
    assert len(given) == 2 and max(given) == pytest.approx(float(np.abs(long).max()))


@pytest.mark.parametrize("length", [0, 1, 10, 399, 1600, 16_000])
def test_short_and_silent_audio_is_heard_without_complaint(
    length: int, recognizer: Recognizer
) -> None:
    heard = recognizer.transcribe(np.zeros(length, np.float32))
    assert isinstance(heard.text, str) and len(heard.log_probabilities) >= 1
    assert heard.seconds == length / 16_000
    assert np.isfinite(heard.log_probabilities).all() and heard.frame_seconds > 0
    align_words(heard, recognizer.vocabulary)


def test_clips_in_a_batch_are_heard_as_they_are_alone(
    recognizer: Recognizer, clips: list[Samples]
) -> None:
    chosen = [clips[0], clips[1][:8000], np.tile(clips[2], 3)]
    together = list(infer(recognizer.acoustic, chosen, [9.0, 9.0, 9.0], best_path))
    assert [emission.index for emission in together] == [0, 1, 2]
    for clip, emission in zip(chosen, together, strict=True):
        assert recognizer.text(emission.frames) == recognizer.transcribe(clip).text


def test_a_model_without_a_mask_gets_clips_of_equal_length_only(
    micro_run: RunReport, micro_release: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "model"
    shutil.copytree(micro_run.folder / "model", folder)
    path = folder / "processor_config.json"
    settings = json.loads(path.read_text(encoding="utf-8"))
    settings["feature_extractor"]["return_attention_mask"] = False
    path.write_text(json.dumps(settings), encoding="utf-8")
    unmasked = Recognizer(folder, "cpu")
    assert unmasked.acoustic.equal_lengths
    batches: list[list[int]] = []
    logits = AcousticModel.logits

    def counted(self: AcousticModel, clips: list[Samples]) -> list[Any]:
        batches.append([len(clip) for clip in clips])
        return logits(self, clips)

    monkeypatch.setattr(AcousticModel, "logits", counted)
    table = _table(micro_release)
    pairs, lost = transcribe(unmasked, table)
    assert sum(map(len, batches)) == 4 and lost == []
    assert all(len(set(lengths)) == 1 for lengths in batches)
    alone = [unmasked.transcribe(audio.load(path)).text for path in table["path"].to_pylist()]
    assert [pair.hypothesis for pair in pairs] == alone


def _table(release: Path) -> Any:
    from cvrecipes.catalog import open_recipe
    from cvrecipes.data.corpus import read_split
    from cvrecipes.data.release import open_release
    from cvrecipes.models.ctc import Framing
    from cvrecipes.settings import Settings

    recipe, hooks = open_recipe("tr")
    opened = open_release(str(release), "tr", hooks)
    return read_split(opened, recipe, hooks, "test", Framing(), Settings())[0]


def test_a_file_that_cannot_be_read_does_not_stop_the_others(
    recognizer: Recognizer, files: list[Path], tmp_path: Path
) -> None:
    bad = tmp_path / "bad.mp3"
    bad.write_bytes(GARBAGE)
    failures: list[CvrecipesError] = []
    heard = dict(transcribe_files(recognizer, [files[0], bad, files[1]], failures.append))
    assert list(heard) == files[:2]
    assert [failure.where for failure in failures] == [str(bad)]


# ---------------------------------------------------------------- words in time


def test_words_follow_one_another_inside_the_clip(
    recognizer: Recognizer, clips: list[Samples]
) -> None:
    for clip in clips[:6]:
        heard = recognizer.transcribe(clip)
        words = align_words(heard, recognizer.vocabulary)
        assert [word.word for word in words] == heard.text.split()
        before = 0.0
        for word in words:
            assert before <= word.start < word.end <= heard.seconds + 0.001
            assert 0.0 <= word.confidence <= 1.0
            before = word.end


def test_any_text_can_be_aligned_with_what_was_heard(
    recognizer: Recognizer, clips: list[Samples]
) -> None:
    heard = recognizer.transcribe(clips[0])
    words = align_words(heard, recognizer.vocabulary, "dikkat saat")
    assert [word.word for word in words] == ["dikkat", "saat"]
    assert words[0].end <= words[1].start and words[1].end <= heard.seconds + 0.001
    assert align_words(heard, recognizer.vocabulary, "") == []


def test_words_are_found_where_they_were_said(recognizer: Recognizer) -> None:
    vocabulary = recognizer.vocabulary
    path = ["a", "a", "[PAD]", "a", "|", "|", "[PAD]", "b", "b", "[PAD]"]
    sure = np.full((len(path), len(vocabulary)), 0.1 / (len(vocabulary) - 1))
    for frame, token in enumerate(path):
        sure[frame, vocabulary.numbers()[token]] = 0.9
    heard = Transcript("aa b", 1.0, np.log(sure).astype(np.float32), 0.1)
    first, second = align_words(heard, vocabulary)
    assert (first.word, first.start, first.end) == ("aa", 0.0, 0.4)
    assert (second.word, second.start, second.end) == ("b", 0.7, 0.9)
    assert first.confidence == pytest.approx(0.9, abs=0.01)


def test_a_text_longer_than_the_audio_is_refused(
    recognizer: Recognizer, clips: list[Samples]
) -> None:
    heard = recognizer.transcribe(clips[0][:3200])
    with pytest.raises(ValueError, match="frames needed"):
        align_words(heard, recognizer.vocabulary, "uzun " * 40 + "bir cümle")


def test_a_model_that_writes_the_unknown_sign_can_still_be_aligned(
    recognizer: Recognizer,
) -> None:
    vocabulary = recognizer.vocabulary
    path = [vocabulary.numbers()[token] for token in ("a", "[UNK]", "b", *["[PAD]"] * 9)]
    scores = np.full((len(path), len(vocabulary)), -9.0, np.float32)
    scores[np.arange(len(path)), path] = -0.01
    heard = Transcript(recognizer.text(path), 1.2, scores, 0.1)
    words = align_words(heard, vocabulary)
    assert [word.word for word in words] == heard.text.split()


# ---------------------------------------------------------------- model folders


def copied(micro_run: RunReport, tmp_path: Path) -> Path:
    folder = tmp_path / "model"
    shutil.copytree(micro_run.folder / "model", folder)
    return folder


@pytest.mark.parametrize("command", ["transcribe", "evaluate"])
@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("checkpoint of a finished run", "is a checkpoint of a training, not a finished model"),
        ("checkpoint", "finish the run with --resume first"),
        ("run", "is an unfinished run, which has no model yet"),
    ],
)
def test_a_folder_that_is_only_on_the_way_to_a_model_is_named(
    command: str, given: str, says: str, call: Call, micro_run: RunReport, files: list[Path],
    micro_release: Path, tmp_path: Path,
) -> None:  # fmt: skip
    run = tmp_path / "run"
    shutil.copytree(micro_run.folder, run)
    if given != "checkpoint of a finished run":
        shutil.rmtree(run / "model")
        (run / "run.json").unlink()
    model = run if given == "run" else run / "checkpoints" / "checkpoint-6"
    more = [files[0]] if command == "transcribe" else ["--data", micro_release]
    got = call(command, model, *more)
    assert got.code == 2 and says in got.complaint
    if given == "checkpoint of a finished run":
        assert f"give {run / 'model'}" in got.complaint


# ---------------------------------------------------------------- cvrecipes transcribe


def test_transcribe_prints_a_line_for_each_file(
    call: Call, micro_run: RunReport, recognizer: Recognizer, files: list[Path]
) -> None:
    expected = [recognizer.transcribe(audio.load(path)).text for path in files]
    got = call("transcribe", micro_run.folder, *files)
    assert got.code == 0, got.err
    rows = zip(files, expected, strict=True)
    assert got.out.splitlines() == [f"{path}\t{text}" for path, text in rows]
    alone = call("transcribe", micro_run.folder / "model", files[0])
    assert alone.out == f"{expected[0]}\n"


def test_transcribe_words_prints_times_and_confidence(
    call: Call, micro_run: RunReport, files: list[Path]
) -> None:
    got = call("transcribe", micro_run.folder, files[0], "--words")
    assert got.code == 0, got.err
    spans = json.loads(call("transcribe", micro_run.folder, files[0], "--words", "--json").out)
    assert len(got.out.splitlines()) == len(spans[0]["words"]) > 0
    for line, word in zip(got.out.splitlines(), spans[0]["words"], strict=True):
        name, start, end, confidence, text = line.split("\t")
        assert (name, text) == (str(files[0]), word["word"])
        assert float(start) == pytest.approx(word["start"], abs=0.006)
        assert float(end) == pytest.approx(word["end"], abs=0.006)
        assert float(confidence) == pytest.approx(word["confidence"], abs=0.006)


def test_transcribe_json_is_a_list_of_files(
    call: Call, micro_run: RunReport, recognizer: Recognizer, files: list[Path]
) -> None:
    entries = json.loads(call("transcribe", micro_run.folder, *files, "--json").out)
    assert [entry["file"] for entry in entries] == [str(path) for path in files]
    for entry, path in zip(entries, files, strict=True):
        samples = audio.load(path)
        assert set(entry) == {"file", "seconds", "text"}
        assert entry["seconds"] == pytest.approx(len(samples) / 16_000, abs=0.001)
        assert entry["text"] == recognizer.transcribe(samples).text


def test_transcribe_stops_at_a_missing_file_before_it_loads_anything(
    call: Call, files: list[Path], tmp_path: Path
) -> None:
    got = call("transcribe", tmp_path / "no-model", files[0], tmp_path / "absent.wav")
    assert got.code == 2 and got.out == ""
    assert got.complaint == f"{tmp_path / 'absent.wav'}: there is no such file"


@pytest.mark.parametrize("form", [[], ["--json"], ["--words"]])
def test_transcribe_prints_the_others_when_one_cannot_be_read(
    form: list[str], call: Call, micro_run: RunReport, files: list[Path], tmp_path: Path
) -> None:
    bad = tmp_path / "bad.mp3"
    bad.write_bytes(GARBAGE)
    got = call("transcribe", micro_run.folder, files[0], bad, files[1], *form)
    assert got.code == 1 and got.complaint.startswith(f"{bad}: cannot be decoded")
    assert str(files[0]) in got.out and str(files[1]) in got.out and str(bad) not in got.out


def test_transcribe_names_a_model_that_is_not_there(
    call: Call, files: list[Path], tmp_path: Path
) -> None:
    got = call("transcribe", tmp_path / "nowhere", files[0])
    assert got.code == 2 and "no such model folder" in got.complaint


# ---------------------------------------------------------------- cvrecipes evaluate


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
        "splits": {"test": {"clips": 2, "share": 0.5}},
        "held_out": {},
        "undecodable": {"test": 1},
    }
    assert "left out: 1 " in call("evaluate", micro_run.folder, "--data", release).out


def test_evaluate_of_the_wrong_release_or_no_model_is_one_line(
    call: Call, micro_run: RunReport, micro_release: Path, tmp_path: Path
) -> None:
    got = call("evaluate", micro_run.folder, "--data", micro_release, "--locale", "de")
    assert got.code == 2 and "release of tr, not of de" in got.complaint
    (micro_copy := tmp_path / "tr").mkdir()
    got = call("evaluate", micro_run.folder, "--data", micro_copy)
    assert got.code == 2 and "holds no TSVs" in got.complaint
    got = call("evaluate", tmp_path / "nowhere", "--data", micro_release)
    assert got.code == 2 and "there is no such model folder" in got.complaint
    shutil.copytree(micro_run.folder / "model", tmp_path / "model")
    (tmp_path / "model" / "recipe.json").unlink()
    got = call("evaluate", tmp_path / "model", "--data", micro_release)
    assert got.code == 2 and "add --locale" in got.complaint
