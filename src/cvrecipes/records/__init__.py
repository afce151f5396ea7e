"""What passes between the stages of a run: frozen, typed, standard library only."""

from cvrecipes.records.data import (
    SPLITS,
    TRANSCRIPT_TAGS,
    UNKNOWN_SPLIT,
    UNREADABLE_AUDIO,
    BadRow,
    Certificate,
    Clip,
    Corpus,
    LeftOut,
    LeftOuts,
    Release,
    Segment,
    Table,
    segments,
)
from cvrecipes.records.runs import Evaluation, EvaluationReport, RunReport, Trained
from cvrecipes.records.scores import (
    Alignment,
    InsideAlphabet,
    NoClass,
    Operation,
    Pair,
    Rate,
    Score,
    interval_name,
)

__all__ = [
    "SPLITS", "TRANSCRIPT_TAGS", "UNKNOWN_SPLIT", "UNREADABLE_AUDIO", "Alignment", "BadRow",
    "Certificate", "Clip", "Corpus", "Evaluation", "EvaluationReport", "InsideAlphabet", "LeftOut",
    "LeftOuts", "NoClass", "Operation", "Pair", "Rate", "Release", "RunReport", "Score", "Segment",
    "Table", "Trained", "interval_name", "segments",
]  # fmt: skip
