"""check.html: one self-contained page about a release, with players for some of its clips."""

from __future__ import annotations

import base64
import os
from collections.abc import Iterable, Iterator, Sequence
from html import escape
from pathlib import Path
from urllib.parse import quote

from cvrecipes.check import wording as words
from cvrecipes.check.bars import bar_chart, bars
from cvrecipes.check.figures import Audit, Sample
from cvrecipes.check.wording import letter, number, share, shown
from cvrecipes.records import SPLITS

# By this a page is known again, and may be written over.
MARK = '<meta name="generator" content="cvrecipes check">'
_CHARACTERS, _VALUES, _BARS, _LONGEST = 300, 40, 40, 400
_TYPES = {
    ".mp3": "audio/mpeg",
    ".wav": "audio/wav",
    ".flac": "audio/flac",
    ".ogg": "audio/ogg",
    ".oga": "audio/ogg",
    ".opus": "audio/ogg",
    ".m4a": "audio/mp4",
    ".webm": "audio/webm",
}


def render_audit(audit: Audit, folder: Path, *, embed: bool = False) -> str:
    """The page as HTML.

    Arguments:
        folder: where the page will be; links to clips are relative to it.
        embed: put the clips into the page, so that it can be sent to somebody.
    """
    title = f"{audit.language} ({audit.locale}): {audit.release}"
    parts = [
        "<!doctype html>",
        f'<html lang="en"><head><meta charset="utf-8">{MARK}',
        f"<title>{_text(title)}</title>",
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<style>{_style()}</style></head><body><main>",
        f"<h1>{_text(audit.language)} <span class=soft>{_text(audit.locale)}</span></h1>",
        f"<p class=sub>{_text(audit.release)}, split {_text(audit.policy)}, "
        f"recipe {_text(audit.recipe)} ({_text(audit.status)})</p>",
    ]
    if audit.builtin:
        parts.append('<p class="banner">The built-in sample: synthetic voices.</p>')
    if not audit.audio:
        parts.append('<p class="banner">The clips were not looked at.</p>')
    for heading, content in _sections(audit, folder, embed):
        parts += [f"<h2>{heading}</h2>", *content]
    parts.append("</main></body></html>")
    # A folder's name may hold bytes that are no text.
    return "\n".join(parts).encode("utf-8", "replace").decode("utf-8")


def _style() -> str:
    return (Path(__file__).parents[1] / "report" / "style.css").read_text(encoding="utf-8")


def _sections(audit: Audit, folder: Path, embed: bool) -> Iterator[tuple[str, Iterable[str]]]:
    yield "Findings", _findings(audit)
    yield "Splits", _splits(audit)
    yield "Left out", _left_out(audit)
    yield "Characters", _characters(audit)
    yield "Train", _train(audit)
    if audit.demographics:
        yield "Who speaks, and about what", _demographics(audit)
    yield "What train shares with dev and test", _shared(audit)
    yield "Some clips", _samples(audit, folder, embed)


def _findings(audit: Audit) -> Iterator[str]:
    if not audit.findings:
        yield "<p>Nothing to remark.</p>"
        return
    yield '<ul class="findings">'
    for one in audit.findings:
        kind = '<strong class="stop">error</strong>' if one.stop else "<strong>note</strong>"
        yield f"<li>{kind} {_text(one.what)}</li>"
    yield "</ul>"


def _splits(audit: Audit) -> Iterator[str]:
    yield _table(
        "Splits",
        ["", *SPLITS],
        ([_text(label), *cells] for label, cells in words.split_rows(audit)),
    )
    yield f"<p class=soft>{_text(words.accounted(audit))}</p>"


