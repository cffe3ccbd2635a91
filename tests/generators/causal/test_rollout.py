"""Rollouts: what a video depends on, bit for bit, and the same videos made without any cache."""

import dataclasses
import re
import weakref

import numpy as np
import psutil
import pytest
import torch

from lawful.core.errors import InputError, LawfulError
from lawful.generators.causal.codec import PixelCodec
from lawful.generators.causal.noise import block_noise
from lawful.generators.causal.schedule import mix, next_latents, progress
from lawful.generators.guided import guided
from lawful.generators.protocol import Generator, Measured, Placed, Rollout
from lawful.generators.records import GenerationRequest, PromptAt, Remark, always
from lawful.video.frames import Frames, PointTracks

SHORT = (1.0, 0.8)
ENGINES = {
    "plain": {"block": 2, "window": None},
    "rolling": {"block": 2, "window": 6, "sink": 2},
    "relative": {"block": 3, "first_block": 1, "window": 8, "sink": 1, "rope": "relative"},
    "sliding sink": {"block": 1, "window": 4, "sink": 1, "rope": "sink_slides"},
    "no clean pass": {"block": 2, "window": 6, "cache": "noisy_last_step"},
    "recompute": {"block": 2, "window": 6, "sink": 2, "cache": "recompute_window"},
    "noisy past": {"block": 2, "window": 6, "history_sigma": 0.1, "prediction": "x0"},
    "more steps at first": {"block": 2, "window": 6, "first_sigmas": (1.0, 0.9, 0.8), "sampler": "euler"},
    "guided": {"block": 2, "window": 6, "guidance": 2.0},
    "guided at first": {
        "block": 2,
        "window": 6,
        "sink": 1,
        "rope": "sink_slides",
        "guidance": 2.0,
        "guided": 2,
    },
    "wave": {"block": 2, "window": 8, "sink": 1, "lag": 1, "sigmas": SHORT},
    "joint wave": {
        "block": 2,
        "window": 8,
        "sink": 1,
        "rope": "sink_slides",
        "lag": 1,
        "joint": True,
        "sigmas": SHORT,
    },
}
ENGINES["own sight"] = ENGINES["joint wave"] | {"own_sight": True}
every_engine = pytest.mark.parametrize("engine", list(ENGINES.values()), ids=list(ENGINES))


def pixels(chunks):
    return np.concatenate([chunk.frames.rgb for chunk in chunks])


def video(generator, n_frames, **asked):
    asked = {"prompts": always("a"), "settings": {"sigmas": list(SHORT)}} | asked
    return list(generator.rollout(GenerationRequest(n_frames=n_frames, **asked)))


def frames(n, seed=0, side=16):
    rgb = np.random.default_rng(seed).integers(0, 256, (n, side, side, 3), dtype=np.uint8)
    return Frames(rgb, np.arange(n) / 10, np.arange(n))


@every_engine
def test_a_longer_video_begins_as_a_shorter_one(make_generator, engine):
    generator = make_generator(**engine)
    longer = video(generator, 20)
    if (
        "lag" in engine
    ):  # at the end of a video fewer blocks are in the making, and the window reaches further back
        shorter = video(generator, 20 - 2 * engine["lag"])[:7]
    else:
        shorter = video(generator, 13)
    assert (pixels(shorter) == pixels(longer)[: len(pixels(shorter))]).all()
    assert len(np.unique(pixels(longer), axis=0)) == 20


@every_engine
def test_a_restored_branch_replays_exactly(make_generator, engine):
    generator = make_generator(**engine)
    request = GenerationRequest(always("a"), 16, settings={"sigmas": list(SHORT)})
    rollout = generator.rollout(request)
    assert isinstance(rollout, Rollout)
    begun = [next(rollout) for _ in range(2)]
    held = rollout.snapshot()
    straight = pixels(rollout)
    rollout.restore(held)
    rollout.branch(1)
    other = list(rollout)
    assert {chunk.branch for chunk in other[1:]} == {1}
    rollout.restore(held)
    assert (pixels(rollout) == straight).all()
    rollout.restore(held)
    rollout.branch(1)
    assert (pixels(rollout) == pixels(other)).all()
    assert (pixels(other) != straight).mean() > 0.5
    assert (np.concatenate([pixels(begun), straight]) == pixels(generator.rollout(request))).all()


