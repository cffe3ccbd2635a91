"""Pipelines of diffusers as generators, tiny and random: what they are asked, and what comes when."""

import re
from importlib import import_module

import diffusers
import numpy as np
import pytest
import torch

from lawful.core.errors import AbsentError, InputError, LawfulError
from lawful.generators.adapters.pipelines import generator as module
from lawful.generators.adapters.pipelines.anyflow_far import latents_made, partition
from lawful.generators.adapters.pipelines.decoding import for_pipeline
from lawful.generators.adapters.pipelines.helios import opposed, seen_of
from lawful.generators.adapters.pipelines.skyreels_v2 import Windows, windows
from lawful.generators.make import make_generator
from lawful.generators.protocol import Generator, Measured, Placed, Prepared
from lawful.generators.records import GenerationRequest, PromptAt, always
from lawful.video.frames import Frames

pytestmark = [  # of libraries: a scheduler with numpy 2, and attention that is not compiled on a CPU
    pytest.mark.filterwarnings("ignore:__array_wrap__:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:flex_attention called without:UserWarning"),
]
SIZE = {"width_px": 32, "height_px": 32}
FAST = {"steps": 2}
STAGED = ("helios-mid", "helios-distilled")
FAMILIES = ("anyflow-far", "skyreels-v2", "helios", *STAGED)


@pytest.fixture
def made(saved):
    def make(family, **settings):
        return make_generator(f"{family}:{saved(family)}", {"device": "cpu", **FAST, **settings})

    return make


def asked(n_frames, **changes):
    return GenerationRequest(**({"prompts": always("a ball"), "n_frames": n_frames} | SIZE | changes))


def video(generator, n_frames, **changes):
    chunks = list(generator.rollout(asked(n_frames, **changes)))
    indices = [i for chunk in chunks for i in chunk.frames.indices]
    assert indices == list(range(n_frames))
    assert [chunk.index for chunk in chunks] == list(range(len(chunks)))
    return np.concatenate([chunk.frames.rgb for chunk in chunks])


def picture(n_frames=1, seed=5):
    return np.random.default_rng(seed).integers(0, 256, (n_frames, 32, 32, 3), dtype=np.uint8)


def prefix_of(rgb, fps):
    return Frames(rgb, np.arange(len(rgb)) / fps, np.arange(len(rgb)))


@pytest.mark.parametrize("family", FAMILIES)
def test_a_family_makes_what_is_asked_and_the_same_again(made, family):
    generator = made(family)
    for protocol in (Generator, Placed, Measured, Prepared):
        assert isinstance(generator, protocol)
    assert generator.memory_bytes(asked(9)) > 0
    first = video(generator, 10)  # a number of frames that none of them can make: rounded up and cut
    assert first.shape == (10, 32, 32, 3)
    torch.manual_seed(7)  # what the process draws elsewhere is no part of it
    assert (video(generator, 10) == first).all()
    assert (video(made(family), 10) == first).all()
    assert (video(generator, 10, seed=1) != first).mean() > 0.1
    assert (video(generator, 10, prompts=always("a red box rises")) != first).any()


@pytest.mark.parametrize("n_frames", [1, 2, 6])
@pytest.mark.parametrize("family", FAMILIES)
def test_a_video_may_be_as_short_as_a_frame(made, family, n_frames):
    assert video(made(family), n_frames).shape == (n_frames, 32, 32, 3)


@pytest.mark.parametrize("family", FAMILIES)
def test_frames_are_those_of_the_pipeline_itself(made, saved, family, monkeypatch):
    """The same latents through the pipeline's own decoding."""
    generator = made(family)
    n_frames = 33 if family.startswith("helios") else 9
    ours = video(generator, n_frames)
    pipeline = generator._loaded
    kept = {}
    call = type(pipeline).__call__

    def watched(self, *some, **more):
        kept["latents"] = call(self, *some, **more).frames
        return kept["latents"]

    monkeypatch.setattr(type(pipeline), "__call__", watched)
    assert (video(generator, n_frames) == ours).all()
    vae = pipeline.vae
    mean, std = (
        torch.tensor(vae.config[name]).view(1, -1, 1, 1, 1) for name in ("latents_mean", "latents_std")
    )
    whole = vae.decode(kept["latents"][:, :, -9:] * std + mean).sample[0]
    theirs = ((whole + 1) * 127.5).round().clamp(0, 255).to(torch.uint8).permute(1, 2, 3, 0).numpy()
    assert np.abs(theirs.astype(int) - ours.astype(int)).max() <= 1


