"""Tiny random models of the Wan family, saved as their authors save them."""

import json
import shutil
from itertools import accumulate

import pytest
import torch
from torch.profiler import ProfilerActivity, profile

from lawful.generators.causal.stock import WanTransformer3DModel

TRANSFORMER = {
    "patch_size": (1, 2, 2),
    "num_attention_heads": 2,
    "attention_head_dim": 12,
    "in_channels": 16,
    "out_channels": 16,
    "text_dim": 32,
    "freq_dim": 32,
    "ffn_dim": 32,
    "num_layers": 2,
    "cross_attn_norm": True,
    "qk_norm": "rms_norm_across_heads",
    "rope_max_seq_len": 32,
}


def original_shapes(config=TRANSFORMER):
    """Names and shapes of the weights of the original Wan code, written out by hand."""
    dim = config["num_attention_heads"] * config["attention_head_dim"]
    ffn, text, freq = config["ffn_dim"], config["text_dim"], config["freq_dim"]
    patch = config["patch_size"]
    linear = {
        "text_embedding.0": (dim, text),
        "text_embedding.2": (dim, dim),
        "time_embedding.0": (dim, freq),
        "time_embedding.2": (dim, dim),
        "time_projection.1": (6 * dim, dim),
        "head.head": (config["out_channels"] * 4, dim),
    }
    shapes = {"patch_embedding.weight": (dim, config["in_channels"], *patch), "patch_embedding.bias": (dim,)}
    shapes["head.modulation"] = (1, 2, dim)
    for block in range(config["num_layers"]):
        at = f"blocks.{block}"
        shapes[f"{at}.modulation"] = (1, 6, dim)
        shapes[f"{at}.norm3.weight"] = shapes[f"{at}.norm3.bias"] = (dim,)
        linear[f"{at}.ffn.0"], linear[f"{at}.ffn.2"] = (ffn, dim), (dim, ffn)
        for kind in ("self_attn", "cross_attn"):
            shapes[f"{at}.{kind}.norm_q.weight"] = shapes[f"{at}.{kind}.norm_k.weight"] = (dim,)
            linear |= {f"{at}.{kind}.{part}": (dim, dim) for part in "qkvo"}
    for name, shape in linear.items():
        shapes[f"{name}.weight"], shapes[f"{name}.bias"] = shape, shape[:1]
    return shapes


def random_weights(shapes, seed=0):
    draw = torch.Generator().manual_seed(seed)
    return {name: torch.randn(shape, generator=draw) * 0.1 for name, shape in shapes.items()}


@pytest.fixture(scope="session")
def original():
    """Random weights under the names of the original code."""
    return random_weights(original_shapes())


@pytest.fixture
def checkpoint(tmp_path, original):
    """Writes a `.pt` as Self-Forcing does, and gives its path: `checkpoint(generator_ema=weights)`."""

    def write(name="model.pt", prefix="model.", **held):
        held = held or {"generator_ema": original, "generator": random_weights(original_shapes(), seed=9)}
        body = {key: {prefix + name: weight for name, weight in part.items()} for key, part in held.items()}
        torch.save(body, tmp_path / name)
        return tmp_path / name

    return write


@pytest.fixture(scope="session")
def transformer_folder(tmp_path_factory):
    """A tiny transformer as `save_pretrained` writes it."""
    folder = tmp_path_factory.mktemp("saved") / "transformer"
    torch.manual_seed(0)
    WanTransformer3DModel(**TRANSFORMER).save_pretrained(folder)
    assert json.loads((folder / "config.json").read_text())["num_layers"] == 2
    return folder


VAE = {
    "base_dim": 3,
    "z_dim": 16,
    "dim_mult": [1, 1, 1, 1],
    "num_res_blocks": 1,
    "temperal_downsample": [False, True, True],
}


@pytest.fixture(scope="session")
def vae():
    """A tiny random autoencoder."""
    from diffusers import AutoencoderKLWan

    torch.manual_seed(1)
    return AutoencoderKLWan(**VAE).eval().requires_grad_(False)


@pytest.fixture(scope="session")
def text_folder(tmp_path_factory):
    """A tiny random umT5 and a tokenizer of single words, as `save_pretrained` writes them."""
    import tokenizers
    from transformers import PreTrainedTokenizerFast, UMT5Config, UMT5EncoderModel

    folder = tmp_path_factory.mktemp("text")
    words = ["<pad>", "</s>", "<unk>", *["a", "ball", "falls", "box", "&", "red", "rises", ".", "it"]]
    rule = tokenizers.Tokenizer(tokenizers.models.WordLevel({w: i for i, w in enumerate(words)}, "<unk>"))
    rule.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    rule.post_processor = tokenizers.processors.TemplateProcessing(
        single="$A </s>", special_tokens=[("</s>", 1)]
    )
    PreTrainedTokenizerFast(
        tokenizer_object=rule, pad_token="<pad>", eos_token="</s>", unk_token="<unk>"
    ).save_pretrained(folder / "tokenizer")
    torch.manual_seed(2)
    sizes = {"d_model": 32, "d_kv": 8, "d_ff": 32, "num_layers": 1, "num_heads": 2}
    config = UMT5Config(vocab_size=len(words), dropout_rate=0.0, **sizes)
    UMT5EncoderModel(config).eval().save_pretrained(folder / "text_encoder")
    return folder


@pytest.fixture(scope="session")
def base(tmp_path_factory, vae, text_folder, transformer_folder):
    """A tiny Wan 2.1 as diffusers saves it: autoencoder, text encoder, tokenizer, sizes of the transformer."""
    folder = tmp_path_factory.mktemp("base")
    vae.save_pretrained(folder / "vae")
    for part in ("text_encoder", "tokenizer"):
        shutil.copytree(text_folder / part, folder / part)
    (folder / "transformer").mkdir()
    shutil.copy(transformer_folder / "config.json", folder / "transformer")
    return folder


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    """What is kept between runs is kept for this test alone."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def allocated():
    """Bytes that torch's allocator has given out and not got back in a run, at the most: `allocated(run)`."""

    def count(run):
        with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as profiler, torch.no_grad():
            run()
        events = profiler.profiler.kineto_results.events()
        told = sorted((event.start_ns(), event.nbytes()) for event in events if event.name() == "[memory]")
        return max(accumulate(size for _, size in told))

    return count
