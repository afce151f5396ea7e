"""strict-all and the certificate against what their definitions say, in plain Python."""

from __future__ import annotations

import csv
import hashlib
import tempfile
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from cvrecipes.catalog import open_recipe
from cvrecipes.data.corpus import CorpusMaker
from cvrecipes.data.release import open_release, sample_folder
from cvrecipes.models.ctc import Framing
from cvrecipes.plugins import new_manager
from cvrecipes.records import SPLITS, Certificate, Corpus, LeftOut
from cvrecipes.settings import Settings
from support.releases import VERSION

_COLUMNS = ("client_id", "path", "sentence", "up_votes", "down_votes", "locale")
_TABLES = ("train", "dev", "test", "validated", "other")
_SENTENCES = (
    "Kapıyı aç.", "kapıyı aç", "kapı yı aç", "Kapı'yı aç!", "KAPIYI AÇ", "kâpıyı aç",
    "Güneşli bir gün", "güneşli birgün", "yarın yine gel", "bir", "...", "1990", "привет", "",
)  # fmt: skip


@dataclass(frozen=True)
class Line:
    """A row as the definition sees it."""

    clip: str
    speaker: str
    text: str
    letters: str


def _letters(text: str) -> str:
    kept = (c for c in unicodedata.normalize("NFKD", text) if unicodedata.category(c)[0] in "LN")
    return "".join(kept) or text


ROWS = st.lists(
    st.tuples(
        st.sampled_from(_TABLES),
        st.integers(0, 12),
        st.sampled_from(["", "a", "b", "c", "d", "e"]),
        st.sampled_from(_SENTENCES),
    ),
    max_size=24,
)


def _corpus(folder: Path, settings: Settings) -> Corpus:
    recipe, hooks = open_recipe("tr", new_manager(installed=False))
    release = open_release(str(folder), "tr", hooks, audio=False)
    return CorpusMaker(release, recipe, hooks, Framing(), audio=False).make(settings)


def _lines(path: Path, normalize: Callable[[str], str]) -> list[Line]:
    with path.open(encoding="utf-8", newline="\n") as file:
        rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        texts = [(row["path"], row["client_id"], normalize(row["sentence"])) for row in rows]
    return [Line(clip, who, text, _letters(text)) for clip, who, text in texts]


def _touches(line: Line, others: list[Line]) -> bool:
    return any(
        line.clip == other.clip
        or (line.speaker != "" and line.speaker == other.speaker)
        or (line.text != "" and line.text == other.text)
        or (line.letters != "" and line.letters == other.letters)
        for other in others
    )


def _measured(train: list[Line], others: list[Line]) -> dict[str, int | None]:
    """A certificate as its keys are documented."""
    texts = {line.text for line in others} - {""}
    letters = {line.letters for line in others} - {""}
    speakers = {line.speaker for line in others} - {""}
    ours = {line.speaker for line in train} - {""}
    unknown = (train and not ours) or (others and not speakers)
    touched = sum(_touches(line, others) for line in train)
    return {
        "speakers": None if unknown else len(ours & speakers),
        "sentences": len({line.text for line in train} & texts),
        "near_duplicates": len(
            {line.text for line in train if line.letters in letters and line.text not in texts}
        ),
        "clips": None if unknown else touched,
        "clips_at_least": touched,
    }


def _used(corpus: Corpus, split: str) -> list[Line]:
    columns = (corpus.split(split)[name].to_pylist() for name in ("clip", "speaker", "text"))
    return [Line(*values, _letters(values[2])) for values in zip(*columns, strict=True)]


def _check_certificate(corpus: Corpus) -> Certificate:
    made = corpus.certificate
    assert made is not None
    train, dev, test = (_used(corpus, split) for split in SPLITS)
    expected = _measured(train, dev + test)
    assert {name: getattr(made, name) for name in expected} == expected
    for split, others in (("dev", dev), ("test", test)):
        alone = _measured(train, others)
        assert {name: made.shared[split][name] for name in alone} == alone
    for split, lines in zip(SPLITS, (train, dev, test), strict=True):
        assert made.unknown_speakers[split] == sum(line.speaker == "" for line in lines)
        names = "\n".join(sorted(f"{line.clip}\t{line.speaker}" for line in lines))
        assert made.lists[split] == hashlib.sha256(names.encode()).hexdigest()
    return made


@hypothesis_settings(
    max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)
@given(ROWS, st.sampled_from(["official", "strict-all"]), st.booleans(), st.booleans())
def test_train_is_what_the_definition_of_its_policy_says(
    rows: list[tuple[str, int, str, str]], policy: str, include_other: bool, merge_dev: bool
) -> None:
    recipe, _ = open_recipe("tr", new_manager(installed=False))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name, VERSION, "tr")
        folder.mkdir(parents=True)
        for table in _TABLES:
            lines = [
                "\t".join((who, f"{clip}.mp3", sentence, "2", "0", "tr"))
                for one, clip, who, sentence in rows
                if one == table
            ]
            content = "\n".join(["\t".join(_COLUMNS), *lines]) + "\n"
            (folder / f"{table}.tsv").write_text(content, encoding="utf-8", newline="\n")
        settings = Settings(split=policy, include_other=include_other, merge_dev=merge_dev)
        corpus = _corpus(folder, settings)
        made = {table: _lines(folder / f"{table}.tsv", recipe.normalizer) for table in _TABLES}
    usable = {
        table: [line for line in lines if line.text and recipe.normalizer.reason(line.text) is None]
        for table, lines in made.items()
    }
    source = "train" if policy == "official" else "validated"
    parts = [source] + ["other"] * include_other
    train = [line for table in parts for line in usable[table]]
    dev = usable["dev"]
    if policy == "strict-all":
        apart = made["test"] if merge_dev else made["test"] + made["dev"]
        train = [line for line in train if not _touches(line, apart)]
        # What dev brings itself is not taken from validated again, usable or not.
        own = {line.clip for line in made["dev"]} if merge_dev else set()
        train = [line for line in train if line.clip not in own]
        dev = [line for line in dev if not (merge_dev and _touches(line, made["test"]))]
    elsewhere = {line.clip for line in usable["test"] + ([] if merge_dev else dev)}
    expected: list[str] = []
    for line in [*(dev if merge_dev else []), *train]:
        if line.clip not in elsewhere:
            expected.append(line.clip)
            elsewhere.add(line.clip)
    assert sorted(corpus.train["clip"].to_pylist()) == sorted(expected)
    assert corpus.test["clip"].to_pylist() == [line.clip for line in usable["test"]]
    if not merge_dev:
        assert corpus.dev["clip"].to_pylist() == [line.clip for line in usable["dev"]]
    certificate = _check_certificate(corpus)
    if policy == "strict-all":
        assert certificate.clips_at_least == 0
    read = {"dev", "test", *parts}
    assert set(corpus.rows) == read
    used = sum(corpus.split(split).num_rows for split in SPLITS)
    assert used + len(corpus.left_out) == sum(one in read for one, *_ in rows)
    assert all(isinstance(row, LeftOut) and row.reason for row in corpus.left_out)


def test_the_certificate_of_the_sample_counts_right() -> None:
    for policy in ("official", "strict-all"):
        made = _check_certificate(_corpus(sample_folder() / "tr", Settings(split=policy)))
        assert made.clips_at_least == 0