@every_engine
def test_what_a_critic_let_through_can_be_made_again_from_its_branches(make_generator, engine):
    class Picky:
        """Sends back what it is shown second and third, of every four."""

        seen = 0

        def push(self, frames):
            self.seen += 1
            return Remark(score=float(frames.rgb.mean()) / 255, send_back=self.seen % 4 in (2, 3))

        def snapshot(self):
            return None

        def restore(self, snapshot):
            pass

    generator = make_generator(**engine)
    request = GenerationRequest(always("a"), 12, settings={"sigmas": list(SHORT)})
    chunks = list(guided(generator.rollout(request), Picky(), tries=3))
    assert {chunk.branch for chunk in chunks} == {0, 2}
    again = generator.rollout(request)
    for chunk in chunks:
        again.branch(chunk.branch)
        assert (next(again).frames.rgb == chunk.frames.rgb).all()


def test_a_branch_of_the_request_is_that_of_the_rollout(make_generator):
    generator = make_generator(**ENGINES["plain"])
    rollout = generator.rollout(GenerationRequest(always("a"), 6, settings={"sigmas": list(SHORT)}))
    rollout.branch(3)
    assert (pixels(rollout) == pixels(video(generator, 6, branch=3))).all()
    assert (pixels(video(generator, 6)) != pixels(video(generator, 6, branch=3))).mean() > 0.5


@every_engine
def test_side_by_side_or_alone_noise_and_videos_are_the_same(make_generator, engine):
    generator = make_generator(**engine)
    requests = [
        GenerationRequest(always(text), 10, seed=seed, settings={"sigmas": list(SHORT)})
        for text, seed in (("a", 0), ("b", 0), ("a", 5))
    ]
    together = list(generator.rollout_batch(requests))
    for number, request in enumerate(requests):
        beside = pixels(chunks[number] for chunks in together)
        alone = pixels(generator.rollout(request))
        # Sums are rounded otherwise at another batch size, which may move a value to the next of 256.
        assert np.abs(beside.astype(int) - alone).max() <= 1


def test_memory_stays_as_it_is_over_500_latent_frames(make_generator):
    generator = make_generator(
        changes={"num_layers": 1}, block=1, window=4, sink=1, sigmas=(1.0,), rope="relative"
    )
    process = psutil.Process()
    rollout = generator.rollout(GenerationRequest(always("a"), 500))
    size = rollout.cache_bytes
    for _ in range(100):
        next(rollout)
    before = process.memory_info().rss
    held = rollout.snapshot()
    for _ in range(400):
        chunk = next(rollout)
    assert chunk.frames.indices.tolist() == [499]
    assert rollout.cache_bytes == size == 3 * 4 * 16 * 128 * 4
    assert process.memory_info().rss - before < 4_000_000
    now = rollout.snapshot()
    assert [len(state.past) for state, _ in (held, now)] == [4, 4]
    assert now[1].seen.shape == held[1].seen.shape


def test_a_model_holds_nothing_of_a_rollout_that_is_over(make_generator):
    generator = make_generator(block=1, window=4)
    rollout = generator.rollout(GenerationRequest(always("a"), 2))
    list(rollout)
    buffers = weakref.ref(rollout._batch._cache)
    del rollout
    assert buffers() is None
    assert generator.model.plan.cache is None


def test_memory_is_told_beforehand(make_generator):
    generator = make_generator(block=1, window=4)
    assert isinstance(generator, Measured)
    request = GenerationRequest(always("a"), 500)
    weights = sum(part.numel() * 4 for part in generator.model.parameters())
    assert generator.memory_bytes(request) == weights + generator.rollout(request).cache_bytes


