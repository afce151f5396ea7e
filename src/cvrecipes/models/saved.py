"""Finding, reading and loading a trained model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cvrecipes.errors import Failure, UsageError
from cvrecipes.files import read_json
from cvrecipes.models import hub
from cvrecipes.models.ctc import Vocabulary
from cvrecipes.models.inference import AcousticModel
from cvrecipes.models.vocabulary import read_vocabulary
from cvrecipes.run_folder import RunFolder

_REMEDY = "a file is missing or damaged: copy the model again, or run again with --resume"
_UNUSED = "masked_spec_embed"  # only training uses it, and many models are saved without


@dataclass(frozen=True, slots=True)
class SavedModel:
    """A trained model, loaded.

    Attributes:
        where: its folder, or its Hub repository.
        acoustic: clips to logits.
        vocabulary: the classes.
        model, processor: those of transformers.
    """

    where: str
    acoustic: AcousticModel
    vocabulary: Vocabulary
    model: Any
    processor: Any


def load(where: str | Path, device: str = "auto") -> SavedModel:
    """Load a trained model in fp32.

    Arguments:
        where: a model folder, a run folder, or a Hub repository.
        device: ``cpu``, ``cuda``, ``mps``, ``cuda:1``, or ``auto``.

    Raises:
        UsageError: the folder holds no CTC model.
        Failure: the model cannot be loaded, or vocabulary and output layer differ in size.
    """
    from cvrecipes.models.devices import choose, quiet_transformers

    quiet_transformers()
    from transformers import AutoModelForCTC, AutoProcessor

    local = model_folder(where)
    if local is None:
        hub.reach(str(where), "connect, or give the folder of a model")
    where = str(local or where)
    try:
        processor = AutoProcessor.from_pretrained(where, trust_remote_code=False)
        model, loading = AutoModelForCTC.from_pretrained(
            where, use_safetensors=True, trust_remote_code=False, dtype="float32",
            output_loading_info=True,
        )  # fmt: skip
    except Exception as error:  # transformers raises whatever a damaged file leads to
        first = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise Failure(f"the model cannot be loaded: {first}", where=where, remedy=_REMEDY) from None
    absent = [name for name in loading["missing_keys"] if not name.endswith(_UNUSED)]
    if absent or loading["mismatched_keys"]:
        name = absent[0] if absent else str(next(iter(loading["mismatched_keys"]))[0])
        raise Failure(
            f"the model cannot be loaded: its weights lack {name} or have another shape",
            where=where,
            remedy=_REMEDY,
        )
    vocabulary = _vocabulary_of(processor, where)
    if len(vocabulary) != model.config.vocab_size:
        raise Failure(
            f"the model writes {model.config.vocab_size} classes, "
            f"its vocabulary holds {len(vocabulary)}",
            where=where,
        )
    placed = choose(device)
    model = model.to(placed).eval()
    acoustic = AcousticModel(model, processor.feature_extractor, placed)
    return SavedModel(where, acoustic, vocabulary, model, processor)


def model_folder(where: str | Path) -> Path | None:
    """The transformers folder of a model: `where` itself, or ``model/`` in a run folder.

    Returns:
        None if `where` can only be the name of a Hub repository.

    Raises:
        UsageError: the folder holds no CTC model.
        Failure: its config.json is damaged.
    """
    folder = Path(where)
    if not folder.is_dir():
        if hub.is_name(str(where)):
            return None
        raise UsageError("there is no such model folder", where=folder)
    if (folder / "trainer_state.json").is_file():
        model = RunFolder(folder.parent.parent).model
        remedy = f"give {model}" if model.is_dir() else "finish the run with --resume first"
        raise UsageError(
            "is a checkpoint of a training, not a finished model", where=folder, remedy=remedy
        )
    if not (folder / "config.json").is_file():
        run = RunFolder(folder)
        if (run.model / "config.json").is_file():
            folder = run.model
        elif run.plan.is_file():
            raise UsageError(
                "is an unfinished run, which has no model yet", where=folder,
                remedy=f"finish it first: cvrecipes run ... --out {folder} --resume",
            )  # fmt: skip
        else:
            raise UsageError(
                "is no model folder: it has no config.json", where=folder,
                remedy="give the model/ folder of a run",
            )  # fmt: skip
    read_json(folder / "config.json")
    return folder


def saved_recipe(where: str | Path) -> Mapping[str, Any] | None:
    """The resolved recipe that a model was trained with, or None if it is unknown.

    Arguments:
        where: a model folder, a run folder, or a Hub repository.

    Raises:
        Failure: its recipe.json is damaged, or the Hub cannot be reached.
    """
    path = _small_file(where, "recipe.json")
    value = read_json(path) if path else None
    return value if isinstance(value, dict) else None


def card_languages(where: str | Path) -> tuple[str, ...]:
    """The languages that the metadata of a model's card names; empty if it names none.

    They are codes of ISO 639 or names such as ``multilingual``, as whoever wrote the card chose.

    Arguments:
        where: as for `saved_recipe`.

    Raises:
        Failure: the Hub cannot be reached.
    """
    path = _small_file(where, "README.md")
    if path is None:
        return ()
    from huggingface_hub import metadata_load

    try:
        metadata = metadata_load(path)
    except Exception:  # the YAML may be damaged in many ways; a card decides nothing else
        return ()
    named = metadata.get("language") if isinstance(metadata, dict) else None
    listed = named if isinstance(named, list) else [named]
    return tuple(code for code in listed if isinstance(code, str) and code)


def _small_file(where: str | Path, name: str) -> Path | None:
    folder = Path(where)
    if folder.is_dir():
        places = (folder / name, RunFolder(folder).model / name)
        return next((path for path in places if path.is_file()), None)
    hub.reach(str(where), "connect, or give the folder of a model")
    return hub.optional_file(str(where), name)


def _vocabulary_of(processor: Any, where: str) -> Vocabulary:
    if Path(where).is_dir() and (Path(where) / "vocab.json").is_file():
        return read_vocabulary(Path(where))
    tokenizer = processor.tokenizer
    numbers: dict[str, int] = tokenizer.get_vocab()
    return Vocabulary(
        tuple(sorted(numbers, key=numbers.__getitem__)),
        blank_token=tokenizer.pad_token,
        unknown_token=tokenizer.unk_token,
        delimiter=tokenizer.word_delimiter_token,
    )
