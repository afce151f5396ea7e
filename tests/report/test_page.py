"""The report's page: one file without a network, with the rates and the worst clips."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from jinja2 import UndefinedError

from cvrecipes.catalog import open_recipe
from cvrecipes.hookspecs import hookimpl
from cvrecipes.plugins import new_manager
from cvrecipes.records import Evaluation, Pair, RunReport, Score, Trained
from cvrecipes.report import card, html, page
from cvrecipes.scoring import score_pairs
from support.pages import Page


@pytest.fixture(scope="session")
def trained() -> Trained:
    return Trained(
        folder=Path("model"),
        evaluations=(
            Evaluation(3, 1.0, 12.25, 13.5, 1.0, 2.5, 0.0),
            Evaluation(6, 2.0, 10.75, 12.5, 0.75, 1.5, 0.25),
        ),
        losses=((1, 14.0, 1e-4), (2, 13.0, 1e-4), (6, 10.75, 0.0)),
        best_step=6,
        steps=6,
        first_step_seconds=1.0,
        device="CPU (1 threads)",
        precision="fp32",
        parameters=4404,
    )


def rendered(
    micro_run: RunReport, trained: Trained, pairs: list[Pair], changes: Mapping[str, Any] = {}
) -> str:
    known = {**micro_run.facts, **changes}
    return page.render(known, score_pairs(pairs, *open_recipe("tr")), pairs, trained)


def pair_of(reference: str, hypothesis: str, clip: str = "a.mp3") -> Pair:
    return Pair(clip, "speaker", reference, hypothesis, 1.0)


@pytest.fixture(scope="session")
def report(micro_run: RunReport) -> str:
    return (micro_run.folder / "report.html").read_text(encoding="utf-8")


def test_the_page_is_well_formed(report: str) -> None:
    assert report.startswith("<!doctype html>")
    assert Page(report).problems == []


def test_the_page_needs_no_other_file_and_no_network(report: str) -> None:
    seen = Page(report)
    assert not {"script", "link", "img", "iframe", "object", "base"} & set(seen.tags)
    loading = {"src", "href", "xlink:href", "srcset", "action", "data", "poster"}
    assert not [name for _, name, _ in seen.attributes if name in loading or name[:2] == "on"]
    assert "http:" not in report and "https:" not in report
    assert "@import" not in report and "url(" not in report


def test_the_page_shows_the_rates_and_each_evaluation(report: str, micro_run: RunReport) -> None:
    cells = Page(report).cells
    wer = micro_run.score.wer
    assert f'<div class="big">{wer.value:.1%}</div>' in report
    assert f"<title>Turkish (tr): WER {wer.value:.1%}</title>" in report
    assert f"{wer.substitutions} substituted, {wer.deletions} deleted" in report
    for one in micro_run.facts["evaluations"]:
        star = "\u00a0★" if one["step"] == micro_run.facts["best_step"] else ""
        place = cells.index(f"{one['step']}{star}")
        assert cells[place + 3 : place + 6] == [
            f"{one['loss']:.3f}", f"{one['wer']:.1%}", f"{one['cer']:.1%}"
        ]  # fmt: skip
    assert report.count("<svg") == 2 and report.count("★") == 2


def test_the_page_lists_the_worst_clips_first(report: str, micro_run: RunReport) -> None:
    cells = Page(report).cells
    rates = dict(zip((p.clip for p in micro_run.pairs), micro_run.score.clip_wer, strict=True))
    listed = [clip for cell in cells for clip in rates if cell.endswith(clip)]
    assert listed == sorted(rates, key=lambda clip: (-rates[clip], clip))
    for pair in micro_run.pairs:
        place = cells.index(f"{pair.reference}{pair.hypothesis}{pair.clip}")
        assert cells[place - 1] == f"{rates[pair.clip]:.0%}"


def test_the_page_counts_the_data_and_names_the_settings(report: str, micro_run: RunReport) -> None:
    cells = Page(report).cells
    place = cells.index("train")
    assert cells[place + 1] == "16" and cells[place + 4] == "0 (0.00%)"
    assert cells[place + 2].endswith(" s"), "under a minute, and not 0.01 hours"
    assert "No row was left out." in report
    assert "max_steps=6" in cells[cells.index("changed settings") + 1]
    assert f"cvrecipes {micro_run.facts['versions']['cvrecipes']}" in report
    assert str(micro_run.facts["recipe"]["hash"]) in report


def test_at_most_twenty_worst_clips_are_shown(micro_run: RunReport, trained: Trained) -> None:
    pairs = [pair_of("bir", "iki", f"{number:03}.mp3") for number in range(50)]
    text = rendered(micro_run, trained, pairs)
    assert len([cell for cell in Page(text).cells if cell.endswith(".mp3")]) == 20


def test_sentences_and_names_are_escaped(micro_run: RunReport, trained: Trained) -> None:
    pairs = [
        pair_of('<b>&amp "x"', "<script>alert(1)</script> &", "<i>.mp3"),
        pair_of("a <b> c", "a </td> c"),
        pair_of("<u>", ""),
    ]
    changes = {
        "language": "<b>Turkish</b>", "release": "<b>&", "base": "<img src=x>",
        "left_out": {**micro_run.facts["left_out"], "clips": 1, "reasons": {"<b>&": 1}},
    }  # fmt: skip
    text = rendered(micro_run, trained, pairs, changes)
    seen = Page(text)
    assert seen.problems == []
    assert not {"b", "script", "img", "u"} & set(seen.tags)
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert '<b>&amp "x"<script>alert(1)</script> &<i>.mp3' in seen.cells


def test_a_script_without_spaces_is_marked_by_characters(
    micro_run: RunReport, trained: Trained
) -> None:
    pairs = [pair_of("我爱北京天安门", "我爱被京天门"), pair_of("a b", "ab"), pair_of("ab", "a b")]
    score = replace(score_pairs(pairs, *open_recipe("tr")), headline="cer")
    text = page.render(micro_run.facts, score, pairs, trained)
    assert "<bdi>我爱<del>北</del>京天<del>安</del>门</bdi>" in text
    assert "<bdi>我爱<ins>被</ins>京天门</bdi>" in text
    assert "<bdi>a<del>\u2423</del>b</bdi>" in text, "a missing space can be seen"
    assert "<bdi>a<ins>\u2423</ins>b</bdi>" in text
    assert f"CER {score.cer.value:.1%}</title>" in text
    cells = Page(text).cells
    assert cells[cells.index("reference, hypothesis and clip") + 1] == "50%", "2 characters"


class SplitsAtHyphens:
    """Words of a language that are not what stands between spaces."""

    @hookimpl
    def split_words(self, text: str) -> list[str]:
        return text.replace("-", " ").split()


def test_the_marks_are_those_of_the_words_that_were_counted(
    micro_run: RunReport, trained: Trained
) -> None:
    pairs = [pair_of("bir-iki-üç", "bir-yedi-üç")]
    manager = new_manager([SplitsAtHyphens()], installed=False)
    score = score_pairs(pairs, *open_recipe("tr", manager))
    assert (score.wer.substitutions, score.wer.units) == (1, 3)
    text = page.render(micro_run.facts, score, pairs, trained)
    assert "<bdi>bir-<del>iki</del>-üç</bdi>" in text
    assert "<bdi>bir-<ins>yedi</ins>-üç</bdi>" in text


def test_characters_that_act_on_a_page_are_written_out(
    micro_run: RunReport, trained: Trained
) -> None:
    pairs = [pair_of("bir\x1b[31m\u202eiki", "bir\x00", "a\tb.mp3")]
    text = rendered(micro_run, trained, pairs, {"release": "cv\u2028corpus"})
    assert "bir\\x1b[31m\\u202eiki" in text and "bir\\x00" in text
    assert "a\\tb.mp3" in text and "cv\\u2028corpus" in text
    assert not set("\x1b\u202e\x00\t\u2028") & set(text)


def test_a_value_that_a_template_was_not_given_is_an_error() -> None:
    with pytest.raises(UndefinedError):
        html.render("card.md.j2", {"metadata": ""})


def test_the_interval_names_what_was_resampled(micro_run: RunReport, trained: Trained) -> None:
    pairs = [replace(pair_of("bir", "iki"), speaker=str(number)) for number in range(5)]
    text = rendered(micro_run, trained, pairs)
    assert text.count("(95 % interval, resampling speakers)<br>") == 2
    assert rendered(micro_run, trained, pairs[:4]).count("interval, resampling clips)<br>") == 2
    score = score_pairs(pairs, *open_recipe("tr"))
    assert "| 95 % interval, resampling speakers |" in card.render(micro_run.facts, score)


def test_what_differs_is_marked(micro_run: RunReport, trained: Trained) -> None:
    text = rendered(micro_run, trained, [pair_of("bir iki üç dört", "bir yedi üç dört beş")])
    assert "<bdi>bir <del>iki</del> üç dört</bdi>" in text
    assert "<bdi>bir <ins>yedi</ins> üç dört <ins>beş</ins></bdi>" in text


@pytest.mark.parametrize("hypothesis", ["سلام بر دنیا", ""])
def test_text_from_right_to_left_keeps_to_itself(
    hypothesis: str, micro_run: RunReport, trained: Trained
) -> None:
    text = rendered(micro_run, trained, [pair_of("سلام دنیا", hypothesis)])
    inside = " ".join(re.findall(r"<bdi>(.*?)</bdi>", text))
    assert re.findall(r"[\u0600-\u06ff]+", inside) == re.findall(r"[\u0600-\u06ff]+", text)


def test_a_cer_language_shows_cer_first(micro_run: RunReport, trained: Trained) -> None:
    score = replace(micro_run.score, headline="cer")
    text = page.render(micro_run.facts, score, micro_run.pairs, trained)
    assert text.index(">CER<") < text.index(">WER<")


def test_a_run_without_evaluations_has_a_page_too(micro_run: RunReport, trained: Trained) -> None:
    bare = replace(trained, evaluations=(), losses=())
    text = rendered(micro_run, bare, [pair_of("bir", "bir")])
    assert Page(text).problems == [] and "no data" in text


def test_the_sample_s_page_and_card_say_that_it_is_synthetic(
    micro_run: RunReport, trained: Trained
) -> None:
    known = {**micro_run.facts, "builtin_sample": True}
    assert "synthetic voices" in page.render(known, micro_run.score, micro_run.pairs, trained)
    assert "synthetic voices" in card.render(known, micro_run.score)
    assert "synthetic voices" not in card.render(micro_run.facts, micro_run.score)


def test_a_score_of_nothing_is_still_a_page(micro_run: RunReport, trained: Trained) -> None:
    nothing = Score(
        replace(micro_run.score.wer, value=0.0, units=0),
        replace(micro_run.score.cer, value=0.0, units=0),
        (),
    )
    assert Page(page.render(micro_run.facts, nothing, (), trained)).problems == []


def test_page_and_card_say_what_was_changed_in_the_recipe(
    micro_run: RunReport, trained: Trained
) -> None:
    recipe = {**micro_run.facts["recipe"], "changed": {"alphabet.add_letters": "q w x"}}
    facts = {**micro_run.facts, "recipe": recipe}
    assert "add\\_letters = q w x" in card.render(facts, micro_run.score)
    assert "alphabet.add_letters=q w x" in page.render(
        facts, micro_run.score, micro_run.pairs, trained
    )
    assert "Recipe changed" not in card.render(micro_run.facts, micro_run.score)


def test_the_head_names_the_variant(micro_run: RunReport, trained: Trained) -> None:
    recipe = {**micro_run.facts["recipe"], "variant": "latn"}
    text = rendered(micro_run, trained, [pair_of("bir", "iki")], {"recipe": recipe})
    assert f"({recipe['status']}, variant latn)" in text
