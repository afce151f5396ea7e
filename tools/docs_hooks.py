"""What mkdocs is told about links: pages of this repository are read on GitHub and on the site.

A page links to any file of the repository by a relative path. On the site, files that are no
pages are links to the repository, and CHANGELOG.md and CONTRIBUTING.md are pages too.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

ROOT = Path(__file__).parents[1]
OF_THE_ROOT = ("CHANGELOG.md", "CONTRIBUTING.md")
_FENCE = re.compile(r"^(```.*?^```$)", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"(?<=\]\()(?![a-z]+:|#)([^)#\s]+)(?=[)#])")


def on_files(files: Files, config: Any) -> Files:
    """Add the pages that lie beside the folder of the docs."""
    for name in OF_THE_ROOT:
        files.append(File.generated(config, name, abs_src_path=str(ROOT / name)))
    return files


def rewritten(target: str, page: str, repository: str) -> str:
    """A relative link of a page as the site needs it.

    Arguments:
        target: the link, without its anchor.
        page: path of the page in the site's sources.
        repository: where the files of the repository are shown.
    """
    here = "" if page in OF_THE_ROOT else posixpath.join("docs", posixpath.dirname(page))
    path = posixpath.normpath(posixpath.join(here, target))
    if path.startswith("docs/"):
        place = path.removeprefix("docs/")
    elif path in OF_THE_ROOT:
        place = path
    elif (ROOT / path).exists():
        kind = "tree" if (ROOT / path).is_dir() else "blob"
        return f"{repository}/{kind}/main/{path}"
    else:
        # mkdocs complains of it.
        return target
    return posixpath.relpath(place, posixpath.dirname(page) or ".")


def on_page_markdown(markdown: str, page: Any, config: Any, files: Files) -> str:
    """Rewrite the links of a page, but for those in code."""
    source = page.file.src_uri
    repository = config.extra["repository"]
    parts = _FENCE.split(markdown)
    parts[::2] = [
        _LINK.sub(lambda link: rewritten(link[1], source, repository), part) for part in parts[::2]
    ]
    return "".join(parts)
