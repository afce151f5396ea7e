"""One recipe.toml, or one option that stands for a line of it, checked key by key."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import fields
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from cvrecipes.errors import CvrecipesError, Failure, UsageError, did_you_mean
from cvrecipes.recipe.variants import FOLDER, MAIN, locale_and_variant
from cvrecipes.text.normalizer import Rules
from cvrecipes.text.steps import LOWER, Step

# What a recipe may say of itself, and the grade above, which only an applied review gives.
CLAIMS = ("reviewed", "drafted", "generic")
CONFIRMED = "confirmed"
STATUSES = (CONFIRMED, *CLAIMS)
HEADLINES = ("wer", "cer")
TOP = ("name", "native", "script", "parent", "status", "headline", "notes", "sources", "variant")
TABLES: dict[str, tuple[str, ...]] = {
    "alphabet": ("letters", "marks", "loans", "add_letters", "remove_letters"),
    "text": tuple(f.name for f in fields(Rules)),
    "vocabulary": ("extras",),
    "training": (),
}
OPTION = "--recipe-set"
_LISTS = ("sentence", "first", "steps", "apostrophe_edges")
_MAPPINGS = ("repair", "lookalikes", "replace")
# Keys without a table that decide the text or how it is scored.
_CHANGEABLE = ("script", "headline")
# Our message, by the start of tomllib's.
_TOML_REMEDIES = {
    "cannot declare": "a [table] may be there once: put its keys together",
    "invalid value": 'a text stands between straight quotation marks: "..."',
    "illegal character": 'a text ends on its line with a quotation mark: "..."',
    "unclosed array": "are a comma between texts and the ] at the end there?",
}
_ELLIPSES = ("...", "…")
_KEEP = {
    "letters": 'add_letters = "q w x" keeps the letters of the parent and adds these',
    "marks": "write every mark, those of the parent as well",
    "loans": "write every letter, those of the parent as well",
}


def read_text(path: Path) -> str:
    """A UTF-8 file as text.

    Raises:
        Failure: the file cannot be read or is not UTF-8; the message names the line.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise Failure(f"cannot be read ({error.strerror})", where=path) from None
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise Failure("is not UTF-8", where=path, line=line, remedy="save it as UTF-8") from None


@lru_cache(maxsize=16)
def _parsed(text: str) -> dict[str, Any]:
    """Parsed TOML, cached and never changed: hundreds of recipes read the same few parents."""
    return tomllib.loads(text)


