"""The Hub: what is fetched from it, and one clear line for every way in which it fails."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from cvrecipes.records import RunReport

CONFIG = {
    "model_type": "wav2vec2", "hidden_size": 8, "num_hidden_layers": 2, "intermediate_size": 16,
    "conv_dim": [4, 4], "conv_kernel": [10, 3], "conv_stride": [5, 2],
}  # fmt: skip
NAME = "made-up/model"

# The Hub: huggingface_hub reads its environment once, so each of these has its own process.

ASK = """
import sys, time
def never(seconds):
    raise AssertionError("waited")  # as huggingface_hub does between its retries
time.sleep = never
from cvrecipes.models.base import open_base
from cvrecipes.errors import CvrecipesError
try:
    base = open_base(sys.argv[1])
except CvrecipesError as error:
    print(type(error).__name__, error.message)
else:
    print("found", base.where, base.local, base.framing.kernels, base.license)
"""


def ask(home: Path, name: str = NAME, **environment: str) -> str:
    """What `open_base` says in a process with an empty cache."""
    hub = {key: value for key, value in os.environ.items() if not key.startswith(("HF_", "HUGG"))}
    done = subprocess.run(
        [sys.executable, "-c", ASK, name],
        env={**hub, "HF_HOME": str(home), "no_proxy": "127.0.0.1", **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("\n") == 1, done.stdout
    noise = [line for line in done.stderr.splitlines() if "taking" not in line]
    assert noise == []
    return done.stdout


@contextmanager
def hub(
    files: dict[str, Any], status: int = 404, code: str = "EntryNotFound"
) -> Iterator[dict[str, str]]:
    """A Hub of one repository; what is not among `files` is answered with `status`."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.answer(body=True)

        def do_HEAD(self) -> None:
            self.answer(body=False)

        def answer(self, *, body: bool) -> None:
            owner_and_file = self.path.removeprefix(f"/{NAME}/resolve/main/")
            found = owner_and_file in files
            value = files.get(owner_and_file, "")
            content = (value if isinstance(value, str) else json.dumps(value)).encode()
            self.send_response(200 if found else status)
            if found:
                self.send_header("X-Repo-Commit", "a" * 40)
                self.send_header("ETag", f'"{abs(hash(content)):040x}"')
            elif code:
                self.send_header("X-Error-Code", code)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if body:
                self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield {"HF_ENDPOINT": f"http://127.0.0.1:{server.server_port}"}
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


REPOSITORY = {"config.json": CONFIG, "preprocessor_config.json": {"sampling_rate": 16_000}}


def test_offline_a_name_that_is_not_cached_gives_one_line_with_the_remedy(tmp_path: Path) -> None:
    answer = ask(tmp_path, HF_HUB_OFFLINE="1")
    assert answer.startswith("OutOfReach ")
    assert NAME in answer
    assert f"hf download {NAME}" in answer
    assert "--base tiny" in answer


def test_a_repository_of_the_hub_opens_and_is_cached(tmp_path: Path) -> None:
    with hub(REPOSITORY) as environment:
        assert ask(tmp_path, **environment) == f"found {NAME} False (10, 3) None\n"
    assert ask(tmp_path, HF_HUB_OFFLINE="1") == f"found {NAME} False (10, 3) None\n"


def test_the_license_of_a_repository_is_that_of_its_card_also_offline(tmp_path: Path) -> None:
    card = "---\nlicense: cc-by-nc-4.0\n---\n"
    with hub({**REPOSITORY, "README.md": card}) as environment:
        assert ask(tmp_path, **environment).endswith(" cc-by-nc-4.0\n")
    assert ask(tmp_path, HF_HUB_OFFLINE="1").endswith(" cc-by-nc-4.0\n")


def test_a_repository_without_a_preprocessor_opens(tmp_path: Path) -> None:
    with hub({"config.json": CONFIG}) as environment:
        assert ask(tmp_path, **environment).startswith(f"found {NAME}")


