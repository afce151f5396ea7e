"""Steps of Hausa."""

from __future__ import annotations

import regex

# A word between two quotation marks, with nothing but punctuation around them.
_QUOTED = regex.compile(r"(?<!\S)(\p{P}*?)['‘`](?=[yY])([^\s'’‘ʼʻ`´]++)['’´](?=\p{P}*+(?!\S))")


def quoted_y(text: str) -> str:
    """Drop the quotation marks around one word with y, which is no ʼy then.

    Without a closing mark, the sign is read as part of ʼy. Words for several people of a kind
    ('yan kasa) begin with it; no word ends with it.
    Source: Newman 2000, orthography.
    """
    return str(_QUOTED.sub(r"\1 \2 ", text))
