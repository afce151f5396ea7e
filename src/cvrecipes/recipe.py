"""A recipe: all that cvrecipes knows about one language, read from one folder.

``recipe.toml`` holds names, sources, the alphabet, the text rules, vocabulary extras and
the training settings that differ; ``golden.tsv`` beside it holds pairs of raw and expected
text. A recipe has at most one parent, a folder whose name starts with an underscore.
"""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from cvrecipes.errors import Failure, near
from cvrecipes.text.alphabet import Alphabet
from cvrecipes.text.normalizer import Normalizer, Rules, known_script
from cvrecipes.text.steps import LOWER, Step

STATUSES = ("reviewed", "drafted", "generic")
HEADLINES = ("wer", "cer")
TOP = ("name", "native", "script", "parent", "status", "headline", "notes", "sources")
TABLES: dict[str, tuple[str, ...]] = {
    "alphabet": ("letters", "marks"),
    "text": tuple(f.name for f in fields(Rules)),
    "vocabulary": ("extras",),
    "training": (),
}
_LISTS = ("sentence", "first", "steps", "apostrophe_edges")
_MAPPINGS = ("repair", "lookalikes", "replace")
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([tn\\]))")


@dataclass(frozen=True, slots=True)
class Golden:
    """A pair of raw and expected text; `expected` starting with ``!`` is a reason."""

    line: int
    raw: str
    expected: str
    note: str


@dataclass(frozen=True)
class Recipe:
    """One language, resolved: the parent's values filled in, every key checked.

    Attributes:
        locale: Common Voice code; the folder's name.
        script: ISO 15924 code.
        status: ``reviewed``, ``drafted`` or ``generic``.
        headline: the rate to quote first, ``wer`` or ``cer``.
        origin: ``built-in``, ``user`` or the plugin's name.
        training: training settings that differ from the preset.
    """

    locale: str
    name: str
    native: str
    script: str
    status: str
    headline: str
    sources: tuple[str, ...]
    notes: str
    alphabet: Alphabet
    rules: Rules
    extras: tuple[str, ...]
    training: Mapping[str, Any]
    folder: Path
    origin: str
    steps: Mapping[str, Step]

    @cached_property
    def normalizer(self) -> Normalizer:
        """The recipe's rules, compiled."""
        return Normalizer(self.rules, self.alphabet, self.steps, self.script)

    @cached_property
    def digest(self) -> str:
        """A hash of everything that decides the text and the vocabulary."""
        return hashlib.sha256(
            json.dumps(self.resolved(), ensure_ascii=False, sort_keys=True).encode()
        ).hexdigest()[:16]

    def resolved(self) -> dict[str, Any]:
        """The recipe as plain data, parents filled in; saved beside every model."""
        return {
            "locale": self.locale,
            "name": self.name,
            "script": self.script,
            "headline": self.headline,
            "alphabet": {
                "letters": list(self.alphabet.letters),
                "marks": list(self.alphabet.marks),
            },
            "text": {f.name: _plain(getattr(self.rules, f.name)) for f in fields(Rules)},
            "vocabulary": {"extras": list(self.extras)},
        }

    def golden(self) -> list[Golden]:
        """The pairs of golden.tsv; an empty list when there is no such file."""
        return read_golden(self.folder / "golden.tsv")


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    return list(value) if isinstance(value, tuple) else value


def read_golden(path: Path) -> list[Golden]:
    r"""Read raw, expected and note; ``#`` starts a comment line, ``\uXXXX`` an escape.

    Raises:
        Failure: a line has fewer than two columns.
    """
    if not path.exists():
        return []
    pairs: list[Golden] = []
    for number, line in enumerate(read_text(path).split("\n"), start=1):
        line = line.removesuffix("\r")
        if not line.strip() or line.startswith("#"):
            continue
        columns = line.split("\t")
        if len(columns) < 2:
            raise Failure(
                "a golden pair needs raw and expected text, separated by a tab",
                where=path,
                line=number,
                remedy="this line has no tab; some editors write spaces instead",
            )
        note = columns[2] if len(columns) > 2 else ""
        pairs.append(Golden(number, _unescape(columns[0]), _unescape(columns[1]), note))
    return pairs


def _unescape(text: str) -> str:
    def one(match: re.Match[str]) -> str:
        if match[3]:
            return {"t": "\t", "n": "\n", "\\": "\\"}[match[3]]
        return chr(int(match[1] or match[2], 16))

    return _ESCAPE.sub(one, text)


