"""cvrecipes doctor: what it checks, and that a broken part is a finding, not a crash."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any

import pytest

from cvrecipes.cli import doctor

Call = Callable[..., Any]
PARTS = {
    "python", "torch", "torchaudio", "transformers", "datasets", "accelerate", "rapidfuzz",
    "soundfile", "soxr", "tensorboard", "mp3", "gpu", "cpu", "disk", "built-in sample",
    "base model", "voices", "recipes",
}  # fmt: skip


def findings(call: Call) -> tuple[int, dict[str, dict[str, str]]]:
    got = call("doctor", "--json")
    assert "Traceback" not in got.err
    return got.code, {entry["what"]: entry for entry in json.loads(got.out)}


def test_the_doctor_checks_everything_and_this_machine_is_well(call: Call) -> None:
    code, found = findings(call)
    assert set(found) >= PARTS
    assert code == 0, [entry for entry in found.values() if entry["state"] == "bad"]
    for entry in found.values():
        assert set(entry) == {"what", "state", "found", "mend"}
        assert entry["state"] in ("ok", "note") and entry["found"]


def test_the_doctor_prints_a_line_for_each_finding(call: Call) -> None:
    got = call("doctor")
    assert got.code == 0 and got.err == ""
    lines = [line for line in got.out.splitlines() if "mend with:" not in line]
    assert len(lines) == len(doctor.examine())
    assert all(line.startswith(("ok ", "note ")) for line in lines)


def test_on_a_narrow_terminal_findings_wrap_and_commands_do_not(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = doctor.Finding("gpu", "bad", "word " * 20, "pip install 'torch>=2.11,<2.13' and more")
    monkeypatch.setattr(doctor, "examine", lambda: [long])
    monkeypatch.setenv("COLUMNS", "40")
    assert len(call("doctor").out.splitlines()) == 2
    monkeypatch.setattr("cvrecipes.cli.output.terminal_width", lambda: 40)
    *wrapped, command = call("doctor").out.splitlines()
    assert len(wrapped) == 5
    assert all(len(line) <= 40 for line in wrapped)
    assert all(line.startswith(" " * 21 + "word") for line in wrapped[1:])
    assert command.endswith(f"mend with: {long.mend}")


def test_a_broken_torchaudio_is_named_with_the_command_that_mends_it(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> str:
        raise OSError("libc10_cuda.so: cannot open shared object file")

    monkeypatch.setattr(doctor, "_torchaudio", broken)
    code, found = findings(call)
    assert code == 1
    assert found["torchaudio"] == {
        "what": "torchaudio",
        "state": "bad",
        "found": "OSError: libc10_cuda.so: cannot open shared object file",
        "mend": "pip install 'torch>=2.11,<2.13' 'torchaudio>=2.11,<2.12'",
    }
    assert [what for what, entry in found.items() if entry["state"] == "bad"] == ["torchaudio"]
    got = call("doctor")
    assert got.code == 1 and "Traceback" not in got.out + got.err
    lines = got.out.splitlines()
    place = next(i for i, line in enumerate(lines) if line.startswith("bad  torchaudio"))
    assert "libc10_cuda" in lines[place]
    assert "mend with: pip install 'torch>=" in lines[place + 1]


def test_a_torchaudio_that_does_not_import_is_a_finding(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "torchaudio", None)
    code, found = findings(call)
    assert code == 1 and found["torchaudio"]["state"] == "bad"
    assert "torchaudio" in found["torchaudio"]["found"] and found["torchaudio"]["mend"]


def test_a_torch_that_does_not_import_is_a_finding(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    code, found = findings(call)
    assert code == 1
    assert found["torch"]["state"] == found["gpu"]["state"] == "bad"
    assert found["gpu"]["mend"] == found["torch"]["mend"] != ""


def test_missing_mp3_support_is_a_finding(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    import soundfile

    def refuse(*_: Any, **__: Any) -> None:
        raise soundfile.LibsndfileError(1)

    monkeypatch.setattr(soundfile, "write", refuse)
    code, found = findings(call)
    assert code == 1 and found["mp3"]["state"] == "bad"
    assert "pip install" in found["mp3"]["mend"]


def test_missing_packages_and_a_missing_sample_are_findings(
    call: Call, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    from importlib.metadata import PackageNotFoundError

    import cvrecipes.models.base

    def none(name: str) -> str:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(doctor, "version", none)
    monkeypatch.setattr(cvrecipes.models.base, "tiny_folder", lambda: tmp_path)
    code, found = findings(call)
    assert code == 1
    assert found["rapidfuzz"]["found"] == "not installed" and found["rapidfuzz"]["mend"]
    assert found["voices"]["state"] == "note"
    assert "is missing" in found["built-in sample"]["found"]


def test_a_broken_recipe_is_a_finding(
    call: Call, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    def broken() -> str:
        raise RuntimeError("plugin x cannot be loaded")

    monkeypatch.setattr(doctor, "_plugins", broken)
    code, found = findings(call)
    assert code == 1 and "plugin x" in found["recipes"]["found"]
