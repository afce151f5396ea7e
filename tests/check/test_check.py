"""check: what it says of a release, on a terminal, as JSON and as a page; what it never does."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from conftest import Outcome
from cvrecipes.catalog import open_recipe
from cvrecipes.check.audit import audit_release
from cvrecipes.check.bars import bar_chart, bars
from cvrecipes.check.figures import Histogram
from cvrecipes.check.page import render_audit
from cvrecipes.check.wording import letter, shown
from cvrecipes.data.release import open_release
from cvrecipes.errors import UsageError
from cvrecipes.settings import Settings
from support.pages import Page
from support.releases import GOOD, Row, clip_name, line_of, listing, make_release

Call = Callable[..., Outcome]
ATTACK = "<script>alert(1)</script> & \x1b[31m güneş"
DEFECTIVE = (
    *GOOD,
    Row("bugün 1990 yılı"),
    Row("добрый день"),
    Row("güneşli\tbir gün"),
    Row(cut=4),
    Row(b"g\xfcne\xfeli bir g\xfcn"),
    Row(""),
    Row(nameless=True),
    Row(audio="missing"),
    Row(audio="empty"),
    Row(audio="text"),
    Row(seconds=21.0),
    Row("aç", seconds=0.3),
    Row(ATTACK),
    Row("1990", "test"),
    Row(tune=1),
    Row(tune=1),
)


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CVRECIPES_CACHE", str(tmp_path_factory.mktemp("cache")))
    monkeypatch.setenv("COLUMNS", "80")


def facts(call: Call, place: Path, *words: object, code: int = 0) -> dict[str, Any]:
    outcome = call("check", "tr", "--data", place, "--json", *words)
    assert outcome.code == code, outcome.err
    found: dict[str, Any] = json.loads(outcome.out)
    return found


def audited(place: Path, *, audio: bool = True) -> Any:
    recipe, hooks = open_recipe("tr")
    return audit_release(
        open_release(str(place), "tr", audio=audio), recipe, hooks, Settings(), audio=audio
    )


def with_validated(place: Path) -> Path:
    """All clips of the splits and two more of train's people, as validated.tsv."""
    tables = [(place / f"{s}.tsv").read_text(encoding="utf-8") for s in ("train", "dev", "test")]
    header = tables[0].splitlines()[0]
    lines = [line for table in tables for line in table.splitlines()[1:]]
    more = [
        line.replace("güneşli", word).replace("common_voice", word)
        for line, word in zip(lines, ("soğuk", "sıcak"), strict=False)
    ]
    (place / "validated.tsv").write_text("\n".join([header, *lines, *more, ""]), encoding="utf-8")
    return place


# ---------------------------------------------------------------- figures


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
    example = found["examples"]["outside alphabet"][0]
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


def test_a_limit_is_said_and_reads_less(call: Call, micro_release: Path) -> None:
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


def test_clips_without_a_speaker_are_counted_and_are_nobody(call: Call, tmp_path: Path) -> None:
    rows = [*GOOD, Row("güneş battı", speaker=""), Row("güneş doğdu", speaker="")]
    place = make_release(tmp_path, rows=rows)
    found = facts(call, place)
    assert found["splits"]["train"]["speakers"] == 4
    assert found["certificate"]["unknown_speakers"] == 2
    assert found["speakers"] == [1, 1, 1, 1]
    assert "2 clips without a speaker" in call("check", "tr", "--data", place).out


def test_a_recipe_without_alphabet_lists_every_character(call: Call, tmp_path: Path) -> None:
    rows = [Row("今天很好", split) for split in ("train", "dev", "test")]
    place = make_release(tmp_path, "zh-CN", rows)
    outcome = call("check", "zh-CN", "--data", place)
    assert "the recipe has no alphabet; 4 characters" in outcome.out
    assert outcome.code == 0


# ---------------------------------------------------------------- exit codes


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


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--set", "longes=3"), "did you mean longest"),
        (("--split", "strict-all"), "has no validated.tsv"),
        (("--embed",), "add --html"),
        (("--embed", "--no-audio", "--html", "x.html"), "leave out --embed or --no-audio"),
        (("--html", "nowhere/x.html"), "there is no such folder"),
    ],
)
def test_wrong_usage_is_one_line_and_exits_with_2(
    words: tuple[str, ...], said: str, call: Call, micro_release: Path
) -> None:
    outcome = call("check", "tr", "--data", micro_release, *words)
    assert outcome.code == 2
    assert said in outcome.complaint
    assert outcome.out == ""


