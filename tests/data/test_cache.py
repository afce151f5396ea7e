"""What was read once is recalled, as long as nothing it was made from has changed."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest

from cvrecipes.catalog import open_recipe
from cvrecipes.data import cache, clips
from cvrecipes.data import tables as reading
from cvrecipes.data.clips import ClipFiles
from cvrecipes.data.tables import Reading
from cvrecipes.plugins import register_plugin
from support.packing import read
from support.plugins import with_step
from support.releases import GOOD, Row, clip_name, make_release

_TABLE = pa.table({"a": [1]})


@pytest.fixture(autouse=True)
def tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where entries are written, however small."""
    monkeypatch.setattr(Reading, "worth_remembering", 1)
    monkeypatch.setattr(ClipFiles, "worth_remembering", 1)
    monkeypatch.setenv("CVRECIPES_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "tables"


def test_what_was_read_is_remembered_until_it_changes(tables: Path, tmp_path: Path) -> None:
    place = make_release(tmp_path, rows=[*GOOD, Row("1990"), Row("a\tb")], durations=False)
    first = read(place)
    assert len(list(tables.glob("*.arrow"))) == 4
    with pytest.MonkeyPatch.context() as broken:
        broken.setattr(reading, "read_table", None)
        for name in ("open_files", "measure", "decode"):
            broken.setattr(clips, name, lambda files: [] if not files else None)
        again = read(place)
    assert again.train == first.train and again.left_out == first.left_out
    assert again.certificate == first.certificate
    clip = place / "clips" / clip_name(0, GOOD[0])
    clip.write_bytes(b"")
    assert "empty audio" in {row.reason for row in read(place).left_out}
    lines = (place / "train.tsv").read_bytes().splitlines(keepends=True)
    (place / "train.tsv").write_bytes(b"".join(lines[:-1]))
    assert len(read(place).left_out) == 2


def test_a_damaged_memory_is_read_again(tables: Path, tmp_path: Path) -> None:
    place = make_release(tmp_path)
    first = read(place)
    for entry in tables.iterdir():
        entry.write_bytes(entry.read_bytes()[:100])
    assert read(place).train == first.train
    for entry in tables.iterdir():
        content = bytearray(entry.read_bytes())
        content[len(content) // 2] ^= 1
        entry.write_bytes(content)
    assert cache.recall(entry.stem) is None
    assert read(place).train == first.train


def test_text_of_a_recipe_that_is_not_built_in_is_never_remembered(
    tables: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = tmp_path / "recipes" / "tr" / "recipe.toml"
    recipe.parent.mkdir(parents=True)
    recipe.write_text('parent = "tr"\n', encoding="utf-8")
    place = make_release(tmp_path)
    monkeypatch.setenv("CVRECIPES_RECIPES", str(tmp_path / "recipes"))
    read(place)
    assert [path.name.split("-")[0] for path in tables.glob("*.arrow")] == ["clips"]


def test_what_was_not_used_for_longest_is_forgotten(
    tables: Path,
) -> None:
    for age, key in ((30, "first"), (20, "second")):
        cache.remember(key, _TABLE, {})
        then = (tables / f"{key}.arrow").stat().st_mtime - age
        os.utime(tables / f"{key}.arrow", (then, then))
    assert cache.recall("first") == (_TABLE, {})
    cache.remember("third", _TABLE, {}, entries=2)
    assert cache.recall("second") is None
    assert cache.recall("first") == cache.recall("third") == (_TABLE, {})


def test_a_folder_that_cannot_be_written_is_no_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setenv("CVRECIPES_CACHE", str(tmp_path / "file"))
    cache.remember("key", _TABLE, {})
    assert cache.recall("key") is None


def test_a_release_named_from_another_folder_is_recalled_with_paths_that_lead_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [replace(row, tune=1) if row.split == "train" else row for row in GOOD]
    place = make_release(tmp_path, rows=rows)
    monkeypatch.chdir(place.parent)
    first = read("tr")
    monkeypatch.chdir("/")
    again = read(place)
    assert again.left_out == first.left_out and again.train.num_rows == 1
    assert Path(again.train["path"][0].as_py()).is_file()


def test_a_clip_replaced_by_one_of_the_same_size_and_time_is_inspected_again(
    tmp_path: Path,
) -> None:
    place = make_release(tmp_path)
    read(place)
    clip = place / "clips" / clip_name(0, GOOD[0])
    before = clip.stat()
    clip.write_bytes(b"<" * before.st_size)
    os.utime(clip, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert [row.reason for row in read(place).left_out] == ["unreadable audio: not an audio file"]


def test_a_clip_cut_short_is_found_however_few_are_inspected(tmp_path: Path) -> None:
    rows = [*GOOD, Row("güneşli bir gün", seconds=4.0, audio="half")]
    assert [row.rule for row in read(make_release(tmp_path, rows=rows)).left_out] == [
        "truncated audio"
    ]


def test_a_built_in_recipe_with_a_plugins_step_is_not_remembered() -> None:
    changes = {"text.steps": '["...", "odd.swap"]'}
    with register_plugin(with_step("odd", "odd.swap")):
        assert cache.text_key(open_recipe("tr", changes=changes)[0]) is None
        assert cache.text_key(open_recipe("tr")[0]) is not None
    changes = {"text.steps": '["...", "numbers_tr"]'}
    assert cache.text_key(open_recipe("tr", changes=changes)[0]) is not None


def test_a_built_in_recipe_with_a_users_parent_is_not_remembered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parent = open_recipe("tr")[0].folders[-1]
    assert cache.text_key(open_recipe("tr")[0]) is not None
    shutil.copytree(parent, tmp_path / "own" / parent.name)
    monkeypatch.setenv("CVRECIPES_RECIPES", str(tmp_path / "own"))
    recipe, _ = open_recipe("tr")
    assert recipe.origin == "built-in" and recipe.folders[-1].parent == tmp_path / "own"
    assert cache.text_key(recipe) is None
