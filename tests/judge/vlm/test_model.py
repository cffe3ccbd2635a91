"""What is missing or does not fit is said before anything is judged."""

import dataclasses
import json
import shutil

import psutil
import pytest
import torch

from lawful.core import weights as digests
from lawful.core.errors import AbsentError, InputError
from lawful.judge.vlm.files import find_model
from lawful.judge.vlm.judge import make_vlm
from lawful.judge.vlm.model import check_device, load_model
from lawful.judge.vlm.settings import VlmSettings


@pytest.fixture
def copied(model_folder, tmp_path):
    """A copy of a tiny model's folder, to be spoilt."""

    def copy(name="qwen3_vl"):
        return shutil.copytree(model_folder(name), tmp_path / name)

    return copy


def test_a_folder_is_found_with_all_its_parts(model_folder):
    files = find_model(str(model_folder("qwen3_vl")))
    assert files.config["model_type"] == "qwen3_vl"
    assert files.preprocessing["size"]["shortest_edge"] == 256
    assert [path.name for path in files.weights] == ["model.safetensors"]
    assert set(files.identity()) == {"weights", "files"}


def test_a_name_that_is_nothing_is_refused():
    with pytest.raises(
        AbsentError, match=r"there is no folder '/nowhere/at/all', and it is no id of the hub"
    ):
        make_vlm("/nowhere/at/all", {})


def test_a_hub_id_is_fetched_and_what_the_hub_says_is_told(model_folder, monkeypatch):
    import huggingface_hub

    asked = {}

    def fetch(name, revision, allow_patterns):
        asked.update(name=name, revision=revision, patterns=allow_patterns)
        return str(model_folder("qwen3_vl"))

    monkeypatch.setattr(huggingface_hub, "snapshot_download", fetch)
    judge = make_vlm("some-org/some-model", {"revision": "v2", "chat": "family"})
    assert judge.name == "vlm:some-org/some-model"
    assert (asked["name"], asked["revision"]) == ("some-org/some-model", "v2")
    assert not any(pattern.endswith((".bin", ".py")) for pattern in asked["patterns"])

    def refuse(*_args, **_kwargs):
        raise OSError("no network\nat all")

    monkeypatch.setattr(huggingface_hub, "snapshot_download", refuse)
    message = "there is no folder 'some-org/other', and the hub gives no such model: OSError: no network"
    with pytest.raises(AbsentError, match=message):
        make_vlm("some-org/other", {})


def test_a_local_folder_goes_before_the_hub(model_folder, monkeypatch, tmp_path):
    shutil.copytree(model_folder("qwen3_vl"), tmp_path / "org" / "name")
    monkeypatch.chdir(tmp_path)
    assert find_model("org/name").folder.name == "name"


def test_a_folder_without_configuration_is_no_model(tmp_path):
    with pytest.raises(AbsentError, match=r"holds no config\.json, so it is no model's folder"):
        make_vlm(str(tmp_path), {})


def test_missing_and_pickled_weights_are_refused(copied):
    folder = copied()
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(
        AbsentError, match=r"has its weights as pytorch_model\.bin only, a format that can run code"
    ):
        make_vlm(str(folder), {})
    (folder / "pytorch_model.bin").unlink()
    with pytest.raises(AbsentError, match=r"holds no weights\. Needed: model\.safetensors"):
        make_vlm(str(folder), {})


