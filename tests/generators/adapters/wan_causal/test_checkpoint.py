"""Weights of the original code, in the stock transformer."""

import re
import zipfile

import pytest
import torch

from lawful.core.errors import AbsentError, InputError
from lawful.generators.adapters.wan_causal.checkpoint import (
    empty_transformer,
    fill,
    merge_lora,
    read_checkpoint,
    read_config,
    stored_dtype,
)
from lawful.generators.adapters.wan_causal.keys import diffusers_name
from lawful.generators.causal.stock import WanTransformer3DModel

CPU = torch.device("cpu")
HELD = ("generator_ema", "generator")


def loaded(path, config, held=HELD):
    transformer = empty_transformer(config, "test")
    fill(transformer, read_checkpoint(path, held), torch.float32, CPU, str(path))
    return transformer


@pytest.fixture(scope="module")
def config(transformer_folder):
    return read_config(transformer_folder / "config.json")


def test_every_original_name_has_its_place_in_the_stock_transformer(original, config):
    names = {diffusers_name(name): weight.shape for name, weight in original.items()}
    stock = WanTransformer3DModel(**config).state_dict()
    assert names == {name: weight.shape for name, weight in stock.items()}


def test_attention_and_norms_go_where_they_work():
    assert diffusers_name("blocks.11.norm3.weight") == "blocks.11.norm2.weight"
    assert diffusers_name("blocks.0.norm2.bias") == "blocks.0.norm3.bias"
    assert diffusers_name("blocks.4.self_attn.norm_k.weight") == "blocks.4.attn1.norm_k.weight"
    assert diffusers_name("blocks.4.ffn.0.weight") == "blocks.4.ffn.net.0.proj.weight"
    assert diffusers_name("something.else") == "something.else"


@pytest.mark.parametrize("prefix", ["model.", "", "model._fsdp_wrapped_module.", "_orig_mod."])
def test_a_pt_file_is_the_network_it_holds(checkpoint, config, original, prefix):
    transformer = loaded(checkpoint(prefix=prefix), config)
    ours = transformer.state_dict()
    for name, weight in original.items():
        assert torch.equal(ours[diffusers_name(name)], weight)


def test_the_key_to_take_first_is_taken(checkpoint, config, original):
    path = checkpoint()
    first, second = (loaded(path, config, held) for held in (HELD, HELD[::-1]))
    assert torch.equal(first.proj_out.weight, original["head.head.weight"])
    assert not torch.equal(second.proj_out.weight, original["head.head.weight"])


def test_a_saved_folder_computes_as_diffusers_loads_it(transformer_folder, config):
    ours = loaded(transformer_folder, config)
    theirs = WanTransformer3DModel.from_pretrained(transformer_folder).eval()
    draw = torch.Generator().manual_seed(0)
    latents, text = torch.randn(1, 16, 2, 4, 4, generator=draw), torch.randn(1, 5, 32, generator=draw)
    outputs = [net(latents, torch.tensor([500.0]), text, return_dict=False)[0] for net in (ours, theirs)]
    assert torch.equal(*outputs)


def test_what_lacks_or_is_too_much_is_listed(checkpoint, config, original):
    broken = {name: weight for name, weight in original.items() if not name.startswith("head.head")}
    broken |= {"blocks.0.extra": torch.zeros(1), "time_projection.1.bias": torch.zeros(3)}
    message = (
        "these are not the weights of this network. 2 missing: proj_out.bias, proj_out.weight; "
        "1 unexpected: blocks.0.extra; 1 of another shape: condition_embedder.time_proj.bias (3,), not (144,)"
    )
    with pytest.raises(InputError, match=re.escape(message)):
        loaded(checkpoint(generator=broken), config)


def test_norms_and_time_stay_in_float32():
    assert stored_dtype("blocks.0.norm2.weight", torch.bfloat16) == torch.float32
    assert stored_dtype("condition_embedder.time_embedder.linear_1.weight", torch.bfloat16) == torch.float32
    assert stored_dtype("blocks.0.attn1.norm_q.weight", torch.bfloat16) == torch.bfloat16


