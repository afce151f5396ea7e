"""The files of a new recipe: blank, a copy of an existing one, or drafted from data."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from cvrecipes.catalog import Catalog, RecipeFolder
from cvrecipes.data.characters import read_sentences
from cvrecipes.drafting.suggest import suggest
from cvrecipes.drafting.toml_text import comment, quoted
from cvrecipes.drafting.write import read_draft
from cvrecipes.errors import CvrecipesError, UsageError, did_you_mean
from cvrecipes.recipe import MAIN, Recipe
from cvrecipes.records import Release
from cvrecipes.text import writing_systems

_CODE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_COPIED = (".toml", ".tsv", ".py")


@dataclass(frozen=True, slots=True)
class Language:
    """A language before its recipe is written."""

    locale: str
    name: str
    native: str
    script: str
    parent: str


def check_locale(locale: str) -> None:
    """Refuse what is no Common Voice code.

    Raises:
        UsageError: the code that was probably meant is named.
    """
    if _CODE.fullmatch(locale):
        return
    first, *rest = locale.replace("_", "-").split("-")
    meant = "-".join([first.lower(), *rest])
    raise UsageError(
        f"{locale!r} is no Common Voice code",
        remedy=f"did you mean {meant}?"
        if _CODE.fullmatch(meant)
        else "it has two or three small letters, then parts after hyphens: tr, ga-IE, rm-sursilv",
    )


def check_new(locale: str, catalog: Catalog) -> None:
    """Refuse a locale that has a recipe.

    Raises:
        UsageError: there is a recipe; the remedy names the ways to start from it.
    """
    existing = catalog.recipes.get(locale)
    if existing is None:
        return
    try:
        name = f"{catalog.read(existing).name} ({locale})"
    except CvrecipesError:
        name = locale
    raise UsageError(
        f"{name} has a recipe, {existing.folder}",
        remedy=f"improve it with: cvrecipes new {locale} --copy, or start anew with --force",
    )


def known_language(
    locale: str, catalog: Catalog, *, name: str = "", script: str = "", parent: str = ""
) -> Language:
    """Fill in what is not given, from the language's recipe (``pt`` for ``pt-BR``), or as Latin.

    Raises:
        UsageError: unknown script or parent, or a name that cannot be shown.
    """
    if not name.isprintable():
        raise UsageError(f"{name!r} is no name of a language")
    entry = catalog.recipes.get(locale) or catalog.recipes.get(locale.split("-")[0])
    like = _read(entry, catalog) if entry is not None else None
    if like is None:
        code = _script(script or "Latn")
        parent_name = _parent(parent, catalog) or _usual_parent(code, catalog)
        return Language(locale, name or locale, name or locale, code, parent_name)
    code = _script(script or like.script)
    parent_name = _parent(parent, catalog)
    if not parent_name:
        data = tomllib.loads((like.folder / "recipe.toml").read_text(encoding="utf-8-sig"))
        same = code == like.script and data.get("parent", "") in catalog.parents
        parent_name = data.get("parent", "") if same else _usual_parent(code, catalog)
    region = "" if like.locale == locale else f" ({locale.split('-', 1)[1]})"
    return Language(locale, name or like.name + region, name or like.native, code, parent_name)


def _read(entry: RecipeFolder, catalog: Catalog) -> Recipe | None:
    try:
        return catalog.read(entry)
    except CvrecipesError:
        return None


def _script(script: str) -> str:
    code = script.title()
    codes = {*writing_systems.SCRIPTS, *writing_systems.OPEN_SCRIPTS}
    if code not in codes:
        otherwise = "give its ISO 15924 code, such as Latn, Cyrl or Arab"
        raise UsageError(
            f"unknown script {script!r}", remedy=did_you_mean(code, sorted(codes), otherwise)
        )
    return code


def _parent(parent: str, catalog: Catalog) -> str:
    if parent and parent not in catalog.parents:
        otherwise = "known: " + ", ".join(sorted(catalog.parents))
        remedy = did_you_mean(parent, catalog.parents, otherwise)
        raise UsageError(f"no parent {parent!r}", remedy=remedy)
    return parent


def _usual_parent(script: str, catalog: Catalog) -> str:
    parent = writing_systems.PARENTS.get(script, "")
    return parent if parent in catalog.parents else ""


def blank(language: Language, catalog: Catalog) -> dict[str, bytes]:
    """A recipe to fill in; it can be read and passes its tests as it is."""
    text = "\n".join(_lines(language)) + "\n"
    recipe = read_draft(language.locale, text, catalog)
    pairs = "\n".join(_pairs(recipe, catalog)) + "\n"
    return {"recipe.toml": text.encode(), "golden.tsv": pairs.encode()}


def _lines(language: Language) -> Iterator[str]:
    yield from comment(
        f"A new recipe. Fill it in from top to bottom, and run cvrecipes test {language.locale} "
        "after each change."
    )
    yield f"name = {quoted(language.name)}"
    yield f"native = {quoted(language.native)}"
    yield f"script = {quoted(language.script)}"
    if language.parent:
        yield f"parent = {quoted(language.parent)}"
    yield from comment(
        "generic, until somebody has checked it; drafted, with an alphabet, sources and 5 pairs in "
        "golden.tsv; reviewed, with 10 pairs, when someone who knows the language has read it."
    )
    yield 'status = "generic"'
    if language.script in writing_systems.OPEN_SCRIPTS:
        yield 'headline = "cer"'
    yield "# Where the alphabet and the rules come from: an orthography, a dictionary, CLDR."
    yield "sources = []"
    yield "# Decisions that a reader should know."
    yield 'notes = ""'
    yield ""
    yield "[alphabet]"
    if language.script in writing_systems.OPEN_SCRIPTS:
        yield "# A script of many signs: they are learned from the training text."
    else:
        yield from comment(
            "Small letters in the language's own order, with spaces between them. A sentence with "
            "any other letter is left out, unless loans, of the parent or here, has it: letters of "
            "loan words and names. While there are none, the letters are learned from the "
            "training text."
        )
    yield 'letters = ""'
    yield ""
    yield "[text]"
    yield from comment(
        'What an apostrophe and a hyphen between letters become: a sign, " " to split the word, '
        '"" to join its parts. A sign that is kept belongs into marks of [alphabet], too.'
    )
    yield '# apostrophe = "\'"'
    yield '# hyphen = "-"'
    yield ""
    yield '# What people type instead of the right letter, as "wrong" = "right".'
    yield "[text.repair]"


def _pairs(recipe: Recipe, catalog: Catalog) -> Iterator[str]:
    """Pairs that show the format; the right column is the result of normalizing the left one."""
    yield "# Raw text, a tab, the text that you expect, a tab, a note. An expected !reason says"
    yield "# why a sentence is left out. These pairs only show how: replace them with words of"
    yield "# the language, at least one for each rule."
    a, b, c = _three_letters(recipe, catalog)
    word = a + b + c
    for raw, note in (
        (f"{word.upper() if word.upper() != word else word}, {word}!", "punctuation, capitals"),
        (f"\u00ab{word}\u00bb \u2013 {b}{a}", "quotation marks, dash"),
        (f"{a}{b}'{c}", "apostrophe"),
        (f"{a}{b}-{c}", "hyphen"),
        (f"{word} 5", "digits"),
    ):
        text = recipe.normalizer(raw)
        reason = recipe.normalizer.reason(text)
        expected = "!" + reason.split(":")[0] if reason else text
        yield f"{raw}\t{expected}\texample: {note}"


def _three_letters(recipe: Recipe, catalog: Catalog) -> list[str]:
    """Letters of the script that the recipe leaves as they are: those of a known alphabet."""
    for entry in catalog.recipes.values():
        other = _read(entry, catalog)
        if other is None or other.script != recipe.script or other.locale == recipe.locale:
            continue
        letters = [
            letter
            for letter in other.alphabet.letters
            if len(letter) == 1
            and not unicodedata.decomposition(letter)
            and recipe.normalizer(letter) == letter
        ][:3]
        if len(letters) == 3:
            return letters
    # Hangul's syllables, not the parts of syllables before them.
    start = 0xAC00 if recipe.script == "Kore" else ord("a")
    first = (
        letter
        for letter in map(chr, range(start, 0x20000))
        if unicodedata.category(letter) in ("Ll", "Lo")
        and writing_systems.writing_of([(writing_systems.script_of(letter), 1.0)], {letter: 1})
        in (recipe.script, *(("Hani",) if recipe.script[:2] == "Ha" else ()))
        and recipe.normalizer(letter) == letter
    )
    letters = [letter for letter, _ in zip(first, range(3), strict=False)]
    return letters if len(letters) == 3 else ["a", "b", "c"]


def _entry(locale: str, catalog: Catalog, purpose: str, option: str) -> RecipeFolder:
    """The existing recipe that an option of ``new`` asks for."""
    entry = catalog.recipes.get(locale)
    if entry is None:
        raise UsageError(f"no recipe for {locale!r} {purpose}", remedy=f"leave {option} out")
    return entry


def copied(locale: str, catalog: Catalog) -> dict[str, bytes]:
    """The files of the existing recipe.

    Raises:
        UsageError: there is none.
        Failure: it cannot be read.
    """
    entry = _entry(locale, catalog, "to copy", "--copy")
    catalog.read(entry)
    return {
        path.relative_to(entry.folder).as_posix(): path.read_bytes()
        for path in sorted(entry.folder.rglob("*"))
        if path.is_file() and path.suffix in _COPIED
    }


_EXTENSION = """\
# {title}: every other value is as in the recipe of {origin}.
{keys}
# What is changed needs a status and sources of its own; "..." stands for the inherited list.
# status = "drafted"
# sources = ["...", "who confirms it"]

