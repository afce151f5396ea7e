"""Every reason to leave a row out, in the order in which they are applied; the first one counts.

A new reason is a `Rule` and the function that finds its rows, both in the file of its stage:
`cvrecipes.data.row_rules`, `clip_rules` or `corpus_rules`. It is then applied, counted in every
summary, and documented in docs/run.md. Here are the list and the reasons of plugins, which must
not be mistaken for any other.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa

from cvrecipes.data.clip_rules import CLIP_RULES
from cvrecipes.data.corpus_rules import CORPUS_RULES
from cvrecipes.data.row_rules import ROW_RULES
from cvrecipes.data.rule import Context, Match, Rule, Splits, Stage, by_kind
from cvrecipes.data.selection import Places, Selection, split_reason
from cvrecipes.data.tables import TEXT_REASON
from cvrecipes.records import Clip


def _plugins(selection: Selection, places: Places, context: Context) -> Iterator[Match]:
    ask = context.hooks.hook.reason_to_leave_out
    if not ask.get_hookimpls():
        return
    ours = {reason for rule in RULES for reason in rule.reasons}
    rows: list[tuple[int, tuple[str, str]]] = []
    for place, record in zip(
        places.tolist(), selection.table.take(pa.array(places)).to_pylist(), strict=True
    ):
        clip = Clip(
            name=record["clip"],
            path=Path(record["path"]),
            split=selection.split,
            line=record["line"],
            speaker=record["speaker"],
            raw=record["raw"],
            seconds=float(selection.seconds[place]),
            columns=_released(record),
            start=record["start"],
            end=record["end"],
        )
        reasons = ask(clip=clip, text=record["text"], recipe=context.recipe)
        if reasons:
            kind, detail = split_reason("; ".join(reasons))
            # By our words the rows would be counted with ours, and get our remedy.
            rows.append((place, (f"{kind} (plugin)" if kind in ours else kind, detail)))
    yield from by_kind(rows)


def _released(record: dict[str, Any]) -> dict[str, str]:
    """The row as the release has it: its column names, its file name, its sentence."""
    columns = {name: value for name, value in record.items() if isinstance(value, str)}
    for name in ("clip", "raw", "text", "near", "speaker", "file", TEXT_REASON):
        columns.pop(name, None)
    return {
        **columns,
        "client_id": record["speaker"],
        "path": record["clip"],
        "sentence": record["raw"],
    }


_PLUGINS = Rule(
    "a plugin's reason",
    "an installed plugin, or the language's `hooks.py`, gives a reason",
    Splits.ALL, Stage.CLIPS, "see the plugin: cvrecipes plugins", _plugins,
    open=True,
)  # fmt: skip

RULES: tuple[Rule, ...] = (*ROW_RULES, *CLIP_RULES, _PLUGINS, *CORPUS_RULES)
