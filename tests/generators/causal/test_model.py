"""All at once with a mask, or block by block over a cache: the same function of the same weights."""

import copy
import re

import pytest
import torch

from lawful.core.errors import InputError, LawfulError
from lawful.generators.causal.model import CausalModel
from lawful.generators.causal.spec import CausalSpec
from lawful.generators.causal.stock import WanTransformer3DModel

SIDE = 8
HALF = torch.tensor([0.5])
ROLLING = [
    {"block": 2, "window": 6, "sink": 2},
    {"block": 1, "window": 4, "sink": 1},
    {"block": 3, "window": 7, "sink": 2},
    {"block": 3, "first_block": 1, "window": 7, "sink": 1},
]
POLICIES = ["absolute", "relative", "sink_slides"]


def block_by_block(model, latents, context, levels=HALF, tracks=None):
    """Outputs of a rollout whose blocks are passed once, at their level."""
    n_frames = latents.shape[2]
    cache = model.new_cache(n_frames, 1, SIDE, SIDE)
    made = []
    for start, stop in model.spec.bounds(n_frames):
        frames = range(start, min(stop, n_frames))
        part = None if tracks is None else tracks[:, :, start:stop]
        level = levels if levels.ndim == 1 else levels[:, start:stop]
        made.append(model.step(cache, latents[:, :, start:stop], level, context, frames, tracks=part))
    return torch.cat(made, dim=2)


def most(difference):
    return difference.abs().max().item()


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("spec", [{"block": 1}, {"block": 2}, {"block": 3, "first_block": 1}])
def test_the_cache_gives_the_masked_pass_to_the_last_bit(make_model, inputs, spec, policy):
    model = make_model(window=None, rope=policy, **spec)
    latents, context = inputs(10)
    levels = torch.linspace(0.1, 1, 10)[None]
    assert most(model(latents, HALF, context) - block_by_block(model, latents, context)) == 0
    by_level = model(latents, levels, context) - block_by_block(model, latents, context, levels)
    assert most(by_level) == 0


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("spec", ROLLING)
def test_a_rolling_window_gives_the_masked_pass_but_for_the_order_of_its_sums(
    make_model, inputs, spec, policy
):
    model = make_model(rope=policy, **spec)
    latents, context = inputs(13)
    difference = (model(latents, HALF, context) - block_by_block(model, latents, context)).abs()
    assert most(difference) < 5e-6
    # Until the window is full, nothing is out of order, and nothing differs.
    full = max(stop for _, stop in model.spec.bounds(13) if stop <= spec["window"])
    if policy != "absolute" or spec["block"] == 2:
        assert most(difference[:, :, :full]) == 0


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("spec", ROLLING)
def test_a_last_block_that_is_cut_short_looks_as_far_back_as_a_whole_one(make_model, inputs, spec, policy):
    model = make_model(rope=policy, **spec)
    for n_frames in range(1, 12):
        latents, context = inputs(n_frames)
        difference = model(latents, HALF, context) - block_by_block(model, latents, context)
        assert most(difference) < 5e-6, n_frames


def test_with_keys_in_the_order_of_the_slots_a_rolling_window_is_exact_too(make_model, inputs, monkeypatch):
    model = make_model({"num_layers": 1}, block=2, window=6, sink=2, rope="relative")
    latents, context = inputs(14)
    cached = block_by_block(model, latents, context)
    cache = model.new_cache(14, 1, SIDE, SIDE)
    in_time = CausalSpec.in_sight
    monkeypatch.setattr(
        CausalSpec, "in_sight", lambda spec, stop: sorted(in_time(spec, stop), key=lambda f: cache.slot(f))
    )
    assert most(model(latents, HALF, context) - cached) == 0
    monkeypatch.setattr(CausalSpec, "in_sight", lambda spec, stop: in_time(spec, stop)[::-1])
    assert most(model(latents, HALF, context) - cached) > 0


def test_a_single_block_is_the_stock_transformer(make_model, make_stock, inputs):
    latents, context = inputs(4)
    expected = make_stock()(latents, HALF * 1000, context, return_dict=False)[0]
    model = make_model(block=4, window=None)
    assert most(model(latents, HALF, context) - expected) == 0
    assert most(block_by_block(model, latents, context) - expected) == 0