def test_a_longer_video_begins_as_a_shorter_one_where_chunks_are_made_in_turn(made):
    for family, short, long in (
        ("anyflow-far", 9, 21), ("helios", 33, 66), ("helios-mid", 33, 66), ("helios-distilled", 33, 66),
    ):  # fmt: skip
        generator = made(family)
        assert (video(generator, long)[: short - 4] == video(generator, short)[: short - 4]).all()


def test_chunks_come_while_later_ones_are_still_to_be_made(made):
    asked_for = {"anyflow-far": (17, 3), "helios": (66, 2), "helios-mid": (66, 2)}
    for family, (n_frames, n_chunks) in asked_for.items():
        generator = made(family)
        rollout = generator.rollout(asked(n_frames))
        first = next(rollout)
        assert len(first.frames) < n_frames
        assert len(list(rollout)) == n_chunks - 1


def test_a_rollout_that_nobody_follows_ends(made):
    import threading

    generator = made("anyflow-far")
    before = threading.active_count()
    rollout = generator.rollout(asked(17))
    next(rollout)
    rollout.close()
    assert threading.active_count() == before


@pytest.mark.parametrize("family", ["helios", *STAGED])
def test_a_chunk_of_helios_is_decoded_once(made, family, monkeypatch):
    generator = made(family)
    video(generator, 9)
    vae, sizes = generator._loaded.vae, []
    decode = type(vae)._decode
    monkeypatch.setattr(
        type(vae), "_decode", lambda self, z, **more: sizes.append(z.shape[2]) or decode(self, z, **more)
    )
    (chunk,) = generator.rollout(asked(33))
    assert sizes == [9]
    assert min(chunk.model_s, chunk.decode_s) > 0
    assert "decode" not in vars(vae)


@pytest.mark.parametrize("gamma", [0.0, 0.2, 1 / 3])
def test_values_of_a_patch_go_against_each_other(gamma):
    noise = torch.randn(200, 20, 4, 6, generator=torch.Generator().manual_seed(0))
    made = opposed(noise, (2, 2), gamma)
    assert made.shape == noise.shape
    patches = made.unflatten(-1, (3, 2)).unflatten(-3, (2, 2)).permute(0, 1, 2, 4, 3, 5).reshape(-1, 4)
    wanted = (1 + gamma) * torch.eye(4) - gamma
    assert torch.allclose(patches.T.cov(), wanted, atol=0.03)
    assert torch.allclose(opposed(noise, (2, 2), 0.0), noise, atol=1e-6)


def test_the_first_chunk_of_a_distilled_helios_has_twice_the_steps(made, monkeypatch):
    generator = made("helios-distilled")
    video(generator, 9)
    passes, forward = [], type(generator._loaded.transformer).forward
    monkeypatch.setattr(
        type(generator._loaded.transformer),
        "forward",
        lambda self, *some, **more: passes.append(more["timestep"]) or forward(self, *some, **more),
    )
    n_passes = []
    for n_frames in (33, 66):
        passes.clear()
        video(generator, n_frames)
        n_passes.append(len(passes))
    assert n_passes == [2 * 2 * 2, 2 * 2 * 2 + 2 * 2]


def test_blocks_at_different_levels_are_finished_one_after_the_other(made):
    generator = made("skyreels-v2", ar_step=1, block=1)
    chunks = list(generator.rollout(asked(13)))
    assert [len(chunk.frames) for chunk in chunks] == [1, 4, 4, 4]
    together = list(made("skyreels-v2").rollout(asked(13)))
    assert [len(chunk.frames) for chunk in together] == [13]


def test_windows_that_overlap_make_one_video(made):
    generator = made("skyreels-v2", base_frames=9, overlap=5)
    first = video(generator, 21)
    torch.manual_seed(3)  # the pipeline draws noise on shown frames from the process's generator
    assert (video(generator, 21) == first).all()
    state = torch.get_rng_state()
    video(generator, 13)
    assert torch.equal(torch.get_rng_state(), state)
    assert (video(made("skyreels-v2", base_frames=9, overlap=5, addnoise=0.0), 21) != first).any()


@pytest.mark.parametrize("family", FAMILIES)
def test_a_first_frame_comes_first_and_matters(made, family):
    generator = made(family)
    made_of = [video(generator, 9, first_frame=picture(seed=seed)[0]) for seed in (5, 6)]
    for seed, frames in zip((5, 6), made_of, strict=True):
        assert (frames[0] == picture(seed=seed)[0]).all()
    assert (made_of[0][1:] != made_of[1][1:]).any()
    chunks = list(generator.rollout(asked(9, first_frame=picture()[0])))
    assert [chunk.given for chunk in chunks] == [True] + [False] * (len(chunks) - 1)


