"""A release that is written in two ways: one is taken, and the other's rows are left out."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cvrecipes import api
from cvrecipes.errors import Failure
from cvrecipes.job import read_job, write_job
from cvrecipes.plan import Request
from cvrecipes.run import Clock, prepare
from cvrecipes.run_folder import RunFolder
from support.releases import Row, make_release

pytestmark = pytest.mark.usefixtures("cache")

Call = Callable[..., Any]

LATIN, CYRILLIC = "ady-Latn-TR-t-ady-cyrl", "ady-Cyrl-TR"
ROWS = (
    *(Row(f"syane pşerıhak'u {word}", speaker=word, variant=LATIN) for word in ("ana", "dede")),
    # The speaker has chosen Cyrillic and was shown a Latin sentence.
    Row("Adığabze", speaker="kedi", variant=CYRILLIC),
    Row("Сянэ пщэрыхьакӏу", speaker="köpek", variant=CYRILLIC),
    Row("Сянэ", speaker="elma"),
    *(Row("syate tsaş'e", split, speaker=split, variant=LATIN) for split in ("dev", "test")),
    *(Row("Сятэ цашӏэ", split, speaker=f"{split}2") for split in ("dev", "test")),
)


@pytest.fixture
def release(tmp_path: Path) -> Path:
    return make_release(tmp_path, "ady", ROWS)


def kept(corpus: api.Corpus) -> list[str]:
    return corpus.train["text"].to_pylist()


def test_the_variant_of_most_sentences_is_taken_and_the_share_is_printed(
    release: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    corpus = api.read_release("ady", release)
    assert kept(corpus) == ["syane pşerıhak'u ana", "syane pşerıhak'u dede", "adığabze"]
    err = " ".join(capsys.readouterr().err.split())
    assert "variant latn: 57 % of 7 sentences (main 3, latn 4); the others are left out" in err
    others = [(row.rule, row.detail) for row in corpus.left_out]
    assert others == [("another variant", "main")] * 4


def test_the_other_variant_can_be_asked_for(
    release: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    corpus = api.read_release("ady", release, variant="main")
    assert kept(corpus) == ["сянэ пщэрыхьакӏу", "сянэ"]
    assert "variant" not in capsys.readouterr().err
    assert {row.detail for row in corpus.left_out} == {"latn"}


def test_of_equal_shares_the_main_variant_is_taken(tmp_path: Path) -> None:
    rows = [Row("Сянэ"), Row("syane"), Row("сятэ", "test"), Row("syate", "test")]
    assert kept(api.read_release("ady", make_release(tmp_path, "ady", rows))) == ["сянэ"]


def test_a_table_in_the_cache_is_of_one_variant(
    release: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cvrecipes.data.tables.Reading.worth_remembering", 0)
    for _ in range(2):
        assert len(kept(api.read_release("ady", release, variant="main"))) == 2
        assert len(kept(api.read_release("ady", release, variant="latn"))) == 3


def test_check_names_the_variant_and_the_rows_of_the_others(call: Call, release: Path) -> None:
    done = call("check", "ady", "--data", release, "--no-audio", "--json")
    facts = json.loads(done.out)
    assert facts["recipe"]["variant"] == "latn"
    assert facts["left_out"]["another variant"] == 4
    finding = "4 rows in another variant than latn (main): --variant takes those instead"
    assert finding in [one["what"] for one in facts["findings"]]
    # Letters of the other variant are nothing that the recipe should know.
    assert not any(one["character"] == "я" for one in facts["characters"]["outside"])
    shown = call("check", "ady", "--data", release, "--no-audio", "--variant", "main").out
    assert "variant main" in " ".join(shown.split())


def test_show_with_data_looks_at_one_variant(call: Call, release: Path) -> None:
    facts = json.loads(call("show", "ady", "--data", release, "--json").out)
    assert facts["characters"] == []


def test_suggest_drafts_from_one_variant(call: Call, release: Path) -> None:
    latin = call("suggest", "ady", "--data", release)
    assert latin.code == 0 and "ş" in latin.out and "щ" not in latin.out
    cyrillic = call("suggest", "ady", "--data", release, "--variant", "main")
    assert "щ" in cyrillic.out and "ş" not in cyrillic.out
    refused = call("suggest", "ady", "--data", release, "--variant", "x").complaint
    assert refused.startswith("the recipe of ady has no variant 'x'")


def test_a_job_keeps_the_variant_that_was_chosen(
    release: Path, micro_base: Path, tmp_path: Path
) -> None:
    request = Request("ady", str(release), base=str(micro_base), device="cpu")
    job = prepare(request, Clock())
    assert (job.recipe.variant, job.plan.request.variant) == ("latn", "latn")
    assert "ı" in job.vocabulary.tokens and "я" not in job.vocabulary.tokens
    folder = RunFolder(tmp_path / "run")
    write_job(folder, job)
    again = read_job(folder)
    assert again.recipe.digest == job.recipe.digest and again.plan == job.plan
    saved = json.loads(folder.recipe.read_text(encoding="utf-8"))
    assert saved["variant"] == "latn"


def test_a_run_says_its_variant_and_evaluate_takes_it_from_the_model(
    call: Call, release: Path, micro_base: Path, micro_request: Callable[..., Request],
    tmp_path: Path,
) -> None:  # fmt: skip
    from cvrecipes.run import run

    request = replace(
        micro_request(tmp_path / "run", data=release), locale="ady", base=str(micro_base)
    )
    report = run(request)
    assert report.facts["recipe"]["variant"] == "latn"
    card = (report.folder / "model" / "README.md").read_text(encoding="utf-8")
    assert "Variant: latn; sentences of other variants are left out." in card
    # In this release most sentences are Cyrillic; the model writes Latin.
    other = make_release(tmp_path / "more", "ady", [*ROWS, Row("Ӏоф", "test"), Row("пчэ", "test")])
    done = call("evaluate", report.folder, "--data", other, "--json")
    assert done.code == 0 and "warning" not in done.err
    facts = json.loads(done.out)
    assert (facts["recipe"]["variant"], facts["clips"]) == ("latn", 1)
    assert facts["left_out"]["reasons"] == {"another variant": 3}
    certified = call("certify", report.folder, "--against", other)
    assert "has changed" not in certified.err


def test_the_shares_of_a_release_of_one_variant_name_no_others(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [row for row in ROWS if row.variant == LATIN]
    api.read_release("ady", make_release(tmp_path, "ady", rows))
    err = " ".join(capsys.readouterr().err.split())
    assert "variant latn: 100 % of 3 sentences (main 0, latn 3)" in err
    assert "the others are left out" not in err


def test_a_split_of_another_variant_alone_names_the_option(tmp_path: Path) -> None:
    rows = [row for row in ROWS if row.variant == LATIN]
    with pytest.raises(Failure, match=r"another variant.*; take them with --variant latn$"):
        api.read_release("ady", make_release(tmp_path, "ady", rows), variant="main")
