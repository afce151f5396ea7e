"""Pushing a finished model to a Hub repository, only when asked."""

from __future__ import annotations

from pathlib import Path

from cvrecipes.errors import Failure


def push(folder: Path, repository: str) -> None:
    """Upload the model folder.

    Raises:
        Failure: no login, no right, or no network; the local model stays as it is.
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