def test_a_missing_shard_is_named(copied):
    folder = copied()
    index = {"weight_map": {"a": "model-1.safetensors", "b": "model-2.safetensors"}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    (folder / "model.safetensors").rename(folder / "model-1.safetensors")
    with pytest.raises(AbsentError, match=r"lacks 1 of its 2 files of weights, such as model-2\.safetensors"):
        make_vlm(str(folder), {})


@pytest.mark.parametrize("shard", ["../model-1.safetensors", "/etc/passwd", "a/b.safetensors", "model-1.bin"])
def test_an_index_names_safetensors_of_its_own_folder_alone(copied, shard):
    folder = copied()
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": {"a": shard}}))
    (folder / "model.safetensors").rename(folder.parent / "model-1.safetensors")
    with pytest.raises(InputError, match=r"index\.json names '.*' as a file of weights\. Needed: names of "):
        make_vlm(str(folder), {})


@pytest.mark.parametrize("index", [{"weight_map": {"a": 3}}, {"weight_map": ["a"]}, {"other": 1}])
def test_an_index_without_files_is_refused(copied, index):
    folder = copied()
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    (folder / "model.safetensors").unlink()
    with pytest.raises(AbsentError, match="lacks 0 of its 0 files of weights, such as all"):
        make_vlm(str(folder), {})


def test_shards_are_read_and_a_single_file_goes_before_them(copied):
    from safetensors.torch import load_file, save_file

    folder = copied()
    whole = folder / "model.safetensors"
    held = load_file(whole)
    names = sorted(held)
    parts = {"model-1.safetensors": names[::2], "model-2.safetensors": names[1::2]}
    for file, inside in parts.items():
        save_file({name: held[name] for name in inside}, folder / file, {"format": "pt"})
    places = {name: file for file, inside in parts.items() for name in inside}
    index = {"metadata": {}, "weight_map": places}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    assert [path.name for path in find_model(str(folder)).weights] == ["model.safetensors"]
    expected = load(folder).model.state_dict()
    whole.unlink()
    assert [path.name for path in find_model(str(folder)).weights] == sorted(parts)
    found = load(folder).model.state_dict()
    assert all(torch.equal(found[name], tensor) for name, tensor in expected.items())


def test_adapters_other_weights_and_quantised_ones_are_refused(copied):
    folder = copied()
    (folder / "adapter_config.json").write_text("{}")
    with pytest.raises(
        InputError, match=r"holds adapter_config\.json.*Needed: a folder with the adapter merged"
    ):
        make_vlm(str(folder), {})
    (folder / "adapter_config.json").unlink()
    plain = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(plain | {"transformers_weights": "adapter_model.bin"}))
    with pytest.raises(
        InputError, match=r"names 'adapter_model\.bin' as the file of weights.*and no such name"
    ):
        make_vlm(str(folder), {})
    config = plain | {"quantization_config": {"quant_method": "fp8"}}
    (folder / "config.json").write_text(json.dumps(config))
    with pytest.raises(
        InputError, match=r"holds quantised weights \(fp8\).*Needed: the model in float32, bfloat16"
    ):
        make_vlm(str(folder), {})


def test_another_architecture_is_refused(copied):
    folder = copied()
    config = json.loads((folder / "config.json").read_text()) | {"model_type": "mamba"}
    (folder / "config.json").write_text(json.dumps(config))
    with pytest.raises(InputError, match=r"is of type 'mamba' .*Supported: qwen3_vl, qwen2_5_vl"):
        make_vlm(str(folder), {})


def test_broken_json_is_named(copied):
    folder = copied()
    (folder / "config.json").write_text("{")
    with pytest.raises(InputError, match=r"config\.json: cannot be read as JSON"):
        make_vlm(str(folder), {})
    (folder / "config.json").write_text("[]")
    with pytest.raises(InputError, match=r"config\.json: expected an object, found list"):
        make_vlm(str(folder), {})


def load(folder, **settings):
    judge = make_vlm(str(folder), {"chat": "family", **settings})
    return load_model(judge.files, judge.family, judge.settings)


def test_weights_that_lack_a_tensor_are_not_filled_up_at_random(copied):
    from safetensors.torch import load_file, save_file

    folder = copied()
    held = load_file(folder / "model.safetensors")
    gone = next(name for name in held if "q_proj" in name)
    del held[gone]
    save_file(held, folder / "model.safetensors", {"format": "pt"})
    with pytest.raises(
        AbsentError, match=r"its weights lack 1 tensors that Qwen3VLForConditionalGeneration needs"
    ):
        load(folder)


def test_broken_weights_and_tokenizers_are_named(copied):
    folder = copied()
    (folder / "tokenizer.json").write_text("{}")
    with pytest.raises(AbsentError, match=r"its tokenizer cannot be loaded: .*Needed: tokenizer\.json"):
        load(folder)
    folder = copied("smolvlm")
    (folder / "model.safetensors").write_bytes(b"nothing")
    with pytest.raises(InputError, match="the model cannot be loaded: "):
        load(folder)


def test_code_that_comes_with_a_model_is_not_run(copied):
    folder = copied()
    config = json.loads((folder / "config.json").read_text())
    config["auto_map"] = {"AutoConfig": "evil.Config", "AutoModel": "evil.Model"}
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "evil.py").write_text("raise SystemExit('ran')")
    assert load(folder).model.config.model_type == "qwen3_vl"


