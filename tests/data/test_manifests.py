"""Data that is no release of Common Voice: manifests, audiofolders, datasets of the Hub."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from conftest import Outcome
from cvrecipes.data.release import no_table, open_release
from cvrecipes.data.sources.rows import read_rows
from cvrecipes.records import SPLITS, Corpus
from support.packing import error, pack, read, table
from support.releases import listing, tone

pytestmark = pytest.mark.usefixtures("cache")

# Manifests

SENTENCES = {"train": "güneşli bir gün", "dev": "yarın yine gel", "test": "kapıyı yavaş aç"}


def wav(number: int) -> bytes:
    """The content of a clip like no other."""
    return tone(1.0, 16_000, 1, "wav", 440 + number)


@pytest.fixture
def audio(tmp_path: Path) -> Path:
    """A folder with one clip for each split."""
    folder = tmp_path / "speech"
    (folder / "wav").mkdir(parents=True)
    for number, split in enumerate(SPLITS):
        (folder / "wav" / f"{split}.wav").write_bytes(wav(number))
    return folder


def lines_of(audio: Path, name: str, *lines: str) -> Path:
    path = audio / name
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8", newline="")
    return path


def record(split: str, /, **more: Any) -> str:
    made = {"audio_filepath": f"wav/{split}.wav", "text": SENTENCES[split], "split": split}
    return json.dumps({**made, **more}, ensure_ascii=False)


def texts(corpus: Corpus) -> dict[str, list[str]]:
    return {split: corpus.split(split)["raw"].to_pylist() for split in SPLITS}


ONE_EACH = {split: [sentence] for split, sentence in SENTENCES.items()}


def test_a_manifest_of_json_lines_is_read(audio: Path) -> None:
    path = lines_of(
        audio, "all.jsonl",
        record("train", duration=1.0, speaker="ana", lang="tr"), "",
        record("dev", duration=1.0), record("test", split="testing"),
    )  # fmt: skip
    before = listing(audio)
    corpus = read(path)
    assert texts(corpus) == ONE_EACH
    assert corpus.train["speaker"].to_pylist() == ["ana"]
    assert corpus.train["lang"].to_pylist() == ["tr"]
    assert corpus.test["line"].to_pylist() == [4]
    assert corpus.test["seconds"].to_pylist() == [1.0]
    release = open_release(str(path), "tr")
    assert (release.version, release.source) == ("speech/all.jsonl", "manifest")
    assert listing(audio) == before


@pytest.mark.parametrize(
    "names",
    [("train.jsonl", "dev.jsonl", "test.jsonl"), ("train_manifest.json", "val.json", "test.json")],
)
def test_a_manifest_for_each_split_is_read_from_its_folder(
    names: Sequence[str], audio: Path
) -> None:
    for split, name in zip(SPLITS, names, strict=True):
        value = {"audio_filepath": str(audio / "wav" / f"{split}.wav"), "text": SENTENCES[split]}
        lines_of(audio, name, json.dumps(value))
    corpus = read(audio)
    assert texts(corpus) == ONE_EACH
    assert set(corpus.train["file"].to_pylist()) == {names[0]}


def test_a_csv_is_quoted(audio: Path) -> None:
    path = lines_of(
        audio, "all.csv",
        ",path,transcription,speaker_id,duration,subset",
        '0,wav/train.wav,"güneşli, ""bir""\ngün",7,1.0,train',
        "1,wav/dev.wav,yarın yine gel,8,1.0,validation",
        "2,wav/test.wav,kapıyı yavaş aç,9,,test",
    )  # fmt: skip
    corpus = read(path)
    assert corpus.train["raw"].to_pylist() == ['güneşli, "bir"\ngün']
    assert corpus.train["text"].to_pylist() == ["güneşli bir gün"]
    assert corpus.dev["line"].to_pylist() == [4]
    assert corpus.test["speaker"].to_pylist() == ["9"]


def test_a_tsv_is_never_quoted(audio: Path) -> None:
    path = lines_of(
        audio, "all.tsv", "file\tsentence\tsplit", 'wav/train.wav\t"güneşli\ttrain',
        "wav/dev.wav\tyarın\tdev", "wav/test.wav\tkapıyı\ttest",
    )  # fmt: skip
    assert texts(read(path))["train"] == ['"güneşli']


BAD_LINES = [
    ("not json", "not JSON: Expecting value"),
    ('["a", "b"]', "not a JSON object"),
    ('{"text": "x", "split": "train"}', "no audio_filepath"),
    ('{"audio_filepath": "x.wav", "split": "train"}', "no text"),
    (record("train", text=None), "text is not a string"),
    (record("train", audio_filepath=3), "audio_filepath is not a string"),
    (record("train", duration="long"), "duration is not a length: long"),
    (record("train", duration=-1), "duration is not a length: -1"),
    (record("train", duration=True), "duration is not a length: True"),
    (record("train", offset=-2.5, duration=1.0), "negative offset: -2.5"),
    (record("train", offset="later"), "offset is no number: later"),
    (record("train", offset=True), "offset is no number: True"),
    (record("train", offset=float("inf")), "offset is no number: inf"),
    (record("train", offset=2.5), "part beyond the file: 2.5 of 1.0 s"),
    (record("train", offset=0.5, duration=1.5), "part beyond the file: 0.5 to 2 of 1.0 s"),
    (record("train", split="holdout"), "unknown split: holdout"),
    (record("train", split=""), "no split"),
]


@pytest.mark.parametrize(("line", "reason"), BAD_LINES)
def test_a_bad_line_of_a_manifest_is_left_out_with_its_number(
    line: str, reason: str, audio: Path
) -> None:
    path = lines_of(audio, "all.jsonl", *map(record, SPLITS), line, record("train"))
    (out,) = [row for row in read(path).left_out if row.line == 4]
    assert out.reason == reason
    assert out.file == "all.jsonl"


def test_bytes_that_are_not_utf_8_are_a_bad_line(audio: Path) -> None:
    for name, rows, bad in (
        ("a.jsonl", "\n".join(map(record, SPLITS)), b'{"text": "\xff"}'),
        ("a.csv", "path,text,split\n" + "\n".join(f"wav/{s}.wav,x,{s}" for s in SPLITS), b"\xff,,"),
    ):
        (audio / name).write_bytes(rows.encode() + b"\n" + bad + b"\n")
        release = open_release(str(audio / name), "tr")
        for split in SPLITS:
            assert [row.reason for row in table(release, split).nowhere] == ["not UTF-8"]


@pytest.mark.parametrize(
    ("row", "reason"),
    [("wav/a.wav,only", "2 of 3 columns"), ('"wav/a.wav"x,y,train', "malformed row")],
)
def test_a_malformed_row_of_a_csv_is_a_bad_line(row: str, reason: str, audio: Path) -> None:
    good = [f"wav/{split}.wav,{SENTENCES[split]},{split}" for split in SPLITS]
    path = lines_of(audio, "all.csv", "path,text,split", good[0], row, *good[1:])
    (bad,) = table(open_release(str(path), "tr"), "train").nowhere
    assert bad.line == 3
    assert reason in bad.reason


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.jsonl", b"", "has no rows"),
        ("a.jsonl", b"nonsense\n", "a.jsonl:1: no line is a row: not JSON"),
        ("a.json", b'[{"text": "x"}]', "is one JSON list"),
        ("a.csv", b"name,words\nx,y\n", "has no column of the audio"),
        ("a.csv", b"path,words\nx,y\n", "has no column of the text"),
        ("a.csv", b"path,path,text\n", "repeated names"),
        ("a.csv", "path,text\n".encode("utf-16"), "is UTF-16"),
        ("a.csv", b"", "has no column of the audio"),
        ("a.tsv", b"path\ttext\nx\ty\n", "does not tell what is train, dev and test"),
        ("a.csv", b"path,text\nx,y\n", "add a column split"),
        ("train.tsv", b"client_id\tpath\tsentence\na\tb\tc\n", "is one table of a release"),
    ],
)
def test_a_manifest_that_cannot_be_used_is_one_error(
    name: str, content: bytes, words: str, audio: Path
) -> None:
    (audio / name).write_bytes(content)
    assert words in error(audio / name).message


def test_reading_a_csv_leaves_the_limit_of_others_as_it_was(audio: Path) -> None:
    rows = [f"wav/{split}.wav,{SENTENCES[split]},{split}" for split in SPLITS]
    path = lines_of(audio, "all.csv", "path,text,split", *rows)
    before = csv.field_size_limit(100_000)
    try:
        read(path)
        assert csv.field_size_limit() == 100_000
    finally:
        csv.field_size_limit(before)


def test_a_manifest_that_lacks_a_split_is_answered_with_those_that_it_has(audio: Path) -> None:
    path = lines_of(audio, "all.jsonl", record("train"), record("dev"))
    message = no_table(open_release(str(path), "tr"), "test").message
    assert message == "speech/all.jsonl: has no rows of test, only of train, dev"


def test_two_manifests_for_one_split_are_refused(audio: Path) -> None:
    lines_of(audio, "dev.csv", "path,text", "x,y")
    lines_of(audio, "validation.csv", "path,text", "x,y")
    assert "two files for dev: dev.csv and validation.csv" in error(audio).message


def test_a_large_manifest_is_joined_from_blocks_with_different_columns(
    audio: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cvrecipes.data.sources.rows._BLOCK", 2)
    path = lines_of(audio, "all.jsonl", *map(record, SPLITS), record("train", note="late"))
    rows = table(open_release(str(path), "tr"), "train").rows
    assert rows["note"].to_pylist() == ["", "late"]


def test_an_archive_of_a_manifest_is_called_by_its_own_name(audio: Path, tmp_path: Path) -> None:
    lines_of(audio, "train.jsonl", record("train"))
    lines_of(audio, "test.jsonl", record("test"))
    release = open_release(str(pack(audio, tmp_path / "mine.tar.gz")), "tr")
    assert (release.version, release.source) == ("mine.tar.gz", "archive, manifest")


# Folders as the Hub's audiofolder has them


def test_one_metadata_file_tells_splits_by_folder(audio: Path) -> None:
    folders = ("train", "validation", "test")
    for split, folder in zip(SPLITS, folders, strict=True):
        (audio / folder).mkdir()
        (audio / "wav" / f"{split}.wav").rename(audio / folder / "a.wav")
    rows = [f"{f}/a.wav,{s}" for f, s in zip(folders, SENTENCES.values(), strict=True)]
    lines_of(audio, "metadata.csv", "file_name,transcription", *rows)
    assert texts(read(audio)) == ONE_EACH
    assert open_release(str(audio), "tr").source == "audiofolder"


def test_a_metadata_file_in_the_folder_of_each_split_is_read(audio: Path) -> None:
    for split, folder in zip(SPLITS, ("train", "dev", "test"), strict=True):
        (audio / folder).mkdir()
        (audio / "wav" / f"{split}.wav").rename(audio / folder / "a.wav")
        value = {"file_name": "a.wav", "text": SENTENCES[split]}
        lines_of(audio, f"{folder}/metadata.jsonl", json.dumps(value))
    corpus = read(audio)
    assert texts(corpus) == ONE_EACH
    assert corpus.dev["path"].to_pylist() == [str(audio / "dev" / "a.wav")]


def test_an_audiofolder_without_splits_is_refused(audio: Path) -> None:
    lines_of(audio, "metadata.csv", "file_name,text", "wav/train.wav,x")
    assert "does not tell what is train, dev and test" in error(audio).message
    lines_of(audio, "metadata.jsonl", "{}")
    assert "metadata.csv and metadata.jsonl" in error(audio).message


# The Hub


@pytest.fixture
def hub_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A dataset in parquet, as it lies on the Hub."""
    import datasets
    import pyarrow as pa
    import pyarrow.parquet as pq

    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", str(tmp_path / "hf"))
    datasets.disable_progress_bars()
    about = {
        "audio": {"_type": "Audio"},
        "sentence": {"dtype": "string", "_type": "Value"},
        "speaker_id": {"dtype": "int64", "_type": "Value"},
    }
    metadata = {"huggingface": json.dumps({"info": {"features": about}})}
    folder = tmp_path / "hub" / "data"
    folder.mkdir(parents=True)
    for number, (split, name) in enumerate(
        zip(SPLITS, ("train", "validation", "test"), strict=True)
    ):
        clips = [{"bytes": wav(2 * number + n), "path": "a.wav"} for n in range(2)]
        columns = {
            "audio": clips,
            "sentence": [SENTENCES[split], f"{SENTENCES[split]} daha"],
            "speaker_id": [1, 2],
        }
        made = pa.table(columns).replace_schema_metadata(metadata)
        pq.write_table(made, folder / f"{name}-00000-of-00001.parquet")
    return folder.parent


