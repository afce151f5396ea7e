"""What a release holds outside an alphabet, and the letters that it never shows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cvrecipes.catalog import open_recipe
from cvrecipes.data.characters import find_characters, read_sentences
from cvrecipes.data.release import open_release
from cvrecipes.errors import Failure
from support.releases import Row, make_release


def rows(*sentences: str) -> list[Row]:
    """A row of train without audio for each sentence."""
    return [Row(sentence, audio="missing") for sentence in sentences]


def sentences_of(folder: Path, locale: str = "tr") -> dict[str, int]:
    return dict(read_sentences(open_release(str(folder), locale)).clips)


def test_sentences_are_read_from_validated_and_else_from_the_splits(tmp_path: Path) -> None:
    folder = make_release(tmp_path, rows=[*rows("bir", "iki", "bir"), Row("üç", "test")])
    release = open_release(str(folder), "tr")
    sentences = read_sentences(release)
    assert sentences.files == ("train.tsv", "dev.tsv", "test.tsv")
    assert sentences.clips == {"bir": 2, "iki": 1, "üç": 1}
    (folder / "validated.tsv").write_bytes((folder / "test.tsv").read_bytes())
    sentences = read_sentences(open_release(str(folder), "tr"))
    assert sentences.files == ("validated.tsv",)
    assert sentences.clips == {"üç": 1}


def test_a_release_without_sentences_is_refused(tmp_path: Path) -> None:
    folder = make_release(tmp_path, rows=rows(" "))
    with pytest.raises(Failure, match="holds no sentence"):
        read_sentences(open_release(str(folder), "tr"))
    (folder / "validated.tsv").write_text("path\ttext\na.mp3\tbir\n", encoding="utf-8")
    with pytest.raises(Failure, match=r"validated\.tsv:1: has no column sentence"):
        read_sentences(open_release(str(folder), "tr"))


def test_characters_outside_the_alphabet_come_most_frequent_first() -> None:
    recipe, _ = open_recipe("tr")
    found = find_characters(
        recipe, {"Дом var": 3, "Да, ДА": 1, "Это д": 1, "Çok güzel д.": 2, "Jale": 1}
    )
    assert [(one.character, one.sentences, one.clips) for one in found.seen[:2]] == [
        ("д", 4, 7),
        ("о", 2, 4),
    ]
    first = found.seen[0]
    assert (first.point, first.name) == ("U+0434", "CYRILLIC SMALL LETTER DE")
    assert first.examples == ("Дом var", "Да, ДА", "Это д")
    assert found.affected == 4
    assert "ş" in found.unseen and "j" not in found.unseen and "ç" not in found.unseen


def test_a_letter_of_several_code_points_is_seen_as_a_whole() -> None:
    recipe, _ = open_recipe("gn")
    assert "g̃" in find_characters(recipe, {"vaka": 1, "g\u0334": 1}).unseen
    found = find_characters(recipe, {"Aguyje ñag\u0303uahẽ": 1})
    assert not found.seen
    assert "g̃" not in found.unseen
    alone = find_characters(recipe, {"g\u0303": 1})
    assert "g" in alone.unseen, "a g with a tilde is no g"


def test_without_an_alphabet_all_characters_are_listed() -> None:
    recipe, _ = open_recipe("ja")
    found = find_characters(recipe, {"日本、日本": 1, "日": 1})
    assert [(one.character, one.sentences) for one in found.seen] == [("日", 2), ("本", 1)]
    assert found.unseen == ()


def test_show_prints_them_and_json_holds_them(tmp_path: Path, call: Any) -> None:
    folder = make_release(tmp_path, rows=rows("Это güneş", "güneş", "güneş"))
    text = call("show", "tr", "--data", str(folder)).out
    assert "2 different sentences, 3 clips" in text
    assert "3 characters outside the alphabet, in 1 sentences" in text
    assert "э  U+044D  CYRILLIC SMALL LETTER E: 1 sentences\n    Это güneş\n" in text
    assert "never seen: a b c" in text
    facts = json.loads(call("show", "tr", "--data", str(folder), "--json").out)
    assert facts["files"] == ["train.tsv", "dev.tsv", "test.tsv"]
    assert (facts["sentences"], facts["clips"], facts["affected"]) == (2, 3, 1)
    assert facts["characters"][0] == {
        "character": "о",
        "code_point": "U+043E",
        "name": "CYRILLIC SMALL LETTER O",
        "sentences": 1,
        "clips": 1,
        "examples": ["Это güneş"],
    }
    assert "ğ" in facts["unseen"]


def test_show_without_data_is_about_the_recipe(call: Any) -> None:
    assert "alphabet" in json.loads(call("show", "tr", "--json").out)
    assert call("show", "tr", "--data", "nowhere").code == 2


def test_show_says_when_nothing_is_outside(tmp_path: Path, call: Any) -> None:
    folder = make_release(tmp_path, rows=rows("güneşli bir gün"))
    assert "no character is outside the alphabet" in call("show", "tr", "--data", str(folder)).out