def without_cache(generator, request):
    """The video by masked passes over everything from the start, for engines without a window."""
    model, spec, codec = generator.model, generator.model.spec, generator.codec
    levels, shape = SHORT, (codec.channels, 8, 8)
    context = generator.embed([request.prompt_at(0)])
    n_known, known = 0, torch.zeros(1, codec.channels, 0, 8, 8)
    if request.given is not None:
        rgb = torch.from_numpy(request.given).permute(3, 0, 1, 2)[None].float() / 127.5 - 1
        known = codec.encode(rgb)
        n_known = known.shape[2]
    done, seen, at_level = known, known, [0.0] * n_known
    for start, stop in spec.bounds(codec.clock.n_latents(request.n_frames)):
        if stop <= n_known:
            continue
        done, seen, at_level = done[:, :, :start], seen[:, :, :start], at_level[:start]
        held = known[:, :, start:]
        n_held = held.shape[2]

        def drawn(step, start=start, stop=stop):
            return torch.from_numpy(block_noise(request.seed, 0, range(start, stop), step, shape))[None]

        noisy = torch.cat([held, drawn(0)[:, :, n_held:]], dim=2)
        for step, level in enumerate(levels):
            by_frame = [0.0] * n_held + [level] * (stop - start - n_held)
            inputs = torch.cat([seen, noisy], dim=2)
            output = model(inputs, torch.tensor([[*at_level, *by_frame]]), context)[:, :, start:]
            result = noisy - level * output
            last = noisy, by_frame
            following = torch.full((1, 1, 1, 1, 1), [*levels, 0.0][step + 1])
            made = mix(result, drawn(step + 1), following) if step + 1 < len(levels) else result
            noisy = torch.cat([held, made[:, :, n_held:]], dim=2)
        done = torch.cat([done, noisy], dim=2)
        shown = (noisy, [0.0] * (stop - start)) if spec.cache == "clean_pass" else last
        seen, at_level = torch.cat([seen, shown[0]], dim=2), at_level + shown[1]
    return done


def decoded(generator, latents, n_frames):
    rgb = generator.codec.decode(generator.codec.open(), latents)[1][0, :, :n_frames]
    return ((rgb + 1) * 127.5).permute(1, 2, 3, 0).numpy()


@pytest.mark.parametrize("cache", ["clean_pass", "noisy_last_step"])
@pytest.mark.parametrize("n_given", [0, 1, 3, 4])
def test_a_rollout_is_what_masked_passes_make(make_generator, cache, n_given):
    codec = PixelCodec(space_stride=2, time_stride=2, first_alone=True) if n_given in (1, 3) else None
    generator = make_generator(codec, block=2, window=None, cache=cache, partial_blocks=True)
    asked = {"prompts": always("a"), "n_frames": 10, "settings": {"sigmas": list(SHORT)}}
    given = frames(n_given) if n_given else None
    request = GenerationRequest(**asked, prefix=given)
    chunks = list(generator.rollout(request))
    expected = decoded(generator, without_cache(generator, request), 10)
    made = pixels(chunks)
    assert np.abs(made - expected)[n_given:].max() < 0.51
    if n_given:
        assert chunks[0].given
        assert (chunks[0].frames.rgb == given.rgb).all()
    assert np.concatenate([chunk.frames.indices for chunk in chunks]).tolist() == list(range(10))
    times = np.concatenate([chunk.frames.times_s for chunk in chunks])
    assert times == pytest.approx(np.arange(10) / 10)
    assert [chunk.index for chunk in chunks] == list(range(len(chunks)))


def test_without_eviction_recomputing_the_window_is_the_clean_pass(make_generator):
    recomputed, clean, noisy = (
        pixels(video(make_generator(block=2, window=6, cache=cache), 12)).astype(int)
        for cache in ("recompute_window", "clean_pass", "noisy_last_step")
    )
    assert np.abs(recomputed[:6] - clean[:6]).max() <= 1
    assert np.abs(recomputed[6:] - clean[6:]).max() > 3
    assert np.abs(noisy[2:6] - clean[2:6]).max() > 3


def test_a_recomputed_window_knows_nothing_of_what_is_out_of_sight(make_generator):
    """The last block is made by masked passes over what it sees, as if that were all of the video."""
    generator = make_generator(block=2, window=6, cache="recompute_window")
    rollout = generator.rollout(GenerationRequest(always("a"), 12, settings={"sigmas": list(SHORT)}))
    for _ in range(5):
        next(rollout)
    past = rollout.snapshot()[0].past
    seen = torch.cat([past[frame] for frame in (6, 7, 8, 9)], dim=2)
    alone = make_generator(block=2, window=None)
    noises = [torch.from_numpy(block_noise(0, 0, range(10, 12), step, (12, 8, 8)))[None] for step in (0, 1)]
    noisy = noises[0]
    for step, level in enumerate(SHORT):
        levels = torch.tensor([[0.0] * 4 + [level] * 2])
        output = alone.model(torch.cat([seen, noisy], dim=2), levels, alone.embed(["a"]))[:, :, 4:]
        result = noisy - level * output
        noisy = mix(result, noises[1], torch.full((1, 1, 1, 1, 1), 0.8)) if step == 0 else result
    assert np.abs(next(rollout).frames.rgb - decoded(generator, noisy, 2)).max() < 0.51


