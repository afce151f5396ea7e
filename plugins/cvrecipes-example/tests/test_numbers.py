from cvrecipes_example.numbers import numbers


def test_one_digit_becomes_a_word() -> None:
    assert numbers("3") == "tre"


def test_longer_numbers_and_words_stay() -> None:
    assert numbers("12") == "12"
    assert numbers("tre") == "tre"
