"""The errors of Mozilla Data Collective and its SDK, as one line each."""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from cvrecipes.errors import CvrecipesError, Failure, UsageError

KEY = "MDC_API_KEY"
HOME = "https://mozilladatacollective.com"


@contextmanager
def explained(name: str, page: str = HOME) -> Iterator[None]:
    """Turn the errors of the SDK in a block into one line each.

    Arguments:
        name: the dataset or locale that was asked for.
        page: where its terms are read and accepted.

    Raises:
        UsageError: the user can correct it: no valid key, no such dataset, terms not accepted.
        Failure: the network, a full disk, or too many requests.
    """
    try:
        yield
    except (CvrecipesError, KeyboardInterrupt):
        raise
    except Exception as error:
        raise _explain(error, name, page) from None


def _explain(error: BaseException, name: str, page: str) -> BaseException:
    kinds = [kind.__name__ for kind in type(error).__mro__]
    if "DownloadError" in kinds:
        cause = error.__cause__
        if isinstance(cause, KeyboardInterrupt):
            return KeyboardInterrupt()
        stopped = Failure(
            f"the download stopped ({_told(cause or error)})",
            where=name,
            remedy="run the same command again: it goes on where it stopped",
        )
        return _explain_cause(cause, name) or stopped
    status = getattr(getattr(error, "response", None), "status_code", None)
    for kind, make in _KNOWN:
        if kind in kinds:
            return make(name, page, _told(error))
    if status is not None:
        return Failure(f"{HOME} answered {status} ({_told(error)})", where=name)
    return _explain_cause(error, name) or Failure(
        f"the Data Collective's answer is not understood ({_told(error)})",
        where=name,
        remedy="update its SDK: pip install --upgrade datacollective",
    )


def _explain_cause(error: BaseException | None, name: str) -> Failure | None:
    """Errors of the disk and of the network."""
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        return Failure(
            "the disk is full",
            where=name,
            remedy="free some space and run the same command again: it goes on where it stopped",
        )
    kinds = [kind.__name__ for kind in type(error).__mro__]
    if "ConnectionError" in kinds or "Timeout" in kinds:
        return Failure(
            f"{HOME} cannot be reached",
            where=name,
            remedy="check the network and run the same command again",
        )
    return None


_Make = Callable[[str, str, str], CvrecipesError]
_KNOWN: tuple[tuple[str, _Make], ...] = (
    (
        "AuthenticationError",
        lambda name, page, message: UsageError(
            f"the key in {KEY} is not accepted: it is wrong, expired or revoked",
            remedy=f"make a new one at {HOME}/api-reference",
        ),
    ),
    (
        "ResourceRemovedError",
        lambda name, page, message: UsageError("was removed from the Data Collective", where=name),
    ),
    (
        "FileNotFoundError",
        lambda name, page, message: UsageError(
            "there is no such dataset in the Data Collective",
            where=name,
            remedy="list a locale's with: cvrecipes fetch LOCALE --list",
        ),
    ),
    (
        "PermissionError",
        lambda name, page, message: UsageError(
            f"access is denied, most often because its terms were not accepted ({message})",
            where=name,
            remedy=f"open {page}, log in, and agree to them",
        ),
    ),
    (
        "RateLimitError",
        lambda name, page, message: Failure(
            "the Data Collective answers no more requests for now",
            where=name,
            remedy="run the same command again later",
        ),
    ),
)


def _told(error: BaseException) -> str:
    """The text of an error without the address that fills most of it."""
    text = " ".join(str(error).split())
    text = text.rpartition("— ")[2] if "— " in text else text
    return text[:200] or type(error).__name__