def test_a_dataset_of_the_hub_is_read_without_decoding(hub_folder: Path, cache: Path) -> None:
    before = listing(hub_folder)
    release = open_release(f"hf:{hub_folder}", "tr")
    rows = table(release, "train").rows
    assert rows["sentence"].to_pylist() == [SENTENCES["train"], f"{SENTENCES['train']} daha"]
    assert rows["client_id"].to_pylist() == ["1", "2"]
    first, second = (release.clips / path for path in rows["path"].to_pylist())
    assert first.name == "a.wav"
    assert first != second
    assert (first.read_bytes(), second.read_bytes()) == (wav(0), wav(1))
    assert first.is_relative_to(cache)
    assert listing(hub_folder) == before


def test_the_audio_of_a_dataset_is_written_once(hub_folder: Path) -> None:
    first = open_release(f"hf:{hub_folder}", "tr")
    table(first, "test")
    before = listing(first.folder)
    again = open_release(f"hf:{hub_folder}", "tr")
    assert table(again, "test").rows.num_rows == 2
    assert again.folder == first.folder
    assert listing(first.folder) == before


def test_a_dataset_trains_like_any_other_data(hub_folder: Path) -> None:
    corpus = read(f"hf:{hub_folder}")
    assert corpus.test["speaker"].to_pylist()[0] == "1"