@pytest.mark.parametrize("lag", [0, 1, 2])
def test_a_wave_is_the_published_schedule_over_masked_passes(make_generator, lag):
    levels = (1.0, 0.9, 0.7)
    generator = make_generator(block=1, window=None, lag=lag, sigmas=levels, sampler="euler")
    made = pixels(generator.rollout(GenerationRequest(always("a"), 5)))
    context, shape = generator.embed(["a"]), (12, 8, 8)
    latents = torch.from_numpy(block_noise(0, 0, range(5), 0, shape))[None]
    before = np.zeros(5, int)
    for after in progress(5, 3, lag):
        sigmas = torch.tensor([[[*levels, 0.0][step] for step in before]])
        following = torch.tensor([[*levels, 0.0][step] for step in after])[None, None, :, None, None]
        result = latents - sigmas[:, None, :, None, None] * generator.model(latents, sigmas, context)
        stepped = next_latents(latents, result, sigmas[:, None, :, None, None], following, latents, "euler")
        moves = torch.from_numpy(after > before)[None, None, :, None, None]
        latents, before = torch.where(moves, stepped, latents), after
    assert np.abs(made - decoded(generator, latents, 5)).max() < 0.51


def test_blocks_in_the_making_that_see_each_other_are_one_block(make_generator):
    """Against masked passes in which the two blocks in the making are one."""
    spec = {"block": 2, "window": None, "sigmas": SHORT, "sampler": "euler"}
    made = pixels(make_generator(**spec, lag=1, joint=True).rollout(GenerationRequest(always("a"), 6)))
    first_two, last_two, apart = (
        make_generator(**(spec | change)) for change in ({"block": 4}, {"first_block": 2, "block": 4}, {})
    )
    context = apart.embed(["a"])
    latents = torch.from_numpy(block_noise(0, 0, range(6), 0, (12, 8, 8)))[None]
    rounds = (  # who makes it, and for each block its level before and after; above 1: it is not in the making
        (apart, (1.0, 2.0, 2.0), (0.8, 2.0, 2.0)),
        (first_two, (0.8, 1.0, 2.0), (0.0, 0.8, 2.0)),
        (last_two, (0.0, 0.8, 1.0), (0.0, 0.0, 0.8)),
        (apart, (0.0, 0.0, 0.8), (0.0, 0.0, 0.0)),
    )
    for generator, before, after in rounds:
        n_frames = 2 * sum(level <= 1 for level in before)
        now, following = (torch.tensor(levels).repeat_interleave(2)[:n_frames] for levels in (before, after))
        noisy = latents[:, :, :n_frames]
        output = generator.model(noisy, now[None], context)
        moved = noisy + (following - now)[None, None, :, None, None] * output
        latents = torch.cat([moved, latents[:, :, n_frames:]], dim=2)
    assert np.abs(made - decoded(apart, latents, 6)).max() < 0.51
    others = pixels(make_generator(**spec, lag=1).rollout(GenerationRequest(always("a"), 6)))
    assert (others != made).mean() > 0.1


def test_a_video_whose_blocks_see_each_other_follows_one_prompt(make_generator):
    switched = (PromptAt(0, "a"), PromptAt(4, "b"))
    with pytest.raises(InputError, match="blocks in the making see each other here, so a video follows one"):
        video(make_generator(**ENGINES["joint wave"]), 12, prompts=switched)


def test_a_lag_of_all_steps_is_one_block_after_the_other(make_generator):
    one_by_one = pixels(video(make_generator(block=2, window=6), 12))
    lagging = pixels(video(make_generator(block=2, window=6, lag=4), 12))
    assert (one_by_one == lagging).all()


