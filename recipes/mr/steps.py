"""Steps of Marathi."""

from __future__ import annotations


def marathi_eyelash_ra(text: str) -> str:
    """Eyelash ra typed in the old way becomes the one that is typed now. It looks the same.

    Ra, virama and ZWJ become ऱ and virama. Source: Unicode 12.1, rule R5a.
    """
    return text.replace("र्\u200d", "ऱ्")
