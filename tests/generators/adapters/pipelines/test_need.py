"""Memory worked out beforehand, held against what is there and what torch's allocator counts."""

import re

import diffusers
import numpy as np
import pytest
import torch

from lawful.core.errors import InputError, LawfulError
from lawful.core.processor import has_bfloat16
from lawful.generators.adapters import memory
from lawful.generators.adapters.codec_wan import WanCodec
from lawful.generators.adapters.decoder_need import decoder_bytes, tiled_decoder_bytes
from lawful.generators.adapters.pipelines.need import (
    decoding_bytes,
    kept_bytes,
    offloaded_bytes,
    pass_bytes,
    sizes_of,
    weight_bytes,
)
from lawful.generators.make import make_generator
from lawful.generators.records import GenerationRequest, always

pytestmark = [  # of libraries: a scheduler with numpy 2, and attention that is not compiled on a CPU
    pytest.mark.filterwarnings("ignore:__array_wrap__:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:flex_attention called without:UserWarning"),
]
FAMILIES = ("anyflow-far", "skyreels-v2", "helios", "helios-distilled", "framepack")
WIDE = {"num_attention_heads": 4, "attention_head_dim": 32, "ffn_dim": 512}
"""Wide enough for tensors of a token's width to be what counts."""
OWN = {
    "helios": {"rope_dim": (12, 10, 10)},
    "helios-distilled": {"rope_dim": (12, 10, 10)},
    "framepack": {"rope_axes_dim": (8, 12, 12)},
}
SIDE_PX = 128
CPU = torch.device("cpu")


def skip_without_native(dtype: torch.dtype) -> None:
    """Where a processor has no bfloat16, PyTorch convolves float32 copies of tensors, which no estimate counts."""
    if dtype is torch.bfloat16 and not has_bfloat16():
        pytest.skip("this processor has no bfloat16: decoding takes float32 copies besides")


def request(generator, n_frames=9, side_px=SIDE_PX):
    first = np.zeros((side_px, side_px, 3), np.uint8)
    asked = {"first_frame": first} if generator.name.startswith("framepack") else {}
    return GenerationRequest(always("a ball"), n_frames, width_px=side_px, height_px=side_px, **asked)


def planned(generator, asked):
    """The largest pass of a video, and the size of its latent frames."""
    video = generator._planned(asked)
    return generator.family.largest(video), video.size


def needed(generator, asked):
    return generator._need(generator._planned(asked))


@pytest.fixture
def made(saved):
    def make(family, changes=(), **settings):
        folder = saved(family, **dict(changes))
        return make_generator(f"{family}:{folder}", {"device": "cpu", "steps": 1} | settings)

    return make


def wide(family, **changes):
    sizes = WIDE | OWN.get(family, {}) | changes
    return sizes if family != "framepack" else {name: sizes[name] for name in sizes if name != "ffn_dim"}


def passes(generator, asked):
    """What goes into the transformer at each pass of a video, and the tokens that go through its layers."""
    list(generator.rollout(request(generator, 9, 32)))  # loads it
    transformer, kept, tokens = generator._loaded.transformer, [], []
    blocks = (
        transformer.transformer_blocks if hasattr(transformer, "transformer_blocks") else transformer.blocks
    )
    hooks = [
        transformer.register_forward_pre_hook(
            lambda _net, some, more: kept.append((some, more)), with_kwargs=True
        ),
        blocks[0].register_forward_pre_hook(
            lambda _block, some, more: tokens.append(sum(part.shape[1] for part in joined(some, more))),
            with_kwargs=True,
        ),
    ]

    def joined(some, more):
        parts = [*some, *(more[name] for name in ("hidden_states", "encoder_hidden_states") if name in more)]
        return parts[:2] if generator.name.startswith("framepack") else parts[:1]

    list(generator.rollout(asked))
    for hook in hooks:
        hook.remove()
    return kept, tokens


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("family", FAMILIES)
def test_weights_are_counted_to_the_byte(made, family, dtype):
    changes = {} if family == "framepack" else {"num_layers": 3}
    generator = made(family, changes, dtype=str(dtype).removeprefix("torch."))
    list(generator.rollout(request(generator, 9, 32)))
    pipeline = generator._loaded
    for part in ("transformer", "vae"):
        true = sum(weight.nbytes for weight in getattr(pipeline, part).state_dict().values())
        assert weight_bytes(generator._folder / part, dtype, "test") == true
    blocks, rest = {}, 0
    for name, weight in pipeline.transformer.state_dict().items():
        block = re.match(r"\w*blocks\.\d+", name)
        if block is None:
            rest += weight.nbytes
        else:
            blocks[block[0]] = blocks.get(block[0], 0) + weight.nbytes
    assert len(blocks) >= 2
    ours = offloaded_bytes(generator._folder / "transformer", dtype, "test")
    assert ours == rest + sum(sorted(blocks.values())[-2:])


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
@pytest.mark.parametrize("family", FAMILIES)
def test_a_pass_takes_at_most_what_is_said_and_more_than_half(made, family, dtype, allocated):
    generator = made(family, wide(family).items(), dtype=dtype)
    asked = request(generator, 37)
    kept, tokens = passes(generator, asked)
    largest, _size = planned(generator, asked)
    slack = {"framepack": 1024, "anyflow-far": 128}.get(family, 0)  # a longer prompt; whole blocks of a mask
    assert max(tokens) <= largest.tokens <= max(tokens) + slack
    transformer = generator._loaded.transformer
    true = max(allocated(lambda one=one: transformer(*one[0], **one[1])) for one in kept)
    said = pass_bytes(generator._sizes[0], largest, generator._place.dtype)
    if family == "framepack":  # the shortest prompt there is: what is said holds for the longest
        said = said * max(tokens) // largest.tokens
    assert true <= said <= 2 * true


