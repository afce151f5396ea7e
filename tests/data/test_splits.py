"""Which clips are trained on, what that has in common with dev and test, and who says so."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from cvrecipes.catalog import open_recipe
from cvrecipes.data.certificate import list_hash, read_clips, shared, write_clips
from cvrecipes.data.corpus import read_corpus
from cvrecipes.data.release import open_release
from cvrecipes.data.tables import near_key
from cvrecipes.errors import Failure, UsageError
from cvrecipes.models.ctc import Framing
from cvrecipes.plugins import new_manager
from cvrecipes.records import Certificate, Corpus
from cvrecipes.settings import Settings
from support.releases import GOOD, Row, clip_name, make_release

STRICT = Settings(split="strict-all")
TEST_SENTENCE = "kapıyı yavaş aç"
# In validated.tsv alone; what train may have of it is the last one.
MORE = (
    Row(TEST_SENTENCE, "validated", speaker="new"),
    Row("Kapıyı, yavaş aç!", "validated", speaker="newer"),
    Row("kapı yı yavaş aç", "validated", speaker="newest"),
    Row("yarın yine gel", "validated", speaker="late"),
    Row("başka bir cümle", "validated", speaker="elma"),
    Row("bambaşka bir cümle", "validated", speaker="kedi"),
    Row("güneşli bir gün ana", "validated", speaker="free"),
)


def read(where: Path, settings: Settings = STRICT, *, seed: int = 0, audio: bool = True) -> Corpus:
    recipe, hooks = open_recipe("tr", new_manager(installed=False))
    release = open_release(str(where), "tr", hooks)
    return read_corpus(release, recipe, hooks, Framing(), settings, seed=seed, audio=audio)


def certificate(corpus: Corpus) -> Certificate:
    assert corpus.certificate is not None
    return corpus.certificate


def reasons(corpus: Corpus) -> dict[str, str]:
    return {row.clip: row.reason for row in corpus.left_out}


def test_strict_all_takes_every_validated_clip_that_dev_and_test_do_not_know(
    tmp_path: Path,
) -> None:
    rows = [*GOOD, *MORE]
    corpus = read(make_release(tmp_path, rows=rows, validated=True))
    assert corpus.train["clip"].to_pylist() == [
        *(clip_name(n, row) for n, row in enumerate(GOOD) if row.split == "train"),
        clip_name(len(rows) - 1, rows[-1]),
    ]
    why = reasons(corpus)
    first = len(GOOD)
    assert [why[clip_name(first + n, MORE[n])] for n in range(len(MORE) - 1)] == [
        "held out (sentence): in test",
        "held out (sentence): in test",
        "held out (near-duplicate): in test",
        "held out (sentence): in dev",
        "held out (speaker): in test",
        "held out (speaker): in dev",
    ]
    assert sum(reason.startswith("held out (clip)") for reason in why.values()) == 5


def test_strict_all_shares_nothing_and_says_so(tmp_path: Path) -> None:
    made = certificate(read(make_release(tmp_path, rows=[*GOOD, *MORE], validated=True)))
    assert (made.speakers, made.sentences, made.near_duplicates, made.clips) == (0, 0, 0, 0)
    assert made.policy == "strict-all"
    assert made.shared["test"]["recordings"] == made.shared["dev"]["recordings"] == 0


def test_dev_and_test_are_the_same_under_both_policies(tmp_path: Path) -> None:
    place = make_release(tmp_path, rows=[*GOOD, *MORE], validated=True)
    strict, official = read(place), read(place, Settings())
    assert strict.dev == official.dev and strict.test == official.test
    assert strict.train.num_rows > official.train.num_rows


def test_every_row_is_used_or_left_out_under_strict_all(tmp_path: Path) -> None:
    corpus = read(make_release(tmp_path, rows=[*GOOD, *MORE], validated=True))
    used = sum(corpus.split(split).num_rows for split in ("train", "dev", "test"))
    assert used + len(corpus.left_out) == sum(corpus.rows.values())
    assert corpus.rows == {"dev": 2, "test": 3, "validated": 16}
    assert {row.file for row in corpus.left_out} == {"validated.tsv"}


LEAKS = {
    "speaker": (Row("bir başka gün", speaker="elma"), {"speakers": 1}),
    "sentence": (Row("Kapıyı yavaş aç."), {"sentences": 1}),
    "near-duplicate": (Row("kapıyı yava şaç"), {"near_duplicates": 1}),
    "speaker and sentence": (Row(TEST_SENTENCE, speaker="armut"), {"speakers": 1, "sentences": 1}),
}


@pytest.mark.parametrize("leak", LEAKS)
def test_the_official_split_is_measured(leak: str, tmp_path: Path) -> None:
    row, expected = LEAKS[leak]
    made = certificate(read(make_release(tmp_path, rows=[*GOOD, row]), Settings()))
    counts = {"speakers": 0, "sentences": 0, "near_duplicates": 0, **expected}
    assert {name: getattr(made, name) for name in counts} == counts
    assert made.clips == 1
    assert made.shared["dev"]["clips"] == 0
    assert made.shared["test"]["clips"] == 1


def test_a_row_of_test_that_cannot_be_used_is_held_out_all_the_same(tmp_path: Path) -> None:
    rows = [
        *GOOD,
        Row("bozuk kayıt var", "test", speaker="kayıp", audio="missing"),
        Row("bozuk kayıt var", "validated", speaker="x"),
        Row("yepyeni", "validated", speaker="kayıp"),
    ]
    corpus = read(make_release(tmp_path, rows=rows, validated=True))
    assert {row.reason for row in corpus.left_out if row.clip.endswith(("10.mp3", "11.mp3"))} == {
        "held out (sentence): in test",
        "held out (speaker): in test",
    }


def test_strict_all_keeps_what_dev_knows_when_dev_is_trained_on(tmp_path: Path) -> None:
    rows = [*GOOD, Row("bambaşka bir cümle", "validated", speaker="kedi")]
    place = make_release(tmp_path, rows=rows, validated=True)
    recipe, hooks = open_recipe("tr", new_manager(installed=False))
    release = open_release(str(place), "tr", hooks)
    trained = {
        merged: read_corpus(release, recipe, hooks, Framing(), replace(STRICT, merge_dev=merged))
        .train["raw"]
        .to_pylist()
        for merged in (False, True)
    }
    assert "bambaşka bir cümle" not in trained[False]
    assert "bambaşka bir cümle" in trained[True]
    assert trained[True].count("yarın yine gel") == 2


def test_clips_without_a_speaker_are_counted_not_confused(tmp_path: Path) -> None:
    rows = [replace(row, speaker="") for row in GOOD]
    made = certificate(read(make_release(tmp_path, rows=rows), Settings()))
    assert made.speakers is None
    assert made.unknown_speakers == {"train": 4, "dev": 2, "test": 3}


def test_without_validated_strict_all_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"has no validated\.tsv.*--split official"):
        read(make_release(tmp_path))


def test_a_manifest_has_nothing_but_train_for_strict_all(tmp_path: Path) -> None:
    place = make_release(tmp_path, rows=[*GOOD, Row("Kapıyı yavaş aç."), Row("bir şey")])
    manifest = tmp_path / "m.csv"
    lines = ["path,sentence,speaker,split"]
    for split in ("train", "dev", "test"):
        for line in (place / f"{split}.tsv").read_text(encoding="utf-8").splitlines()[1:]:
            cells = line.split("\t")
            lines.append(f"{place / 'clips' / cells[1]},{cells[3]},{cells[0]},{split}")
    manifest.write_text("\n".join(lines), encoding="utf-8")
    corpus = read(manifest)
    assert corpus.train.num_rows == 5
    assert [row.reason for row in corpus.left_out] == ["held out (sentence): in test"]


def test_the_hash_follows_the_lists_and_not_their_order(tmp_path: Path) -> None:
    corpus = read(make_release(tmp_path / "a"), Settings())
    made = certificate(corpus)
    assert made.lists["train"] == list_hash(corpus.train.take([3, 1, 2, 0]))
    assert made.hash == certificate(read(make_release(tmp_path / "b"), Settings())).hash
    fewer = certificate(read(make_release(tmp_path / "c", rows=GOOD[1:]), Settings()))
    assert fewer.hash != made.hash
    assert fewer.lists["test"] != made.lists["test"]  # every clip has another number


@pytest.mark.parametrize(
    ("one", "other"),
    [("su yolu", "suyolu"), ("kâr", "kar"), ("a'b c", "ab c"), ("หน้า", "หนา"), ("e\u0301", "é")],
)
def test_near_duplicates_differ_in_spaces_and_marks_only(one: str, other: str) -> None:
    assert near_key(one) == near_key(other)


@pytest.mark.parametrize(("one", "other"), [("ısı", "isi"), ("kar", "kır"), ("ø", "o")])
def test_other_letters_are_no_near_duplicates(one: str, other: str) -> None:
    assert near_key(one) != near_key(other)
    assert near_key("'") == "'"


# What else may be asked of train


def test_other_is_trained_on_when_asked(tmp_path: Path) -> None:
    rows = [*GOOD, Row("bir gün daha", "other"), Row("bir gün daha", "other", speaker="elma")]
    place = make_release(tmp_path, rows=rows, validated=True)
    assert read(place, Settings()).train.num_rows == 4
    both = read(place, Settings(include_other=True))
    assert both.train.num_rows == 6
    assert both.train["file"].to_pylist()[-1] == "other.tsv"
    strict = read(place, Settings(split="strict-all", include_other=True))
    assert strict.train.num_rows == 5
    with pytest.raises(UsageError, match=r"has no other\.tsv"):
        read(make_release(tmp_path / "none"), Settings(include_other=True))


def test_votes_are_asked_of_train_alone(tmp_path: Path) -> None:
    rows = [
        *GOOD,
        Row("bir gün daha", up=1),
        Row("iki gün daha", up=5, down=3),
        Row("üç gün daha", "test", up=0, down=9),
    ]
    place = make_release(tmp_path, rows=rows)
    corpus = read(place, Settings(min_up_votes=2, max_down_votes=1))
    assert sorted(row.reason for row in corpus.left_out) == [
        "too few votes: 1",
        "too many votes against: 3",
    ]
    assert corpus.test.num_rows == 4


def test_reported_sentences_are_left_out_by_reason(tmp_path: Path) -> None:
    rows = [*GOOD, Row("kötü bir söz"), Row("yanlış yazılmış")]
    reported = (
        ("kötü bir söz", "offensive-language"),
        ("yanlış yazılmış", "grammar-or-spelling"),
    )
    place = make_release(tmp_path, rows=rows, reported=reported)
    for wanted, expected in {
        "offensive-language": {"reported sentence: offensive-language"},
        "all": {f"reported sentence: {reason}" for _, reason in reported},
        "": set(),
    }.items():
        corpus = read(place, Settings(skip_reported=wanted))
        assert {row.reason for row in corpus.left_out} == expected
    with pytest.raises(UsageError, match=r"no report has the reason 'rude'.*offensive-language"):
        read(place, Settings(skip_reported="rude"))
    with pytest.raises(UsageError, match=r"has no reported\.tsv, only train"):
        read(make_release(tmp_path / "none"), Settings(skip_reported="all"))


@pytest.mark.parametrize("seed", [1, 2])
def test_clips_of_a_speaker_or_sentence_are_limited(seed: int, tmp_path: Path) -> None:
    many = [Row(f"bir gün {word}", speaker="çok") for word in ("al", "ver", "gör", "duy", "sor")]
    same = [Row("her gün", speaker=f"kişi {n}") for n in range(4)]
    place = make_release(tmp_path, rows=[*GOOD, *many, *same])
    corpus = read(place, Settings(clips_per_speaker=2, clips_per_sentence=3), seed=seed)
    speakers = corpus.train["speaker"].to_pylist()
    assert speakers.count("çok") == 2
    assert corpus.train["text"].to_pylist().count("her gün") == 3
    assert {row.reason for row in corpus.left_out} == {
        "speaker has many clips: over 2",
        "sentence has many clips: over 3",
    }


def test_which_clips_a_limit_keeps_follows_the_seed(tmp_path: Path) -> None:
    rows = [Row(f"bir gün {'a' * n}", speaker="çok") for n in range(1, 13)]
    place = make_release(tmp_path, rows=[*GOOD, *rows])
    kept = [
        read(place, Settings(clips_per_speaker=3), seed=seed).train["clip"] for seed in (1, 1, 2)
    ]
    assert kept[0] == kept[1] != kept[2]


def test_a_recording_is_trained_on_once_and_never_when_it_is_tested_on(tmp_path: Path) -> None:
    rows = [
        *GOOD,
        Row("bir gün daha", tune=1),
        Row("iki gün daha", tune=1),
        Row("üç gün daha", tune=2),
        Row("dört gün daha", "test", tune=2),
        Row("beş gün daha", "test", tune=2),
    ]
    corpus = read(make_release(tmp_path, rows=rows), Settings())
    names = [clip_name(n, row) for n, row in enumerate(rows)]
    assert reasons(corpus) == {
        names[10]: f"same audio: as {names[9]}",
        names[11]: f"same audio: as {names[12]} in test",
    }
    assert corpus.test.num_rows == 5


def test_a_clip_that_ends_early_is_found_by_its_size(tmp_path: Path) -> None:
    usual = [Row("güneşli bir gün", speaker=str(n)) for n in range(8)]
    rows = [*GOOD, *usual, Row("bir gün daha", seconds=4.0, audio="half")]
    corpus = read(make_release(tmp_path, rows=rows), Settings())
    (left_out,) = corpus.left_out
    assert left_out.clip == clip_name(len(rows) - 1, rows[-1])
    assert left_out.reason.startswith("truncated audio: ")


def test_clips_spoken_far_too_fast_or_slow_are_left_out_of_train(tmp_path: Path) -> None:
    usual = [Row("güneşli bir gün", speaker=str(n), seconds=1 + n / 50) for n in range(60)]
    odd = Row("a", seconds=15.0)
    rows = [*GOOD[4:], *usual, odd]
    place = make_release(tmp_path, rows=rows)
    corpus = read(place, Settings())
    (left_out,) = corpus.left_out
    assert left_out.raw == "a"
    assert left_out.reason.startswith("odd speaking rate: 0.1 characters a second")
    assert read(place, Settings(rate_outliers=0.0)).left_out == ()


def test_without_audio_no_clip_is_inspected(tmp_path: Path) -> None:
    rows = [*GOOD, Row("bir gün daha", audio="missing"), Row("bugün", listed=0)]
    place = make_release(tmp_path, rows=rows)
    corpus = read(place, Settings(), audio=False)
    assert [row.reason for row in corpus.left_out] == ["empty audio"]
    assert corpus.train.num_rows == 5
    unlisted = make_release(tmp_path / "more", rows=rows, durations=False)
    unknown = read(unlisted, Settings(), audio=False)
    assert unknown.train["seconds"].null_count == unknown.train.num_rows == 6


# Names of clips


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "C:\\x.mp3", "a/../../b.mp3"])
def test_a_name_that_leads_out_of_the_release_is_not_followed(name: str, tmp_path: Path) -> None:
    corpus = read(make_release(tmp_path, rows=[*GOOD, Row("bir gün", clip=name)]), Settings())
    (left_out,) = corpus.left_out
    assert left_out.reason == "file name leads out of the release"


def test_a_clip_in_a_folder_of_its_own_is_found(tmp_path: Path) -> None:
    place = make_release(tmp_path, rows=[*GOOD, Row("bir gün", clip="deep/er/one.mp3")])
    (place / "clips" / "deep" / "er").mkdir(parents=True)
    own = place / "clips" / clip_name(9, Row())
    own.rename(place / "clips" / "deep" / "er" / "one.mp3")
    corpus = read(place, Settings())
    assert corpus.left_out == ()
    assert corpus.train["clip"].to_pylist()[-1] == "deep/er/one.mp3"
    assert Path(corpus.train["path"].to_pylist()[-1]).is_file()


# The list of a run


def test_the_clips_of_a_run_are_written_down(tmp_path: Path) -> None:
    corpus = read(make_release(tmp_path, rows=[*GOOD, *MORE], validated=True))
    write_clips(tmp_path / "clips.parquet", corpus)
    tables = read_clips(tmp_path / "clips.parquet")
    for split, table in tables.items():
        assert table["clip"].to_pylist() == corpus.split(split)["clip"].to_pylist()
    assert shared(tables["train"], [tables["test"]]).clips == 0
    assert shared(tables["test"], [tables["test"]]).recordings == 3
    (tmp_path / "clips.parquet").write_bytes(b"PAR1")
    with pytest.raises(Failure, match="is damaged"):
        read_clips(tmp_path / "clips.parquet")
    with pytest.raises(Failure, match="no such file"):
        read_clips(tmp_path / "none.parquet")


def test_dev_that_is_trained_on_is_held_out_from_test_too(tmp_path: Path) -> None:
    rows = [*GOOD, Row("bambaşka", "dev", speaker="elma"), Row(TEST_SENTENCE, "dev", speaker="x")]
    place = make_release(tmp_path, rows=rows, validated=True)
    recipe, hooks = open_recipe("tr", new_manager(installed=False))
    release = open_release(str(place), "tr", hooks)
    settings = replace(STRICT, merge_dev=True)
    corpus = read_corpus(release, recipe, hooks, Framing(), settings)
    assert corpus.train.num_rows == 6 and certificate(corpus).clips == 0
    assert [row.reason for row in corpus.left_out if row.split == "dev"] == [
        "held out (speaker): in test",
        "held out (sentence): in test",
    ]


def test_votes_that_are_no_number_count_as_none(tmp_path: Path) -> None:
    place = make_release(tmp_path)
    path = place / "train.tsv"
    path.write_text(path.read_text("utf-8").replace("\t2\t0\t", "\t²\t0\t", 1), "utf-8")
    assert reasons(read(place, Settings(min_up_votes=1))) == {
        clip_name(0, GOOD[0]): "too few votes: 0"
    }
