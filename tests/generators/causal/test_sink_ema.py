"""A sink into which frames that leave the window are mixed."""

import re

import pytest
import torch

from lawful.core.errors import InputError, LawfulError
from lawful.generators.causal.spec import CausalSpec

ROLLING = {"block": 1, "window": 4, "sink": 2, "rope": "relative"}


def passed(make_model, inputs, n_frames, **spec):
    """The cache after frames went through one by one, and what came out."""
    model = make_model(**(ROLLING | spec))
    latents, context = inputs(8)
    cache = model.new_cache(n_frames, 1, *latents.shape[3:])
    made = []
    for frame in range(n_frames):
        for _ in range(2):  # as two steps of a rollout: what leaves is mixed in once
            one = model.step(cache, latents[:, :, frame : frame + 1], torch.zeros(1), context, [frame])
        made.append(one)
    return cache, torch.cat(made, dim=2)


def test_until_a_frame_leaves_and_with_a_share_of_one_the_sink_stays(make_model, inputs):
    _, plain = passed(make_model, inputs, 8)
    _, kept = passed(make_model, inputs, 8, sink_ema=1.0)
    _, mixed = passed(make_model, inputs, 8, sink_ema=0.5)
    assert torch.equal(plain, kept)
    assert torch.equal(plain[:, :, :4], mixed[:, :, :4])
    assert (plain[:, :, 4:] != mixed[:, :, 4:]).any(dim=1).float().mean() > 0.9


def test_what_leaves_is_mixed_into_the_sink_frame_by_frame(make_model, inputs):
    before, _ = passed(make_model, inputs, 4, sink_ema=0.75)
    after, _ = passed(
        make_model, inputs, 5, sink_ema=0.75
    )  # frame 2 leaves and goes into the sink's first frame
    size = before.shape.frame_tokens
    for name in ("unturned", "values"):
        held, now = getattr(before, name), getattr(after, name)
        expected = 0.75 * held[:, :, :size] + 0.25 * held[:, :, 2 * size : 3 * size]
        assert torch.allclose(now[:, :, :size], expected, atol=1e-6)
        assert torch.equal(now[:, :, size : 2 * size], held[:, :, size : 2 * size])


def test_a_restored_cache_goes_on_as_it_did(make_model, inputs):
    model = make_model(**ROLLING, sink_ema=0.5)
    latents, context = inputs(8)
    cache = model.new_cache(8, 1, *latents.shape[3:])

    def step(frame):
        return model.step(cache, latents[:, :, frame : frame + 1], torch.zeros(1), context, [frame])

    for frame in range(5):
        step(frame)
    held = cache.snapshot()
    first = [step(frame) for frame in (5, 6)]
    cache.restore(held)
    assert all(torch.equal(a, step(frame)) for a, frame in zip(first, (5, 6), strict=True))


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ({"sink_ema": 0.0}, "sink_ema must be above 0 and at most 1, got 0.0"),
        ({"sink_ema": 0.9, "rope": "absolute"}, "sink_ema needs rope relative and a sink of whole blocks"),
        (
            {"sink_ema": 0.9, "block": 3, "window": 9},
            "sink_ema needs rope relative and a sink of whole blocks",
        ),
        (
            {"sink_ema": 0.9, "cache": "recompute_window"},
            "what was mixed into a sink cannot be made anew: drop sink_ema or the recomputing",
        ),
    ],
)
def test_settings_that_do_not_go_together_are_refused(spec, message):
    with pytest.raises(InputError, match=re.escape(message)):
        CausalSpec(**(ROLLING | spec))


def test_a_masked_pass_over_more_than_the_window_is_refused(make_model, inputs):
    model = make_model(**ROLLING, sink_ema=0.9)
    latents, context = inputs(5)
    with pytest.raises(LawfulError, match="5 latent frames at once are more than the window of 4"):
        model(latents, torch.zeros(1), context)
    assert model(latents[:, :, :4], torch.zeros(1), context).shape == latents[:, :, :4].shape
