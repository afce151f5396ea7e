"""Tables in another encoding than UTF-8: named and refused, or read as the user names it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from conftest import Outcome
from cvrecipes.data.encoding import known
from cvrecipes.data.release import open_release
from cvrecipes.data.tables import Reading
from cvrecipes.errors import UsageError
from cvrecipes.files import read_json
from cvrecipes.plugins import new_manager
from cvrecipes.records import SPLITS, Corpus
from support.packing import pack, read
from support.plugins import plugin
from support.releases import make_release, tone
from support.runs import replaced, rows_of

pytestmark = pytest.mark.usefixtures("cache")

Call = Callable[..., Outcome]
SENTENCES = ("güneşli bir gün", "yarın yine gel", "kapıyı yavaş aç", "çok iyi", "adam")


@pytest.fixture
def audio(tmp_path: Path) -> Path:
    """A folder with a clip for each row of `rows`."""
    for number in range(3 * len(SENTENCES)):
        (tmp_path / f"{number}.wav").write_bytes(tone(1.0, 16_000, 1, "wav", 440 + number))
    return tmp_path


def rows() -> list[tuple[str, str, str]]:
    """File, sentence and split: every sentence in every split."""
    pairs = [(sentence, split) for split in SPLITS for sentence in SENTENCES]
    return [(f"{number}.wav", *pair) for number, pair in enumerate(pairs)]


def written(folder: Path, kind: str, encoding: str) -> Path:
    header = ("path", "text", "split")
    if kind == ".jsonl":
        lines = [
            json.dumps(dict(zip(header, row, strict=True)), ensure_ascii=False) for row in rows()
        ]
    else:
        lines = [("\t" if kind == ".tsv" else ",").join(row) for row in (header, *rows())]
    path = folder / f"m{kind}"
    path.write_bytes("".join(f"{line}\n" for line in lines).encode(encoding))
    return path


def texts(corpus: Corpus) -> dict[str, list[str]]:
    return {split: corpus.split(split)["raw"].to_pylist() for split in SPLITS}


@pytest.mark.parametrize("kind", [".csv", ".tsv", ".jsonl"])
@pytest.mark.parametrize(
    ("encoding", "words"),
    [
        ("cp1254", "is not UTF-8, perhaps cp1254: this line would hold"),
        ("utf-16", "is UTF-16, not UTF-8"),
        ("utf-16-le", "is not UTF-8, perhaps UTF-16-LE"),
        ("utf-16-be", "is not UTF-8, perhaps UTF-16-BE"),
        ("utf-32", "is UTF-32, not UTF-8"),
    ],
)
def test_a_table_in_another_encoding_is_refused_with_its_name_and_read_with_it(
    kind: str, encoding: str, words: str, audio: Path
) -> None:
    path = written(audio, kind, encoding)
    with pytest.raises(UsageError) as caught:
        read(path)
    message = caught.value.message
    assert words in message and "\n" not in message and path.name in message
    assert f"add --encoding {encoding}" in message
    assert texts(read(path, encoding=encoding)) == {split: [*SENTENCES] for split in SPLITS}


def test_the_guess_shows_a_line_and_follows_the_language(audio: Path) -> None:
    path = written(audio, ".csv", "cp1254")
    with pytest.raises(UsageError, match=r"m\.csv:2: .*'0\.wav,güneşli bir gün,train'"):
        open_release(str(path), "tr")
    path.write_bytes("path,text,split\na.wav,žluťoučký,train\nb.wav,kůň,test\n".encode("cp1250"))
    with pytest.raises(UsageError, match=r"perhaps cp1250: .*žluťoučký"):
        open_release(str(path), "cs")
    # 0x81 stands for nothing in cp1252.
    path.write_bytes(b"path,text,split\na.wav,\x81\xe9,train\nb.wav,\xe9,test\n")
    with pytest.raises(UsageError, match="perhaps latin-1"):
        open_release(str(path), "fr")


def test_a_few_damaged_lines_are_left_out_of_their_own_split(audio: Path) -> None:
    for kind in (".csv", ".tsv", ".jsonl"):
        path = written(audio, kind, "utf-8")
        data = path.read_bytes()
        for split in ("dev", "test"):
            number = 3 * len(SENTENCES) - 1 if split == "test" else 2 * len(SENTENCES) - 1
            at = data.index(b"adam", data.index(f"{number}.wav".encode()))
            data = data[:at] + b"a\xffam" + data[at + 4 :]
        path.write_bytes(data)
        corpus = read(path)
        assert [(row.split, row.rule) for row in corpus.left_out] == [
            (split, "not UTF-8") for split in ("dev", "test")
        ], kind


def test_every_command_that_reads_data_takes_an_encoding(call: Call, audio: Path) -> None:
    path = written(audio, ".csv", "cp1254")
    for command in (
        ("check", "tr", "--data", path, "--no-audio", "--json"),
        ("show", "tr", "--data", path, "--json"),
        ("suggest", "tr", "--data", path),
        ("new", "tr", "--from-release", path, "--force", "--out", audio / "recipes"),
        ("run", "tr", "--data", path, "--base", "tiny", "--dry-run", "--json"),
    ):
        got = call(*command)
        assert got.code == 2 and "--encoding cp1254" in got.complaint, command
        got = call(*command, "--encoding", "windows-1254")
        assert got.code == 0, got.err
    got = call("check", "tr", "--data", path, "--encoding", "klingon")
    assert got.code == 2 and "'klingon' is no encoding of text that Python knows" in got.complaint


def test_a_release_and_its_archive_are_read_in_the_encoding_that_is_named(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Reading, "worth_remembering", 1)
    place = make_release(tmp_path)
    expected = texts(read(place))
    for table in place.glob("*.tsv"):
        table.write_bytes(table.read_bytes().decode("utf-8").encode("cp1254"))
    with pytest.raises(UsageError, match=r"\.tsv:2: is not UTF-8, perhaps cp1254"):
        read(place)
    assert texts(read(place, encoding="cp1254")) == expected
    # Nothing that was read in one encoding is recalled for another.
    assert texts(read(place, encoding="cp1252"))["dev"][0] == "yarýn yine gel"
    assert texts(read(place, encoding="cp1254")) == expected
    archive = pack(place, tmp_path / "tr.zip")
    assert texts(read(archive, encoding="cp1254")) == expected


def test_the_encoding_is_part_of_the_plan_and_of_what_resuming_compares(
    call: Call, micro_release: Path, micro_words: list[str], tmp_path: Path
) -> None:
    manifest, out = tmp_path / "m.csv", tmp_path / "out"
    lines = ["path,text,split"] + [
        f'{micro_release / "clips" / row["path"]},"{row["sentence"]}",{split}'
        for split in SPLITS
        for row in rows_of(micro_release / f"{split}.tsv")
    ]
    manifest.write_bytes("\n".join(lines).encode("cp1254"))
    words = [*replaced(micro_words, "--data", manifest), "--out", out]
    got = call(*words, "--encoding", "cp1254")
    assert got.code == 0, got.err
    assert read_json(out / "plan.json")["encoding"] == "cp1254"
    assert read_json(out / "run.json")["encoding"] == "cp1254"
    got = call("evaluate", out, "--data", manifest, "--encoding", "cp1254", "--json")
    assert json.loads(got.out)["encoding"] == "cp1254"
    got = call("certify", out, "--against", manifest, "--encoding", "cp1254", "--json")
    assert json.loads(got.out)["shared"]["test"]["recordings"] == 0
    (out / "run.json").unlink()
    manifest.write_bytes("\n".join(lines).encode("utf-8"))
    got = call(*words, "--resume")
    assert got.code == 2 and "encoding: cp1254 in the folder, none now" in got.complaint


def test_a_plugins_source_takes_the_encoding_where_it_can(tmp_path: Path) -> None:
    place, given = make_release(tmp_path), []

    def without(where: str, locale: str) -> Any:
        return open_release(str(place), locale) if where == "old:1" else None

    def taking(where: str, locale: str, encoding: str | None = None) -> Any:
        given.append(encoding)
        return open_release(str(place), locale) if where == "new:1" else None

    opening = plugin("p", register_sources=lambda register: [
        register("old", without), register("new", taking)
    ])  # fmt: skip
    hooks = new_manager([opening], installed=False)
    open_release("new:1", "tr", hooks, encoding="latin1")
    open_release("old:1", "tr", hooks)
    assert given == ["iso8859-1"]
    with pytest.raises(UsageError, match=r"reads no tables of text.*leave out --encoding"):
        open_release("old:1", "tr", hooks, encoding="latin1")


@pytest.mark.parametrize("name", ["rot13", "hex", "base64", "a\0b", ""])
def test_what_is_no_encoding_of_text_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="is no encoding of text"):
        known(name)


@pytest.mark.parametrize(
    ("name", "separator", "words"),
    [
        ("m.csv", ";", "is separated by semicolons, not by commas; save it with commas"),
        (
            "m.csv",
            "\t",
            "is separated by tabs, not by commas; save it with commas, or name it .tsv",
        ),
        ("m.csv", "|", "is separated by vertical bars, not by commas"),
        ("m.tsv", ",", "is separated by commas, not by tabs; save it with tabs, or name it .csv"),
        ("m.tsv", ";", "is separated by semicolons, not by tabs"),
    ],
)
def test_another_separator_is_named(name: str, separator: str, words: str, tmp_path: Path) -> None:
    lines = [separator.join(row) for row in (("path", "text", "split"), *rows())]
    (tmp_path / name).write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(UsageError) as caught:
        open_release(str(tmp_path / name), "tr")
    assert words in caught.value.message


@pytest.mark.parametrize("kind", [".csv", ".tsv", ".jsonl"])
@pytest.mark.parametrize("encoding", ["cp1254", "latin-1"])
def test_a_file_that_is_utf8_is_refused_where_another_encoding_is_named(
    audio: Path, kind: str, encoding: str
) -> None:
    path = written(audio, kind, "utf-8")
    with pytest.raises(UsageError, match=r"is valid UTF-8, not .*; leave out --encoding"):
        read(path, encoding=known(encoding))


def test_the_line_of_a_refusal_is_escaped_once(audio: Path) -> None:
    path = written(audio, ".tsv", "cp1254")
    with pytest.raises(UsageError, match=r"would hold '0\.wav\\tgüneşli bir gün"):
        read(path)