def test_a_gpu_that_is_not_here_is_refused(model_folder, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    message = r'device cuda is asked for and there are 0 GPUs that torch .* can use\. Set device = "cpu"'
    with pytest.raises(AbsentError, match=message):
        make_vlm(str(model_folder("qwen3_vl")), {"device": "cuda"})
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    check_device("cuda")
    with pytest.raises(AbsentError, match="device cuda:3 is asked for and there are 1 GPU that"):
        check_device("cuda:3")


def test_memory_that_does_not_suffice_is_said_before_loading(model_folder, monkeypatch):
    class Little:
        available, total = 1000, 2**30

    judge = make_vlm(str(model_folder("qwen3_vl")), {})
    monkeypatch.setattr(psutil, "virtual_memory", Little)
    message = r"takes 0\.0 GiB in float32, and 0\.0 of 1\.0 GiB are free on cpu\. Show fewer"
    with pytest.raises(AbsentError, match=message):
        load_model(judge.files, judge.family, judge.settings)


@pytest.mark.parametrize(
    ("told", "times"),
    [
        ({"dtype": "float32"}, 1),
        ({"torch_dtype": "bfloat16"}, 2),
        ({"text_config": {"dtype": "bfloat16"}}, 2),
        ({"text_config": {"dtype": "float32"}}, 1),
        ({}, 2),
    ],
)
def test_memory_is_counted_from_how_the_weights_are_stored(model_folder, monkeypatch, told, times):
    judge = make_vlm(str(model_folder("qwen3_vl")), {})
    files = dataclasses.replace(judge.files, config=told, weights_bytes=3 * 2**30)

    class Little:
        available, total = 1000, 2**30

    monkeypatch.setattr(psutil, "virtual_memory", Little)
    with pytest.raises(AbsentError, match=rf"takes {3 * times}\.0 GiB in float32"):
        load_model(files, judge.family, judge.settings)


@pytest.mark.parametrize(
    "words",
    [
        "[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried to allocate",
        "CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`",
    ],
)
def test_memory_that_runs_out_while_loading_is_said(model_folder, monkeypatch, words):
    import transformers

    def full(*_args, **_kwargs):
        raise RuntimeError(words)

    judge = make_vlm(str(model_folder("qwen3_vl")), {})
    monkeypatch.setattr(transformers.Qwen3VLForConditionalGeneration, "from_pretrained", full)
    with pytest.raises(
        AbsentError, match=r"ran out of memory while loading .* onto cpu: .* GiB are free on cpu"
    ):
        load_model(judge.files, judge.family, judge.settings)


def test_a_package_that_is_not_installed_is_named(model_folder, monkeypatch):
    import importlib.util

    found = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "transformers" else found(name)
    )
    message = r"transformers is needed for vision-language models and is not installed\. Run: pip install 'lawful\[vlm\]'"
    with pytest.raises(AbsentError, match=message):
        make_vlm(str(model_folder("qwen3_vl")), {})


def test_digests_are_of_content_and_kept(copied, monkeypatch):
    folder = copied()
    first = find_model(str(folder)).identity()
    moved = folder.rename(folder.with_name("elsewhere"))
    assert find_model(str(moved)).identity() == first
    read = []
    monkeypatch.setattr(digests, "file_sha256", lambda path: read.append(path) or "0" * 64)
    assert find_model(str(moved)).identity() == first
    assert read == []
    with (moved / "model.safetensors").open("ab") as file:
        file.write(b"\0")
    assert find_model(str(moved)).identity()["weights"] != first["weights"]
    assert len(read) == 1
    (moved / "tokenizer_config.json").write_text("{}")
    assert find_model(str(moved)).identity()["files"] != first["files"]


def test_a_cache_that_cannot_be_used_only_costs_time(copied, monkeypatch, tmp_path):
    folder = copied()
    expected = find_model(str(folder)).identity()
    blocked = tmp_path / "blocked"
    blocked.write_text("a file")
    monkeypatch.setenv("XDG_CACHE_HOME", str(blocked))
    assert find_model(str(folder)).identity() == expected
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "held"))
    (tmp_path / "held" / "lawful").mkdir(parents=True)
    (tmp_path / "held" / "lawful" / "digests.json").write_text("no json")
    assert find_model(str(folder)).identity() == expected


def test_a_template_of_its_own_file_is_taken(copied):
    folder = copied("smolvlm")
    assert load(folder).tokenizer.chat_template is None
    (folder / "chat_template.json").write_text(json.dumps({"chat_template": "{{ messages }}"}))
    assert load(folder).tokenizer.chat_template == "{{ messages }}"


def test_tied_weights_are_not_taken_for_missing_ones(copied):
    import transformers

    folder = copied()
    config = transformers.AutoConfig.from_pretrained(folder)
    config.tie_word_embeddings = config.text_config.tie_word_embeddings = True
    transformers.Qwen3VLForConditionalGeneration(config).save_pretrained(folder)
    loaded = load(folder).model
    assert loaded.get_output_embeddings().weight is loaded.get_input_embeddings().weight


def test_loading_prints_nothing_and_leaves_the_bars_of_others_alone(model_folder, capfd):
    from transformers.utils import logging

    assert logging.is_progress_bar_enabled()
    load(model_folder("qwen3_vl"))
    assert logging.is_progress_bar_enabled()
    assert "Loading weights" not in capfd.readouterr().err


def test_half_precision_is_loaded_as_such(model_folder):
    judge = make_vlm(str(model_folder("qwen3_vl")), {"dtype": "bfloat16"})
    assert load_model(judge.files, judge.family, judge.settings).model.dtype == torch.bfloat16
    assert VlmSettings(device="cuda").dtype_in_effect == "bfloat16"
    assert VlmSettings().dtype_in_effect == "float32"