def test_a_new_prompt_changes_what_follows_and_nothing_before(make_generator):
    plain, remade = (
        make_generator(block=2, window=6, recompute_on_switch=remakes) for remakes in (False, True)
    )
    switched = (PromptAt(0, "a"), PromptAt(6, "b"))
    same, kept, anew = (
        pixels(video(generator, 12, prompts=prompts))
        for generator, prompts in ((plain, always("a")), (plain, switched), (remade, switched))
    )
    assert (same[:6] == kept[:6]).all()
    assert (same[:6] == anew[:6]).all()
    assert (same[6:] != kept[6:]).mean() > 0.1
    assert (anew[6:] != kept[6:]).mean() > 0.1


def test_making_the_past_anew_with_the_prompt_that_it_had_changes_nothing(make_generator):
    """Until something is out of sight; texts that end in "!" are embedded alike."""
    switched = (PromptAt(0, "a!"), PromptAt(4, "b!"))
    kept, anew = (
        pixels(video(make_generator(block=2, window=6, recompute_on_switch=remakes), 6, prompts=switched))
        for remakes in (False, True)
    )
    assert np.abs(kept.astype(int) - anew).max() <= 1


def test_blocks_of_two_prompts_in_the_making_pass_one_after_the_other_as_they_would_together(make_generator):
    generator = make_generator(**ENGINES["wave"])
    together = pixels(video(generator, 12, prompts=always("a!")))
    apart = pixels(video(generator, 12, prompts=(PromptAt(0, "a!"), PromptAt(4, "b!"))))
    assert np.abs(together.astype(int) - apart).max() <= 1
    other = pixels(video(generator, 12, prompts=(PromptAt(0, "a!"), PromptAt(4, "b"))))
    assert (other[:4] == together[:4]).mean() > 0.9
    assert (other[4:] != together[4:]).mean() > 0.1


def test_a_prompt_that_says_nothing_cannot_guide(make_generator):
    guided, plain = (make_generator(block=2, window=6, guidance=g) for g in (3.0, 1.0))
    empty = [pixels(video(generator, 8, prompts=always(""))) for generator in (guided, plain)]
    assert np.abs(empty[0].astype(int) - empty[1]).max() <= 1
    told = [pixels(video(generator, 8)) for generator in (guided, plain)]
    assert (told[0] != told[1]).mean() > 0.1


@pytest.mark.parametrize("given", [None, 4])
def test_guidance_ends_where_it_is_told_to(make_generator, given):
    """All guided, the first block guided, none guided: the first block is that of the first, what follows of the last."""
    settings = {"block": 2, "window": 6, "sink": 1, "rope": "relative"}
    whole, first, none = (
        make_generator(**settings, **told)
        for told in ({"guidance": 3.0}, {"guidance": 3.0, "guided": 1}, {"guidance": 1.0})
    )
    asked = {} if given is None else {"prefix": frames(given)}
    chunks = [video(generator, 12, **asked) for generator in (whole, first, none)]
    made = [pixels(one) for one in chunks]
    start = len(chunks[0][0].frames)
    assert (made[1][:start] == made[0][:start]).all()
    assert (made[1][start:] != made[0][start:]).mean() > 0.1
    if given is not None:
        assert np.abs(made[1].astype(int) - made[2]).max() <= 1
    else:
        assert (made[1][:start] != made[2][:start]).mean() > 0.1


def tracks(visible, x=0.3, n=8):
    xy = np.full((2, n, 2), x, np.float32)
    return PointTracks(np.array([3, 8]), np.arange(n) / 10, xy, np.full((2, n), visible))


def test_tracks_that_nobody_sees_are_no_tracks(make_generator):
    generator = make_generator(changes={"in_channels": 16}, block=2, window=6)
    without = pixels(video(generator, 8))
    assert (pixels(video(generator, 8, tracks=tracks(False))) == without).all()
    assert (pixels(video(generator, 8, tracks=tracks(True, x=1.5))) == without).all()
    followed = pixels(video(generator, 8, tracks=tracks(True)))
    assert (followed != without).mean() > 0.1
    late = tracks(True)
    late.visible[:, :4] = False
    begun = pixels(video(generator, 8, tracks=late))
    assert (begun[:4] == without[:4]).all()
    assert (begun[4:] != without[4:]).mean() > 0.1


