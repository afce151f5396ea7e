"""The page of check: well-formed, escaped, with the clips of the release."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from cvrecipes.check.page import is_page, render_audit
from cvrecipes.records import SPLITS
from support.checking import DEFECTIVE, audited
from support.pages import Page
from support.releases import GOOD, Row, listing, make_release, tone
from support.spontaneous import make_spontaneous

pytestmark = pytest.mark.usefixtures("cache", "eighty_columns")

Call = Callable[..., Any]


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


def test_a_page_may_lie_beside_a_manifest_but_never_over_it(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for split in SPLITS:
        (tmp_path / f"{split}.wav").write_bytes(tone(1.0, 16_000, 1, "wav", 440))
    rows = [
        {"audio_filepath": f"{split}.wav", "text": "güneşli bir gün", "split": split}
        for split in SPLITS
    ]
    manifest = tmp_path / "all.jsonl"
    manifest.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    before = listing(tmp_path)
    for taken in ("all.jsonl", "test.wav"):
        outcome = call("check", "tr", "--data", "all.jsonl", "--html", taken)
        assert outcome.code == 2 and "is no page of check" in outcome.complaint
    assert listing(tmp_path) == before
    call("check", "tr", "--data", "all.jsonl", "--html")
    assert is_page((tmp_path / "check.html").read_text(encoding="utf-8"))


def test_a_folder_with_an_odd_name_is_linked_and_escaped(tmp_path: Path) -> None:
    odd = tmp_path / "a <b> #1 ?ğ"
    odd.mkdir()
    place = make_release(odd, rows=GOOD)
    text = render_audit(audited(place), tmp_path)
    seen = Page(text)
    assert seen.problems == [] and "b" not in seen.tags
    assert (tmp_path / unquote(seen.values("audio", "src")[0])).is_file()


def test_the_page_says_which_tags_were_removed(tmp_path: Path) -> None:
    rows = [("train", "[laugh] dün eve gittim"), ("dev", "yarın"), ("test", "kitap okudum")]
    text = render_audit(audited(make_spontaneous(tmp_path, rows)), tmp_path)
    assert "Tags removed from transcripts: 1 [laugh] in 1 clip." in text
    assert "Tags removed" not in render_audit(audited(make_release(tmp_path, rows=GOOD)), tmp_path)