@pytest.mark.parametrize("ffn_dim", [128, 1024])
def test_a_pass_is_bounded_whatever_the_feed_forward_part(made, ffn_dim, allocated):
    generator = made("skyreels-v2", wide("skyreels-v2", ffn_dim=ffn_dim).items())
    asked = request(generator, 37)
    kept, _tokens = passes(generator, asked)
    largest, _size = planned(generator, asked)
    true = allocated(lambda: generator._loaded.transformer(*kept[0][0], **kept[0][1]))
    assert true <= pass_bytes(generator._sizes[0], largest, torch.float32) <= 2 * true


@pytest.mark.parametrize("guidance", [1.0, 3.0])
def test_keys_and_values_that_anyflow_keeps_are_counted_to_the_byte(made, guidance):
    generator = made("anyflow-far", guidance=guidance)
    asked = request(generator, 41, 64)
    kept, _tokens = passes(generator, asked)
    caches = kept[-1][1]["kv_cache"].values()
    true = sum(part.nbytes for cache in caches for part in cache.values())
    largest, size = planned(generator, asked)
    latents = 4 * 12 * largest.n_latents * 16 * size[0] * size[1]
    assert kept_bytes(generator._sizes[0], largest, 16, size) - latents == true > 0


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_decoding_latent_frame_by_latent_frame_takes_at_most_what_is_said(dtype, allocated):
    skip_without_native(dtype)
    torch.manual_seed(0)
    vae = diffusers.AutoencoderKLWan(base_dim=8, z_dim=16, num_res_blocks=1)
    vae = torch.nn.Module.to(vae, dtype).eval()
    codec = WanCodec(vae)
    latents = torch.randn(1, 16, 3, 8, 8)
    true = allocated(lambda: codec.decode(codec.open(), latents)) + sum(p.nbytes for p in vae.parameters())
    said = decoder_bytes(dict(vae.config), (8, 8), dtype, CPU)
    frames = 9 * 64 * 64 * 3 * (2 * dtype.itemsize + 4)  # of three latent frames, put together and in float32
    assert true <= said + frames <= 3 * true


@pytest.mark.parametrize(("dtype", "at_most"), [(torch.float32, 6), (torch.bfloat16, 3)])
def test_decoding_in_tiles_of_time_takes_at_most_what_is_said(dtype, at_most, allocated):
    """In float32 torch does not copy the inputs of all convolutions, and which is not said."""
    skip_without_native(dtype)
    torch.manual_seed(0)
    vae = diffusers.AutoencoderKLHunyuanVideo(
        latent_channels=4, block_out_channels=(16, 16, 16, 16), layers_per_block=1, norm_num_groups=4
    )
    vae = torch.nn.Module.to(vae, dtype).eval()
    latents = torch.randn(1, 4, 19, 16, 16, dtype=dtype)
    true = allocated(lambda: vae.decode(latents)) + sum(p.nbytes for p in vae.parameters())
    assert true <= tiled_decoder_bytes(dict(vae.config), 19, (16, 16), dtype, CPU) <= at_most * true