def test_files_that_are_no_weights_are_refused(tmp_path, checkpoint, config):
    text = tmp_path / "text.pt"
    text.write_text("hello")
    with pytest.raises(InputError, match="cannot be read as weights alone"):
        read_checkpoint(text, HELD)
    harmful = tmp_path / "code.pt"
    torch.save({"generator": {"weight": print}}, harmful)
    with pytest.raises(InputError, match="cannot be read as weights alone"):
        read_checkpoint(harmful, HELD)
    other = checkpoint(critic={"weight": torch.zeros(1)})
    with pytest.raises(InputError, match="no weights under generator_ema or generator; it has critic"):
        read_checkpoint(other, HELD)
    with pytest.raises(AbsentError, match=r"holds no \*\.safetensors"):
        read_checkpoint(tmp_path, HELD)
    with pytest.raises(InputError, match="no sizes of a Wan transformer"):
        empty_transformer({"layers": 3}, "test")


def test_whatever_is_wrong_within_a_pickle_is_told_with_the_file(tmp_path, checkpoint):
    """Damage that the reader of torch meets as a missing key, an empty stack or a wrong number of arguments."""
    whole = tmp_path / "broken.pt"
    with zipfile.ZipFile(checkpoint(generator={"a": torch.zeros(2)})) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    (pickled,) = (name for name in parts if name.endswith("data.pkl"))
    for body in (b"\x80\x02h\x06.", b"\x80\x02u.", b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\n)R."):
        with zipfile.ZipFile(whole, "w") as archive:
            for name, content in (parts | {pickled: body}).items():
                archive.writestr(name, content)
        with pytest.raises(InputError, match=r"broken\.pt: cannot be read as weights alone: \w+Error"):
            read_checkpoint(whole, HELD)


def lora_of(names, rank=2, prefix="base_model.model.", seed=3):
    draw = torch.Generator().manual_seed(seed)
    held = {}
    for name, (rows, columns) in names.items():
        held[f"{prefix}{name}.lora_A.weight"] = torch.randn(rank, columns, generator=draw)
        held[f"{prefix}{name}.lora_B.weight"] = torch.randn(rows, rank, generator=draw)
    return held


def test_low_rank_changes_are_added_where_they_belong(tmp_path, checkpoint, original):
    names = {"blocks.1.cross_attn.v": (24, 24), "blocks.0.ffn.2": (24, 32)}
    changes = lora_of(names)
    torch.save({"generator_lora": changes, }, tmp_path / "lora.pt")  # fmt: skip
    weights = read_checkpoint(checkpoint(), HELD)
    before = {name: weight.clone() for name, weight in weights.items()}
    merge_lora(weights, tmp_path / "lora.pt", scale=0.5)
    for name in names:
        a, b = (changes[f"base_model.model.{name}.lora_{kind}.weight"] for kind in "AB")
        ours = weights[diffusers_name(f"{name}.weight")]
        assert torch.allclose(ours, original[f"{name}.weight"] + 0.5 * b @ a, atol=1e-6)
    changed = {name for name, weight in weights.items() if not torch.equal(weight, before[name])}
    assert changed == {diffusers_name(f"{name}.weight") for name in names}


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ({"blocks.7.self_attn.q": (24, 24)}, "1 of 1 low-rank changes fit no weight: blocks.7.attn1.to_q.weight"),
        ({"blocks.0.self_attn.q": (24, 23)}, "1 of 1 low-rank changes fit no weight: blocks.0.attn1.to_q.weight"),
    ],
)  # fmt: skip
def test_low_rank_changes_that_fit_nothing_are_refused(tmp_path, checkpoint, names, message):
    torch.save(lora_of(names), tmp_path / "lora.pt")
    with pytest.raises(InputError, match=re.escape(message)):
        merge_lora(read_checkpoint(checkpoint(), HELD), tmp_path / "lora.pt", 1.0)
    torch.save({"blocks.0.self_attn.q.weight": torch.zeros(2, 2)}, tmp_path / "lora.pt")
    with pytest.raises(InputError, match=re.escape("is no part of a low-rank change (lora_A or lora_B)")):
        merge_lora(read_checkpoint(checkpoint(), HELD), tmp_path / "lora.pt", 1.0)