@pytest.mark.parametrize(("family", "n_given"), [("anyflow-far", 9), ("skyreels-v2", 9), ("skyreels-v2", 11)])
def test_a_prefix_is_gone_on_from(made, family, n_given):
    generator = made(family, **({"base_frames": 13, "overlap": 5} if family == "skyreels-v2" else {}))
    fps = generator.capabilities.fps
    frames = video(generator, 21, prefix=prefix_of(picture(n_given), fps))
    assert (frames[:n_given] == picture(n_given)).all()
    other = video(generator, 21, prefix=prefix_of(picture(n_given, seed=8), fps))
    assert (frames[n_given:] != other[n_given:]).any()


def test_a_prefix_that_ends_within_a_chunk_is_refused(made):
    rgb = picture(5)
    message = "5 given frames do not end where a chunk of this checkpoint does: give one of 1, 9 frames"
    generator = made("anyflow-far")
    with pytest.raises(InputError, match=re.escape(message)):
        generator.check(asked(17, prefix=prefix_of(rgb, 16.0)))
    assert generator._loaded is None


@pytest.mark.parametrize("family", ["helios", *STAGED])
def test_helios_goes_on_from_a_prefix(made, family):
    generator = made(family)
    given = picture(40)
    frames = video(generator, 80, prefix=prefix_of(given, 24.0))
    assert (frames[:40] == given).all()
    assert (video(generator, 80, prefix=prefix_of(given, 24.0)) == frames).all()
    assert (video(generator, 60, prefix=prefix_of(given, 24.0)) == frames[:60]).all()
    assert (video(generator, 40, prefix=prefix_of(given, 24.0)) == given).all()
    # The first frame, and the ends of the chunk before the new ones.
    for changed in (slice(0, 1), slice(7, 20), slice(27, 40)):
        other = given.copy()
        other[changed] = 255 - other[changed]
        assert (video(generator, 60, prefix=prefix_of(other, 24.0))[40:] != frames[40:60]).any()
    other = given.copy()
    other[1:7] = 0  # these fill no chunk
    assert (video(generator, 60, prefix=prefix_of(other, 24.0))[40:] == frames[40:60]).all()


def test_of_a_long_prefix_helios_sees_the_first_frame_and_the_last_three_chunks(made):
    generator, given = made("helios"), picture(110)
    assert len(seen_of(given)) == 100
    frames = video(generator, 112, prefix=prefix_of(given, 24.0))
    other = given.copy()
    other[1:11] = 0
    assert (video(generator, 112, prefix=prefix_of(other, 24.0))[110:] == frames[110:]).all()
    other[0] = 0
    assert (video(generator, 112, prefix=prefix_of(other, 24.0))[110:] != frames[110:]).any()


@pytest.mark.parametrize("family", FAMILIES)
def test_a_size_that_no_tokens_fill_is_refused_before_anything_is_loaded(made, family):
    generator = made(family)
    message = "40x32 px are asked for: width and height must be multiples of 16 px"
    with pytest.raises(InputError, match=rf"{family}:.*{message}"):
        generator.check(asked(9, width_px=40))
    assert generator._loaded is None


def test_a_prefix_that_fills_no_chunk_of_helios_is_refused_before_anything_is_loaded(made):
    generator = made("helios")
    message = "32 given frames fill no chunk of Helios: give 33 or more, or a first frame"
    for ask in (generator.check, generator.rollout):
        with pytest.raises(InputError, match=message):
            ask(asked(66, prefix=prefix_of(picture(32), 24.0)))
    assert generator._loaded is None


def test_what_the_pipeline_of_helios_leaves_out_of_a_prefix_is_not_shown_to_it(made, monkeypatch):
    """The history of the pipeline's own V2V call is that of the frames that we show."""
    generator = made("helios")
    video(generator, 33)
    pipeline, given, histories = generator._loaded, picture(140), []
    forward = type(pipeline.transformer).forward

    def watched(self, *some, **more):
        histories.append([more[f"latents_history_{name}"] for name in ("long", "mid", "short")])
        return forward(self, *some, **more)

    monkeypatch.setattr(type(pipeline.transformer), "forward", watched)
    call = {"prompt_embeds": torch.zeros(1, 4, 32), "height": 32, "width": 32, "num_frames": 33}
    quiet = {
        "guidance_scale": 1.0,
        "num_inference_steps": 1,
        "output_type": "latent",
        "add_noise_to_video_latents": False,
    }
    monkeypatch.setattr(  # its draw of the posterior's spread takes another number of draws for more frames
        diffusers.models.autoencoders.vae.DiagonalGaussianDistribution,
        "sample",
        lambda self, generator=None: self.mode(),
    )
    for rgb in (given, seen_of(given)):
        pipeline(video=for_pipeline(rgb)[None], **call, **quiet)
    whole, seen = histories
    for one, other in zip(whole, seen, strict=True):
        assert torch.equal(one, other)
    assert sum(part.shape[2] for part in whole) == 1 + 16 + 2 + 1


