"""Steps of Marathi."""

from __future__ import annotations


def marathi_eyelash_ra(text: str) -> str:
    """Legacy eyelash ra (ra, virama, ZWJ) is ऱ, virama. Source: Unicode 12.1, rule R5a."""
    return text.replace("र्\u200d", "ऱ्")