def _left_out(audit: Audit) -> Iterator[str]:
    if not audit.left_out:
        yield "<p>No row was left out.</p>"
        return
    rows = []
    for reason, count in audit.left_out.items():
        lost = [number(audit.splits[split].left_out.get(reason, 0)) for split in SPLITS]
        examples = "".join(
            f"<li><code>{_text(one['file'])}:{one['line']}</code> "
            f"{_bdi(one['sentence'] or one['clip'])}{_small(words.detail(one))}</li>"
            for one in audit.examples.get(reason, ())
        )
        rows.append([_text(reason), number(count), *lost, f"<ul>{examples}</ul>"])
    header = ["reason", "rows", *SPLITS]
    yield _table("Rows that are left out, by reason", header, rows)


def _small(text: str) -> str:
    return f" <small class=soft>{_text(text)}</small>" if text else ""


def _characters(audit: Audit) -> Iterator[str]:
    yield f"<p>{_text(words.alphabet_words(audit))}.</p>"
    found = audit.characters.seen
    rows = [
        [
            f'<span class="letter">{_bdi(letter(one.character))}</span>',
            f"<code>{one.point}</code> {_text(one.name or 'no name')}",
            number(one.sentences),
            number(one.clips),
            "<ul>" + "".join(f"<li>{_bdi(example)}</li>" for example in one.examples) + "</ul>",
        ]
        for one in found[:_CHARACTERS]
    ]
    if rows:
        yield _table(
            "Characters that the recipe does not know" if audit.alphabet else "Characters",
            ["", "character", "sentences", "clips"],
            rows,
            texts=frozenset({1}),
        )
    yield from _more(len(found) - _CHARACTERS)
    if audit.unseen:
        yield f"<p>Never in train: {_signs(audit.unseen)}</p>"
    if audit.rare:
        rare = [f"{_bdi(letter(sign))} {count}" for sign, count in audit.rare.items()]
        yield f"<p>Rare in train: {', '.join(rare[:_CHARACTERS])}</p>"
        yield from _more(len(rare) - _CHARACTERS)


def _signs(signs: Sequence[str]) -> str:
    return " ".join(_bdi(letter(sign) if len(sign) == 1 else sign) for sign in signs)


def _train(audit: Audit) -> Iterator[str]:
    both = [("Length of clips", audit.durations), ("Speaking rate", audit.rates)]
    charts = [
        bar_chart(title, bars(one, _BARS), one.unit, one.median) for title, one in both if one
    ]
    if charts:
        yield f'<div class="charts">{"".join(charts)}</div>'
    else:
        yield "<p>No length is known.</p>"
    yield f"<p>{_text(words.speaker_words(audit))}.</p>"
    clips = audit.splits["train"].clips
    if audit.speakers:
        rows = [
            [str(place), number(count), share(count, clips)]
            for place, count in enumerate(audit.speakers, 1)
        ]
        yield _table("The speakers who read most", ["speaker", "clips", "share"], rows)


def _demographics(audit: Audit) -> Iterator[str]:
    for name, values in audit.demographics.items():
        rows = [
            [
                _bdi(value) if value else "<i class=soft>not given</i>",
                *(_part(counts[split], audit.splits[split].clips) for split in SPLITS),
            ]
            for value, counts in list(values.items())[:_VALUES]
        ]
        yield _table(words.column(name), ["", *SPLITS], rows, visible_caption=True)
        yield from _more(len(values) - _VALUES)


def _part(count: int, whole: int) -> str:
    return f"{number(count)} <small class=soft>{share(count, whole)}</small>"


def _shared(audit: Audit) -> Iterator[str]:
    header = ["", *(one.policy for one in audit.policies)]
    rows = ([_text(label), *cells] for label, cells in words.policy_rows(audit.policies))
    yield _table("Train by each policy", header, rows)
    shared = audit.certificate.shared
    keys = ("recordings", "speakers", "sentences", "near_duplicates", "clips")
    yield _table(
        f"Of {audit.policy}, shared with each split",
        ["", *shared],
        [
            [key.replace("_", "-"), *(number(counts.get(key, 0)) for counts in shared.values())]
            for key in keys
        ],
        visible_caption=True,
    )
    yield f"<p class=soft>Lists of clips: <code>{_text(audit.certificate.hash)}</code></p>"


