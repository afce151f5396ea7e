"""Reading a recipe folder with everything that it inherits, and the changes of options."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from cvrecipes.errors import did_you_mean
from cvrecipes.recipe.code import STEPS_FILE, StepsFile, read_steps_file
from cvrecipes.recipe.recipe import Recipe
from cvrecipes.recipe.reviews import REVIEWS_FILE, read_reviews
from cvrecipes.recipe.toml_file import RecipeFile, RecipeOption
from cvrecipes.recipe.variants import MAIN, of_variant
from cvrecipes.text.alphabet import Alphabet
from cvrecipes.text.failing import Steps
from cvrecipes.text.normalizer import Rules, known_script
from cvrecipes.text.steps import LOWER
from cvrecipes.text.writing_systems import OPEN_SCRIPTS, SCRIPTS

# Claims of a recipe about itself, which no longer hold for a changed recipe.
_CLAIMS = ("status", "notes", "sources")


def read_recipe(
    folder: Path,
    *,
    origin: str,
    steps: Steps,
    parents: Mapping[str, Path],
    below: Sequence[Path] = (),
    changes: Mapping[str, str] | None = None,
    text: str | None = None,
) -> Recipe:
    """Read a recipe folder and the recipes that it builds on. None of their code runs.

    Arguments:
        folder: holds recipe.toml; its name is the locale, or it is ``LOCALE/variants/NAME``.
        steps: every registered step, those of plugins included.
        parents: folder of each known parent by name (``_latin``).
        below: folders of the same locale that this one hides, the nearest first; the
            parent of a recipe that names its own locale. For a variant: those of the same variant,
            then those of the main recipe.
        changes: value by key of each ``--recipe-set``.
        text: the content of recipe.toml, if the folder does not exist yet.

    Raises:
        Failure: a key, step, parent or case rule is unknown, a value has the wrong type, or the
            alphabet is wrong. The message names file and line, and a similar word.
        UsageError: a change has one of these errors.
    """
    own_file = RecipeFile(folder, text)
    chain = [*_chain(own_file, parents, below)][::-1]
    built_on = tuple(file.folder for file in chain[::-1] if file.locale == own_file.locale)[1:]
    folders = tuple(file.folder for file in chain[::-1])
    chain += [RecipeOption(folder, key, value) for key, value in (changes or {}).items()]
    data, code = _inherit(chain, steps, parents)
    for key in ("name", "script", "status"):
        if key in (changes or {}):
            continue  # an option is checked below
        if not data.get(key):
            raise own_file.fail(f"{key} is missing")
    _check_options(chain, data.get("text", {}).get("case", "default"))
    if data.get("text", {}).get("lookalikes") and not known_script(data["script"]):
        raise own_file.fail(
            f"unknown script {data['script']!r}", "script", "use its ISO 15924 code"
        )
    if own_file.variant != MAIN and "script" not in own_file.data:
        raise own_file.fail("script is missing: a variant names its own")
    rules: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value
        for key, value in data.get("text", {}).items()
    }
    rule_set = Rules(**rules)
    last = chain[-1]
    alphabet = data.get("alphabet", {})
    try:
        letters, marks = (tuple(alphabet.get(key, "").split()) for key in ("letters", "marks"))
        checked = Alphabet(letters, marks, _loans(alphabet, rule_set) if letters else ())
    except ValueError as error:
        raise last.fail(str(error), "letters") from None
    extras = data.get("vocabulary", {}).get("extras", [])
    if any(len(extra) != 1 for extra in extras):
        raise last.fail("extras must be a list of single characters", "extras")
    return Recipe(
        locale=own_file.locale,
        variant=own_file.variant,
        patterns=tuple(data.get("variant", ())),
        name=data["name"],
        native=data.get("native", data["name"]),
        script=data["script"],
        claim=data["status"],
        headline=data.get("headline", "wer"),
        sources=tuple(data.get("sources", ())),
        notes=data.get("notes", ""),
        alphabet=checked,
        rules=rule_set,
        extras=tuple(extras),
        training=data.get("training", {}),
        folder=folder,
        origin=origin,
        steps=steps.only(rule_set.named_steps),
        code=code,
        below=built_on,
        folders=folders,
        changed=dict(changes or {}),
        reviews=tuple(
            review
            for place in of_variant((folder, *built_on), own_file.variant)
            for review in read_reviews(place / REVIEWS_FILE)
        ),
    )


def _chain(
    file: RecipeFile, parents: Mapping[str, Path], below: Sequence[Path]
) -> Iterator[RecipeFile]:
    """The files of a recipe and of all that it builds on, from the recipe to the last parent."""
    yield file
    name = file.data.get("parent")
    if not name:
        return
    if name == file.locale and not name.startswith("_"):
        if not below:
            raise file.fail(f"there is no other recipe for {name!r} to build on", "parent")
        yield from _chain(RecipeFile(below[0]), parents, below[1:])
        return
    if name not in parents:
        remedy = did_you_mean(name, parents, "known: " + ", ".join(sorted(parents)))
        raise file.fail(f"no parent {name!r}", "parent", remedy)
    parent = RecipeFile(parents[name])
    if "parent" in parent.data:
        raise parent.fail("a parent cannot have a parent", "parent")
    yield parent


def _inherit(
    chain: Sequence[RecipeFile], steps: Steps, parents: Mapping[str, Path]
) -> tuple[dict[str, Any], tuple[StepsFile, ...]]:
    """The data of a chain, the last parent first, and its steps.py files, the nearest first."""

    def elsewhere(name: str) -> Path | None:
        return _folder_with_step(name, {path.parent for path in parents.values()})

    options = [file for file in chain if isinstance(file, RecipeOption)]
    replaced = any("letters" in option.data.get("alphabet", {}) for option in options)
    data: dict[str, Any] = {}
    code: list[StepsFile] = []
    functions: set[str] = set()
    for place, file in enumerate(chain):
        steps_file = read_steps_file(file.folder, steps) if file.has_code else None
        if steps_file is not None:
            code.insert(0, steps_file)
            functions |= {*steps_file.lines}
        builds_on = place > 0
        file.check_ellipses(builds_on)
        file.check_steps(steps, functions, elsewhere, _no_steps(code))
        merged = _merge(data, file.data)
        _change_letters(file, data, merged, builds_on, replaced)
        tables = [file.data.get(table) for table in ("alphabet", "text", "vocabulary")]
        if builds_on and (any(tables) or steps_file is not None):
            merged = {k: v for k, v in merged.items() if k not in _CLAIMS or k in file.data}
            if file.locale == chain[place - 1].locale:
                merged.setdefault("status", "generic")
        data = merged
    return data, tuple(code)


def _check_options(chain: Sequence[RecipeFile], case: str) -> None:
    """Refuse a value of an option that no text can meet."""
    for option in chain:
        if not isinstance(option, RecipeOption):
            continue
        script = option.data.get("script", "Latn")
        if script not in (scripts := {*SCRIPTS, *OPEN_SCRIPTS}):
            remedy = did_you_mean(script, scripts, "give its ISO 15924 code, such as Latn")
            raise option.fail(f"unknown script {script!r}", "script", remedy)
        table = option.data.get("alphabet", {})
        if not table.get("letters", "a").strip():
            raise option.fail("letters is empty", "letters", "write every letter")
        for key in ("letters", "loans", "add_letters"):
            for letter in table.get(key, "").split():
                if (small := LOWER[case](letter)) != letter:
                    raise option.fail(
                        f"letter {letter!r} never occurs, because text is lower-cased",
                        key,
                        f"write {small!r}",
                    )


def _no_steps(code: Sequence[StepsFile]) -> dict[str, str]:
    """The place of each name in a steps.py that is no step, the nearest file first."""
    return {
        name: f"{file.name}:{line}" for file in code[::-1] for name, line in file.others.items()
    }


def _folder_with_step(name: str, places: set[Path]) -> Path | None:
    """The steps.py of another folder that defines a function, found by searching its text."""
    pattern = re.compile(rf"^def {re.escape(name)}\(", re.MULTILINE)
    for place in places:
        for path in sorted(place.glob(f"*/{STEPS_FILE}")):
            if pattern.search(path.read_text(encoding="utf-8", errors="replace")):
                return path
    return None


def _change_letters(
    file: RecipeFile,
    parent: Mapping[str, Any],
    merged: dict[str, Any],
    builds_on: bool,
    replaced: bool,
) -> None:
    """Add letters to the parent's, or remove some, as the file asks.

    Arguments:
        replaced: whether an option replaces all letters.
    """
    table = file.data.get("alphabet", {})
    add, remove = (table.get(key, "").split() for key in ("add_letters", "remove_letters"))
    replaces = "letters" in table or (isinstance(file, RecipeOption) and replaced)
    for key in ("add_letters", "remove_letters"):
        if key in table and replaces:
            raise file.fail(f"{key} changes the letters of a parent", key, "change letters instead")
        if key in table and not builds_on:
            raise file.fail(f"there is no parent whose letters {key} could change", key)
    for key, signs in (("add_letters", add), ("remove_letters", remove)):
        for letter in signs:
            if signs.count(letter) > 1:
                raise file.fail(f"{letter!r} is written twice", key, "write it once")
    of_parent = parent.get("alphabet", {})
    letters = of_parent.get("letters", "").split()
    for letter in remove:
        if letter not in (*letters, *of_parent.get("loans", "").split()):
            raise file.fail(f"{letter!r} is no letter of the parent", "remove_letters")
    letters = [letter for letter in letters if letter not in remove]
    for letter in add:
        if letter in letters:
            raise file.fail(f"{letter!r} is a letter of the parent already", "add_letters")
        letters.append(letter)
    if add or remove:
        alphabet = {k: v for k, v in merged["alphabet"].items() if not k.endswith("_letters")}
        loans = [loan for loan in alphabet.get("loans", "").split() if loan not in remove]
        merged["alphabet"] = alphabet | {"letters": " ".join(letters), "loans": " ".join(loans)}


def _loans(alphabet: Mapping[str, str], rules: Rules) -> tuple[str, ...]:
    """The letters of loan words that are no letters of the language and that no rule replaces."""
    taken = {*alphabet["letters"].split(), *rules.repair, *rules.lookalikes, *rules.replace}
    return tuple(letter for letter in alphabet.get("loans", "").split() if letter not in taken)


def _merge(parent: Mapping[str, Any], child: Mapping[str, Any]) -> dict[str, Any]:
    """The child's values over the parent's; tables key by key, ``...`` for the parent's list."""
    merged = dict(parent)
    for key, value in child.items():
        if isinstance(value, dict):
            merged[key] = _merge(merged.get(key, {}), value)
        elif isinstance(value, list) and "..." in value:
            at = value.index("...")
            merged[key] = [*value[:at], *merged.get(key, []), *value[at + 1 :]]
        else:
            merged[key] = value
    return merged