def test_what_must_differ_does(make_model, make_stock, inputs):
    latents, context = inputs(6)
    expected = make_model(block=2, window=None)(latents, HALF, context)
    seen_whole = make_stock()(latents, HALF * 1000, context, return_dict=False)[0]
    assert most(expected - seen_whole) > 1e-3
    model = make_model(block=2, window=None)
    place = model.spec.place
    object.__setattr__(model.spec, "place", lambda frame, stop: place(frame, stop) % 2)
    assert most(expected - block_by_block(model, latents, context)) > 1e-3
    assert most(expected - make_model(block=2, window=4)(latents, HALF, context)) > 1e-3
    assert most(expected - make_model(block=1, window=None)(latents, HALF, context)) > 1e-3


@pytest.mark.parametrize(("policy", "places"), [
    ("absolute", [0, 1, 9, 10, 11, 12, 13]),
    ("relative", [0, 1, 2, 3, 4, 5, 6]),
    ("sink_slides", [7, 8, 9, 10, 11, 12, 13]),
])  # fmt: skip
def test_places_are_those_of_a_stock_pass_over_what_is_in_sight(
    make_model, make_stock, inputs, policy, places
):
    """With one layer, keys depend on their own frame alone: the stock model over these frames is the reference."""
    model = make_model({"num_layers": 1}, block=2, window=7, sink=2, rope=policy)
    latents, context = inputs(14)
    in_sight = [0, 1, 9, 10, 11, 12, 13]
    reference = make_stock({"num_layers": 1})
    rope = reference.rope
    asked = latents[:, :, in_sight]
    cos, sin = rope(latents)
    tokens = SIDE * SIDE // 4
    picked = torch.cat([torch.arange(place * tokens, (place + 1) * tokens) for place in places])
    rope.forward = lambda hidden: (cos[:, picked], sin[:, picked])
    expected = reference(asked, HALF * 1000, context, return_dict=False)[0][:, :, -2:]
    for made in (model(latents, HALF, context), block_by_block(model, latents, context)):
        assert most(made[:, :, -2:] - expected) < 2e-6


def test_attention_knows_differences_of_places_alone(make_model, inputs):
    latents, context = inputs(14)
    without = [make_model(block=2, window=6, rope=rope)(latents, HALF, context) for rope in POLICIES]
    assert max(most(without[0] - other) for other in without[1:]) < 5e-6
    absolute, relative, slides = (
        make_model(block=2, window=6, sink=2, rope=rope)(latents, HALF, context) for rope in POLICIES
    )
    assert most(relative - slides) < 5e-6
    assert most(relative - absolute) > 1e-3


def test_places_beyond_the_stock_table_can_be_asked_for(make_model, inputs):
    model = make_model({"rope_max_seq_len": 8}, block=2, window=None)
    latents, context = inputs(12)
    expected = make_model(block=2, window=None)(latents, HALF, context)
    assert most(model(latents, HALF, context) - expected) == 0


@pytest.mark.parametrize("spec", [{"block": 2, "window": None}, *ROLLING])
def test_no_block_sees_a_later_one_or_one_out_of_sight(make_model, inputs, spec):
    model = make_model({"num_layers": 1}, **spec)
    latents, context = inputs(13)
    before = model(latents, HALF, context)
    for changed in (0, 3, 8):
        other = latents.clone()
        other[:, :, changed] += 1
        moved = (model(other, HALF, context) - before).abs().amax((0, 1, 3, 4)) > 0
        sees = [changed in model.spec.in_sight(model.spec.block_of(frame)[1]) for frame in range(13)]
        assert moved.tolist() == sees


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("spec", [{"block": 2, "window": None}, *ROLLING])
def test_teacher_forcing_is_one_noisy_block_after_clean_ones(make_model, inputs, spec, policy):
    model = make_model(history_sigma=0.1, rope=policy, **spec)
    (clean, context), (noisy, _) = inputs(12), inputs(12, seed=2)
    levels = torch.linspace(0.2, 1, 12)[None]
    taught = model(noisy, levels, context, clean=clean)
    cache = model.new_cache(12, 1, SIDE, SIDE)
    for start, stop in model.spec.bounds(12):
        frames = range(start, min(stop, 12))
        alone = model.step(cache, noisy[:, :, start:stop], levels[:, start:stop], context, frames)
        assert most(alone - taught[:, :, start:stop]) < 5e-6
        model.step(cache, clean[:, :, start:stop], torch.tensor([0.1]), context, frames)
    assert most(taught - model(noisy, levels, context)) > 1e-3