def read_text(path: Path) -> str:
    """A UTF-8 file as text.

    Raises:
        Failure: it cannot be read or is not UTF-8; the line is named.
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
    """TOML as data, which nobody changes; a few parents are read for hundreds of recipes."""
    return tomllib.loads(text)


class _File:
    """One recipe.toml, checked key by key so that every error names its line."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "recipe.toml"
        self.text = read_text(self.path)
        try:
            self.data = _parsed(self.text)
        except tomllib.TOMLDecodeError as error:
            found = re.search(r"line (\d+)", str(error))
            said = str(error).split(" (at")[0].lower()
            remedies = {
                "cannot declare": "a [table] may be there once: put its keys together",
                "invalid value": 'a text stands between straight quotation marks: "..."',
                "illegal character": 'a text ends on its line with a quotation mark: "..."',
                "unclosed array": "are a comma between texts and the ] at the end there?",
            }
            raise Failure(
                f"is not valid TOML: {said}",
                where=self.path,
                line=int(found[1]) if found else None,
                remedy=next((what for key, what in remedies.items() if said.startswith(key)), None),
            ) from None
        self._check_keys()

    def fail(self, what: str, key: str | None = None, remedy: str | None = None) -> Failure:
        line = None
        if key is not None:
            found = re.search(rf"^\s*\[?\"?{re.escape(key)}[\"\]\s=.]", self.text, re.MULTILINE)
            found = found or re.search(rf"^\s*\[\w+\.{re.escape(key)}\]", self.text, re.MULTILINE)
            line = self.text.count("\n", 0, found.start()) + 1 if found else None
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
        for key, value in (("sources", self.data.get("sources", [])), ("extras", extras)):
            if not (isinstance(value, list) and all(isinstance(v, str) for v in value)):
                raise self.fail(f"{key} must be a list of strings", key)
        for key, value in self.data.get("alphabet", {}).items():
            if not isinstance(value, str):
                raise self.fail(f"{key} must be a string with spaces between the letters", key)
        self._check_values()

    def _check_values(self) -> None:
        text = self.data.get("text", {})
        case = text.get("case", "default")
        if case not in LOWER:
            close = near(case, LOWER)
            known = f"did you mean {close}?" if close else "known: " + ", ".join(LOWER)
            raise self.fail(f"unknown case rule {case!r}", "case", known)
        for edge in text.get("apostrophe_edges", ()):
            if edge not in ("start", "end"):
                raise self.fail("apostrophe_edges may hold start and end", "apostrophe_edges")
        for key in ("apostrophe", "hyphen"):
            if len(text.get(key, "")) > 1:
                raise self.fail(f"{key} must be one sign, a space, or empty", key)
        for key in ("delete", "keep"):
            if any(sign.isspace() for sign in text.get(key, "")):
                raise self.fail(f"{key} cannot hold white space", key)
        for key, allowed in (("status", STATUSES), ("headline", HEADLINES)):
            if self.data.get(key, allowed[0]) not in allowed:
                raise self.fail(f"{key} must be one of {', '.join(allowed)}", key)

    def check_steps(self, steps: Mapping[str, Step]) -> None:
        """Refuse names of steps that nobody registered, or that cannot work here."""
        for key in ("sentence", "first", "steps"):
            for name in self.data.get("text", {}).get(key, ()):
                if name != "..." and name not in steps:
                    # A name with a dot is a plugin's, and no misspelt one of the box.
                    close = near(name, [one for one in steps if ("." in one) == ("." in name)])
                    remedy = f"did you mean {close}?" if close else "is its plugin installed?"
                    if name.startswith("numbers_"):
                        # The nearest name would be another language's.
                        remedy = "there are " + ", ".join(s for s in steps if s[:8] == name[:8])
                    raise self.fail(f"unknown step {name!r}", key, remedy)
                missing = getattr(steps.get(name), "missing", None)
                if missing is not None and (remedy := missing()):
                    raise self.fail(f"step {name!r} needs a library that is missing", key, remedy)

    def _check_type(self, key: str, value: Any) -> None:
        if key in _LISTS:
            good = isinstance(value, list) and all(isinstance(v, str) for v in value)
            wanted = "a list of strings"
        elif key in _MAPPINGS:
            good = isinstance(value, dict) and all(isinstance(v, str) for v in value.values())
            good = good and not any(not k or any(c.isspace() for c in k) for k in value)
            wanted = "a table of strings, its keys without white space"
        elif key == "fold":
            good, wanted = isinstance(value, bool), "true or false"
        else:
            good, wanted = isinstance(value, str), "a string"
        if not good:
            raise self.fail(f"{key} must be {wanted}", key)

    def _unknown(self, key: str, known: Iterable[str], place: str) -> Failure:
        close = near(key, known)
        remedy = f"did you mean {close}?" if close else "known: " + ", ".join(sorted(known))
        return self.fail(f"unknown key {key!r} at {place}", key, remedy)


