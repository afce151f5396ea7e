"""Recipes: the built-in ones, the errors of wrong ones, parents, and the tokenizer."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from cvrecipes.catalog import find_recipes, open_recipe
from cvrecipes.errors import Failure
from cvrecipes.models.families import FAMILIES
from cvrecipes.models.vocabulary import build_vocabulary, save_processor
from cvrecipes.plugins import new_manager
from cvrecipes.recipe import Recipe, read_golden, read_recipe
from cvrecipes.testing import check_pair, check_recipe

CATALOG = find_recipes(new_manager())
HEAD = 'name = "Test"\nscript = "Latn"\nstatus = "generic"\n'
Write = Callable[..., Recipe]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write ``xx/recipe.toml``, and ``_parent/recipe.toml`` where one is given, and read it."""

    def write_and_read(content: str | bytes, parent: str | None = None) -> Recipe:
        parents = {}
        if parent is not None:
            parents["_parent"] = _put(tmp_path / "_parent", parent)
        folder = _put(tmp_path / "xx", content)
        return read_recipe(folder, origin="user", steps=CATALOG.steps, parents=parents)

    return write_and_read


def _put(folder: Path, content: str | bytes) -> Path:
    folder.mkdir(exist_ok=True)
    data = content.encode() if isinstance(content, str) else content
    (folder / "recipe.toml").write_bytes(data)
    return folder


# Built-in recipes


@pytest.mark.parametrize(
    "locale", [f.locale for f in CATALOG.recipes.values() if f.origin == "built-in"]
)
def test_a_built_in_recipe_passes_the_kit(locale: str) -> None:
    recipe, _ = open_recipe(locale)
    assert check_recipe(recipe) == []


@pytest.mark.parametrize("locale", CATALOG.recipes)
def test_the_tokenizer_gives_back_every_expected_text(locale: str, tmp_path: Path) -> None:
    recipe = CATALOG.read(CATALOG.recipes[locale])
    if not recipe.alphabet:
        pytest.skip("its vocabulary is learned from a corpus")
    texts = [pair.expected for pair in recipe.golden() if not pair.expected.startswith("!")]
    texts.append(" ".join(letter * 2 for letter in recipe.alphabet.letters))
    if locale == "tr":
        assert "dikkat saat hakkında" in texts
    (tmp_path / "base").mkdir()  # a base without a feature extractor of its own
    vocabulary = build_vocabulary(recipe, None, new_manager())
    tokenizer = save_processor(
        vocabulary, str(tmp_path / "base"), tmp_path / "model", FAMILIES["wav2vec2"]
    ).tokenizer
    for text in texts:
        labels = tokenizer(text).input_ids
        assert labels == vocabulary.encode(text)
        assert tokenizer.decode(labels, group_tokens=False) == text
        assert vocabulary.decode(labels, collapsed=True) == text
        # As the model writes it: each label twice, and a blank after it.
        path = [frame for label in labels for frame in (label, label, vocabulary.blank)]
        assert tokenizer.decode(path) == text
        assert vocabulary.decode(path) == text


# Wrong recipes


@pytest.mark.parametrize(
    ("content", "line", "what"),
    [
        ('statuss = "generic"\n' + HEAD, 1, "did you mean status?"),
        (HEAD + "[txt]\n", 4, "did you mean text?"),
        (HEAD + '[text]\napostrofe = ""\n', 5, "did you mean apostrophe?"),
        (HEAD + '[alphabet]\nleters = "a"\n', 5, "did you mean letters?"),
        (HEAD + '[text]\nfirst = ["cyrilic_in_latin"]\n', 5, "did you mean cyrillic_in_latin?"),
        (HEAD + '[text]\nsteps = ["latin_in_cyrilic"]\n', 5, "did you mean latin_in_cyrillic?"),
        (HEAD + '[text]\ncase = "turkish"\n', 5, "did you mean turkic?"),
        (HEAD + '[text]\ncase = "qqq"\n', 5, "known: default"),
        (HEAD + '[text]\nfold = "yes"\n', 5, "fold must be true or false"),
        (HEAD + '[text]\nfirst = "x"\n', 5, "first must be a list of strings"),
        (HEAD + '[text]\nreplace = ["x"]\n', 5, "replace must be a table of strings"),
        (HEAD + '[text]\napostrophe = "ab"\n', 5, "apostrophe must be one sign"),
        (HEAD + "notes = 5\n", 4, "notes must be a string"),
        (HEAD + "text = 5\n", 4, "text must be a table"),
        (HEAD + 'headline = "ser"\n', 4, "headline must be one of wer, cer"),
        (HEAD.replace("generic", "good"), 3, "status must be one of reviewed"),
        (HEAD + '[alphabet]\nletters = "a b a"\n', 5, "'a' is there twice"),
        (HEAD + '[alphabet]\nletters = "a e\u0301"\n', 5, "not in composed form (NFC)"),
        (HEAD + '[alphabet]\nletters = ["a"]\n', 5, "letters must be a string"),
        (HEAD + '[vocabulary]\nextras = ["ab"]\n', 5, "extras must be a list of single"),
        (HEAD + 'parent = "_latin"\n', 4, "no parent '_latin'"),
        (HEAD + "[text\n", 4, "is not valid TOML"),
        (HEAD + HEAD, 4, "is not valid TOML"),
        (HEAD.encode() + b'native = "\xff"\n', 4, "is not UTF-8"),
    ],
)
def test_a_wrong_recipe_is_an_error_with_file_and_line(
    write: Write, tmp_path: Path, content: str | bytes, line: int, what: str
) -> None:
    with pytest.raises(Failure) as caught:
        write(content)
    assert caught.value.message.startswith(f"{tmp_path / 'xx' / 'recipe.toml'}:{line}: ")
    assert what in caught.value.message
    assert "\n" not in caught.value.message


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (HEAD + "sources = 5\n", 4),
        (HEAD + 'sources = "CLDR"\n', 4),
        (HEAD + "[vocabulary]\nextras = 5\n", 5),
        (HEAD + '[vocabulary]\nextras = "ab"\n', 5),
        (HEAD + '[text]\napostrophe_edges = ["begin"]\n', 5),
        (HEAD + '[text.repair]\n"" = "x"\n', 4),
        (HEAD + '[alphabet]\nletters = "a"\nmarks = "e\u0301"\n', 6),
    ],
    ids=["sources-5", "sources-text", "extras-5", "extras-text", "edges", "repair", "marks"],
)
def test_a_value_of_the_wrong_kind_is_an_error_with_file_and_line(
    write: Write, tmp_path: Path, content: str, line: int
) -> None:
    with pytest.raises(Failure) as caught:
        write(content)
    assert caught.value.message.startswith(f"{tmp_path / 'xx' / 'recipe.toml'}:{line}: ")


