"""Published checkpoints as generators, tiny and random: from files to frames."""

import re

import numpy as np
import pytest
import torch

from lawful.core.errors import AbsentError, InputError, LawfulError
from lawful.generators.adapters import memory
from lawful.generators.adapters.text_umt5 import PromptEmbeddings
from lawful.generators.adapters.wan_causal.checkpoint import WAN_1_3B, stored_dtype
from lawful.generators.adapters.wan_causal.need import network_need
from lawful.generators.adapters.wan_causal.presets import presets
from lawful.generators.causal.model import CausalModel
from lawful.generators.make import make_generator
from lawful.generators.protocol import Measured, Placed, Prepared, Rollout, fingerprint
from lawful.generators.records import GenerationRequest, PromptAt, always
from lawful.video.frames import Frames

SIZE = {"width_px": 32, "height_px": 32}


def made(name, base, checkpoint=None, **settings):
    config = {"base": str(base), "device": "cpu", **settings}
    if checkpoint is not None:
        config["checkpoint"] = str(checkpoint)
    return make_generator(name, config)


def pixels(generator, n_frames=9, **asked):
    request = GenerationRequest(**({"prompts": always("a ball"), "n_frames": n_frames} | SIZE | asked))
    chunks = list(generator.rollout(request))
    assert [i for chunk in chunks for i in chunk.frames.indices] == list(range(n_frames))
    return np.concatenate([chunk.frames.rgb for chunk in chunks])


@pytest.mark.parametrize("preset", list(presets()))
def test_every_preset_makes_a_video_from_an_original_file(base, checkpoint, preset):
    path = checkpoint()
    changes = {"lora": "merged"} if presets()[preset].lora else {}
    generator = made(f"wan-causal:{preset}", base, path, **changes)
    for protocol in (Placed, Measured, Prepared):
        assert isinstance(generator, protocol)
    video = pixels(generator, 13)
    assert video.shape == (13, 32, 32, 3)
    assert (pixels(generator, 13) == video).all()
    assert (pixels(generator, 9) == video[:9]).all() or presets()[preset].spec.lag
    assert (pixels(generator, 13, seed=1) != video).mean() > 0.1
    assert (generator.device, generator.dtype) == ("cpu", "float32")


def test_a_saved_folder_and_the_original_file_are_the_same_model(base, checkpoint, tmp_path):
    from lawful.generators.adapters.wan_causal.checkpoint import read_checkpoint, read_config
    from lawful.generators.causal.stock import WanTransformer3DModel

    path = checkpoint()
    stock = WanTransformer3DModel(**read_config(base / "transformer" / "config.json"))
    stock.load_state_dict(read_checkpoint(path, ("generator_ema",)))
    whole = tmp_path / "whole"
    stock.save_pretrained(whole / "transformer")
    for part in ("vae", "text_encoder", "tokenizer"):
        (whole / part).symlink_to(base / part)
    one = made("wan-causal:self-forcing", base, path)
    other = make_generator(f"wan-causal:self-forcing:{whole}", {"device": "cpu"})
    assert (pixels(one) == pixels(other)).all()
    assert fingerprint(one) != fingerprint(other)


def test_a_snapshot_replays_and_a_prompt_matters(base, checkpoint):
    generator = made("wan-causal:self-forcing", base, checkpoint())
    rollout = generator.rollout(GenerationRequest(always("a ball"), 21, **SIZE))
    assert isinstance(rollout, Rollout)
    next(rollout)
    held = rollout.snapshot()
    first = next(rollout).frames.rgb
    rollout.restore(held)
    assert (next(rollout).frames.rgb == first).all()
    assert (pixels(generator, prompts=always("a red box rises")) != pixels(generator)).any()


def test_given_frames_come_first_where_they_fill_a_block(base, checkpoint):
    rgb = np.random.default_rng(0).integers(0, 256, (9, 32, 32, 3), dtype=np.uint8)
    prefix = Frames(rgb, np.arange(9) / 16, np.arange(9))
    chunk_wise = made("wan-causal:self-forcing", base, checkpoint())
    assert (pixels(chunk_wise, 21, prefix=prefix)[:9] == rgb).all()
    with pytest.raises(LawfulError, match=r"the request uses first_frame"):
        pixels(chunk_wise, 9, first_frame=rgb[0])
    frame_wise = made("wan-causal:causal-forcing-framewise", base, checkpoint())
    video = pixels(frame_wise, 9, first_frame=rgb[0])
    assert (video[0] == rgb[0]).all()
    assert (video != pixels(frame_wise, 9)).mean() > 0.1


