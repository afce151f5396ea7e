"""Tags in transcripts of spontaneous speech: taken out, named, and judged."""

from __future__ import annotations

import pytest

from cvrecipes.catalog import open_recipe
from cvrecipes.text.transcripts import read_transcript, reasons, tag_names


@pytest.mark.parametrize(
    ("transcript", "text", "tags"),
    [
        ("[disfluency] dün eve gittim", "… dün eve gittim", "[disfluency]"),
        ("evet [laugh], [noise] hayır", "evet …, … hayır", "[laugh][noise]"),
        ("<disfluency> evet", "… evet", "[disfluency]"),
        ("[ Laugh ] [NOISE]", "… …", "[laugh][noise]"),
        ("[a..]lam", "…lam", "[a..]"),
        ("[] x [two  words]", "… x …", "[][two words]"),
        ("a [um b", "a …um b", "[?]"),
        ("3 < 5, (risas)", "3 < 5, (risas)", ""),
        ("", "", ""),
    ],
)
def test_tags_are_taken_out_and_named(transcript: str, text: str, tags: str) -> None:
    assert read_transcript(transcript) == (text, tags)


def test_a_text_without_tags_stays_as_it_is() -> None:
    for transcript in ("dün eve gittim", "«evet» (hayır) {belki}", "ş\u0327 \u200d\t", "你去，"):
        assert read_transcript(transcript) == (transcript, "")


def test_taking_tags_out_twice_changes_nothing_more() -> None:
    once = read_transcript("[[um] a] <x <y>> ]b[ [unclear]").text
    assert read_transcript(once) == (once, "")


@pytest.mark.parametrize(
    ("tags", "reason"),
    [
        ("", ""),
        ("[disfluency][laugh][noise][cough][um][err][huh]", ""),
        ("[laugh][unclear][risas]", "unintelligible: [unclear]"),
        ("[risas][um][eh…][risas]", "unknown tag: [risas] [eh…]"),
        ("[?]", "unknown tag: [?]"),
        ("[]", "unknown tag: []"),
    ],
)
def test_a_transcript_is_a_reference_if_its_tags_are_sounds(tags: str, reason: str) -> None:
    assert reasons([tags]) == [reason]


def test_the_names_of_tags_are_found_again() -> None:
    assert tag_names(read_transcript("[um] a [two words] [um]").tags) == [
        "[um]", "[two words]", "[um]",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("locale", "transcript", "normalized"),
    [
        ("tr", "evet[um]hayır [laugh]", "evet hayır"),
        ("cpx", "若讲你[um][cough]去运动", "若讲你去运动"),
        ("km", "ភាសា[um]ខ្មែរ", "ភាសា ខ្មែរ"),
        ("kzi", "[noise] na'", "naʼ"),
    ],
)
def test_a_tag_parts_words_as_the_recipes_punctuation_does(
    locale: str, transcript: str, normalized: str
) -> None:
    recipe, _ = open_recipe(locale)
    assert recipe.normalizer(read_transcript(transcript).text) == normalized