def _merge(parent: Mapping[str, Any], child: Mapping[str, Any]) -> dict[str, Any]:
    """The child's values over the parent's; tables key by key, ``...`` for the parent's list."""
    merged = dict(parent)
    for key, value in child.items():
        if isinstance(value, dict) and isinstance(merged.get(key), dict):
            merged[key] = _merge(merged[key], value)
        elif isinstance(value, list) and "..." in value:
            at = value.index("...")
            merged[key] = [*value[:at], *merged.get(key, []), *value[at + 1 :]]
        else:
            merged[key] = value
    return merged


def read_recipe(
    folder: Path,
    *,
    origin: str,
    steps: Mapping[str, Step],
    parents: Mapping[str, Path],
    below: Sequence[Path] = (),
) -> Recipe:
    """Read a recipe folder with its parent.

    Arguments:
        folder: holds recipe.toml; its name is the locale.
        steps: every named step, those of plugins included.
        parents: folder of each known parent by name (``_latin``).
        below: folders of the same locale that this one hides, the nearest first; the
            parent of a recipe that names its own locale.

    Raises:
        Failure: unknown key, step, parent, case rule; wrong type; a bad alphabet. The
            message names file, line and the near word.
    """
    file = _File(folder)
    data = _inherited(file, steps, parents, below)
    for key in ("name", "script", "status"):
        if not data.get(key):
            raise file.fail(f"{key} is missing")
    if data.get("text", {}).get("lookalikes") and not known_script(data["script"]):
        raise file.fail(f"unknown script {data['script']!r}", "script", "use its ISO 15924 code")
    values: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value
        for key, value in data.get("text", {}).items()
    }
    rules = Rules(**values)
    alphabet = _alphabet(file, data.get("alphabet", {}))
    extras = data.get("vocabulary", {}).get("extras", [])
    if any(len(extra) != 1 for extra in extras):
        raise file.fail("extras must be a list of single characters", "extras")
    return Recipe(
        locale=folder.name,
        name=data["name"],
        native=data.get("native", data["name"]),
        script=data["script"],
        status=data["status"],
        headline=data.get("headline", "wer"),
        sources=tuple(data.get("sources", ())),
        notes=data.get("notes", ""),
        alphabet=alphabet,
        rules=rules,
        extras=tuple(extras),
        training=data.get("training", {}),
        folder=folder,
        origin=origin,
        steps=steps,
    )


def _inherited(
    file: _File, steps: Mapping[str, Step], parents: Mapping[str, Path], below: Sequence[Path]
) -> dict[str, Any]:
    """The file's data over its parent's."""
    data = file.data
    name = data.get("parent")
    if name and name == file.path.parent.name and not name.startswith("_"):
        if not below:
            raise file.fail(f"there is no other recipe for {name!r} to build on", "parent")
        data = _merge(_inherited(_File(below[0]), steps, parents, below[1:]), data)
    elif name:
        if name not in parents:
            close = near(name, parents)
            raise file.fail(
                f"no parent {name!r}",
                "parent",
                f"did you mean {close}?" if close else "known: " + ", ".join(sorted(parents)),
            )
        parent = _File(parents[name])
        if "parent" in parent.data:
            raise parent.fail("a parent cannot have a parent", "parent")
        parent.check_steps(steps)
        data = _merge(parent.data, data)
    file.check_steps(steps)
    return data


def _alphabet(file: _File, table: Mapping[str, Any]) -> Alphabet:
    letters = tuple(table.get("letters", "").split())
    marks = tuple(table.get("marks", "").split())
    for key, signs in (("letters", letters), ("marks", marks)):
        for sign in signs:
            if unicodedata.normalize("NFC", sign) != sign:
                composed = " ".join(f"U+{ord(c):04X}" for c in unicodedata.normalize("NFC", sign))
                raise file.fail(
                    f"{sign!r} is not in composed form (NFC)", key, f"write it as {composed}"
                )
    try:
        return Alphabet(letters, marks)
    except ValueError as error:
        raise file.fail(str(error), "letters") from None
