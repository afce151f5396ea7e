"""Lines that cannot be read: counted with their own split, or with none, and never with train."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from conftest import Outcome
from cvrecipes.data.counts import left_out_counts
from cvrecipes.records import SPLITS, Corpus
from support.packing import read
from support.releases import tone

pytestmark = pytest.mark.usefixtures("cache")

Call = Callable[..., Outcome]


@pytest.fixture
def audio(tmp_path: Path) -> Path:
    for number, split in enumerate(SPLITS):
        (tmp_path / f"{split}.wav").write_bytes(tone(1.0, 16_000, 1, "wav", 440 + number))
    return tmp_path


def row(split: str, **more: object) -> str:
    made = {"path": f"{split}.wav", "text": "güneşli bir gün", "split": split}
    return json.dumps({**made, **more}, ensure_ascii=False)


def booked(corpus: Corpus) -> dict[int, tuple[str, str]]:
    return {row.line: (row.split, row.rule) for row in corpus.left_out}


def test_rows_that_cannot_be_used_count_with_the_split_that_they_name(audio: Path) -> None:
    lines = [
        *map(row, SPLITS),
        row("test", offset=-1),
        row("validation", text=None),
        row("test", duration="long"),
        row("train", path=3),
        row("test", text="HALF").replace("HALF", r"\ud800"),
    ]
    path = audio / "m.jsonl"
    path.write_text("\n".join(lines), encoding="utf-8")
    corpus = read(path)
    assert booked(corpus) == {
        4: ("test", "negative offset"),
        5: ("dev", "text is not a string"),
        6: ("test", "duration is not a length"),
        7: ("train", "path is not a string"),
        8: ("test", "not Unicode"),
    }
    assert corpus.rows == {"train": 2, "dev": 2, "test": 4}
    assert left_out_counts(corpus, merge_dev=False)["unknown_split"] == 0


def test_lines_of_no_known_split_are_of_none_and_counted_once(call: Call, audio: Path) -> None:
    lines = [*map(row, SPLITS), "no row", row("holdout"), row("")]
    path = audio / "m.jsonl"
    path.write_text("\n".join(lines), encoding="utf-8")
    corpus = read(path)
    assert booked(corpus) == {
        4: ("unknown", "not JSON"),
        5: ("unknown", "unknown split"),
        6: ("unknown", "no split"),
    }
    counts = left_out_counts(corpus, merge_dev=False)
    assert (counts["clips"], counts["unknown_split"]) == (3, 3)
    assert [counts["splits"][split]["clips"] for split in SPLITS] == [0, 0, 0]
    found = json.loads(call("check", "tr", "--data", path, "--json").out)
    assert found["rows_read"] == found["rows_in_files"] == 6
    assert [found["splits"][split]["left_out"] for split in SPLITS] == [{}, {}, {}]
    said = [finding["what"] for finding in found["findings"]]
    assert any(what.startswith("3 lines cannot be used, and nothing tells") for what in said)
    printed = " ".join(call("check", "tr", "--data", path).out.split())
    assert "not JSON: 1 of no known split" in printed


def test_a_split_of_which_no_row_can_be_used_is_not_forgotten(audio: Path) -> None:
    lines = [row("train"), row("test"), row("dev", text=None)]
    path = audio / "m.jsonl"
    path.write_text("\n".join(lines), encoding="utf-8")
    corpus = read(path)
    assert booked(corpus) == {3: ("dev", "text is not a string")}
    assert corpus.rows["dev"] == 1


def test_a_malformed_row_of_a_csv_is_of_no_known_split(audio: Path) -> None:
    lines = ["path,text,split", *(f"{split}.wav,bir gün,{split}" for split in SPLITS)]
    path = audio / "m.csv"
    path.write_text("\n".join([*lines, "test.wav,bir, iki,test"]), encoding="utf-8")
    assert booked(read(path)) == {5: ("unknown", "malformed row")}


def test_bad_lines_of_spontaneous_speech_count_with_their_split(tmp_path: Path) -> None:
    place = tmp_path / "sps-corpus-3.0-2026-03-09-tr"
    (place / "audios").mkdir(parents=True)
    lines = ["client_id\taudio_file\ttranscription\tsplit"]
    for number, split in enumerate((*SPLITS, "test", "unassigned")):
        name = f"{number}.wav"
        (place / "audios" / name).write_bytes(tone(1.0, 16_000, 1, "wav", 440 + number))
        lines.append(f"s{number}\t{name}\tgüneşli bir gün\t{split}")
    lines.append("s\tcut short")
    data = "\n".join(lines).encode().replace(b"s3\t3.wav\tg\xc3\xbc", b"s3\t3.wav\tg\xff")
    (place / "ss-corpus-tr.tsv").write_bytes(data)
    (place / "ss-reported-audios-tr.tsv").write_text(
        "audio_file\treason\n1.wav\tnoise\n", encoding="utf-8"
    )
    assert booked(read(place)) == {
        3: ("dev", "reported"), 5: ("test", "not UTF-8"), 7: ("unknown", "malformed row"),
    }  # fmt: skip
