"""Findings: what would stop a run, what shifts its WER, and the remedy."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from support.checking import facts, with_validated
from support.releases import GOOD, Row, make_release
from support.spontaneous import make_spontaneous

pytestmark = pytest.mark.usefixtures("cache", "eighty_columns")

Call = Callable[..., Any]


def test_a_shared_speaker_is_a_finding_with_the_remedy_that_exists(
    call: Call, tmp_path: Path
) -> None:
    rows = [*GOOD, Row("elma ye", speaker="elma")]
    place = make_release(tmp_path, rows=rows)
    found = facts(call, place)
    (finding,) = [
        one["what"] for one in found["findings"] if "of train with a speaker" in one["what"]
    ]
    assert found["certificate"]["speakers"] == 1
    assert finding.startswith("1 clip of train") and "strict-all" not in finding
    found = facts(call, with_validated(place))
    assert any("--split strict-all leaves them out" in one["what"] for one in found["findings"])


def test_what_would_stop_a_run_exits_with_1_after_printing_everything(
    call: Call, tmp_path: Path
) -> None:
    rows = [row for row in GOOD if row.split != "test"]
    place = make_release(tmp_path, rows=[*rows, Row("1990", "test")])
    outcome = call("check", "tr", "--data", place)
    assert outcome.code == 1
    assert "error  no clip of test can be used (1 digits)" in outcome.out
    assert outcome.out.index("Splits") < outcome.out.index("Findings") < outcome.out.index("error")
    assert facts(call, place, code=1)["ok"] is False


def test_a_test_split_with_rows_left_out_is_no_longer_comparable(
    call: Call, tmp_path: Path
) -> None:
    found = facts(call, make_release(tmp_path, rows=[*GOOD, Row("1990", "test", speaker="ayva")]))
    warnings = [one["what"] for one in found["findings"] if not one["stop"]]
    assert any(what.startswith("1 of 4 rows of test is left out") for what in warnings)
    sound = facts(call, make_release(tmp_path / "sound"))
    assert not any("rows of test" in one["what"] for one in sound["findings"])


def test_foreign_letters_of_test_are_counted_and_are_a_finding_when_they_are_many(
    call: Call, tmp_path: Path
) -> None:
    foreign = [Row("taksi ɣə", split, speaker=split) for split in ("train", "dev", "test")]
    found = facts(call, place := make_release(tmp_path, rows=[*GOOD, *foreign]))
    counts = {split: one["outside_alphabet"] for split, one in found["splits"].items()}
    assert counts == {"train": 0, "dev": 1, "test": 1}
    assert found["splits"]["test"]["left_out"] == {} and found["splits"]["test"]["clips"] == 4
    whats = [one["what"] for one in found["findings"]]
    expected = "1 of 4 clips of test holds letters outside the alphabet, and these words will count"
    assert any(what.startswith(expected) for what in whats)
    out = call("check", "tr", "--data", place).out
    assert "outside alphabet (dev and test keep such clips): 1 train" in out
    assert "of them outside the alphabet" in out
    assert "digits: 1" not in out


def test_a_dev_of_which_every_row_is_left_out_is_not_called_absent(
    call: Call, tmp_path: Path
) -> None:
    rows = [row for row in GOOD if row.split != "dev"]
    digits = [Row(f"{number} elma", "dev", speaker=f"d{number}") for number in range(5)]
    found = facts(call, make_release(tmp_path, rows=[*rows, *digits]))
    (what,) = [one["what"] for one in found["findings"] if " dev " in one["what"]]
    assert what.startswith("all 5 rows of dev are left out (5 digits): no weights can be selected")
    found = facts(call, make_release(tmp_path / "one", rows=[*rows, digits[0]]))
    assert any("the only row of dev is left out" in one["what"] for one in found["findings"])
    found = facts(call, make_release(tmp_path / "none", rows=rows))
    assert any("there is no dev split: no" in one["what"] for one in found["findings"])


def test_the_hours_that_strict_all_would_add_are_a_finding(call: Call, tmp_path: Path) -> None:
    more = [Row(f"bambaşka bir gün {'a' * n}", "validated", speaker=f"s{n}") for n in range(1, 9)]
    place = make_release(tmp_path, rows=[*GOOD, *more], validated=True)
    expected = "--split strict-all trains on 18 s of speech instead of 6 s"
    found = facts(call, place)
    assert any(one["what"].startswith(expected) for one in found["findings"])
    chosen = facts(call, place, "--split", "strict-all")
    assert not any(one["what"].startswith(expected) for one in chosen["findings"])


def test_unknown_tags_of_transcripts_are_named_and_removed_ones_counted(
    call: Call, tmp_path: Path
) -> None:
    rows = [
        ("train", "[disfluency] dün eve [laugh] gittim"),
        ("train", "[risas] evet [risas]"),
        ("train", "hayır [risas] [a..]lam"),
        ("dev", "[disfluency] yarın"),
        ("test", "kitap okudum"),
    ]
    place = make_spontaneous(tmp_path, rows)
    found = facts(call, place)
    finding = (
        "transcripts have tags whose meaning is not known, and their clips are left out: "
        "[risas] 2, [a..] 1"
    )
    assert {"stop": False, "what": finding} in found["findings"]
    assert found["unknown_tags"] == {"[risas]": 2, "[a..]": 1}
    assert found["transcript_tags"] == {
        "[disfluency]": {"times": 2, "clips": 2}, "[laugh]": {"times": 1, "clips": 1},
    }  # fmt: skip
    assert found["left_out"] == {"unknown tag": 2}
    # The letters of tags are in no alphabet and in no count of characters.
    assert found["characters"]["outside"] == []
    lines = call("check", "tr", "--data", place).out.splitlines()
    title = lines.index("Tags removed from transcripts")
    assert lines[title + 1] == "2 [disfluency] in 2 clips, 1 [laugh] in 1 clip"


def test_a_release_without_tags_has_no_words_about_them(call: Call, tmp_path: Path) -> None:
    place = make_release(tmp_path, rows=[*GOOD, Row("bu [bir] gün")])
    found = facts(call, place)
    assert found["unknown_tags"] == found["transcript_tags"] == {}
    assert "Tags removed" not in call("check", "tr", "--data", place).out
