"""Sentences about the speakers of a run: whom train shares, and what the intervals drew."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cvrecipes.words import part_of, plural


def interval_unit(facts: Mapping[str, Any]) -> str | None:
    """Why the intervals resample clips, where not every clip names a speaker; else None."""
    counts = facts["splits"][facts["scored_on"]]
    if not counts["unknown_speakers"]:
        return None
    some = part_of(counts["unknown_speakers"], counts["clips"], "clip", "", "names", "name")
    return f"the intervals resample clips, as {some} no speaker"


def sharing(facts: Mapping[str, Any]) -> str:
    """What train shares with dev and test, in one sentence; empty when it is not known."""
    certificate = facts.get("certificate")
    if not certificate:
        return ""
    sentences = plural(certificate["sentences"], "sentence")
    near_duplicates = plural(certificate["near_duplicates"], "near-duplicate")
    return (
        f"{certificate['policy']} split: train shares {_shared_speakers(certificate)}, "
        f"{sentences} and {near_duplicates} with dev and test (certificate {certificate['hash']})"
    )


def _shared_speakers(certificate: Mapping[str, Any]) -> str:
    """Speakers that train shares; which clips have none decides how sure the number is."""
    unknown = {split: count for split, count in certificate["unknown_speakers"].items() if count}
    if certificate["speakers"] is None:
        return "an unknown number of speakers"
    shared = plural(certificate["speakers"], "speaker")
    if not unknown:
        return shared
    listed = ", ".join(f"{plural(count, 'clip')} of {split}" for split, count in unknown.items())
    return f"at least {shared} ({listed} without a speaker)"
