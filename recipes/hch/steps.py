"""Steps of Wixárika."""

from __future__ import annotations

import re

_PLUS = re.compile(r"(?<=[^\W\d_])\++|\++(?=[^\W\d_])")


def plus_for_vowel(text: str) -> str:
    """A plus sign beside a letter is ɨ, as typewriters had it.

    Source: Wikipedia (Spanish), Idioma huichol, on the letter +.
    """
    return _PLUS.sub(lambda match: "ɨ" * len(match[0]), text)