def test_gradients_reach_every_weight_in_the_masked_pass(make_model, inputs):
    model = make_model({"in_channels": 6}, block=2, window=4).requires_grad_(True)
    latents, context = inputs(6)
    tracks = torch.ones(1, 2, 6, SIDE, SIDE)
    model(latents, HALF, context, tracks, clean=latents).square().sum().backward()
    assert all(weight.grad is not None and weight.grad.abs().max() > 0 for weight in model.parameters())


def test_tracks_that_are_not_there_are_tracks_that_nobody_sees(make_model, inputs):
    model = make_model({"in_channels": 6}, block=2, window=4)
    latents, context = inputs(6)
    none, seen = torch.zeros(1, 2, 6, SIDE, SIDE), torch.ones(1, 2, 6, SIDE, SIDE)
    without = model(latents, HALF, context)
    assert most(without - model(latents, HALF, context, none)) == 0
    assert most(without - model(latents, HALF, context, seen)) > 1e-3
    followed = block_by_block(model, latents, context, tracks=seen)
    assert most(followed - model(latents, HALF, context, seen)) < 5e-6


def test_a_snapshot_brings_the_cache_back(make_model, inputs):
    for policy in POLICIES:
        model = make_model(block=2, window=6, sink=2, rope=policy)
        latents, context = inputs(12)
        expected = block_by_block(model, latents, context)[:, :, 10:]
        cache = model.new_cache(12, 1, SIDE, SIDE)
        for start in range(0, 10, 2):
            model.step(cache, latents[:, :, start : start + 2], HALF, context, range(start, start + 2))
        held = cache.snapshot()
        for shift in (1.0, 2.0):
            model.step(cache, latents[:, :, 10:] + shift, HALF, context, range(10, 12))
            cache.restore(held)
        assert most(model.step(cache, latents[:, :, 10:], HALF, context, range(10, 12)) - expected) == 0


