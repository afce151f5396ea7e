"""Base models: folders, Hub names, and one clear line for everything that is wrong with one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cvrecipes.errors import Failure, UsageError
from cvrecipes.models.base import TINY, Base, framing_of, open_base, tiny_folder
from cvrecipes.models.ctc import Framing
from cvrecipes.models.families import RATE

CONFIG = {
    "model_type": "wav2vec2", "hidden_size": 8, "num_hidden_layers": 2, "intermediate_size": 16,
    "conv_dim": [4, 4], "conv_kernel": [10, 3], "conv_stride": [5, 2],
}  # fmt: skip


def model(folder: Path, weights: str = "model.safetensors", **config: Any) -> Path:
    """A model folder without real weights."""
    folder.mkdir(exist_ok=True)
    (folder / "config.json").write_text(json.dumps({**CONFIG, **config}))
    (folder / weights).write_bytes(b"")
    return folder


def test_a_local_folder_opens(tmp_path: Path) -> None:
    base = open_base(str(model(tmp_path)))
    assert base.local
    assert base.where == str(tmp_path)
    assert base.framing == Framing(RATE, (10, 3), (5, 2))
    assert base.framing == framing_of(base.config)


def test_a_base_survives_json(tmp_path: Path) -> None:
    (model(tmp_path, conv_dim=[4, 4]) / "README.md").write_text("---\nlicense: mit\n---\n")
    base = open_base(str(tmp_path))
    assert Base.from_dict(json.loads(json.dumps(base.as_dict()))) == base
    assert base.license == "mit"


def test_a_folder_without_config_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"has no config\.json") as caught:
        open_base(str(tmp_path))
    assert caught.value.where == str(tmp_path)


def test_a_broken_config_is_a_failure(tmp_path: Path) -> None:
    (model(tmp_path) / "config.json").write_text("{")
    with pytest.raises(Failure, match=r"config\.json: is not JSON"):
        open_base(str(tmp_path))


@pytest.mark.parametrize("kind", ["whisper", "bert", "unknown"])
def test_a_model_without_a_ctc_form_is_refused_by_its_kind(kind: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=f"is a {kind} model, which has no CTC form"):
        open_base(str(model(tmp_path, model_type=kind)))


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("preprocessor_config.json", {"sampling_rate": 8000}),
        ("processor_config.json", {"feature_extractor": {"sampling_rate": 8000}}),
    ],
)
def test_a_model_of_another_rate_is_refused(
    file: str, content: dict[str, Any], tmp_path: Path
) -> None:
    (model(tmp_path) / file).write_text(json.dumps(content))
    with pytest.raises(UsageError, match="expects 8000 Hz, cvrecipes works at 16000 Hz"):
        open_base(str(tmp_path))


def test_pickled_weights_alone_are_refused_with_the_remedy(tmp_path: Path) -> None:
    model(tmp_path, "pytorch_model.bin")
    with pytest.raises(UsageError, match=r"no \.safetensors weights; convert it"):
        open_base(str(tmp_path))


@pytest.mark.parametrize("name", ["nothing", "./no/folder", "/no/folder", "~/no", "a/b/c"])
def test_a_name_that_is_neither_folder_nor_repository_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="there is no model folder"):
        open_base(name)


@pytest.mark.skipif(not (tiny_folder() / "config.json").is_file(), reason="no tiny encoder")
def test_the_tiny_encoder_opens_by_its_name() -> None:
    base = open_base(TINY)
    assert base.name == TINY
    assert base.local
    assert 0 < base.framing.frame_seconds <= 0.04
    assert base.framing.frames(1.0) > 0


def real_parameters(folder: Path) -> int:
    """Numbers in the weights of a folder, the output layer left out."""
    header = (folder / "model.safetensors").read_bytes()
    size = int.from_bytes(header[:8], "little")
    count = 0
    for name, tensor in json.loads(header[8 : 8 + size]).items():
        if name != "__metadata__" and not name.startswith("lm_head"):
            product = 1
            for length in tensor["shape"]:
                product *= length
            count += product
    return count


@pytest.mark.skipif(not (tiny_folder() / "model.safetensors").is_file(), reason="no tiny encoder")
def test_parameters_are_counted_from_the_config() -> None:
    counted = open_base(TINY).parameters
    assert counted == pytest.approx(real_parameters(tiny_folder()), rel=0.02)
    sizeless = Base("x", "x", {"model_type": "wav2vec2"}, Framing(), False)
    assert sizeless.parameters == 0


@pytest.mark.parametrize(
    ("card", "license"),
    [
        ("---\nlicense: cc-by-nc-4.0\n---\n# A model", "cc-by-nc-4.0"),
        ("\ufeff---\nlanguage: tr\nlicense: mit\n---\n", "mit"),
        ("---\nlicense: other\nlicense_name: my-own\nlicense_link: x\n---\n", "my-own"),
        ("---\nlicense: other\n---\n", "other"),
        ("---\nlicense: [mit, apache-2.0]\n---\n", None),
        ("---\nlicense: free for all\n---\n", None),
        ("\n---\nlicense: mit\n---\n", "mit"),
        ("---\ntags: 3\nlanguage: no\nmodel-index: 1\nlicense: mit\n---\n", "mit"),
        ("---\nlicense:\n---\n", None),
        ("---\nlanguage: tr\n---\n", None),
        ("---\nlicense: [\n---\n", None),
        ("# License: MIT, says the text\n", None),
        ("", None),
    ],
)
def test_the_license_is_what_the_card_s_metadata_names_and_nothing_else(
    card: str, license: str | None, tmp_path: Path
) -> None:
    (model(tmp_path) / "README.md").write_text(card, encoding="utf-8")
    assert open_base(str(tmp_path)).license == license


def test_a_folder_without_a_card_has_no_license(tmp_path: Path) -> None:
    assert open_base(str(model(tmp_path))).license is None


def test_the_tiny_encoder_carries_its_license() -> None:
    assert open_base(TINY).license == "apache-2.0"


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"conv_kernel": None}, "conv_kernel is None"),
        ({"conv_stride": [5, 2, 2]}, "conv_stride has 3"),
        ({"conv_stride": [5, "2"]}, "conv_stride is"),
        ({"conv_stride": [5, 0]}, "conv_stride is"),
        ({"hidden_size": None}, "hidden_size is None"),
        ({"hidden_size": "16"}, "hidden_size is '16'"),
        ({"model_type": "parakeet_ctc", "encoder_config": "a"}, "encoder_config is 'a'"),
        ({"model_type": "parakeet_ctc", "encoder_config": None}, "encoder_config is None"),
        (
            {"model_type": "parakeet_ctc", "encoder_config": {"subsampling_factor": 0}},
            r"encoder_config\.subsampling_factor is 0",
        ),
        ({"model_type": None}, "has no model_type"),
        ({"model_type": ["a"]}, "has no model_type"),
    ],
)
def test_a_config_with_a_size_that_cannot_be_is_refused_by_its_key(
    config: dict[str, Any], message: str, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match=message) as refused:
        open_base(str(model(tmp_path, **config)))
    assert "config.json" in refused.value.message


@pytest.mark.parametrize("rate", ["abc", None, 0])
def test_a_sampling_rate_that_is_no_number_is_refused(rate: Any, tmp_path: Path) -> None:
    (model(tmp_path) / "preprocessor_config.json").write_text(json.dumps({"sampling_rate": rate}))
    with pytest.raises(UsageError, match=r"preprocessor_config\.json: sampling_rate is"):
        open_base(str(tmp_path))


def test_the_feature_extractor_of_another_family_is_refused(tmp_path: Path) -> None:
    file = model(tmp_path) / "preprocessor_config.json"
    file.write_text(json.dumps({"feature_extractor_type": "WhisperFeatureExtractor"}))
    with pytest.raises(UsageError, match=r"preprocessor_config\.json: .* WhisperFeatureExtractor"):
        open_base(str(tmp_path))
    for kind in ("Wav2Vec2FeatureExtractor", "SomebodysOwn"):
        file.write_text(json.dumps({"feature_extractor_type": kind}))
        assert open_base(str(tmp_path)).local
