"""CTC model families: what differs between the encoders of transformers, a record each.

A new family is one record, in `raw_audio` or `spectral`.
"""

from __future__ import annotations

from cvrecipes.models.families import raw_audio, spectral
from cvrecipes.models.families.family import (
    MODEL_SETTINGS,
    RATE,
    Config,
    Family,
    attribute,
    ignored_settings,
    refuse_settings,
    set_attribute,
)

FAMILIES = {family.model_type: family for family in (*raw_audio.FAMILIES, *spectral.FAMILIES)}
# Families of other versions of transformers, or whose CTC form cannot be trained, and why.
REFUSED = {
    "mctct": "which was removed from transformers in version 5",
}

__all__ = [
    "FAMILIES", "MODEL_SETTINGS", "RATE", "REFUSED", "Config", "Family", "attribute",
    "ignored_settings", "refuse_settings", "set_attribute",
]  # fmt: skip