def test_prompts_are_embedded_once_before_the_network_is_loaded(base, checkpoint, monkeypatch):
    generator = made("wan-causal:longlive", base, checkpoint(), lora="merged")
    generator.prepare(["a ball", "a box"])
    monkeypatch.setattr(PromptEmbeddings, "_loaded", lambda self: pytest.fail("the text encoder came back"))
    switched = (PromptAt(0, "a ball"), PromptAt(9, "a box"))
    assert len(pixels(generator, 21, prompts=switched)) == 21


def test_low_rank_changes_change_the_video(base, checkpoint, tmp_path):
    draw = torch.Generator().manual_seed(0)
    changes = {
        f"base_model.model.blocks.{block}.{part}.lora_{kind}.weight": torch.randn(shape, generator=draw)
        for block in range(2)
        for part in ("self_attn.q", "self_attn.o")
        for kind, shape in (("A", (4, 24)), ("B", (24, 4)))
    }
    torch.save({"generator_lora": changes}, tmp_path / "lora.pt")
    path = checkpoint()
    plain = made("wan-causal:longlive", base, path, lora="merged")
    with_lora = made("wan-causal:longlive", base, path, lora=str(tmp_path / "lora.pt"))
    without = made("wan-causal:longlive", base, path, lora=str(tmp_path / "lora.pt"), lora_scale=0.0)
    assert (pixels(with_lora) != pixels(plain)).any()
    assert (pixels(without) == pixels(plain)).all()
    assert len({fingerprint(one) for one in (plain, with_lora, without)}) == 3


def test_offloading_changes_nothing_but_memory(base, checkpoint):
    path = checkpoint()
    plain = made("wan-causal:self-forcing", base, path)
    offloaded = made("wan-causal:self-forcing", base, path, offload="blocks")
    assert (pixels(offloaded) == pixels(plain)).all()
    assert fingerprint(offloaded) == fingerprint(plain)


def test_what_does_not_fit_is_refused_before_it_is_loaded(base, checkpoint, monkeypatch):
    generator = made("wan-causal:self-forcing", base, checkpoint())
    request = GenerationRequest(always("a ball"), 9, **SIZE)
    need = generator.memory_bytes(request)
    larger = generator.memory_bytes(GenerationRequest(always("a ball"), 9, width_px=64, height_px=64))
    assert larger > need > 0
    generator.prepare(["a ball"])
    monkeypatch.setattr(memory, "free_bytes", lambda device: 1000)
    monkeypatch.setattr(type(generator), "_load", lambda self: pytest.fail("loaded all the same"))
    message = "wan-causal:self-forcing: 0.00 GiB of memory are needed on cpu and 0.00 GiB are free (weights 0.00 GiB"
    with pytest.raises(LawfulError, match=re.escape(message)):
        generator.rollout(request)


def test_what_cannot_be_followed_is_known_before_anything_is_loaded(base, checkpoint, monkeypatch):
    generator = made("wan-causal:self-forcing", base, checkpoint())
    monkeypatch.setattr(type(generator), "_load", lambda self: pytest.fail("loaded all the same"))
    monkeypatch.setattr(
        type(generator), "prepare", lambda self, prompts: pytest.fail("embedded all the same")
    )
    generator.check(GenerationRequest(always("a ball"), 9, **SIZE))
    for request, message in (
        (GenerationRequest(always("a ball"), 85), "85 frames are asked for and at most 81 can be made"),
        (GenerationRequest(always("a ball"), 9, settings={"speed": 1}), "settings: unknown 'speed'"),
    ):
        for ask in (generator.check, generator.rollout):
            with pytest.raises(LawfulError, match=message):
                ask(request)


