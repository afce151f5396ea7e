"""Scoring: WER, CER and their intervals."""

from __future__ import annotations

from cvrecipes.scoring.rates import error_counts, score_pairs

__all__ = ["error_counts", "score_pairs"]