[alphabet]
# add_letters = "ê"
# remove_letters = "j"

[text]
# steps = ["...", "a function of steps.py beside this file"]
"""
_EXTENSION_PAIRS = """\
# Raw text, a tab, the text that you expect, a tab, a note. The pairs of the recipe that this one
# builds on are inherited and tested, too. A change may make some of them fail: each must stand here
# again, with the same raw text and the text that you expect now, or !drop to drop it. For instance,
# without the number sign and the space before each:
# Perwêr	perwêr	once ê is a letter
# René	!drop
"""


def extension(locale: str, catalog: Catalog, variant: str = MAIN) -> dict[str, bytes]:
    """A recipe that builds on the existing one, with examples of changes in comments.

    Arguments:
        variant: the way of writing whose recipe is built on.

    Raises:
        UsageError: there is none.
        Failure: it cannot be read.
    """
    entry = _entry(locale, catalog, "to build on", "--extend")
    recipe = catalog.read(entry, variant=variant)
    title = "".join(comment(f"{recipe.name} ({locale})")).removeprefix("# ")
    keys = f"parent = {quoted(locale)}"
    if variant != MAIN:  # a variant names its own script
        keys += f"\nscript = {quoted(recipe.script)}"
    text = _EXTENSION.format(title=title, origin=recipe.origin, keys=keys)
    return {"recipe.toml": text.encode(), "golden.tsv": _EXTENSION_PAIRS.encode()}


def drafted(locale: str, release: Release, catalog: Catalog, name: str = "") -> dict[str, bytes]:
    """A draft from the sentences of a release.

    Raises:
        UsageError, Failure: of `cvrecipes.drafting.suggest.suggest`.
    """
    draft = suggest(locale, read_sentences(release), catalog, release.version)
    text = draft.recipe
    if name:
        for key in ("name", "native"):
            old = re.search(rf"^{key} = .*$", text, re.MULTILINE)
            text = text.replace(old[0], f"{key} = {quoted(name)}", 1) if old else text
    return {"recipe.toml": text.encode(), "golden.tsv": draft.golden.encode()}
