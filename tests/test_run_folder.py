"""The files of a run: whole or not at all, one line a row, and no run over another."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cvrecipes.errors import Failure, UsageError
from cvrecipes.files import check_room, read_json, replacing, write_json, write_text
from cvrecipes.records import LeftOut
from cvrecipes.run import default_folder
from cvrecipes.run_folder import RunFolder

PLAN: dict[str, Any] = {"base": "tiny", "seed": 42, "limit": None, "settings": {"epochs": 10.0}}


class Interrupted(Exception):
    """What a test raises in the middle of writing."""


@pytest.mark.parametrize("error", [Interrupted, KeyboardInterrupt])
def test_an_interrupted_file_leaves_the_old_one_and_nothing_else(
    error: type[BaseException], tmp_path: Path
) -> None:
    path = tmp_path / "run.json"
    write_text(path, "old")
    with pytest.raises(error), replacing(path) as temporary:
        temporary.write_text("half")
        assert path.read_text() == "old"
        raise error
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_an_interrupted_new_file_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(Interrupted), replacing(tmp_path / "new") as temporary:
        temporary.write_text("half")
        raise Interrupted
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_a_failure_that_names_the_file(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    with pytest.raises(Failure, match="No space left on device") as caught, replacing(path):
        raise OSError(28, "No space left on device")
    assert caught.value.where == str(path)
    assert list(tmp_path.iterdir()) == []


def test_a_written_file_is_whole_readable_and_alone(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "er" / "x.json"
    write_json(path, {"günaydın": 1})
    write_json(path, {"günaydın": 2})
    assert read_json(path) == {"günaydın": 2}
    assert "günaydın" in path.read_text(encoding="utf-8")
    assert path.stat().st_mode & 0o777 == 0o644
    assert list(path.parent.iterdir()) == [path]


def test_a_value_that_is_no_json_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    write_json(path, 1)
    with pytest.raises(TypeError):
        write_json(path, object())
    assert read_json(path) == 1


def test_a_place_that_cannot_be_written_is_a_failure(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Failure, match="cannot be written"):
        write_text(tmp_path / "file" / "x", "text")


def test_json_that_is_missing_or_broken_is_a_failure(tmp_path: Path) -> None:
    with pytest.raises(Failure, match="cannot be read"):
        read_json(tmp_path / "none.json")
    for content in (b"{", b"", b"\xff"):
        (tmp_path / "bad.json").write_bytes(content)
        with pytest.raises(Failure, match="is not JSON"):
            read_json(tmp_path / "bad.json")


# Starting and resuming


def test_a_run_starts_in_a_new_or_empty_folder(tmp_path: Path) -> None:
    for root in (tmp_path / "new" / "er", tmp_path / "empty"):
        root.parent.mkdir(exist_ok=True)
        folder = RunFolder(root)
        folder.start(PLAN, resume=False)
        assert read_json(folder.plan) == PLAN
        assert not folder.finished


def test_a_run_refuses_a_folder_that_is_not_empty(tmp_path: Path) -> None:
    mine = tmp_path / "thesis.tex"
    mine.write_text("mine")
    with pytest.raises(UsageError, match="not empty; choose another --out") as caught:
        RunFolder(tmp_path).start(PLAN, resume=False)
    assert caught.value.where == str(tmp_path)
    assert list(tmp_path.iterdir()) == [mine]
    with pytest.raises(UsageError):
        RunFolder(mine).start(PLAN, resume=False)


def test_an_interrupted_run_is_offered_and_taken_up(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    folder.start(PLAN, resume=False)
    with pytest.raises(UsageError, match="add --resume"):
        folder.start(PLAN, resume=False)
    folder.start(PLAN, resume=True)
    assert read_json(folder.plan) == PLAN


@pytest.mark.parametrize(
    ("change", "names"),
    [
        ({"seed": 43}, "seed: 42 in the folder, 43 now"),
        (
            {"base": "other", "seed": 1},
            "base: tiny in the folder, other now; seed: 42 in the folder, 1 now",
        ),
        (
            {"settings": {"epochs": 11.0, "merge_dev": True}},
            "settings.epochs: 10.0 in the folder, 11.0 now; "
            "settings.merge_dev: none in the folder, true now",
        ),
        ({"limit": 5}, "limit: none in the folder, 5 now"),
    ],
)
def test_another_plan_is_refused_by_what_differs(
    change: dict[str, Any], names: str, tmp_path: Path
) -> None:
    folder = RunFolder(tmp_path)
    folder.start(PLAN, resume=False)
    with pytest.raises(UsageError, match=f"cannot resume, the options differ: {names};"):
        folder.start({**PLAN, **change}, resume=True)
    assert read_json(folder.plan) == PLAN


@pytest.mark.parametrize(
    ("now", "names"),
    [
        ({"train.tsv": "c", "test.tsv": "b"}, "train.tsv"),
        ({"train.tsv": "a"}, "test.tsv"),
        ({"train.tsv": "c", "test.tsv": "b", "dev.tsv": "d"}, "dev.tsv, train.tsv"),
    ],
)
def test_other_data_is_refused_by_the_tables_that_changed(
    now: dict[str, str], names: str, tmp_path: Path
) -> None:
    folder, plan = RunFolder(tmp_path), {**PLAN, "data": "cv-corpus/tr"}
    folder.start({**plan, "tables": {"train.tsv": "a", "test.tsv": "b"}}, resume=False)
    with pytest.raises(UsageError, match=f"changed since the run began: {names};") as caught:
        folder.start({**plan, "tables": now}, resume=True)
    assert caught.value.where == "cv-corpus/tr"


def test_a_plan_that_does_not_tell_its_tables_is_resumed(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    folder.start(PLAN, resume=False)
    folder.start({**PLAN, "tables": {"train.tsv": "a"}}, resume=True)


@pytest.mark.parametrize("resume", [False, True])
def test_a_finished_run_is_left_alone(resume: bool, tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    folder.start(PLAN, resume=False)
    write_json(folder.facts, {"wer": 0.1})
    with pytest.raises(UsageError, match="choose another --out") as caught:
        folder.start(PLAN, resume=resume)
    assert "--resume" not in caught.value.message
    assert read_json(folder.facts) == {"wer": 0.1}


def test_a_folder_that_holds_no_run_is_not_resumed(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("mine")
    with pytest.raises(UsageError):
        RunFolder(tmp_path).start(PLAN, resume=True)


@pytest.mark.parametrize("content", ["{", "", "[]"])
def test_a_broken_plan_is_a_failure_that_says_what_to_do(content: str, tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    folder.plan.write_text(content)
    with pytest.raises(Failure, match="start over with another --out") as caught:
        folder.start(PLAN, resume=True)
    assert caught.value.where == str(folder.plan)
    assert folder.plan.read_text() == content


def test_a_folder_under_a_file_is_a_failure(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Failure, match="cannot be made"):
        RunFolder(tmp_path / "file" / "run").start(PLAN, resume=False)


def test_the_default_folder_never_exists(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    made = set()
    for _ in range(4):
        folder = default_folder("tr")
        assert folder not in made
        assert folder.parent == Path("runs")
        assert folder.name.startswith("tr-")
        folder.mkdir(parents=True)
        made.add(folder)


def test_what_does_not_fit_on_the_disk_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "not" / "yet"
    check_room(folder, 0.0, "the run needs about", remedy="free some space")
    with pytest.raises(
        Failure, match=r"GB are free, the run needs about 1000000000\.0 GB; free some space"
    ) as error:
        check_room(folder, 1e18, "the run needs about", remedy="free some space")
    assert error.value.where == str(tmp_path)
    assert not folder.exists()


# Tables

NASTY = "bir\tiki\nüç\r\ndört\rbeş \"altı' "


def table(path: Path) -> list[list[str]]:
    return [line.split("\t") for line in path.read_text(encoding="utf-8").split("\n")[:-1]]


def test_left_out_holds_one_line_a_row(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    rows = [
        LeftOut(split="train", line=2, clip="a.mp3", rule="empty", raw="", file="validated.tsv"),
        LeftOut(split="dev", line=30, clip="", rule="malformed\trow", raw=NASTY, file="dev.tsv"),
        LeftOut(
            split="test",
            line=4,
            clip="b.mp3",
            rule="a",
            detail="b",
            raw="çok güzel",
            file="test.tsv",
        ),
    ]
    folder.write_left_out(rows)
    lines = table(folder.left_out)
    assert lines[0] == ["split", "file", "line", "clip", "reason", "sentence"]
    assert [len(line) for line in lines] == [6] * 4
    assert lines[1] == ["train", "validated.tsv", "2", "a.mp3", "empty", ""]
    assert lines[3] == ["test", "test.tsv", "4", "b.mp3", "a: b", "çok güzel"]
    assert "\r" not in folder.left_out.read_bytes().decode()


def test_tables_without_rows_hold_their_header(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    folder.write_left_out([])
    assert len(table(folder.left_out)) == 1


@pytest.mark.parametrize("resume", [True, False])
def test_a_run_without_its_plan_is_not_sent_in_a_circle(resume: bool, tmp_path: Path) -> None:
    (tmp_path / "job").mkdir()
    (tmp_path / "job" / "job.json").write_text("{}", encoding="utf-8")
    with pytest.raises(UsageError, match=r"lost its plan\.json .*start over with another --out"):
        RunFolder(tmp_path).check(resume=resume)
