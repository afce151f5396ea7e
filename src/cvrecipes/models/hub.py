"""The Hugging Face Hub: reaching it, fetching models' small files, pushing a model."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cvrecipes.console import say
from cvrecipes.errors import Failure, UsageError
from cvrecipes.files import read_json

_PATIENCE = 6.0  # seconds for each of connecting and answering


class OutOfReach(Failure):
    """A model is neither on this machine nor, for now, to be had from the Hub.

    Arguments:
        name: the repository.
        what, remedy: see `cvrecipes.errors.CvrecipesError`.
    """

    def __init__(self, name: str, what: str, remedy: str) -> None:
        self.name = name
        super().__init__(what, remedy=remedy)


@dataclass(frozen=True, slots=True)
class Repository:
    """The small files of a model repository.

    Attributes:
        config: config.json.
        extractor: preprocessor_config.json or processor_config.json; empty if there is neither.
        card: README.md; empty if there is none.
    """

    config: Mapping[str, Any]
    extractor: Mapping[str, Any]
    card: str


def is_name(text: str) -> bool:
    """Whether a text can name a Hub repository: ``owner/name``, and no path."""
    return text.count("/") == 1 and not text.startswith((".", "/", "~"))


def quiet() -> None:
    """Silence huggingface_hub's warnings and telemetry."""
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    logging.getLogger("huggingface_hub").setLevel(logging.ERROR)


def reach(name: str, remedy: str) -> None:
    """Check once, for a few seconds at most, that the Hub can be reached.

    huggingface_hub tries an unreachable Hub six times, and waits and prints a line each time. If
    the model is in the local cache, this process continues offline.

    Arguments:
        name: a Hub repository.
        remedy: what to do when the model can be neither fetched nor taken from the cache.

    Raises:
        OutOfReach: the Hub cannot be reached or answers with an error, and the model is not
            cached.
    """
    quiet()
    from huggingface_hub import (
        constants,
        get_session,
        get_token,
        hf_hub_url,
        is_offline_mode,
        try_to_load_from_cache,
    )
    from huggingface_hub.errors import HFValidationError

    if is_offline_mode():
        return
    try:
        url = hf_hub_url(name, "config.json")
        cached = isinstance(try_to_load_from_cache(name, "config.json"), str)
    except HFValidationError:
        return  # `fetch` gives the better message
    try:
        token = get_token()
        headers = {"authorization": f"Bearer {token}"} if token else {}
        answer = get_session().head(url, headers=headers, timeout=_PATIENCE)
    except Exception as error:  # the error depends on huggingface_hub's HTTP library
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        trouble = f"cannot reach the Hub ({constants.ENDPOINT}: {reason})"
    else:
        if answer.status_code < 500 and answer.status_code != 429:
            return
        trouble = f"the Hub ({constants.ENDPOINT}) answers {answer.status_code}"
    if not cached:
        raise OutOfReach(name, f"{trouble}, and {name} is not in the local cache", remedy)
    say(f"{trouble}; taking {name} from the local cache")
    os.environ["HF_HUB_OFFLINE"] = "1"
    constants.HF_HUB_OFFLINE = True


def fetch(name: str) -> Repository:
    """The small files of a Hub repository, from cache or network.

    Raises:
        UsageError: the name cannot be a repository's, or the repository holds no model.
        OutOfReach: see `reach`.
        Failure: a file cannot be fetched, or the user has no access.
    """
    remedy = (
        f"connect, or fetch it elsewhere with: hf download {name}; "
        "or give a local folder with --base, or --base tiny"
    )
    reach(name, remedy)
    from huggingface_hub import hf_hub_download, is_offline_mode
    from huggingface_hub.errors import (
        EntryNotFoundError,
        GatedRepoError,
        HfHubHTTPError,
        HFValidationError,
        LocalEntryNotFoundError,
        RepositoryNotFoundError,
    )

    try:
        config = _table(Path(hf_hub_download(name, "config.json")))
    except HFValidationError:
        raise UsageError(f"{name!r} is no model folder and no Hub repository name") from None
    except GatedRepoError:
        raise Failure(
            f"the Hub wants you to accept the terms of {name}",
            remedy="visit its page, then run: hf auth login",
        ) from None
    except RepositoryNotFoundError:
        raise Failure(
            f"the Hub has no model {name!r} that you may read", remedy="check the name"
        ) from None
    except LocalEntryNotFoundError as error:
        answer = getattr(error.__cause__, "response", None)
        if answer is not None and answer.status_code in (401, 403):
            raise Failure(
                f"the Hub refuses to give {name} ({answer.status_code})",
                remedy="log in with: hf auth login",
            ) from None
        why = "HF_HUB_OFFLINE is set" if is_offline_mode() else "the Hub cannot be reached"
        raise OutOfReach(
            name, f"base model {name} is not in the local cache, and {why}", remedy
        ) from None
    except EntryNotFoundError:
        raise UsageError(f"{name!r} has no config.json", remedy="is it a model?") from None
    except (HfHubHTTPError, OSError) as error:
        first = str(error).strip().splitlines()[0]
        raise Failure(f"base model {name} cannot be fetched: {first}", remedy=remedy) from None
    extractor: dict[str, Any] = {}
    for file in ("preprocessor_config.json", "processor_config.json"):
        path = optional_file(name, file)
        if path is not None:
            extractor = _table(path)
            break
    card = optional_file(name, "README.md")
    text = card.read_text(encoding="utf-8-sig", errors="replace") if card else ""
    return Repository(config, extractor, text)


def optional_file(name: str, file: str) -> Path | None:
    """A file of a repository; None if it does not exist or cannot be fetched."""
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import (
        EntryNotFoundError,
        HfHubHTTPError,
        HFValidationError,
        LocalEntryNotFoundError,
    )

    absent = (EntryNotFoundError, LocalEntryNotFoundError, HfHubHTTPError, HFValidationError)
    try:
        return Path(hf_hub_download(name, file))
    except (*absent, OSError):
        return None


def _table(path: Path) -> dict[str, Any]:
    value = read_json(path)
    if not isinstance(value, dict):
        raise Failure("is not a table", where=path)
    return value


def push(folder: Path, repository: str) -> None:
    """Upload a model folder.

    Raises:
        Failure: there is no login, no permission or no network; the local model is unchanged.
    """
    from huggingface_hub import HfApi
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError

    api = HfApi()
    try:
        api.create_repo(repository, exist_ok=True)
        api.upload_folder(repo_id=repository, folder_path=str(folder))
    except (HfHubHTTPError, HFValidationError, OSError) as error:
        first = str(error).strip().splitlines()[0]
        raise Failure(
            f"the model could not be pushed to {repository}: {first}",
            remedy=f"log in with hf auth login, then: hf upload {repository} {folder}",
        ) from None
