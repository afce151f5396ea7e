"""The Python API, as notebooks and scripts use it; nothing private is imported."""

from __future__ import annotations

import pickle
import re
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from cvrecipes import api

ROOT = Path(__file__).parents[1]


class Twice:
    """A plugin that brings a step and keeps one sentence out."""

    @api.hookimpl
    def register_steps(self, register: Any) -> None:
        register("twice", lambda text: text)

    @api.hookimpl
    def reason_to_leave_out(self, clip: Any, text: str) -> str | None:
        return "too early: line 2" if clip.line == 2 else None


def test_a_recipe_normalizes_and_survives_pickling() -> None:
    recipe = api.open_recipe("tr")
    assert recipe.normalize("ISPARTA'ya, gitti!") == "ıspartaya gitti"
    again = pickle.loads(pickle.dumps(recipe))
    assert again.normalize("İzmir") == "izmir"


def test_a_recipe_works_in_the_map_of_datasets(tmp_path: Path) -> None:
    from datasets import Dataset

    recipe = api.open_recipe("tr")
    rows = Dataset.from_dict({"sentence": ["IŞIK", "İYİ"]})
    mapped = rows.map(lambda row: {"text": recipe.normalize(row["sentence"])}, num_proc=2)
    assert mapped["text"] == ["ışık", "iyi"]


def test_a_key_of_a_recipe_can_be_changed() -> None:
    recipe = api.open_recipe("tr", changes={"alphabet.add_letters": "q w x"})
    assert {"q", "w", "x"} <= set(recipe.alphabet.letters)
    with pytest.raises(api.UsageError, match="alphabet"):
        api.open_recipe("tr", changes={"alphabet.letter": "q"})


def test_the_locales_are_listed() -> None:
    assert {"tr", "ga-IE", "zh-CN"} <= set(api.list_locales())
    with pytest.raises(api.UsageError, match="no recipe for 'zzz'"):
        api.open_recipe("zzz")


def test_a_release_is_read_into_tables(micro_release: Path) -> None:
    corpus = api.read_release("tr", micro_release)
    assert [corpus.split(s).num_rows for s in ("train", "dev", "test")] == [16, 4, 4]
    assert {"clip", "speaker", "raw", "text", "seconds"} <= set(corpus.train.column_names)
    few = api.read_release("tr", micro_release, limit=2, settings={"split": "official"})
    assert few.train.num_rows == 2
    with pytest.raises(api.UsageError, match="unknown setting"):
        api.read_release("tr", micro_release, settings={"epoch": 3})


def test_texts_are_scored_as_they_are_or_normalized() -> None:
    score = api.score(["bir iki", "üç"], ["bir dört", "üç"], locale="tr")
    assert (score.wer.value, score.wer.substitutions, score.wer.units) == (1 / 3, 1, 3)
    assert api.score(["Bir!"], ["bir"], locale="tr").wer.value == 1.0
    assert api.score(["Bir!"], ["bir"], locale="tr", normalize=True).wer.value == 0.0
    many = api.score(["bir"] * 6, ["bir"] * 3 + ["iki"] * 3, locale="tr", speakers=list("abcdef"))
    assert many.wer.interval_unit == "speakers" and many.wer.low < 0.5 < many.wer.high
    with pytest.raises(api.UsageError, match="1 references and 2 hypotheses"):
        api.score(["bir"], ["bir", "iki"], locale="tr")
    with pytest.raises(api.Failure, match="no clip to score"):
        api.score([], [], locale="tr")


def test_a_run_is_evaluated_and_transcribes(micro_run: api.RunReport, micro_release: Path) -> None:
    report = api.evaluate(micro_run.folder, data=micro_release)
    assert report.score.wer.value == micro_run.score.wer.value
    assert report.pairs == micro_run.pairs
    clip = micro_release / "clips" / report.pairs[0].clip
    (result,) = api.transcribe(micro_run.folder, [clip])
    assert result.file == clip and result.text == report.pairs[0].hypothesis
    with pytest.raises(api.Failure):
        api.transcribe(micro_run.folder, [micro_release / "test.tsv"])


def test_a_plugin_registered_in_code_takes_part_until_it_is_removed(micro_release: Path) -> None:
    with api.register_plugin(Twice()) as registration:
        assert registration.name == "Twice"
        with pytest.raises(api.UsageError, match="'Twice' is registered already"):
            api.register_plugin(Twice())
        corpus = api.read_release("tr", micro_release)
        assert {row.reason for row in corpus.left_out} == {"too early: line 2"}
    assert list(api.read_release("tr", micro_release).left_out) == []


def test_a_plugin_whose_hook_does_not_fit_is_refused_when_it_is_registered() -> None:
    class Wrong:
        @api.hookimpl
        def split_words(self, sentence: str) -> None: ...

    with pytest.raises(api.Failure, match="split_words takes sentence"):
        api.register_plugin(Wrong())
    with pytest.raises(api.Failure, match="split_words takes sentence"):
        api.register_plugin(Wrong())


def test_every_public_name_is_documented_and_nothing_else_is_public() -> None:
    page = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    documented = set(re.findall(r"^(?:### |\| )`(\w+)", page, re.MULTILINE))
    assert documented == set(api.__all__)
    public = {name for name in vars(api) if not name.startswith("_")}
    assert set(api.__all__) <= public


def test_importing_the_api_loads_no_tensors() -> None:
    code = "import sys, cvrecipes.api; sys.exit(bool({'torch', 'pyarrow'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("page", ["README.md", "docs/api.md"])
def test_the_lines_of_a_page_run(
    page: str, micro_request: Callable[..., Any], micro_release: Path, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    text = (ROOT / page).read_text(encoding="utf-8")
    (code,) = re.findall(r"^```python\n(from cvrecipes import api\n.*?)^```$", text, re.M | re.S)
    monkeypatch.chdir(tmp_path)
    quick = micro_request()
    monkeypatch.setenv("CVRECIPES_DATA", str(micro_release))
    monkeypatch.setattr(
        api, "run", partial(api.run, base=quick.base, settings=quick.changes, device="cpu")
    )
    clip = next((micro_release / "clips").iterdir())
    names: dict[str, Any] = {}
    exec(compile(code.replace("speech.wav", clip.as_posix()), page, "exec"), names)
    assert names["recipe"].locale == "tr"
    assert (tmp_path / "runs" / "tr" / "run.json").is_file()
    assert "istanbul" in capsys.readouterr().out
