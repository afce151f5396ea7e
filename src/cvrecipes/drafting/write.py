"""What a release shows about a language, written as the two files of a recipe."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from cvrecipes.catalog import Catalog
from cvrecipes.drafting import toml_text
from cvrecipes.recipe import Recipe, read_recipe
from cvrecipes.recipe.golden import escaped
from cvrecipes.text import writing_systems

PAIRS = 5
_SHOWN = 40


@dataclass(frozen=True, slots=True)
class Apostrophe:
    """The apostrophe of a language: none when `sign` is empty."""

    sign: str
    edges: tuple[str, ...]
    comments: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Repair:
    """A letter of another script inside words, and what it was probably meant to be."""

    wrong: str
    right: str
    times: int
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Letters:
    """The alphabet, and what is not in it with its counts and the words that hold it."""

    chosen: tuple[str, ...] = ()
    rare: tuple[tuple[str, int, tuple[str, ...]], ...] = ()
    covered: float = 0.0


@dataclass(frozen=True, slots=True)
class Findings:
    """All that a draft of a recipe states.

    Attributes:
        sentences: how many different ones there are.
        files: where they are from.
        shares: scripts with their share of the letters, the most frequent first.
        hyphens: number, share and examples of words with a hyphen, for a comment.
    """

    locale: str
    name: str
    native: str
    release: str
    sentences: int
    files: tuple[str, ...]
    shares: tuple[tuple[str, float], ...]
    script: str
    parent: str
    case: str
    apostrophe: Apostrophe
    hyphens: str
    repairs: tuple[Repair, ...] = ()
    letters: Letters = Letters()


def recipe_text(findings: Findings) -> str:
    """The contents of recipe.toml."""
    return "\n".join(line.rstrip() for line in _lines(findings)) + "\n"


def _lines(findings: Findings) -> Iterator[str]:
    count = findings.sentences
    yield from toml_text.comment(
        f"Drafted by cvrecipes suggest from {count} different sentences of {findings.release} "
        f"({', '.join(findings.files)}); not reviewed. What to do next:"
    )
    yield from toml_text.comment("1. Find out how the language is written: an orthography, CLDR.")
    yield from toml_text.comment("2. Go through the comments below and decide; correct golden.tsv.")
    yield from toml_text.comment("3. Name what you used in sources, then change status to drafted.")
    yield from toml_text.comment(f"4. Run cvrecipes test {findings.locale}, and cvrecipes show "
                        f"{findings.locale} --data on the release.")  # fmt: skip
    if findings.name == findings.locale:
        yield from toml_text.comment("The name was not known: write the English and the own name.")
    yield f"name = {toml_text.quoted(findings.name)}"
    yield f"native = {toml_text.quoted(findings.native)}"
    shares = ", ".join(f"{script} {share:.2%}" for script, share in findings.shares[:4])
    yield from toml_text.comment(f"Letters by script: {shares}.")
    yield f"script = {toml_text.quoted(findings.script)}"
    if findings.parent:
        yield f"parent = {toml_text.quoted(findings.parent)}"
    yield 'status = "generic"'
    if findings.script in writing_systems.OPEN_SCRIPTS and not findings.parent:
        yield 'headline = "cer"'
    notes = f"Drafted from the text of {findings.release}; not reviewed."
    yield f"notes = {toml_text.quoted(notes)}"
    yield from _alphabet_lines(findings)
    yield from _rule_lines(findings)
    yield from _repair_lines(findings)


def _alphabet_lines(findings: Findings) -> Iterator[str]:
    yield ""
    if findings.script in writing_systems.OPEN_SCRIPTS:
        yield from toml_text.comment(
            "A script of many signs: they are learned from the training text."
        )
    if not findings.letters.chosen and not findings.apostrophe.sign:
        return
    yield "[alphabet]"
    if findings.letters.chosen:
        yield from toml_text.comment(
            f"{len(findings.letters.chosen)} letters cover {findings.letters.covered:.2%}. They "
            "are in the order of Unicode: give them the language's own, and add what is missing."
        )
        yield f"letters = {toml_text.quoted(' '.join(findings.letters.chosen))}"
    if findings.apostrophe.sign and findings.letters.chosen:
        yield f"marks = {toml_text.quoted(findings.apostrophe.sign)}"
    if findings.letters.rare:
        yield from toml_text.comment("Seen too, but rare or of another script:")
        for unit, times, words in findings.letters.rare[:_SHOWN]:
            script = writing_systems.script_of(unit[0])
            other = f", {script}" if script not in (findings.script, "") else ""
            yield from toml_text.comment(
                f"  {toml_text.point(unit)}{other}: {times}, {toml_text.shown(words)}"
            )
        if len(findings.letters.rare) > _SHOWN:
            yield from toml_text.comment(f"  and {len(findings.letters.rare) - _SHOWN} more")
        if findings.parent in ("_latin", "_cyrillic", "_turkic", "_palochka"):
            yield from toml_text.comment(
                "The parent folds those with a base letter in the alphabet"
                + (
                    ", and accepts a to z: loans."
                    if findings.parent in ("_latin", "_turkic")
                    else "."
                )
            )


def _rule_lines(findings: Findings) -> Iterator[str]:
    yield ""
    yield "[text]"
    if not findings.parent:
        yield f"case = {toml_text.quoted(findings.case)}"
    if findings.script in writing_systems.STEPS:
        steps = writing_systems.STEPS[findings.script]
        yield from toml_text.comment(
            f"Named steps that languages of this script may need: {steps}."
        )
    for comment in findings.apostrophe.comments:
        yield from toml_text.comment(comment)
    if findings.apostrophe.sign:
        yield f"apostrophe = {toml_text.quoted(findings.apostrophe.sign)}"
    if findings.apostrophe.edges:
        edges = ", ".join(map(toml_text.quoted, findings.apostrophe.edges))
        yield f"apostrophe_edges = [{edges}]"
    yield from toml_text.comment(
        f'Words with a hyphen between letters: {findings.hyphens}. A space splits '
        'them, "" joins them; "-" keeps it, then it belongs into marks.'
    )  # fmt: skip
    yield 'hyphen = " "'


def _repair_lines(findings: Findings) -> Iterator[str]:
    if not findings.repairs:
        return
    yield ""
    yield "[text.lookalikes]"
    yield from toml_text.comment(
        "Letters of another script inside words, by the Unicode confusables.txt (UTS 39)."
    )
    for repair in findings.repairs:
        change = f"{toml_text.point(repair.wrong)} to {toml_text.point(repair.right)}"
        yield from toml_text.comment(f"{change}: {repair.times}, {toml_text.shown(repair.words)}")
        yield f"{toml_text.quoted(repair.wrong)} = {toml_text.quoted(repair.right)}"


def read_draft(locale: str, text: str, catalog: Catalog) -> Recipe:
    """The recipe that a drafted recipe.toml would be.

    Raises:
        Failure: it would be wrong.
    """
    return read_recipe(
        Path(locale), origin="draft", steps=catalog.steps, parents=catalog.parents, text=text
    )


def golden_text(findings: Findings, recipe: Recipe, sentences: Iterable[str]) -> str:
    """The contents of golden.tsv: what the draft makes of a few sentences."""
    lines = [
        f"# Raw text, expected text, note. Drafted by cvrecipes suggest from {findings.release}:",
        "# the right column is what the draft makes of the left one. Read every pair, correct",
        "# it, then delete the note; add pairs for every rule of the recipe.",
    ]
    for raw, text in _chosen_pairs(recipe, sentences):
        lines.append(f"{escaped(raw)}\t{escaped(text)}\treview")
    return "\n".join(lines) + "\n"


def _chosen_pairs(recipe: Recipe, sentences: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Usable sentences that together show as many letters and signs as five can."""
    texts: dict[str, str] = {}
    for raw in sentences:
        text = recipe.normalizer(raw)
        if len(raw) <= 160 and recipe.normalizer.reason(text) is None:
            texts.setdefault(text, raw)
        if len(texts) == 2000:
            break
    pool = [(raw, text) for text, raw in texts.items()]
    seen: set[str] = set()
    for _ in range(min(PAIRS, len(pool))):
        best = min(pool, key=lambda pair: (-len(set(pair[0] + pair[1]) - seen), len(pair[0]), pair))
        pool.remove(best)
        seen |= set(best[0] + best[1])
        yield best