def test_full_size_takes_what_the_arithmetic_says(base, checkpoint, tmp_path):
    spec = presets()["self-forcing"].spec
    need = network_need(WAN_1_3B, spec, 21, (60, 104), torch.bfloat16, offloaded=False)
    assert (
        need.cache == 21 * 2 * 30 * 1560 * 1536 * 2
    )  # 5.62 GiB: 21 latent frames of keys and values in bfloat16
    assert need.weights == pytest.approx(2 * 1.42e9, rel=0.02)
    offloaded = network_need(WAN_1_3B, spec, 21, (60, 104), torch.bfloat16, offloaded=True)
    assert offloaded.weights < need.weights / 5


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("preset", ["self-forcing", "rolling-forcing"])
def test_a_pass_takes_at_most_what_is_said_and_more_than_a_third(preset, dtype, allocated):
    """Several blocks in the making have noise levels of their own, which every token then carries."""
    spec = presets()[preset].spec
    sizes = {"num_attention_heads": 4, "attention_head_dim": 32, "ffn_dim": 512, "num_layers": 2}
    torch.manual_seed(0)
    model = CausalModel.random(spec, in_channels=16, out_channels=16, text_dim=32, freq_dim=32, **sizes)
    model.transformer.load_state_dict(
        {name: part.to(stored_dtype(name, dtype)) for name, part in model.transformer.state_dict().items()},
        assign=True,
    )
    n_frames, n_passing = spec.window, spec.in_flight * spec.block
    cache = model.new_cache(n_frames, 1, 24, 24)
    context = torch.zeros(1, 512, 32)
    frames = range(n_frames - n_passing, n_frames)
    latents, sigmas = torch.zeros(1, 16, n_passing, 24, 24), torch.full((1, n_passing), 0.5)
    level = sigmas if spec.in_flight > 1 else sigmas[:, 0]
    for frame in range(0, n_frames - n_passing, 3):
        model.step(cache, latents[:, :, :3], sigmas[:, 0], context, range(frame, frame + 3))
    true = allocated(lambda: model.step(cache, latents, level, context, frames))
    said = network_need(dict(model.transformer.config), spec, n_frames, (24, 24), dtype, offloaded=False)
    assert true <= said.work <= 3 * true


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({}, AbsentError, "no checkpoint is named. Set checkpoint to the file or folder of its weights, which are"),
        ({"checkpoint": "absent.pt"}, AbsentError, "there is no file 'absent.pt', and it is no file of the hub"),
        ({"checkpoint": "absent"}, AbsentError, "there is no folder 'absent', and it is no id of the hub"),
        ({"speed": 2}, InputError, "unknown 'speed'; known: checkpoint, base, lora"),
        ({"dtype": "int8"}, InputError, "dtype should be one of float32, bfloat16, float16, found 'int8'"),
        ({"checkpoint": "PT", "device": "cuda:7"}, AbsentError, "cuda:7 is asked for and"),
        ({"checkpoint": "PT", "device": "gpu"}, InputError, "'gpu' is no device; write cpu or cuda:0"),
    ],
)  # fmt: skip
def test_settings_that_cannot_be_used_are_refused(base, checkpoint, settings, error, message):
    settings = {name: str(checkpoint()) if value == "PT" else value for name, value in settings.items()}
    with pytest.raises(error, match=re.escape(message)):
        make_generator("wan-causal:self-forcing", {"base": str(base), "device": "cpu", **settings})


def test_files_that_lack_are_named(base, checkpoint, tmp_path):
    path = checkpoint()
    with pytest.raises(AbsentError, match=r"holds the network alone\. Set base"):
        make_generator(f"wan-causal:self-forcing:{path}", {"device": "cpu"})
    with pytest.raises(AbsentError, match=r"has no folder vae\. Needed: a folder as diffusers saves it"):
        made("wan-causal:self-forcing", tmp_path, path)
    with pytest.raises(AbsentError, match=r"LongLive 1\.0 is a base and low-rank changes to it"):
        made("wan-causal:longlive", base, path)


def test_an_attention_backend_is_told_before_or_when_the_weights_are_loaded(base, checkpoint):
    path = checkpoint()
    with pytest.raises(
        InputError, match=r"attention should be one of flash, .*native.*xformers, found 'none_such'"
    ):
        made("wan-causal:self-forcing", base, path, attention="none_such")
    with pytest.raises(InputError, match=r"attention = 'sage' cannot be used here: .*`sageattention"):
        pixels(made("wan-causal:self-forcing", base, path, attention="sage"))
    chosen = made("wan-causal:self-forcing", base, path, attention="_native_math")
    plain = made("wan-causal:self-forcing", base, path)
    difference = pixels(chosen).astype(int) - pixels(plain)
    assert np.abs(difference).max() <= 1  # sums in another order
    held = [
        {
            attn.processor._attention_backend
            for block in one._loaded.model.transformer.blocks
            for attn in (block.attn1, block.attn2)
        }
        for one in (chosen, plain)
    ]
    assert [{getattr(name, "value", name) for name in names} for names in held] == [{"_native_math"}, {None}]
    assert fingerprint(chosen) != fingerprint(plain)


def test_a_wrong_checkpoint_is_told_when_it_is_loaded(base, checkpoint, original):
    broken = {name: weight for name, weight in original.items() if "blocks.1" not in name}
    generator = made("wan-causal:self-forcing", base, checkpoint(generator=broken))
    with pytest.raises(
        InputError, match=r"these are not the weights of this network\. 27 missing: blocks\.1"
    ):
        pixels(generator)