def test_what_a_family_does_not_follow_is_refused_with_who_does(made):
    switched = (PromptAt(0, "a ball"), PromptAt(4, "a box"))
    message = "prompt_switch is followed by wan-causal:longlive"
    with pytest.raises(LawfulError, match=re.escape(message)):
        video(made("helios"), 33, prompts=switched)


def test_chunks_of_anyflow_are_as_in_training_and_the_rest_is_last():
    trained = [1, 3, 3, 3, 3, 3, 3, 2]
    assert partition(21, trained) == trained
    for n_latents in range(1, 30):
        chunks = partition(n_latents, trained)
        assert sum(chunks) == n_latents
        assert set(chunks[1:-1]) <= {3}


@pytest.mark.parametrize("limit", [1, 2, 3, 4])
def test_there_are_chunks_of_anyflow_for_all_that_it_keeps_whole_but_one(limit):
    network = {"chunk_partition": [1, 3, 3, 3, 3, 3, 3, 2], "full_chunk_limit": limit}
    for n_frames in range(1, 100):
        n_latents = latents_made(n_frames, network)
        assert 4 * (n_latents - 1) + 1 >= n_frames
        assert len(partition(n_latents, network["chunk_partition"])) >= limit - 1
        if n_frames > 33:
            assert n_latents == -(-(n_frames - 1) // 4) + 1


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ((97, 97, 17, 1), Windows(97, 97, 17)),
        ((10, 97, 17, 1), Windows(13, 13, 17)),
        ((120, 97, 17, 1), Windows(121, 97, 17)),
        ((120, 97, 17, 5), Windows(177, 97, 17)),
        ((90, 97, 17, 5), Windows(97, 97, 17)),
    ],
)
def test_windows_hold_whole_blocks(asked, expected):
    assert windows(*asked) == expected


def test_windows_that_cannot_be_are_refused():
    with pytest.raises(
        InputError, match="base_frames = 96 is no whole number of blocks of 1 latent frames: write"
    ):
        windows(97, 96, 17, 1)
    with pytest.raises(
        InputError, match="overlap = 9 is no whole number of blocks of 5 latent frames: write 17"
    ):
        windows(97, 97, 9, 5)
    with pytest.raises(InputError, match="windows of 17 frames cannot share 17"):
        windows(97, 17, 17, 1)


def test_settings_and_folders_that_cannot_be_used_are_refused(made, saved, tmp_path, monkeypatch):
    with pytest.raises(InputError, match="unknown 'speed'; known: device, dtype"):
        made("helios", speed=1)
    with pytest.raises(InputError, match=r"steps should be a whole number, found 2\.5"):
        made("helios", steps=2.5)
    (tmp_path / "model_index.json").write_text('{"_class_name": "HeliosPipeline"}')
    with pytest.raises(AbsentError, match="the folder has no transformer"):
        make_generator(f"helios:{tmp_path}", {})
    with pytest.raises(InputError, match="ar_step must be 0 to the number of steps"):
        made("skyreels-v2", ar_step=9).check(asked(9))
    with pytest.raises(InputError, match="steps must be 1 or more, got 0"):
        made("helios", steps=0)
    with pytest.raises(InputError, match="unknown 'guidance'"):
        made("helios-distilled", guidance=3.0)
    with pytest.raises(
        InputError, match="says is_distilled = True, Helios-Mid has False: this folder is of another"
    ):
        make_generator(f"helios-mid:{saved('helios-distilled')}", {"device": "cpu"})
    with pytest.raises(
        InputError, match=r"are made in 2 stages, each twice .*: width and height must be multiples of 32"
    ):
        video(made("helios-mid"), 9, width_px=48)
    with pytest.raises(InputError, match=r"says 'AnyFlowFARPipeline'\. Needed: HeliosPipeline"):
        make_generator(f"helios:{saved('anyflow-far')}", {"device": "cpu"})
    monkeypatch.setattr(import_module("lawful.generators.adapters.memory"), "free_bytes", lambda device: 10)
    fresh = made("helios")
    monkeypatch.setattr(module.PipelineGenerator, "prepare", lambda self, prompts: None)
    with pytest.raises(LawfulError, match=r"of memory are needed on cpu and 0\.00 GiB are free"):
        video(fresh, 9)