@pytest.mark.parametrize(
    ("where", "words"),
    [
        ("hf:nobody/nothing", "cannot be reached"),
        ("hf:", "names no dataset"),
    ],
)
def test_a_dataset_that_cannot_be_had_is_one_error(where: str, words: str) -> None:
    assert words in error(where).message


def test_a_dataset_without_text_is_answered_with_its_columns(
    hub_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cvrecipes.data.sources.hub._TEXT", ("words",))
    assert "it has: audio, sentence, speaker_id" in error(f"hf:{hub_folder}").message


def test_a_script_of_a_dataset_is_never_run(tmp_path: Path) -> None:
    folder = tmp_path / "scripted"
    folder.mkdir()
    (folder / "scripted.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\n")
    error(f"hf:{folder}")
    assert not (tmp_path / "ran").exists()


def test_half_of_a_surrogate_pair_is_a_bad_line(audio: Path) -> None:
    bad = [record("train", text="a HALF b"), record("train", HALF=1)]
    lines = [record(split) for split in SPLITS] + [line.replace("HALF", r"\ud800") for line in bad]
    lines += [record("train", text="bir WHOLE").replace("WHOLE", r"\ud83d\ude00")]
    corpus = read(lines_of(audio, "s.jsonl", *lines))
    assert [row.line for row in corpus.left_out if row.rule == "not Unicode"] == [4, 5]


def test_every_line_that_an_open_quotation_mark_swallows_is_left_out(audio: Path) -> None:
    lines = [f"{number}.wav,bir,{split}" for number, split in enumerate((*SPLITS, "train"))]
    lines[1:1] = ['5.wav,"iki,train', "6.wav,üç,train", '7.wav,"dört",train']
    path = lines_of(audio, "s.csv", "path,text,split", *lines)
    found = read_rows(path)
    assert found.rows["line"].to_pylist() == [2, 6, 7, 8]
    assert [row.line for row in found.bad] == [3, 4, 5]
    open_to_the_end = lines_of(audio, "t.csv", "path,text,split", *lines[:3])
    assert [row.line for row in read_rows(open_to_the_end).bad] == [3, 4]


def test_check_adds_up_the_tables_of_one_file_and_files_of_one_name(
    audio: Path, call: Callable[..., Outcome]
) -> None:
    path = lines_of(audio, "s.jsonl", *(record(split) for split in SPLITS), "no row")
    found = json.loads(call("check", "tr", "--data", path, "--no-audio", "--json").out)
    assert found["files"] == {"s.jsonl": 4}
    assert found["rows_read"] == found["rows_in_files"] == 4
    folder = audio / "parts"
    for split in SPLITS:
        (folder / split).mkdir(parents=True)
        lines_of(folder / split, "metadata.csv", "file_name,text", "a.wav,bir", "b.wav,iki")
    found = json.loads(call("check", "tr", "--data", folder, "--no-audio", "--json").out)
    assert found["files"] == {f"{split}/metadata.csv": 2 for split in ("dev", "test", "train")}
    assert found["rows_read"] == found["rows_in_files"] == 6