def test_buffers_are_as_large_as_the_window_for_ever(make_model, inputs):
    model = make_model(block=2, window=6, sink=2, rope="relative")
    cache = model.new_cache(10_000, 1, SIDE, SIDE)
    per_frame = 2 * 4 * 32 * (SIDE // 2) ** 2 * 4  # layers, heads, channels, tokens, bytes
    assert cache.bytes == 3 * 6 * per_frame
    places = [part.data_ptr() for part in (cache.seen, cache.values, cache.unturned)]
    latents, context = inputs(2)
    for start in range(0, 100, 2):
        model.step(cache, latents, HALF, context, range(start, start + 2))
    assert cache.bytes == 3 * 6 * per_frame
    assert [part.data_ptr() for part in (cache.seen, cache.values, cache.unturned)] == places
    assert sorted(frame for frame in cache.frames if frame is not None) == [0, 1, 96, 97, 98, 99]


def test_half_precision_runs_and_stays_close(make_model, inputs):
    latents, context = inputs(8)
    expected = make_model(block=2, window=6)(latents, HALF, context)
    model = make_model(block=2, window=6).to(torch.bfloat16)
    made = block_by_block(model, latents, context)
    assert made.dtype == torch.float32
    assert 0 < most(made - expected) < 0.1


def test_parts_that_diffusers_keeps_in_single_precision_may_stay_so(make_model, make_stock, inputs):
    latents, context = inputs(8)
    expected = block_by_block(make_model(block=2, window=6), latents, context)
    mixed = make_stock()
    for name, weight in mixed.named_parameters():
        if not any(kept in name.split(".") for kept in WanTransformer3DModel._keep_in_fp32_modules):
            weight.data = weight.data.to(torch.bfloat16)
    halves = CausalModel(CausalSpec(block=2, window=6), mixed)
    assert {weight.dtype for weight in halves.parameters()} == {torch.bfloat16, torch.float32}
    assert 0 < most(block_by_block(halves, latents, context) - expected) < 0.1


def test_a_copy_of_a_model_is_a_model_of_its_own(make_model, inputs):
    model = make_model(block=2, window=6)
    latents, context = inputs(8)
    twin = copy.deepcopy(model)
    expected = model(latents, HALF, context)
    assert most(twin(latents, HALF, context) - expected) == 0
    with torch.no_grad():
        twin.transformer.proj_out.weight.zero_()
    assert most(model(latents, HALF, context) - expected) == 0
    assert most(twin(latents, HALF, context) - expected) > 1e-3


def test_what_does_not_fit_is_refused(make_model, inputs):
    model = make_model(block=2, window=6)
    latents, context = inputs(2)
    with pytest.raises(
        LawfulError, match=re.escape("latent frames of 7x8 cannot be cut into patches of (2, 2)")
    ):
        model(latents[..., :7], HALF, context)
    with pytest.raises(LawfulError, match="this model takes no point tracks"):
        model(latents, HALF, context, torch.zeros(1, 2, 2, SIDE, SIDE))
    with pytest.raises(
        LawfulError, match="frames of 65x1 tokens are asked for, this checkpoint knows 64 places"
    ):
        model(torch.zeros(1, 4, 1, 2, 130), HALF, context)
    with pytest.raises(LawfulError, match=re.escape("patches of one latent frame are needed")):
        make_model({"patch_size": (2, 2, 2)})


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"block": 0}, "a block has at least one latent frame, got 0 and None"),
        ({"block": 3, "window": 5, "sink": 3}, "the window must hold sink and block: 5 < 3 + 3"),
        ({"sigmas": (1.0, 1.0)}, "noise levels must fall from at most 1 to above 0, got (1.0, 1.0)"),
        ({"sigmas": ()}, "noise levels must fall"),
        ({"sigmas": (0.5, 0.0)}, "noise levels must fall"),
        ({"history_sigma": 1.0}, "history_sigma must be 0 to below 1, got 1.0"),
        ({"lag": -1}, "lag must be at least 0, got -1"),
        ({"own_sight": True}, "own_sight needs a lag, a window and cache clean_pass"),
        ({"own_sight": True, "lag": 4, "cache": "noisy_last_step"}, "own_sight needs a lag, a window and cache clean_pass"),
        ({"own_sight": True, "lag": 4, "window": None}, "own_sight needs a lag, a window and cache clean_pass"),
        ({"own_sight": True, "lag": 4, "rope": "relative"}, "own_sight needs places that do not hang on what is in sight"),
        ({"joint": True}, "joint needs a lag, and a past that is not made anew"),
        ({"joint": True, "lag": 9, "recompute_on_switch": True}, "joint needs a lag, and a past that is not made anew"),
        ({"lag": 2, "first_sigmas": (1.0,)}, "take the same steps: drop first_sigmas or lag"),
        ({"lag": 2, "cache": "recompute_window"}, "recompute_window needs blocks one after the other"),
        ({"lag": 1, "window": 9}, "lag 1 has 12 latent frames in the making; window is 9"),
        (
            {"lag": 1, "sigmas": (1.0, 0.5), "block": 2, "first_block": 4, "window": 5},
            "lag 1 has 6 latent frames in the making; window is 5",
        ),
        ({"guidance": float("nan")}, "guidance must be a finite number, got nan"),
        ({"guided": 1, "lag": 2}, "guided needs blocks one after the other: drop guided or lag"),
        ({"guided": 0}, "guided must be at least 1 latent frame or left out, got 0"),
        ({"max_position": 2}, "a block of 3 does not fit max_position 2"),
        ({"lag": 0}, "lag 0 has all blocks in the making; window is 21"),
    ],
)  # fmt: skip
def test_settings_that_contradict_each_other_are_refused(settings, message):
    with pytest.raises(InputError, match=re.escape(message)):
        CausalSpec(**settings)
