"""The audit: its figures, as JSON; every row is used or left out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from support.checking import DEFECTIVE, audited, facts, with_validated
from support.releases import GOOD, Row, clip_name, line_of, make_release

pytestmark = pytest.mark.usefixtures("cache", "eighty_columns")

Call = Callable[..., Any]


def test_every_row_of_a_defective_release_is_used_or_left_out(call: Call, tmp_path: Path) -> None:
    found = facts(call, make_release(tmp_path, rows=DEFECTIVE))
    assert found["rows_read"] == found["rows_in_files"] == len(DEFECTIVE)
    assert found["files"] == {
        f"{split}.tsv": sum(row.split == split for row in DEFECTIVE)
        for split in ("dev", "test", "train")
    }
    splits = found["splits"]
    for one in splits.values():
        assert one["clips"] + sum(one["left_out"].values()) == one["rows"]
    assert sum(splits["train"]["left_out"].values()) == 14
    assert splits["test"] == {**splits["test"], "clips": 3, "rows": 4, "left_out": {"digits": 1}}
    assert found["left_out"]["malformed row"] == 2 and found["left_out"]["same audio"] == 1


def test_json_has_the_documented_keys(call: Call, micro_release: Path) -> None:
    found = facts(call, micro_release)
    for split, clips in {"train": 16, "dev": 4, "test": 4}.items():
        one = found["splits"][split]
        assert one["clips"] == clips
        assert 0 < one["hours"] < 0.1
    assert found["left_out"] == {}
    for count in ("speakers", "sentences", "near_duplicates"):
        assert found["certificate"][count] == 0
    assert found["ok"] is True and found["policy"] == "official" and found["audio"] is True


def test_examples_name_the_file_and_the_line(call: Call, tmp_path: Path) -> None:
    found = facts(call, make_release(tmp_path, rows=DEFECTIVE))
    place = next(n for n, row in enumerate(DEFECTIVE) if row.sentence == "добрый день")
    example = found["examples"]["another script"][0]
    assert example["file"] == "train.tsv"
    assert example["line"] == line_of(DEFECTIVE, place)
    assert example["clip"] == clip_name(place, DEFECTIVE[place])
    assert example["sentence"] == "добрый день"


def test_characters_outside_the_alphabet_are_named_with_a_sentence(
    call: Call, tmp_path: Path
) -> None:
    characters = facts(call, make_release(tmp_path, rows=DEFECTIVE))["characters"]
    cyrillic = next(one for one in characters["outside"] if one["code_point"] == "U+0434")
    assert cyrillic["name"] == "CYRILLIC SMALL LETTER DE" and cyrillic["clips"] == 1
    assert cyrillic["examples"] == ["добрый день"]
    assert "j" in characters["unseen_in_train"] and "g" in characters["rare_in_train"]


def test_settings_decide_as_in_a_run(call: Call, micro_release: Path) -> None:
    lengths = [one["seconds"] for one in facts(call, micro_release)["samples"]]
    short = facts(call, micro_release, "--set", f"longest={min(lengths)}", code=0)
    assert short["splits"]["train"]["clips"] < 16
    assert short["left_out"].keys() == {"too long"}
    merged = facts(call, micro_release, "--preset", "blog")
    assert merged["splits"]["train"]["clips"] == 20
    assert merged["splits"]["dev"]["clips"] == 0


def test_a_limit_is_printed_and_reads_less(call: Call, micro_release: Path) -> None:
    found = facts(call, micro_release, "--limit", "3")
    assert [one["clips"] for one in found["splits"].values()] == [3, 3, 3]
    assert found["limit"] == 3 and found["rows_read"] == 9 and found["rows_in_files"] == 24
    shown = call("check", "tr", "--data", micro_release, "--limit", "3").out
    assert "9 of 24 rows, by --limit 3" in shown


def test_the_base_model_decides_what_is_impossible(
    call: Call, tmp_path: Path, micro_base: Path
) -> None:
    # 320 samples a frame are wav2vec2's, and those of `micro_base`: 49 frames a second.
    rows = [*GOOD, Row("güneşli bir gün " * 6)]
    for words in ((), ("--base", micro_base)):
        assert facts(call, make_release(tmp_path / str(len(words)), rows=rows), *words)[
            "left_out"
        ] == {"impossible for CTC": 1}


def test_both_policies_are_compared_where_validated_is_there(call: Call, tmp_path: Path) -> None:
    place = with_validated(make_release(tmp_path))
    official = facts(call, place, "--no-audio")
    assert [one["policy"] for one in official["policies"]] == ["official", "strict-all"]
    strict = facts(call, place, "--no-audio", "--split", "strict-all")
    assert strict["policy"] == "strict-all"
    assert strict["splits"]["train"]["clips"] == official["policies"][1]["clips"] == 6
    assert strict["left_out"]["held out (clip)"] == 5
    assert strict["rows_read"] == strict["rows_in_files"]
    assert "strict-all" in call("check", "tr", "--data", place, "--no-audio").out


def test_clips_without_a_speaker_are_counted_and_are_nobody(call: Call, tmp_path: Path) -> None:
    rows = [*GOOD, Row("güneş battı", speaker=""), Row("güneş doğdu", speaker="")]
    place = make_release(tmp_path, rows=rows)
    found = facts(call, place)
    assert found["splits"]["train"]["speakers"] == 4
    assert found["certificate"]["unknown_speakers"] == {"train": 2, "dev": 0, "test": 0}
    assert found["speakers"] == [1, 1, 1, 1]
    assert "2 clips without a speaker" in call("check", "tr", "--data", place).out


def test_a_recipe_without_alphabet_lists_every_character(call: Call, tmp_path: Path) -> None:
    rows = [Row("今天很好", split) for split in ("train", "dev", "test")]
    place = make_release(tmp_path, "zh-CN", rows)
    outcome = call("check", "zh-CN", "--data", place)
    assert "the recipe has no alphabet; 4 characters" in outcome.out
    assert outcome.code == 0


def test_an_audit_of_one_release_is_the_same_twice(tmp_path: Path) -> None:
    place = make_release(tmp_path, rows=DEFECTIVE)
    assert audited(place).as_dict() == audited(place).as_dict()


def test_a_damaged_table_that_is_not_asked_for_stops_nothing(call: Call, tmp_path: Path) -> None:
    place = make_release(tmp_path, validated=True)
    (place / "validated.tsv").write_bytes(b"")
    found = facts(call, place)
    assert [one["policy"] for one in found["policies"]] == ["official"]
    got = call("check", "tr", "--data", place, "--split", "strict-all")
    assert got.code == 1 and "is empty" in got.complaint
