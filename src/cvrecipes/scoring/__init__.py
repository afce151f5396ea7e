"""Scoring: alignments, WER, CER and their intervals, and the saved pairs."""

from __future__ import annotations

from cvrecipes.scoring.alignment import align
from cvrecipes.scoring.pairs import read_pairs, write_pairs
from cvrecipes.scoring.rates import error_counts, score_pairs, without_class

__all__ = ["align", "error_counts", "read_pairs", "score_pairs", "without_class", "write_pairs"]