@pytest.mark.parametrize("family", FAMILIES)
def test_more_and_larger_frames_take_more_and_half_precision_and_turns_take_less(made, family):
    generator = made(family)
    need = generator.memory_bytes(request(generator))
    assert generator.memory_bytes(request(generator, 200)) > need
    assert generator.memory_bytes(request(generator, 9, 2 * SIDE_PX)) > 2 * need
    assert made(family, dtype="bfloat16").memory_bytes(request(generator)) < need
    deep = {"num_single_layers" if family == "framepack" else "num_layers": 6}
    whole, turns = made(family, deep), made(family, deep, offload="blocks")
    assert turns.memory_bytes(request(generator)) < whole.memory_bytes(request(generator))
    assert generator._loaded is None


def test_the_encoder_of_prompts_counts_where_it_is_still_to_run(made):
    generator = made("helios")
    assert needed(generator, request(generator)).text == generator._texts.encoder_bytes > 0
    generator.prepare(["a ball"])
    assert needed(generator, request(generator)).text == 0
    assert needed(made("framepack"), request(made("framepack"))).text == 0


@pytest.mark.parametrize("family", FAMILIES)
def test_what_does_not_fit_is_refused_before_it_is_loaded(made, family, monkeypatch):
    generator = made(family)
    generator.prepare(["a ball", ""])
    asked = request(generator)
    need = needed(generator, asked)
    monkeypatch.setattr(memory, "free_bytes", lambda device: need.total)
    generator.rollout(asked)
    generator = made(family)
    monkeypatch.setattr(memory, "free_bytes", lambda device: need.total - 1)
    message = (
        f"{generator.name}: {need.total / 2**30:.2f} GiB of memory are needed on cpu and "
        f"{(need.total - 1) / 2**30:.2f} GiB are free (weights {need.weights / 2**30:.2f} GiB, keys and values "
    )
    with pytest.raises(LawfulError, match=re.escape(message)) as caught:
        generator.rollout(asked)
    assert str(caught.value).endswith(
        'It takes less with fewer or smaller frames, dtype = "bfloat16", offload = "blocks", or text_device = "cpu" for '
        "the text encoder"
    )
    assert generator._loaded is None


def test_a_larger_video_is_refused_though_the_weights_are_there(made, monkeypatch):
    generator = made("helios")
    list(generator.rollout(request(generator, 9, 32)))
    larger = request(generator, 9, 512)
    free = needed(generator, larger).total - needed(generator, larger).weights
    monkeypatch.setattr(memory, "free_bytes", lambda device: free)
    generator.rollout(larger).close()
    monkeypatch.setattr(memory, "free_bytes", lambda device: free - 1)
    with pytest.raises(LawfulError, match=r"are free \(weights 0\.00 GiB"):
        generator.rollout(larger)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ('{"_class_name": "Unheard"}', "says _class_name = 'Unheard', which diffusers has not"),
        ('{"_class_name": "HeliosTransformer3DModel", "num_layers": "many"}', "no sizes of HeliosTransformer3DModel"),
        ('{"_class_name": "HeliosTransformer3DModel", "speed": 3}', "no sizes of HeliosTransformer3DModel"),
    ],
)  # fmt: skip
def test_sizes_that_are_none_are_told_with_their_file(tmp_path, body, message):
    (tmp_path / "config.json").write_text(body)
    with pytest.raises(InputError, match=rf"here: .*config\.json.*{message}"):
        sizes_of(tmp_path, "here")


def test_a_size_that_a_file_leaves_out_is_that_of_its_class(tmp_path):
    (tmp_path / "config.json").write_text('{"_class_name": "HeliosTransformer3DModel", "num_layers": 2}')
    sizes = sizes_of(tmp_path, "here")
    assert (sizes["num_layers"], sizes["ffn_dim"], sizes["num_attention_heads"]) == (2, 13824, 40)


def test_frames_of_a_decoding_are_counted_on_their_way_to_pixels(made):
    generator = made("helios")
    largest, size = planned(generator, request(generator, 33, 64))
    vae = generator._sizes[1]
    frames = 36 * 64 * 64 * 3 * (2 * 4 + 3 * 4)
    said = decoding_bytes("wan", vae, largest, size, generator._place)
    assert said == decoder_bytes(vae, size, torch.float32, CPU) + frames
