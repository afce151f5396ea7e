"""Steps of Lingua Franca Nova."""

import re

WORDS = ("zero", "un", "du", "tre", "cuatro", "sinco", "ses", "sete", "oto", "nove")
_ONE_DIGIT = re.compile(r"(?<!\d)[0-9](?!\d)")


def numbers(text: str) -> str:
    """Write a digit that stands alone as a word; longer numbers stay, and are left out."""
    return _ONE_DIGIT.sub(lambda digit: WORDS[int(digit[0])], text)