def test_a_folder_without_a_release_is_one_line(call: Call, tmp_path: Path) -> None:
    outcome = call("check", "tr", "--data", tmp_path)
    assert outcome.code == 2 and "holds no TSVs" in outcome.complaint


# ---------------------------------------------------------------- without audio


def test_no_audio_needs_no_clips(call: Call, tmp_path: Path) -> None:
    place = make_release(tmp_path, rows=DEFECTIVE, clips=False)
    assert not (place / "clips").exists()
    found = facts(call, place, "--no-audio")
    assert found["audio"] is False
    assert not {"missing audio", "unreadable audio", "same audio"} & found["left_out"].keys()
    assert found["rows_read"] == found["rows_in_files"]
    assert found["splits"]["train"]["hours"] > 0
    assert "has no clips folder" in call("check", "tr", "--data", place).complaint


def test_no_audio_opens_no_clip(
    call: Call, micro_release: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a clip was inspected")

    monkeypatch.setattr("cvrecipes.data.clips._open", refuse)
    monkeypatch.setattr("cvrecipes.data.clips.stamps", refuse)
    found = facts(call, micro_release, "--no-audio", "--html", tmp_path / "a.html")
    assert found["splits"]["train"]["clips"] == 16
    assert "<audio" not in (tmp_path / "a.html").read_text(encoding="utf-8")


def test_lengths_that_nobody_knows_are_unknown(call: Call, tmp_path: Path) -> None:
    place = make_release(tmp_path, durations=False)
    found = facts(call, place, "--no-audio")
    assert found["splits"]["train"]["hours"] is None and found["durations"] is None
    outcome = call("check", "tr", "--data", place, "--no-audio")
    assert outcome.code == 0
    assert "unknown" in outcome.out and "no length is known" in outcome.out


# ---------------------------------------------------------------- the terminal


@pytest.mark.parametrize("columns", [40, 80, 140])
def test_lines_are_no_wider_than_the_window(
    columns: int, call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    rows = [*DEFECTIVE, Row("güneş " * 60), Row("güneş" * 60, "test")]
    outcome = call("check", "tr", "--data", make_release(tmp_path, rows=rows))
    lines = outcome.out.splitlines()
    assert max(map(len, lines)) <= columns
    assert not [line for line in lines if line != line.rstrip()]
    for part in ("Splits", "Left out", "Characters", "Some clips", "Findings"):
        assert part in lines


def test_what_is_piped_has_no_colors_and_no_control_characters(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    place = make_release(tmp_path, rows=DEFECTIVE)
    assert "\x1b" not in call("check", "tr", "--data", place).out
    monkeypatch.setenv("FORCE_COLOR", "1")
    colored = call("check", "tr", "--data", place).out
    assert "\x1b[" in colored and "\x1b[31m güneş" not in colored
    assert "\\x1b[31m güneş" in colored
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in call("check", "tr", "--data", place).out


def test_long_lists_are_cut_and_say_so(call: Call, tmp_path: Path) -> None:
    rows = [*GOOD, *(Row(f"{chr(0x430 + number)} güneş") for number in range(15))]
    out = call("check", "tr", "--data", make_release(tmp_path, rows=rows)).out
    assert "15 characters outside the alphabet, in 15 sentences" in out
    assert out.count("CYRILLIC") == 10
    assert "... and 5 more (see --html or --json)" in out


def test_text_of_a_release_is_one_harmless_line() -> None:
    assert shown("a\nb\tc\x1b") == "a\\nb\\tc\\x1b"
    assert shown("\u202etxt") == "\\u202etxt"
    assert shown("a" * 500, 10) == "aaaaaaaaa…"
    assert letter("\u0301") == "\u25cc\u0301"
    assert letter("\u202e") == letter("\u200b") == ""


# ---------------------------------------------------------------- histograms


def test_bars_join_neighbors_and_drop_empty_ends() -> None:
    histogram = Histogram("s", tuple(map(float, range(9))), (0, 1, 2, 0, 4, 5, 0, 0), 4.0)
    drawn = bars(histogram, 3)
    assert [(bar.label, bar.count) for bar in drawn] == [("1-3", 3), ("3-5", 4), ("5-6", 5)]
    assert bars(Histogram("s", (0.0, 1.0), (0,), 0.0), 5) == []


def test_a_chart_is_readable_without_seeing_it() -> None:
    drawn = bars(Histogram("s", (0.0, 1.0, 20.0, 31.0), (1, 2, 3), 4.0), 10)
    text = bar_chart("Length <of> clips", drawn, "s", 4.0)
    seen = Page(text)
    assert seen.problems == []
    assert seen.tags.count("rect") == 3 and seen.tags.count("tr") == 4
    assert seen.values("svg", "role") == ["img"]
    assert "the median is 4 s" in seen.values("svg", "aria-label")[0]
    assert "no data" in bar_chart("x", [], "s", 0.0)


# ---------------------------------------------------------------- the page


@pytest.fixture
def page(call: Call, tmp_path: Path) -> Path:
    place = make_release(tmp_path, rows=[*DEFECTIVE, Row("سلام دنیا")])
    file = tmp_path / "out" / "page.html"
    file.parent.mkdir()
    outcome = call("check", "tr", "--data", place, "--html", file)
    assert outcome.code == 0 and "page.html" in outcome.err
    return file


def test_the_page_is_well_formed_and_loads_nothing_from_the_network(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    seen = Page(text)
    assert text.startswith("<!doctype html>") and seen.problems == []
    assert not {"script", "link", "img", "iframe", "object", "base", "a"} & set(seen.tags)
    assert "http:" not in text and "https:" not in text
    assert "@import" not in text and "url(" not in text
    assert not [name for _, name, _ in seen.attributes if name.startswith("on")]
    assert seen.tags.count("svg") == 2
    assert seen.tags.count("caption") == seen.values("div", "role").count("region")


def test_text_of_the_release_is_escaped_on_the_page(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert "<script" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; \\x1b[31m güneş" in text
    assert '<bdi dir="auto">سلام دنیا</bdi>' in text


def test_players_play_the_clips_of_the_release_itself(page: Path) -> None:
    sources = Page(page.read_text(encoding="utf-8")).values("audio", "src")
    assert len(sources) == 5 + 2 + 3
    for source in sources:
        assert source.startswith("./..")
        assert (page.parent / unquote(source)).is_file()


def test_embedded_clips_are_in_the_page(call: Call, tmp_path: Path) -> None:
    place = make_release(tmp_path, rows=GOOD)
    file = tmp_path / "page.html"
    assert call("check", "tr", "--data", place, "--html", file, "--embed").code == 0
    text = file.read_text(encoding="utf-8")
    sources = Page(text).values("audio", "src")
    assert len(sources) == len(GOOD)
    assert all(source.startswith("data:audio/mpeg;base64,") for source in sources)
    assert str(place) not in text


def test_the_page_is_named_check_html_when_no_name_is_given(
    call: Call, tmp_path: Path, micro_release: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert call("check", "tr", "--data", micro_release, "--html", "--no-audio").code == 0
    first = (tmp_path / "check.html").read_text(encoding="utf-8")
    assert call("check", "tr", "--data", micro_release, "--no-audio", "--html").code == 0
    assert (tmp_path / "check.html").read_text(encoding="utf-8") == first


def test_a_file_that_is_no_page_is_never_written_over(
    call: Call, tmp_path: Path, micro_release: Path
) -> None:
    file = tmp_path / "notes.html"
    file.write_text("<p>mine</p>", encoding="utf-8")
    outcome = call("check", "tr", "--data", micro_release, "--html", file)
    assert outcome.code == 2 and "is no page of check" in outcome.complaint
    assert file.read_text(encoding="utf-8") == "<p>mine</p>"


def test_nothing_is_ever_written_into_the_release(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = make_release(tmp_path, rows=GOOD)
    before = listing(place)
    monkeypatch.chdir(place)
    assert call("check", "tr", "--data", ".").code == 0
    for words in (("--html",), ("--html", place / "clips" / "x.html")):
        outcome = call("check", "tr", "--data", ".", *words)
        assert outcome.code == 2 and "lies in the release" in outcome.complaint
    assert listing(place) == before


def test_a_folder_with_an_odd_name_is_linked_and_escaped(tmp_path: Path) -> None:
    odd = tmp_path / "a <b> #1 ?ğ"
    odd.mkdir()
    place = make_release(odd, rows=GOOD)
    text = render_audit(audited(place), tmp_path)
    seen = Page(text)
    assert seen.problems == [] and "b" not in seen.tags
    assert (tmp_path / unquote(seen.values("audio", "src")[0])).is_file()


def test_an_audit_of_one_release_is_the_same_twice(tmp_path: Path) -> None:
    place = make_release(tmp_path, rows=DEFECTIVE)
    assert audited(place).as_dict() == audited(place).as_dict()


# ---------------------------------------------------------------- torch


def test_a_test_split_that_lost_rows_is_no_longer_comparable(call: Call, tmp_path: Path) -> None:
    found = facts(call, make_release(tmp_path, rows=[*GOOD, Row("1990", "test", speaker="ayva")]))
    said = [one["what"] for one in found["findings"] if not one["stop"]]
    assert any(what.startswith("1 of 4 rows of test are left out") for what in said)
    sound = facts(call, make_release(tmp_path / "sound"))
    assert not any("rows of test" in one["what"] for one in sound["findings"])


def test_the_hours_that_strict_all_would_add_are_told(call: Call, tmp_path: Path) -> None:
    more = [Row(f"bambaşka bir gün {'a' * n}", "validated", speaker=f"s{n}") for n in range(1, 9)]
    place = make_release(tmp_path, rows=[*GOOD, *more], validated=True)
    told = "--split strict-all trains on 18 s of speech instead of 6 s"
    found = facts(call, place)
    assert any(one["what"].startswith(told) for one in found["findings"])
    chosen = facts(call, place, "--split", "strict-all")
    assert not any(one["what"].startswith(told) for one in chosen["findings"])


def test_check_imports_no_torch(micro_release: Path, tmp_path: Path) -> None:
    code = (
        "import sys\n"
        "from cvrecipes.cli import main\n"
        "try:\n"
        f"    main(['check', 'tr', '--data', {str(micro_release)!r}, '--base', 'tiny',\n"
        f"          '--html', {str(tmp_path / 'a.html')!r}])\n"
        "except SystemExit as end:\n"
        "    assert not {'torch', 'transformers', 'datasets'} & set(sys.modules)\n"
        "    sys.exit(end.code)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stderr
    assert re.search(r"^clips used +16 +4 +4$", done.stdout, re.MULTILINE)


def test_clips_are_asked_for_only_where_they_are_needed(tmp_path: Path) -> None:
    place = make_release(tmp_path)
    shutil.rmtree(place / "clips")
    assert open_release(str(place), "tr", audio=False).version == place.parent.name
    with pytest.raises(UsageError, match="has no clips folder"):
        open_release(str(place), "tr")


def test_the_example_of_the_docs_is_what_is_printed(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = (Path(__file__).parents[2] / "docs" / "check.md").read_text(encoding="utf-8")
    example = re.search(r"^## An example\n\n```text\n(.*?)^```$", page, re.M | re.S)
    assert example
    # The folder differs by installation, the recipe's hash by every change to it.
    head, folder, recipe, *rest = call("check", "tr").out.splitlines()
    there, _, told, *lines = example[1].splitlines()
    assert folder.endswith("cv-corpus-sample/tr") and recipe.startswith("recipe ")
    assert [there, *lines] == [head, *rest]
    assert told.split()[2:] == recipe.split()[2:]


def test_a_damaged_table_that_is_not_asked_for_stops_nothing(call: Call, tmp_path: Path) -> None:
    place = make_release(tmp_path, validated=True)
    (place / "validated.tsv").write_bytes(b"")
    found = facts(call, place)
    assert [one["policy"] for one in found["policies"]] == ["official"]
    got = call("check", "tr", "--data", place, "--split", "strict-all")
    assert got.code == 1 and "is empty" in got.complaint
