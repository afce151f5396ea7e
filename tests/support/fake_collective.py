"""A Mozilla Data Collective of one's own: the part of its API that downloads need."""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

GOOD_KEY = "a-good-key"


@dataclass
class FakeDataset:
    """One dataset of the catalog.

    Attributes:
        accepted: whether its terms were.
        checksum: what is published; None for the right one.
    """

    id: str
    name: str
    locale: str
    content: bytes = b""
    file: str = "archive.tar.gz"
    publisher: str = "Common Voice"
    accepted: bool = True
    removed: bool = False
    checksum: str | None = None

    def details(self, address: str) -> dict[str, Any]:
        """What the API says about it."""
        return {
            "id": self.id,
            "slug": re.sub(r"\W+", "-", self.name.lower()),
            "name": self.name,
            "locale": self.locale,
            "task": "ASR",
            "format": "MP3",
            "filename": self.file,
            # The API gives sizes as strings.
            "sizeBytes": str(len(self.content)),
            "checksum": self.checksum or hashlib.sha256(self.content).hexdigest(),
            "organization": {"name": self.publisher, "slug": "x"},
            "datasetUrl": f"{address}/datasets/{self.id}",
        }


@dataclass
class FakeCollective:
    """The server's state and what it was asked.

    Attributes:
        breaks_after: a download's connection is closed after so many bytes, once.
        busy: whether every answer is 429.
        page: most datasets in one answer of the catalog.
        ranges: the Range header of each download.
    """

    datasets: dict[str, FakeDataset] = field(default_factory=dict)
    address: str = ""
    breaks_after: int | None = None
    busy: bool = False
    page: int = 100
    requests: list[str] = field(default_factory=list)
    ranges: list[str] = field(default_factory=list)

    def add(self, dataset: FakeDataset) -> FakeDataset:
        """Put a dataset into the catalog."""
        self.datasets[dataset.id] = dataset
        return dataset


@contextmanager
def serve(state: FakeCollective) -> Iterator[str]:
    """Run the server; gives the address for ``MDC_API_URL``."""

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, format: str, *words: object) -> None:
            pass

        def _json(self, value: object, status: int = 200) -> None:
            data = json.dumps(value).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def _dataset(self, name: str) -> FakeDataset | None:
            dataset = state.datasets.get(name)
            if dataset is None:
                self._json({"message": "Dataset not found"}, 404)
            elif dataset.removed:
                self._json({"message": "Dataset was removed"}, 410)
            else:
                return dataset
            return None

        def do_GET(self) -> None:
            address = urlsplit(self.path)
            parts = address.path.strip("/").split("/")
            state.requests.append(f"GET {address.path}")
            if state.busy:
                self._json({"message": "slow down"}, 429)
            elif parts == ["api", "datasets"]:
                self._catalog(parse_qs(address.query))
            elif parts[:2] == ["api", "datasets"]:
                dataset = self._dataset(parts[2])
                if dataset:
                    self._json(dataset.details(state.address))
            elif parts[0] == "files":
                self._content(state.datasets[parts[1]].content)

        def do_POST(self) -> None:
            state.requests.append(f"POST {self.path}")
            dataset = self._dataset(self.path.strip("/").split("/")[2])
            if dataset is None:
                return
            if self.headers.get("Authorization") != f"Bearer {GOOD_KEY}":
                self._json({"message": "Unauthorized"}, 401)
            elif not dataset.accepted:
                self._json({"message": "Terms have not been agreed to"}, 403)
            else:
                details = dataset.details(state.address)
                url = f"{state.address}/files/{dataset.id}"
                self._json({**details, "downloadUrl": url})

        def _catalog(self, query: dict[str, list[str]]) -> None:
            found = [
                dataset.details(state.address)
                for dataset in state.datasets.values()
                if dataset.locale in query.get("locale", [dataset.locale])
            ]
            size = min(state.page, int(query.get("limit", ["24"])[0]))
            start = size * (int(query.get("page", ["1"])[0]) - 1)
            self._json({"items": found[start : start + size], "total": len(found)})

        def _content(self, content: bytes) -> None:
            wanted = self.headers.get("Range", "")
            state.ranges.append(wanted)
            start = int(re.findall(r"\d+", wanted)[0]) if wanted else 0
            rest = content[start:]
            self.send_response(206 if wanted else 200)
            self.send_header("Content-Length", str(len(rest)))
            self.end_headers()
            if state.breaks_after is not None:
                rest, state.breaks_after = rest[: state.breaks_after], None
                self.close_connection = True
            self.wfile.write(rest)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    state.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"{state.address}/api"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
