"""Foreign letters are left out of what is trained on alone; dev and test keep them."""

from __future__ import annotations

from pathlib import Path

import pytest

from cvrecipes.catalog import open_recipe
from cvrecipes.data.corpus import CorpusMaker, read_split
from cvrecipes.data.release import open_release
from cvrecipes.models import vocabulary
from cvrecipes.models.ctc import Framing
from cvrecipes.models.vocabulary import build_vocabulary
from cvrecipes.records import Corpus
from cvrecipes.settings import Settings
from support.reading import manager, read
from support.releases import GOOD, Row, make_release

FOREIGN = tuple(
    Row(sentence, split, speaker=f"{split}{number}")
    for split in ("train", "dev", "test")
    for number, sentence in enumerate(("taksi ɣə", "Москва əɣ", "saat 5", "..."))
)
EVERYWHERE = {"another script: а в к м о с", "digits", "empty"}
OUTSIDE = "outside alphabet: ə ɣ"


def reasons(corpus: Corpus, split: str) -> set[str]:
    return {row.reason for row in corpus.left_out if row.split == split}


def test_dev_and_test_keep_what_train_leaves_out(tmp_path: Path) -> None:
    corpus = read(make_release(tmp_path, rows=[*GOOD, *FOREIGN]))
    assert reasons(corpus, "train") == {*EVERYWHERE, OUTSIDE}
    assert "taksi ɣə" not in corpus.train["text"].to_pylist()
    for split in ("dev", "test"):
        assert reasons(corpus, split) == EVERYWHERE
        assert "taksi ɣə" in corpus.split(split)["text"].to_pylist()


def test_a_dev_that_is_trained_on_leaves_them_out(tmp_path: Path) -> None:
    corpus = read(make_release(tmp_path, rows=[*GOOD, *FOREIGN]), merge_dev=True)
    assert reasons(corpus, "dev") == {*EVERYWHERE, OUTSIDE}
    assert reasons(corpus, "test") == EVERYWHERE
    assert "taksi ɣə" not in corpus.train["text"].to_pylist()


def test_a_split_that_is_only_scored_keeps_them(tmp_path: Path) -> None:
    recipe, hooks = open_recipe("tr", manager())
    release = open_release(str(make_release(tmp_path, rows=[*GOOD, *FOREIGN])), "tr", hooks)
    for split in ("train", "dev", "test"):
        table, left_out, _ = read_split(release, recipe, hooks, split, Framing(), Settings())
        assert "taksi ɣə" in table["text"].to_pylist()
        assert {row.reason for row in left_out} == EVERYWHERE


def test_the_certificate_counts_the_clips_that_are_kept(tmp_path: Path) -> None:
    shared = Row("taksi ɣə", "test", speaker="ana")
    corpus = read(make_release(tmp_path, rows=[*GOOD, shared]))
    assert corpus.certificate is not None
    assert corpus.certificate.shared["test"]["speakers"] == 1, "ana reads in train, too"


def chinese(folder: Path) -> Corpus:
    rows = [
        *(Row("好" * 8, speaker=f"s{number}") for number in range(6)),
        Row("好好龘", speaker="rare"),
        Row("好好", "dev"),
        Row("好龘", "test"),
    ]
    recipe, hooks = open_recipe("zh-CN", manager())
    release = open_release(str(make_release(folder, "zh-CN", rows)), "zh-CN", hooks)
    corpus = CorpusMaker(release, recipe, hooks, Framing()).make(Settings(rate_outliers=0))
    classes = build_vocabulary(recipe, corpus, hooks)
    assert all(classes.encode(text) for text in corpus.train["text"].to_pylist())
    assert [classes.missing(text) for text in corpus.test["text"].to_pylist()] == [
        [] if "龘" in classes.tokens else ["龘"]
    ]
    return corpus


def test_a_clip_of_train_with_a_character_too_rare_for_a_class_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vocabulary, "SHARE_TO_LEARN", 0.9)
    corpus = chinese(tmp_path)
    assert [row.reason for row in corpus.left_out] == ["rare character: 龘"]
    assert corpus.train.num_rows == 6 and corpus.test.num_rows == 1


def test_a_small_train_has_a_class_for_each_of_its_characters(tmp_path: Path) -> None:
    corpus = chinese(tmp_path)
    assert corpus.left_out == () and corpus.train.num_rows == 7