@pytest.mark.parametrize(
    "files",
    [
        {"preprocessor_config.json": {"sampling_rate": 8000}},
        {"processor_config.json": {"feature_extractor": {"sampling_rate": 8000}}},
    ],
    ids=lambda files: next(iter(files)),
)
def test_a_repository_of_another_rate_is_refused(files: dict[str, Any], tmp_path: Path) -> None:
    with hub({"config.json": CONFIG, **files}) as environment:
        answer = ask(tmp_path, **environment)
    assert answer.startswith("UsageError ")
    assert "expects 8000 Hz" in answer


def test_a_repository_of_another_kind_is_refused(tmp_path: Path) -> None:
    with hub({"config.json": {"model_type": "whisper"}}) as environment:
        answer = ask(tmp_path, **environment)
    assert answer.startswith("UsageError ")
    assert "is a whisper model" in answer


@pytest.mark.parametrize(
    ("status", "code", "kind", "words"),
    [
        (404, "RepoNotFound", "Failure", "has no model 'made-up/model'"),
        (401, "RepoNotFound", "Failure", "has no model 'made-up/model'"),
        (404, "EntryNotFound", "UsageError", "has no config.json"),
        (401, "GatedRepo", "Failure", "hf auth login"),
        (403, "GatedRepo", "Failure", "hf auth login"),
        (401, "", "Failure", "cannot be fetched"),
    ],
)
def test_a_refusal_of_the_hub_is_one_clear_line(
    status: int, code: str, kind: str, words: str, tmp_path: Path
) -> None:
    with hub({}, status, code) as environment:
        answer = ask(tmp_path, **environment)
    assert answer.startswith(f"{kind} ")
    assert words in answer


def test_a_hub_that_forbids_is_not_called_unreachable(tmp_path: Path) -> None:
    with hub({}, 403, "") as environment:
        answer = ask(tmp_path, **environment)
    assert answer.startswith("Failure ")
    assert "cannot be reached" not in answer


def test_a_broken_hub_gives_one_line_with_the_remedy(tmp_path: Path) -> None:
    with hub({}, 500, "") as environment:
        answer = ask(tmp_path, **environment)
    assert answer.startswith("OutOfReach the Hub (http://127.0.0.1:")
    assert "answers 500" in answer
    assert f"hf download {NAME}" in answer


def test_a_refused_connection_gives_one_line_with_the_remedy(tmp_path: Path) -> None:
    with hub({}) as environment:
        closed = environment
    answer = ask(tmp_path, **closed)
    assert answer.startswith(f"OutOfReach cannot reach the Hub ({closed['HF_ENDPOINT']}: ")
    assert f"hf download {NAME}" in answer
    assert "give a local folder with --base, or --base tiny" in answer


def test_a_cached_model_opens_though_the_hub_is_gone(tmp_path: Path) -> None:
    with hub(REPOSITORY) as environment:
        ask(tmp_path, **environment)
    assert ask(tmp_path, **environment) == f"found {NAME} False (10, 3) None\n"


def test_a_config_that_is_no_table_is_refused(tmp_path: Path) -> None:
    with hub({"config.json": ["no", "table"]}) as environment:
        assert ask(tmp_path, **environment).startswith(("Failure ", "UsageError "))


def test_a_name_the_hub_does_not_allow_is_refused(tmp_path: Path) -> None:
    answer = ask(tmp_path, "made up/model?", HF_HUB_OFFLINE="1")
    assert answer.startswith("UsageError ")
    assert "no Hub repository name" in answer


def test_a_failed_push_is_one_line_with_the_command_to_repeat_it(
    micro_run: RunReport, monkeypatch: pytest.MonkeyPatch
) -> None:
    import huggingface_hub

    from cvrecipes.errors import Failure
    from cvrecipes.models.hub import push

    def refuse(*_: Any, **__: Any) -> None:
        raise OSError("no network\nat all")

    api = SimpleNamespace(create_repo=refuse, upload_folder=refuse)
    monkeypatch.setattr(huggingface_hub, "HfApi", lambda: api)
    with pytest.raises(Failure, match="hf upload me/mine") as refused:
        push(micro_run.folder / "model", "me/mine")
    assert "\n" not in refused.value.message