def _samples(audit: Audit, folder: Path, embed: bool) -> Iterator[str]:
    if not audit.samples:
        yield "<p>There is none.</p>"
        return
    yield '<ul class="samples">'
    for sample in audit.samples:
        length = "" if sample.seconds is None else f", {sample.seconds:.1f}&nbsp;s"
        yield (
            f"<li><div class=soft>{sample.split} <code>{_text(sample.clip)}</code>{length}</div>"
            f'<p dir="auto">{_text(sample.raw)}</p>'
            f'<p dir="auto" class=soft>{_text(sample.text)}</p>'
            f"{_player(sample, folder, embed) if audit.audio else ''}</li>"
        )
    yield "</ul>"


def _player(sample: Sample, folder: Path, embed: bool) -> str:
    path = Path(sample.path)
    source = _embedded(path) if embed else _link(path, folder)
    return (
        f'<audio controls preload="none" aria-label="{_text(sample.clip)}" '
        f'src="{escape(source)}"></audio>'
    )


def _embedded(path: Path) -> str:
    content = base64.b64encode(path.read_bytes()).decode("ascii")
    return f"data:{_TYPES.get(path.suffix.lower(), 'application/octet-stream')};base64,{content}"


def _link(path: Path, folder: Path) -> str:
    """The clip as seen from the page; absolute where no relative path leads there."""
    try:
        relative = os.path.relpath(path.absolute(), folder.absolute())
    except ValueError:  # another drive of Windows
        return path.absolute().as_uri()
    steps = relative.replace("\\", "/") if os.sep == "\\" else relative
    # A first step with a colon would be taken for a scheme.
    return f"./{quote(os.fsencode(steps))}"


def _table(
    caption: str,
    header: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    texts: frozenset[int] = frozenset(),
    visible_caption: bool = False,
) -> str:
    """A table of cells that are HTML already.

    Arguments:
        rows: the first cell is the row's heading; one cell more than there are columns is a
            note that goes below the row.
        texts: columns that are no numbers.
    """
    kinds = ["t" if place in texts else "n" for place in range(len(header))]
    head = "".join(
        f'<th scope="col"{" class=n" if place and kinds[place] == "n" else ""}>{escape(name)}</th>'
        if name
        else "<td></td>"
        for place, name in enumerate(header)
    )
    noted = False
    lines: list[str] = []
    for heading, *cells in rows:
        note = cells[len(header) - 1 :]
        noted = noted or bool(note)
        inside = "".join(
            f'<td class="{kind}">{cell}</td>'
            for kind, cell in zip(kinds[1:], cells[: len(header) - 1], strict=True)
        )
        row_class = " class=noted" if note else ""
        lines.append(f'<tr{row_class}><th scope="row">{heading}</th>{inside}</tr>')
        lines += [f'<tr><td class="t" colspan="{len(header)}">{cell}</td></tr>' for cell in note]
    name = escape(caption)
    hidden = "" if visible_caption else " class=hidden"
    return (
        f'<div class="scroll" role="region" tabindex="0" aria-label="{name}">'
        f"<table{'' if noted else ' class=figures'}>"
        f"<caption{hidden}>{name}</caption>"
        f"<thead><tr>{head}</tr></thead><tbody>{''.join(lines)}</tbody></table></div>"
    )


def _more(count: int) -> Iterator[str]:
    if count > 0:
        yield f"<p class=soft>... and {number(count)} more (see --json)</p>"


def _text(text: object) -> str:
    return escape(shown(str(text), _LONGEST))


def _bdi(text: object) -> str:
    """Text of any direction that does not disturb what stands around it."""
    return f'<bdi dir="auto">{_text(text)}</bdi>'


def is_page(start: str) -> bool:
    """Whether a file that starts like this is a page of ours."""
    return MARK in start