@pytest.mark.parametrize("key", ["name", "script", "status"])
def test_a_missing_key_is_named(write: Write, tmp_path: Path, key: str) -> None:
    with pytest.raises(Failure) as caught:
        write(re.sub(f"{key} = .*\n", "", HEAD))
    assert caught.value.message == f"{tmp_path / 'xx' / 'recipe.toml'}: {key} is missing"


def test_a_missing_recipe_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(Failure, match="cannot be read"):
        read_recipe(tmp_path / "xx", origin="user", steps=CATALOG.steps, parents={})


def test_an_unknown_parent_names_the_near_one(write: Write) -> None:
    with pytest.raises(Failure, match=r"xx/recipe\.toml:4: .*did you mean _parent\?"):
        write(HEAD + 'parent = "_parnt"\n', parent="")


def test_a_parent_cannot_have_a_parent(write: Write) -> None:
    with pytest.raises(Failure, match=r"_parent/recipe\.toml:1: a parent cannot have a parent"):
        write(HEAD + 'parent = "_parent"\n', parent='parent = "_parent"\n')


def test_an_error_in_the_parent_names_the_parent(write: Write) -> None:
    with pytest.raises(Failure, match=r"_parent/recipe\.toml:2: unknown case rule 'turkish'"):
        write(HEAD + 'parent = "_parent"\n', parent='[text]\ncase = "turkish"\n')


# Parents


def test_dots_in_a_list_stand_for_the_parents_list(write: Write) -> None:
    parent = '[text]\nsteps = ["latin_in_cyrillic"]\n[vocabulary]\nextras = ["b"]\n'
    recipe = write(
        HEAD
        + 'parent = "_parent"\n[text]\nsteps = ["cyrillic_in_latin", "..."]\n'
        + '[vocabulary]\nextras = ["a", "...", "c"]\n',
        parent,
    )
    assert recipe.rules.steps == ("cyrillic_in_latin", "latin_in_cyrillic")
    assert recipe.extras == ("a", "b", "c")


@pytest.mark.parametrize(
    ("line", "key"),
    [('sources = ["..."]', "sources"), ('[text]\nsteps = ["...", "palochka"]', "steps"),
     ('[text]\nsteps = ["palochka", "..."]', "steps"),
     ('[vocabulary]\nextras = ["..."]', "extras")],
)  # fmt: skip
def test_dots_without_a_parent_are_an_error(write: Write, line: str, key: str) -> None:
    message = rf'recipe\.toml:\d+: {key} holds "\.\.\.", and there is no parent whose list'
    with pytest.raises(Failure, match=message):
        write(HEAD + line)


def test_dots_stand_in_a_list_once(write: Write) -> None:
    message = r'xx/recipe\.toml:\d+: steps holds "\.\.\." 2 times; the parent'
    with pytest.raises(Failure, match=message):
        write(
            HEAD + 'parent = "_parent"\n[text]\nsteps = ["...", "palochka", "..."]\n',
            '[text]\nsteps = ["join_han"]\n',
        )


def test_a_list_without_dots_replaces_the_parents(write: Write) -> None:
    parent = '[text]\nsteps = ["latin_in_cyrillic"]\n'
    recipe = write(HEAD + 'parent = "_parent"\n[text]\nsteps = []\n', parent)
    assert recipe.rules.steps == ()


