"""What ``check`` prints: the figures of a release on a terminal, in a log, in a narrow window."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from rich.console import Console, ConsoleOptions, Group, RenderableType
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from cvrecipes.check import wording as words
from cvrecipes.check.bars import Bar, bars
from cvrecipes.check.figures import Audit, Histogram
from cvrecipes.check.wording import count_of, letter, number, share, shown
from cvrecipes.data.counts import tags_removed
from cvrecipes.records import SPLITS

_MORE = "see --html or --json"
_CHARACTERS, _VALUES, _SAMPLES, _LETTERS, _BARS = 10, 6, 2, 40, 12
# Two histograms beside each other need as much.
_WIDE, _BETWEEN = 100, 4
_LONGEST_BAR = 36


def print_audit(audit: Audit, console: Console) -> None:
    """Print everything, findings last: they are what is still on the screen at the end."""
    for part in _parts(audit, console):
        console.print(part)


def _parts(audit: Audit, console: Console) -> Iterator[RenderableType]:
    yield _Paragraph(f"{audit.language} ({audit.locale}), {shown(audit.release)}", style="bold")
    yield _Paragraph(shown(audit.folder, 1000))
    variant = f", variant {audit.variant}" if audit.variant else ""
    yield _Paragraph(f"recipe {audit.recipe} ({audit.status}){variant}, split {audit.policy}")
    yield _Paragraph(words.accounted(audit))
    if audit.builtin:
        yield _Paragraph("the built-in sample: synthetic voices", style="yellow")
    if not audit.audio:
        yield _Paragraph("the clips were not inspected (--no-audio)", style="yellow")
    yield _title("Splits")
    yield _columns(["", *SPLITS], words.split_rows(audit))
    yield _title("Left out")
    yield from _left_out(audit)
    if audit.tags:
        yield _title("Tags removed from transcripts")
        yield _Paragraph(tags_removed(audit.tags))
    yield _title("Characters")
    yield from _characters(audit)
    yield _title("Train")
    yield from _histograms(audit, console.width)
    yield Text()
    yield _Paragraph(words.speaker_words(audit))
    for column, values in audit.demographics.items():
        yield _title(words.column(column))
        yield from _values(values, {s: audit.splits[s].clips for s in SPLITS})
    yield _title("What train shares with dev and test")
    policies = [policy.policy for policy in audit.policies]
    yield _columns(["", *policies], words.policy_rows(audit.policies))
    if len(audit.policies) == 1:
        yield _Paragraph(f"the release only allows {audit.policies[0].policy}", style="dim")
    yield _title("Some clips")
    yield from _samples(audit)
    yield _title("Findings")
    yield from _findings(audit)


def _title(text: str) -> RenderableType:
    return Group(Text(), Text(text, style="bold"))


def _columns(header: Sequence[str], rows: Iterable[tuple[str, list[str]]]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for place, name in enumerate(header):
        table.add_column(Text(name), justify="right" if place else "left", overflow="fold")
    for label, cells in rows:
        table.add_row(Text(label), *map(Text, cells))
    return table


class _Items:
    """What stands out in front, and its text beside it; no line ends in spaces."""

    def __init__(self, items: Iterable[tuple[Text, Text]]) -> None:
        self.items = list(items)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Text]:
        front = max((item[0].cell_len for item in self.items), default=0)
        room = max(10, options.max_width - front - 2)
        for before, text in self.items:
            for place, line in enumerate(_lines(text, console, room)):
                head = before if place == 0 else Text()
                yield Text(" " * (front - head.cell_len)).append_text(head).append("  ") + line


class _Paragraph:
    """Text as wide as the window; no line ends in spaces."""

    def __init__(self, text: str, style: str = "") -> None:
        self.text = Text(text, style=style)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Text]:
        yield from _lines(self.text, console, options.max_width)


def _lines(text: Text, console: Console, width: int) -> Iterator[Text]:
    for line in text.wrap(console, width, overflow="fold"):
        line.rstrip()
        yield line


def _more(count: int) -> Iterator[RenderableType]:
    if count > 0:
        yield _Paragraph(f"... and {number(count)} more ({_MORE})", style="dim")


def _left_out(audit: Audit) -> Iterator[RenderableType]:
    if not audit.left_out:
        yield _Paragraph("nothing")
        return

    def items() -> Iterator[tuple[Text, Text]]:
        for reason, count in audit.left_out.items():
            counts = {s: audit.splits[s].left_out.get(reason, 0) for s in SPLITS}
            counts["of no known split"] = audit.nowhere(reason)
            where = ", ".join(f"{number(n)} {split}" for split, n in counts.items() if n)
            text = Text(f"{shown(words.reason(reason))}: {where}")
            for example in audit.examples.get(reason, ())[:1]:
                text.append("\n" + _example(example), style="dim")
            yield Text(number(count), style="bold"), text

    yield _Items(items())


def _example(row: Mapping[str, Any]) -> str:
    place = f"{row['file']}:{row['line']}"
    parts = [shown(place), shown(str(row["sentence"]), 100) or shown(str(row["clip"]))]
    why = words.detail(row)
    return "  ".join(part for part in parts if part) + (f" ({shown(why, 80)})" if why else "")


def _characters(audit: Audit) -> Iterator[RenderableType]:
    yield _Paragraph(words.alphabet_words(audit))
    characters = audit.characters.seen

    def items() -> Iterator[tuple[Text, Text]]:
        for seen in characters[:_CHARACTERS]:
            text = Text(
                f"{seen.point} {seen.name or 'no name'}, {count_of(seen.sentences, 'sentence')}"
            )
            text.append(f", {count_of(seen.clips, 'clip')}")
            for example in seen.examples[:1]:
                text.append(f"\n{shown(example, 100)}", style="dim")
            yield Text(letter(seen.character), style="bold"), text

    if characters:
        yield _Items(items())
    yield from _more(len(characters) - _CHARACTERS)
    if audit.unseen:
        yield _Paragraph(f"never in train: {_some(audit.unseen)}")
    if audit.rare:
        rare = [f"{letter(sign)} {count}" for sign, count in audit.rare.items()]
        yield _Paragraph(f"rare in train: {_some(rare, ', ')}")


def _some(signs: Sequence[str], between: str = " ") -> str:
    listed = between.join(letter(s) if len(s) == 1 else shown(s) for s in signs[:_LETTERS])
    rest = len(signs) - _LETTERS
    return f"{listed} ... and {number(rest)} more ({_MORE})" if rest > 0 else listed


def _histograms(audit: Audit, width: int) -> Iterator[RenderableType]:
    both = [("Seconds", audit.durations), ("Characters a second", audit.rates)]
    histograms = [(title, histogram) for title, histogram in both if histogram is not None]
    if not histograms:
        yield _Paragraph("no length is known: clip_durations.tsv is missing, or there is no clip")
        return
    titles = [f"{title}, median {histogram.median:.3g}" for title, histogram in histograms]
    drawn = [_histogram(histogram) for _, histogram in histograms]
    if width >= _WIDE and len(drawn) > 1:
        half = (width - _BETWEEN) // 2
        yield Text(f"{titles[0]:<{half + _BETWEEN}}{titles[1]}")
        beside = Table.grid(padding=(0, _BETWEEN, 0, 0))
        beside.add_column(width=half)
        beside.add_column()
        beside.add_row(*drawn)
        yield beside
    else:
        for place, (title, chart) in enumerate(zip(titles, drawn, strict=True)):
            if place:
                yield Text()
            yield Text(title)
            yield chart


def _histogram(histogram: Histogram) -> RenderableType:
    chart = bars(histogram, _BARS)
    table = Table.grid(padding=(0, 1, 0, 0))
    table.add_column(justify="right", no_wrap=True)
    table.add_column()
    table.add_column(justify="right", no_wrap=True)
    highest = max((bar.count for bar in chart), default=1)
    for bar in chart:
        table.add_row(Text(bar.label), _Line(bar, highest), Text(number(bar.count)))
    return table


class _Line:
    """A bar as wide as there is room for."""

    def __init__(self, bar: Bar, highest: int) -> None:
        self.share = bar.count / highest

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        return Measurement(4, min(_LONGEST_BAR, options.max_width))

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Text]:
        width = min(_LONGEST_BAR, options.max_width)
        sign = "#" if options.ascii_only else "\u2588"
        filled = max(1, round(self.share * width)) if self.share else 0
        yield Text(sign * filled, style="blue")


def _values(
    values: Mapping[str, Mapping[str, int]], whole: Mapping[str, int]
) -> Iterator[RenderableType]:
    rows = (
        (shown(value, 60) or "not given", [share(counts[split], whole[split]) for split in SPLITS])
        for value, counts in islice(values.items(), _VALUES)
    )
    yield _columns(["", *SPLITS], rows)
    yield from _more(len(values) - _VALUES)


def _samples(audit: Audit) -> Iterator[RenderableType]:
    if not audit.samples:
        yield _Paragraph("none")
        return
    chosen = [
        sample
        for split in SPLITS
        for sample in islice((s for s in audit.samples if s.split == split), _SAMPLES)
    ]

    def items() -> Iterator[tuple[Text, Text]]:
        for sample in chosen:
            length = "" if sample.seconds is None else f", {sample.seconds:.1f} s"
            text = Text(f"{shown(sample.clip)}{length}\n", style="dim")
            text.append(f"{shown(sample.raw)}\n{shown(sample.text)}", style="not dim")
            yield Text(sample.split, style="bold"), text

    yield _Items(items())
    yield from _more(len(audit.samples) - len(chosen))


def _findings(audit: Audit) -> Iterator[RenderableType]:
    if not audit.findings:
        yield _Paragraph("nothing to remark", style="green")
        return

    def items() -> Iterator[tuple[Text, Text]]:
        for finding in audit.findings:
            style = "bold red" if finding.stop else "yellow"
            word = Text("error" if finding.stop else "note", style=style)
            yield word, Text(shown(finding.what, 500))

    yield _Items(items())
    if audit.stops:
        yield _Paragraph("a run would stop here", style="bold red")
