"""Steps of Malayalam."""

from __future__ import annotations

import re
import unicodedata

_CHILLUS = {
    "ണ്\u200d": "ൺ", "ന്\u200d": "ൻ", "ര്\u200d": "ർ", "ല്\u200d": "ൽ", "ള്\u200d": "ൾ",
    "ക്\u200d": "ൿ", "മ്\u200d": "ൔ", "യ്\u200d": "ൕ", "ഴ്\u200d": "ൖ",
}  # fmt: skip
_LEGACY = re.compile("|".join(_CHILLUS))


def malayalam_chillu(text: str) -> str:
    """A chillu typed in the old way, as three signs, becomes one letter. It looks the same.

    The three are a consonant, the virama and ZWJ. Source: Unicode 12.9, table 12-35.
    """
    return unicodedata.normalize("NFC", _LEGACY.sub(lambda match: _CHILLUS[match[0]], text))