def test_tables_merge_key_by_key(write: Write) -> None:
    parent = 'script = "Cyrl"\n[text]\nfold = true\n[text.replace]\na = "1"\nb = "2"\n'
    content = HEAD + 'parent = "_parent"\n[text]\nhyphen = ""\n[text.replace]\nb = "3"\nc = "4"\n'
    recipe = write(content, parent)
    assert recipe.rules.replace == {"a": "1", "b": "3", "c": "4"}
    assert (recipe.rules.fold, recipe.rules.hyphen, recipe.script) == (True, "", "Latn")


def test_values_come_from_the_parent(write: Write) -> None:
    parent = 'script = "Cyrl"\n[alphabet]\nletters = "а б"\n'
    content = 'name = "Test"\nstatus = "generic"\nparent = "_parent"\n'
    recipe = write(content, parent)
    assert (recipe.script, recipe.alphabet.letters) == ("Cyrl", ("а", "б"))


# Digest


@pytest.mark.parametrize(
    "change",
    [
        '[text]\nfold = true\n[alphabet]\nletters = "a b"\n',
        '[text]\nreplace = { a = "b" }\n[alphabet]\nletters = "a b"\n',
        '[alphabet]\nletters = "a b c"\n',
        '[alphabet]\nletters = "a b"\nmarks = "ʼ"\n',
        '[alphabet]\nletters = "a b"\n[vocabulary]\nextras = ["c"]\n',
    ],
)
def test_the_digest_changes_with_what_decides_the_text(write: Write, change: str) -> None:
    before = write(HEAD + '[alphabet]\nletters = "a b"\n').digest
    assert write(HEAD + change).digest != before


def test_the_digest_stays_when_only_notes_change(write: Write) -> None:
    before = write(HEAD).digest
    assert write(HEAD + 'notes = "x"\nsources = ["y"]\n# comment\n').digest == before


# Golden pairs


def test_golden_pairs_have_escapes_notes_and_comments(tmp_path: Path) -> None:
    path = tmp_path / "golden.tsv"
    path.write_text("# comment\n\nI\\u0307\\U0001F600\\t\ti\tnote\na\\\\u0041\t!digits\n")
    first, second = read_golden(path)
    assert (first.line, first.raw, first.expected, first.note) == (3, "I\u0307😀\t", "i", "note")
    assert (second.line, second.raw, second.expected) == (4, "a\\u0041", "!digits")


def test_a_golden_line_without_a_tab_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "golden.tsv"
    path.write_text("a\ta\nb b\n")
    with pytest.raises(Failure, match=r"golden\.tsv:2: .*separated by a tab"):
        read_golden(path)


def test_an_escape_above_the_last_code_point_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "golden.tsv"
    path.write_text("a\\\\U00110000\tb\t\\U00110000\na\tb\\U00110000\n")
    message = r"golden\.tsv:2: \\U00110000 is no code point; the last one is U\+10FFFF"
    with pytest.raises(Failure, match=message):
        read_golden(path)


def test_golden_pairs_that_are_not_utf8_are_an_error(tmp_path: Path) -> None:
    path = tmp_path / "golden.tsv"
    path.write_bytes(b"a\ta\n\xff\ta\n")
    with pytest.raises(Failure, match=r"golden\.tsv:2: is not UTF-8"):
        read_golden(path)


def test_a_line_separator_in_a_golden_pair_does_not_end_the_line(tmp_path: Path) -> None:
    path = tmp_path / "golden.tsv"
    path.write_text("a\u2028b\ta b\nc\tc\n")
    assert [(pair.line, pair.raw) for pair in read_golden(path)] == [(1, "a\u2028b"), (2, "c")]


def test_a_recipe_without_golden_pairs_has_none(write: Write) -> None:
    assert write(HEAD).golden() == []


# The kit


def test_the_kit_asks_for_pairs_alphabet_and_sources(write: Write) -> None:
    problems = check_recipe(write(HEAD.replace("generic", "reviewed")))
    assert [p for p in problems if "10 golden pairs" in p]
    assert [p for p in problems if "needs an alphabet" in p]
    assert [p for p in problems if "names its sources" in p]


def test_the_kit_finds_a_letter_that_does_not_stay(write: Write) -> None:
    recipe = write(HEAD + '[text]\nreplace = { b = "a" }\n[alphabet]\nletters = "a b"\n')
    (problem, *_) = check_recipe(recipe)
    assert problem.endswith(
        "recipe.toml:7: letter 'b' of the alphabet normalizes to 'a'; see: replace"
    )


def test_the_kit_finds_rules_that_run_in_a_circle(write: Write) -> None:
    recipe = write(HEAD + '[text]\nreplace = { a = "b", b = "a" }\n')
    assert [problem for problem in check_recipe(recipe) if "and normalizing that gives" in problem]


def test_a_pair_that_fails_shows_where_and_why(write: Write, tmp_path: Path) -> None:
    recipe = write(HEAD)
    (tmp_path / "xx" / "golden.tsv").write_text("A.\tb\n")
    problem = check_pair(recipe, recipe.golden()[0])
    assert problem is not None
    assert "golden.tsv:1" in problem
    assert "differs   at 0: U+0061 a instead of U+0062 b" in problem
    assert re.search(r"punctuation +a\. -> a", problem)
