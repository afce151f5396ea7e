"""A release with many defects, and what cvrecipes check finds in it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cvrecipes.catalog import open_recipe
from cvrecipes.check.audit import audit_release
from cvrecipes.data.release import open_release
from cvrecipes.settings import Settings
from support.releases import GOOD, Row

Call = Callable[..., Any]

ATTACK = "<script>alert(1)</script> & \x1b[31m güneş"
DEFECTIVE = (
    *GOOD,
    Row("bugün 1990 yılı"),
    Row("добрый день"),
    Row("güneşli\tbir gün"),
    Row(cut=4),
    Row(b"g\xfcne\xfeli bir g\xfcn"),
    Row(""),
    Row(nameless=True),
    Row(audio="missing"),
    Row(audio="empty"),
    Row(audio="text"),
    Row(seconds=21.0),
    Row("aç", seconds=0.3),
    Row(ATTACK),
    Row("1990", "test"),
    Row(tune=1),
    Row(tune=1),
)


def facts(call: Call, place: Path, *words: object, code: int = 0) -> dict[str, Any]:
    outcome = call("check", "tr", "--data", place, "--json", *words)
    assert outcome.code == code, outcome.err
    found: dict[str, Any] = json.loads(outcome.out)
    return found


def audited(place: Path, *, audio: bool = True) -> Any:
    recipe, hooks = open_recipe("tr")
    return audit_release(
        open_release(str(place), "tr", audio=audio), recipe, hooks, Settings(), audio=audio
    )


def with_validated(place: Path) -> Path:
    """All clips of the splits and two more of train's people, as validated.tsv."""
    tables = [(place / f"{s}.tsv").read_text(encoding="utf-8") for s in ("train", "dev", "test")]
    header = tables[0].splitlines()[0]
    lines = [line for table in tables for line in table.splitlines()[1:]]
    more = [
        line.replace("güneşli", word).replace("common_voice", word)
        for line, word in zip(lines, ("soğuk", "sıcak"), strict=False)
    ]
    (place / "validated.tsv").write_text("\n".join([header, *lines, *more, ""]), encoding="utf-8")
    return place