def test_a_network_may_be_told_of_tracks_in_a_way_of_its_own(make_generator):
    asked = []

    def told(points, latents, clock, fps, size):
        asked.append((list(latents), fps, size))
        return np.zeros((size[0], len(latents), *size[1:]), np.float32)

    generator = make_generator(changes={"in_channels": 16}, block=2, window=6)
    other = dataclasses.replace(generator, track_signal=told)
    assert (pixels(video(other, 4, tracks=tracks(True))) == pixels(video(generator, 4))).all()
    assert ([2, 3], 10.0, (4, 8, 8)) in asked


def test_the_last_frames_beyond_what_is_asked_are_cut(make_generator):
    generator = make_generator(block=3, window=None)
    assert (pixels(video(generator, 7)) == pixels(video(generator, 9))[:7]).all()


def test_a_given_video_may_be_all_there_is(make_generator):
    (chunk,) = video(make_generator(block=2, window=6), 4, prefix=frames(4))
    assert chunk.given
    assert len(chunk.frames) == 4
    within_a_block = make_generator(block=3, window=6, partial_blocks=True)
    for n_frames in (2, 3, 4):
        chunks = video(within_a_block, n_frames, prefix=frames(2))
        assert [len(chunk.frames) for chunk in chunks] == [2, 1, 1][: n_frames - 1]


def test_numbers_that_are_none_are_no_picture(make_generator):
    generator = make_generator(block=2, window=6)
    with torch.no_grad():
        generator.model.transformer.proj_out.bias[0] = torch.nan
    with pytest.raises(LawfulError, match=r"latent frames 0 to 1 came out as numbers .* in float32: if it"):
        video(generator, 4)


def test_what_cannot_be_made_is_refused(make_generator):
    generator = make_generator(block=2, window=6, max_position=8)
    refused = [
        ({"n_frames": 9}, LawfulError, "9 frames need 10 places in time and this checkpoint knows 8: ask for at most 8"),
        ({"prefix": frames(3)}, InputError, "3 given frames end within a block of latent frames"),
        ({"width_px": 15}, InputError, "15x16 px is not a multiple of 2 px"),
        ({"settings": {"speed": 2}}, InputError, "random: settings: unknown 'speed'; known: sigmas"),
        ({"settings": {"sigmas": [1.0, "x"]}}, InputError, "random: settings.sigmas[1]: level should be a number"),
        ({"settings": {"guidance": "much"}}, InputError, "random: settings: guidance should be a number"),
        ({"settings": {"sampler": "ddim"}}, InputError, "sampler should be one of renoise, euler"),
        ({"settings": {"sigmas": [0.5, 0.6]}}, InputError, "noise levels must fall"),
        ({"tracks": tracks(True)}, LawfulError, "this model takes no point tracks"),
    ]  # fmt: skip
    for asked, kind, message in refused:
        with pytest.raises(kind, match=re.escape(message)):
            video(make_generator(block=2, window=6, max_position=8), **({"n_frames": 8} | asked))
    mute = make_generator(controls=(), block=2, window=6)
    with pytest.raises(
        LawfulError, match="random: the request uses text, first_frame; this generator follows"
    ):
        video(mute, 8, first_frame=frames(1).rgb[0])
    of_one_size = make_generator(controls=("text", "prefix"), block=2, window=6)
    with pytest.raises(InputError, match="the given frames are 8x8 px, the video is 16x16 px: resize them"):
        video(of_one_size, 8, prefix=frames(2, side=8))
    odd = make_generator(PixelCodec(2, 2, first_alone=True), block=1, window=6)
    with pytest.raises(
        InputError, match=r"what is given has 4 frames, which fill no whole number.* give 3 or 5"
    ):
        video(odd, 8, prefix=frames(4))
    with pytest.raises(InputError, match="side by side with one size, rate and settings"):
        generator.rollout_batch([GenerationRequest(always("a"), 8, width_px=w) for w in (16, 18)])
    with pytest.raises(InputError, match="side by side when they have one length and as many given frames"):
        generator.rollout_batch([GenerationRequest(always("a"), n) for n in (6, 8)])


def test_it_is_a_generator_whose_identity_covers_how_it_is_driven(make_generator):
    generator = make_generator(block=2, window=6)
    assert isinstance(generator, Generator)
    assert isinstance(generator, Placed)
    assert (generator.device, generator.dtype) == ("cpu", "float32")
    others = [make_generator(block=2, window=8), make_generator(PixelCodec(2, scale=2.0), block=2, window=6)]
    assert all(other.identity() != generator.identity() for other in others)
