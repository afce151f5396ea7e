"""report.html: one self-contained page about a run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from cvrecipes.records import Pair, Rate, Score, Trained
from cvrecipes.report.charts import line_chart
from cvrecipes.report.facts import part_of_test, sharing, undecodable
from cvrecipes.words import clock, length, plural


def _style() -> str:
    return (Path(__file__).parent / "style.css").read_text(encoding="utf-8")


def render(facts: Mapping[str, Any], score: Score, pairs: Sequence[Pair], trained: Trained) -> str:
    """The page as HTML.

    Arguments:
        facts: the content of run.json.
        pairs: of the test split, in the order of ``score.clip_wer``.
    """
    title = f"{facts['language']} ({facts['locale']}): WER {score.wer.value:.1%}"
    parts = [
        "<!doctype html>",
        f'<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<style>{_style()}</style></head><body><main>",
        f"<h1>{escape(facts['language'])} <span class=soft>{escape(facts['locale'])}</span></h1>",
        f"<p class=sub>{escape(facts['release'])}, split {escape(facts['split'])}, "
        f"base {escape(facts['base'])}, recipe {escape(facts['recipe']['hash'])} "
        f"({escape(facts['recipe']['status'])})</p>",
    ]
    if facts.get("builtin_sample"):
        parts.append(
            '<p class="banner">Trained on the built-in sample: synthetic voices, written for '
            "trying cvrecipes. The numbers say nothing about real speech.</p>"
        )
    part = part_of_test(facts)
    if part:
        parts.append(f'<p class="banner">Scored on {escape(part)}.</p>')
    parts.append(_headline(score))
    parts.append(_curves(trained))
    parts.append("<h2>Evaluations during training</h2>")
    watch = escape(str(facts["settings"]["watch"]))
    parts.append(
        _table(
            ("step", "epoch", "training loss", f"{watch} loss", f"{watch} WER", f"{watch} CER"),
            (
                (
                    f"{e.step}{' ★' if e.step == trained.best_step else ''}",
                    f"{e.epoch:g}",
                    "" if e.training_loss is None else f"{e.training_loss:.3f}",
                    f"{e.loss:.3f}",
                    f"{e.wer:.1%}",
                    f"{e.cer:.1%}",
                )
                for e in trained.evaluations
            ),
        )
    )
    chosen = f", selected on {facts['selected_on']}" if facts["selected_on"] else ""
    parts.append(
        f"<p class=soft>★ the weights that were kept{escape(chosen)}. Training loss: mean since "
        "the evaluation before.</p>"
    )
    parts.append("<h2>Worst clips of test</h2>")
    parts.append(_worst(score, pairs))
    parts.append("<h2>Data</h2>")
    parts.append(_data(facts))
    parts.append("<h2>How this was made</h2>")
    parts.append(_provenance(facts, trained))
    parts.append("</main></body></html>")
    return "\n".join(parts)


def _headline(score: Score) -> str:
    def one(name: str, rate: Rate, unit: str) -> str:
        return (
            f'<div><div class="soft">{name}</div><div class="big">{rate.value:.1%}</div>'
            f'<div class="soft">95 % interval {rate.low:.1%} to {rate.high:.1%}<br>'
            f"{rate.substitutions} substituted, {rate.deletions} deleted, "
            f"{rate.insertions} inserted of {rate.units} {unit}</div></div>"
        )

    pieces = [one("WER", score.wer, "words"), one("CER", score.cer, "characters")]
    if score.headline == "cer":
        pieces.reverse()
    return f'<div class="head">{"".join(pieces)}</div>'


def _curves(trained: Trained) -> str:
    loss = {
        "training": [(s, v) for s, v, _ in trained.losses],
        "evaluation": [(e.step, e.loss) for e in trained.evaluations],
    }
    rates = {
        "WER": [(e.step, e.wer) for e in trained.evaluations],
        "CER": [(e.step, e.cer) for e in trained.evaluations],
    }
    return (
        f'<div class="charts">{line_chart("Loss", loss)}'
        f"{line_chart('Error rates', rates, percent=True)}</div>"
    )


def _table(
    header: Iterable[str], rows: Iterable[Sequence[str]], texts: frozenset[int] = frozenset()
) -> str:
    cells = "".join(
        f"<th{'' if i in texts else ' class=n'}>{escape(name)}</th>"
        for i, name in enumerate(header)
    )
    lines = [
        "<tr>"
        + "".join(
            f'<td class="{"t" if i in texts else "n"}">{cell if i in texts else escape(cell)}</td>'
            for i, cell in enumerate(row)
        )
        + "</tr>"
        for row in rows
    ]
    return f'<div class="scroll"><table><tr>{cells}</tr>{"".join(lines)}</table></div>'


def _worst(score: Score, pairs: Sequence[Pair], count: int = 20) -> str:
    order = sorted(range(len(pairs)), key=lambda i: (-score.clip_wer[i], pairs[i].clip))[:count]
    return _table(
        ("WER", "reference, hypothesis and clip"),
        (
            (
                f"{score.clip_wer[i]:.0%}",
                f"{_marked(pairs[i].reference, pairs[i].hypothesis)}<br>"
                f"<small class=soft>{escape(pairs[i].clip)}</small>",
            )
            for i in order
        ),
        texts=frozenset({1}),
    )


def _marked(reference: str, hypothesis: str) -> str:
    """The reference, and below it the hypothesis with what differs marked."""
    import jiwer

    right, heard = reference.split(), hypothesis.split()
    if not heard:
        return f"<bdi><del>{escape(reference)}</del></bdi><br><i class=soft>nothing</i>"
    output = jiwer.process_words(reference, hypothesis)
    above: list[str] = []
    below: list[str] = []
    for chunk in output.alignments[0]:
        said = escape(" ".join(right[chunk.ref_start_idx : chunk.ref_end_idx]))
        got = escape(" ".join(heard[chunk.hyp_start_idx : chunk.hyp_end_idx]))
        equal = chunk.type == "equal"
        if said:
            above.append(said if equal else f"<del>{said}</del>")
        if got:
            below.append(got if equal else f"<ins>{got}</ins>")
    return f"<bdi>{' '.join(above)}</bdi><br><bdi>{' '.join(below)}</bdi>"


def _data(facts: Mapping[str, Any]) -> str:
    lost = facts["left_out"]["splits"]
    rows = [
        (
            split,
            str(one["clips"]),
            length(one["hours"] * 3600),
            str(one["speakers"]),
            f"{lost[split]['clips']} ({lost[split]['share']:.2%})",
        )
        for split, one in facts["splits"].items()
    ]
    header = ("split", "clips", "speech", "speakers", "left out")
    table = _table(header, rows, texts=frozenset({0}))
    late = undecodable(facts)
    if late:
        table += f"<p>While the run went on, {escape(late)}.</p>"
    shared = sharing(facts)
    if shared:
        table += f"<p>{escape(shared[0].upper() + shared[1:])}.</p>"
    held_out = sum(facts["left_out"].get("held_out", {}).values())
    if held_out:
        table += f"<p>Held out of train for dev and test: {plural(held_out, 'row')}.</p>"
    reasons = facts["left_out"]["reasons"]
    if not reasons:
        return table + "<p>No row was left out.</p>"
    listed = "".join(f"<li>{escape(reason)}: {count}</li>" for reason, count in reasons.items())
    return (
        table + f"<p>Left out: {plural(facts['left_out']['clips'], 'row')}, "
        f"{facts['left_out']['share']:.2%} (see left_out.tsv).</p><ul>{listed}</ul>"
    )


def _provenance(facts: Mapping[str, Any], trained: Trained) -> str:
    stages = ", ".join(
        f"{name} {clock(s) if s >= 60 else length(s)}" for name, s in facts["seconds"].items()
    )
    rows = [
        ("device", f"{trained.device}, {trained.precision}"),
        ("parameters", f"{trained.parameters:,}"),
        ("steps", f"{trained.steps}, kept those of step {trained.best_step}"),
        ("seed", str(facts["seed"])),
        ("preset", facts["preset"]),
        ("changed settings", ", ".join(f"{k}={v}" for k, v in facts["changed"].items()) or "none"),
        ("wall time", stages),
        ("versions", ", ".join(f"{k} {v}" for k, v in facts["versions"].items())),
    ]
    lines = "".join(f"<tr><th>{k}</th><td>{escape(v)}</td></tr>" for k, v in rows)
    return f'<div class="scroll"><table>{lines}</table></div>'
