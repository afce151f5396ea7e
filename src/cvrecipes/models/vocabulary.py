"""From the alphabet to the CTC classes, the tokenizer and the processor."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pluggy

from cvrecipes.errors import Failure
from cvrecipes.models.ctc import Vocabulary
from cvrecipes.models.families import Family
from cvrecipes.plugin_errors import is_character
from cvrecipes.recipe import Recipe

if TYPE_CHECKING:
    from cvrecipes.records import Corpus

SHARE_TO_LEARN = 0.9999


def build_vocabulary(
    recipe: Recipe, corpus: Corpus | None, hooks: pluggy.PluginManager
) -> Vocabulary:
    """The classes: a delimiter, the characters sorted, ``[UNK]`` and ``[PAD]`` (the blank).

    The characters are those of the recipe's alphabet, its extras, and what plugins add.
    Where the recipe knows no alphabet, they are those of the training split alone, from which
    clips with rare characters have been left out (see `learn_characters`).

    Raises:
        Failure: an extra is not a single character, or there is nothing to learn from.
    """
    characters = set(recipe.alphabet.code_points)
    if not characters:
        if corpus is None or corpus.train.num_rows == 0:
            raise Failure(f"the recipe of {recipe.locale} has no alphabet and no text to learn one")
        characters = set("".join(corpus.train["text"].to_pylist())) - {" "}
    extras = list(recipe.extras)
    for more in hooks.hook.vocabulary_extras(recipe=recipe):
        extras.extend(more)
    for extra in extras:
        if not is_character(extra):
            raise Failure(f"vocabulary extra {extra!r} is not a single visible character")
    characters.update(extras)
    return Vocabulary(("|", *sorted(characters), "[UNK]", "[PAD]"))


def learn_characters(texts: Iterable[str]) -> set[str]:
    """The fewest characters that cover `SHARE_TO_LEARN` of the texts."""
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(text.replace(" ", ""))
    total, covered, chosen = sum(counts.values()), 0, set()
    for character, count in counts.most_common():
        if covered >= SHARE_TO_LEARN * total:
            break
        chosen.add(character)
        covered += count
    return chosen


def save_processor(vocabulary: Vocabulary, base: str, folder: Path, family: Family) -> Any:
    """Make and save the processor that plain transformers loads from `folder`.

    The feature extractor is the base model's own, or its family's where the base has none; the
    tokenizer holds our classes.

    Returns:
        A transformers processor with ``feature_extractor`` and ``tokenizer``.
    """
    import transformers
    from transformers import Wav2Vec2CTCTokenizer

    from cvrecipes.files import write_json

    folder.mkdir(parents=True, exist_ok=True)
    write_json(folder / "vocab.json", vocabulary.numbers())
    tokenizer = Wav2Vec2CTCTokenizer(
        str(folder / "vocab.json"),
        unk_token=vocabulary.unknown_token,
        pad_token=vocabulary.blank_token,
        word_delimiter_token=vocabulary.delimiter,
        bos_token=None,
        eos_token=None,
        do_lower_case=False,
    )
    extractor = _feature_extractor(base, family)
    kind = getattr(transformers, family.processor)
    processor = kind(feature_extractor=extractor, tokenizer=tokenizer)
    processor.save_pretrained(folder)
    return processor


def _feature_extractor(base: str, family: Family) -> Any:
    """The base's own feature extractor; one with the family's defaults where it has none.

    Raises:
        Failure: this version of transformers needs another package for it.
    """
    import transformers

    try:
        try:
            return transformers.AutoFeatureExtractor.from_pretrained(base, trust_remote_code=False)
        except (OSError, ValueError):
            values = {"do_normalize": True} if family.input_name == "input_values" else {}
            kind = getattr(transformers, family.extractor)
            return kind(return_attention_mask=True, **values)
    except ImportError as error:
        # transformers 5.17 computes Parakeet's spectra with librosa, 5.24 does not.
        match = re.search(r"pip install ([\w.-]+)", str(error))
        raise Failure(
            f"transformers {transformers.__version__} needs another package for "
            f"{family.model_type} models",
            remedy=f"pip install {match[1] if match else '--upgrade transformers'}",
        ) from None


def read_vocabulary(folder: Path) -> Vocabulary:
    """The classes of a saved model.

    Raises:
        Failure: the folder has no vocab.json with ``[PAD]``, ``[UNK]`` and ``|``.
    """
    from cvrecipes.files import read_json

    numbers = read_json(folder / "vocab.json")
    tokens = tuple(sorted(numbers, key=numbers.__getitem__))
    settings = folder / "tokenizer_config.json"
    names = read_json(settings) if settings.is_file() else {}
    blank = str(names.get("pad_token", "[PAD]"))
    if blank not in tokens:
        raise Failure("has no blank among its classes", where=folder / "vocab.json")
    return Vocabulary(
        tokens,
        blank_token=blank,
        unknown_token=str(names.get("unk_token", "[UNK]")),
        delimiter=str(names.get("word_delimiter_token", "|")),
    )
