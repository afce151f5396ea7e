from cvrecipes.catalog import open_recipe

RECIPE, _ = open_recipe("lfn")


def test_one_digit_becomes_a_word() -> None:
    assert RECIPE.normalizer("3 gatos") == "tre gatos"


def test_longer_numbers_and_words_stay() -> None:
    assert RECIPE.normalizer("12 gatos") == "12 gatos"
    assert RECIPE.normalizer("tre gatos") == "tre gatos"
