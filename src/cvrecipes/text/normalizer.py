"""From a sentence as released to the text that a model learns and is scored against.

The order of the steps is the same in every language; a recipe fills the slots:

    sentence    steps of the recipe that must see the whole sentence; quotation marks
    compose     NFC
    first       steps of the recipe that must see zero-width characters
    invisible   control, format and surrogate code points go
    compatibility  NFC again, and typographic forms to ordinary letters
    repair      legacy code points, before lower-casing, in both cases
    lookalikes  letters of another script inside words of the language's own
    lower       with the language's own rules
    delete      marks that vanish without a space
    replace     replacements among lower-case letters
    steps       more steps of the recipe
    apostrophe  one code point inside words, or none
    hyphen      between letters
    punctuation every P* and S* not kept becomes a space
    fold        foreign letters to base letters of the alphabet
    spaces      NFC, one space between words

Every slot but the first sees one word at a time (what white space separates), so words
are remembered: a language's frequent words are normalized once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import regex

from cvrecipes.text.alphabet import Alphabet
from cvrecipes.text.apostrophes import apostrophes
from cvrecipes.text.failing import Steps, failing_step
from cvrecipes.text.folding import ForeignLetters
from cvrecipes.text.reasons import Reasons
from cvrecipes.text.sentences import direct_speech
from cvrecipes.text.steps import (
    LOWER,
    Step,
    collapse_spaces,
    compose,
    drop_invisible,
    each_run,
    fold_compatibility,
)
from cvrecipes.text.tables import HYPHENS, Punctuation

# The names of the slots in `Normalizer.explain`; no step of a recipe may have one.
SLOTS = frozenset((
    "spaces", "quotations", "compose", "invisible", "compatibility", "repair", "lookalikes",
    "lower", "delete", "replace", "apostrophe", "hyphen", "punctuation", "fold",
    *(f"lower_{case}" for case in LOWER),
))  # fmt: skip
_REMEMBERED_WORDS = 100_000
_LONGEST_REMEMBERED = 64
_ROUNDS = 9
# ISO 15924 codes of mixed scripts, as the script property that tells them apart.
_REGEX_SCRIPTS = {"Hans": "Hani", "Hant": "Hani", "Jpan": "Hani", "Kore": "Hang"}
_LETTER = r"[\p{L}\p{M}]"


@dataclass(frozen=True)
class Rules:
    """The slots that a recipe fills; see the module for their order.

    Attributes:
        apostrophe: what an apostrophe between letters becomes: a sign, a space, or
            nothing (the parts are joined).
        apostrophe_edges: where an apostrophe may also stand: any of ``start``, ``end``.
        hyphen: what a hyphen between letters becomes, likewise.
        keep: punctuation and symbols that are part of the orthography.
        delete: code points that vanish without a space.
        repair: replaced everywhere, before lower-casing; capitals follow by themselves.
        lookalikes: replaced, likewise, in words that hold a letter of the recipe's script
            or nothing but look-alikes; foreign words stay as they are.
        replace: replaced after lower-casing.
        sentence: steps that see the whole sentence; they leave normalized text alone.
    """

    case: str = "default"
    apostrophe: str = " "
    apostrophe_edges: tuple[str, ...] = ()
    hyphen: str = " "
    keep: str = ""
    delete: str = ""
    fold: bool = False
    sentence: tuple[str, ...] = ()
    first: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()
    repair: Mapping[str, str] = field(default_factory=dict)
    lookalikes: Mapping[str, str] = field(default_factory=dict)
    replace: Mapping[str, str] = field(default_factory=dict)

    @property
    def named_steps(self) -> tuple[str, ...]:
        """The names of all steps that the recipe puts into slots."""
        return (*self.sentence, *self.first, *self.steps)


@dataclass(frozen=True, slots=True)
class Change:
    """One step that changed a text."""

    step: str
    before: str
    after: str


class _Words(dict[str, str]):
    """A cache of normalized words, emptied when it holds too many."""

    def __init__(self, normalize: Step) -> None:
        super().__init__()
        self._normalize = normalize

    def __missing__(self, word: str) -> str:
        value = self._normalize(word)
        if len(word) <= _LONGEST_REMEMBERED:
            if len(self) >= _REMEMBERED_WORDS:
                self.clear()
            self[word] = value
        return value


class Normalizer:
    """A pure function of strings, made of a recipe's rules.

    Arguments:
        rules: the recipe's slots.
        alphabet: its alphabet; empty when none is known.
        steps: the named steps; `Steps` also names the origin of each.
        script: ISO 15924 code of the language's script, for its look-alikes.

    It can be pickled when the steps can: another process compiles the rules again.

    Raises:
        KeyError: the rules name a step that `steps` does not have.
    """

    def __init__(
        self, rules: Rules, alphabet: Alphabet, steps: Mapping[str, Step], script: str = ""
    ) -> None:
        self.alphabet = alphabet
        self._made_from = (rules, alphabet, steps, script)
        self.sentence: tuple[tuple[str, Step], ...] = tuple(_whole(rules, alphabet, steps))
        self.steps: tuple[tuple[str, Step], ...] = tuple(_compile(rules, alphabet, steps, script))
        self._reasons = Reasons(alphabet, script)
        self._owners = steps.owners if isinstance(steps, Steps) else {}
        self._words = _Words(self._normalize_word)
        self._word = self._words.__getitem__

    def __reduce__(self) -> tuple[object, ...]:
        return Normalizer, self._made_from

    def __call__(self, raw: str) -> str:
        """Normalize a sentence; twice is the same as once.

        Raises:
            Failure: a step of a plugin raised, or gave something that is no text.
        """
        if self.sentence:
            raw = self._whole_sentence(raw)
        # A quarter faster than a list comprehension; a word may normalize to nothing.
        return " ".join(filter(None, map(self._word, raw.split())))

    def _whole_sentence(self, raw: str) -> str:
        raw = text = collapse_spaces(raw)
        try:
            for _, step in self.sentence:
                text = step(text)
            return collapse_spaces(text)
        except BaseException as error:  # a step may call sys.exit
            failure = failing_step(self.sentence, self._owners, raw)
            if failure is None:
                raise
            raise failure from error

    def _once(self, text: str) -> str:
        for _, step in self.steps:
            text = step(text)
        return text

    def _normalize_word(self, word: str) -> str:
        # A second round handles unusual sequences, such as a mark that meets a new neighbor
        # once the sign between them is deleted. It leaves ordinary words unchanged.
        try:
            text = self._once(word)
            for _ in range(_ROUNDS - 1):
                again = self._once(text)
                if again == text:
                    break
                text = again
        except BaseException as error:  # a step may call sys.exit
            failure = failing_step(self.steps, self._owners, word, _ROUNDS)
            if failure is None:
                raise
            raise failure from error
        return text

    def reason(self, text: str) -> str | None:
        """Why a normalized text cannot be used; None if it can. See `text.reasons`."""
        return self._reasons(text)

    def explain(self, raw: str) -> list[Change]:
        """Every step that changed `raw`, in order; the last `after` is the result.

        Raises:
            Failure: as normalizing does.
        """
        self(raw)
        changes: list[Change] = []

        def run(steps: Iterable[tuple[str, Step]], text: str) -> str:
            for name, step in steps:
                after = step(text)
                if after != text:
                    changes.append(Change(name, text, after))
                    text = after
            return text

        # Steps see words, so the explanation cuts the text at white space, too.
        spaces = ("spaces", collapse_spaces)
        text = run((spaces, *self.sentence, spaces), raw)
        for _ in range(_ROUNDS):
            after = run(self.steps, text)
            if after == text:
                break
            text = after
        return changes


def _whole(
    rules: Rules, alphabet: Alphabet, steps: Mapping[str, Step]
) -> Iterable[tuple[str, Step]]:
    for name in rules.sentence:
        yield name, steps[name]
    step = direct_speech(rules.apostrophe_edges, alphabet) if rules.apostrophe.strip() else None
    if step is not None:
        yield "quotations", step


def _compile(
    rules: Rules, alphabet: Alphabet, steps: Mapping[str, Step], script: str
) -> Iterable[tuple[str, Step]]:
    yield "compose", compose
    for name in rules.first:
        yield name, steps[name]
    yield "invisible", drop_invisible
    yield "compatibility", fold_compatibility
    if rules.repair:
        yield "repair", replacer(_both_cases(rules.repair, rules.case))
    if rules.lookalikes:
        yield "lookalikes", _lookalikes(_both_cases(rules.lookalikes, rules.case), script)
    yield f"lower_{rules.case}" if rules.case != "default" else "lower", LOWER[rules.case]
    if rules.delete:
        yield "delete", _deleter(rules.delete)
    if rules.replace:
        yield "replace", replacer(rules.replace)
    for name in rules.steps:
        yield name, steps[name]
    yield "apostrophe", apostrophes(rules.apostrophe, rules.apostrophe_edges, alphabet)
    yield "hyphen", _between_letters(HYPHENS, rules.hyphen)
    kept = rules.keep + "".join(alphabet.marks) + rules.apostrophe.strip() + rules.hyphen.strip()
    yield "punctuation", _punctuation(kept, rules, alphabet.marks)
    if rules.fold and alphabet:
        yield "fold", _folder(alphabet)
    yield "spaces", lambda text: compose(collapse_spaces(text))


def replacer(table: Mapping[str, str]) -> Step:
    """Replace keys by values in one pass, the longest key first."""
    if all(len(key) == 1 for key in table):
        single = str.maketrans(dict(table))
        return lambda text: compose(text.translate(single))
    keys = sorted(table, key=lambda key: (-len(key), key))
    pattern = regex.compile("|".join(regex.escape(key) for key in keys))
    return lambda text: compose(pattern.sub(lambda match: table[match[0]], text))


def script_letters(script: str) -> str:
    """The regular expression of one letter of a script, by its ISO 15924 code."""
    return rf"\p{{Script={_REGEX_SCRIPTS.get(script, script)}}}"


def known_script(script: str) -> bool:
    """Whether `script` is an ISO 15924 code whose letters a regular expression can find."""
    try:
        regex.compile(script_letters(script))
    except regex.error:
        return False
    return True


def _both_cases(table: Mapping[str, str], case: str) -> dict[str, str]:
    """The table and the same with capital letters, where both sides have one."""

    def upper(text: str) -> str:
        return (text.replace("i", "İ") if case == "turkic" else text).upper()

    both = {
        upper(key): upper(value)
        for key, value in table.items()
        if upper(key) != key and len(upper(key)) == len(key) and upper(value) != value
    }
    return both | dict(table)


def _lookalikes(table: Mapping[str, str], script: str) -> Step:
    """Replace look-alikes in words of the script, and in words of look-alikes alone."""
    signs = regex.escape("".join(sorted(set("".join(table)))))
    letter_class = script_letters(script) if script else r"\p{L}"
    letter, only = regex.compile(letter_class), regex.compile(f"[{signs}]+")
    replace = replacer(table)

    def repair(word: str) -> str:
        return replace(word) if letter.search(word) or only.fullmatch(word) else word

    return each_run(repair)


def _deleter(characters: str) -> Step:
    table = dict.fromkeys(map(ord, characters))
    return lambda text: compose(text.translate(table))


def _between_letters(signs: str, replacement: str) -> Step:
    pattern = regex.compile(f"(?<={_LETTER})[{regex.escape(signs)}](?={_LETTER})")
    return lambda text: pattern.sub(lambda _: replacement, text)


def _punctuation(kept: str, rules: Rules, marks: tuple[str, ...]) -> Step:
    table = Punctuation(kept)
    # A hyphen or middle dot is kept between two letters only; anywhere else it is punctuation.
    inner = {sign for sign in rules.hyphen.strip() + "".join(marks) if not sign.isalnum()}
    inner -= {*rules.keep, rules.apostrophe.strip()}
    if not inner:
        return lambda text: text.translate(table)
    sign = f"[{regex.escape(''.join(sorted(inner)))}]"
    loose = regex.compile(f"(?<!{_LETTER}){sign}+|{sign}+(?!{_LETTER})")
    return lambda text: loose.sub(" ", text.translate(table))


def _folder(alphabet: Alphabet) -> Step:
    table = ForeignLetters(alphabet)
    multiple = [letter for letter in alphabet.letters if len(letter) > 1]
    if not multiple:
        return lambda text: compose(text.translate(table))
    keep = regex.compile("|".join(regex.escape(s) for s in sorted(multiple, key=len, reverse=True)))

    def fold(text: str) -> str:
        parts: list[str] = []
        position = 0
        for match in keep.finditer(text):
            parts += (text[position : match.start()].translate(table), match[0])
            position = match.end()
        parts.append(text[position:].translate(table))
        return compose("".join(parts))

    return fold