class RecipeFile:
    """One recipe.toml, checked key by key so that every error names its line.

    Arguments:
        folder: holds recipe.toml; its name is the locale, or that of a variant.
        text: the content of recipe.toml, if the folder has none yet.
    """

    def __init__(self, folder: Path, text: str | None = None) -> None:
        self.folder = folder
        self.locale, self.variant = locale_and_variant(folder)
        self.path = folder / "recipe.toml"
        self.has_code = text is None
        self.text = read_text(self.path) if text is None else text
        try:
            self.data = _parsed(self.text)
        except tomllib.TOMLDecodeError as error:
            line = re.search(r"line (\d+)", str(error))
            message = str(error).split(" (at")[0].lower()
            raise Failure(
                f"is not valid TOML: {message}",
                where=self.path,
                line=int(line[1]) if line else None,
                remedy=next(
                    (what for key, what in _TOML_REMEDIES.items() if message.startswith(key)), None
                ),
            ) from None
        self._check_keys()

    def fail(self, what: str, key: str | None = None, remedy: str | None = None) -> CvrecipesError:
        """The error for a wrong `key`. It names the line."""
        line = None
        if key is not None:
            match = re.search(rf"^\s*\[?\"?{re.escape(key)}[\"\]\s=.]", self.text, re.MULTILINE)
            match = match or re.search(rf"^\s*\[\w+\.{re.escape(key)}\]", self.text, re.MULTILINE)
            line = self.text.count("\n", 0, match.start()) + 1 if match else None
        return Failure(what, where=self.path, line=line, remedy=remedy)

    def _check_keys(self) -> None:
        for key, value in self.data.items():
            if key in TABLES:
                if not isinstance(value, dict):
                    raise self.fail(f"{key} must be a table, [{key}]", key)
                allowed = TABLES[key]
                for inner in value:
                    if allowed and inner not in allowed:
                        raise self._unknown(inner, allowed, f"[{key}]")
            elif key not in TOP:
                raise self._unknown(key, (*TOP, *TABLES), "the top")
        for key in ("name", "native", "script", "parent", "status", "headline", "notes"):
            if not isinstance(self.data.get(key, ""), str):
                raise self.fail(f"{key} must be a string", key)
        for key, value in self.data.get("text", {}).items():
            self._check_type(key, value)
        extras = self.data.get("vocabulary", {}).get("extras", [])
        lists = {key: self.data.get(key, []) for key in ("sources", "variant")} | {"extras": extras}
        for key, value in lists.items():
            if not (isinstance(value, list) and all(isinstance(v, str) for v in value)):
                raise self.fail(f"{key} must be a list of strings", key)
        if "variant" in self.data and self.variant == MAIN:
            raise self.fail(
                "variant tells another variant from this recipe",
                "variant",
                f"it belongs into {FOLDER}/NAME/recipe.toml",
            )
        for key, value in self.data.get("alphabet", {}).items():
            if not isinstance(value, str):
                raise self.fail(f"{key} must be a string with spaces between the letters", key)
            self._check_signs(key, value.split())
        self._check_values()

    def _check_signs(self, key: str, signs: Iterable[str]) -> None:
        for sign in signs:
            if sign in _ELLIPSES:
                raise self.fail(
                    f"{key} holds {sign}, which is no letter", key, _KEEP.get(key, "write letters")
                )
            if unicodedata.normalize("NFC", sign) != sign:
                composed = " ".join(f"U+{ord(c):04X}" for c in unicodedata.normalize("NFC", sign))
                raise self.fail(
                    f"{sign!r} is not in composed form (NFC)", key, f"write it as {composed}"
                )

    def _check_values(self) -> None:
        text = self.data.get("text", {})
        case = text.get("case", "default")
        if case not in LOWER:
            remedy = did_you_mean(case, LOWER, "known: " + ", ".join(LOWER))
            raise self.fail(f"unknown case rule {case!r}", "case", remedy)
        for edge in text.get("apostrophe_edges", ()):
            if edge not in ("start", "end"):
                raise self.fail("apostrophe_edges may hold start and end", "apostrophe_edges")
        for key in ("apostrophe", "hyphen"):
            if len(text.get(key, "")) > 1:
                raise self.fail(f"{key} must be one sign, a space, or empty", key)
        for key in ("delete", "keep"):
            if any(sign.isspace() for sign in text.get(key, "")):
                raise self.fail(f"{key} cannot hold white space", key)
        if self.data.get("status") == CONFIRMED:
            raise self.fail(
                f"no recipe says of itself that it is {CONFIRMED}: reviews by native speakers do",
                "status",
                f"write {CLAIMS[0]}, and see: cvrecipes review {self.locale}",
            )
        for key, allowed in (("status", CLAIMS), ("headline", HEADLINES)):
            if self.data.get(key, allowed[0]) not in allowed:
                raise self.fail(f"{key} must be one of {', '.join(allowed)}", key)

    def check_ellipses(self, builds_on: bool) -> None:
        """Refuse ``...`` in a list of a file without a parent, or more than once in one list."""
        tables = (self.data, self.data.get("text", {}), self.data.get("vocabulary", {}))
        for key, value in ((key, value) for table in tables for key, value in table.items()):
            count = value.count("...") if isinstance(value, list) else 0
            if count and not builds_on:
                raise self.fail(
                    f'{key} holds "...", and there is no parent whose list it could stand for',
                    key,
                    "name a parent, or delete it",
                )
            if count > 1:
                raise self.fail(
                    f'{key} holds "..." {count} times', key, "the parent's list fits in once"
                )

    def check_steps(
        self,
        steps: Mapping[str, Step],
        functions: Collection[str] = (),
        elsewhere: Callable[[str], Path | None] = lambda name: None,
        no_steps: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        """Refuse steps that do not exist, or cannot work in their slot.

        Arguments:
            steps: of the engine and of plugins.
            functions: steps of the folder's own steps.py and of those that it builds on.
            elsewhere: finds the steps.py of another folder that has a step.
            no_steps: place of each name in those steps.py that is no step.
        """
        for key in ("sentence", "first", "steps"):
            for name in self.data.get("text", {}).get(key, ()):
                if name == "..." or name in functions:
                    continue
                if name not in steps:
                    remedy = (
                        f"{no_steps[name]} has the name, but only functions at the top level of "
                        "steps.py are steps, and none whose name begins with _"
                        if name in no_steps
                        else _other_step(name, steps, functions, elsewhere(name))
                    )
                    raise self.fail(f"unknown step {name!r}", key, remedy)
                missing = getattr(steps[name], "missing", None)
                if missing is not None and (remedy := missing()):
                    raise self.fail(f"step {name!r} needs a library that is missing", key, remedy)

    def _check_type(self, key: str, value: Any) -> None:
        if key in _LISTS:
            good = isinstance(value, list) and all(isinstance(v, str) for v in value)
            expected = "a list of strings"
        elif key in _MAPPINGS:
            good = isinstance(value, dict) and all(isinstance(v, str) for v in value.values())
            good = good and not any(not k or any(c.isspace() for c in k) for k in value)
            expected = "a table of strings, its keys without white space"
        elif key == "fold":
            good, expected = isinstance(value, bool), "true or false"
        else:
            good, expected = isinstance(value, str), "a string"
        if not good:
            raise self.fail(f"{key} must be {expected}", key)

    def _unknown(self, key: str, keys: Iterable[str], place: str) -> CvrecipesError:
        remedy = did_you_mean(key, keys, "known: " + ", ".join(sorted(keys)))
        return self.fail(f"unknown key {key!r} at {place}", key, remedy)


def _other_step(
    name: str, steps: Collection[str], functions: Collection[str], elsewhere: Path | None
) -> str:
    """The remedy for the name of a step that does not exist."""
    if elsewhere is not None:
        return (
            f"{elsewhere.parent.name} alone has it, in {elsewhere}: copy the function into a "
            "steps.py beside this recipe.toml"
        )
    if name.startswith("numbers_"):
        # A similar name could be another language's step.
        return "there are " + ", ".join(step for step in steps if step[:8] == name[:8])
    # A name with a dot belongs to a plugin and is no misspelt step of the engine.
    names = [step for step in (*functions, *steps) if ("." in step) == ("." in name)]
    return did_you_mean(name, names, "is its plugin installed?")


class RecipeOption(RecipeFile):
    """One ``--recipe-set KEY=VALUE``, read and checked as the line of recipe.toml that it is.

    Arguments:
        folder: of the recipe that is changed.
        key: as a path, such as ``text.apostrophe`` or ``text.replace.â``.
        value: a string as it is; ``true``, ``false``, lists and tables as in TOML.

    Raises:
        UsageError: the key does not exist or decides nothing, or the value does not fit it.
    """

    def __init__(self, folder: Path, key: str, value: str) -> None:
        self.folder = folder
        self.locale, self.variant = locale_and_variant(folder)
        self.has_code = False
        self.path = Path(f"{OPTION} {key}")
        self.data = self._read(key, value)
        self._check_keys()

    def fail(self, what: str, key: str | None = None, remedy: str | None = None) -> CvrecipesError:
        """The error for a wrong option."""
        return UsageError(what, where=self.path, remedy=remedy)

    def _read(self, path: str, value: str) -> dict[str, Any]:
        table, _, rest = path.partition(".")
        if not rest:
            if table in TABLES:
                raise self.fail(f"{table} is a table", remedy=f"name a key of it: {table}.KEY")
            if table in TOP and table not in _CHANGEABLE:
                raise self.fail(
                    f"one run cannot change {table}",
                    remedy="it can change alphabet, text and vocabulary, script and headline",
                )
            homes = [home for home, keys in TABLES.items() if table in keys]
            if homes:
                raise self.fail(
                    f"{table} is a key of [{homes[0]}]", remedy=f"write {homes[0]}.{table}=VALUE"
                )
            return {table: value}
        if table == "training":
            raise self.fail("is a setting", remedy=f"write --set {rest}=VALUE")
        if table not in TABLES:
            remedy = did_you_mean(table, TABLES, "known: " + ", ".join(TABLES))
            raise self.fail(f"unknown table {table!r}", remedy=remedy)
        key, _, entry = rest.partition(".")
        if entry and key in _MAPPINGS:
            return {table: {key: {entry: _string(value)}}}
        if key in (*_LISTS, *_MAPPINGS, "fold", "extras"):
            return {table: {rest: self._toml(value)}}
        return {table: {rest: _string(value)}}

    def _toml(self, value: str) -> Any:
        """A value parsed as TOML; if it is no TOML, a string, which the check of types refuses."""
        try:
            return tomllib.loads(f"value = [{value}]")["value"][0]
        except (tomllib.TOMLDecodeError, IndexError):
            return value


def _string(value: str) -> str:
    r"""A string as it is, or in quotation marks as in TOML, for escapes such as ``\u02bc``."""
    if len(value) > 1 and value[0] == value[-1] == '"':
        try:
            return str(tomllib.loads(f"value = {value}")["value"])
        except tomllib.TOMLDecodeError:
            return value
    return value
