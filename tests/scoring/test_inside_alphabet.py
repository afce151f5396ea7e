"""Foreign letters in a reference: the word is wrong, and the rates without such clips are there."""

from __future__ import annotations

from dataclasses import replace

from cvrecipes.catalog import open_recipe
from cvrecipes.models.ctc import Vocabulary
from cvrecipes.models.vocabulary import build_vocabulary
from cvrecipes.plugins import new_manager
from cvrecipes.records import NoClass, Pair, Score
from cvrecipes.scoring import score_pairs, without_class
from cvrecipes.text.alphabet import Alphabet

RECIPE, HOOKS = open_recipe("tr", new_manager(installed=False))
VOCABULARY = build_vocabulary(RECIPE, None, HOOKS)


def pairs_of(*texts: tuple[str, str], speakers: int = 99) -> list[Pair]:
    return [
        Pair(f"{number}.mp3", str(number % speakers), reference, hypothesis, 1.0)
        for number, (reference, hypothesis) in enumerate(texts)
    ]


def score(*texts: tuple[str, str], speakers: int = 99) -> Score:
    return score_pairs(pairs_of(*texts, speakers=speakers), RECIPE, HOOKS)


def heard(text: str) -> str:
    """What a model writes that hears every letter, with ``[UNK]`` for one without a class."""
    numbers = VOCABULARY.numbers()
    path: list[int] = []
    for sign in text:
        path += [numbers.get(sign.replace(" ", "|"), numbers["[UNK]"]), VOCABULARY.blank]
    return VOCABULARY.decode(path)


def test_a_word_with_a_foreign_letter_is_wrong_however_well_it_was_heard() -> None:
    hypothesis = heard("bir taɣi geldi")
    assert hypothesis == "bir ta[UNK]i geldi"
    result = score(("bir taɣi geldi", hypothesis))
    assert (result.wer.substitutions, result.wer.units) == (1, 3)
    assert result.cer.value > 0


def test_the_headline_is_over_all_clips_and_the_other_rate_over_those_inside() -> None:
    result = score(("bir iki", "bir iki"), ("bir taɣi", "bir tasi"), ("üç dört", "üç"))
    assert (result.wer.value, result.wer.units) == (2 / 6, 6)
    inside = result.inside_alphabet
    assert inside is not None and inside.clips == (True, False, True)
    assert inside.wer is not None and (inside.wer.value, inside.wer.units) == (1 / 4, 4)
    assert inside.cer is not None and (inside.cer.substitutions, inside.cer.deletions) == (0, 5)
    facts = result.facts()["inside_alphabet"]
    assert (facts["clips"], facts["wer"], facts["words"]) == (2, 1 / 4, 4)
    low, high = facts["wer_interval"]
    assert low <= facts["wer"] <= high


def test_each_interval_has_its_own_unit() -> None:
    texts = [("bir iki", "bir"), ("taɣi", "taksi")] * 4
    facts = score(*texts).facts()
    assert facts["interval_unit"] == "speakers"
    assert facts["inside_alphabet"]["interval_unit"] == "clips", "four speakers are left"


def test_where_all_clips_are_inside_both_rates_are_one() -> None:
    result = score(("bir iki", "bir"), ("üç", "üç"))
    assert result.inside_alphabet is not None
    assert (result.inside_alphabet.wer, result.inside_alphabet.cer) == (result.wer, result.cer)


def test_where_no_clip_is_inside_the_other_rate_is_not_known() -> None:
    facts = score(("taɣi", "taksi")).facts()["inside_alphabet"]
    rates = ("wer", "cer", "wer_interval", "cer_interval", "interval_unit")
    assert facts["clips"] == 0 and {facts[key] for key in rates} == {None}


def test_without_an_alphabet_nobody_knows_what_is_inside() -> None:
    bare = replace(RECIPE, alphabet=Alphabet(()))
    result = score_pairs(pairs_of(("taɣi", "taksi")), bare, HOOKS)
    assert result.inside_alphabet is None and result.facts()["inside_alphabet"] is None


def test_letters_without_a_class_are_counted_with_two_examples() -> None:
    references = ["bir iki", "taɣi", "taɣi", "neʒ ɣə", "üç", "ɣ"]
    found = without_class(references, VOCABULARY)
    assert found == NoClass(4, ("ɣ", "ə", "ʒ"), ("taɣi", "neʒ ɣə"))
    assert without_class(["bir iki"], VOCABULARY) == NoClass()


def test_a_model_of_capitals_has_a_class_for_no_small_letter() -> None:
    capitals = Vocabulary(("<pad>", "<s>", "<unk>", "|", *"ABC"), "<pad>", "<unk>", "|")
    assert without_class(["abc", "a s"], capitals).letters == ("a", "b", "c", "s")
